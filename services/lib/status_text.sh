# shellcheck shell=bash
# status_text.sh: StatusText=, what a unit says about itself in one line (systemd-notify(1)). All of it is written and
# read here, for the scripts and for rovictl. A node can write there, too, so each line of ours has one of these forms:
#
#   waiting for WHAT                          while it starts
#   --variant NAME NAME:=VALUE …              while it runs: what it was asked for; or nothing
#   refused (CODE[ by the NAME guard]): WHY   it was refused, with CODE of lib/contract.sh
#
# At the end, ExecStopPost= replaces everything but a refusal (launch_check_end).

use lib/contract lib/bus

# From the exec of ros2 launch until READY=1.
readonly LAUNCH_WAITING="waiting for ros2 launch to start its first process"

# What status_read and status_read_run have found.
STATUS_CODE='' STATUS_GUARD='' STATUS_WHY='' STATUS_VARIANT='' STATUS_PARAMETERS=()

# ---- written ------------------------------------------------------------------------------------

# launch_notify ARG...: runs systemd-notify(1), if there is somebody to notify.
launch_notify() {
    [[ -z ${NOTIFY_SOCKET-} ]] || systemd-notify "$@"
}

# launch_wait_for WHAT: says what the start waits for.
launch_wait_for() {
    launch_notify --status="waiting for $1" || true
}

# launch_die CODE SENTENCE [GUARD]: refuses the start, with the contract's CODE. SENTENCE goes to stderr, and so
# to the journal, and to StatusText, which any user can read, even without rights to the journal.
launch_die() {
    launch_say_refused "$@"
    exit "$1"
}

# launch_say_refused CODE SENTENCE [GUARD]: as launch_die, but without an exit.
launch_say_refused() {
    printf '%s: %s%s\n' "${0##*/}" "${3:+$3 guard: }" "$2" >&2
    launch_notify --status="refused ($1${3:+ by the $3 guard}): $2" || true
}

# status_run VARIANT NAME:=VALUE...: sets ROVI_REPLY to the words of a stack that runs for what it was asked for.
status_run() {
    ROVI_REPLY="${1:+--variant $1}"
    shift
    ROVI_REPLY+="${ROVI_REPLY:+${1:+ }}$*"
}

# ---- read ---------------------------------------------------------------------------------------

# status_read TEXT: sets STATUS_CODE to the code of a refusal, or to nothing if TEXT is not a refusal; STATUS_GUARD to
# the guard that has refused, or to nothing; STATUS_WHY to the reason of the refusal, or else to TEXT.
status_read() {
    STATUS_CODE='' STATUS_GUARD='' STATUS_WHY=$1
    [[ $1 == 'refused ('* ]] || return 0
    [[ $1 =~ ^refused\ \(([0-9]+)(\ by\ the\ ([a-z]+)\ guard)?\):\ (.*)$ ]] || return 0
    STATUS_CODE=${BASH_REMATCH[1]} STATUS_GUARD=${BASH_REMATCH[3]} STATUS_WHY=${BASH_REMATCH[4]}
}

# status_read_run TEXT: sets STATUS_VARIANT and STATUS_PARAMETERS to what a stack that runs was asked for. Fails if TEXT
# does not have that form, because a node has replaced it.
status_read_run() {
    local word
    STATUS_VARIANT='' STATUS_PARAMETERS=()
    IFS=' ' read -ra STATUS_PARAMETERS <<<"$1"
    if [[ ${STATUS_PARAMETERS[0]-} == --variant ]]; then
        STATUS_VARIANT=${STATUS_PARAMETERS[1]-} STATUS_PARAMETERS=("${STATUS_PARAMETERS[@]:2}")
        rovi_valid_variant "$STATUS_VARIANT" || return
    fi
    for word in "${STATUS_PARAMETERS[@]}"; do
        [[ $word == +([A-Za-z0-9_]):=?* ]] || return
    done
}

# launch_while TEXT: prints what a launch was waiting for when it ended, if TEXT says so.
launch_while() {
    [[ $1 != waiting* || $1 == "$LAUNCH_WAITING" ]] || printf ', while %s' "$1"
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
