"""The mutants of values to choose from."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "any value is offered",
        '! request_is_value "$word" || found+=',
        "found+=",
        "a_value_is_data",
        suite="bus",
    ),
    Mutant(
        "a value is a pattern of the shell's",
        "    set -f # a value may be",
        "    : # a value may be",
        "a_value_is_data",
        suite="bus",
    ),
    Mutant(
        "a value to choose from need not match",
        'request_is_value "$word" && [[ $word =~ ^(${DECLARED[ROVI_PARAMETER_$name]})$ ]] || return',
        "true",
        "values_that_are_none",
        suite="bus",
    ),
    Mutant(
        "values of no parameter are accepted",
        '    ROVI_VALUES_*)\n        ROVI_REPLY="there is no ROVI_PARAMETER_$name"\n'
        "        [[ ${DECLARED[ROVI_PARAMETER_$name]-} ]] || return",
        "    ROVI_VALUES_*)",
        "values_that_are_none",
        suite="bus",
    ),
]
