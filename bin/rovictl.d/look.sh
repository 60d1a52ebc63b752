# shellcheck shell=bash
# look.sh: what rovictl asks systemd about units. It reads few files, because status asks before it reads the others.

use lib/contract lib/run

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
        die "$ROVI_EX_UNAVAILABLE" "there is no busctl: this machine does not run systemd"
    SYSTEMCTL_FORCE_BUS=1 rovi_send systemctl --system --property="$PROPERTIES" -- show "$@"
    LOOK_SENT="$ROVI_PID $*"
}
