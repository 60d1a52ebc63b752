"""Which tests CI runs again, and which it never does."""

from pathlib import Path

import pytest

from harness import again

TESTS = Path(__file__).resolve().parent.parent
CASE = '<testcase classname="{module}" name="{name}" file="{file}" line="1"><failure message="no"/></testcase>'
GOOD = '<testcase classname="tests.plain.test_x" name="test_good" file="tests/plain/test_x.py" line="1"/>'


@pytest.fixture
def results(tmp_path):
    """A function: writes a JUnit file in which tests have failed, and returns its path. It takes modules, of which
    test_it[1] has failed, or MODULE::NAME."""

    def write(*failed):
        cases = []
        for module, _, name in (each.partition("::") for each in failed):
            dotted = f"tests.{module.replace('/', '.')}"
            cases.append(CASE.format(module=dotted, name=name or "test_it[1]", file=f"tests/{module}.py"))
        (tmp_path / "results.xml").write_text(f"<testsuites><testsuite>{''.join(cases)}{GOOD}</testsuite></testsuites>")
        return tmp_path / "results.xml"

    return write


@pytest.fixture
def rounds(monkeypatch):
    """The command lines of the rounds; codes says how they end."""
    seen, codes = [], []

    def run(words):
        seen.append(words)
        return type("Done", (), {"returncode": codes.pop(0) if codes else 0})

    monkeypatch.setattr(again.subprocess, "run", run)
    return seen, codes


@pytest.mark.parametrize(
    "failed, sentence",
    [
        ([], "no test has failed"),
        (["container/test_logs"] * 6, "6 tests have failed, which is not chance"),
        (["container/test_logs", "container/test_storm"], "test_storm.py::test_it[1] must not fail even once"),
        (["page/test_storm"], "test_storm.py::test_it[1] must not fail even once"),
        (["container/test_attack_notify::test_a_hostile_node_gets_no_second_stack[lines0]"], "must not fail even once"),
        (
            ["container/test_stop_early::test_of_two_that_start_without_a_lock_the_first_runs[unlock]"],
            "must not fail even once",
        ),
    ],
)
def test_what_is_not_run_again(results, rounds, failed, sentence):
    with pytest.raises(SystemExit, match=r".") as ended:
        again.main(results(*failed))
    assert sentence in ended.value.code and rounds[0] == []


@pytest.mark.parametrize("name", again.ONCE_IS_TOO_OFTEN)
def test_what_is_never_run_again_is_there(name):
    file, _, test = name.partition("::")
    assert f"def {test}(" in (TESTS / file).read_text() if test else (TESTS / file).is_file()


def test_without_results_nothing_is_run_again(tmp_path, rounds):
    with pytest.raises(SystemExit) as ended:
        again.main(tmp_path / "none.xml")
    assert "there are no results" in ended.value.code and rounds[0] == []


def test_what_failed_runs_three_times_alone_and_is_named(results, rounds, capsys):
    again.main(results("container/test_stop_early", "page/test_views"))
    tests = ["tests/container/test_stop_early.py::test_it[1]", "tests/page/test_views.py::test_it[1]"]
    assert [words[-4:] for words in rounds[0]] == [["-n", "0", *tests]] * 3
    assert "UNSTABLE" in capsys.readouterr().out.splitlines()[-3]


def test_a_file_that_cannot_be_loaded_runs_as_a_whole(tmp_path, rounds):
    file = "tests/container/test_logs.py"
    case = f'<testcase classname="" name="tests.container.test_logs" file="{file}"><error message="no"/></testcase>'
    (tmp_path / "results.xml").write_text(f"<testsuites><testsuite>{case}</testsuite></testsuites>")
    again.main(tmp_path / "results.xml")
    assert [words[-1] for words in rounds[0]] == [file] * 3


def test_what_fails_alone_too_fails(results, rounds):
    rounds[1][:] = [0, 1]
    with pytest.raises(SystemExit) as ended:
        again.main(results("container/test_logs"))
    assert "failed alone, too, in round 2" in ended.value.code and len(rounds[0]) == 2
