"""The mutants of slips of the tongue."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "a stack named like a unit cannot be named",
        "[[ ${stack_file[$name]-} ]] || name=",
        "name=",
        "named_like_a_unit",
        suite="bus",
    ),
    Mutant(
        "another robot's names are judged here",
        '"${name#rovi-}" && ! is_far; then',
        '"${name#rovi-}"; then',
        "typed_over_ssh",
        suite="bus",
    ),
    Mutant(
        "the gateway is a stack by the name of its unit",
        "$operand_kind != *STACK* || $operand != gateway",
        "$operand_kind != *STACK* || ${words[1]} != gateway",
        "gateway_by_the_name",
        suite="bus",
    ),
    Mutant(
        "of several units one that is down does not count",
        'for name in "$@"; do\n        [[ ${ACTIVE[$name]-inactive}',
        'for name in "${@: -1}"; do\n        [[ ${ACTIVE[$name]-inactive}',
        "status_of_several",
        suite="bus",
    ),
    Mutant(
        "an equals sign is a stack",
        "elif [[ $word == [A-Za-z_]*([A-Za-z0-9_])=* ]]; then",
        "elif false; then",
        "did_you_mean",
        suite="bus",
    ),
    Mutant(
        "a long name is said to be unknown",
        "[[ ${#name} -le 40 ]] || die_of_operand",
        "true || die_of_operand",
        "did_you_mean",
        suite="bus",
    ),
    Mutant(
        "any word is compared",
        "[[ $word && ${#word} -le $SLIP_LETTERS ]]",
        "[[ $word ]]",
        "very_long_word",
        suite="bus",
    ),
    Mutant(
        "any first word is a stack",
        '[[ ${2-} ]] && rovi_valid_name "$name" &&',
        "[[ ${2-} ]] &&",
        "did_you_mean",
        suite="bus",
    ),
    Mutant("a pattern is shown with backslashes", """quoted="'$text'\"""", "true", "quote.bats"),
    Mutant("a quote within quotes", "|| $text == *\\'* ]] ||", "]] ||", "quote.bats"),
    Mutant(
        "a program may say a name in several ways",
        "$name == rovi-?* && ! $ROVI_RECORDS",
        "$name == rovi-?*",
        "no_such_stack",
    ),
]
