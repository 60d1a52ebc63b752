#!/bin/bash
# end_stop.sh: starts rovi_end@NAME.service for the gateway and each installed stack.
# end_stop.sh --watch NAME: waits while a stop of rovi-NAME.service is under way. Some seconds after that unit's
# TimeoutStopSec=, sends SIGKILL to all of it. Then starts rovi_end@NAME.service again.
#
# Run by systemd, as root: rovi_end.service, rovi_end@.service. It uses systemctl, which needs no D-Bus for root, so it
# works until the end of a shutdown. It reads nothing that the service user writes.
set -uo pipefail

ROVI_LIB=${BASH_SOURCE[0]%/*}
# shellcheck source=services/lib/use.sh
source "$ROVI_LIB/lib/use.sh"
use lib/contract lib/run lib/changes lib/stacks

readonly GRACE_S=3    # after TimeoutStopSec=
readonly PAUSE_S=0.25 # between two looks

# watch_all: starts the watch of the gateway and of each stack that has a unit file.
watch_all() {
    local file name IFS=:
    make_changes
    local -a units=(rovi_end@gateway.service)
    [[ ! -e $ROVI_HARDWARE_ON ]] || units+=(rovi_end@hardware.service)
    shopt -s nullglob
    # shellcheck disable=SC2231  # to be split at the colons
    for file in ${ROVI_UNIT_PATH//:/\/rovi-*.service:}/rovi-*.service; do
        name=${file##*/rovi-}
        name=${name%.service}
        ! rovi_is_stack "$file" "$name" || units+=("rovi_end@$name.service")
    done
    systemctl start --no-block "${units[@]}" # no wait: a stop that comes meanwhile cancels a start
}

# make_changes: makes the file that wakes who watches, for root and the service user to write.
make_changes() {
    local user
    user=$(timeout 10 systemctl show --property=User --value -- "$ROVI_GATEWAY") && [[ $user ]] || return 0
    [[ -f $ROVI_CHANGES && ! -L $ROVI_CHANGES ]] || { rm -rf -- "$ROVI_CHANGES" && : >"$ROVI_CHANGES"; }
    chgrp -- "$(id -g -- "$user")" "$ROVI_CHANGES" && chmod 0664 "$ROVI_CHANGES"
}

# look UNIT: sets state to UNIT's ActiveState, limit to its TimeoutStopSec= in words, and gateway to the gateway's
# ActiveState.
look() {
    local line block=1
    state='' limit='' gateway=''
    while IFS= read -r line; do
        case $block:$line in
        *:) block=2 ;; # an empty line between units
        1:ActiveState=*) state=${line#*=} ;;
        1:TimeoutStopUSec=*) limit=${line#*=} ;;
        2:ActiveState=*) gateway=${line#*=} ;;
        esac
    done < <(timeout 10 systemctl show --property=ActiveState,TimeoutStopUSec -- "$1" "$ROVI_GATEWAY")
    gateway=${gateway:-$state} # one answer, if UNIT is the gateway
}

# seconds TIMESPAN: sets ROVI_REPLY to systemd's TIMESPAN, as in "1min 30s", in seconds, rounded up, or to nothing
# for "infinity".
seconds() {
    local word sum=0
    local -A unit=([s]=1 [min]=60 [h]=3600 [d]=86400 [w]=604800 [month]=2629800 [y]=31557600) # systemd.time(7)
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
    local limit began end='' calm=0
    rovi_uptime
    began=$ROVI_REPLY
    while true; do
        look "$1"
        case $state in
        '') # systemd does not answer, as in a daemon-reexec: nothing is known
            rovi_nap "$PAUSE_S"
            continue
            ;;
        inactive | failed) return ;;
        deactivating) calm=0 ;;
        *) ((++calm < 3)) || return ;; # its stop may not have begun yet, or was followed by a start
        esac
        if [[ ! $end ]]; then
            seconds "$limit"
            end=$((began + (${ROVI_REPLY:-1000000} + GRACE_S) * 100))
        fi
        rovi_uptime
        if [[ $state == deactivating ]] && ((ROVI_REPLY > end)); then
            printf '%s: its stop has not ended %s s after its limit of %s: sending SIGKILL\n' \
                "$1" "$GRACE_S" "$limit" >&2
            systemctl kill --signal=KILL -- "$1"
            end=$((ROVI_REPLY + 500))
        fi
        rovi_nap "$PAUSE_S"
    done
}

case $#:${1-} in
0:) watch_all ;;
2:--watch)
    if ! rovi_valid_name "$2"; then
        printf 'usage: end_stop.sh --watch NAME, where rovi-NAME.service is a stack or the gateway\n' >&2
        exit "$ROVI_EX_USAGE"
    fi
    state='' gateway=''
    changes_say
    watch "rovi-$2.service"
    # Without the gateway no stack runs, and its next start has all watched again. During a shutdown this is refused.
    [[ $gateway == @(inactive|failed) ]] || systemctl start --no-block "rovi_end@$2.service"
    ;;
esac
