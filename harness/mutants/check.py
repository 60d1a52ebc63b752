"""Whether the rows fit the checkout: each text is found, each mutant still parses, each test exists. In seconds."""

import ast
import contextlib
import io
import re
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from _pytest.mark import KeywordMatcher
from _pytest.mark.expression import Expression

from harness.mutants.mutant import Stale, mutated, read_files

UNIT = (".service", ".socket", ".target", ".mount", ".conf")
NODE = """
let text = "";
process.stdin.on("data", part => text += part).on("end", () => {
    try { new Function("polkit", text) } catch (error) { console.error(String(error)); process.exit(1) }
})"""


class Tests:
    """The tests that there are."""

    def __init__(self, top, suites=("bus", "container", "mcp", "page", "plain")):
        """Has pytest collect the suites. Raises Stale if it cannot."""
        self._plain = top / "tests/plain"
        self._suites = {suite: {} for suite in suites}  # of each, by file, what -k looks at
        self._selected = {}
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            status = pytest.main(
                [
                    "--collect-only",
                    "-q",
                    "--rootdir",
                    str(top),
                    "-c",
                    str(top / "pytest.ini"),
                    *(str(top / "tests" / suite) for suite in suites),
                ],
                plugins=[self],
            )
        if status != pytest.ExitCode.OK:
            raise Stale(f"pytest cannot collect the tests:\n{output.getvalue()}")

    def pytest_collection_finish(self, session):
        """A hook of pytest's."""
        for item in session.items:
            path = Path(item.path)
            self._suites[path.parent.name].setdefault(path.name, []).append(KeywordMatcher.from_item(item))

    def files(self, mutant):
        """The names of the files, in the folder of the suite, with tests that the mutant names. Raises Stale."""
        if mutant.tests.endswith(".bats"):
            if not (self._plain / mutant.tests).is_file():
                raise Stale(f"there is no file tests/plain/{mutant.tests}")
            return [mutant.tests]
        key = mutant.suite, mutant.tests
        if key not in self._selected:
            try:
                expression = Expression.compile(mutant.tests)
            except SyntaxError as error:
                raise Stale(f"pytest -k cannot read: {mutant.tests}") from error
            self._selected[key] = [
                name for name, matchers in self._suites[mutant.suite].items() if any(map(expression.evaluate, matchers))
            ]
        if not self._selected[key]:
            raise Stale(f"no test in tests/{mutant.suite} is selected by: {mutant.tests}")
        return self._selected[key]


def run_parser(command, text):
    """The first line of what a parser says against a text on its standard input, or nothing."""
    result = subprocess.run(command, input=text, capture_output=True, text=True, errors="surrogateescape")
    said = result.stderr.strip()
    return said.splitlines()[0] if result.returncode or said else ""


def parse_lines(text, pattern):
    """The first line, if any, that is no comment and does not match the pattern."""
    lines = text.replace("\\\n", "").splitlines()
    return next((line for line in lines if not re.fullmatch(rf"{pattern}|[#;].*|\s*", line)), "")


def parse_python(text):
    try:
        ast.parse(text)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    return ""


def parse(path, text):
    """Why a file with that text would not parse, or nothing. What has no parser here parses."""
    name = path.rsplit("/", 1)[-1]
    if name.endswith(UNIT):
        return parse_lines(text, r"\[[A-Za-z]+\]|[A-Za-z]+=.*")
    if name.startswith(".env."):
        return parse_lines(text, r"\w+=.*")
    if name.endswith(".preset"):
        return parse_lines(text, r"(enable|disable|ignore) .*")
    if name.endswith(".py"):
        return parse_python(text)
    if name.endswith(".rules"):
        return run_parser(["node", "-e", NODE], text)
    if name.endswith((".sh", ".bash")) or re.match(r"#!\S*/(ba)?sh\b", text):
        return run_parser(["bash", "-O", "extglob", "-n"], text)
    return ""


def why_no_mutant(mutant, files):
    """Why a row makes no mutant of the files, in a sentence; nothing if it does."""
    try:
        changed = mutated(mutant, files)
    except Stale as error:
        return str(error)
    wrong = {path: parse(path, text) for path, text in changed.items()}
    return "; ".join(f"{path} would not parse: {why}" for path, why in wrong.items() if why)


def why_no_test(mutant, tests):
    """Why there is no test of a row, in a sentence; nothing if there is."""
    try:
        tests.files(mutant)
    except Stale as error:
        return str(error)
    return ""


def check(mutants, top):
    """Compares the rows with a checkout.

    Returns what is wrong, a sentence a row, and the checkout's Tests, which are None if they cannot be collected.
    """
    files = read_files(top)
    with ThreadPoolExecutor(3) as pool:  # the parsers run while pytest collects
        whys = pool.map(lambda mutant: why_no_mutant(mutant, files), mutants)
        try:
            tests = Tests(top)
        except Stale as error:
            return [str(error)], None
        said = [(mutant, why or why_no_test(mutant, tests)) for mutant, why in zip(mutants, whys)]
    count = Counter(mutant.name for mutant in mutants)
    wrong = [
        f"{mutant.name}: {why or 'another row has this name'}" for mutant, why in said if why or count[mutant.name] > 1
    ]
    return wrong, tests
