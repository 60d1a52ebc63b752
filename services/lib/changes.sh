# shellcheck shell=bash
# changes.sh: who watches the gateway and the stacks sleeps until something changes, and is then woken.
#
# Whatever changes a unit's state has one of our scripts run at that moment: a start, READY=1, the beginning of a stop,
# the end, a new StatusText, another health. Each adds a line to the file ROVI_CHANGES, which anybody may read, and
# tail(1) learns by inotify(7) that it has grown. The lines say nothing. They are no more than a reason to look at what
# systemd says, so nobody has to believe whoever writes them. systemd's own signals would need a subscriber and, before
# 257, root (org.freedesktop.systemd1(5), busctl(1)).

use lib/contract lib/run

CHANGES_FD=''    # a descriptor, on which a line comes when something has changed
CHANGES_PAUSE=0  # how long the next changes_nap lasts, in ms, if nothing changes
CHANGES_HEARD='' # whether the last one has ended because something has changed

# changes_say: wakes everybody who watches. It never fails: they look now and then, too. It never makes the file: in one
# that root has made here the service user could not write.
changes_say() {
    [[ ! -f $ROVI_CHANGES ]] || printf '\n' >>"$ROVI_CHANGES" || true
} 2>/dev/null

# changes_open: listens from now on. Without the file, which the gateway's first start makes, it does nothing.
changes_open() {
    [[ ! $CHANGES_FD && -f $ROVI_CHANGES && ! -L $ROVI_CHANGES ]] || return 0
    exec {CHANGES_FD}< <(exec tail --lines=0 --follow=name --retry -- "$ROVI_CHANGES" 2>/dev/null)
}

# changes_wake: ends this process's own nap, or else its next one. For a trap: bash goes on reading after a signal.
changes_wake() {
    [[ ! $CHANGES_FD ]] || printf '\n' >"/dev/fd/$CHANGES_FD" || true
} 2>/dev/null

# changes_drain: forgets the changes that have been told by now. The caller looks next.
changes_drain() {
    local more=1000 # in a flood, there is always another line
    while ((more-- > 0)) && read -rt 0 -u "$CHANGES_FD" && read -rt 0.01 -u "$CHANGES_FD"; do :; done
}

# changes_nap FIRST MAX BLIND: waits until something changes. If nothing does, it lasts FIRST ms the first time after a
# change, then twice as long each time, but MAX ms at most: systemd may know of a change a moment later than the script
# that tells of it, and some changes nobody tells. If it cannot listen, it lasts BLIND ms.
changes_nap() {
    local ms=$CHANGES_PAUSE
    CHANGES_HEARD=
    [[ $CHANGES_FD ]] || ms=$3
    ((ms)) || ms=$1
    ((ms <= $2)) || ms=$2
    CHANGES_PAUSE=$((ms * 2))
    printf -v ms '%d.%03d' $((ms / 1000)) $((ms % 1000))
    if [[ ! $CHANGES_FD ]]; then
        rovi_nap "$ms"
        return
    fi
    read -rt "$ms" -u "$CHANGES_FD"
    case $? in
    0)
        changes_drain
        CHANGES_PAUSE=0 CHANGES_HEARD=yes
        ;;
    1) # tail has ended
        exec {CHANGES_FD}<&-
        CHANGES_FD=
        ;;
    esac
}
