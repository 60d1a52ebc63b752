"""Keys of units and of .env.robot."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant("a stack's keys are not looked at", "\ncheck_keys\n", "\n", "wrong_key_of_a_stack"),
    Mutant(
        "the gateway's keys are not looked at",
        'keys_problems "the unit of the $1 declares" "$1"\n',
        "",
        "wrong_key_of_the_gateway",
    ),
    Mutant(
        "the env file's keys are not looked at",
        'keys_problems "$1 sets" env\n',
        "PROBLEMS=()\n",
        "wrong_key_of_the_env_file",
    ),
    Mutant("any key counts anywhere", """elif [[ ,$where, != *",$2,"* ]]; then""", "elif false; then", "test_keys"),
    Mutant("a flag is any word", "[[ $text == [01] ]]", "true", "wrong_key_of_a_stack"),
    Mutant(
        "parameters may be those of the contract",
        '! keys_fixed "$name" || return',
        "true",
        "wrong_key_of_a_stack",
    ),
    Mutant(
        "variants may set what the contract sets",
        '! keys_fixed "${word%%:=*}" || return',
        "true",
        "wrong_key_of_a_stack",
    ),
    Mutant("a check need not have a program", "[[ -f $word && -x $word ]]", "true", "wrong_key_of_a_stack"),
    Mutant("a check's program is not looked for in PATH", 'type "$word" >/dev/null 2>&1', "true", "program_of_a_check"),
    Mutant(
        "doctor shows the first key only",
        'for problem in "${PROBLEMS[@]}"; do\n            bad=1',
        """for problem in "${PROBLEMS[@]:0:1}"; do
            bad=1""",
        "all_of_them_at_once",
    ),
]
