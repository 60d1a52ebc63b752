"""The mutants of requests: what a start is asked for."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "the order of what is asked for counts",
        '[[ " $text " == *" $word "* ]] || return',
        '[[ $text == "$REQUEST_TEXT" ]] || return',
        "asked_for_again",
    ),
    Mutant(
        "part of what is asked for will do",
        '    [[ ${#text} == "${#REQUEST_TEXT}" ]] || return\n',
        "",
        "asked_for_again",
    ),
    Mutant(
        "any start takes any request",
        'if [[ ${NOTE[0]-} == "$2" ]]; then',
        "if [[ ${NOTE[0]-} ]]; then",
        "test_request and any_other_start",
    ),
    Mutant(
        "a request is not noted before its start reads",
        '    request_lock || return\n    request_noted "$1"\n    if [[ ${NOTE[0]-} == "$2" ]]',
        '    request_noted "$1"\n    REQUEST_FD=7; exec 7</dev/null\n    if [[ ${NOTE[0]-} == "$2" ]]',
        "test_request and of_it_is_noted",
    ),
    Mutant(
        "a request follows a symlink",
        "elif [[ -L $file || ! -f $file ]]; then",
        "elif [[ ! -e $file ]]; then",
        "test_request and no_request_starts",
    ),
    Mutant(
        "a request is read where operators write",
        'file=$dir/request\n    if ! mv -T -- "$ROVI_REQUESTS/$1" "$file" 2>/dev/null; then',
        "file=$ROVI_REQUESTS/$1\n    if false; then",
        "test_request and used_once",
    ),
    Mutant(
        "a request may have a second name", " || links != 1)); then", ")); then", "test_request and no_request_starts"
    ),
    Mutant(
        "a request of any length",
        "((${#ROVI_REPLY} > REQUEST_BYTES || links",
        "((links",
        "test_request and no_request_starts",
    ),
    Mutant(
        "a request of any form",
        "[[ ${#REQUEST[@]} -lt 3 || ${REQUEST[0]} != @(start|restart) ]] || ROVI_REPLY=",
        "ROVI_REPLY=",
        "test_request and no_request_starts",
    ),
    Mutant(
        "an operator says for whom he asks",
        '[[ $owner != "$EUID" || ${REQUEST[1]-}',
        "[[ ${REQUEST[1]-}",
        "test_request and good_request",
    ),
    Mutant("the executor does not say for whom it asks", "ROVI_CALLER=$caller\n", "", "test_executor and under_way"),
    Mutant(
        "a start under way gets another request",
        '[[ ${ROVI_ACTIVE_STATE["rovi-$stack.service"]} == @(inactive|failed) &&',
        "[[ x || ",
        "test_request and while_it_starts",
    ),
    Mutant(
        "a restart that asks for nothing forgets",
        "[[ $LAUNCH_JOB_TYPE != restart ]] ||",
        "true ||",
        "test_request and goes_on_with_what_ran",
    ),
    Mutant(
        "a restart goes on with what an earlier start ran with",
        '[[ ${NOTE[1]-} != "$3" ]] ||',
        "[[ ! ${NOTE[1]-} ]] ||",
        "test_request and nothing_older",
    ),
    Mutant(
        "rovictl's restart without a request goes on with what ran",
        '    active) [[ ${UNIT["$unit/StatusText"]-} ]] ;;',
        "    active) return 1 ;;",
        "test_request and any_other_start",
    ),
    Mutant(
        "rovictl's restart under way goes on with what was asked first",
        "    activating | deactivating) return 0 ;;",
        "    activating | deactivating) return 1 ;;",
        "test_request and asked_last",
    ),
    Mutant(
        "a request that was overtaken counts as done",
        '! has_request || runs_as_asked "$name" || runs_otherwise "$name"',
        "true",
        "test_request and with_what_it_runs",
    ),
    Mutant(
        "rovictl does not hear why a request is refused",
        'if rovi_read_file "$ROVI_RUN/answer.$request_name" "$REQUEST_BYTES"; then',
        "if false; then",
        "test_request and while_it_starts",
    ),
    Mutant(
        "old requests stay",
        '    find "$ROVI_REQUESTS" -mindepth 1 -cmin +3 -delete 2>/dev/null\n',
        "",
        "test_request and nobody_comes_back",
    ),
    Mutant("anybody may have a request taken", '!subject.isInGroup("rovi-ops")', "false", "test_request and no_way_in"),
    Mutant(
        "run_stack.sh does not check a request",
        '        request_check "$stack" "$word" || return "$ROVI_EX_USAGE"\n',
        "",
        "test_request and hostile",
    ),
    Mutant(
        "a restart of the gateway mounts",
        "[Unit]\n",
        "[Unit]\nPartOf=rovi-gateway.service\n",
        "test_request and mounts_nothing",
        file="run-rovi_requests.mount",
    ),
    Mutant("anybody may make a request", "mode=3770", "mode=3777", "test_request and no_way_in"),
    Mutant("one operator may remove another's request", "mode=3770", "mode=2770", "test_request and no_way_in"),
    Mutant("requests may fill /run", ",size=256k,nr_inodes=200", "", "test_request and full_file_system"),
    Mutant(
        "a default counts more than a variant",
        '[[ ! $variant || " ${DECLARED[ROVI_VARIANT_$variant]-} " != *" ${key#ROVI_DEFAULT_}:="* ]] || continue\n',
        "\n",
        "counts_more",
    ),
    Mutant("a value may have blanks", "$1 != *[!!-~]* && ", "", "test_request and not_declared"),
    Mutant("a value may be long", "${#1} -le $REQUEST_VALUE && ", "", "test_request and not_declared"),
    Mutant(
        "a part of a value may match",
        'pattern="^(${DECLARED[ROVI_PARAMETER_$name]})\\$"',
        'pattern="${DECLARED[ROVI_PARAMETER_$name]}"',
        "test_request and not_declared",
    ),
    Mutant(
        "broken declarations are passed on",
        'request_check_declared "$stack" ||',
        "true ||",
        "test_request and broken_declaration",
    ),
    Mutant(
        "values go through a shell",
        '\nlaunch_command "$stack" "${REQUEST_ARGS[@]}"',
        '\nlaunch_command "$stack" $(eval echo "${REQUEST_ARGS[@]}")',
        "test_request and one_argument",
    ),
    Mutant(
        "a start changes what runs",
        'if has_request && ! runs_as_asked "$name"; then',
        "if false; then",
        "test_request and is_not_changed",
    ),
    Mutant(
        "the default is not used",
        'set -- "${key#ROVI_DEFAULT_}:=${DECLARED[$key]}" "$@"',
        "true",
        "test_request and uses_the_defaults",
    ),
]
