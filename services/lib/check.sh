# shellcheck shell=bash
# check.sh: checks that a unit file declares: a ready check, a health check, a motion guard.

use lib/contract lib/run lib/declared

# How long one run of a check may take, and how much it may write.
readonly LAUNCH_CHECK_S=10 LAUNCH_CHECK_KB=1024

CHECK_PID='' CHECK_INVOCATION='' # set by check_declared
CHECK_AS=()                      # set by check_environment

# check_declared NAME: sets DECLARED to what rovi-NAME.service declares, CHECK_PID to its main process, or 0, and
# CHECK_INVOCATION to its invocation ID. Fails if systemd does not say it.
check_declared() {
    local line environment=''
    rovi_run systemctl show --property=Environment,MainPID,InvocationID -- "rovi-$1.service" || return
    while IFS= read -r line; do
        case $line in
        Environment=*) environment=${line#*=} ;;
        MainPID=*) CHECK_PID=${line#*=} ;;
        InvocationID=*) CHECK_INVOCATION=${line#*=} ;;
        esac
    done <<<"$ROVI_REPLY"
    read_declared "$environment"
}

# check_environment: after check_declared: sets CHECK_AS to the words that have launch_check run a command in the
# environment of the launch: what systemd, .env.robot, ROS and the workspace have set when it was started (proc(5),
# environ). So nothing is sourced for a look. Fails, with no words, if that is not there: the main process is not yet
# that of the launch, has overwritten it, or may not be looked at, because it has a capability (ptrace(2)).
check_environment() {
    local word ours='' loaded=''
    local -a words=() kept=()
    CHECK_AS=()
    { mapfile -d '' -t words <"/proc/$CHECK_PID/environ"; } 2>/dev/null
    for word in "${words[@]}"; do
        [[ $word != "INVOCATION_ID=$CHECK_INVOCATION" ]] || ours=yes
        [[ $word != ROS_LOG_DIR=?* ]] || loaded=yes # launch_load_env sets it last
        [[ $word != [A-Za-z_]*=* ]] || kept+=("$word")
    done
    [[ $ours && $loaded ]] || return
    CHECK_AS=(env -i "${kept[@]}" "ROVI_CHECK_OF=${INVOCATION_ID-}")
}

# launch_check COMMAND [WORD...]: runs a check that a unit file declares, by the command WORD... if there is one, for
# LAUNCH_CHECK_S at most, and leaves nothing behind. Fails if the check fails, and sets ROVI_REPLY to its last line.
launch_check() {
    local status log file
    launch_check_file
    file=$ROVI_REPLY
    # The output goes to a file: a process that the check leaves in the background would keep a pipe open. The
    # file has no name, so nothing is left of it, however this ends.
    if ! { exec {log}<>"$file"; } 2>/dev/null; then
        ROVI_REPLY="it cannot be run, because $file cannot be made: is there no room?"
        return 1
    fi
    rm -f "$file" &&
        (ulimit -f "$LAUNCH_CHECK_KB" && unset NOTIFY_SOCKET &&
            ROVI_CHECK_OF=${INVOCATION_ID-} exec "${@:2}" timeout --kill-after=1 "$LAUNCH_CHECK_S" bash -c "$1") \
            </dev/null >&"$log" 2>&1
    status=$?
    ROVI_REPLY=$(tail -n 1 "/proc/self/fd/$log" | cut -c -200)
    exec {log}>&-
    launch_end_check
    ((status != 124 && status != 137)) || ROVI_REPLY="it took longer than $LAUNCH_CHECK_S s"
    ROVI_REPLY=${ROVI_REPLY:-exit status $status}
    return "$status"
}

# launch_end_check: kills what a check of this start has left in the background. It finds these processes by the
# variable that launch_check has given them.
launch_end_check() {
    local file
    while IFS= read -r file; do
        file=${file#/proc/}
        kill -s KILL "${file%/environ}"
    done 2>/dev/null < <(grep -alz "^ROVI_CHECK_OF=${INVOCATION_ID-}\$" /proc/[0-9]*/environ 2>/dev/null)
}

# launch_check_file: sets ROVI_REPLY to the file that a check of this start writes into, while it is opened.
launch_check_file() {
    ROVI_REPLY=$ROVI_RUN/check.${INVOCATION_ID-}
}

# launch_forget_check: removes what a check of this start has left that was killed while it opened its file.
launch_forget_check() {
    launch_check_file
    [[ ! -e $ROVI_REPLY ]] || rm -f "$ROVI_REPLY"
}
