"""The mutants of what has a stop come to its end, whatever a node says, and of a start that is taken back."""

from harness.mutant import Mutant

STOPS = [
    # what a node can tell systemd
    Mutant("nobody watches over a stop", "services/end_stop.sh", '    systemctl start --no-block "${units[@]}"', "    true", "holds_up"),
    Mutant("the gateway has nobody watch", "services/rovi-gateway.service", " rovi_end.service", "", "gateway_has_all_watched"),
    Mutant("a stop is not passed on to its watch", "services/rovi_end@.service", "PartOf=rovi-%i.service", "", "holds_up"),
    Mutant("the watch does nothing", "services/end_stop.sh", '            systemctl kill --signal=KILL -- "$1"\n', "", "holds_up"),
    Mutant("a stop is watched once", "services/end_stop.sh", '[[ $gateway == @(inactive|failed) ]] || systemctl start', "true systemctl start", "after_each_stop"),
    Mutant("the watch has systemd's start limit", "services/rovi_end@.service", "StartLimitIntervalSec=0", "", "after_each_stop"),
    Mutant("a launch may notify systemd", "services/launch_lib.sh", "    unset NOTIFY_SOCKET\n", "", "nobody_to_notify"),
    Mutant("who reloads is not active", "services/rovi_lib.sh", "[[ $1 != @(reloading|refreshing) ]] || ROVI_REPLY=active", "true", "no_second_stack"),
    # two without a lock
    Mutant("READY without a look at other stacks", "services/run_stack.sh", "        [[ ! $other ]] || return\n", "", "the_first_runs"),
    Mutant("READY before the one that came first", "services/run_stack.sh", '        earlier_stack "$unit" || return 0\n', "        return 0\n", "the_first_runs"),
    # a start that is taken back, or held
    Mutant("nobody looks at the gateway while a check runs", "services/launch_lib.sh", '${ROVI_ACTIVE_STATE[$ROVI_GATEWAY]} != active ]]; then', "x == y ]]; then", "ends_an_irreversible"),
    Mutant("READY without a look at the gateway", "services/run_stack.sh", "        [[ ${ROVI_ACTIVE_STATE[$ROVI_GATEWAY]-} == active ]] || return\n        other", "        other", "test_an_irreversible_start"),
    Mutant("root is held up", "bin/rovictl_jobs.sh", '        rovi_manager CancelJob u "${ROVI_JOB[$other]}" || true', "        true", "root_is_not_held_up"),
    Mutant("a lost SIGINT is not sent again", "services/launch_lib.sh", '((round % 2)) || kill -s INT "$launch" 2>/dev/null', "true", "every_node_has_its_sigint"),
    Mutant("a process that launch forgets gets no SIGINT", "services/launch_lib.sh", '            kill -s INT "$pid" 2>/dev/null\n', "", "every_node_has_its_sigint"),
    Mutant("each process gets a second SIGINT", "services/launch_lib.sh", "            told[${pid_of[${BASH_REMATCH[1]}]}]=yes\n", "            :\n", "every_node_has_its_sigint"),
    Mutant("the watch over a start ends with READY", "services/launch_lib.sh", "LAUNCH_CALM=8", "LAUNCH_CALM=0", "every_node_has_its_sigint"),
    Mutant("an early end with 1 is a failure", "services/rovi-.service.d/10-launch.conf", "SuccessExitStatus=1 2 130", "SuccessExitStatus=2 130", "every_node_has_its_sigint"),
    Mutant("a launch may end with 1", "services/launch_lib.sh", "{ [[ ${EXIT_CODE-}/$status == exited/1 ]] && launch_was_ready", "{ false && launch_was_ready", "ends_with_1"),
    Mutant("what comes before a start may fail with 1", "services/run_stack.sh", "\ncheck_before\ntake_request", "\ntake_request", "succeed_all_the_same"),
    Mutant("a guard's exit status 1 is a yes", "services/rovi-guard@.service.d/60-answers.conf", "SuccessExitStatus=\n", "", "only_0_is_yes"),
    Mutant("what watches a start is its first process", "services/launch_lib.sh", '[[ $parent != "$1" ]] || children+=', 'children+=', "taken_for_its_first"),
    Mutant("nobody sees that the announcer was killed", "services/launch_lib.sh", "[[ -d /proc/$announcer ]] || orphan=$((orphan + 1))", "true", "who_kills_what_waits"),
    # names, boot, tools
    Mutant("the env file sets what the scripts go by", "rovi_env.sh", """elif [[ ${ROVI_ENV_TAKEN-} == *" $_rovi_key "* ]]; then""", "elif false; then", "are_theirs"),
    Mutant("chance decides at boot", "services/run_stack.sh", "\nyield_at_boot\ntake_lock", "\ntake_lock", "enabled_at_boot"),
    Mutant("a missing program is taken for an answer", "services/run_stack.sh", "launch_need $LAUNCH_NEEDS\n", "", "is_missing"),
]
