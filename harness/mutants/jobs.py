"""The mutants of start, stop, restart and switch."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "rovictl does not look for another stack",
        "    [[ $other ]] || return 0\n    show_json",
        "    return 0\n    show_json",
        "test_rovictl_refuses_a_second",
    ),
    Mutant(
        "queued starts do not count",
        "[[ $ROVI_REPLY != @(inactive|failed) ||",
        "[[ x ||",
        "a_start_that_is_queued",
        suite="bus",
    ),
    Mutant(
        "any exit status counts as a refusal",
        'code=${UNIT["$unit/RefusedWith"]:-$ROVI_EX_FAILED}',
        'code=${UNIT["$unit/ExecMainStatus"]}',
        "no_refusal",
    ),
    Mutant(
        "what a node has said stays as the last word",
        "        [[ ! $STATUS_CODE ]] || return 0\n            why",
        "        [[ ! $STATUS_WHY ]] || return 0\n            why",
        "no_refusal",
    ),
    Mutant("an older end is taken for this one", '[[ $invocation == "$before" ]]', "[[ ! x ]]", "never_ran"),
    Mutant(
        "switch starts all the same",
        """            say_what_runs "$name was not started"
            exit "$code"
""",
        "            true\n",
        "whose_stop_fails",
        suite="bus",
    ),
    Mutant(
        "switch goes on if it cannot say that the stop has failed",
        """            say_what_runs "$name was not started"
            exit "$code"
""",
        """            say_what_runs "$name was not started" && exit "$code"
""",
        "whose_stop_fails",
        suite="bus",
    ),
    Mutant("switch stops for what cannot start", '        need_loaded "$name"\n', "", "will_not_load", suite="bus"),
    Mutant(
        "an old failure ends a wait",
        "FAILED && $seen && $seen/$before",
        "FAILED && x/$before",
        "not_for_an_old_failure",
        suite="bus",
    ),
    Mutant(
        "a cancelled stop counts as one",
        "*/inactive | failed/failed)",
        "*/inactive | failed/failed | */active)",
        "a_stop_that_goes_wrong",
        suite="bus",
    ),
    Mutant(
        "an operator is not told of sudo",
        '|| rovi_runs_always "$verb"; then',
        "|| false; then",
        "administrators",
        suite="bus",
    ),
    Mutant(
        "what is asked for and not awaited is said to be done",
        '[[ ! $other || ${option["--no-wait"]-} ]] ||',
        "[[ ! $other ]] ||",
        "takes_along",
        suite="bus",
    ),
    Mutant(
        "stop takes one of two",
        '        need_no_other "$name"\n',
        "",
        "two_active",
        file="rovictl.d/jobs.sh",
        suite="bus",
    ),
    Mutant(
        "a stack that stops makes two",
        "[[ ${ACTIVE[${ROVI_REPLY:-none}]-} == active ]]",
        "[[ $ROVI_REPLY ]]",
        "two_active",
        suite="bus",
    ),
    Mutant(
        "who reloads is not active",
        "[[ $1 != @(reloading|refreshing) ]] || ROVI_REPLY=active",
        "true",
        "no_second_stack",
    ),
    Mutant(
        "root is held up",
        '        rovi_manager CancelJob u "${ROVI_JOB[$other]}" || true',
        "        true",
        "root_is_not_held_up",
    ),
]
