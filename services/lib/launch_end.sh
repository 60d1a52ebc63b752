# shellcheck shell=bash
# launch_end.sh: finds out how a launch has ended, for ExecStopPost=.

use lib/contract lib/text lib/run lib/bus lib/status_text lib/exit_words lib/command lib/launch_log lib/journal_note

# Exit status of an ExecStopPost= that makes an end a failure. Not 1, which is a good end by SuccessExitStatus=.
readonly LAUNCH_END_FAILED=70

LAUNCH_JOB='' LAUNCH_JOB_TYPE='' # set by launch_job

# launch_job UNIT: sets LAUNCH_JOB to the ID of UNIT's job, and LAUNCH_JOB_TYPE to its type, for example "stop". If
# UNIT has no job, sets both to nothing. If systemd does not answer, for example during daemon-reexec, it asks again
# for a while, and in the end sets both to "unknown".
launch_job() {
    local end
    rovi_uptime
    end=$((ROVI_REPLY + ROVI_BUS_TIMEOUT_S * 100))
    while ((ROVI_REPLY < end)); do
        ! launch_try_job "$1" || return 0
        rovi_nap 0.1
        rovi_uptime
    done
    LAUNCH_JOB=unknown LAUNCH_JOB_TYPE=unknown
}

launch_try_job() {
    LAUNCH_JOB='' LAUNCH_JOB_TYPE=''
    rovi_object_path "$1"
    rovi_busctl get-property "$ROVI_SYSTEMD" "$ROVI_REPLY" "$ROVI_SYSTEMD.Unit" Job || return
    [[ $ROVI_REPLY =~ ^\(uo\)\ ([1-9][0-9]*)\ \"(.*)\"$ ]] || return 0 # (uo) 12 "/org/freedesktop/systemd1/job/12"
    LAUNCH_JOB=${BASH_REMATCH[1]}
    rovi_busctl get-property "$ROVI_SYSTEMD" "${BASH_REMATCH[2]}" "$ROVI_SYSTEMD.Job" JobType || return
    LAUNCH_JOB_TYPE=${ROVI_REPLY:3:-1} # s "stop"
}

# launch_check_end UNIT: for ExecStopPost=, after launch_job. Writes into StatusText why UNIT has ended. Turns an
# end that nobody asked for into a failure: ros2 launch also exits with 0 when a node with
# on_exit=Shutdown dies. $SERVICE_RESULT, $EXIT_STATUS: systemd.exec(5).
launch_check_end() {
    local status=${EXIT_STATUS-} launch why
    launch_called "${ROVI_COMMAND-}"
    launch=$ROVI_REPLY
    if [[ ${SERVICE_RESULT-} != success ]] && launch_was_killed "$1"; then # else it was faster than the kill
        launch_say_end "$ROVI_REPLY" "$1"
        return
    fi
    if [[ ${SERVICE_RESULT-}/$status == exit-code/226 && ${ROVI_ROOT-} ]]; then # NAMESPACE, systemd.exec(5)
        why="systemd cannot make $ROVI_ROOT its root file system: 'systemctl status $1' says more"
        launch_say_refused "$ROVI_EX_CONFIG" "$why"
        launch_note_end "$why" "$1" "$ROVI_EX_CONFIG"
        return
    fi
    case ${SERVICE_RESULT-} in
    success)
        # A stop or a restart is a job. Python exits with 1 if it gets SIGINT before it has started. Once the launch
        # was ready, 1 is a failure.
        [[ ! $LAUNCH_JOB ]] || { [[ ${EXIT_CODE-}/$status == exited/1 ]] && launch_was_ready "$1"; } || return 0
        why="$launch ended by itself, with exit status $status"
        [[ $status != 1 ]] || why="$launch ended with exit status 1"
        [[ ${EXIT_CODE-} == exited ]] || why="$launch was ended by SIG$status"
        launch_why "$1" "$why"
        why=$ROVI_REPLY
        printf '%s: %s\n' "${0##*/}" "$why" >&2
        launch_say_end "$why" "$1"
        exit "$LAUNCH_END_FAILED"
        ;;
    exit-code)
        # If the start was refused, StatusText says why already, and rovictl uses that, too.
        if ! launch_was_ready "$1"; then
            launch_status_text "$1" || return 0
            status_read "$ROVI_REPLY"
            launch_note_refusal "$1"
            [[ ! $STATUS_CODE ]] || return 0
            why=$(launch_while "$ROVI_REPLY")
        else
            why=
        fi
        launch_why "$1" "$launch ended with exit status $status$why"
        why=$ROVI_REPLY
        ;;
    protocol) # before READY=1
        launch_status_text "$1" || ROVI_REPLY=
        # The refusal of a request, whose status 2 is no failure by SuccessExitStatus=; or that of launch_refuse.
        status_read "$ROVI_REPLY"
        launch_note_refusal "$1"
        [[ ! $STATUS_CODE ]] || return 0
        why="$launch ended before it was ready, "
        if [[ ${EXIT_CODE-} == exited ]]; then why+="with exit status $status"; else why+="by SIG$status"; fi
        [[ $status != 1 ]] || why="$launch ended with exit status 1"
        why+=$(launch_while "$ROVI_REPLY")
        launch_why "$1" "$why"
        why=$ROVI_REPLY
        ;;
    signal | core-dump)
        why="${status:+$launch was ended by SIG}${status:-it was ended before run_stack.sh could run}"
        ;;
    timeout)
        launch_status_text "$1" || ROVI_REPLY=
        why="not ready within the time that TimeoutStartSec= allows$(launch_while "$ROVI_REPLY")"
        launch_is_starting "$1" || why="stopping took longer than TimeoutStopSec= allows, so it was killed"
        ;;
    oom-kill) why="memory ran out and the kernel killed one of its processes" ;;
    *) why="systemd says: ${SERVICE_RESULT-}" ;;
    esac
    launch_say_end "$why" "$1"
}

