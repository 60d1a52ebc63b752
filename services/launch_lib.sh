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

# Exit status of an ExecStopPost= that makes an end a failure. Not 1: SuccessExitStatus= takes that for a good end.
readonly LAUNCH_END_FAILED=70

# How often launch_watch_start looks; and once the launch is ready, after how many looks without a new process all are
# there, and after how many at the latest.
readonly LAUNCH_LOOK_S=0.25 LAUNCH_CALM=8 LAUNCH_LOOKS=40

LAUNCH_JOB='' LAUNCH_JOB_TYPE='' # set by launch_job

# launch_notify ARG...: systemd-notify(1), where there is somebody to notify.
launch_notify() {
    [[ -z ${NOTIFY_SOCKET-} ]] || systemd-notify "$@"
}

# What run_stack.sh and run_gateway.sh run whose failure is an answer, or nothing is seen of it.
# shellcheck disable=SC2034  # the scripts that source this use it
readonly LAUNCH_NEEDS='busctl dd flock grep id mktemp mv rm systemd-notify tail timeout'

# launch_die CODE SENTENCE: ends the start with the contract's CODE. SENTENCE goes to stderr,
# so to the journal, and to StatusText, which any user may read without journal rights.
launch_die() {
    printf '%s: %s\n' "${0##*/}" "$2" >&2
    launch_notify --status="$2" || true
    exit "$1"
}

