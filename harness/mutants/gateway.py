"""The mutants of the gateway, which every stack needs."""

from harness.mutants.mutant import STACK_UNITS, Mutant

MUTANTS = [
    Mutant(
        "Requires= instead of Requisite=",
        "\nRequisite=",
        "\nRequires=",
        "test_systemctl_cannot_start",
        file=STACK_UNITS,
        times=5,
    ),
    Mutant(
        "Requisite= on the gateway itself",
        "\nRequisite=rovi-stacks.target",
        "\nRequisite=rovi-gateway.service",
        "test_an_operator_cannot_cancel_a_stop",
        file=STACK_UNITS,
        times=5,
    ),
    Mutant(
        "flush may cancel the gateway's jobs",
        "IgnoreOnIsolate=yes",
        "",
        "test_an_operator_cannot_cancel",
        file="10-launch.conf",
    ),
    Mutant("isolate stops the target", "IgnoreOnIsolate=yes", "", "test_isolate", file="rovi-stacks.target"),
    Mutant(
        "run_stack.sh does not ask for the gateway",
        "[[ ${ROVI_ACTIVE_STATE[$ROVI_GATEWAY]-} == active ]] ||",
        "true ||",
        "test_no_job_mode",
    ),
    Mutant(
        "run_stack.sh does not ask for the target",
        "[[ ${ROVI_ACTIVE_STATE[$ROVI_TARGET]-} == active ]] ||",
        "true ||",
        "without_its_target",
    ),
    Mutant(
        "rovictl does not ask for the gateway",
        "[[ ${ACTIVE[gateway]-} == active ]] ||",
        "true ||",
        "test_rovictl_says_that_the_gateway",
    ),
    Mutant("the target is not bound to the gateway", "\nBindsTo=rovi-g", "\nWants=rovi-g", "test_a_killed_gateway"),
    Mutant(
        "nothing ties the stacks to the gateway",
        """Requisite=rovi-stacks.target
# The stack stops before the gateway stops. Because of the target, it also stops when the gateway crashes.
PartOf=rovi-gateway.service rovi-stacks.target
""",
        "",
        "test_a_killed_gateway or test_stopping_the_gateway",
        times=5,
    ),
    Mutant(
        "stacks are not ordered after the gateway",
        "\nAfter=rovi-gateway.service",
        "",
        "test_stopping_the_gateway_stops",
        file=STACK_UNITS,
        times=5,
    ),
    Mutant("the target may be stopped by hand", "RefuseManualStop=yes", "", "test_the_target_cannot"),
    Mutant("no limit to the wait for a network", "tries > 0", "1", "without_network", file="launch_admin.sh"),
    Mutant("the gateway writes its note into a pipe", 'rm -rf "$ROVI_GATEWAY_TF"', "true", "what_the_gateway_notes"),
    Mutant(
        "nobody looks at the gateway while a check runs",
        "elif [[ $needs_gateway ]] && launch_lacks; then",
        "elif false; then",
        "ends_an_irreversible",
    ),
    Mutant(
        "READY without a look at the gateway",
        '        ! launch_lacks || return "$ROVI_EX_NO_GATEWAY"\n',
        "",
        "gateway_has_died_is_refused",
    ),
]
