"""The mutants of a unit's own launch or command."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "the contract holds for a launch of one's own",
        """&& ! ${DECLARED[ROVI_LAUNCH]-}${DECLARED[ROVI_COMMAND]-} ]]""",
        "]]",
        "has_a_launch_of_its_own",
    ),
    Mutant("any launch is rovi_bringup's", "package=${DECLARED[ROVI_LAUNCH]%% *}", ":", "has_a_launch_of_its_own"),
    Mutant(
        "a program is awaited as a launch is", "LAUNCH_HAS_LOG='' await=launch_await_program", ":", "program_is_a_st"
    ),
    Mutant(
        "a program gets SIGINT until it ends",
        """    [[ $LAUNCH_HAS_LOG ]] || return 0
""",
        "",
        "stopped_while_it_is_not_ready",
    ),
    Mutant(
        "a program is called ros2 launch",
        "ROVI_REPLY=${ROVI_REPLY:-ros2 launch}",
        "ROVI_REPLY='ros2 launch'",
        "says_so",
    ),
    Mutant("every stack needs ros2", 'launch_need_program "$1"', "launch_need_program ros2", "needs_no_ros2"),
    Mutant("a program that is not there is tried", '    launch_need_program "$1"\n', "", "wrong_declaration_starts"),
    Mutant("quotes count in a launch", '[[ $1 != *[\\"', '[[ ! *[\\"', "wrong_declaration_starts"),
    Mutant("a launch has any length", "((${#1} <= KEYS_WORDS)) || return", "", "wrong_declaration_starts"),
    Mutant(
        "a shell's operators reach a program",
        'for word in "${words[@]}"; do\n            [[ " $KEYS_O',
        'for word in; do\n            [[ " $KEYS_O',
        "wrong_declaration_starts",
    ),
    Mutant(
        "options reach ros2 launch",
        "        [[ $word == [A-Za-z_]*([A-Za-z0-9_]):=* ]] || return\n",
        "true\n",
        "wrong_declaration_starts",
    ),
    Mutant(
        "a unit has a launch and a command",
        "elif [[ $3 == ROVI_COMMAND && ",
        "elif [[ '' && ",
        "wrong_declaration_starts",
    ),
]
