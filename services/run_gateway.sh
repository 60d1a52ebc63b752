#!/bin/bash
# run_gateway.sh: starts the gateway as ros2 launch.
# run_gateway.sh --stopped: judges how it has ended.
#
# Run by systemd: ExecStart= and ExecStopPost= of rovi-gateway.service. Exit codes: see lib/contract.sh.
set -uo pipefail

ROVI_LIB=${BASH_SOURCE[0]%/*}
# shellcheck source=services/lib/use.sh
source "$ROVI_LIB/lib/use.sh"
use lib/contract lib/run lib/bus lib/status_text lib/session lib/command lib/launch lib/launch_admin

readonly EXTEND_S=90 # what is left to the launch after a wait for the hardware: as TimeoutStartSec=

# clear_old_session: removes a session file that a power cut has left. A stack that still holds
# the lock keeps its own. No stack can start meanwhile, because the gateway is not active yet.
clear_old_session() {
    local lock
    { rovi_make_lock "$ROVI_LOCK" && exec {lock}<>"$ROVI_LOCK"; } 2>/dev/null ||
        launch_die "$ROVI_EX_CONFIG" "cannot make the stack lock $ROVI_LOCK as user $(id -un): \
if it is not a plain file, an administrator removes it"
    if flock -n "$lock"; then
        launch_session '' '' ||
            launch_die "$ROVI_EX_CONFIG" "cannot remove an old session file in ${HOME-}/${ROVI_SESSION%/*}, \
or its lock $ROVI_SESSION_LOCK is not a plain file"
    fi
    exec {lock}>&-
}

# wait_for_hardware: if the hardware is a process of its own, waits until it runs, for ROVI_HARDWARE_WAIT_SEC seconds at
# most. The gateway, and with it the UI, starts all the same, because it shows what is wrong with the hardware.
wait_for_hardware() {
    local limit end
    [[ -e $ROVI_HARDWARE_ON ]] || return 0
    launch_seconds ROVI_HARDWARE_WAIT_SEC 60
    limit=$ROVI_REPLY
    launch_wait_for "the hardware, $limit s at most"
    # The wait does not count as a part of TimeoutStartSec= (sd_notify(3)).
    launch_notify "EXTEND_TIMEOUT_USEC=$(((limit + EXTEND_S) * 1000000))" || true
    rovi_uptime
    end=$((ROVI_REPLY + limit * 100))
    while hardware_starts; do
        rovi_uptime
        ((ROVI_REPLY < end)) || break
        rovi_nap 0.2
    done
    launch_notify "EXTEND_TIMEOUT_USEC=$((EXTEND_S * 1000000))" || true
    ! rovi_lacks_hardware "${ROVI_ACTIVE_STATE["$ROVI_HARDWARE"]-}" ||
        printf 'the hardware does not run: starting without it\n' >&2
}

# hardware_starts: whether the hardware does not run, and may soon. A unit that is down and has no job stays down. If
# systemd does not answer, for example during daemon-reexec, nobody knows.
hardware_starts() {
    rovi_list_units ListUnitsByNames as 1 "$ROVI_HARDWARE" || return 0
    case ${ROVI_ACTIVE_STATE["$ROVI_HARDWARE"]-} in
    active) return 1 ;;
    inactive | failed) [[ ${ROVI_JOB["$ROVI_HARDWARE"]-} ]] ;;
    esac
}

[[ ${1-} != --stopped ]] || launch_stopped gateway
launch_begin gateway
launch_command gateway
clear_old_session
launch_load_env gateway
# For stacks that start later: .env.robot may say something else by then. Without it the gateway does not start.
rm -rf "$ROVI_GATEWAY_TF" # a FIFO there would hold this up
printf '%s\n' "${ROVI_ODOM_INTEGRATOR_PUBLISH_TF:-0}" >"$ROVI_GATEWAY_TF" ||
    launch_die "$ROVI_EX_CONFIG" "cannot write $ROVI_GATEWAY_TF: is there no room, or no right to write?"
launch_await_network
wait_for_hardware
launch_exec "$ROVI_GATEWAY" true '' "${COMMAND[@]}"
