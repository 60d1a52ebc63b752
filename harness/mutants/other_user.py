"""The mutants of what root runs as another user."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant("another user has root's terminal", "setsid --wait timeout", "timeout", "nothing_of_its_callers"),
    Mutant(
        "another user has root's descriptors",
        "        rovi_close_others\n        cd",
        "        cd",
        "nothing_of_its_callers",
    ),
    Mutant(
        "another user has root's standard input",
        "} </dev/null 2>/dev/null\n",
        "} 2>/dev/null\n",
        "nothing_of_its_callers",
    ),
    Mutant(
        "another user has root's standard error",
        "} </dev/null 2>/dev/null\n",
        "} </dev/null\n",
        "nothing_of_its_callers",
    ),
    Mutant("another user has root's environment", "exec env -i LC_ALL", "exec env LC_ALL", "nothing_of_its_callers"),
    Mutant(
        "what runs as another user may take for ever",
        'timeout --signal=KILL "$seconds" runuser',
        "runuser",
        "holds_nobody_up",
    ),
    Mutant(
        "a pipe that another user keeps is read for ever",
        '| timeout "$((seconds + 2))" head',
        "| head",
        "holds_nobody_up",
    ),
    Mutant(
        "something runs as another user in a way of its own",
        "put_site() {",
        'put_site() {\n    runuser -u "$ROVI_USER" -- true',
        "accounts.bats",
    ),
]
