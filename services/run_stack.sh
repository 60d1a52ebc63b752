#!/bin/bash
# run_stack.sh NAME: starts the stack NAME as ros2 launch, or refuses with the reason.
# run_stack.sh --stopped NAME: cleans up after a start, however it has ended.
# run_stack.sh --may-stop NAME: asks the stack's motion guard, or refuses with the reason.
# run_stack.sh --ask NAME-NUMBER: starts or restarts the stack NAME as the operator's request NAME-NUMBER says.
# run_stack.sh --clear rovi-NAME: if the permission is sudo's: clears the stacks that were refused because of NAME.
# run_stack.sh --root ROOT: refuses with the reason unless a stack can run in the root file system ROOT.
#
# Run by systemd: ExecStart= and ExecStopPost= of rovi-NAME.service; ExecStart= of rovi-guard@NAME.service and of
# rovi-ask@NAME-NUMBER.service; and, as root on the host, ExecStartPre= of a unit that runs in another root. It knows no
# list of stacks: the installed unit files are the catalog. Exit codes: see lib/contract.sh.
set -uo pipefail

ROVI_LIB=${BASH_SOURCE[0]%/*}
# shellcheck source=services/lib/use.sh
source "$ROVI_LIB/lib/use.sh"
use lib/contract lib/run lib/bus # the rest below, while systemd answers

# take_lock: takes the stack lock on descriptor 9, which this process, then ros2 launch, then
# each of its nodes keeps open. Not `flock FILE ros2 …`: flock would stay as the main process
# and take the SIGINT.
take_lock() {
    if [[ ! -d $ROVI_RUN ]]; then
        check_units # there is none before the gateway's first start
        launch_die "$ROVI_EX_CONFIG" \
            "$ROVI_RUN is missing: an administrator runs 'sudo rovictl gateway restart'"
    fi
    { rovi_make_lock "$ROVI_LOCK" && exec 9<>"$ROVI_LOCK"; } 2>/dev/null ||
        launch_die "$ROVI_EX_CONFIG" "cannot open the stack lock $ROVI_LOCK as user $(id -un): \
if it is not a plain file, an administrator removes it"
    flock -n 9 && return
    refuse_for_lock
}

# refuse_for_lock: refuses the start, and says who holds the lock, as far as systemd knows. The session file is only a
# hint: any node may write it, and in the first moments of a start nobody has written it.
refuse_for_lock() {
    local name=''
    ! rovi_read_file "${HOME-}/$ROVI_SESSION" 300 || name=${ROVI_REPLY##*/}
    name=${name%.launch.py}
    ask_units ListUnitsByPatterns asas 0 1 'rovi-*.service' || launch_die "$ROVI_EX_BUSY" "$(rovi_busy '' active)"
    if rovi_valid_name "$name" && other_stack '@(active|*ing)' "$name"; then
        launch_die "$ROVI_EX_BUSY" "$(rovi_busy "$name" "${ROVI_ACTIVE_STATE["rovi-$name.service"]}")"
    fi
    ! other_stack '@(active|*ing)' || launch_die "$ROVI_EX_BUSY" "$(rovi_busy '' active)"
    launch_die "$ROVI_EX_BUSY" \
        "a process outside the stacks holds the stack lock: an administrator runs 'sudo rovictl doctor'"
}

