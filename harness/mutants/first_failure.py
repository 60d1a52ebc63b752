"""The mutants of what says why something has failed, and of the looks at what runs."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant("a node's words are a refusal with 0", "(1|2|4|69|75|77|78|79)", "([0-9]+)", "status_text.bats"),
    Mutant(
        "a node makes an exit code that JSON does not know", "(0|[1-9][0-9]{0,2})", "([0-9]{1,3})", "status_text.bats"
    ),
    Mutant("a node makes a parameter come twice", " && ! ${seen[${word%%:=*}]-}", "", "status_text.bats"),
    Mutant(
        "a note of another start counts", '[[ $LAUNCH_INVOCATION != "${INVOCATION_ID-}" ]]', "false", "of_this_start"
    ),
    Mutant("what dies when told to counts", '&& ! ${told["$node"]-} ]]', "]]", "told_to_end"),
    Mutant(
        "what dies after an interrupt counts",
        "            break # what dies",
        "            : # what dies",
        "launch_log.bats",
    ),
    Mutant("a process that runs again counts", 'unset "status[\\$node]" "told[\\$node]"', "true", "started_again"),
    Mutant("a helper makes it ready", '"$await" "$launch" &&', 'launch_children "$launch" &&', "helper"),
    Mutant("words are not made printable", 'rovi_printable "${text:0:LAUNCH_WORDS}"', "ROVI_REPLY=$text", "only_shown"),
    Mutant(
        "a node's own log is not read",
        'for log in "$LAUNCH_LOG_DIR"/*_"$3"_*.log; do',
        "for log in /none; do",
        "own_log",
    ),
    Mutant(
        "another node's own log is read", '"$LAUNCH_LOG_DIR"/*_"$3"_*.log', '"$LAUNCH_LOG_DIR"/*.log', "nodes_own_log"
    ),
    Mutant(
        "a link in place of a node's own log is read",
        "[[ -f $file && ! -L $file ]] || return",
        "[[ -f $file ]] || return",
        "own_log",
    ),
    Mutant(
        "what systemd could not do is not said",
        'exit_words "$name" "${EXIT_STATUS-}" || ROVI_REPLY=$2',
        "ROVI_REPLY=$2",
        "what_systemd_could_not_do",
    ),
    Mutant(
        "rovictl does not say what systemd could not do",
        'exit_words "$1" "${UNIT["$unit/ExecMainStatus"]-}" ||',
        "false ||",
        "what_systemd_could_not_do",
    ),
    Mutant("any exit status is systemd's", "    [[ $words ]] || return\n", "", "of_this_start"),
    Mutant("a look counts for another start", '[[ ${lines[0]} == "$2" && $2 &&', "[[", "in_the_place"),
    Mutant("the timer stays", "BindsTo=rovi-%i.service", "", "timer_runs", file="rovi-health@.timer"),
    Mutant("operators may clear anything", 'verbs.indexOf(action.lookup("verb")) < 0', "false", "administers_a"),
    Mutant("operators may clear no failure", '"restart", "reset-failed"];', '"restart"];', "test_clear"),
    Mutant(
        "the kernel's victim of an earlier start is named",
        "--dmesg --since=@$((ROVI_REPLY / 1000000))",
        "--dmesg",
        "which_process_was_killed",
        suite="bus",
    ),
    Mutant(
        "the kernel's last victim is named",
        "task=${line##*,task=}\n        break\n",
        "task=${line##*,task=}\n",
        "which_process_was_killed",
        suite="bus",
    ),
    Mutant("a refusal stays", 'rovi_manager ResetFailedUnit s "$unit" || true', "true", "gone_with_its_reason"),
    Mutant(
        "one that is refused clears others",
        "    [[ ! $STATUS_CODE ]] || return 0\n    rovi_list_units",
        "    rovi_list_units",
        "clears_no_other",
    ),
    Mutant(
        "with sudo, a refusal stays when the other has stopped",
        "ExecStopPost=+$LIB/run_stack.sh --clear %N\n",
        "",
        "gone_with_its_reason",
        base="debian:bullseye-slim",
    ),
    Mutant(
        "with sudo, a refusal stays when the other has failed",
        "OnFailure=${CLEAR/@/@%N}",
        "OnFailure=",
        "gone_when_the_other_stack_has_failed",
        base="debian:bullseye-slim",
    ),
    Mutant("every failure is forgotten", '[[ $STATUS_CODE != "$ROVI_EX_BUSY" ]] ||', "", "another_failure_stays"),
    Mutant("the check runs at each look", "- 10#${checked:-0} >= ", "- 0 >= ", "test_a_health_check"),
    Mutant(
        "a command of the note is run",
        "command=${DECLARED[ROVI_HEALTH_CHECK]-}",
        "command=$LAUNCH_HAS_CHECK",
        "no_node_has",
    ),
    Mutant(
        "an older log counts", '[[ $LAUNCH_OLD_LOGS == *"/${directory##*/}/"* || ! -f', "[[ ! -f", "launch_log.bats"
    ),
    Mutant("words of an earlier process count", "stamp >= began * 1000 && ", "", "in_the_nodes_own_log"),
    Mutant("words of the future count", " && (${best:-stamp} >= stamp)", "", "in_the_nodes_own_log"),
    Mutant(
        "a process controls the terminal", 'rovi_printable "${task', 'ROVI_REPLY="${task', "terminal_by", suite="bus"
    ),
    Mutant("a long line of the log is shown whole", "((${#ROVI_REPLY} <= LOG_LINE_CHARS)) ||", "true ||", "long_line"),
    Mutant("a look sources ROS", "    CHECK_AS=(env -i ", "    false && CHECK_AS=(env -i ", "has_the_environment"),
    Mutant("a look has no ROS", "check_environment || load_env\n", "check_environment\n", "of_a_launch_that_nobody"),
    Mutant(
        "what setup files print is bad health",
        'launch_load_env >&"$said" 2>&1',
        "launch_load_env",
        "of_a_launch_that_nobody",
    ),
    Mutant("another process is taken for the launch", "[[ $ours && ", "[[ ", "check.bats"),
    Mutant("the script is taken for the launch", "$ours && $loaded ]]", "$ours ]]", "check.bats"),
    Mutant("words of a process are run", "[[ $word != [A-Za-z_]*=* ]] || kept", "kept", "check.bats"),
    Mutant("a check in a launch is not marked", ' "ROVI_CHECK_OF=${INVOCATION_ID-}")', ")", "check.bats"),
    Mutant("a look reads all of the log", "((kept[1] <= size)); then", "false; then", "launch_log.bats"),
    Mutant("a look reads on in a line", "kept[1] - LAUNCH_LOG_AGAIN : 1", "kept[1] : 1", "launch_log.bats"),
    Mutant("a part of a line is an event", "($what)[^$mark]*", "($what).*", "launch_log.bats"),
    Mutant("an event counts twice", '"${found[@]:common}"', '"${found[@]}"', "launch_log.bats"),
    Mutant("the events of another log count", '[[ ${kept[0]-} == "$1" && ', "[[ ", "launch_log.bats"),
    Mutant("a look opens what lies in place of its notes", "[[ ! -f $keep || -L $keep ]] ||", "", "launch_log.bats"),
]
