# shellcheck shell=bash
# status_text.sh: StatusText=, what a unit says about itself in one line (systemd-notify(1)). All of it is written and
# read here, for the scripts and for rovictl. A node can write there, too, so each line of ours has one of these forms:
#
#   waiting for WHAT                          while it starts
#   --variant NAME NAME:=VALUE …              while it runs: what it was asked for; or nothing
#   refused (CODE[ by the NAME guard]): WHY   it was refused, with CODE of lib/contract.sh
#   PROCESS died (exit code N or SIGNAL)[: LINE][; the rest was shut down after it]
#                                             it has failed: the first process that died, and what it said last
#
# At the end, ExecStopPost= replaces everything but a refusal (launch_check_end).

use lib/contract lib/bus lib/changes

# From the exec of ros2 launch until READY=1.
readonly LAUNCH_WAITING="waiting for ros2 launch to start its first process"

LAUNCH_SAID='' # whether this process has said what the start waits for

# What status_read and status_read_run have found.
STATUS_CODE='' STATUS_GUARD='' STATUS_WHY='' STATUS_VARIANT='' STATUS_PARAMETERS=()

# The first process of a launch that died: its name, its exit code or its signal as in SIGSEGV, and what it said last.
FAILURE_PROCESS='' FAILURE_CODE='' FAILURE_SIGNAL='' FAILURE_LINE='' FAILURE_OTHERS=0
readonly FAILURE_REST='; the rest was shut down after it'

# ---- written ------------------------------------------------------------------------------------

# launch_notify ARG...: runs systemd-notify(1), if there is somebody to notify, and wakes who watches.
launch_notify() {
    [[ ${NOTIFY_SOCKET-} ]] || return 0
    systemd-notify "$@" && changes_say
}

# launch_wait_for WHAT: says what the start waits for.
launch_wait_for() {
    LAUNCH_SAID=yes
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

# failure_clear: forgets the failure.
failure_clear() {
    FAILURE_PROCESS='' FAILURE_CODE='' FAILURE_SIGNAL='' FAILURE_LINE=''
}

# failure_set PROCESS STATUS LINE: sets the failure. PROCESS may end in the number that ros2 launch gives it; STATUS is
# Python's: a signal is a negative number.
failure_set() {
    local name=${1##*/}
    [[ $name != *-+([0-9]) ]] || name=${name%-*}
    name=${name//[!A-Za-z0-9_.+-]/_}
    FAILURE_PROCESS=${name:0:60} FAILURE_CODE=$2 FAILURE_SIGNAL='' FAILURE_LINE=$3
    [[ $2 != -* ]] || FAILURE_CODE='' FAILURE_SIGNAL=SIG$(kill -l "${2#-}" 2>/dev/null || printf '%s' "${2#-}")
}

# failure_text: sets ROVI_REPLY to the failure in words.
failure_text() {
    ROVI_REPLY="$FAILURE_PROCESS died (${FAILURE_SIGNAL:-exit code $FAILURE_CODE})${FAILURE_LINE:+: $FAILURE_LINE}"
}

# ---- read ---------------------------------------------------------------------------------------

# failure_read TEXT: sets the failure from its words; fails if TEXT is something else.
failure_read() {
    local text=${1%"$FAILURE_REST"}
    failure_clear
    [[ $text =~ ^([A-Za-z0-9_.+-]+)\ died\ \((exit\ code\ (0|[1-9][0-9]{0,2})|SIG[A-Z0-9+-]+)\)(: (.*))?$ ]] || return
    FAILURE_PROCESS=${BASH_REMATCH[1]} FAILURE_CODE=${BASH_REMATCH[3]} FAILURE_LINE=${BASH_REMATCH[5]}
    [[ $FAILURE_CODE ]] || FAILURE_SIGNAL=${BASH_REMATCH[2]}
}

# status_read TEXT: sets STATUS_CODE to the code of a refusal, or to nothing if TEXT is not a refusal; STATUS_GUARD to
# the guard that has refused, or to nothing; STATUS_WHY to the reason of the refusal, or else to TEXT.
status_read() {
    STATUS_CODE='' STATUS_GUARD='' STATUS_WHY=$1
    [[ $1 == 'refused ('* ]] || return 0
    [[ $1 =~ ^refused\ \((1|2|4|69|75|77|78|79)(\ by\ the\ ([a-z]+)\ guard)?\):\ (.*)$ ]] || return 0
    STATUS_CODE=${BASH_REMATCH[1]} STATUS_GUARD=${BASH_REMATCH[3]} STATUS_WHY=${BASH_REMATCH[4]}
}

# status_read_run TEXT: sets STATUS_VARIANT and STATUS_PARAMETERS to what a stack that runs was asked for. Fails if TEXT
# does not have that form, because a node has replaced it.
status_read_run() {
    local word
    local -A seen=()
    STATUS_VARIANT='' STATUS_PARAMETERS=()
    IFS=' ' read -ra STATUS_PARAMETERS <<<"$1"
    if [[ ${STATUS_PARAMETERS[0]-} == --variant ]]; then
        STATUS_VARIANT=${STATUS_PARAMETERS[1]-} STATUS_PARAMETERS=("${STATUS_PARAMETERS[@]:2}")
        rovi_valid_variant "$STATUS_VARIANT" || return
    fi
    for word in "${STATUS_PARAMETERS[@]}"; do
        [[ $word == +([A-Za-z0-9_]):=?* && ! ${seen[${word%%:=*}]-} ]] || return
        seen[${word%%:=*}]=yes
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
