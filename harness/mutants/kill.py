"""The mutants of kill: that it ends a stack for good, says by whom, and is worth nothing to an attacker."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "a kill is a SIGINT",
        "rovi_run systemctl kill --signal=KILL",
        "rovi_run systemctl kill --signal=INT",
        "all_of_a_stack",
    ),
    Mutant(
        "a kill lets a restart go on",
        "    [[ ! $job || $state == activating ]] || drop_job\n",
        "",
        "restart_does_not_go_on",
    ),
    Mutant(
        "a stop that was faster counts as a kill",
        '[[ ${SERVICE_RESULT-} != success ]] && launch_was_killed "$1"',
        'launch_was_killed "$1"',
        "faster_than",
    ),
    Mutant("the status does not say who has killed it", "\nnote\nend_unit\n", "\nend_unit\n", "by_root_and_by_a_node"),
    Mutant(
        "a note of a kill counts for ever", '[[ $by && $start == "${INVOCATION_ID-}" ]] || return', "", "of_one_start"
    ),
    Mutant(
        "anybody notes a kill",
        "RuntimeDirectory=rovi_killed\n",
        "RuntimeDirectory=rovi_killed\nRuntimeDirectoryMode=0777\n",
        "of_one_start",
    ),
    Mutant(
        "the second kill takes the note of the first",
        "RuntimeDirectoryPreserve=yes",
        "",
        "of_one_start",
        file="rovi_kill@.service",
    ),
    Mutant("a kill in anybody's name", "if (end[2] && end[2] !== subject.user) {", "if (false) {", "in_the_own_name"),
    Mutant(
        "operators may do more with a kill",
        '        verbs = ["start"];\n        file = "rovi_kill@.service";',
        '        file = "rovi_kill@.service";',
        "in_the_own_name",
    ),
    Mutant(
        "a kill of what is no stack",
        'rovi_is_loaded_stack "$unit" ||',
        "true ||",
        "nothing_but_a_stack",
        file="services/kill_stack.sh",
    ),
    Mutant("a kill is not asked about", "[[ -t 0 && -t 2 && !", "[[ ! true && !", "asks_once"),
    Mutant("--yes asks", ' && ! ${option["--yes"]-} ]] || return 0', " ]] || return 0", "with_yes"),
    Mutant("any answer is a yes", "[[ $answer == @([yY]|[yY][eE][sS]) ]]", "true", "asks_once"),
    Mutant(
        "a kill does not ask the motion guard",
        '    ask_motion_guard "$name"\n    kill_stack',
        "    kill_stack",
        "guard_is_asked_while",
    ),
    Mutant(
        "a kill on several hosts asks nobody",
        """ || ! $several || """,
        """ || true || """,
        "kill_on_several_hosts",
        suite="bus",
    ),
    Mutant(
        "sudo lets nobody kill",
        """        calls+=", \\\\"$'\\n'"    $call StartUnit ss rovi_kill@$name.service replace"\n""",
        "",
        "a_kill_goes_through_sudo",
    ),
]
