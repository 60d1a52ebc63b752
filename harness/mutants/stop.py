"""The mutants of a stop, which comes to its end whatever a node says."""

from harness.mutants.mutant import STACK_UNITS, Mutant

MUTANTS = [
    Mutant(
        "a look without an answer ends the watch of a stop",
        "            continue\n            ;;\n        inactive",
        "            ;;\n        inactive",
        "end_stop.bats",
    ),
    Mutant(
        "a SIGINT late in a long launch.log is not found",
        'mapfile -t lines < <(launch_log_events "$ROVI_REPLY" 1)',
        'mapfile -t lines < <(head -c 1000000 "$ROVI_REPLY")',
        "launch_watch.bats",
    ),
    Mutant(
        "at a shutdown the bus stops first", "After=dbus.service\n", "", "the_bus_stops_after", file="10-launch.conf"
    ),
    Mutant("KillMode=control-group", "KillMode=mixed", "", "one_sigint", file="10-launch.conf"),
    Mutant("KillSignal=SIGTERM", "KillSignal=SIGINT", "", "one_sigint"),
    Mutant(
        "run_stack.sh ignores SIGINT while it prepares",
        "launch_stop_on_sigint\n",
        "",
        "test_stop_while_starting",
        file="run_stack.sh",
        times=2,
    ),
    Mutant(
        "exit status 2 at a stop is a failure",
        "SuccessExitStatus=1 2 130",
        "SuccessExitStatus=130",
        "test_stop_while_starting",
    ),
    Mutant(
        "TimeoutStopSec= too short for ros2 launch",
        "TimeoutStopSec=20",
        "TimeoutStopSec=7",
        "ignores_sigint",
        file=STACK_UNITS,
        times=5,
    ),
    Mutant("Restart=on-failure", "\nRestart=no", "\nRestart=on-failure", "test_a_crashing_stack"),
    Mutant("nobody watches over a stop", '    systemctl start --no-block "${units[@]}"', "    true", "holds_up"),
    Mutant(
        "the gateway has nobody watch",
        "mount rovi_end.service ",
        "mount ",
        "gateway_has_all_watched",
        file="rovi-gateway.service",
    ),
    Mutant("a stop is not passed on to its watch", "PartOf=rovi-%i.service", "", "holds_up"),
    Mutant("the watch does nothing", '            systemctl kill --signal=KILL -- "$1"\n', "", "holds_up"),
    Mutant(
        "a stop is watched once",
        "[[ $gateway == @(inactive|failed) ]] || systemctl start",
        "true systemctl start",
        "after_each_stop",
    ),
    Mutant(
        "the watch has systemd's start limit",
        "StartLimitIntervalSec=0",
        "",
        "after_each_stop",
        file="rovi_end@.service",
    ),
    Mutant("a start does not have its stop watched", "Wants=rovi_end@mapping.service\n", "", "whatever_has_become"),
]
