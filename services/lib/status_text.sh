# shellcheck shell=bash
# status_text.sh: StatusText=, what a unit says of itself in one line (systemd-notify(1)): all of it is written and read here.

use lib/contract lib/bus

# StatusText from the exec of ros2 launch until READY=1.
readonly LAUNCH_WAITING="waiting for ros2 launch to start its first process"

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
