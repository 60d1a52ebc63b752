# shellcheck shell=bash
# launch_lib.sh: what run_gateway.sh and run_stack.sh share, the way from ExecStart= to
# `exec ros2 launch`. To be sourced after rovi_lib.sh: it defines only launch_* and LAUNCH_*.

readonly LAUNCH_RUN_DIR=/run/rovi
# shellcheck disable=SC2034  # the scripts that source this use it
readonly LAUNCH_LOCK=$LAUNCH_RUN_DIR/stack.lock
# Held only while the session file is replaced or removed. Contains who wrote the session file:
# the invocation id of that start ($INVOCATION_ID, systemd.exec(5)), which ExecStopPost= shares.
readonly LAUNCH_SESSION_LOCK=$LAUNCH_RUN_DIR/session.lock

# How long one run of a check that a unit file declares may take, and how much it may write.
readonly LAUNCH_CHECK_S=10 LAUNCH_CHECK_KB=1024

# StatusText from the exec of ros2 launch until READY=1.
readonly LAUNCH_WAITING="waiting for ros2 launch to start its first process"

# StatusText once it is ready: what is special about this launch.
LAUNCH_READY_TEXT=

# launch_notify ARG...: systemd-notify(1), where there is somebody to notify.
launch_notify() {
    [[ -z ${NOTIFY_SOCKET-} ]] || systemd-notify "$@"
}

# launch_die CODE SENTENCE: ends the start with the contract's CODE. SENTENCE goes to stderr,
# so to the journal, and to StatusText, which any user may read without journal rights.
launch_die() {
    printf '%s: %s\n' "${0##*/}" "$2" >&2
    launch_notify --status="$2" || true
    exit "$1"
}

# launch_stop_on_sigint: lets SIGINT end the script. Without a trap bash ignores a SIGINT that
# comes while it waits for a child that did not get it too (KillMode=mixed), and a stop during
# a slow setup.bash would end in SIGKILL. exec gives ros2 the default back.
launch_stop_on_sigint() {
    trap 'trap - INT; kill -s INT $$' INT
}

# launch_load_env: loads .env.robot, ROS and the workspace, and makes the log directory. Ends
# the start with 78 and the loader's own sentence where something is missing. An env file that names another
# workspace or a PC's environment would lead away: the loader refuses it; a drop-in that does is held against
# where the installer lets this run.
launch_load_env() {
    [[ . -ef ${ROVI_ROS_WS_DIR-} ]] ||
        launch_die "$ROVI_EX_CONFIG" "the workspace ${ROVI_ROS_WS_DIR-} is missing, or a drop-in names another than the installation does"
    ROVI_ENV=robot
    # shellcheck source=rovi_env.sh disable=SC2154
    source "$ROVI_LIB/rovi_env.sh" || launch_die "$ROVI_EX_CONFIG" "$ROVI_ENV_ERROR"
    # ROS's own default, made here because not every node makes it.
    export ROS_LOG_DIR=${ROS_LOG_DIR:-$HOME/.ros/log}
    [[ -d $ROS_LOG_DIR ]] || mkdir -p "$ROS_LOG_DIR" ||
        launch_die "$ROVI_EX_CONFIG" "cannot make the log directory $ROS_LOG_DIR"
    [[ -w $ROS_LOG_DIR && -x $ROS_LOG_DIR ]] || # ros2 launch would end with a traceback
        launch_die "$ROVI_EX_CONFIG" "cannot write in the log directory $ROS_LOG_DIR as user $(id -un)"
    type -P ros2 >/dev/null ||
        launch_die "$ROVI_EX_CONFIG" "there is no ros2 command: install ROS 2's ros2cli"
}

# launch_make_lock FILE: makes a lock file that only the service user can open: flock(2) needs no
# more than read access, and any local user could block every stack. Fails where something else is in its
# place: a link leads elsewhere, and who reads a FIFO waits for ever.
launch_make_lock() {
    [[ -e $1 || -L $1 ]] || (umask 077 && : >>"$1")
    [[ -f $1 && ! -L $1 ]]
}

