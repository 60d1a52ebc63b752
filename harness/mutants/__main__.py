"""python -m harness.mutants check | run [WORD...] | list [WORD...]

check  whether each row fits the checkout; a sentence for each that does not
run    runs those whose name contains the words, or all
list   their names, by subject

Environment of run: BASE, the base image [debian:bookworm-slim]; WORKERS, how many at a time [2].
Exit status: 0, or 1 if a row is stale, if a mutant survives, or if it cannot be said whether one does.
"""

import os
import sys
import time

from harness.mutants import TOP, all_mutants
from harness.mutants.check import check
from harness.mutants.run import run


def checked(mutants):
    """The Tests, if all rows fit; else ends the program."""
    wrong, tests = check(mutants, TOP)
    if wrong:
        sys.exit("\n".join(f"mutants: {sentence}" for sentence in wrong))
    return tests


def main():
    verb, words = sys.argv[1:2], " ".join(sys.argv[2:])
    mutants = all_mutants()
    chosen = [mutant for mutant in mutants if words in mutant.name]
    if not chosen:
        sys.exit(f"mutants: no name contains '{words}'")
    if verb == ["check"]:
        began = time.monotonic()
        checked(mutants)
        print(f"mutants: all {len(mutants)} rows fit ({time.monotonic() - began:.1f} s)")
    elif verb == ["run"]:
        base = os.environ.get("BASE", "debian:bookworm-slim")
        sys.exit(run(mutants, chosen, checked(mutants), base, int(os.environ.get("WORKERS") or 2)))
    elif verb == ["list"]:
        print("\n".join(mutant.name for mutant in chosen))
    else:
        sys.exit(__doc__)


main()
