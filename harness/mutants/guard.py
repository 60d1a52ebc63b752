"""The mutants of guards."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "a motion guard counts as a stack", 'settle "guard@$name" "$name"', 'settle "guard@$name"', "answer_in_time"
    ),
    Mutant(
        "a transform guard that cannot look lets pass",
        "[[ $ROVI_REPLY != 0 ]] || return 0",
        "[[ $ROVI_REPLY == 1 ]] || return 0",
        "cannot_look",
    ),
    Mutant(
        "the transform guard goes by .env.robot",
        'rovi_read_file "$ROVI_GATEWAY_TF" 16 "$ROVI_RUN" || ROVI_REPLY=',
        "ROVI_REPLY=${ROVI_ODOM_INTEGRATOR_PUBLISH_TF:-0}",
        "two_publishers",
    ),
    Mutant("no memory guard at the start", 'guard_memory "$stack"', 'true "$stack"', "refuses_the_start"),
    Mutant("no memory guard before a switch", 'guard_memory "$1"', 'true "$1"', "before_a_switch"),
    Mutant(
        "any word is a size",
        "[[ ${1%[KMG]} == [0123456789]*([0123456789]) && ${#1} -le 12 ]] || return\n",
        "",
        "no_size",
    ),
    Mutant("no transform guard at the start", 'guard_transform "$stack"', 'true "$stack"', "two_publishers"),
    Mutant("no transform guard before a switch", 'guard_transform "$1"', 'true "$1"', "two_publishers"),
    Mutant(
        "stop does not ask the motion guard",
        '    ask_motion_guard "$name"\n    take_down',
        "    take_down",
        "keeps_its_stack",
    ),
    Mutant("restart does not ask the motion guard", '        ask_motion_guard "$1"\n', "", "keeps_its_stack"),
    Mutant("switch does not ask the motion guard", '        ask_motion_guard "$other"\n', "", "keeps_its_stack"),
    Mutant(
        "an operator may --force", "&& ((EUID != 0)); then", "&& false; then", "force_is", file="rovictl.d/guards.sh"
    ),
    Mutant("--force does nothing", '    [[ ! ${option["--force"]-} ]] || return 0\n', "", "force_is"),
    Mutant(
        "a stack that starts is asked",
        "${ACTIVE[$name]-} == active && ",
        "",
        "that_runs_only",
        file="rovictl.d/guards.sh",
    ),
    Mutant("a motion guard may hang", "timeout --kill-after=1", "timeout --kill-after=900", "misbehaves"),
    Mutant(
        "the motion guard has no ROS",
        "check_environment || launch_load_env\n",
        "check_environment || true\n",
        "about_a_launch_that_nobody",
    ),
    Mutant(
        "operators may do more with a guard",
        '        verbs = ["start"];\n        file = question[1]',
        "        file = question[1]",
        "may_ask_and_no_more",
    ),
    Mutant(
        "a guard's exit status 1 is a yes",
        "SuccessExitStatus=\n",
        "",
        "only_0_is_yes",
        file="rovi-guard@.service.d/60-answers.conf",
    ),
]