# check_units: refuses unless gateway and hardware are active and no other stack is active. systemd's Requisite= checks
# them, too, but StartUnit's mode ignore-dependencies skips it, and polkit cannot see the mode. The check of the
# stacks finds what the lock cannot: a stack whose processes have closed the descriptor.
check_units() {
    local tries other=
    ! nothing_hinders || return 0               # by ask_first; what has come since and runs, may_run finds
    for ((tries = 500; tries > 0; tries--)); do # more than the 20 s of TimeoutStopSec=
        ask_live ||
            launch_die "$ROVI_EX_NO_GATEWAY" "cannot ask systemd whether the gateway is running"
        ! launch_lacks || launch_die "$ROVI_EX_NO_GATEWAY" "$ROVI_REPLY"
        [[ ${ROVI_ACTIVE_STATE[$ROVI_TARGET]-} == active ]] || launch_die "$ROVI_EX_NO_GATEWAY" "$ROVI_NO_TARGET"
        ! other_stack active || launch_die "$ROVI_EX_BUSY" "$(rovi_busy "$ROVI_REPLY" active)"
        other_stack deactivating || return 0
        other=$ROVI_REPLY
        # It has no lock: it is almost gone, or was refused itself. Wait, so that they do not refuse each other.
        launch_wait_for "stack $other to stop"
        sleep 0.05
    done
    launch_die "$ROVI_EX_BUSY" "$(rovi_busy "$other" deactivating)"
}

# nothing_hinders: whether gateway, hardware and target are active and no other stack is active or stopping, by what
# systemd has said last.
nothing_hinders() {
    ! launch_lacks && [[ ${ROVI_ACTIVE_STATE[$ROVI_TARGET]-} == active ]] && ! other_stack '@(active|deactivating)'
}

# ask_units METHOD SIGNATURE ARG...: rovi_list_units, again and again for up to 10 s: during
# daemon-reexec systemd answers nobody.
ask_units() {
    local until
    rovi_uptime
    until=$((ROVI_REPLY + ROVI_BUS_TIMEOUT_S * 100))
    while ! rovi_list_units "$@"; do
        rovi_nap 0.1
        rovi_uptime
        ((ROVI_REPLY < until)) || return
    done
}

# ask_live: ask_units about those of ours that are not stopped.
ask_live() {
    ask_units ListUnitsByPatterns asas 5 active reloading refreshing activating deactivating 1 'rovi-*'
}

# other_stack STATES [NAME]: whether a stack, other than this one, has an ActiveState that matches STATES, a pattern;
# with NAME, only that stack; sets ROVI_REPLY to its name or to nothing. To a start that has the lock, a stack that is
# activating does not matter.
other_stack() {
    local unit
    for unit in "${!ROVI_ACTIVE_STATE[@]}"; do
        # shellcheck disable=SC2053  # a pattern
        [[ ${ROVI_ACTIVE_STATE[$unit]} == $1 && $unit == rovi-${2:-*}.service ]] || continue
        [[ $unit != "rovi-$stack.service" ]] || continue
        rovi_is_loaded_stack "$unit" || continue # and not only named like one
        ROVI_REPLY=${unit:5:-8}
        return
    done
    ROVI_REPLY=
    return 1
}

# yield_at_boot: if several enabled stacks start at the same time, as at boot, the first by name runs. Otherwise chance
# would decide which one gets the lock. The order is that of 'rovictl enable', whatever the locale.
yield_at_boot() {
    local other LC_ALL=C
    [[ ${ROVI_ROOT-} ]] || rovi_has_boot_link "rovi-$stack.service" || return 0 # a root does not see the links
    ask_units ListUnitsByPatterns asas 0 1 'rovi-*' || return 0                 # check_units reports it
    for other in "${!ROVI_JOB[@]}"; do
        [[ $other == rovi-*.service && $other < rovi-$stack.service && ${ROVI_JOB[$other]} ]] || continue
        rovi_is_loaded_stack "$other" || continue
        [[ ${ROVI_ACTIVE_STATE[$other]} == @(inactive|failed|activating) ]] || continue
        is_enabled "$other" || continue
        is_enabled "rovi-$stack.service" || continue
        launch_die "$ROVI_EX_BUSY" "stack ${other:5:-8} starts at boot, too, and comes first by name: \
an administrator runs 'sudo rovictl disable' for one of them"
    done
}

# ask_first: asks systemd, in one process, all that most starts need to know: which of ours are not stopped, and how
# their ExecStartPre= have ended. systemd answers while the caller does something else, and then first_answer.
ask_first() {
    rovi_send systemctl --system --property=Id,ActiveState,Job,ExecStartPre -- show 'rovi-*.service' "$ROVI_TARGET"
}

