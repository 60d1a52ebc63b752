"""The mutants of other hosts, over ssh."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "a host controls the terminal",
        'rovi_printable "$line"\n        line=$ROVI_REPLY',
        ":",
        "test_remote and controls",
        suite="bus",
    ),
    Mutant(
        "a host says which host it is",
        ' && ! ${JSON_TYPE["top/host"]+set} ]]',
        " ]]",
        "test_remote and pose",
        suite="bus",
    ),
    Mutant(
        "what begins with a brace is an object",
        'json_read "$1" && [[ ${JSON_TYPE[top]} == object && ! ${JSON_TYPE["top/host"]+set} ]]',
        "[[ $1 == '{'* ]]",
        "test_remote and pose",
        suite="bus",
    ),
    Mutant(
        "a robot has few stacks", "JSON_VALUES=$FAR_VALUES", "JSON_VALUES=500", "test_remote and large", suite="bus"
    ),
    Mutant(
        "a host that fails counts as one that has done it",
        '    return "${PIPESTATUS[0]}"\n}\n\n# with_host',
        "    return 0\n}\n\n# with_host",
        "side_by_side",
    ),
    Mutant("who is ended leaves its ssh", 'trap "kill $!; exit 143" TERM HUP', "true", "ends_its_ssh"),
    Mutant("only the last field goes over ssh", "--field:*)", "--no-field:*)", "over_ssh", suite="bus"),
    Mutant(
        "only the first name goes over ssh",
        'far+=("${operands[@]}"',
        'far+=("$operand"',
        "over_ssh",
        file="rovictl.d/ssh.sh",
        suite="bus",
    ),
    Mutant(
        "an ssh that is killed was too slow",
        "    137)\n        [[ $timeout == infinity ]] ||",
        "    137)",
        "killed_has_no_time_limit",
        suite="bus",
    ),
]
