"""The mutants of polkit's rule."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant("the rule does not ask for the group", '!subject.isInGroup("rovi-ops")', "false", "test_an_outsider"),
    Mutant("the rule allows every verb", 'verbs.indexOf(action.lookup("verb")) < 0', "false", "administers_a_stack"),
    Mutant(
        "the rule goes by prefix", "stacks.indexOf(stack) < 0", 'stack.indexOf("rovi-") !== 0', "touches_the_gateway"
    ),
    Mutant(
        "the rule is for every action",
        "NOT_HANDLED;\n    }\n    var unit",
        "YES;\n    }\n    var unit",
        "administers_a_stack",
    ),
    Mutant(
        "the rule does not look for the unit file",
        'polkit.spawn([\n            "/usr/bin/test", "-f",',
        'void ([\n            "/usr/bin/test", "-f",',
        "test_a_deleted_unit_file",
        base="debian:trixie-slim",
    ),
    Mutant(
        "a removed stack stays in the rule",
        '[[ " ${stale[*]} " == *" ${file#"$DESTDIR"} "* ]] ||',
        "",
        "test_a_sixth_stack",
    ),
    Mutant(
        "an operator cannot stop what is gone",
        'action.lookup("verb") === "stop"',
        "false",
        "test_gone and sees_it",
        base="debian:bookworm-slim",
    ),
    Mutant(
        "for no verb the unit file must be there",
        'action.lookup("verb") === "stop"',
        "true",
        "test_gone and opens_nothing",
        base="debian:bookworm-slim",
    ),
    Mutant("an operator may kill, too", '"restart", "reset-failed"]', '"restart", "kill"]', "manager_does_more"),
]
