"""The mutants of list and watch."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant("watch has a heartbeat", '[[ ${shown[$1]-} != "$signs" ]] || return', "", "changes_only", suite="bus"),
    Mutant("watch leaves the cursor hidden", """trap 'printf "\\e[?25h"' EXIT""", "true", "test_watch", suite="bus"),
    Mutant("watch outlives its reader", "1) return 1 ;;", "1) rovi_nap 1 ;;", "until_eof", suite="bus"),
    Mutant(
        "list does not see that it cannot write",
        'put "$name"\n',
        "printf '%s\\n' \"$name\"\n",
        "cannot_be_written",
        suite="bus",
    ),
]