# first_answer: fills ROVI_ACTIVE_STATE and ROVI_JOB, as rovi_list_units does, with the answer to ask_first, and BEFORE
# with the ExecStartPre= of this stack's unit. Without an answer they are empty: check_units asks again.
first_answer() {
    local line id rest LC_ALL=C
    local -A said=()
    local -a before=()
    ROVI_ACTIVE_STATE=() ROVI_JOB=() BEFORE=()
    rovi_receive || return 0
    rest=$ROVI_REPLY$'\n\n'
    while [[ $rest ]]; do # by `read` from <<<, bash would ask the kernel for each byte
        line=${rest%%$'\n'*}
        rest=${rest:${#line}+1}
        case $line in
        Id=* | ActiveState=* | Job=*) said[${line%%=*}]=${line#*=} ;;
        ?*) before+=("$line") ;; # systemctl does not mask a newline in a command, so some are not whole
        *)                       # the end of a unit, or an empty line in a command, which comes before the Id
            id=${said[Id]-}
            [[ $id ]] || continue
            rovi_active "${said[ActiveState]-}"
            ROVI_ACTIVE_STATE["$id"]=$ROVI_REPLY
            ROVI_JOB["$id"]=${said[Job]-}
            [[ $id != "rovi-$stack.service" ]] || BEFORE=("${before[@]}")
            said=() before=()
            ;;
        esac
    done
}

# check_before: refuses if an ExecStartPre= of the unit has failed with a status that SuccessExitStatus= lets pass. That
# key is meant for ros2 launch, but systemd applies it to ExecStartPre=, too.
check_before() {
    local line failed='*; ignore_errors=no ;*; code=exited ; status=[1-9]*'
    for line in "${BEFORE[@]}"; do
        # shellcheck disable=SC2053  # a pattern
        [[ $line != $failed ]] ||
            launch_die "$ROVI_EX_CONFIG" \
                "an ExecStartPre= of $stack has failed: 'systemctl status rovi-$stack' says which"
    done
}

# is_enabled UNIT: whether it starts at boot.
is_enabled() {
    rovi_manager GetUnitFileState s "$1" && [[ $ROVI_REPLY == 's "enabled"' ]]
}