# launch_say_end WHY UNIT: writes into StatusText and into the journal why UNIT has ended.
launch_say_end() {
    launch_notify --status="$1" || true
    launch_note_end "$1" "$2"
}

# launch_note_refusal UNIT: writes into the journal that the start was refused, if status_read has found that.
launch_note_refusal() {
    [[ ! $STATUS_CODE ]] || launch_note_end "$STATUS_WHY" "$1" "$STATUS_CODE"
}

# launch_note_end WHY UNIT [CODE]: writes only into the journal; CODE is that of a refusal. Always succeeds.
launch_note_end() {
    local name
    rovi_name_of "$2"
    name=$ROVI_REPLY
    rovi_printable "$1"
    journal_note_in_unit end "$name ended: $ROVI_REPLY" "ROVI_STACK=$name" "ROVI_WHY=$ROVI_REPLY" \
        ${3:+"ROVI_CODE=$3"} || true
}

# launch_why UNIT WHY: sets ROVI_REPLY to the first process of UNIT that died, or to why its launch file does not load;
# if launch.log says neither, to WHY.
launch_why() {
    local name
    rovi_name_of "$1"
    name=$ROVI_REPLY
    if ! launch_noted "$name" || [[ $LAUNCH_INVOCATION != "${INVOCATION_ID-}" ]]; then # it did not become ros2 launch
        exit_words "$name" "${EXIT_STATUS-}" || ROVI_REPLY=$2
    elif ! launch_failure; then
        ROVI_REPLY=$2
    elif [[ $FAILURE_PROCESS ]]; then
        failure_text
        ((FAILURE_OTHERS == 0)) || ROVI_REPLY+=$FAILURE_REST
    else
        ROVI_REPLY="the launch file does not load: $FAILURE_LINE"
    fi
}

# launch_was_killed UNIT: whether kill_stack.sh has ended this start of UNIT; sets ROVI_REPLY to a sentence about it.
launch_was_killed() {
    local start by
    rovi_name_of "$1"
    read -r start by 2>/dev/null <"$ROVI_KILLED/$ROVI_REPLY" || return
    [[ $by && $start == "${INVOCATION_ID-}" ]] || return
    ROVI_REPLY="killed by $by"
}

# launch_was_ready UNIT: whether UNIT has reached READY=1 in this start.
launch_was_ready() {
    local began
    rovi_unit_time "$1" InactiveExitTimestampMonotonic && began=$ROVI_REPLY &&
        rovi_unit_time "$1" ActiveEnterTimestampMonotonic && ((ROVI_REPLY >= began))
}

# launch_is_starting UNIT: whether UNIT still has the job that starts it.
launch_is_starting() {
    [[ $LAUNCH_JOB_TYPE == start ]]
}
