"""The mutants of what holds against a service user or an operator gone bad (tests/container/test_attack_*.py)."""

from harness.mutant import Mutant

ATTACKS = [
    Mutant("systemd itself reads the workspace's env file", "services/setup_lib.sh", "# No EnvironmentFile=: systemd",
           "EnvironmentFile=-$ROVI_ROS_WS_DIR/.env.robot\n# No EnvironmentFile=: systemd", "does_not_hang_systemd"),
    Mutant("anything may stand in a lock's place", "services/launch_lib.sh", "    [[ -f $1 && ! -L $1 ]]\n", "    true\n", "lock_that_is_none"),
    Mutant("the session file is written into what is there", "services/launch_lib.sh", '|| rm -f "$file.new"; }', "|| true; }", "session_file_that_is_none"),
    Mutant("the session file follows a link to a directory", "services/launch_lib.sh", 'mv -fT "$file.new"', 'mv -f "$file.new"',
           "session_file_that_is_none"),
    Mutant("the lock's holder is read from a pipe", "services/run_stack.sh", '! rovi_read_file "${HOME-}/.ros/rovi/session/current_launch" 80 ||',
           'ROVI_REPLY=$(<"$HOME/.ros/rovi/session/current_launch");', "who_holds_the_lock"),
    Mutant("doctor reads a pipe", "bin/rovictl_doctor_env.sh", "[[ ! -f $file ]] || { subject", "{ subject", "who_holds_the_lock"),
    Mutant("the gateway writes its note into a pipe", "services/run_gateway.sh", 'rm -rf "$GUARD_GATEWAY_TF"', "true", "what_the_gateway_notes"),
    Mutant("the transform guard reads a pipe", "services/guard_lib.sh", "-f $GUARD_GATEWAY_TF && ", "", "what_the_gateway_notes"),
    Mutant("the workspace has root's terminal at install", "services/setup_lib.sh", "setsid --wait runuser", "runuser", "type_into_roots_terminal"),
    Mutant("a launch has no limit of tasks", "services/rovi-.service.d/10-launch.conf", "TasksMax=2048\n", "", "limit_of_its_own_for_tasks"),
    Mutant("an operator may kill, too", "polkit/rovi-stacks.rules", '"stop", "restart"]', '"stop", "restart", "kill"]', "manager_does_more"),
]
