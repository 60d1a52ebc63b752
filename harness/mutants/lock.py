"""The mutants of the lock, the session file, and one stack at a time."""

from harness.mutants.mutant import STACK_UNITS, Mutant

MUTANTS = [
    Mutant("no lock", "flock -n 9 && return", "return", "still_starting"),
    Mutant(
        "the lock ends at the exec",
        '    exec "$@"\n}\n\n# ---- in the background',
        '    exec "$@" 9>&-\n}\n\n# ---- in the background',
        "test_the_lock_lives",
    ),
    Mutant(
        "other active stacks are not looked at", "other=$(other_stack active)", "other=", "test_a_lost_lock", times=2
    ),
    Mutant(
        "a stack that has lost its lock while it stops is not waited for",
        "other=$(other_stack deactivating)",
        "other=",
        "test_what_has_dropped_the_lock",
    ),
    Mutant("one that is almost gone refuses another", "sleep 0.05\n", "break\n", "test_what_has_dropped_the_lock"),
    Mutant(
        "stacks own the runtime directory",
        "Type=notify",
        "Type=notify\nRuntimeDirectory=rovi",
        "test_a_refused_start_does_not_open",
        file=STACK_UNITS,
        times=5,
    ),
    Mutant(
        "the runtime directory goes with a crashed gateway",
        "RuntimeDirectoryPreserve=yes",
        "",
        "test_after_a_crash_of_the_gateway",
        file="rovi-gateway.service",
    ),
    Mutant("no clean-up after a stack", "ExecStopPost=", "#", "test_session_file_is", file=STACK_UNITS, times=5),
    Mutant(
        "a refused stack clears the session of another",
        '[[ -z $owner || $owner == "$(<"$ROVI_SESSION_LOCK")" ]]',
        "true",
        "test_a_refused_stack_does_not_touch",
    ),
    Mutant("the gateway leaves an old session file", "\nclear_old_session\n", "\n", "power_cut"),
    Mutant("everybody may open the lock", "umask 077", "umask 022", "test_lock"),
    Mutant(
        "everybody may write to the lock's directory",
        "RuntimeDirectoryMode=0755",
        "RuntimeDirectoryMode=0777",
        "test_lock",
        file="rovi-gateway.service",
    ),
    Mutant(
        "whoever has the lock is a stack", "[[ ! $(other_stack '@(active|*ing)') ]] ||", "", "test_gone and outside"
    ),
    Mutant(
        "the session file says who has the lock",
        """rovi_valid_name "$name" && [[ $(other_stack '@(active|*ing)' "$name") ]]""",
        'rovi_valid_name "$name"',
        "test_gone and outside",
    ),
    Mutant(
        "the session file may have any name in it", 'if rovi_valid_name "$name" && [[', "if [[", "whatever_the_session"
    ),
    Mutant(
        "a stack that is stopping is to be stopped",
        '"${ROVI_ACTIVE_STATE["rovi-$name.service"]}")"',
        'active)"',
        "test_gone and is_stopping",
    ),
    Mutant("anything may stand in a lock's place", "    [[ -f $1 && ! -L $1 ]]\n", "    true\n", "lock_that_is_none"),
    Mutant(
        "the session file is written into what is there",
        '|| rm -f "$file.new"; }',
        "|| true; }",
        "session_file_that_is_none",
    ),
    Mutant(
        "the session file follows a link to a directory",
        'mv -fT "$file.new"',
        'mv -f "$file.new"',
        "session_file_that_is_none",
    ),
    Mutant(
        "the lock's holder is read from a pipe",
        '! rovi_read_file "${HOME-}/$ROVI_SESSION" 80 ||',
        'ROVI_REPLY=$(<"$HOME/.ros/rovi/session/current_launch");',
        "who_holds_the_lock",
    ),
    Mutant("no lock, in the storm", "flock -n 9 && return", "return", "8_shells"),
    Mutant(
        "a clean-up removes the session of another start",
        'elif [[ -z $owner || $owner == "$(<"$ROVI_SESSION_LOCK")" ]]; then',
        "else",
        "8_shells",
    ),
    Mutant(
        "no clean-up after a launch that was killed",
        """    launch_session '' "${INVOCATION_ID""",
        """    : launch_session '' "${INVOCATION_ID""",
        "cleared_when_the_launch_is_killed",
    ),
    Mutant(
        "READY without a look at other stacks",
        '        [[ ! $other ]] || return "$ROVI_EX_BUSY"\n',
        "",
        "the_first_runs",
    ),
    Mutant(
        "READY before the one that came first",
        '        earlier_stack "$unit" || return 0\n',
        "        return 0\n",
        "the_first_runs",
    ),
]
