# shellcheck shell=bash
# hardware.sh: the verb hardware: whether the drivers are a process of their own, and the change from one to the other.
#
# One file says whether they are, ROVI_HARDWARE_ON. systemd reads it as we do, it is written only as a whole, and after
# a power cut everything starts as it says. A change takes these steps, under root's lock:
#
#   1. Whatever can refuse comes first: the launch files, the motion guard of the stack.
#   2. The lock file says how things were.
#   3. The gateway stops, and takes the stack with it; then the hardware. Two drivers must never have one device.
#   4. The file is written or removed, and systemd reads it.
#   5. The gateway starts, and takes the hardware with it.
#   6. The lock file is empty again.
#
# If a step fails, the way back is the same way. If rovictl is killed, the next call takes the whole way again, because
# the lock file is not empty.

use lib/contract lib/run lib/bus lib/declared lib/command rovictl.d/say rovictl.d/ask rovictl.d/tell \
    rovictl.d/await rovictl.d/guards rovictl.d/jobs rovictl.d/service_user rovictl.d/launch_args

# cmd_hardware ACTION: anybody may see the status; the rest is root's.
cmd_hardware() {
    find_stacks
    if [[ $1 == status ]]; then
        show_hardware
        return
    fi
    ((EUID == 0)) || { use rovictl.d/refusal && die_of_denial; }
    option["--timeout"]=${option["--timeout"]:-$ROVI_TURN_TIMEOUT_S}
    set_deadline
    hold_turns
    if [[ $1 == restart ]]; then restart_hardware; else turn_hardware "$1"; fi
}

# show_hardware: as status, of the hardware alone. While that is a part of the gateway, exits as if it did not run.
show_hardware() {
    [[ ! -s $ROVI_HARDWARE_LOCK ]] ||
        complain "a change of the hardware is under way or was cut off: if it was cut off, \
an administrator runs 'sudo rovictl hardware on' or 'off' again"
    if [[ -e $ROVI_HARDWARE_ON ]]; then
        use rovictl.d/status
        cmd_status hardware
        return
    fi
    show_json hardware
    say "$ROVI_HARDWARE_OFF"
    exit "$ROVI_EX_STOPPED"
}

# hold_turns: takes the lock of a change, until this process ends. Ends rovictl if another change takes too long.
hold_turns() {
    local seconds=${option["--timeout"]}
    { rovi_make_lock "$ROVI_HARDWARE_LOCK" && exec {turn_lock}<"$ROVI_HARDWARE_LOCK"; } 2>/dev/null ||
        die "$ROVI_EX_CONFIG" "cannot make $ROVI_HARDWARE_LOCK: is there no room in ${ROVI_HARDWARE_LOCK%/*}?"
    [[ $seconds != infinity ]] || seconds=1000000
    flock -w "$seconds" "$turn_lock" ||
        die "$ROVI_EX_TIMEOUT" "another change of the hardware is still under way: see 'rovictl status'"
}

restart_hardware() {
    local stack
    [[ -e $ROVI_HARDWARE_ON ]] || die "$ROVI_EX_STOPPED" "$ROVI_HARDWARE_OFF"
    look_for hardware
    active_stack
    stack=$ROVI_REPLY
    bring_up RestartUnit hardware
    [[ ! $stack ]] || say "$stack starts again: see 'rovictl status'"
}

# turn_hardware WANTED: turns the hardware on or off. Ends rovictl, with everything as it was, if that fails.
turn_hardware() {
    local wanted=$1 before=off stack='' cut=yes code
    [[ ! -e $ROVI_HARDWARE_ON ]] || before=on
    [[ -s $ROVI_HARDWARE_LOCK ]] || cut=
    [[ ! $cut ]] || read -r before stack <"$ROVI_HARDWARE_LOCK"
    look_for hardware
    if [[ ! $cut ]]; then
        [[ $before != "$wanted" ]] || { already_so "$wanted" && return; }
        need_gateway
    fi
    [[ $wanted == off ]] || check_launches
    active_stack
    stack=${ROVI_REPLY:-$stack}
    refuse_while_it_moves "$ROVI_REPLY"
    printf '%s %s\n' "$before" "$stack" >"$ROVI_HARDWARE_LOCK"
    trap : INT # it ends what is waited for, and so fails a step
    turn_to "$wanted"
    code=$?
    ((code == 0)) || turn_back "$before" "$stack" "$code"
    : >"$ROVI_HARDWARE_LOCK"
    show_json hardware
    say "the hardware is $wanted"
    [[ ! $stack ]] || say "$stack was stopped: 'rovictl start $stack' starts it again"
}

# already_so WANTED: says that the hardware is on or off already. Ends rovictl if it is on and does not run.
already_so() {
    show_json hardware
    [[ $1 == off || ${ACTIVE[hardware]-} == active ]] ||
        die "$ROVI_EX_FAILED" "the hardware is on already, but does not run: see 'rovictl status hardware'"
    say "the hardware is $1 already"
}

# refuse_while_it_moves STACK: ends rovictl if STACK, which may be empty, may move the robot: it is starting, so that
# nobody knows, or its motion guard says no.
refuse_while_it_moves() {
    [[ $1 ]] || return 0
    [[ ${ACTIVE[$1]-} != activating ]] ||
        die "$ROVI_EX_BUSY" "$1 is still starting: try again when it runs, or stop it first with 'rovictl stop $1'"
    ask_motion_guard "$1"
}

