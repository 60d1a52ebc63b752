"""The mutants of the environment and its loader."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant("ROS_DISTRO is a pattern", '[ -z "${ROS_DISTRO//[A-Za-z0-9_.-]/}" ]', "true", "rovi_env.bats"),
    Mutant("the loader does not export", "declare -gx", "declare -g", "test_every_variable", file="rovi_env.sh"),
    Mutant(
        "the loader checks no line",
        '_rovi_env_take_line "$1:$_rovi_n" "$_rovi_line" || return',
        '_rovi_set+=("$_rovi_line")',
        "rovi_env.bats",
    ),
    Mutant("a closed home is a missing file", "-d $_rovi_dir && ! -x $_rovi_dir ]]", "-z x ]]", "may_not_see"),
    Mutant("carriage returns", r"if [[ $2 == *$'\r'* ]]", "if false", "rovi_env.bats"),
    Mutant("comments that go on", r"[[ $2 != *\\ ]] ||", "true ||", "rovi_env.bats"),
    Mutant("bash's own variables", "    BASH* | _ |", "    XBASH* | _ |", "rovi_env.bats"),
    Mutant("the loader keeps nounset on", "set +efu", "set +ef", "rovi_env.bats"),
    Mutant("the loader leaves options behind", "local - IFS", "local IFS", "rovi_env.bats", file="rovi_env.sh"),
    Mutant(
        "the loader leaves functions behind",
        "_rovi_env_find_ros _rovi_env_load _rovi_env_forget",
        "_rovi_env_find_ros",
        "rovi_env.bats",
    ),
    Mutant("robot and PC share a graph", "ROS_DOMAIN_ID=1", "ROS_DOMAIN_ID=0", "different_graphs"),
    Mutant("the env file may have a line of any length", "((${#2} < 100000)) ||", "true ||", "rovi_env.bats"),
    Mutant(
        "the env file sets what the scripts go by",
        """elif [[ $_rovi_taken ]] && "$_rovi_taken" "$_rovi_key"; then""",
        "elif false; then",
        "are_theirs",
    ),
    Mutant("a question for ROS sources it", '[ "$_rovi_until" != ros ]', "true", "rovi_env.bats"),
]
