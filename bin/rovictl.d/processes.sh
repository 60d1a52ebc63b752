# shellcheck shell=bash
# processes.sh: whether the processes that a unit file names in ROVI_PROCESSES are there.

use rovictl.d/ask

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
    use lib/declared
    read_declared "${UNIT["rovi-$1.service/Environment"]-}"
    IFS=' ' read -ra expected <<<"${DECLARED[ROVI_PROCESSES]-}"
}

# running_programs NAME: adds the name of each program in the unit's control group to the caller's present: the name of
# its file or, for an interpreter, of its script. Sets the caller's hidden if there is a process that the caller may not
# see.
running_programs() {
    local cgroup=${UNIT["rovi-$1.service/ControlGroup"]-} procs pid word
    local -a words
    [[ $cgroup ]] || return 0
    for procs in /sys/fs/cgroup{,/systemd,/unified}"$cgroup/cgroup.procs"; do # v2, v1, both
        [[ -r $procs ]] || continue
        while read -r pid; do
            if ! mapfile -d '' -t words </proc/"$pid"/cmdline; then
                ! is_hidden "$pid" || hidden=yes
                continue
            fi
            for word in "${words[@]}"; do
                [[ $word != -* ]] || continue # an option of the interpreter
                word=${word##*/}
                [[ ! $word ]] || present[$word]=yes
                [[ $word == @(python*|bash|sh|dash|perl|ruby|node|env) ]] || break
            done
        done <"$procs" 2>/dev/null
        return
    done
}

# is_hidden PID: whether a process exists although its command line cannot be read. Then /proc is mounted with hidepid=
# (proc(5)), so that not even PID 1 can be read; or the caller is root in a container, where that option affects root.
is_hidden() {
    [[ ! -r /proc/1/cmdline ]] || kill -0 "$1"
}
