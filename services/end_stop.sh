#!/bin/bash
# end_stop.sh: has rovi_end@NAME.service watch over the gateway and each installed stack.
# end_stop.sh --watch [--again] NAME: while a stop of rovi-NAME.service is under way, waits for its end, and some seconds
# after that unit's TimeoutStopSec= sends SIGKILL to all of it. --again: then has rovi_end@NAME.service watch again.
#
# Run by systemd, as root: rovi_end.service, rovi_end@.service. It asks by systemctl, which for root needs no D-Bus, so
# that it works to the end of a shutdown, and it reads nothing of what the service user writes.
set -uo pipefail

ROVI_LIB=${BASH_SOURCE[0]%/*}
# shellcheck source=services/rovi_lib.sh
source "$ROVI_LIB/rovi_lib.sh"

readonly GRACE_S=3    # after TimeoutStopSec=
readonly PAUSE_S=0.25 # between two looks

# watch_all: starts the watch of the gateway and of each stack that has a unit file.
watch_all() {
    local file name IFS=:
    local -a units=(rovi_end@gateway.service)
    shopt -s nullglob
    # shellcheck disable=SC2231  # to be split at the colons
    for file in ${ROVI_UNIT_PATH//:/\/rovi-*.service:}/rovi-*.service; do
        name=${file##*/rovi-}
        name=${name%.service}
        ! rovi_is_stack "$file" "$name" || units+=("rovi_end@$name.service")
    done
    systemctl start "${units[@]}"
}

# look UNIT: sets state to UNIT's ActiveState, and limit to its TimeoutStopSec= in words.
look() {
    local line
    state='' limit=''
    while IFS= read -r line; do
        case $line in
        ActiveState=*) state=${line#*=} ;;
        TimeoutStopUSec=*) limit=${line#*=} ;;
        esac
    done < <(timeout 10 systemctl show --property=ActiveState,TimeoutStopUSec -- "$1")
}

# seconds TIMESPAN: sets ROVI_REPLY to systemd's TIMESPAN, as in "1min 30s", in seconds, rounded up, or to nothing
# for "infinity".
seconds() {
    local word sum=0
    local -A unit=([s]=1 [min]=60 [h]=3600 [d]=86400)
    ROVI_REPLY=
    for word in $1; do
        [[ $word =~ ^([0-9]+)(\.[0-9]+)?([a-z]+)$ ]] || return 0
        sum=$((sum + BASH_REMATCH[1] * ${unit[${BASH_REMATCH[3]}]:-0}))
        [[ ${BASH_REMATCH[2]} || ! ${unit[${BASH_REMATCH[3]}]-} ]] || continue
        sum=$((sum + 1))
    done
    ROVI_REPLY=$sum
}

# watch UNIT: returns when no stop of UNIT is under way.
watch() {
    local state limit began end='' calm=0
    rovi_uptime
    began=$ROVI_REPLY
    while ((calm < 2)); do
        look "$1"
        case $state in
        inactive | failed) return ;;
        deactivating) calm=0 ;;
        *) calm=$((calm + 1)) ;; # its stop may not have begun yet, or was followed by a start
        esac
        if [[ ! $end ]]; then
            seconds "$limit"
            end=$((began + (${ROVI_REPLY:-1000000} + GRACE_S) * 100))
        fi
        rovi_uptime
        if [[ $state == deactivating ]] && ((ROVI_REPLY > end)); then
            printf '%s: its stop has not come to its end within %s and %s s: SIGKILL\n' "$1" "$limit" "$GRACE_S" >&2
            systemctl kill --signal=KILL -- "$1"
            end=$((ROVI_REPLY + 500))
        fi
        rovi_nap "$PAUSE_S"
    done
}

# watch_again NAME: has the next stop of NAME watched, too. Without the gateway no stack runs, and its next start does it.
watch_again() {
    local state limit
    look "$ROVI_GATEWAY"
    [[ $state == @(inactive|failed) ]] || systemctl start --no-block "rovi_end@$1.service" # a shutdown refuses it
}

again=
[[ ${1-} != --watch || ${2-} != --again ]] || again=yes
case $#:${1-} in
0:) watch_all ;;
2:--watch | 3:--watch)
    if ! rovi_valid_name "${!#}"; then
        printf 'usage: end_stop.sh --watch [--again] NAME, where rovi-NAME.service is a stack or the gateway\n' >&2
        exit "$ROVI_EX_USAGE"
    fi
    watch "rovi-${!#}.service"
    [[ ! $again ]] || watch_again "${!#}"
    ;;
esac
