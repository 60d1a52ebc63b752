"""The mutants of rovictl new, remove and check, and of STACKS=."""

from harness.mutants.mutant import Mutant

CANNOT_BE = "test_new and what_cannot_be"

MUTANTS = [
    Mutant(
        "new runs ROS as root",
        'rovi_as "$user" "$ASK_S" env -i',
        'timeout "$ASK_S" env -i',
        "test_new and as_the_service_user",
    ),
    Mutant(
        "an operator may check",
        "    need_root\n    find_stacks\n    need_service_user\n",
        "    find_stacks\n    need_service_user\n",
        "test_new and an_operator_may_do_none",
        file="check.sh",
    ),
    Mutant("new takes any argument", '[[ " ${ARGUMENTS[*]} " != *" $name "* ]]; then', "false; then", CANNOT_BE),
    Mutant("new takes any choice", "elif [[ $value && ${ARGUMENT", "elif false && [[ $value && ${ARGUMENT", CANNOT_BE),
    Mutant(
        "new makes a stack that lacks an argument",
        '[[ ${ARGUMENT["$name/needed"]-} && $given != *" $name "* ]] || continue',
        "continue",
        "test_new and needs_an_argument",
    ),
    Mutant("a reserved name is free", '[[ $ROVI_RESERVED != *" $1 "* ]] ||', "true ||", CANNOT_BE),
    Mutant(
        "somebody else's unit is replaced",
        "[[ ! -e $file && ! -L $file ]] ||\n",
        "true ||\n",
        "test_new and somebody_else",
    ),
    Mutant("an argument may have blanks", 'request_is_value "${word#*:=}" &&', "", CANNOT_BE),
    Mutant(
        "a launch may be of any length", 'keys_check_words "$package $file ${parameters[*]}" ||', "true ||", CANNOT_BE
    ),
    Mutant("a description may have lines", 'valid_description "$2" ||', "true ||", CANNOT_BE),
    Mutant(
        "a specifier counts in the unit of a new stack",
        "ROVI_REPLY=${1//%/%%}",
        "ROVI_REPLY=$1",
        "test_new and needs_an_argument",
    ),
    Mutant(
        "a comment of a new unit goes on in the next line",
        "ROVI_REPLY=${ROVI_REPLY//\\\\/ }",
        "true",
        "test_new and cannot_write_into_the_unit",
        file="new_unit.sh",
    ),
    Mutant(
        "a choice is a pattern",
        "pattern=${pattern//./[.]}",
        "true",
        "test_new and without_its_comment_sign",
    ),
    Mutant(
        "a broken launch file is named with the last line",
        "found=${found:-$last}",
        "found=$last",
        "test_new and with_its_exception",
    ),
    Mutant("new waits for a ROS that hangs", "readonly ASK_S=20 ", "readonly ASK_S=50 ", "test_new and that_hangs"),
    Mutant(
        "a new stack is not permitted",
        "    permit\n    finish\n}\n\n# remove NAME",
        "    finish\n}\n\n# remove NAME",
        "test_new and operators_may_start_it",
    ),
    Mutant(
        "doctor finds the rule changed after a new stack",
        'put 644 "$LIB/checksums" < <(sed',
        ": < <(sed",
        "test_new and operators_may_start_it",
    ),
    Mutant(
        "half of a new stack stays",
        "    trap undo EXIT\n",
        "",
        "test_new and if_a_step_fails",
    ),
    Mutant(
        "a failed remove leaves a stack disabled",
        '[[ ! $enabled ]] || systemctl enable --quiet "$enabled"',
        "true",
        "test_new and if_a_step_fails and reload",
    ),
    Mutant("two make stacks at once", 'flock -n "$lock"; }', "true; }", "test_new and two_at_once"),
    Mutant(
        "remove takes what others have written",
        '[[ $line == "$ROVI_NEW_MARK"* ]] ||',
        "true ||",
        "test_new and (others_have_written or what_cannot_be)",
    ),
    Mutant(
        "remove leaves the right to start",
        '    stale=("$file")\n    begin',
        "    begin",
        "test_new and remove_undoes",
    ),
    Mutant(
        "check overlooks another stack's name",
        'elif ! rovi_is_stack "$2" "$1"; then',
        "elif false; then",
        "test_new and before_it_is_installed",
    ),
    Mutant("check does not ask systemd", '    systemd_problems "$2" "$3"\n', "", "test_new and before_it_is_installed"),
    Mutant(
        "check does not ask ROS",
        '((${#PROBLEMS[@]})) || launch_problems "$1"',
        "true",
        "test_new and wrong_with_an_installed",
    ),
    Mutant(
        "check overlooks keys in single quotes",
        "if [[ $rest == [\\\"\\']* ]]; then",
        'if [[ $rest == [\\"]* ]]; then',
        "test_new and before_it_is_installed",
    ),
    Mutant(
        "check follows links",
        '{ [[ -f $1 ]] && rovi_read_file "$1"',
        '{ ROVI_REPLY=$(<"$1") && : ',
        "test_new and follows_no_link",
    ),
    Mutant("STACKS= may name anything", '[[ " ${known[*]} " == *" $name "* ]] || die', "true || die", "install.bats"),
    Mutant(
        "an upgrade brings back what was left out",
        "mapfile -t LEFT_OUT < <(manifest_lines '^left_out ' | cut -d' ' -f2)",
        "true",
        "install.bats",
    ),
    Mutant("an empty STACKS= means all", "${STACKS+given}", "${STACKS:+given}", "install.bats", file="choose.sh"),
    Mutant("STACKS= cuts a stack that runs", '! is_left_out "$unit" ||', "true ||", "test_stacks and not_cut"),
    Mutant(
        "without stacks sudo's rule has a mistake",
        "    [[ $1 ]] || { printf '# Written by install.sh. No stack",
        "    true || { printf '# Written by install.sh. No stack",
        "test_stacks and not_cut",
        base="debian:bullseye-slim",
    ),
    Mutant(
        "a stack of the package that is left out may be started",
        '! is_hidden "$file" || continue',
        "true",
        "test_deb and can_be_chosen",
    ),
    Mutant("the package leaves nothing out", "\n    put_masks\n", "\n", "test_deb and can_be_chosen"),
    Mutant(
        "an upgrade of the package removes a stack that was made",
        ' || is_no_mask "$path"',
        "",
        "test_deb and new_and_remove",
    ),
    Mutant(
        "what the package leaves out comes back",
        'ln -s /dev/null "$file"\n        put',
        "put",
        "test_deb and new_and_remove",
    ),
]