# launch_session SUBJECT OWNER: under the session lock, makes the session file hold SUBJECT, or
# removes it where SUBJECT is empty and OWNER wrote it (any owner where OWNER is empty, too).
# Fails with the failed command's words on stderr.
launch_session() {
    local subject=$1 owner=$2 lock
    local file=${HOME-}/.ros/rovi/session/current_launch
    launch_make_lock "$LAUNCH_SESSION_LOCK" && exec {lock}<>"$LAUNCH_SESSION_LOCK" && flock -w 5 "$lock" || return
    if [[ $subject ]]; then
        # The owner first: if this is killed half way, the clean-up still knows its own.
        printf '%s\n' "$owner" >"$LAUNCH_SESSION_LOCK" && { [[ -d ${file%/*} ]] || mkdir -p "${file%/*}"; } &&
            { [[ ! -e $file.new && ! -L $file.new ]] || rm -f "$file.new"; } &&
            printf '%s\n' "$subject" >"$file.new" && mv -fT "$file.new" "$file" || return
    elif [[ -z $owner || $owner == "$(<"$LAUNCH_SESSION_LOCK")" ]]; then
        rm -f "$file" || return
    fi
    exec {lock}>&-
}

# launch_check_end UNIT: for ExecStopPost=. Puts into StatusText why UNIT has ended, and makes an
# end that nobody asked for a failure: ros2 launch also exits with 0 when a node with
# on_exit=Shutdown dies. $SERVICE_RESULT, $EXIT_STATUS: systemd.exec(5).
launch_check_end() {
    local status=${EXIT_STATUS-} why
    case ${SERVICE_RESULT-} in
    success)
        rovi_object_path "$1"
        rovi_busctl get-property "$ROVI_SYSTEMD" "$ROVI_REPLY" "$ROVI_SYSTEMD.Unit" Job || return 0
        [[ $ROVI_REPLY == '(uo) 0 '* ]] || return 0 # a stop or a restart is a job
        launch_die "$ROVI_EX_FAILED" "ros2 launch ended by itself, with exit status $status"
        ;;
    exit-code)
        # What has refused the start has said why, in StatusText; rovictl goes by that, too.
        if ! launch_was_ready "$1"; then
            launch_status_text "$1" || return 0
            [[ ! $ROVI_REPLY || $ROVI_REPLY == waiting* ]] || return 0
            why=$(launch_while "$ROVI_REPLY")
        fi
        why="ros2 launch ended with exit status $status${why-}"
        ;;
    protocol) # before READY=1
        launch_status_text "$1" || ROVI_REPLY=
        # The refusal of a request: its status, 2, is no failure by SuccessExitStatus=.
        [[ $status != "$ROVI_EX_USAGE" || ! $ROVI_REPLY || $ROVI_REPLY == waiting* ]] || return 0
        why="ros2 launch ended before it was ready, "
        if [[ ${EXIT_CODE-} == exited ]]; then why+="with exit status $status"; else why+="by SIG$status"; fi
        why+=$(launch_while "$ROVI_REPLY")
        ;;
    signal | core-dump) why="${status:+ros2 launch was ended by SIG}${status:-it was ended before run_stack.sh could run}" ;;
    timeout)
        launch_status_text "$1" || ROVI_REPLY=
        why="not ready within the time that TimeoutStartSec= allows$(launch_while "$ROVI_REPLY")"
        launch_is_starting "$1" || why="stopping took longer than TimeoutStopSec= allows, so it was killed"
        ;;
    oom-kill) why="memory ran out and the kernel killed one of its processes" ;;
    *) why="systemd says: ${SERVICE_RESULT-}" ;;
    esac
    launch_notify --status="$why"
}

# launch_was_ready UNIT: whether UNIT has come as far as READY=1 in this start.
launch_was_ready() {
    rovi_object_path "$1"
    rovi_busctl get-property "$ROVI_SYSTEMD" "$ROVI_REPLY" "$ROVI_SYSTEMD.Unit" \
        InactiveExitTimestampMonotonic ActiveEnterTimestampMonotonic || return
    [[ $ROVI_REPLY =~ ^t\ ([0-9]+)[[:space:]]t\ ([0-9]+)$ ]] && ((BASH_REMATCH[2] >= BASH_REMATCH[1]))
}

# launch_is_starting UNIT: whether UNIT still has the job that starts it.
launch_is_starting() {
    rovi_object_path "$1"
    rovi_busctl get-property "$ROVI_SYSTEMD" "$ROVI_REPLY" "$ROVI_SYSTEMD.Unit" Job || return
    ROVI_REPLY=${ROVI_REPLY#*\"} # (uo) 12 "/org/freedesktop/systemd1/job/12"
    rovi_busctl get-property "$ROVI_SYSTEMD" "${ROVI_REPLY%\"}" "$ROVI_SYSTEMD.Job" JobType && [[ $ROVI_REPLY == 's "start"' ]]
}

# launch_status_text UNIT: sets ROVI_REPLY to UNIT's StatusText; fails if systemd does not say.
launch_status_text() {
    rovi_object_path "$1"
    rovi_busctl get-property "$ROVI_SYSTEMD" "$ROVI_REPLY" "$ROVI_SYSTEMD.Service" StatusText || return
    ROVI_REPLY=${ROVI_REPLY:3:-1} # s "…"
    # busctl escapes as C does, and so does printf.
    # shellcheck disable=SC2059
    printf -v ROVI_REPLY -- "${ROVI_REPLY//%/%%}"
}

# launch_while TEXT: prints what a launch has waited for when it ended, if TEXT says that.
launch_while() {
    [[ $1 != waiting* || $1 == "$LAUNCH_WAITING" ]] || printf ', while %s' "$1"
}

# launch_announce PID NAME CHECK: sends READY=1 once PID has become ros2 launch, so that
# /proc/PID/comm is NAME no more, and has started a process that lasts: one that is seen twice,
# since Python runs helpers while it imports; and once $ROVI_READY_CHECK succeeds. If the command
# CHECK then fails, it stops PID instead. Ends when PID does: systemd kills it, and what it runs,
# with the rest of the control group.
launch_announce() {
    local launch=$1 name=$2 check=$3 procs pid seen=' '
    launch_notify --status="$LAUNCH_WAITING"
    rovi_cgroup_dir "$launch" || return # it is gone
    procs=$ROVI_REPLY/cgroup.procs
    while sleep 0.05 && [[ -d /proc/$launch ]]; do
        [[ $(<"/proc/$launch/comm") != "$name" ]] || continue
        while read -r pid; do
            [[ $pid != "$launch" && $pid != "$BASHPID" ]] || continue
            if [[ $seen == *" $pid "* ]]; then
                launch_await_ready "$launch" || return
                if "$check"; then launch_notify --ready --status="$LAUNCH_READY_TEXT"; else kill -s INT "$launch"; fi
                return
            fi
            seen+="$pid "
        done <"$procs"
    done 2>/dev/null
}

# launch_await_ready PID: runs the command $ROVI_READY_CHECK, if there is one, again and again until
# it succeeds. StatusText says what its last line was. Fails if PID, ros2 launch, is gone.
launch_await_ready() {
    [[ ${ROVI_READY_CHECK-} ]] || return 0
    launch_notify --status="waiting for its ready check"
    while [[ -d /proc/$1 ]]; do
        ! launch_check "$ROVI_READY_CHECK" || return 0
        launch_notify --status="waiting for its ready check: $ROVI_REPLY"
        sleep 0.5
    done
    return 1
}

# launch_check COMMAND: runs a check that a unit file declares, for LAUNCH_CHECK_S at most; it leaves
# nothing behind. Fails if that fails, and sets ROVI_REPLY to its last line.
launch_check() {
    local status log file=$LAUNCH_RUN_DIR/check.${INVOCATION_ID-}
    # To a file, not a pipe: whatever it leaves in the background would keep a pipe open. One without a name, so
    # that nothing is left of it, however this ends.
    exec {log}<>"$file" && rm -f "$file" &&
        (ulimit -f "$LAUNCH_CHECK_KB" && ROVI_CHECK_OF=${INVOCATION_ID-} exec timeout --kill-after=1 "$LAUNCH_CHECK_S" \
            bash -c "$1") </dev/null >&"$log" 2>&1
    status=$?
    ROVI_REPLY=$(tail -n 1 "/proc/self/fd/$log" | cut -c -200)
    exec {log}>&-
    launch_end_check
    ((status != 124 && status != 137)) || ROVI_REPLY="it took longer than $LAUNCH_CHECK_S s"
    ROVI_REPLY=${ROVI_REPLY:-exit status $status}
    return "$status"
}

# launch_end_check: kills what a check of this start has left in the background, by the variable that
# launch_check has given it.
launch_end_check() {
    local file
    while IFS= read -r file; do
        file=${file#/proc/}
        kill -s KILL "${file%/environ}"
    done 2>/dev/null < <(grep -alz "^ROVI_CHECK_OF=${INVOCATION_ID-}\$" /proc/[0-9]*/environ 2>/dev/null)
}

# launch_exec CHECK FILE ARG...: becomes `ros2 launch rovi_bringup FILE ARG...`. The command CHECK
# must succeed once more before the launch counts as started. Descriptors stay open over the exec,
# and ros2 launch hands them to its nodes: the stack lock lives as long as they do.
launch_exec() {
    local name check=$1
    shift
    name=$(<"/proc/$$/comm") # now: the announcer could come too late to see it
    # Twice in the background: the announcer must not be a child of ros2 launch, which would
    # never reap it. It does not keep the stack lock.
    (launch_announce $$ "$name" "$check" 9>&- &)
    [[ ! $ROVI_PIPE ]] || exec {ROVI_PIPE}>&-
    exec ros2 launch rovi_bringup "$@"
}
