"""What a mutant is, and where in the checkout it applies."""

import subprocess
from dataclasses import dataclass
from pathlib import PurePath

# What is searched for the text of a row that names no file.
PRODUCT = (
    "bin/",
    "cockpit/",
    "examples/",
    "packaging/",
    "polkit/",
    "services/",
    "rovi_env.sh",
    ".env.pc",
    ".env.robot",
)
# What holds the text of rows, and is never meant by one.
NEVER = ("docs/", "harness/mutants/", "tests/")

STACK_UNITS = " ".join(f"rovi-{stack}.service" for stack in ("teleop", "mapping", "localization", "nav", "camera"))


@dataclass(frozen=True)
class Mutant:
    """What is taken away: `old` becomes `new`.

    tests: the tests that must then fail: words for pytest -k, or the name of a .bats file.
    suite: the folder in tests/ of those for pytest.
    file: only for a text that occurs in other files, too: the last part of the path of the file that is meant;
        several, with blanks between.
    times: how often `old` occurs in all. Each is replaced.
    base: the hole exists only on this base image (BASE=), else the mutant is left out.
    """

    name: str
    old: str
    new: str
    tests: str
    file: str = ""
    times: int = 1
    suite: str = "container"
    base: str = ""


class Stale(Exception):
    """A row does not fit the checkout; the message is a sentence that says why."""


def listed(top):
    """The paths of the files that a commit of the checkout would contain, relative to it."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=top,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    # A folder that is linked into the checkout, like .venv, is listed as a file.
    return [name for name in names if name and (top / name).is_file()]


def read_files(top):
    """The text of each file of the checkout that can be mutated: a dict of path to text."""
    return {
        name: (top / name).read_bytes().decode(errors="surrogateescape")
        for name in listed(top)
        if not name.startswith(NEVER)
    }


def is_meant(mutant, path):
    if not mutant.file:
        return path.startswith(PRODUCT)
    return any(PurePath(path).match(part) for part in mutant.file.split())


def mutated(mutant, files):
    """The files that the mutant changes, changed: a dict of path to text. Raises Stale."""
    count = {path: text.count(mutant.old) for path, text in files.items() if is_meant(mutant, path)}
    found, times = [path for path in count if count[path]], sum(count.values())
    if mutant.old == mutant.new:
        raise Stale("it changes nothing")
    if not found:
        raise Stale(f"its text is not found in {mutant.file or 'the product'}: {mutant.old!r}")
    if times != mutant.times:
        raise Stale(f"its text occurs {times} times and not {mutant.times}, in {' '.join(found)}: {mutant.old!r}")
    return {path: files[path].replace(mutant.old, mutant.new) for path in found}
