# shellcheck shell=bash
# service_user.sh: who runs the launches, and where.

use lib/contract lib/run lib/declared rovictl.d/ask

# find_service_user: sets the caller's user, home and workspace to those of the gateway.
find_service_user() {
    try_look "$ROVI_GATEWAY" || return 0
    read_declared "${UNIT["$ROVI_GATEWAY/Environment"]-}"
    workspace=${DECLARED[ROVI_ROS_WS_DIR]-}
    ! rovi_run systemctl --system --property=User --value show "$ROVI_GATEWAY" || user=$ROVI_REPLY
    [[ ! $user ]] || home=$(getent passwd "$user")
    home=${home%:*} home=${home##*:}
}
