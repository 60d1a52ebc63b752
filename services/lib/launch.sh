# shellcheck shell=bash
# launch.sh: the way of the gateway and the stacks from ExecStart= to `exec ros2 launch`, and to READY=1.

use lib/contract lib/run lib/status_text lib/keys lib/declared lib/check lib/launch_log lib/launch_watch lib/snapshot

# The commands of run_stack.sh and run_gateway.sh whose failure is taken for an answer, or is not seen.
readonly LAUNCH_NEEDS='busctl dd flock grep id mktemp mv rm systemctl systemd-notify tail timeout'

# launch_need COMMAND...: refuses the start if a COMMAND is missing, before its failure is taken for an answer.
launch_need() {
    local command
    for command in "$@"; do
        type -P "$command" >/dev/null ||
            launch_die "$ROVI_EX_CONFIG" "the command $command is missing: 'rovictl doctor' says which package has it"
    done
}

# launch_stop_on_sigint: lets SIGINT end the script. Without a trap, bash ignores a SIGINT that
# comes while it waits for a child that did not get it, too (KillMode=mixed). A stop during a
# slow setup.bash would then end in SIGKILL. exec gives ros2 the default back.
launch_stop_on_sigint() {
    trap 'trap - INT; kill -s INT $$' INT
}

# launch_load_env [NAME]: loads .env.robot, ROS and the workspace, and makes the log directory. If something is
# missing, ends the start with 78 and the loader's own sentence. The loader refuses an env file that names
# another workspace or a PC's environment. If a drop-in names another workspace, it differs from the working
# directory, which the installer has set. The file must not set what these scripts use, either: the loader
# refuses each name that this shell uses and does not export, and systemd's own. With NAME, for the
# launch rovi-NAME.service, uses a snapshot of what ROS and the workspace set, or has one made.
launch_load_env() {
    local - ROVI_ENV_TAKEN=launch_is_taken ROVI_ENV_INSTEAD=${1:+launch_use_snapshot} launch_of=${1-}
    local -A DECLARED=() # the caller's stays
    set +u
    [[ . -ef ${ROVI_ROS_WS_DIR-} ]] ||
        launch_die "$ROVI_EX_CONFIG" "the workspace ${ROVI_ROS_WS_DIR-} is missing, \
or a drop-in names another one than the installation"
    ROVI_ENV=robot
    # shellcheck source=rovi_env.sh disable=SC2154
    source "$ROVI_LIB/rovi_env.sh" || launch_die "$ROVI_EX_CONFIG" "$ROVI_ENV_ERROR"
    keys_check_env "$ROVI_ROS_WS_DIR/.env.robot" || launch_die "$ROVI_EX_CONFIG" "${PROBLEMS[0]}"
    # ROS's own default. It is made here, because not every node makes it.
    export ROS_LOG_DIR=${ROS_LOG_DIR:-$HOME/.ros/log}
    [[ -d $ROS_LOG_DIR ]] || mkdir -p "$ROS_LOG_DIR" ||
        launch_die "$ROVI_EX_CONFIG" "cannot make the log directory $ROS_LOG_DIR"
    [[ -w $ROS_LOG_DIR && -x $ROS_LOG_DIR ]] || # ros2 launch would end with a traceback
        launch_die "$ROVI_EX_CONFIG" "cannot write in the log directory $ROS_LOG_DIR as user $(id -un)"
}

# launch_is_taken NAME: for the loader: whether NAME is one that this shell uses, or systemd sets.
launch_is_taken() {
    case $1 in
    NOTIFY_SOCKET | INVOCATION_ID | ROVI_READY_CHECK) ;;
    # bash's, which nothing here goes by; and two that are set while the file is read
    COLUMNS | HOSTNAME | HOSTTYPE | LINES | MACHTYPE | OSTYPE | TERM | LC_ALL | ROVI_ENV) return 1 ;;
    *) declare -p "$1" >/dev/null 2>&1 && [[ ${!1@a} != *x* ]] ;;
    esac
}

# launch_use_snapshot SETUP: for the loader: uses the snapshot of the caller's launch_of in place of ROS's SETUP and the
# workspace. If there is none that is still true, fails, and has one made.
launch_use_snapshot() {
    local status
    snapshot_use "$launch_of" "$1"
    status=$?
    snapshot_note "$launch_of"
    ((status == 0)) || [[ ! $SNAPSHOT_OLD ]] || snapshot_make_later "$launch_of"
    return "$status"
}

# launch_need_program PROGRAM: refuses the start if PROGRAM is not in the environment's PATH, or cannot be run.
launch_need_program() {
    local hint="ROVI_COMMAND names a program in the PATH of ROS and the workspace"
    type -P "$1" >/dev/null && return
    [[ $1 != ros2 ]] || hint="install the package ros2cli of ROS 2"
    launch_die "$ROVI_EX_CONFIG" "there is no $1 command: $hint"
}

