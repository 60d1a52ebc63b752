# shellcheck shell=bash
# run.sh: running other programs without ever waiting for them without a limit; naps without a process; other people's files.

use lib/contract

readonly ROVI_AS_BYTES=1048576 # what rovi_as takes from another user
ROVI_DEADLINE=          # the uptime in 1/100 s at which rovi_run gives up; empty: none but its own limit
ROVI_PIPE=              # a descriptor, see rovi_open_pipe
ROVI_WAITED=0           # see rovi_receive
ROVI_OUT='' ROVI_PID='' # of what rovi_send has started: its stdout, a descriptor, and PID

# rovi_uptime: sets ROVI_REPLY to the time since boot in 1/100 s, a clock that does not jump.
rovi_uptime() {
    local seconds rest
    IFS=' .' read -r seconds rest _ </proc/uptime
    ROVI_REPLY=$((seconds * 100 + 10#$rest))
}

# rovi_open_pipe: opens ROVI_PIPE, a pipe with both ends in this shell: reading from it while it is
# empty sleeps without a process, and commands can write their errors into it.
rovi_open_pipe() {
    local here
    [[ ! $ROVI_PIPE ]] || return 0
    exec {here}<<<'' # a pipe, from bash 5.1 on; before, a file
    exec {ROVI_PIPE}<>"/dev/fd/$here" {here}<&-
    [[ -p /dev/fd/$ROVI_PIPE ]] || exec {ROVI_PIPE}<> <(:)
}

# rovi_nap SECONDS: sleeps.
rovi_nap() {
    rovi_open_pipe
    rovi_heard
    read -rt "$1" -u "$ROVI_PIPE" || true
}

# rovi_heard: sets ROVI_REPLY to what is in the pipe, on one line.
rovi_heard() {
    local line
    ROVI_REPLY=
    while read -rt 0 -u "$ROVI_PIPE" && IFS= read -rt 0.1 -u "$ROVI_PIPE" line; do
        ROVI_REPLY+=${line:+${ROVI_REPLY:+ }$line}
    done
}

# rovi_hold: in a process substitution, waits for rovi_release in the shell that started it, which has opened
# ROVI_PIPE before. Fails where that does not come: that shell is gone, nothing may be done in its name. Bash
# has no exit status of one that ends before it has noted it down: `wait $!` then says -1, some once in 2,000
# times on a busy machine (5.1 and 5.2).
rovi_hold() {
    read -rt "$ROVI_BUS_TIMEOUT_S" -u "$ROVI_PIPE"
}

rovi_release() {
    echo >&"$ROVI_PIPE"
}

# rovi_run COMMAND...: runs one of systemd's commands, in the C locale, for ROVI_BUS_TIMEOUT_S or
# until ROVI_DEADLINE at most: their own time limits do not cover a bus that accepts a connection
# and then says nothing. Sets ROVI_REPLY to its stdout, or to its words where it fails.
rovi_run() {
    rovi_send "$@"
    rovi_receive
}

# rovi_send COMMAND...: the first half of rovi_run, for who has something to do meanwhile.
rovi_send() {
    rovi_open_pipe
    rovi_heard # stderr apart: a warning beside a good reply must not be taken for a part of it
    exec {ROVI_OUT}< <(
        rovi_hold || exit
        export LC_ALL=C SYSTEMD_LOG_LEVEL=err SYSTEMD_LOG_TARGET=console SYSTEMD_LOG_COLOR=no
        exec "$@" 2>&"$ROVI_PIPE"
    )
    ROVI_PID=$!
    rovi_release
}

# rovi_receive: the second half. Where it fails, ROVI_WAITED is for how long it has waited, in 1/100 s.
rovi_receive() {
    local status began end left text=''
    rovi_uptime
    began=$ROVI_REPLY
    end=$((ROVI_REPLY + ROVI_BUS_TIMEOUT_S * 100))
    if [[ $ROVI_DEADLINE ]]; then
        left=$((ROVI_DEADLINE < ROVI_REPLY + 50 ? ROVI_REPLY + 50 : ROVI_DEADLINE)) # a last look is always possible
        end=$((left < end ? left : end))
    fi
    left=$((end - ROVI_REPLY))
    while true; do
        printf -v left '%d.%02d' $((left / 100)) $((left % 100))
        IFS= read -rN 8388608 -t "$left" -u "$ROVI_OUT" ROVI_REPLY
        status=$?
        text+=$ROVI_REPLY
        ((status > 128)) || break
        # read goes by a clock that people set: set forward, it ends too early, and what it has already
        # fetched goes to the next read, which must be of this. So not rovi_uptime, which reads, too.
        left=$(</proc/uptime) left=${left%% *}
        left=$((end - 10#${left/./}))
        ((left > 0)) || break
    done
    exec {ROVI_OUT}<&-
    if ((status > 128)); then
        kill "$ROVI_PID" 2>/dev/null # not waited for: sudo takes no signal of its caller's, it has a limit of its own
        mapfile </dev/null           # has bash forget what the read had fetched
        rovi_uptime
        ROVI_WAITED=$((ROVI_REPLY - began))
        ROVI_REPLY='Timed out'
        return 1
    fi
    wait "$ROVI_PID" && ROVI_REPLY=${text%$'\n'} && return
    rovi_uptime
    ROVI_WAITED=$((ROVI_REPLY - began))
    rovi_heard
    return 1
}

# rovi_as USER SECONDS COMMAND...: root runs COMMAND as USER, whose other processes may trace it and do as it: the only
# way in which anything here becomes another user. A session of its own, so that no terminal is there to type into
# (TIOCSTI); no descriptor of the caller's, so that none is there to read; no word of the caller's environment; and an
# end after SECONDS, whoever is stopped or keeps the pipe. Prints what COMMAND says, ROVI_AS_BYTES of it at most, without
# its stderr, and fails as it does. What it says is USER's word, no more.
rovi_as() {
    local - status user=$1 seconds=$2
    shift 2
    set +e
    (
        for descriptor in /proc/self/fd/*; do
            descriptor=${descriptor##*/}
            ((descriptor < 3)) || exec {descriptor}>&-
        done
        cd / && exec env -i LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin \
            setsid --wait timeout --signal=KILL "$seconds" runuser -u "$user" -- "$@"
    ) | timeout "$((seconds + 2))" head -c "$ROVI_AS_BYTES"
    status=${PIPESTATUS[0]}
    return "$status"
} </dev/null 2>/dev/null

# rovi_read_file FILE BYTES: sets ROVI_REPLY to the first BYTES of FILE, in whose place somebody else may put
# what he likes: opened once, no link is followed, a pipe holds nobody up. Fails where that is no file, and
# sets ROVI_REPLY to dd's words.
rovi_read_file() {
    rovi_run dd if="$1" iflag=nofollow,nonblock,fullblock,count_bytes bs=4096 count="$2" status=none
}

# rovi_make_lock FILE: makes a lock file that only the service user can open: flock(2) needs no
# more than read access, and any local user could block every stack. Fails where something else is in its
# place: a link leads elsewhere, and who reads a FIFO waits for ever.
rovi_make_lock() {
    [[ -e $1 || -L $1 ]] || (umask 077 && : >>"$1")
    [[ -f $1 && ! -L $1 ]]
}

# rovi_cgroup_dir PID: sets ROVI_REPLY to the directory of PID's control group, on cgroup v1, v2 and both. Fails,
# and sets it to nothing, where PID is gone.
rovi_cgroup_dir() {
    local controllers path
    ROVI_REPLY=
    while IFS=: read -r _ controllers path; do
        case $controllers in
        name=systemd) ROVI_REPLY=/sys/fs/cgroup/systemd$path && break ;;
        '') ROVI_REPLY=/sys/fs/cgroup$path ;;
        esac
    done 2>/dev/null <"/proc/$1/cgroup" # in this order: there may be no such file
    [[ $ROVI_REPLY ]]
}
