# shellcheck shell=bash
# progress.sh: what a verb says while it waits: one live line on a terminal, or records for the executor; and what it
# says when Ctrl-C ends the wait. On a pipe, with --quiet and with --json there is no such line.

use lib/contract lib/run lib/bus rovictl.d/ask rovictl.d/terminal

progress_to='' progress_line=''    # where progress goes, see find_progress; what stands on the terminal now
progress_of='' progress_began=0    # the stack and state that it was about last, and since which uptime
progress_told=''                   # what was told last
progress_queued='' progress_why='' # when it was looked up what a queued job waits for, and what that is
awaited=''                         # the unit for which a job was asked, or that is waited for

# find_progress: sets progress_to to terminal, records or nowhere.
find_progress() {
    progress_to=nowhere
    if [[ $ROVI_RECORDS ]]; then
        [[ ! $ROVI_PROGRESS ]] || progress_to=records
    elif [[ -t 2 && ! ${option["--quiet"]-}${option["--json"]-} && ${TERM-dumb} != dumb ]]; then
        progress_to=terminal
    fi
}

# progress NAME [STACK]: shows that the verb waits for the unit NAME, in which state it is, for how long and for what.
# With STACK, the unit is one that is asked about that stack. The caller has looked.
progress() {
    local name=${2:-$1} now='' text='' seconds
    [[ $progress_to ]] || find_progress
    [[ $progress_to != nowhere ]] || return 0
    case $1 in
    guard@*) text="waiting for its motion guard" ;;
    ask@*) text="waiting for its request to be taken" ;;
    *)
        state "$1"
        now=$ROVI_REPLY
        progress_text "$1" "$now"
        text=$ROVI_REPLY
        ;;
    esac
    rovi_uptime
    [[ $progress_of == "$name/$now" ]] || progress_of=$name/$now progress_began=$ROVI_REPLY
    seconds=$(((ROVI_REPLY - progress_began) / 100))
    if [[ $progress_to == terminal ]]; then
        show_progress "$name${now:+ $now} $seconds s${text:+: $text}"
    elif [[ $progress_told != "$progress_of $seconds" ]]; then # a node may change the text as often as it likes
        progress_told="$progress_of $seconds"
        record progress "$name ${now:--} $seconds $text"
    fi
}

# progress_text NAME STATE: sets ROVI_REPLY to what the unit waits for, or to nothing.
progress_text() {
    local unit=rovi-$1.service
    ROVI_REPLY=
    case $2/${UNIT["$unit/ActiveState"]-} in
    STARTING/activating) ROVI_REPLY=${UNIT["$unit/StatusText"]-} ;;
    STARTING/*)
        rovi_uptime
        if [[ $progress_queued != "$1 $((ROVI_REPLY / 100))" ]]; then # once a second: it costs two calls
            progress_queued="$1 $((ROVI_REPLY / 100))"
            use rovictl.d/why
            waits_for "$1"
            progress_why=$ROVI_REPLY
        fi
        ROVI_REPLY=$progress_why
        ;;
    STOPPING/*) ROVI_REPLY="waiting for its last process to end" ;;
    */*)
        [[ ! ${UNIT["$unit/Job"]-} ]] || ROVI_REPLY="waiting for its job to begin"
        [[ $verb != wait ]] || ROVI_REPLY="waiting for ${option["--state"]:-running}"
        ;;
    esac
}

# show_progress LINE: makes LINE the live line, cut to the width of the terminal.
show_progress() {
    local width height
    [[ $1 != "$progress_told" ]] || return 0
    progress_told=$1 progress_line=$1
    find_width 2
    # A character beyond ASCII may be two columns wide, and a line that wraps could not be taken back.
    [[ $1 != *[!\ -~]* ]] || width=$((width / 2))
    printf '\r%s\e[K' "${1:0:width-1}" >&2
}

# end_progress: takes the live line away, before anything else is printed.
end_progress() {
    [[ ! $progress_line ]] || printf '\r\e[K' >&2
    progress_line='' progress_told=''
}

# interrupted: for Ctrl-C: says what goes on, as systemd says now, and ends rovictl. A half of a switch leaves that to
# cmd_switch. A second Ctrl-C ends it at once. A subshell says it, because in a trap a `return` without a number has the
# status from before the trap, in every function.
interrupted() {
    trap 'exit 130' INT
    end_progress
    [[ ${halves-} ]] || (say_interrupted)
    exit 130
}

# say_interrupted: complains with what goes on.
say_interrupted() {
    if [[ $awaited ]]; then
        say_what_goes_on "$awaited"
    else
        complain "interrupted: nothing was changed"
    fi
}

# say_what_goes_on NAME [FRONT]: complains with FRONT and with what the unit does now, with or without rovictl.
say_what_goes_on() {
    local name=$1 unit=rovi-$1.service who=$1 way='rovictl stop' job=''
    ! rovi_runs_always "$name" || who="the $name" way="sudo systemctl stop rovi-$name"
    [[ $name != gateway ]] || way='sudo rovictl gateway stop'
    ROVI_DEADLINE= # this last look must not be cut short
    if ! try_look "$unit"; then
        complain "${2-}rovictl cannot find out what $who does now: see 'rovictl status'"
        return
    fi
    job_type "${UNIT["$unit/Job"]-}"
    job=$ROVI_REPLY
    state "$name"
    case $ROVI_REPLY/$job in
    STARTING/*) complain "${2-}$who goes on starting: '$way' ends it" ;;
    STOPPING/start | STOPPING/restart | RUNNING/restart)
        complain "${2-}$who goes on stopping, then starts again: '$way' ends it"
        ;;
    STOPPING/* | RUNNING/stop) complain "${2-}$who goes on stopping: see 'rovictl status'" ;;
    RUNNING/*) complain "${2-}$who runs: '$way' ends it" ;;
    FAILED/*) complain "${2-}$who has failed: see 'rovictl status'" ;;
    *) complain "${2-}$who is not running" ;;
    esac
}

# job_type ID: sets ROVI_REPLY to the type of systemd's job ID, for example "restart"; or to nothing.
job_type() {
    local id=$1
    ROVI_REPLY=
    [[ $id == [1-9]*([0-9]) ]] || return 0
    rovi_busctl get-property "$ROVI_SYSTEMD" "/org/freedesktop/systemd1/job/$id" "$ROVI_SYSTEMD.Job" JobType ||
        ROVI_REPLY='s ""'
    ROVI_REPLY=${ROVI_REPLY:3:-1} # s "restart"
}
