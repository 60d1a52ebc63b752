#!/bin/bash
# run_gateway.sh: starts the gateway as ros2 launch.
# run_gateway.sh --stopped: judges how it has ended.
#
# Run by systemd: ExecStart= and ExecStopPost= of rovi-gateway.service. Exit codes: see lib/contract.sh.
set -uo pipefail

ROVI_LIB=${BASH_SOURCE[0]%/*}
# shellcheck source=services/lib/use.sh
source "$ROVI_LIB/lib/use.sh"
use lib/contract lib/text lib/run lib/changes lib/status_text lib/keys lib/session lib/check lib/command lib/launch \
    lib/launch_end lib/health

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

# wait_for_network: waits for an IPv4 route on an interface other than loopback, for ROVI_NETWORK_WAIT_SEC
# seconds at most: DDS picks its interfaces when a process starts. A robot without a network runs all the
# same. If DDS stays on this host, there is nothing to wait for.
wait_for_network() {
    local limit=${ROVI_NETWORK_WAIT_SEC:-10} tries
    [[ $limit =~ ^([0-9]|[1-5][0-9]|60)$ ]] ||
        launch_die "$ROVI_EX_CONFIG" "ROVI_NETWORK_WAIT_SEC is $(rovi_quote "$limit"): give whole seconds, 0 to 60"
    if [[ ${ROS_LOCALHOST_ONLY-} == 1 || ${ROS_AUTOMATIC_DISCOVERY_RANGE-} == @(LOCALHOST|OFF) ]]; then
        return
    fi
    launch_wait_for "a network route, $limit s at most"
    for ((tries = limit * 5; tries > 0; tries--)); do # by count: at boot the clock may jump
        ! has_route || return 0
        sleep 0.2
    done
    printf 'no network route after %s s: starting without one\n' "$limit" >&2
}

# has_route: whether /proc/net/route (proc_net(5)) has a line for an interface.
has_route() {
    local route
    mapfile -t route </proc/net/route
    ((${#route[@]} > 1))
}

changes_say
if [[ ${1-} == --stopped ]]; then
    launch_forget_check
    launch_job "$ROVI_GATEWAY"
    (launch_check_end "$ROVI_GATEWAY")
    status=$?
    health_forget gateway
    exit "$status"
fi
# shellcheck disable=SC2086  # words
launch_need $LAUNCH_NEEDS
launch_stop_on_sigint
keys_exported
keys_problems "the unit of the gateway declares" gateway
((${#PROBLEMS[@]} == 0)) || launch_die "$ROVI_EX_CONFIG" "${PROBLEMS[0]}"
launch_command gateway
clear_old_session
launch_load_env
# For stacks that start later: .env.robot may say something else by then. Without it the gateway does not start.
rm -rf "$ROVI_GATEWAY_TF" # a FIFO there would hold this up
printf '%s\n' "${ROVI_ODOM_INTEGRATOR_PUBLISH_TF:-0}" >"$ROVI_GATEWAY_TF" ||
    launch_die "$ROVI_EX_CONFIG" "cannot write $ROVI_GATEWAY_TF: is there no room, or no right to write?"
wait_for_network
launch_exec "$ROVI_GATEWAY" true '' "${COMMAND[@]}"
