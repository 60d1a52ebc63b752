#!/bin/bash
# run_stack.sh NAME: starts the stack NAME as ros2 launch, or refuses with the reason.
# run_stack.sh --stopped NAME: cleans up after a start that has ended, in whatever way.
#
# Run by systemd: ExecStart= and ExecStopPost= of rovi-NAME.service. It knows no list of stacks;
# the installed unit files are the catalog. Exit codes: see rovi_lib.sh.
set -uo pipefail

ROVI_LIB=${BASH_SOURCE[0]%/*}
# shellcheck source=services/rovi_lib.sh
source "$ROVI_LIB/rovi_lib.sh"
# shellcheck source=services/launch_lib.sh
source "$ROVI_LIB/launch_lib.sh"

# take_lock: takes the stack lock on descriptor 9, which this process, then ros2 launch, then
# each of its nodes keeps open. Not `flock FILE ros2 …`: flock would stay as the main process
# and take the SIGINT.
take_lock() {
    local holder
    [[ -d $LAUNCH_RUN_DIR ]] ||
        launch_die "$ROVI_EX_NO_GATEWAY" "the gateway is not running: an administrator runs 'systemctl start $ROVI_GATEWAY'"
    { launch_make_lock "$LAUNCH_LOCK" && exec 9<>"$LAUNCH_LOCK"; } 2>/dev/null ||
        launch_die "$ROVI_EX_CONFIG" "cannot open the stack lock $LAUNCH_LOCK as user $(id -un)"
    flock -n 9 && return
    { holder=$(<"$HOME/.ros/rovi/session/current_launch"); } 2>/dev/null
    holder=${holder#rovi_bringup/}
    refuse_busy "${holder%.launch.py}" active
}

# refuse_busy OTHER STATE: ends the start because stack OTHER (empty: unknown) is in STATE.
refuse_busy() {
    launch_die "$ROVI_EX_BUSY" "stack ${1:-(unknown)} is $2: stop it first with 'rovictl stop${1:+ $1}'"
}

# check_units: refuses unless the gateway is active and no other stack is. systemd's Requisite=
# says the first too, but StartUnit's mode ignore-dependencies skips it and polkit cannot see
# the mode. The second catches what the lock cannot: a process that has closed the descriptor.
# Another stack that is activating is left to the lock, which it does not have.
check_units() {
    local unit state
    rovi_list_units ListUnitsByPatterns asas 0 1 'rovi-*' ||
        launch_die "$ROVI_EX_NO_GATEWAY" "cannot ask systemd whether the gateway is running"
    [[ ${ROVI_ACTIVE_STATE[$ROVI_GATEWAY]-} == active ]] ||
        launch_die "$ROVI_EX_NO_GATEWAY" "the gateway is not running: an administrator runs 'systemctl start $ROVI_GATEWAY'"
    [[ ${ROVI_ACTIVE_STATE[rovi-stacks.target]-} == active ]] ||
        launch_die "$ROVI_EX_NO_GATEWAY" "rovi-stacks.target is not active: an administrator runs 'systemctl restart $ROVI_GATEWAY'"
    for unit in "${!ROVI_ACTIVE_STATE[@]}"; do
        state=${ROVI_ACTIVE_STATE[$unit]}
        [[ $unit == rovi-*.service && $unit != "$ROVI_GATEWAY" && $unit != "rovi-$stack.service" ]] || continue
        [[ $state != active && $state != deactivating ]] || refuse_busy "${unit:5:-8}" "$state"
    done
}

if [[ $# == 2 && $1 == --stopped ]]; then
    launch_session '' "${INVOCATION_ID:?is set by systemd}"
    launch_check_end "rovi-$2.service"
    exit
fi
[[ $# == 1 ]] && rovi_valid_name "$1" && [[ $1 != gateway ]] ||
    launch_die "$ROVI_EX_USAGE" "usage: run_stack.sh NAME, where rovi-NAME.service is the stack's unit"
stack=$1

launch_stop_on_sigint
launch_load_env
take_lock
check_units
launch_session "rovi_bringup/$stack.launch.py" "${INVOCATION_ID:-$$}" ||
    launch_die "$ROVI_EX_CONFIG" "cannot write the session file in $HOME/.ros/rovi/session"
launch_exec rovi.launch.py robot_mode:=real gateway_enabled:=false stack:="$stack" rviz:=false