# launch_need COMMAND...: refuses the start if one is missing, before its failure is taken for an answer.
launch_need() {
    local command
    for command in "$@"; do
        type -P "$command" >/dev/null ||
            launch_die "$ROVI_EX_CONFIG" "the command $command is missing: 'rovictl doctor' says which package has it"
    done
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
# where the installer lets this run. Nor may the file set what these scripts go by: the loader refuses each name
# that this shell has in use and does not export, and systemd's own.
launch_load_env() {
    local - ROVI_ENV_TAKEN=' NOTIFY_SOCKET INVOCATION_ID ROVI_READY_CHECK ' launch_name
    set +u
    while IFS= read -r launch_name; do
        [[ ${!launch_name@a} == *x* || $launch_name == @(COLUMNS|HOSTNAME|HOSTTYPE|LINES|MACHTYPE|OSTYPE|TERM) ]] ||
            ROVI_ENV_TAKEN+="$launch_name "
    done < <(compgen -v)
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

# launch_session SUBJECT OWNER: under the session lock, makes the session file hold SUBJECT, or
# removes it where SUBJECT is empty and OWNER wrote it (any owner where OWNER is empty, too).
# Fails with the failed command's words on stderr.
launch_session() {
    local subject=$1 owner=$2 lock
    local file=${HOME-}/.ros/rovi/session/current_launch
    rovi_make_lock "$LAUNCH_SESSION_LOCK" && exec {lock}<>"$LAUNCH_SESSION_LOCK" && flock -w 5 "$lock" || return
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

# launch_job UNIT: sets LAUNCH_JOB to the id of the job that UNIT has, and LAUNCH_JOB_TYPE to its type, as in "stop";
# or both to nothing if it has none. If systemd does not say, as in the middle of daemon-reexec, it asks again for a
# while, and in the end both are "unknown".
launch_job() {
    local tries
    for ((tries = ROVI_BUS_TIMEOUT_S * 10; tries > 0; tries--)); do
        ! launch_try_job "$1" || return 0
        rovi_nap 0.1
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

# launch_check_end UNIT: for ExecStopPost=, after launch_job. Puts into StatusText why UNIT has ended, and makes an
# end that nobody asked for a failure: ros2 launch also exits with 0 when a node with
# on_exit=Shutdown dies. $SERVICE_RESULT, $EXIT_STATUS: systemd.exec(5).
launch_check_end() {
    local status=${EXIT_STATUS-} why="ros2 launch ended by itself, with exit status ${EXIT_STATUS-}"
    case ${SERVICE_RESULT-} in
    success)
        # A stop or a restart is a job. With 1 a Python ends that gets SIGINT before it has started; once the launch
        # was ready, it is a failure.
        [[ ! $LAUNCH_JOB ]] || { [[ ${EXIT_CODE-}/$status == exited/1 ]] && launch_was_ready "$1"; } || return 0
        [[ $status != 1 ]] || why="ros2 launch ended with exit status 1"
        launch_die "$LAUNCH_END_FAILED" "$why"
        ;;
    exit-code)
        # What has refused the start has said why, in StatusText; rovictl goes by that, too.
        if ! launch_was_ready "$1"; then
            launch_status_text "$1" || return 0
            [[ ! $ROVI_REPLY || $ROVI_REPLY == waiting* ]] || return 0
            why=$(launch_while "$ROVI_REPLY")
        else
            why=
        fi
        why="ros2 launch ended with exit status $status$why"
        ;;
    protocol) # before READY=1
        launch_status_text "$1" || ROVI_REPLY=
        # The refusal of a request: its status, 2, is no failure by SuccessExitStatus=; or that of launch_refuse.
        [[ ! $ROVI_REPLY || $ROVI_REPLY == waiting* ]] || return 0
        why="ros2 launch ended before it was ready, "
        if [[ ${EXIT_CODE-} == exited ]]; then why+="with exit status $status"; else why+="by SIG$status"; fi
        [[ $status != 1 ]] || why="ros2 launch ended with exit status 1"
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
    local began
    rovi_unit_time "$1" InactiveExitTimestampMonotonic && began=$ROVI_REPLY &&
        rovi_unit_time "$1" ActiveEnterTimestampMonotonic && ((ROVI_REPLY >= began))
}

# launch_is_starting UNIT: whether UNIT still has the job that starts it.
launch_is_starting() {
    [[ $LAUNCH_JOB_TYPE == start ]]
}

# launch_status_text UNIT: sets ROVI_REPLY to UNIT's StatusText.
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

# ---- in the background while a launch starts ----------------------------------------------------

# launch_announce PID NAME UNIT CHECK TEXT: sends READY=1 and the StatusText TEXT once PID has become ros2 launch, so
# that /proc/PID/comm is NAME no more, and has started a process that lasts: one that is seen twice,
# since Python runs helpers while it imports; and once $ROVI_READY_CHECK succeeds. If the command
# CHECK UNIT then fails, it stops PID instead. Ends when PID does: systemd kills it, and what it runs,
# with the rest of the control group.
launch_announce() {
    local launch=$1 name=$2 unit=$3 check=$4 text=$5 comm pid seen=' ' guard self=$BASHPID
    launch_own_pipe
    launch_notify --status="$LAUNCH_WAITING"
    (launch_watch_start "$launch" "$self" "$unit") &
    guard=$!
    while sleep 0.05 && [[ -d /proc/$launch ]]; do
        { comm=$(<"/proc/$launch/comm"); } 2>/dev/null || continue
        [[ $comm != "$name" ]] || continue
        launch_children "$launch" # not all of the control group: the guard has children, too
        for pid in $ROVI_REPLY; do
            if [[ $seen == *" $pid "* ]]; then
                launch_await_ready "$launch" && launch_be_ready "$launch" "$unit" "$check" "$text"
                return
            fi
            seen+="$pid "
        done
    done
}

# launch_be_ready PID UNIT CHECK TEXT: the last step of launch_announce, whose guard is the process that watches it.
launch_be_ready() {
    if "$3" "$2"; then
        launch_notify --ready --status="$4"
        return
    fi
    kill "$guard" # it would say that this process was killed
    launch_refuse "$1" "$ROVI_REPLY"
    launch_bring_down "$1"
}

# launch_refuse PID REASON: ends the start of ros2 launch, PID, once it runs.
launch_refuse() {
    printf '%s: %s\n' "${0##*/}" "$2" >&2
    launch_notify --status="$2"
    kill -s INT "$1" 2>/dev/null
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

# launch_watch_start PID ANNOUNCER UNIT: while UNIT starts: ends the start when the gateway is gone, for systemd cannot
# where an operator has queued the start in mode replace-irreversibly, or when ANNOUNCER is, for nobody would ever say
# READY=1. And sees to it that a stop reaches ros2 launch, PID, and its nodes, until it has started no process for
# LAUNCH_CALM looks: systemd runs no ExecStop= before READY=1, and READY=1 comes with the first process.
launch_watch_start() {
    local launch=$1 announcer=$2 unit=$3 children='' calm=0 looks=0 orphan=0
    launch_own_pipe
    while rovi_nap "$LAUNCH_LOOK_S" && [[ -d /proc/$launch ]]; do
        rovi_list_units ListUnitsByNames as 2 "$unit" "$ROVI_GATEWAY" || continue # daemon-reexec, for one
        case ${ROVI_ACTIVE_STATE[$unit]} in
        activating)
            [[ -d /proc/$announcer ]] || orphan=$((orphan + 1))
            if ((orphan > 2)); then # systemd may not have heard its last word at once
                launch_refuse "$launch" "what waits for it to be ready was killed"
            elif [[ $unit != "$ROVI_GATEWAY" && ${ROVI_ACTIVE_STATE[$ROVI_GATEWAY]} != active ]]; then
                kill "$announcer" 2>/dev/null # it would write its own StatusText over ours
                launch_refuse "$launch" "$ROVI_NO_GATEWAY"
            else
                continue
            fi
            ;;
        deactivating) ;;
        active)
            launch_children "$launch"
            calm=$((calm + 1)) looks=$((looks + 1))
            [[ $ROVI_REPLY == "$children" ]] || calm=0 children=$ROVI_REPLY
            ((calm < LAUNCH_CALM && looks < LAUNCH_LOOKS)) || return
            continue
            ;;
        *) return ;;
        esac
        launch_bring_down "$launch"
        return
    done
}