# turn_to WANTED: steps 3 to 5. If one fails, it has said why.
turn_to() {
    step_down gateway && step_down hardware && put_switch "$1" && read_switch && still_down && step_up || return
    if [[ $1 == on ]]; then
        hardware_came_up
    else
        rovi_manager ResetFailedUnit s "$ROVI_HARDWARE" || true # it is no failure any more if it did not run
    fi
}

# turn_back BEFORE STACK CODE: after a failed turn_to: everything as it was before. Ends rovictl with CODE.
turn_back() {
    set_deadline
    trap '' INT
    turn_to "$1" ||
        die "$3" "the way back has failed, too: look at 'rovictl status', then run 'sudo rovictl hardware $1'"
    [[ ! $2 ]] || (start_again "$2") >/dev/null
    : >"$ROVI_HARDWARE_LOCK"
    show_json hardware
    die "$3" "the hardware is $1, as before"
}

# step_down NAME: stops the unit. A stop that was not clean is said, and is one.
step_down() {
    (
        trap 'exit 130' INT
        look_for "$1"
        take_down "$1"
    ) >/dev/null
    is_down "$1" && return
    complain "$1 does not stop"
    return "$ROVI_EX_FAILED"
}

# is_down NAME: whether the unit is down, and nothing is queued for it.
is_down() {
    local unit=rovi-$1.service
    try_look "$unit" && [[ ${UNIT["$unit/ActiveState"]-} == @(inactive|failed) && ! ${UNIT["$unit/Job"]-} ]]
}

# still_down: whether nobody has started the gateway meanwhile: it would not know of the change.
still_down() {
    is_down gateway && return
    complain "somebody has started the gateway meanwhile"
    return "$ROVI_EX_FAILED"
}

# step_up: starts the gateway; while the hardware is on, systemd starts that with it.
step_up() {
    (
        trap 'exit 130' INT
        look_for gateway
        bring_up StartUnit gateway
    ) >/dev/null
}

# hardware_came_up: waits until the hardware runs; fails if it does not.
hardware_came_up() {
    (
        trap 'exit 130' INT
        settle hardware
        [[ ${ACTIVE[hardware]-} == active ]] || die_of_failure hardware failed
    ) >/dev/null
}

# start_again STACK: starts the stack with what its last start was asked for.
start_again() {
    use rovictl.d/request
    take_last_request "$1"
    look_for "$1"
    bring_up StartUnit "$1"
}

# put_switch WANTED: writes or removes ROVI_HARDWARE_ON, in one step that a power cut cannot halve.
put_switch() {
    local file=$ROVI_HARDWARE_ON dir=${ROVI_HARDWARE_ON%/*}
    if [[ $1 == on ]]; then
        (umask 022 && mkdir -p -- "$dir" && switch_text >"$file.new") && sync -- "$file.new" &&
            mv -fT -- "$file.new" "$file"
    else
        rm -f -- "$file" && { rmdir -- "$dir" 2>/dev/null || true; } # others may have drop-ins there, too
    fi && sync -- "${dir%/*}" && return
    complain "cannot write or remove $file"
    return "$ROVI_EX_CONFIG"
}

# switch_text: prints what makes the stacks depend on the hardware.
switch_text() {
    cat <<'END'
# Written by 'rovictl hardware on', and removed by 'rovictl hardware off'. While this file is there, the drivers are a
# process of their own. Do not change it by hand: the gateway must start anew for it.

[Unit]
# The hardware starts with the target, and so with the gateway. If it ends, however that is, the target stops, and the
# stack with it. The gateway goes on.
BindsTo=rovi-hardware.service
After=rovi-hardware.service
END
}

# read_switch: has systemd read it.
read_switch() {
    rovi_manager Reload && return
    complain "systemd does not read its units again: $ROVI_REPLY"
    return "$ROVI_EX_UNAVAILABLE"
}

# check_launches: ends rovictl unless ROS can read the launch file of the hardware, and that of the gateway can leave
# the drivers out.
check_launches() {
    local user='' home='' workspace=''
    need_loaded hardware
    find_service_user
    look_for hardware
    ask_about hardware || die "$ROVI_EX_CONFIG" "the hardware cannot be launched: $ROVI_REPLY"
    ask_about gateway || die "$ROVI_EX_CONFIG" "the gateway cannot be launched: $ROVI_REPLY"
    [[ " ${ARGUMENTS[*]} " == *' hardware_enabled '* || ${DECLARED[ROVI_COMMAND]-} ]] ||
        die "$ROVI_EX_CONFIG" "the launch file of the gateway takes no argument hardware_enabled, \
so it would start the drivers, too: add it there"
}

# ask_about NAME: asks ROS about the launch of the unit, if it is one; fails as ask_launch does.
ask_about() {
    local -a LAUNCH_FILE LAUNCH_ARGS
    read_declared "${UNIT["rovi-$1.service/Environment"]-}"
    [[ ! ${DECLARED[ROVI_COMMAND]-} ]] || return 0
    launch_command "$1"
    launch_split
    ask_launch "${LAUNCH_FILE[@]}"
}
