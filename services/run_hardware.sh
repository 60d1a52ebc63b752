#!/bin/bash
# run_hardware.sh: starts the hardware, the drivers, as ros2 launch.
# run_hardware.sh --stopped: judges how it has ended.
#
# Run by systemd: ExecStart= and ExecStopPost= of rovi-hardware.service. Exit codes: see lib/contract.sh.
set -uo pipefail

ROVI_LIB=${BASH_SOURCE[0]%/*}
# shellcheck source=services/lib/use.sh
source "$ROVI_LIB/lib/use.sh"
use lib/contract lib/status_text lib/command lib/launch lib/launch_admin

[[ ${1-} != --stopped ]] || launch_stopped hardware
launch_begin hardware
# The gateway has the drivers then, and two drivers would fight over a device.
[[ -e $ROVI_HARDWARE_ON ]] ||
    launch_die "$ROVI_EX_CONFIG" "$ROVI_HARDWARE_OFF"
launch_command hardware
launch_load_env hardware
launch_await_network
launch_exec "$ROVI_HARDWARE" true '' "${COMMAND[@]}"
