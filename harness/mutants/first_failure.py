"""The mutants of what says why something has failed, and of the looks at what runs."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "a note of another start counts", '[[ $LAUNCH_INVOCATION != "${INVOCATION_ID-}" ]]', "false", "of_this_start"
    ),
    Mutant("what dies when told to counts", '&& ! ${told["$node"]-} ]]', "]]", "told_to_end"),
    Mutant(
        "what dies after an interrupt counts",
        "            break # what dies",
        "            : # what dies",
        "told_to_end",
    ),
    Mutant("a process that runs again counts", 'unset "status[\\$node]" "told[\\$node]"', "true", "started_again"),
    Mutant("a helper makes it ready", '"$await" "$launch" &&', 'launch_children "$launch" &&', "helper"),
    Mutant("words are not made printable", 'rovi_printable "${text:0:LAUNCH_WORDS}"', "ROVI_REPLY=$text", "only_shown"),
    Mutant("a look counts for another start", '[[ ${lines[0]} == "$2" && $2 &&', "[[", "in_the_place"),
    Mutant("the timer stays", "BindsTo=rovi-%i.service", "", "timer_runs", file="rovi-health@.timer"),
    Mutant("operators may clear anything", 'verbs.indexOf(action.lookup("verb")) < 0', "false", "administers_a"),
    Mutant("operators may clear no failure", '"restart", "reset-failed"];', '"restart"];', "test_clear"),
    Mutant("a refusal stays", 'rovi_manager ResetFailedUnit s "$unit" || true', "true", "gone_with_its_reason"),
    Mutant(
        "one that is refused clears others",
        "[[ ! $STATUS_CODE ]] || return 0\n    rovi_list",
        "rovi_list",
        "clears_no_other",
    ),
    Mutant("every failure is forgotten", '[[ $STATUS_CODE != "$ROVI_EX_BUSY" ]] ||', "", "gone_with_its_reason"),
    Mutant("the check runs at each look", "- 10#${checked:-0} >= ", "- 0 >= ", "test_a_health_check"),
    Mutant(
        "a command of the note is run",
        "command=${DECLARED[ROVI_HEALTH_CHECK]-}",
        "command=$LAUNCH_HAS_CHECK",
        "no_node_has",
    ),
]
