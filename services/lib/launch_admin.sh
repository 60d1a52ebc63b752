# shellcheck shell=bash
# launch_admin.sh: what the two launches of the administrator have in common, the gateway and the hardware.

use lib/contract lib/text lib/changes lib/status_text lib/keys lib/check lib/launch lib/launch_end lib/health

# launch_begin NAME: the first steps of a start of rovi-NAME.service: refuses it if a program is missing, or if the unit
# declares a wrong key.
launch_begin() {
    changes_say
    # shellcheck disable=SC2086  # words
    launch_need $LAUNCH_NEEDS
    launch_stop_on_sigint
    keys_exported
    keys_problems "the unit of the $1 declares" "$1"
    ((${#PROBLEMS[@]} == 0)) || launch_die "$ROVI_EX_CONFIG" "${PROBLEMS[0]}"
}

# launch_stopped NAME: for ExecStopPost= of rovi-NAME.service: judges how it has ended, and ends this script with the
# verdict.
launch_stopped() {
    local status
    changes_say
    launch_forget_check
    launch_job "rovi-$1.service"
    (launch_check_end "rovi-$1.service")
    status=$?
    health_forget "$1"
    changes_say # as in run_stack.sh
    exit "$status"
}

# launch_seconds KEY DEFAULT: sets ROVI_REPLY to the value of KEY, or to DEFAULT; refuses the start if it is no number
# of seconds.
launch_seconds() {
    ROVI_REPLY=${!1:-$2}
    [[ $ROVI_REPLY =~ ^([0-9]|[1-5][0-9]|60)$ ]] ||
        launch_die "$ROVI_EX_CONFIG" "$1 is $(rovi_quote "$ROVI_REPLY"): give whole seconds, 0 to 60"
}

# launch_await_network: waits for an IPv4 route on an interface other than loopback, for ROVI_NETWORK_WAIT_SEC
# seconds at most: DDS picks its interfaces when a process starts. A robot without a network runs all the
# same. If DDS stays on this host, there is nothing to wait for.
launch_await_network() {
    local limit tries
    launch_seconds ROVI_NETWORK_WAIT_SEC 10
    limit=$ROVI_REPLY
    if [[ ${ROS_LOCALHOST_ONLY-} == 1 || ${ROS_AUTOMATIC_DISCOVERY_RANGE-} == @(LOCALHOST|OFF) ]]; then
        return
    fi
    launch_wait_for "a network route, $limit s at most"
    for ((tries = limit * 5; tries > 0; tries--)); do # by count: at boot the clock may jump
        ! launch_has_route || return 0
        sleep 0.2
    done
    printf 'no network route after %s s: starting without one\n' "$limit" >&2
}

# launch_has_route: whether /proc/net/route (proc_net(5)) has a line for an interface.
launch_has_route() {
    local route
    mapfile -t route </proc/net/route
    ((${#route[@]} > 1))
}
