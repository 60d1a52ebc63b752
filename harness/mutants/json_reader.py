"""The mutants of the reader of JSON."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "names may come twice in JSON", '[[ ! ${JSON_TYPE["$1"]+set} ]] ||', "true ||", "refuses_and_why", suite="bus"
    ),
    Mutant("JSON of any depth", "(($2 <= JSON_DEPTH)) ||", "true ||", "refuses_and_why", suite="bus"),
    Mutant("JSON that is not UTF-8", "json_read_is_utf8 || return", "", "refuses_and_why", suite="bus"),
    Mutant(
        "control characters in JSON",
        "[[ $part != *[$'\\x01'-$'\\x1f']* ]] ||",
        "true ||",
        "refuses_and_why",
        suite="bus",
    ),
    Mutant("what stands behind JSON", "[[ ! $JSON_REST ]] ||", "true ||", "refuses_and_why", suite="bus"),
]
