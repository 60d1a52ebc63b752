# shellcheck shell=bash
# run.sh: runs other programs, always with a time limit; naps without a process; reads other people's files.

# The limit of one call to systemd. It is not in contract.sh, because status calls systemd before it reads that.
readonly ROVI_BUS_TIMEOUT_S=10
readonly ROVI_AS_BYTES=1048576    # what rovi_as takes from another user
readonly ROVI_REPLY_BYTES=8388608 # what rovi_receive takes
ROVI_DEADLINE=                    # the uptime in 1/100 s at which rovi_run gives up; empty: only its own limit counts
ROVI_PIPE=                        # a descriptor, see rovi_open_pipe
ROVI_WAITED=0                     # see rovi_receive
ROVI_OUT='' ROVI_PID=''           # what rovi_send has started: a descriptor for its stdout, and its PID
ROVI_MOST=''                      # how many bytes of that are waited for within the limit, see rovi_receive

# rovi_uptime: sets ROVI_REPLY to the time since boot in 1/100 s, a clock that does not jump.
rovi_uptime() {
    local seconds rest
    IFS=' .' read -r seconds rest _ </proc/uptime
    ROVI_REPLY=$((seconds * 100 + 10#$rest))
}

# rovi_open_pipe: opens ROVI_PIPE, a pipe with both ends in this shell. Reading from it while it is empty
# is a sleep without a process, and commands can write their errors into it.
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

# rovi_hold: for a process substitution: waits until the shell that started it, which has opened ROVI_PIPE before,
# calls rovi_release. Fails if that does not happen: the shell is gone, and nothing may be done in its name. Without
# this, the process could end before bash has noted it down. Bash then has no exit status of it: `wait $!` says -1,
# about once in 2,000 times on a busy machine (5.1 and 5.2).
rovi_hold() {
    read -rt "$ROVI_BUS_TIMEOUT_S" -u "$ROVI_PIPE"
}

rovi_release() {
    echo >&"$ROVI_PIPE"
}

# rovi_close_others: for a new subshell: closes all that its parent has open, but standard input, output and error.
rovi_close_others() {
    local open
    for open in /proc/self/fd/*; do
        open=${open##*/}
        ((open < 3)) || exec {open}>&-
    done
    ROVI_PIPE=
}

# rovi_run COMMAND...: runs one of systemd's commands, in the C locale, for ROVI_BUS_TIMEOUT_S or
# until ROVI_DEADLINE at most: their own time limits do not cover a bus that accepts a connection
# and then says nothing. Sets ROVI_REPLY to its stdout, or to its errors if it fails.
rovi_run() {
    rovi_send "$@"
    rovi_receive
}

# rovi_send COMMAND...: the first half of rovi_run, for a caller that has something to do meanwhile.
rovi_send() {
    rovi_open_pipe
    rovi_heard # stderr goes there: a warning beside a good reply must not become a part of it
    ROVI_MOST=$ROVI_REPLY_BYTES
    [[ $1 != @(systemctl|busctl) ]] || ROVI_MOST=1
    exec {ROVI_OUT}< <(
        rovi_hold || exit
        export LC_ALL=C SYSTEMD_LOG_LEVEL=err SYSTEMD_LOG_TARGET=console SYSTEMD_LOG_COLOR=no
        export SYSTEMD_BUS_TIMEOUT=$ROVI_BUS_TIMEOUT_S
        exec "$@" 2>&"$ROVI_PIPE"
    )
    ROVI_PID=$!
    rovi_release
}

# rovi_receive: the second half of rovi_run. If it fails, ROVI_WAITED is how long it has waited, in 1/100 s. bash asks
# the kernel twice about each byte that it reads within a time limit: 0.4 ms for 1,000 (5.2). systemctl and busctl begin
# to write only when systemd has answered, so only the wait for their first byte has that limit, unless ROVI_DEADLINE is
# near. After that, each of their questions has one of its own: SYSTEMD_BUS_TIMEOUT.
rovi_receive() {
    local status began end left text='' most=$ROVI_MOST
    rovi_uptime
    began=$ROVI_REPLY
    end=$((ROVI_REPLY + ROVI_BUS_TIMEOUT_S * 100))
    if [[ $ROVI_DEADLINE ]]; then
        left=$((ROVI_DEADLINE < ROVI_REPLY + 50 ? ROVI_REPLY + 50 : ROVI_DEADLINE)) # a last look is always possible
        ((left >= end)) || end=$left most=$ROVI_REPLY_BYTES
    fi
    left=$((end - ROVI_REPLY))
    while true; do
        printf -v left '%d.%02d' $((left / 100)) $((left % 100))
        IFS= read -rN "$most" -t "$left" -u "$ROVI_OUT" ROVI_REPLY
        status=$?
        text+=$ROVI_REPLY
        ((status > 128)) || break
        # read uses a clock that people can set. If they set it forward, read ends too early, and what it has
        # already fetched goes to the next read. That must be the one above, so rovi_uptime, which reads, is not
        # used here.
        left=$(</proc/uptime) left=${left%% *}
        left=$((end - 10#${left/./}))
        ((left > 0)) || break
    done
    if ((status == 0 && most == 1)); then
        IFS= read -rN "$ROVI_REPLY_BYTES" -u "$ROVI_OUT" ROVI_REPLY
        text+=$ROVI_REPLY
    fi
    exec {ROVI_OUT}<&-
    if ((status > 128)); then
        kill "$ROVI_PID" 2>/dev/null # not waited for: sudo ignores its caller's signals, and has a limit of its own
        mapfile </dev/null           # makes bash forget what read has fetched
        rovi_uptime
        ROVI_WAITED=$((ROVI_REPLY - began))
        ROVI_REPLY='Timed out'
        return 1
    fi
    if wait "$ROVI_PID"; then
        [[ ${text: -1} != $'\n' ]] || text=${text:0:-1} # for a long text without one, % takes minutes
        ROVI_REPLY=$text
        return
    fi
    rovi_uptime
    ROVI_WAITED=$((ROVI_REPLY - began))
    rovi_heard
    return 1
}

# rovi_as USER SECONDS COMMAND...: as root, runs COMMAND as USER. Nothing here becomes another user in any other way.
# USER's other processes may trace COMMAND and act for it. So COMMAND gets a session of its own, without a terminal to
# type into (TIOCSTI); no descriptor of the caller's to read; nothing of the caller's environment; and an end after
# SECONDS, whoever is stopped or keeps the pipe. Prints COMMAND's stdout, ROVI_AS_BYTES at most, without its stderr, and
# fails as COMMAND does. What COMMAND says is USER's word, no more.
rovi_as() {
    local - status user=$1 seconds=$2
    shift 2
    set +e
    (
        rovi_close_others
        cd / && exec env -i LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin \
            setsid --wait timeout --signal=KILL "$seconds" runuser -u "$user" -- "$@"
    ) | timeout "$((seconds + 2))" head -c "$ROVI_AS_BYTES"
    status=${PIPESTATUS[0]}
    return "$status"
} </dev/null 2>/dev/null

# rovi_read_file FILE BYTES [OWN]: sets ROVI_REPLY to the first BYTES of FILE. Somebody else may put anything in the
# place of FILE, so it is opened once, no link is followed, and a pipe holds nobody up. If there is no file to read,
# fails and sets ROVI_REPLY to dd's words. OWN is the directory of FILE, if nobody but its owner can write there. If
# this user is the owner, bash reads FILE itself, without a process; then only this user could make it a link meanwhile.
rovi_read_file() {
    local fd plain='' LC_ALL=C
    # For reading and writing, because a pipe then lets nobody wait.
    if [[ ${3-} && -O $3 && -f $1 && ! -L $1 ]] && { exec {fd}<>"$1"; } 2>/dev/null; then
        [[ ! -f /dev/fd/$fd ]] || plain=yes
        # Up to a NUL, because -N would not count those: a file of nothing else has no end.
        [[ ! $plain ]] || IFS= read -rd '' -n "$2" -u "$fd" ROVI_REPLY || true # a file that is shorter
        exec {fd}<&-
        ROVI_REPLY=${ROVI_REPLY%$'\n'}
        [[ ! $plain ]] || return 0
    fi
    rovi_run dd if="$1" iflag=nofollow,nonblock,fullblock,count_bytes bs=4096 count="$2" status=none
}

# rovi_make_lock FILE: makes a lock file that only the service user can open. flock(2) needs no more than read
# access, so otherwise any local user could block every stack. Fails if something else is in its place: a link
# leads elsewhere, and a reader of a FIFO waits for ever.
rovi_make_lock() {
    [[ -e $1 || -L $1 ]] || (umask 077 && : >>"$1")
    [[ -f $1 && ! -L $1 ]]
}

# rovi_cgroup_dir PID: sets ROVI_REPLY to the directory of PID's control group, on cgroup v1, v2 and both. If
# PID is gone, fails and sets it to nothing.
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
