"""Takes each guard of the product away, one at a time, and sees its test fail.

The rows lie by subject in the modules beside this one, each in a list MUTANTS. mutant.py says what a row is, check.py
whether the rows fit the checkout, run.py runs them. For people: `make mutants`, and docs/mutants.md.
"""

import importlib
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent


def all_mutants():
    """The rows of all subjects."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("__"))
    modules = [importlib.import_module(f"harness.mutants.{name}") for name in names]
    return [mutant for module in modules for mutant in getattr(module, "MUTANTS", [])]
