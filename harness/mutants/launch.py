"""The mutants of a launch: how it starts, the ready check, the watch over a start."""

from harness.mutants.mutant import STACK_UNITS, Mutant

MUTANTS = [
    Mutant("other launch arguments", "rviz:=false", "rviz:=true", "test_start_runs_the_contracts"),
    Mutant(
        "READY before there is a node",
        'launch_notify --status="$LAUNCH',
        'launch_notify --ready --status="$LAUNCH',
        "test_start_returns_only",
    ),
    Mutant("systemd's start limit", "StartLimitIntervalSec=0", "", "as_often", file="10-launch.conf"),
    Mutant("Type=simple", "Type=notify", "Type=simple", "test_systemctl_is_refused", file=STACK_UNITS, times=5),
    Mutant(
        "a launch may end by itself with 0",
        "        [[ ! $LAUNCH_JOB ]] ||",
        "        return 0; [[ ! $LAUNCH_JOB ]] ||",
        "by_itself",
    ),
    Mutant("colours and buffers", "Environment=", "#", "test_output_is_in", file="10-launch.conf", times=4),
    Mutant("no real-time limits", "\nLimit", "\n#Limit", "test_real_time", file="10-launch.conf", times=2),
    Mutant("misspelt key", "KillMode=", "KilMode=", "units.bats", file="10-launch.conf"),
    Mutant(
        "a stack that is not ready counts as started",
        '"$await" "$launch" && launch_await_ready "$launch" || return',
        '"$await" "$launch" || return',
        "returns_when_it_is_ready",
    ),
    Mutant(
        "a ready check leaves daemons behind",
        "    exec {log}>&-\n    launch_end_check\n",
        "    exec {log}>&-\n",
        "no_daemon_behind",
    ),
    Mutant("a ready check may take for ever", 'timeout --kill-after=1 "$LAUNCH_CHECK_S"', "env", "one_that_hangs"),
    Mutant("a ready check may fill the disk", 'ulimit -f "$LAUNCH_CHECK_KB" &&', "true &&", "fill_the_disk"),
    Mutant(
        "what a node says once it is ready is taken for a refusal",
        'if ! launch_was_ready "$1"; then',
        "if true; then",
        "that_ran_is_no_refusal",
    ),
    Mutant(
        "a start that takes too long is taken for a stop", 'launch_is_starting "$1" ||', "false ||", "before_it_waits"
    ),
    Mutant(
        "a stop that takes too long is taken for a start",
        'launch_is_starting "$1" ||',
        "true ||",
        "taken_for_the_start",
    ),
    Mutant(
        "a check that is killed leaves its log",
        'rm -f "$file" &&\n        (ulimit',
        "(ulimit",
        "is_killed_itself",
    ),
    Mutant(
        "a check that cannot be run does not say why",
        """        ROVI_REPLY="it cannot be run, because $file cannot be made: is there no room?"
        return 1
""",
        "        true\n",
        "check.bats",
    ),
    Mutant("a launch may notify systemd", "    unset NOTIFY_SOCKET\n", "", "nobody_to_notify"),
    Mutant(
        "a lost SIGINT is not sent again",
        '((round % 2)) || kill -s INT "$launch" 2>/dev/null',
        "true",
        "every_node_has_its_sigint",
    ),
    Mutant(
        "a process that launch forgets gets no SIGINT",
        '            kill -s INT "$pid" 2>/dev/null\n',
        "",
        "right_after_ready",
    ),
    Mutant(
        "each process gets a second SIGINT",
        "            told[${pid_of[${BASH_REMATCH[1]}]}]=yes\n",
        "            :\n",
        "no_second_sigint",
    ),
    Mutant("the watch over a start ends with READY", "LAUNCH_CALM=8", "LAUNCH_CALM=0", "right_after_ready"),
    Mutant(
        "an early end with 1 is a failure",
        "SuccessExitStatus=1 2 130",
        "SuccessExitStatus=2 130",
        "early_is_a_good_end",
    ),
    Mutant(
        "a launch may end with 1",
        "{ [[ ${EXIT_CODE-}/$status == exited/1 ]] && launch_was_ready",
        "{ false && launch_was_ready",
        "ends_with_1",
    ),
    Mutant("a long start does not say what it waits for", "((++round != 200)) ||", "true ||", "launch.bats"),
    Mutant("every start says what it waits for", "round=${LAUNCH_SAID:+199}", "round=199", "launch.bats"),
    Mutant("what a start has waited for stays said", "    LAUNCH_SAID=yes\n", "", "launch.bats"),
    Mutant(
        "a stack that is ready outlives the gateway",
        "                ((lacking > 2)) || continue\n",
        "                continue\n",
        "does_not_outlive",
    ),
    Mutant(
        "no look at the gateway after the ready check",
        '    [[ ! ${ROVI_READY_CHECK-} ]] || "$check"',
        '    true || "$check"',
        "ready_when_the_gateway_has_died",
    ),
    Mutant(
        "what comes before a start may fail with 1",
        "\ncheck_before\n",
        "\n",
        "succeed_all_the_same",
    ),
    Mutant(
        "of a command before a start only the first line counts",
        '?*) before+=("$line") ;;',
        'ExecStartPre=*) before+=("$line") ;;',
        "succeed_all_the_same",
    ),
    Mutant(
        "a start goes by its first look at the target, though that was not active",
        "[[ ${ROVI_ACTIVE_STATE[$ROVI_TARGET]-} == active ]] && ! other",
        "! other",
        "without_its_target",
    ),
    Mutant(
        "whatever is in the control group is a child of the launch",
        '[[ $parent != "$1" ]] || children+=',
        "children+=",
        "launch_watch.bats",
    ),
    Mutant(
        "nobody sees that the announcer was killed",
        "[[ -d /proc/$announcer ]] || orphan=$((orphan + 1))",
        "true",
        "who_kills_what_waits",
    ),
    Mutant("chance decides at boot", "\nyield_at_boot\ntake_lock", "\ntake_lock", "enabled_at_boot"),
    Mutant(
        "a missing program is taken for an answer", "launch_need $LAUNCH_NEEDS\n", "", "is_missing", file="run_stack.sh"
    ),
    Mutant("what a killed check has left stays", "[[ ! -e $ROVI_REPLY ]] || rm -f", "true", "killed_check_has_left"),
]