# launch_bring_down PID: ends ros2 launch, PID, to which systemd has sent SIGINT while it was starting. Upstream's launch
# loses that signal now and then. Before it has its handler, the signal is gone and the nodes come up after it. While it
# starts a process, it can forget that one: it waits for it and sends it nothing. So this sends SIGINT again until
# launch.log says that it was heard, for launch ignores a second one, and then to each child that the log does not name.
launch_bring_down() {
    local launch=$1 round heard=0 pid
    local -A told=() # by PID: which children have had their SIGINT
    for ((round = 1; ; round++)); do
        rovi_nap "$LAUNCH_LOOK_S"
        [[ -d /proc/$launch ]] || return 0
        if ! launch_read_log "$launch"; then
            ((round % 2)) || kill -s INT "$launch" 2>/dev/null
            continue
        fi
        heard=$((heard + 1))
        ((heard > 3)) || continue # whom it tells now is in the log by then
        launch_children "$launch"
        for pid in $ROVI_REPLY; do
            [[ ! ${told[$pid]-} ]] || continue
            told[$pid]=yes
            printf 'ros2 launch has sent no SIGINT to its process %s, so %s does\n' "$pid" "${0##*/}" >&2
            kill -s INT "$pid" 2>/dev/null
        done
    done
}

# launch_read_log PID: whether the launch.log of ros2 launch, PID, says that it has heard a SIGINT. Adds the processes
# to which it has sent one to the caller's told. Its lines: "SECONDS [INFO] [NODE]: process started with pid [12]", "…
# [WARNING] [launch]: user interrupted with ctrl-c (SIGINT)", "… [INFO] [NODE]: sending signal 'SIGINT' to process[NODE]".
launch_read_log() {
    local file line
    local started='\[([^][]+)\]: process started with pid \[([0-9]+)\]' sent="sending signal 'SIGINT' to process\[([^][]+)\]"
    local -A pid_of=()
    for file in "$ROS_LOG_DIR"/*-"$1"/launch.log; do :; done # the last by name is the newest
    [[ $file != "$LAUNCH_OLD_LOG" ]] && rovi_read_file "$file" 1000000 || return
    [[ $ROVI_REPLY == *'user interrupted with ctrl-c (SIGINT)'* ]] || return
    while IFS= read -r line; do
        if [[ $line =~ $started ]]; then
            pid_of[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
        elif [[ $line =~ $sent && ${pid_of[${BASH_REMATCH[1]}]-} ]]; then
            told[${pid_of[${BASH_REMATCH[1]}]}]=yes
        fi
    done <<<"$ROVI_REPLY"
}

# launch_children PID: sets ROVI_REPLY to the processes in PID's control group whose parent PID is.
launch_children() {
    local pid stat parent children=
    rovi_cgroup_dir "$1" || return 0
    while read -r pid; do
        stat=
        IFS= read -rd '' stat <"/proc/$pid/stat" || [[ $stat ]] || continue # no process for it: it is read often
        read -r _ parent _ <<<"${stat##*) }" # 12 (name) S 1 …
        [[ $parent != "$1" ]] || children+="$pid "
    done 2>/dev/null <"$ROVI_REPLY/cgroup.procs"
    ROVI_REPLY=$children
}

# launch_own_pipe: in a new subshell: the pipe that it has inherited is its parent's.
launch_own_pipe() {
    [[ ! $ROVI_PIPE ]] || exec {ROVI_PIPE}>&-
    ROVI_PIPE=
}

# ---- checks that a unit file declares -----------------------------------------------------------

# launch_check COMMAND: runs a check that a unit file declares, for LAUNCH_CHECK_S at most; it leaves
# nothing behind. Fails if that fails, and sets ROVI_REPLY to its last line.
launch_check() {
    local status log file=$LAUNCH_RUN_DIR/check.${INVOCATION_ID-}
    # To a file, not a pipe: whatever it leaves in the background would keep a pipe open. One without a name, so
    # that nothing is left of it, however this ends.
    exec {log}<>"$file" && rm -f "$file" &&
        (ulimit -f "$LAUNCH_CHECK_KB" && unset NOTIFY_SOCKET && ROVI_CHECK_OF=${INVOCATION_ID-} exec timeout --kill-after=1 "$LAUNCH_CHECK_S" \
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

# launch_exec UNIT CHECK TEXT FILE ARG...: becomes `ros2 launch rovi_bringup FILE ARG...`, the main process of UNIT. The
# command CHECK UNIT must succeed once more before the launch counts as started, and its StatusText is TEXT then.
# Descriptors stay open over the exec, and ros2 launch hands them to its nodes: the stack lock lives as long as
# they do. The environment is loaded, and with it code that is not ours: only arguments and locals count from here on.
launch_exec() {
    local launch_unit=$1 launch_check=$2 launch_text=$3 launch_name LAUNCH_OLD_LOG=
    shift 3
    # shellcheck disable=SC2231  # a PID is one word
    for LAUNCH_OLD_LOG in "$ROS_LOG_DIR"/*-$$/launch.log; do :; done # of another process that had this PID
    launch_name=$(<"/proc/$$/comm") # now: the announcer could come too late to see it
    # Twice in the background: the announcer must not be a child of ros2 launch, which would
    # never reap it. It does not keep the stack lock.
    (launch_announce $$ "$launch_name" "$launch_unit" "$launch_check" "$launch_text" 9>&- &)
    [[ ! $ROVI_PIPE ]] || exec {ROVI_PIPE}>&-
    # Nobody in the launch has anything to tell systemd: a library that does would end it, or say for it that it is ready.
    unset NOTIFY_SOCKET
    exec ros2 launch rovi_bringup "$@"
}