# launch_exec UNIT CHECK TEXT COMMAND...: becomes COMMAND, as a rule ros2 launch with its arguments, the main process of
# UNIT. The command CHECK UNIT must succeed before the launch counts as started. Then the StatusText is TEXT.
# Descriptors stay open over the exec, and ros2 launch hands them to its nodes: the stack lock lives as long as
# they do. The environment is loaded, and with it code that is not ours: from here on use only arguments and locals.
launch_exec() {
    local launch_unit=$1 launch_check=$2 launch_text=$3
    shift 3
    launch_need_program "$1"
    rovi_name_of "$launch_unit"
    launch_note "$ROVI_REPLY"
    # Twice in the background: the announcer must not be a child of ros2 launch, which would
    # never reap it. It does not keep the stack lock.
    (launch_announce $$ "$launch_unit" "$launch_check" "$launch_text" "$1 ${2-}" 9>&- &)
    [[ ! $ROVI_PIPE ]] || exec {ROVI_PIPE}>&-
    # No process of the launch may notify systemd: a library that does could end it, or say that it is ready.
    unset NOTIFY_SOCKET
    exec "$@"
}

# ---- in the background while it starts -----------------------------------------------------------

# launch_announce PID UNIT CHECK TEXT WORDS: sends READY=1 and the StatusText TEXT when two things are true. PID, whose
# command line begins with WORDS, is there: ros2 launch has started a process, or another program runs. And
# $ROVI_READY_CHECK has succeeded. If the command CHECK UNIT fails, it stops PID instead. CHECK is run while ros2 launch
# loads, or after a ready check, which can take long. It ends when PID ends: systemd kills it, and what it runs, with
# the rest of the control group.
launch_announce() {
    local launch=$1 unit=$2 check=$3 text=$4 guard self=$BASHPID await=launch_await_process
    launch_own_pipe
    [[ $5 == 'ros2 launch' ]] || LAUNCH_HAS_LOG='' await=launch_await_program
    (launch_watch_start "$launch" "$self" "$unit") &
    guard=$!
    [[ ${ROVI_READY_CHECK-} ]] || "$check" "$unit" || launch_be_refused "$launch" $? || return
    "$await" "$launch" && launch_await_ready "$launch" || return
    [[ ! ${ROVI_READY_CHECK-} ]] || "$check" "$unit" || launch_be_refused "$launch" $? || return
    launch_notify --ready --status="$text"
}

# launch_await_program PID: waits until PID has become another program than this script. Fails if PID is gone.
launch_await_program() {
    local -a mine its
    mapfile -d '' mine <"/proc/$BASHPID/cmdline"
    while [[ -d /proc/$1 ]]; do
        mapfile -d '' its 2>/dev/null <"/proc/$1/cmdline" || return
        # In the middle of the exec there are no words.
        [[ ! ${its[0]-} || "${its[*]}" == "${mine[*]}" ]] || return 0
        rovi_nap 0.02
    done
    return 1
}

# launch_await_process PID: waits until launch.log says that ros2 launch, PID, has started a process, and that is still
# there. A child of PID alone may be a helper, such as xacro, that runs before the launch file is even read. Fails if
# PID is gone. It says what it waits for only after a second, because to say so costs a process; but at once if the
# start has said before that it waits for something else.
launch_await_process() {
    local log='' line part='' round=${LAUNCH_SAID:+199}
    while [[ -d /proc/$1 ]]; do
        rovi_nap 0.005
        ((++round != 200)) || launch_notify --status="$LAUNCH_WAITING"
        if [[ ! $log ]]; then
            launch_log_file "$ROS_LOG_DIR" "$1" || continue
            exec {log}<"$ROVI_REPLY" || continue
        fi
        while IFS= read -r line <&"$log" || { part+=$line && false; }; do
            if [[ $part$line =~ :\ process\ started\ with\ pid\ \[([0-9]+)\]$ && -d /proc/${BASH_REMATCH[1]} ]]; then
                exec {log}<&-
                return
            fi
            part=
        done
    done
    return 1
}

# launch_be_refused PID CODE: refuses the start of PID, for launch_announce, whose guard is the process that watches it.
# ROVI_REPLY says why. It fails.
launch_be_refused() {
    kill "$guard" # it would say that this process was killed
    launch_refuse "$1" "$2" "$ROVI_REPLY"
    launch_bring_down "$1"
    return 1
}

# launch_await_ready PID: runs the command $ROVI_READY_CHECK, if there is one, again and again until
# it succeeds. StatusText shows its last line. Fails if PID, ros2 launch, is gone.
launch_await_ready() {
    [[ ${ROVI_READY_CHECK-} ]] || return 0
    launch_wait_for "its ready check"
    while [[ -d /proc/$1 ]]; do
        ! launch_check "$ROVI_READY_CHECK" || return 0
        launch_wait_for "its ready check: $ROVI_REPLY"
        sleep 0.5
    done
    return 1
}
