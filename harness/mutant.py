"""What a mutant is: for mutants.py, and the lists of them that are by subject."""

from dataclasses import dataclass


@dataclass
class Mutant:
    """What is taken away: in `file`, `old` becomes `new`. `tests`: for pytest -k, or a .bats file.

    suite: the folder in tests/ with those for pytest.
    base: the hole exists only on this base image (BASE=), else the mutant is left out.
    """

    name: str
    file: str
    old: str
    new: str
    tests: str
    base: str = ""
    suite: str = "container"