# take_request: sets REQUEST_ARGS to what was asked of this start and no other, or to the defaults.
take_request() {
    local by=
    local -a REQUEST=()
    request_take "$stack" "${ROVI_JOB["rovi-$stack.service"]:-none}" "${INVOCATION_ID:-none}" ||
        launch_die "$ROVI_EX_CONFIG" "cannot find out what this start was asked for: \
$ROVI_REQUEST_LOCK or request.$stack beside it cannot be opened or written"
    if ((${#REQUEST[@]})); then
        by=$(id -un "+${REQUEST[0]}" 2>/dev/null) || by="uid ${REQUEST[0]}"
    fi
    request_resolve "$stack" "${REQUEST[1]-}" "${REQUEST[@]:2}" || launch_die $? "$ROVI_REPLY${by:+ (asked for by $by)}"
    [[ ! $by ]] || printf 'asked for by %s: %s\n' "$by" "${REQUEST_TEXT:-nothing but the start}" >&2
}

# note_run: says in the journal what this start runs with, whoever has asked for it and by which way.
note_run() {
    status_read_run "$REQUEST_TEXT"
    journal_later journal_note_in_unit run "$stack starts${REQUEST_TEXT:+ with $REQUEST_TEXT}" "ROVI_STACK=$stack" \
        "ROVI_INVOCATION=${INVOCATION_ID-}" "ROVI_JOB=${ROVI_JOB["rovi-$stack.service"]-}" \
        "ROVI_VARIANT=$STATUS_VARIANT" "ROVI_PARAMETERS=${STATUS_PARAMETERS[*]}"
}

# look_at_keys: for check_keys, looks at the unit's keys, while systemd answers.
look_at_keys() {
    keys_exported
    keys_problems "the unit of $stack declares" stack
}

# check_keys: refuses a start if the unit declares a wrong key: a guard with a misspelt name would guard nothing.
check_keys() {
    ((${#PROBLEMS[@]} == 0)) || launch_die "$ROVI_EX_CONFIG" "${PROBLEMS[0]}"
    [[ ${ROVI_ROOT-} ]] || return 0
    use lib/root
    [[ -f /$ROOT_NOTE ]] || launch_die "$ROVI_EX_CONFIG" "the unit of $stack declares ROVI_ROOT, \
but does not run there: 'sudo rovictl root use $stack NAME' sets all that it takes"
}

# check_guards: refuses a start that would go wrong once it runs.
check_guards() {
    guard_memory "$stack" "${ROVI_MEMORY_NEED-}" "${ROVI_MEMORY_RESERVE-}" 0 || launch_die $? "$ROVI_REPLY" "$GUARD"
    guard_transform "$stack" "${ROVI_PUBLISHES_ODOM_TF-}" "${ROVI_ROS_WS_DIR-}" || launch_die $? "$ROVI_REPLY" "$GUARD"
}

# write_session: writes the session file in the background, while the environment loads. A line on the descriptor
# session_fd says that it is written. It is no job with a status, which a setup file's own `wait` would take away.
write_session() {
    launch_subject "$stack"
    exec {session_fd}< <(launch_session "$ROVI_REPLY" "${INVOCATION_ID:-$$}" 9>&- && echo written)
}

# wait_for_devices: waits until each of $ROVI_DEVICES is there and this user may open it. udev makes a device before
# it gives it its group. TimeoutStartSec= limits the wait.
wait_for_devices() {
    local device
    local -a devices
    IFS=' ' read -ra devices <<<"${ROVI_DEVICES-}"
    for device in "${devices[@]}"; do
        until [[ -r $device && -w $device ]]; do
            launch_wait_for "$device$([[ ! -e $device ]] || printf ', which %s may not open' "$(id -un)")"
            rovi_nap 0.2
        done
    done
}

# may_run UNIT: asks again, before READY=1, whether the gateway is still active and no other stack runs. If not, fails
# with the contract's code, and ROVI_REPLY says why. A lock file can be removed, and a node can unlock the descriptor
# that it has inherited: then two stacks start, and this ends the one that came later. Once the start has begun, it does
# not matter when this asks: of two, the later one always sees the other. If that is still starting or stopping, it
# waits.
may_run() {
    local unit=$1 stack=${1:5:-8}
    while true; do
        ask_live || return
        ! launch_lacks || return "$ROVI_EX_NO_GATEWAY"
        if other_stack active; then
            ROVI_REPLY=$(rovi_busy "$ROVI_REPLY" active)
            return "$ROVI_EX_BUSY"
        fi
        if earlier_stack "$unit"; then
            launch_wait_for "stack $ROVI_REPLY, which has started earlier"
        elif other_stack deactivating; then # its lock is gone, but not its nodes
            launch_wait_for "stack $ROVI_REPLY to stop"
        else
            return 0
        fi
        rovi_nap 0.1
    done
}

# earlier_stack UNIT: whether another stack that is still starting came before UNIT; sets ROVI_REPLY to its name.
earlier_stack() {
    local other mine LC_ALL=C
    for other in "${!ROVI_ACTIVE_STATE[@]}"; do
        [[ ${ROVI_ACTIVE_STATE[$other]} == activating && $other == rovi-*.service ]] || continue
        [[ $other != "$1" ]] || continue
        rovi_is_loaded_stack "$other" || continue
        rovi_unit_time "$1" InactiveExitTimestampMonotonic || continue
        mine=$ROVI_REPLY
        rovi_unit_time "$other" InactiveExitTimestampMonotonic || continue
        if ((ROVI_REPLY < mine)) || [[ $ROVI_REPLY == "$mine" && $other < $1 ]]; then
            ROVI_REPLY=${other:5:-8}
            return
        fi
    done
    return 1
}

# may_stop NAME: refuses if the motion guard that the unit of the stack NAME declares says no.
may_stop() {
    check_declared "$1" || launch_die "$ROVI_EX_GUARD" "systemd does not say what $1 declares" motion
    [[ ${DECLARED[ROVI_MOTION_GUARD]-} ]] || return 0
    check_environment || launch_load_env
    launch_check "${DECLARED[ROVI_MOTION_GUARD]}" "${CHECK_AS[@]}" || launch_die "$ROVI_EX_GUARD" "$ROVI_REPLY" motion
}

# ask NAME-NUMBER: starts or restarts the stack NAME as the request NAME-NUMBER says, and leaves the job for rovictl to
# read. If it does not, it leaves the code and the reason.
ask() {
    local stack=${1%-*} job
    local -a REQUEST=()
    find "$ROVI_RUN" -mindepth 1 -maxdepth 1 -name 'answer.*' -cmin +3 -delete
    request_claim "$1" || refuse_request "$1" "$ROVI_EX_USAGE" "$1 is not a request: $ROVI_REPLY"
    # Old requests that nobody has come back for, by a time that their owner cannot set.
    find "$ROVI_REQUESTS" -mindepth 1 -cmin +3 -delete 2>/dev/null
    request_lock ||
        refuse_request "$1" "$ROVI_EX_CONFIG" \
            "cannot take the lock $ROVI_REQUEST_LOCK: an administrator checks that file"
    ask_units ListUnitsByNames as 1 "rovi-$stack.service" ||
        refuse_request "$1" "$ROVI_EX_UNAVAILABLE" "systemd does not answer: $ROVI_REPLY"
    if [[ ${REQUEST[0]} == start ]]; then
        # A start that is under way is somebody else's, and has already taken what it was asked for.
        [[ ${ROVI_ACTIVE_STATE["rovi-$stack.service"]} == @(inactive|failed) &&
            ! ${ROVI_JOB["rovi-$stack.service"]} ]] ||
            refuse_request "$1" "$ROVI_EX_BUSY" "somebody else has already started or stopped $stack, \
without what you asked for: see 'rovictl status', then 'rovictl restart $stack …'"
        rovi_manager StartUnit ss "rovi-$stack.service" replace
    else
        rovi_manager RestartUnit ss "rovi-$stack.service" replace
    fi || refuse_request "$1" "$ROVI_EX_UNAVAILABLE" "systemd does not ${REQUEST[0]} $stack: $ROVI_REPLY"
    job=${ROVI_REPLY##*/} # o "/org/freedesktop/systemd1/job/12"
    if request_note "$stack" "${job%\"}" '' "$REQUEST_BY" "${REQUEST[@]:2}"; then
        answer_request "$1" 0 "${job%\"}"
        return
    fi
    rovi_manager StopUnit ss "rovi-$stack.service" replace # before it runs with something that was not asked for
    refuse_request "$1" "$ROVI_EX_CONFIG" "cannot write in $ROVI_RUN, so $stack was stopped: is there no room?"
}

# clear_refused NAME: for the end of the stack NAME: other stacks that were refused because of it are no longer FAILED,
# because the reason is not true any more. A stack that was refused itself was in nobody's way. Without rules of polkit
# it takes root: see install/permit.sh.
clear_refused() {
    local unit
    launch_status_text "rovi-$1.service" || return 0
    status_read "$ROVI_REPLY"
    [[ ! $STATUS_CODE ]] || return 0
    rovi_list_units ListUnitsByPatterns asas 1 failed 1 'rovi-*.service' || return 0
    for unit in "${!ROVI_ACTIVE_STATE[@]}"; do
        [[ $unit != "rovi-$1.service" && ${ROVI_ACTIVE_STATE["$unit"]} == failed ]] || continue
        if ! rovi_valid_name "${unit:5:-8}" || ! launch_status_text "$unit"; then
            continue
        fi
        status_read "$ROVI_REPLY"
        [[ $STATUS_CODE != "$ROVI_EX_BUSY" ]] || rovi_manager ResetFailedUnit s "$unit" || true
    done
}

# refuse_request NAME CODE SENTENCE: leaves CODE and SENTENCE for rovictl, and ends ask.
refuse_request() {
    answer_request "$@"
    launch_die "$2" "$3"
}

# answer_request NAME CODE TEXT: leaves CODE and TEXT for rovictl: 0 and the job, or a code of the contract and why.
answer_request() {
    local file=$ROVI_RUN/answer.$1
    rm -rf -- "$file" && printf '%s\n' "$2" "$3" >"$file"
}

# start_launch SESSION ARG...: launch_exec ARG... in the robot's environment, once write_session has done its part. This
# is a function, so that its arguments are expanded before the environment is loaded: its files may use the same names.
start_launch() {
    local session=$1
    launch_load_env "$stack"
    read -ru "$session" _ ||
        launch_die "$ROVI_EX_CONFIG" "cannot write the session file in ${HOME-}/${ROVI_SESSION%/*}, \
or its lock $ROVI_SESSION_LOCK: is there no room, no right to write, or is it not a plain file?"
    exec {session}<&-
    launch_exec "${@:2}"
}

(($# != 1)) || ask_first # a start
use lib/changes lib/stacks lib/declared lib/keys lib/status_text lib/session lib/request lib/guard lib/check \
    lib/command lib/launch lib/launch_watch lib/journal_note

if [[ $# == 2 && $1 == --clear ]]; then
    clear_refused "${2#rovi-}"
    exit
fi
changes_say
if [[ $# == 2 && $1 == --stopped ]]; then
    use lib/launch_end lib/health
    launch_session '' "${INVOCATION_ID:?is set by systemd}" || printf 'cannot remove the session file\n' >&2
    launch_forget_check
    launch_job "rovi-$2.service"
    [[ $LAUNCH_JOB_TYPE != restart ]] || request_carry "$2" "$LAUNCH_JOB" "$INVOCATION_ID" ||
        printf 'it starts again with its defaults: cannot read or write request.%s beside %s\n' \
            "$2" "$ROVI_REQUEST_LOCK" >&2
    clear_refused "$2"
    (launch_check_end "rovi-$2.service")
    status=$?
    health_forget "$2"
    changes_say # systemd calls the unit stopped or failed as soon as this script has ended
    exit "$status"
fi
if [[ $# == 2 && $1 == --may-stop ]] && rovi_valid_name "$2"; then
    launch_stop_on_sigint
    may_stop "$2"
    exit
fi
if [[ $# == 2 && $1 == --ask && $2 =~ -[0-9]{12}$ ]] && rovi_valid_name "${2%-*}"; then
    ask "$2"
    exit
fi
if [[ $# == 2 && $1 == --root ]]; then
    use lib/root
    ! root_problem "$2" || launch_die "$ROVI_EX_CONFIG" "$ROVI_REPLY"
    exit
fi
if (($# != 1)) || rovi_runs_always "$1" || ! rovi_valid_name "$1"; then
    launch_die "$ROVI_EX_USAGE" "usage: run_stack.sh NAME, where rovi-NAME.service is the stack's unit"
fi
stack=$1

# What can refuse comes first. The environment comes last, because it can take seconds; the session file is written
# meanwhile.
# shellcheck disable=SC2086  # words
launch_need $LAUNCH_NEEDS
launch_stop_on_sigint
look_at_keys
first_answer
check_before
yield_at_boot
take_lock
check_units
check_keys
take_request
note_run
check_guards
write_session
wait_for_devices
launch_command "$stack" "${REQUEST_ARGS[@]}"
start_launch "$session_fd" "rovi-$stack.service" may_run "$REQUEST_TEXT" \
    "${COMMAND[@]}"
