"""The mutants of the hardware as a process of its own."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "doctor speaks of a hardware that is off",
        """    for name in "${always[@]}" "${stacks[@]}"; do
        [[ -f $ROVI_RUN/env""",
        """    for name in gateway hardware "${stacks[@]}"; do
        [[ -f $ROVI_RUN/env""",
        "off_nothing",
    ),
    Mutant("the wait is a part of the start", "(limit + EXTEND_S) * 1000000", "1000000", "not_a_part_of_the_gateways"),
    Mutant(
        "a crash of the hardware does not reach the target",
        "\nBindsTo=rovi-hardware.service\n",
        "\nRequires=rovi-hardware.service\n",
        "a_crash_stops_the_stack",
    ),
    Mutant(
        "the hardware does not bring the target back",
        "Wants=rovi-stacks.target rovi_end@h",
        "Wants=rovi_end@h",
        "a_crash_stops_the_stack",
    ),
    Mutant(
        "a start does not ask for the hardware",
        '    rovi_lacks_hardware "${ROVI_ACTIVE_STATE[$ROVI_HARDWARE]-}"\n',
        "    return 1\n",
        "test_no_job_mode_starts_a_stack_without_the_hardware or hardware_has_died_is_refused",
    ),
    Mutant(
        "in another root nobody knows of the hardware",
        "BindReadOnlyPaths=-/etc/systemd/system/rovi-stacks.target.d\n",
        "",
        "in_another_root_needs_it",
    ),
    Mutant(
        "rovictl does not ask for the hardware",
        '    ! rovi_lacks_hardware "${ACTIVE[hardware]-}" ||',
        "    true ||",
        "a_crash_stops_the_stack",
    ),
    Mutant(
        "nobody says that the hardware still starts",
        "[[ $1 != activating ]] ||\n",
        "true ||\n",
        "a_hardware_that_still_starts",
    ),
    Mutant(
        "the hardware starts beside the drivers of the gateway",
        "[[ -e $ROVI_HARDWARE_ON ]] ||\n",
        "true ||\n",
        "beside_the_gateway",
    ),
    Mutant("the gateway keeps its drivers", "set -- hardware_enabled:=false", "set --", "on_and_off_change_over"),
    Mutant("the gateway does not wait for the hardware", "\nwait_for_hardware\n", "\n", "gateway_waits_for"),
    Mutant(
        "the gateway's wait for the hardware has no end",
        "((ROVI_REPLY < end)) || break\n        rovi_nap 0.2",
        "",
        "wait_has_an_end",
        file="run_gateway.sh",
    ),
    Mutant(
        "the gateway waits for a hardware that has failed",
        "    inactive | failed) [[ ${ROVI_JOB",
        "    x) [[ ${ROVI_JOB",
        "holds_up_nothing",
    ),
    Mutant(
        "the hardware removes what is the gateway's",
        "RuntimeDirectoryPreserve=yes",
        "RuntimeDirectoryPreserve=no",
        "takes_nothing_from_a_stack",
        file="rovi-hardware.service",
    ),
    Mutant("a stack may be named hardware", '! rovi_runs_always "$2" && [[ -f $1', "[[ -f $1", "no_stack_can_have"),
    Mutant(
        "a stack of the old name is written over", 'check_reserved "$file" && continue', "continue", "no_stack_can_have"
    ),
    Mutant(
        "anybody may ask for a change",
        "((EUID == 0)) || { use rovictl.d/refusal && die_of_denial; }",
        "true",
        "administrators",
    ),
    Mutant("two changes at once", 'flock -w "$seconds" "$turn_lock"', "true", "same_moment"),
    Mutant(
        "no look at the launch files",
        "[[ $wanted == off ]] || check_launches",
        "true",
        "without_its_launch_file or cannot_leave_the_drivers_out",
    ),
    Mutant("a launch file that starts the drivers twice", "*' hardware_enabled '*", "*", "leave_the_drivers_out"),
    Mutant(
        "what the workspace says goes to a terminal",
        'rovi_printable "${found:0:200}"',
        "ROVI_REPLY=$found",
        "made_fit_for_a_terminal",
    ),
    Mutant(
        "a change asks no motion guard",
        '    ask_motion_guard "$1"\n}',
        "}",
        "while_the_stack_moves",
        file="hardware.sh",
    ),
    Mutant(
        "a change under a stack that starts", "[[ ${ACTIVE[$1]-} != activating ]] ||", "true ||", "while_a_stack_starts"
    ),
    Mutant("a change without the gateway", "        need_gateway\n", "", "test_hardware and without_the_gateway"),
    Mutant(
        "the drivers start before those of the gateway have ended",
        "step_down gateway && step_down hardware && put",
        "step_down hardware && put",
        "never_run_at_once or on_and_off",
    ),
    Mutant("systemd does not hear of a change", "&& read_switch && still", "&& still", "on_and_off_change_over"),
    Mutant(
        "a hardware that fails is left on",
        '((code == 0)) || turn_back "$before" "$stack" "$code"',
        "true",
        "leaves_everything_as_it_was",
    ),
    Mutant(
        "the way back forgets the stack",
        "[[ ! $2 ]] || (start_again",
        "true || (start_again",
        "hardware_that_fails_leaves",
    ),
    Mutant(
        "the way back forgets what the stack ran with",
        '    take_last_request "$1"\n    look_for',
        "    look_for",
        "hardware_that_fails_leaves",
    ),
    Mutant(
        "nobody waits for the hardware",
        "        hardware_came_up\n    else",
        "        true\n    else",
        "hardware_that_fails_leaves",
    ),
    Mutant(
        "a change that was cut off is forgotten", "[[ -s $ROVI_HARDWARE_LOCK ]] || cut=\n", "cut=\n", "finds_its_way"
    ),
    Mutant("uninstalling leaves the switch", "\n[[ -n $DESTDIR ]] || remove_switch\n", "\n", "after_a_boot"),
    Mutant(
        "history takes a crash of the hardware for a stop",
        'rovi_runs_always "${RUN["$gateway/stack"]}" && [[',
        '[[ ${RUN["$gateway/stack"]} == gateway &&',
        "a_crash_stops_the_stack",
    ),
]
