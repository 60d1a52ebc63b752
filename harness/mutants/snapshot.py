"""The mutants of the snapshot of an environment."""

from harness.mutants.mutant import Mutant

FORMS = "lib/snapshot.forms"

MUTANTS = [
    Mutant("stamps have a decimal comma", "text=$(LC_ALL=C stat", "text=$(stat", "snapshot.bats"),
    Mutant(
        "a snapshot of any environment to begin with",
        '[[ $ROVI_REPLY == "${record[1]}" ]] || return',
        "true",
        "another_environment_to_begin_with",
    ),
    Mutant("a snapshot of changed files", '[[ $said == "${record[*]:4:n}" ]] || return', "true", "is_sourced_again"),
    Mutant(
        "a stamp without the time of the last change", "%.9Y %.9Z", "%.9Y", "is_sourced_again and same_size_and_time"
    ),
    Mutant(
        "a snapshot does not look again what is there",
        '[[ $ROVI_REPLY == "${test:0:1}" ]] || return',
        "true",
        "is_sourced_again and dsv_added",
    ),
    Mutant(
        "a snapshot that others can write",
        "[[ $said == +([0-9])' '+([0-9])\" $stamp $EUID \"* ]] || return",
        "true",
        "damaged_or_foreign",
    ),
    Mutant(
        "a snapshot behind a link",
        "[[ -f $ROVI_REPLY && ! -L $ROVI_REPLY && ! -L ${ROVI_REPLY%/*} ]] || return",
        "[[ -f $ROVI_REPLY ]] || return",
        "damaged_or_foreign",
    ),
    Mutant(
        "a snapshot that is half written",
        '[[ ${record[0]-} == "$SNAPSHOT_MARK" && ${record[-1]} == "$SNAPSHOT_END" ]] || return',
        "true",
        "damaged_or_foreign",
    ),
    Mutant(
        "a snapshot sets what the scripts keep",
        "&& ${!snapshot_change@a} != *[raA]* ]] || return",
        "]] || return",
        "no_variable_that_the_scripts_keep",
    ),
    Mutant(
        "a snapshot cannot be turned off",
        "if [[ ${ROVI_ENV_SNAPSHOT-} == 0 ]]; then",
        "if false; then",
        "second_start_of_a_unit",
    ),
    Mutant(
        "a snapshot is never used",
        "    ((status == 0)) || [[ ! $SNAPSHOT_OLD ]]",
        "    status=1\n    ((status == 0)) || [[ ! $SNAPSHOT_OLD ]]",
        "launch.bats",
    ),
    Mutant(
        "what makes a snapshot has the lock",
        "rovi_close_others\n            exec env",
        "exec env",
        "ends_with_a_stop",
    ),
    Mutant("any line of a hook is kept", "if ! [[ $text =~ $any ]] ||", "if", "snapshot.bats"),
    Mutant(
        "a hook may read what is new in each start",
        ' || snapshot_reads_anew "$text"; then',
        "; then",
        "snapshot.bats",
    ),
    Mutant("a hook may have the lines of a setup file", "any=$SNAPSHOT_HOOK", "any=$SNAPSHOT_SETUP", "snapshot.bats"),
    Mutant(
        "what a hook asks for does not count",
        '[[ $any != "$SNAPSHOT_HOOK" ]] || snapshot_hook_asks "$1" "$text"',
        "true",
        "snapshot.bats",
    ),
    Mutant(
        "what ament passes over does not count",
        'snapshot_asks f "${1%/share/*}${BASH_REMATCH[1]}" || true # ament',
        "true # ament",
        "snapshot.bats",
    ),
    Mutant(
        "any operation of a .dsv file is kept",
        "        *) false ;;\n        esac || {",
        "        esac || {",
        "snapshot.bats",
    ),
    Mutant("any value of a .dsv file is kept", r"\;[A-Za-z0-9_./:@%+=,~\ -]*$ ]] ;;", r"\;.*$ ]] ;;", "snapshot.bats"),
    Mutant(
        "any program of a prefix is kept",
        'done < <(grep -aoE "$SNAPSHOT_WORDS" -- "$1")',
        "done </dev/null",
        "snapshot.bats",
    ),
    Mutant("a file that has just changed is kept", "((${changed%.*} < calm)) || return", "true", "just_changed"),
    Mutant(
        "a sourcing that prints is kept",
        '[[ ! $ROVI_REPLY ]] || snapshot_refuse "it prints',
        'true || snapshot_refuse "it prints',
        "second_look_finds",
    ),
    Mutant(
        "a sourcing that differs is kept",
        'if [[ ${once[*]@Q} != "${twice[*]@Q}" ]]; then',
        "if false; then",
        "second_look_finds",
    ),
    Mutant(
        "a part of a snapshot is left behind", '    rm -f -- "$file.new"\n    return 1', "    return 1", "full_disk"
    ),
    Mutant("everybody may read a snapshot", "    umask 0077\n", "", "what_sourcing_makes", file="snapshot_make.sh"),
    Mutant(
        "the env file names what replaces the sourcing",
        "local _rovi_instead=${ROVI_ENV_INSTEAD-} _rovi_taken",
        "local -n _rovi_instead=ROVI_ENV_INSTEAD _rovi_taken",
        "rovi_env.bats",
    ),
]
