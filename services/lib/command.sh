# shellcheck shell=bash
# command.sh: the command line that a unit becomes.

use lib/contract

COMMAND=() # set by launch_command

# launch_command NAME ARG...: sets COMMAND to what rovi-NAME.service becomes, with further arguments of the launch.
launch_command() {
    local name=$1
    shift
    COMMAND=(ros2 launch rovi_bringup)
    if [[ $name == gateway ]]; then
        [[ ! -e $ROVI_HARDWARE_ON ]] || set -- hardware_enabled:=false "$@"
        COMMAND+=(gateway.launch.py robot_mode:=real "$@")
    elif [[ $name == hardware ]]; then
        COMMAND+=(hardware.launch.py robot_mode:=real "$@")
    else
        COMMAND+=(rovi.launch.py robot_mode:=real gateway_enabled:=false stack:="$name" rviz:=false "$@")
    fi
}
