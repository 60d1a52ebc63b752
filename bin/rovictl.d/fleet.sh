# shellcheck shell=bash
# fleet.sh: the same command line on several robots, some at a time. One that is dead or hangs holds up no other.

use lib/contract lib/run lib/text lib/json lib/json_read rovictl.d/verbs rovictl.d/ssh rovictl.d/hosts

readonly WORKERS=10 # robots at a time, without --workers
readonly LATE_S=2   # seconds without any news, after which what there is is shown
# Bytes of a line from another machine, and values of an object: enough for 40 stacks, or for an entry of the journal.
readonly FAR_LINE=65536 FAR_VALUES=2000

# on_fleet: runs the command line on the caller's hosts, and ends rovictl with the highest exit code. Each line begins
# with its host. What they print comes in the order of the hosts, but later if a host is late, and at once if it goes on
# or is an error. A start, stop or switch begins on no further host after one has failed, unless --keep-going.
on_fleet() {
    local i fd ended worst=0 busy=0 halted='' turn=0 first=0
    local -a pids=() codes=() results=() shown=() # by place in hosts: codes of those that have ended
    set -m                                        # each in a process group of its own, which can be killed as a whole
    trap 'end_all 130' INT
    trap 'end_all 143' TERM HUP
    if goes_on; then
        go_on
    else
        open_results
        if [[ ${option["--canary"]-} ]]; then
            first=$((10#${option["--canary"]} < ${#hosts[@]} ? 10#${option["--canary"]} : ${#hosts[@]}))
            run_hosts 0 "$first" canary
        fi
        [[ $halted || ($first != 0 && $worst != 0) ]] || run_hosts "$first" "${#hosts[@]}"
        show_rest
        ! stops_at_failure || ((worst == 0)) || tell_what_was_done
    fi
    exit "$worst"
}

# goes_on: whether the verb goes on, so that nobody can wait for its end.
goes_on() {
    [[ $verb == watch || ${option["--follow"]-} ]]
}

# go_on: runs on all hosts at the same time; what they print is mixed, line by line.
go_on() {
    local host pid code
    for host in "${hosts[@]}"; do
        beside_others "$host" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid"
        code=$?
        ((code <= worst)) || worst=$code
    done
}

# stops_at_failure: whether the verb changes what a robot does, so that a failure is a reason not to go on.
stops_at_failure() {
    [[ $verb == @(start|stop|switch) ]]
}

# open_results: sets the caller's results to a descriptor for each host, a file that has no name; and its ended to a
# pipe. A pipe for each host would fill up while another host is waited for.
open_results() {
    local folder
    ulimit -Sn "$(ulimit -Hn)" 2>/dev/null
    folder=$(mktemp -d "${TMPDIR:-/tmp}/rovictl.XXXXXX" 2>/dev/null) ||
        die "$ROVI_EX_UNAVAILABLE" "cannot make a temporary file for each robot: make ${TMPDIR:-/tmp} writable"
    for i in "${!hosts[@]}"; do
        { exec {fd}<>"$folder/$i"; } 2>/dev/null || break
        results[i]=$fd
    done
    rm -r "$folder"
    ((${#results[@]} == ${#hosts[@]})) || die "$ROVI_EX_UNAVAILABLE" \
        "cannot make a temporary file for each robot: is ${TMPDIR:-/tmp} full?"
    rovi_open_pipe
    exec {ended}<> <(:)
}

# run_hosts FROM TO [canary]: runs on the hosts from FROM up to, but without, TO: --workers at a time.
run_hosts() {
    local next=$1 which workers=${option["--workers"]:-$WORKERS}
    while ((busy > 0)) || may_begin "$2"; do
        while ((busy < workers)) && may_begin "$2"; do
            run_host "$next" "${3-}" &
            pids[next]=$!
            next=$((next + 1)) busy=$((busy + 1))
        done
        if IFS= read -rt "$LATE_S" -u "$ended" which; then
            end_host "$which"
            show_in_turn
        else
            find_lost
            ((next < $2)) || show_what_there_is
        fi
    done
}

# may_begin TO: whether another host before TO may begin.
may_begin() {
    ((next < $1)) && [[ ! $halted ]]
}

# run_host PLACE [canary]: runs on one host, with its results as stdout, and says when it has ended. A canary must also
# still be RUNNING then.
run_host() {
    local code
    set +m
    beside_others "${hosts[$1]}" >&"${results[$1]}"
    code=$?
    if ((code == 0)) && [[ ${2-} && $verb != stop && ! ${option["--dry-run"]-} ]]; then
        verb=wait parameters=() option=(["--host"]=yes ["--timeout"]=5 ["--quiet"]=yes)
        beside_others "${hosts[$1]}" >&"${results[$1]}"
        code=$?
    fi
    printf '%s\n' "$1" >&"$ended"
    exit "$code"
}

# end_host PLACE: notes how the host has ended, in the caller's codes, worst, busy and halted.
end_host() {
    [[ ! ${codes[$1]-} ]] || return 0
    wait "${pids[$1]}"
    codes[$1]=$?
    busy=$((busy - 1))
    ((codes[$1] <= worst)) || worst=${codes[$1]}
    ((codes[$1] == 0)) || ! stops_at_failure || [[ ${option["--keep-going"]-} ]] || halted=yes
}

# find_lost: notes the end of those that somebody has killed, so that they could not say it.
find_lost() {
    local place
    for place in "${!pids[@]}"; do
        [[ ${codes[place]-} ]] || kill -0 "${pids[place]}" 2>/dev/null || end_host "$place"
    done
}

# tell_what_was_done: says where the verb was done and where it was not.
tell_what_was_done() {
    local place text
    local -A on=()
    for place in "${!hosts[@]}"; do
        case ${codes[place]-}/${pids[place]-} in
        /) on[later]+=" ${hosts[place]}" ;;
        /*) on[cut]+=" ${hosts[place]}" ;;
        0/*) on[done]+=" ${hosts[place]}" ;;
        *) on[failed]+=" ${hosts[place]}" ;;
        esac
    done
    text="$verb is done on${on[done]:- no robot}"
    [[ ! ${on[failed]-} ]] || text+="; failed on${on[failed]}"
    [[ ! ${on[cut]-} ]] || text+="; begun, and it may go on, on${on[cut]}"
    [[ ! ${on[later]-} ]] || text+="; not begun on${on[later]}"
    [[ ! $halted || ! ${on[later]-} ]] || text+=": --keep-going goes on after a failure"
    complain "$text"
}

# end_all CODE: ends every ssh, and rovictl. What systemd has been asked for on a robot goes on there.
end_all() {
    local pid
    if stops_at_failure; then
        find_lost
        tell_what_was_done
    fi
    for pid in "${pids[@]}"; do
        kill -- "-$pid"
    done 2>/dev/null
    exit "$1"
}

# beside_others HOST: runs on_host with HOST in front of each line.
beside_others() {
    set +m
    # One pipeline for stderr and one for stdout, because bash waits for pipelines.
    {
        on_host "$1" -o BatchMode=yes 2>&1 >&3 3>&- | with_host "$1" >&2 3>&-
        exit "${PIPESTATUS[0]}"
    } \
        3>&1 | with_host "$1" ${option["--json"]:+json}
    return "${PIPESTATUS[0]}"
}

# with_host HOST [json]: puts HOST in front of each line of stdin, or into each object as its first member. Anybody on
# HOST may have written the lines: they must not control the terminal or pose as another host.
with_host() {
    local line LC_ALL=C JSON_VALUES=$FAR_VALUES
    while IFS= read -rn "$FAR_LINE" line || [[ $line ]]; do # a longer line counts as several
        rovi_printable "$line"
        line=$ROVI_REPLY
        if [[ ! ${2-} ]]; then
            printf '%s: %s\n' "$1" "$line"
        elif is_far_object "$line"; then
            printf '{"host":"%s"%s\n' "$1" "$ROVI_REPLY"
        else
            json_string "$line"
            printf '{"host":"%s","line":%s}\n' "$1" "$ROVI_REPLY"
        fi
    done
}

# is_far_object LINE: whether LINE is an object without a member host of its own: without --host rovictl prints none.
# Sets ROVI_REPLY to what follows the first brace, with a comma before it if there is a member.
is_far_object() {
    json_read "$1" && [[ ${JSON_TYPE[top]} == object && ! ${JSON_TYPE["top/host"]+set} ]] || return
    ROVI_REPLY=${1#*\{}
    ((${#JSON_PATHS[@]} == 1)) || ROVI_REPLY=,$ROVI_REPLY
}
