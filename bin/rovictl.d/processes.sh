# shellcheck shell=bash
# processes.sh: whether the processes that a unit file names in ROVI_PROCESSES are there.

use lib/declared rovictl.d/ask

declare -gA PROCESS=() # see check_processes

# check_processes NAME: sets PROCESS to running, missing or unknown by expected process of the unit, and ROVI_REPLY to a
# sentence about those that are missing, or to nothing.
check_processes() {
    local name missing='' hidden='' running=0
    local -a expected=()
    local -A present=()
    PROCESS=() ROVI_REPLY=
    expected_processes "$1"
    ((${#expected[@]})) || return 0
    running_programs "$1"
    ROVI_REPLY=
    for name in "${expected[@]}"; do
        if [[ ${present[$name]-} ]]; then
            PROCESS[$name]=running running=$((running + 1))
        elif [[ $hidden ]]; then
            PROCESS[$name]=unknown
        else
            PROCESS[$name]=missing missing+=" $name"
        fi
    done
    [[ ! $missing ]] || ROVI_REPLY="$running/${#expected[@]} processes, missing$missing"
}

# expected_processes NAME: sets the caller's expected to the processes that the unit declares.
expected_processes() {
    [[ ${UNIT["rovi-$1.service/Environment"]-} == *ROVI_PROCESSES=* ]] || return
    read_declared "${UNIT["rovi-$1.service/Environment"]-}"
    IFS=' ' read -ra expected <<<"${DECLARED[ROVI_PROCESSES]-}"
}

# running_programs NAME: adds the name of each program in the unit's control group to the caller's present: the name of
# its file or, for an interpreter, of its script. Sets the caller's hidden if there is a process that the caller may not
# see.
running_programs() {
    local procs pid word
    local -a pids words
    unit_procs "$1" || return 0
    procs=$ROVI_REPLY
    mapfile -t pids 2>/dev/null <"$procs" # in this order: the unit may have ended
    for pid in "${pids[@]}"; do
        if ! mapfile -d '' -t words </proc/"$pid"/cmdline; then
            ! is_in "$pid" "$procs" || hidden=yes
            continue
        fi
        for word in "${words[@]}"; do
            [[ $word != -* ]] || continue # an option of the interpreter
            word=${word##*/}
            [[ ! $word ]] || present[$word]=yes
            [[ $word == @(python*|bash|sh|dash|perl|ruby|node|env) ]] || break
        done
    done 2>/dev/null
}

# unit_procs NAME: sets ROVI_REPLY to the file with the PIDs of the unit's control group. Fails if there is none.
unit_procs() {
    local cgroup=${UNIT["rovi-$1.service/ControlGroup"]-}
    [[ $cgroup ]] || return 1
    for ROVI_REPLY in /sys/fs/cgroup{,/systemd,/unified}"$cgroup/cgroup.procs"; do # v2, v1, both
        [[ ! -r $ROVI_REPLY ]] || return 0
    done
    return 1
}

# is_in PID PROCS: whether the file still lists the process. If its command line cannot be read all the same, /proc is
# mounted with hidepid= (proc(5)).
is_in() {
    local IFS=' '
    local -a pids
    mapfile -t pids <"$2" && [[ " ${pids[*]} " == *" $1 "* ]]
}
