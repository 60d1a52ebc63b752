# shellcheck shell=bash
# look.sh: what rovictl asks systemd about units. It reads few files, because status asks before it reads the others.

use lib/run

# org.freedesktop.systemd1(5) explains them. Times come as "Sat 2026-11-21 06:37:23 UTC".
PROPERTIES=Id,LoadState,ActiveState,SubState,UnitFileState,Result,ExecMainCode,ExecMainStatus
PROPERTIES+=,MainPID,StateChangeTimestamp,StateChangeTimestampMonotonic,ExecMainExitTimestampMonotonic
PROPERTIES+=,MemoryCurrent,TasksCurrent,StatusText
PROPERTIES+=,InvocationID,Job,NeedDaemonReload,Environment,ControlGroup,Description,ExecStart
readonly PROPERTIES

# OURS: what is looked at, as patterns for systemd: first the services, then the target, but not the timers.
declare -gar OURS=('rovi-*.service' 'rovi-stacks.targe[t]')

# Of a look that was sent and not yet received: its ROVI_PID, which any other program changes, and its units.
LOOK_SENT=''

# send_look UNIT...: the first half of try_look, for a caller that has something to do meanwhile.
send_look() {
    command -v busctl >/dev/null ||
        { use lib/contract && die "$ROVI_EX_UNAVAILABLE" "there is no busctl: this machine does not run systemd"; }
    SYSTEMCTL_FORCE_BUS=1 rovi_send systemctl --system --property="$PROPERTIES" -- show "$@"
    LOOK_SENT="$ROVI_PID $*"
}

# send_look_at_all: send_look at the units that run, by pattern, which finds them without their unit files, too; and by
# name at those that do not, which systemd then loads. systemd keeps a link for each unit from its start until it has
# stopped or failed. So a unit that runs is not asked for twice, and one is seldom missed: the caller looks again for
# what is not in the answer.
send_look_at_all() {
    local file name names=' ' IFS=: LC_ALL=C
    use lib/contract
    shopt -s nullglob
    # shellcheck disable=SC2231  # to be split at the colons
    for file in ${ROVI_UNIT_PATH//:/\/rovi-*.service:}/rovi-*.service; do
        name=${file##*/rovi-}
        name=${name%.service}
        [[ $names != *" $name "* && ! -L /run/systemd/units/invocation:rovi-$name.service ]] || continue
        ! rovi_valid_name "$name" || names+="$name "
    done
    shopt -u nullglob
    [[ -e $ROVI_HARDWARE_ON ]] || names=${names/ hardware / }
    IFS=' '
    # shellcheck disable=SC2086  # names, valid ones
    set -- $names
    set -- "${@/#/rovi-}"
    send_look "${@/%/.service}" "${OURS[0]}"
}
