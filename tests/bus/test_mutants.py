"""The rows of `make mutants` and their verdicts: what is stale is named, and only a test that judges counts."""

import json
import os
import subprocess
import sys

import pytest

from harness.mutants import run
from harness.mutants.check import check, parse
from harness.mutants.mutant import Mutant
from harness.mutants.verdict import of_bats, of_pytest
from harness.robot import TOP

GOOD = Mutant("good", 'need "$1" ||', "true ||", "refused", suite="bus")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A small checkout: a script in two parts, a unit, and a test."""
    top = tmp_path_factory.mktemp("checkout")
    for name, text in {
        "bin/tool.sh": 'start() {\n    need "$1" || die\n    sync && sync\n}\n',
        "services/lib.sh": "die() {\n    exit 1\n}\n",
        "services/a.service": "[Service]\nType=notify\n",
        "services/b.service": "[Service]\nType=notify\n",
        "pytest.ini": "[pytest]\n",
        "tests/bus/test_tool.py": "def test_what_is_refused():\n    pass\n",
        "tests/plain/tool.bats": "",
    }.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    for suite in ("container", "mcp", "page"):
        (top / "tests" / suite).mkdir()
        (top / "tests" / suite / f"test_{suite}.py").write_text("def test_robot():\n    pass\n")
    subprocess.run(["git", "init", "-q"], cwd=top, check=True)
    return top


def test_rows_that_fit(checkout):
    fit = [
        GOOD,
        Mutant("bats", "exit 1", "exit 0", "tool.bats"),
        Mutant("two", "sync", "true", "test_robot", times=2),
        Mutant("one file", "Type=notify", "Type=simple", "test_robot", file="a.service"),
        Mutant("several files", "Type=notify", "Type=simple", "test_robot", file="a.service b.service", times=2),
    ]
    assert check(fit, checkout)[0] == []


@pytest.mark.parametrize(
    "row, words",
    [
        (Mutant("x", "need $2", "", "refused", suite="bus"), "x: its text is not found in the product: 'need $2'"),
        (Mutant("x", "exit 1", "", "refused", suite="bus", file="tool.sh"), "x: its text is not found in tool.sh: "),
        (
            Mutant("x", "sync", "", "refused", suite="bus"),
            "x: its text occurs 2 times and not 1, in bin/tool.sh: 'sync'",
        ),
        (
            Mutant("x", "Type=", "", "refused", suite="bus"),
            "2 times and not 1, in services/a.service services/b.service",
        ),
        (Mutant("x", "exit 1", "", "refused", suite="bus", times=2), "occurs 1 times and not 2"),
        (Mutant("x", "exit 1", "exit 1", "refused", suite="bus"), "x: it changes nothing"),
        (Mutant("x", 'need "$1" ||', "if", "refused", suite="bus"), "x: bin/tool.sh would not parse: "),
        (Mutant("x", "refused", "", "refused", suite="bus"), "not found"),  # is in the tests only
        (Mutant("x", "exit 1", "exit 0", "refused"), "x: no test in tests/container is selected by: refused"),
        (Mutant("x", "exit 1", "exit 0", "accepted", suite="bus"), "x: no test in tests/bus is selected by: accepted"),
        (Mutant("x", "exit 1", "exit 0", "refused and (", suite="bus"), "x: pytest -k cannot read: refused and ("),
        (Mutant("x", "exit 1", "exit 0", "other.bats"), "x: there is no file tests/plain/other.bats"),
        (Mutant("good", "exit 1", "exit 0", "tool.bats"), "good: another row has this name"),
    ],
)
def test_a_row_that_is_stale(checkout, row, words):
    wrong, _ = check([GOOD, row], checkout)
    assert len(wrong) == (2 if row.name == "good" else 1) and words in wrong[-1], wrong


def test_tests_that_cannot_be_collected(checkout):
    broken = checkout / "tests/bus/test_broken.py"
    broken.write_text("import nothing_of_this_name\n")
    wrong, _ = check([GOOD], checkout)
    broken.unlink()
    assert len(wrong) == 1 and "nothing_of_this_name" in wrong[0]


@pytest.mark.parametrize(
    "path, good, bad",
    [
        ("x.sh", "case $1 in @(a|b)) ;; esac", "case $1 in"),
        ("x", "#!/bin/sh\nif true; then :; fi", "#!/bin/sh\nif true; then :"),
        ("x.service", "# why\n[Service]\nExecStart=a \\\n    b\n", "[Service]\nExecStart"),
        ("x.conf", "[Unit]\nAfter=\n", "[Unit\n"),
        (".env.pc", "# why\nA=1\n", "A 1\n"),
        ("x.preset", "disable rovi-*.service\n", "disable\n"),
        ("x.py", "if True:\n    pass\n", "if True:\n"),
        ("x.rules", "polkit.addRule(function (action) { return; });", "polkit.addRule(function (action) { return; };"),
        ("x.varlink", "anything", None),
    ],
)
def test_what_parses(path, good, bad):
    assert parse(path, good) == ""
    assert bad is None or parse(path, bad)


CASES = {
    "passes": ("def test_x(): pass", "survived"),
    "fails": ("def test_x(): assert 0", "dead"),
    "fails by exception": ("def test_x(): raise RuntimeError('exit status 1')", "dead"),
    "error in setup": ("import pytest\n@pytest.fixture\ndef boot(): assert 0\ndef test_x(boot): pass", "unclear"),
    "the engine": ("def test_x(): raise ConnectionError('engine')", "unclear"),
    "import error": ("import nothing_of_this_name\ndef test_x(): pass", "unclear"),
    "skipped": ("import pytest\ndef test_x(): pytest.skip('not here')", "unclear"),
    "selected by nothing": ("def test_y(): pass", "unclear"),
}


@pytest.mark.parametrize("case", CASES)
def test_only_a_test_that_judges_counts(case, tmp_path):
    text, outcome = CASES[case]
    (tmp_path / "test_case.py").write_text(text)
    report = tmp_path / "report"
    command = [sys.executable, "-m", "pytest", "-x", "-k", "test_x", "-p", "harness.mutants.report", tmp_path]
    env = {**os.environ, "PYTHONPATH": str(TOP), "MUTANTS_REPORT": str(report)}
    status = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, timeout=60).returncode
    lines = report.read_text().splitlines() if report.exists() else []
    verdict = of_pytest([json.loads(line) for line in lines], status)
    assert verdict.outcome == outcome, (verdict, lines)
    assert verdict.by == (["test_case.py::test_x"] if outcome == "dead" else [])
    assert bool(verdict.why) == (outcome == "unclear")


@pytest.mark.parametrize(
    "output, status, outcome, by",
    [
        ("1..2\nok 1 a\nok 2 b # skip\n", 0, "survived", []),
        ("1..2\nok 1 a\nnot ok 2 b c\n# (in test file x)\n", 1, "dead", ["x.bats: b c"]),
        ("1..2\nnot ok 1 setup_file failed\n", 1, "unclear", []),
        ("1..1\nnot ok 1 bats-gather-tests\n", 1, "unclear", []),
        ("1..1\nok 1 a # skip not here\n", 0, "unclear", []),
        ("", 127, "unclear", []),
    ],
)
def test_only_a_bats_test_that_judges_counts(output, status, outcome, by):
    verdict = of_bats("x.bats", output, status)
    assert (verdict.outcome, verdict.by, bool(verdict.why)) == (outcome, by, outcome == "unclear")


def test_what_is_known_is_kept_for_the_same_files_only(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(run, "RESULTS", tmp_path)
    monkeypatch.setattr(run, "LINES", tmp_path / "lines")
    monkeypatch.setattr(run, "SCORE", tmp_path / "score")
    rows = [Mutant(name, "a", "b", "c") for name in ("one", "two", "three")]

    def tell(results):
        return run.tell(rows, rows, results, "debian", "c0ffee")

    results = run.Results("tree", "debian")
    results.add(name="one", outcome="dead", by=["t1", "t2"], why="", seconds=2.0)
    results.add(name="two", outcome="dead", by=["t1"], why="", seconds=2.0)
    results.add(run_seconds=5)
    assert tell(results) == 1 and not run.SCORE.exists()  # one has not been run
    results = run.Results("tree", "debian")
    results.add(name="three", outcome="survived", by=[], why="", seconds=2.0)
    results.add(sound={"t1": False, "t2": True})
    results.add(run_seconds=7)
    assert tell(results) == 1
    assert json.loads(run.SCORE.read_text()) == {
        "commit": "c0ffee",
        "base": "debian",
        "total": 3,
        "dead": 1,
        "survived": ["three"],
        "unclear": ["two"],
        "seconds": 12,
    }
    assert "SURVIVED: three: c" in capsys.readouterr().out
    results.add(name="two", outcome="dead", by=["t2"], why="", seconds=2.0)
    results.add(name="three", outcome="dead", by=["t2"], why="", seconds=2.0)
    assert tell(run.Results("tree", "debian")) == 0 and json.loads(run.SCORE.read_text())["dead"] == 3
    assert run.Results("tree", "other base").rows == {} and run.Results("other tree", "debian").rows == {}
    assert run.Results("tree", "debian").rows == {}  # gone with the change
