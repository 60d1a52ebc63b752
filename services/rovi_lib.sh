# shellcheck shell=bash
# rovi_lib.sh: what run_gateway.sh, run_stack.sh and rovictl share. To be sourced: it defines
# functions and constants named rovi_* and ROVI_*, sets no shell option and runs nothing.

# Exit codes, a contract with whoever calls rovictl or run_stack.sh. 3 and 4 are those of LSB and
# systemctl, 69 to 78 near those of sysexits.h, 124 is timeout(1)'s.
# shellcheck disable=SC2034  # each is used by some of the sourcing scripts
readonly ROVI_EX_FAILED=1 ROVI_EX_USAGE=2 ROVI_EX_STOPPED=3 ROVI_EX_UNAVAILABLE=4 \
    ROVI_EX_NO_GATEWAY=69 ROVI_EX_BUSY=75 ROVI_EX_DENIED=77 ROVI_EX_CONFIG=78 \
    ROVI_EX_GUARD=79 ROVI_EX_TIMEOUT=124

readonly ROVI_GATEWAY=rovi-gateway.service ROVI_TARGET=rovi-stacks.target
readonly ROVI_NO_GATEWAY="the gateway is not running: an administrator runs 'sudo systemctl start rovi-gateway'"
readonly ROVI_NO_TARGET="$ROVI_TARGET is not active: an administrator runs 'sudo systemctl restart rovi-gateway'"
# Where unit files are looked for, in this order; the variable is systemd's own (systemd.unit(5)).
readonly ROVI_UNIT_PATH=${SYSTEMD_UNIT_PATH:-/etc/systemd/system:/run/systemd/system:/usr/local/lib/systemd/system:/usr/lib/systemd/system:/lib/systemd/system}
readonly ROVI_SYSTEMD=org.freedesktop.systemd1
readonly ROVI_BUS_TIMEOUT_S=10

ROVI_REPLY=                                       # set by rovi_busctl and rovi_object_path
declare -gA ROVI_ACTIVE_STATE=() ROVI_DESCRIPTION=() # by unit, filled by rovi_list_units

# rovi_valid_name NAME: whether NAME can be a stack's name: a lower-case letter, then lower-case
# letters, digits, '-' and '_', 40 characters at most.
rovi_valid_name() {
    local LC_ALL=C
    [[ ${1-} =~ ^[a-z][a-z0-9_-]{0,39}$ ]]
}

# rovi_is_stack FILE NAME: whether FILE, rovi-NAME.service, is a stack's unit file: it runs
# `run_stack.sh NAME`. The one definition of what a stack is.
rovi_is_stack() {
    local text pattern=$'(^|\n)ExecStart=/[^ \n]*/run_stack\\.sh '$2$'(\n|$)'
    rovi_valid_name "$2" && [[ $2 != gateway && -f $1 && -r $1 ]] || return
    IFS= read -rd '' text <"$1"
    [[ $text =~ $pattern ]]
}

# rovi_quote TEXT: TEXT fit for one line of a message: quoted if odd, no control characters.
rovi_quote() {
    printf '%q' "${1:0:80}"
}

# rovi_uptime: sets ROVI_REPLY to the seconds since boot, a clock that does not jump.
rovi_uptime() {
    IFS=. read -r ROVI_REPLY _ </proc/uptime
}

# rovi_busctl ARG...: busctl(1) on the system bus, in the C locale, never asking for a password,
# never waiting longer than ROVI_BUS_TIMEOUT_S. Sets ROVI_REPLY to its typed reply, or to its
# words where it fails. The one place that calls busctl.
rovi_busctl() {
    # stderr apart: a warning beside a good reply must not be taken for a part of it.
    ROVI_REPLY=$(
        exec 3>&1
        words=$(LC_ALL=C busctl --system --timeout="$ROVI_BUS_TIMEOUT_S" \
            --allow-interactive-authorization=false "$@" 2>&1 >&3) && exit
        status=$?
        printf '%s' "$words"
        exit "$status"
    )
}

# rovi_manager METHOD [SIGNATURE ARG...]: calls a method of systemd's Manager object
# (org.freedesktop.systemd1(5)).
rovi_manager() {
    rovi_busctl call "$ROVI_SYSTEMD" /org/freedesktop/systemd1 "$ROVI_SYSTEMD.Manager" "$@"
}

# rovi_list_units METHOD SIGNATURE ARG...: calls one of the Manager's ListUnits methods and
# fills ROVI_ACTIVE_STATE and ROVI_DESCRIPTION, by unit, anew. A unit that is down but whose start
# is queued counts as activating. Fails as rovi_busctl does.
rovi_list_units() {
    # shellcheck disable=SC1003  # two backslashes, not an escape
    local i two='\\' quote='\"'
    local -a field
    ROVI_ACTIVE_STATE=() ROVI_DESCRIPTION=()
    rovi_manager "$@" || return
    [[ $ROVI_REPLY == 'a(ssssssouso) '* ]] || return
    # The reply is one line, a(ssssssouso). With escaped backslashes and quotes gone, every
    # second field between quotes is a string: nine strings a unit, and its job id unquoted.
    ROVI_REPLY=${ROVI_REPLY//"$two"/}
    IFS='"' read -ra field <<<"${ROVI_REPLY//"$quote"/}"
    for ((i = 1; i + 16 < ${#field[@]}; i += 18)); do
        ROVI_DESCRIPTION[${field[i]}]=${field[i + 2]}
        ROVI_ACTIVE_STATE[${field[i]}]=${field[i + 6]}
        [[ ${field[i + 6]}/${field[i + 14]} != @(inactive|failed)/@(start|restart) ]] ||
            ROVI_ACTIVE_STATE[${field[i]}]=activating
    done
}

# rovi_object_path UNIT: sets ROVI_REPLY to UNIT's D-Bus object path (sd_bus_path_encode(3)).
rovi_object_path() {
    local i
    ROVI_REPLY=/org/freedesktop/systemd1/unit/
    for ((i = 0; i < ${#1}; i++)); do
        case ${1:i:1} in
        [[:alnum:]]) ROVI_REPLY+=${1:i:1} ;;
        *) printf -v ROVI_REPLY '%s_%02x' "$ROVI_REPLY" "'${1:i:1}" ;;
        esac
    done
}

# rovi_state ACTIVE_STATE: prints the word that people see for systemd's ActiveState.
rovi_state() {
    case $1 in
    active | reloading | refreshing) printf RUNNING ;;
    activating) printf STARTING ;;
    deactivating) printf STOPPING ;;
    failed) printf FAILED ;;
    *) printf STOPPED ;;
    esac
}

# rovi_busy NAME ACTIVE_STATE: prints why no other stack can start while NAME is in ACTIVE_STATE,
# and what to do. NAME is empty where it is not known.
rovi_busy() {
    case $2 in
    deactivating) printf "stack %s is still stopping: try again when it has stopped" "$1" ;;
    *) printf "%s is active: stop it first with 'rovictl stop%s'" "${1:+stack }${1:-another stack}" "${1:+ $1}" ;;
    esac
}
