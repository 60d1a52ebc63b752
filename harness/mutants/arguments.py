"""The mutants of rovictl's arguments."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant("any name will do", "[[ ${#1} -le 40 && $1 ==", "[[ x || $1 ==", "test_a_bad_name"),
    Mutant("names are not quoted", """printf -v quoted '%q' "$text\"""", """quoted=$1""", "test_a_bad_name"),
    Mutant(
        "a host can be an option of ssh",
        "--host) [[ $2 =~ ^$SSH_HOSTS(,$SSH_HOSTS)*$ ]] ||",
        "--host) true ||",
        "test_bad_usage",
    ),
]
