"""The mutants of calls to systemd: limits, what is dropped, and what reloads."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant("a denial names what does not help", "[[ $verb == @(enable|disable) ]] || ", "", "is_told", suite="bus"),
    Mutant(
        "a long text takes minutes",
        "[[ ${text: -1} != $'\\n' ]] || text=${text:0:-1}",
        "text=${text%$'\\n'}",
        "run.bats",
    ),
    Mutant("busctl's stderr is taken for its reply", '2>&"$ROVI_PIPE"', "2>&1", "test_what_busctl_says"),
    Mutant(
        "a call to systemd has no limit", '-t "$left" -u "$ROVI_OUT"', '-u "$ROVI_OUT"', "a_bus_that_hangs", suite="bus"
    ),
    Mutant(
        "--timeout does not limit a call",
        "if [[ $ROVI_DEADLINE ]]; then",
        "if false; then",
        "a_bus_that_hangs",
        suite="bus",
    ),
    Mutant(
        "--timeout does not limit a wait",
        "((ROVI_REPLY >= ROVI_DEADLINE))",
        "false",
        "a_job_that_does_not_end",
        suite="bus",
    ),
    Mutant(
        "a bus that is away for a moment ends a wait",
        "bus_is_back || { end_progress && die_of_bus; }",
        "die_of_bus",
        "vanishes_half_way",
        file="rovictl.d/await.sh",
        suite="bus",
    ),
    Mutant("reloading is not active", "[[ $1 != @(reloading|refreshing) ]] ||", "true ||", "refreshing", suite="bus"),
    Mutant(
        "rovictl takes systemd's word for active",
        'rovi_active "${UNIT["$id/ActiveState"]}"',
        'ROVI_REPLY=${UNIT["$id/ActiveState"]}',
        "refreshing",
        suite="bus",
    ),
    Mutant(
        "a call that is dropped is not made again",
        "is_reexec && bus_is_back || return",
        "return",
        "is_made_again",
        suite="bus",
    ),
    Mutant(
        "a look that is dropped is not made again",
        "while is_reexec && bus_is_back",
        "while false",
        "is_made_again",
        suite="bus",
    ),
    Mutant("a restart is made twice", "[[ $1 == RestartUnit ]] || continue", "continue", "not_made_again", suite="bus"),
    Mutant(
        "what is not dropped is made again, too",
        "is_reexec && bus_is_back ||",
        "bus_is_back ||",
        "vanishes_half_way",
        suite="bus",
    ),
    Mutant(
        "a dropped call is made again for ever",
        "((ROVI_WAITED < ROVI_BUS_TIMEOUT_S * 100)) ||",
        "true ||",
        "drops_every",
        suite="bus",
    ),
    Mutant(
        "the sentence names the limit, whatever was waited",
        "$((ROVI_WAITED < 150 ? 1 : (ROVI_WAITED + 50) / 100))",
        '"$ROVI_BUS_TIMEOUT_S"',
        "what_was_waited",
        suite="bus",
    ),
    Mutant(
        "a question of systemctl's has no limit",
        "        export SYSTEMD_BUS_TIMEOUT=$ROVI_BUS_TIMEOUT_S\n",
        "",
        "run.bats",
    ),
    Mutant("a long answer of systemd's loses its end", "((status == 0 && most == 1))", "false", "run.bats"),
    Mutant(
        "any program's answer may come without end",
        "[[ $1 != @(systemctl|busctl) ]] || ROVI_MOST=1",
        "ROVI_MOST=1",
        "run.bats",
    ),
    Mutant(
        "somebody else's file is opened as one's own", "${3-} && -O $3 && ", "${3-} && ", "run.bats", file="lib/run.sh"
    ),
    Mutant(
        "a link in one's own directory is followed",
        "-f $1 && ! -L $1 ]] && { exec {fd}",
        "-f $1 ]] && { exec {fd}",
        "run.bats",
    ),
    Mutant(
        "a near deadline does not hold within an answer", "end=$left most=$ROVI_REPLY_BYTES", "end=$left", "run.bats"
    ),
    Mutant(
        "a large file is read to its end", "read -rd '' -n \"$2\" -u", 'read -rN "$2" -u', "run.bats", file="lib/run.sh"
    ),
    Mutant("what ends at once has no exit status", "        rovi_hold || exit\n", "", "run.bats"),
    Mutant("what a killed rovictl had begun is done later", "rovi_hold || exit", "rovi_hold", "run.bats"),
]
