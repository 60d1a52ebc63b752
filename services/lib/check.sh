# shellcheck shell=bash
# check.sh: checks that a unit file declares: a ready check, a motion guard.

use lib/contract

# How long one run of a check may take, and how much it may write.
readonly LAUNCH_CHECK_S=10 LAUNCH_CHECK_KB=1024

# launch_check COMMAND: runs a check that a unit file declares, for LAUNCH_CHECK_S at most, and leaves
# nothing behind. Fails if the check fails, and sets ROVI_REPLY to its last line.
launch_check() {
    local status log file
    launch_check_file
    file=$ROVI_REPLY
    # The output goes to a file: a process that the check leaves in the background would keep a pipe open. The
    # file has no name, so nothing is left of it, however this ends.
    exec {log}<>"$file" && rm -f "$file" &&
        (ulimit -f "$LAUNCH_CHECK_KB" && unset NOTIFY_SOCKET &&
            ROVI_CHECK_OF=${INVOCATION_ID-} exec timeout --kill-after=1 "$LAUNCH_CHECK_S" bash -c "$1") \
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
