# shellcheck shell=bash
# command.sh: the command line that a unit becomes, by what it declares: ROVI_LAUNCH, ROVI_COMMAND or neither.

use lib/contract lib/declared

COMMAND=()                    # set by launch_command
LAUNCH_FILE=() LAUNCH_ARGS=() # set by launch_split

# launch_command NAME ARG...: sets COMMAND to what rovi-NAME.service becomes, with further arguments. DECLARED has what
# the unit declares: words, which no shell sees.
launch_command() {
    local name=$1
    local -a words
    shift
    IFS=' ' read -ra words <<<"${DECLARED[ROVI_COMMAND]-} ${DECLARED[ROVI_LAUNCH]-}"
    if [[ ${DECLARED[ROVI_COMMAND]-} ]]; then
        COMMAND=("${words[@]}" "$@")
        return
    fi
    # Then another launch has the drivers.
    [[ $name != gateway || ! -e $ROVI_HARDWARE_ON ]] || set -- hardware_enabled:=false "$@"
    if [[ ${DECLARED[ROVI_LAUNCH]-} ]]; then
        COMMAND=(ros2 launch "${words[@]}" "$@")
    elif rovi_runs_always "$name"; then
        COMMAND=(ros2 launch rovi_bringup "$name.launch.py" robot_mode:=real "$@")
    else
        COMMAND=(ros2 launch rovi_bringup rovi.launch.py robot_mode:=real gateway_enabled:=false stack:="$name"
            rviz:=false "$@")
    fi
}

# launch_split: after a launch_command that has set COMMAND to a launch: sets LAUNCH_FILE to PACKAGE FILE or a path, and
# LAUNCH_ARGS to the arguments.
launch_split() {
    local count=2
    [[ ${COMMAND[2]} != /* ]] || count=1
    LAUNCH_FILE=("${COMMAND[@]:2:count}") LAUNCH_ARGS=("${COMMAND[@]:2+count}")
}

# launch_subject NAME: sets ROVI_REPLY to what the session file says while the stack NAME runs: the package of its
# launch and its name. What is in no package stands under the contract's, which every reader knows.
launch_subject() {
    local package=rovi_bringup
    [[ ! ${DECLARED[ROVI_LAUNCH]-} || ${DECLARED[ROVI_LAUNCH]} == /* ]] || package=${DECLARED[ROVI_LAUNCH]%% *}
    ROVI_REPLY=$package/$1.launch.py
}

# launch_called DECLARED_COMMAND: sets ROVI_REPLY to what people call the main process of a unit that declares that
# ROVI_COMMAND, or none.
launch_called() {
    ROVI_REPLY=${1%% *}
    ROVI_REPLY=${ROVI_REPLY##*/}
    ROVI_REPLY=${ROVI_REPLY:-ros2 launch}
}
