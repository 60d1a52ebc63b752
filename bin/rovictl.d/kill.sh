# shellcheck shell=bash
# kill.sh: the verb kill: ends a stack by force. kill_stack.sh does it, as root, in rovi_kill@STACK:USER.service.

use lib/contract lib/run lib/bus rovictl.d/say rovictl.d/ask rovictl.d/await rovictl.d/progress rovictl.d/guards

# cmd_kill [NAME]: kills the stack, or the active one.
cmd_kill() {
    local name=${1-} start
    find_stacks
    [[ ! $name ]] || need_unit "$name" gone
    check_force
    look
    if [[ ! $name ]]; then
        active_stack
        name=$ROVI_REPLY
        need_no_other "$name"
        [[ $name ]] || { say "no stack is active" && return; }
    fi
    ! is_down "$name" || return 0
    start=${UNIT["rovi-$name.service/InvocationID"]-}
    ask_person "$name"
    set_deadline
    look
    ! is_down "$name" || return 0
    [[ ${UNIT["rovi-$name.service/InvocationID"]-} == "$start" ]] ||
        die "$ROVI_EX_BUSY" "$name was not killed, because it was started again meanwhile: see 'rovictl status'"
    ask_motion_guard "$name"
    kill_stack "$name"
}

# is_down NAME: whether the stack does not run, and says so. The caller has looked.
is_down() {
    [[ ${ACTIVE[$1]-inactive} == @(inactive|failed) ]] || return
    show_json "$1"
    say "$1 is not running$([[ ${ACTIVE[$1]-} != failed ]] || printf ': it has failed')"
}

# ask_person NAME: on a terminal, asks once, unless there is --yes; ends rovictl if the answer is not yes. A program
# that calls this means it.
ask_person() {
    local answer=''
    [[ -t 0 && -t 2 && ! ${option["--yes"]-} ]] || return 0
    printf 'kill %s now? its nodes cannot save anything [y/N] ' "$1" >&2
    IFS= read -r answer || printf '\n' >&2
    [[ $answer == @([yY]|[yY][eE][sS]) ]] || die "$ROVI_EX_FAILED" "$1 was not killed"
}

# kill_stack NAME: has it killed, and says what came of it.
kill_stack() {
    local unit before=${UNIT["rovi-$1.service/InvocationID"]-}
    kill_unit "$1"
    unit=$ROVI_REPLY
    awaited=$1
    ask_for_job StartUnit "$unit" || die_of_bus
    wait_for_kill "$1" "$unit"
    try_look_all "rovi-$1.service" || die_of_bus
    show_json "$1"
    [[ ${UNIT["rovi-$1.service/InvocationID"]-} == "$before" ]] ||
        die "$ROVI_EX_BUSY" "$1 was killed, and was started again meanwhile: see 'rovictl status'"
    case ${ACTIVE[$1]-inactive} in
    failed) say "$1 was killed" ;;
    inactive) say "$1 stopped before it was killed" ;;
    *)
        state "$1"
        die "$ROVI_EX_FAILED" "$1 is still $ROVI_REPLY: an administrator looks at 'journalctl -u $unit'"
        ;;
    esac
}

# kill_unit NAME: sets ROVI_REPLY to the unit that kills the stack in the caller's name. sudo's rule, and a name that
# cannot stand in a unit's, leave only the one that names nobody.
kill_unit() {
    local user
    user=$(id -un)
    ROVI_REPLY=rovi_kill@$1.service
    if ! rovi_by_sudo && [[ $user =~ ^[A-Za-z0-9_.@-]{1,64}$ ]]; then
        ROVI_REPLY=rovi_kill@$1:$user.service
    fi
}

# wait_for_kill NAME UNIT: waits until UNIT has done its work.
wait_for_kill() {
    local lost=''
    while true; do
        if try_look "$2" "rovi-$1.service"; then
            lost=
            [[ ${UNIT["$2/Job"]-} || ${UNIT["$2/ActiveState"]-} == activating ]] || { end_progress && return 0; }
            progress "$1"
        else
            bus_is_back || { end_progress && die_of_bus; }
        fi
        if [[ ! $lost ]] && is_late; then
            end_progress
            show_json "$1"
            state "$1"
            die "$ROVI_EX_TIMEOUT" "$1 is still $ROVI_REPLY and is being killed: see 'rovictl status'"
        fi
        rovi_nap 0.03
    done
}
