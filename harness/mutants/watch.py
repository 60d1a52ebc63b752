"""The mutants of list and watch."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "watch forgets that systemd does not load a unit",
        ' || ${UNIT["rovi-$name.service/LoadState"]-loaded} != loaded ]]',
        " ]]",
        "goes_on_to_say",
        suite="bus",
    ),
    Mutant("watch has a heartbeat", '[[ ${shown[$1]-} != "$signs" ]] || return', "", "changes_only", suite="bus"),
    Mutant("watch leaves the cursor hidden", """trap 'printf "\\e[?25h"' EXIT""", "true", "test_watch", suite="bus"),
    Mutant(
        "Ctrl-Z hides the cursor",
        """'printf "\\e[?25h"; kill -s STOP $$'""",
        "'kill -s STOP $$'",
        "ctrl_z",
        suite="bus",
    ),
    Mutant(
        "watch draws on a dumb terminal", " && [[ ${TERM-dumb} != dumb ]]; then", "; then", "no_cursor", suite="bus"
    ),
    Mutant("a resize is obeyed at once", "'resized=yes; changes_wake'", "find_layout", "while_it_looks", suite="bus"),
    Mutant("a resize waits for the next change", "printf '\\n' >\"/dev/fd/$CHANGES_FD\"", "true", "changes.bats"),
    Mutant("watch outlives its reader", "    (($? != 1)) || return 0\n", "", "until_eof", suite="bus"),
    Mutant("watch answers nobody", "|| echo\n    return 1", "|| true\n    return 1", "empty_line", suite="bus"),
    Mutant("root makes what wakes who watches", "[[ ! -f $ROVI_CHANGES ]] || printf", "printf", "those_who_tell"),
    Mutant("nobody is woken by READY", 'systemd-notify "$@" && changes_say', 'systemd-notify "$@"', "status_text.bats"),
    Mutant("nobody is woken when a stop begins", "    changes_say\n    watch ", "    watch ", "when_it_begins"),
    Mutant("a node that has gone is not seen", '[[ $ROVI_REPLY == "$processes" ]] && ', "", "though_nobody_tells"),
    Mutant("watch looks when nothing changes", "[[ ! $CHANGES_HEARD && $CHANGES_FD ]] && ", "false && ", "is_woken"),
    Mutant(
        "list does not see that it cannot write",
        'put "$name"\n',
        "printf '%s\\n' \"$name\"\n",
        "cannot_be_written",
        suite="bus",
    ),
]
