# shellcheck shell=bash
# ps.sh: the verb ps.

use lib/contract lib/bus rovictl.d/say rovictl.d/ask rovictl.d/terminal rovictl.d/processes
[[ ! ${option["--json"]-} ]] || use lib/json

# cmd_ps NAME: prints the processes of the unit's control group as a tree. systemd says which they are
# (GetUnitProcesses, which any user may call), ps(1) says the rest.
cmd_ps() {
    local name=$1 pids
    need_unit "$name" gateway
    command -v ps >/dev/null ||
        die "$ROVI_EX_UNAVAILABLE" "there is no ps command: an administrator installs procps"
    unit_pids "$name"
    if [[ ! $pids ]]; then
        printf 'rovictl: %s has no processes\n' "$name" >&2
        exit "$ROVI_EX_STOPPED"
    fi
    [[ -r /proc/${pids%%,*}/cmdline ]] || ! unit_procs "$name" || ! is_in "${pids%%,*}" "$ROVI_REPLY" 2>/dev/null ||
        die "$ROVI_EX_DENIED" "not permitted to see the processes of $name, because /proc is mounted with hidepid=: \
an administrator runs 'sudo rovictl ps $name'"
    if [[ ${option["--json"]-} ]]; then
        ps_objects "$name" < <(LC_ALL=C ps -ww -o pid=,ppid=,etimes=,times=,pcpu=,rss=,args= -p "$pids")
    else
        ps_tree < <(LC_ALL=C ps -ww --forest -o pid=,etime=,pcpu=,rss=,args= -p "$pids")
    fi
}

# unit_pids NAME: sets the caller's pids to the PIDs of the unit's processes, with commas between them.
unit_pids() {
    # shellcheck disable=SC1003  # two backslashes, not an escape
    local i two='\\' quote='\"'
    local -a field
    pids=
    look # systemd knows no processes of a unit that is not loaded
    [[ ${UNIT["rovi-$1.service/Id"]-} ]] || return 0
    rovi_manager GetUnitProcesses s "rovi-$1.service" || die_of_bus
    # a(sus): control group, PID, command line. Without escaped backslashes and quotes, each process is two strings in
    # quotes, with the PID between them.
    ROVI_REPLY=${ROVI_REPLY//"$two"/}
    IFS='"' read -ra field <<<"${ROVI_REPLY//"$quote"/}"
    for ((i = 2; i < ${#field[@]}; i += 4)); do
        pids+=${pids:+,}${field[i]// /}
    done
}

# ps_tree: prints the tree from lines PID AGE %CPU RSS COMMAND on stdin. Age as in ps(1): [DAYS-]HH:MM:SS. On a
# terminal, lines are cut, so programs come without their directories.
ps_tree() {
    local line pid age percent args memory width tree='^ *([0-9]+) +([^ ]+) +([0-9.]+) +([0-9]+) (.*)$'
    find_width
    put '    PID         AGE  %CPU   MEMORY COMMAND'
    while IFS= read -r line; do
        [[ $line =~ $tree ]] || continue
        pid=${BASH_REMATCH[1]} age=${BASH_REMATCH[2]} percent=${BASH_REMATCH[3]} args=${BASH_REMATCH[5]}
        human_size $((BASH_REMATCH[4] * 1024))
        memory=$ROVI_REPLY
        if ((width)); then
            short_command "$args"
            args=${ROVI_REPLY:0:width>36?width-36:0}
        fi
        printf -v line '%7s %11s %5s %8s %s' "$pid" "$age" "$percent" "$memory" "$args"
        put "$line"
    done
}

# short_command COMMAND: sets ROVI_REPLY to COMMAND, a line of ps --forest, with words like /a/b/c as c.
short_command() {
    local word - IFS=' '
    set -f
    ROVI_REPLY=
    [[ $1 != *'\_ '* ]] || ROVI_REPLY=${1%%'\_ '*}'\_ '
    for word in ${1#"$ROVI_REPLY"}; do
        [[ $word != /* ]] || word=${word##*/}
        ROVI_REPLY+="$word "
    done
}

# ps_objects NAME: prints objects from lines PID PPID SECONDS CPU_SECONDS %CPU RSS COMMAND on stdin.
ps_objects() {
    local pid ppid age cpu percent rss args
    while read -r pid ppid age cpu percent rss args; do
        json_string "$args"
        put "{\"schema\":1,\"unit\":\"rovi-$1.service\",\"pid\":$pid,\"ppid\":$ppid,\
\"age_s\":$age,\"cpu_s\":$cpu,\"cpu_percent\":$percent,\"memory_bytes\":$((rss * 1024)),\"command\":$ROVI_REPLY}"
    done
}
