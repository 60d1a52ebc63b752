"""The mutants of doctor."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "doctor does not look at the names in unit files", "stacks unit_names one_stack", "stacks one_stack", "left"
    ),
    Mutant(
        "doctor takes a degraded stack for healthy", 'warn "$name is degraded: ', ': "$name is degraded: ', "degraded"
    ),
    Mutant(
        "doctor goes by the file, not by the gateway that runs",
        "|| owner=${ROVI_REPLY%%",
        "|| : ${ROVI_REPLY%%",
        "test_doctor and otherwise",
    ),
    Mutant("doctor takes what runs for left behind", "[[ $reachable || ", "[[ x || ", "cannot_know", suite="bus"),
    Mutant(
        "doctor opens the session file by its name",
        'rovi_read_file "$file" "$SESSION_BYTES"',
        '{ ROVI_REPLY=$(<"$file"); }',
        "huge_file or comes_and_goes",
    ),
    Mutant(
        "doctor opens the gateway's note by its name",
        'rovi_read_file "$ROVI_GATEWAY_TF" 64',
        '{ ROVI_REPLY=$(<"$ROVI_GATEWAY_TF"); }',
        "huge_file or comes_and_goes",
    ),
    Mutant("doctor waits for a pipe in the place of an env file", 'iflag="nonblock,', 'iflag="', "comes_and_goes"),
    Mutant("doctor reads an env file of any length", "<= ENV_BYTES))", ">= 0))", "huge_file"),
    Mutant(
        "root reads an env file with root's rights",
        "if ((EUID == 0)); then\n        rovi_as",
        "if false; then\n        rovi_as",
        "is_wrong and leads",
    ),
    Mutant("doctor leaves its copy", """ && trap 'rm -rf "$private"' EXIT""", "", "huge_file"),
    Mutant("a remedy for a link is chown", 'elif has_link "$env_file"; then', "elif false; then", "is_wrong and leads"),
    Mutant("a remedy is not quoted", """printf -v word '%q' "$dir\"""", "word=$dir", "is_to_be_removed"),
    Mutant("logs are removed wherever they are", 'elif is_at_home "$dir"; then', "elif true; then", "is_to_be_removed"),
    Mutant(
        "a link is at home",
        ' && $(realpath -e -- "$1" 2>/dev/null) == "$root/${1#"$home/"}" ]]',
        " ]]",
        "is_to_be_removed",
    ),
    Mutant(
        "any unit of a stack's name may hold the lock",
        '/sys/fs/cgroup?(/systemd)"$group"/*',
        '*/"${group##*/}"/*',
        "beside_the_stack",
    ),
    Mutant(
        "the gateway may hold the lock",
        'is_in_group "$group" "${stacks[@]}"',
        'is_in_group "$group" gateway "${stacks[@]}"',
        "is_wrong and held",
    ),
    Mutant(
        "whatever holds the lock beside a stack is its own",
        'is_in_group "$group" "${stacks[@]}"; then',
        "[[ $running ]]; then",
        "beside_the_stack",
    ),
    Mutant(
        "doctor does not miss a program",
        '! type -P "${tool%:*}" >/dev/null || continue',
        "continue",
        "is_wrong and tool",
    ),
    Mutant("doctor does not know a program", " flock:util-linux", "", "rovictl.bats"),
    Mutant("doctor takes two stacks for one", "${#active[@]} > 1", "${#active[@]} > 9", "run_at_once", suite="bus"),
    Mutant(
        "doctor takes one that reloads for stopped",
        "[[ ${ACTIVE[$name]-} != active ]] || active+=",
        '[[ ${UNIT["rovi-$name.service/ActiveState"]-} != active ]] || active+=',
        "run_at_once",
        suite="bus",
    ),
    Mutant(
        "doctor waits for no end of a stop",
        "since > limit + STOP_GRACE_S",
        "since > limit + 9999",
        "not_end",
        suite="bus",
    ),
    Mutant(
        "doctor takes any stop for one without end",
        "since > limit + STOP_GRACE_S",
        "since > STOP_GRACE_S",
        "not_end",
        suite="bus",
    ),
    Mutant(
        "the last change is when a stop began",
        "((began > BASH_REMATCH[2])) || began=",
        "began=",
        "not_end",
        suite="bus",
    ),
    Mutant(
        "a start that was taken back never began to stop",
        "((began > BASH_REMATCH[2])) || began=",
        "true || began=",
        "not_end",
        suite="bus",
    ),
]
