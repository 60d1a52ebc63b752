"""The mutants of a stack's processes."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "a process that is gone is complained of",
        'done 2>/dev/null <"/proc/$1/cgroup"',
        'done <"/proc/$1/cgroup"',
        "run.bats",
    ),
    Mutant(
        "a process that is gone has a control group", "    [[ $ROVI_REPLY ]]\n}\n", "}\n", "run.bats", file="lib/run.sh"
    ),
    Mutant("ps does not fit a narrow terminal", "width>36?width-36:0", "width-36", "narrow"),
    Mutant("what hidepid= hides is missing", '! is_in "$pid" "$procs" || hidden=yes', "true", "may_not_be_seen"),
    Mutant("what has ended counts as hidden", '! is_in "$pid" "$procs" || ', "", "just_ended"),
    Mutant(
        "the end of a unit is an error",
        'mapfile -t pids 2>/dev/null <"$procs"',
        'mapfile -t pids <"$procs"',
        "rovictl.bats",
    ),
    Mutant(
        "the end of who holds the lock is an error",
        "mapfile -d '' -t words 2>/dev/null <\"/proc/$1/cmdline\" || return 0",
        "mapfile -d '' -t words <\"/proc/$1/cmdline\"",
        "rovictl.bats",
    ),
    Mutant(
        "a look that something has come after counts",
        '[[ $LOOK_SENT == "$ROVI_PID $*" ]] ||',
        '[[ ${LOOK_SENT#* } == "$*" ]] ||',
        "rovictl.bats",
    ),
    Mutant(
        "JSON says missing of what it does not know",
        '[[ " ${PROCESS[*]} " != *" unknown "* ]] || PROCESS=()',
        "true",
        "may_not_be_seen",
    ),
    Mutant(
        "a hidden process is forgotten at the second field",
        "unseen[$name]=$hidden",
        "unseen[$name]=",
        "may_not_be_seen",
    ),
    Mutant(
        "ps shows nothing of what it may not see", "[[ -r /proc/${pids%%,*}/cmdline ]] ||", "true ||", "may_not_be_seen"
    ),
    Mutant(
        "a process is expected by a part of its name",
        "word=${word##*/}\n",
        "word=${word##*/}; seen[${word%%_*}]=yes\n",
        "test_processes",
        file="rovictl.d/processes.sh",
    ),
]
