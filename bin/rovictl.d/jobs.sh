# shellcheck shell=bash
# jobs.sh: the verbs that ask systemd for a change, and wait: start, stop, restart, switch, wait, gateway.

use lib/contract lib/changes lib/run lib/bus rovictl.d/verbs rovictl.d/say rovictl.d/ask rovictl.d/tell \
    rovictl.d/await rovictl.d/progress rovictl.d/note
[[ $verb == @(wait|gateway) ]] || use rovictl.d/guards

cmd_start() {
    need_unit "$1"
    set_deadline
    look_for "$1"
    if [[ ${option["--dry-run"]-} ]]; then
        refuse_other "$1"
        refuse_without_gateway
        need_loaded "$1"
        refuse_by_guards "$1"
        use rovictl.d/show
        show_start "$1"
    else
        bring_up StartUnit "$1"
    fi
}

cmd_restart() {
    need_unit "$1"
    check_force
    if [[ ${option["--same"]-} ]]; then
        ! has_request || bad_usage "--same asks for what the last start was asked for: leave the rest out"
        use rovictl.d/request
        take_last_request "$1"
    fi
    set_deadline
    look_for "$1"
    if [[ ${ACTIVE[$1]-} == active ]]; then
        refuse_by_guards "$1" "$1"
        ask_motion_guard "$1"
    fi
    bring_up RestartUnit "$1"
}

# look_for NAME: looks, and looks at the unit by name: a pattern leaves out an inactive unit, of which systemd may still
# know the last start. Ends rovictl if the stack does not take the variant and parameters that are asked for.
look_for() {
    try_look_all "rovi-$1.service" || die_of_bus
    ! has_request || { use rovictl.d/request && check_request "$1"; }
}

has_request() {
    [[ ${option["--variant"]-} || ${parameters[0]-} ]]
}

cmd_stop() {
    local name=${1-}
    find_stacks
    [[ ! $name ]] || need_unit "$name" gone
    check_force
    set_deadline
    look
    if [[ ! $name ]]; then
        active_stack
        name=$ROVI_REPLY
        need_no_other "$name"
    fi
    if [[ ! $name ]]; then
        say "no stack is active"
        return
    fi
    ask_motion_guard "$name"
    take_down "$name"
}

# cmd_switch NAME: runs each half in a subshell, because a half that fails ends rovictl. --no-wait is for the second
# half: the first must have ended before it.
cmd_switch() {
    local name=$1 other code out=1 halves=first
    need_unit "$name"
    check_force
    set_deadline
    look_for "$name"
    refuse_without_gateway # before anything is stopped
    active_stack "$name"
    other=$ROVI_REPLY
    if [[ $other ]]; then
        need_loaded "$name"
        refuse_by_guards "$name" "$other"
        ask_motion_guard "$other"
        [[ ! ${option["--json"]-} ]] || exec {out}>/dev/null # only the object of the stack that was asked for
        trap end_switch INT
        (trap interrupted INT && take_down "$other") >&"$out"
        code=$?
        if ((code != 0)); then
            say_what_runs "$name was not started"
            exit "$code"
        fi
        look_for "$name"
    fi
    halves=second
    trap end_switch INT
    (trap interrupted INT && bring_up StartUnit "$name")
    code=$?
    ((code == 0)) || [[ ! $other ]] || say_what_runs "$other was stopped"
    exit "$code"
}

# end_switch: for Ctrl-C in a switch, as interrupted: says which half of it was done, too. Uses cmd_switch's name, other
# and halves.
end_switch() {
    trap 'exit 130' INT
    if [[ $halves == first ]]; then
        (say_what_runs "$name was not started")
    else
        (say_what_goes_on "$name" "${other:+$other was stopped; }")
    fi
    exit 130
}

# need_loaded NAME: ends rovictl if systemd does not load the unit; to be called before anything is stopped.
need_loaded() {
    local state=${UNIT["rovi-$1.service/LoadState"]-}
    [[ $state == loaded ]] ||
        die "$ROVI_EX_UNAVAILABLE" "systemd does not load rovi-$1.service ($state): \
an administrator looks at 'systemctl status rovi-$1'"
}

# say_what_runs SENTENCE: complains with SENTENCE and what runs now, after a switch that failed.
say_what_runs() {
    local name
    ROVI_DEADLINE= # this last look must not be cut short
    if ! try_look_all; then
        complain "$1; rovictl cannot find out what runs now"
        return
    fi
    active_stack
    if [[ $ROVI_REPLY ]]; then
        name=$ROVI_REPLY
        state "$name"
        complain "$1; $name is $ROVI_REPLY now"
    else
        complain "$1; no stack is active now"
    fi
}

# cmd_wait NAME: waits for a state.
cmd_wait() {
    local name=$1 unit=rovi-$1.service wanted=${option["--state"]:-running} lost='' before='' seen=''
    need_unit "$name" gateway
    set_deadline
    awaited=$name
    changes_open
    while true; do
        if try_look "$unit"; then
            lost=
            state "$name"
            if is_wanted "$wanted" "$ROVI_REPLY"; then
                end_progress
                show_json "$name"
                say "$name is $ROVI_REPLY"
                return
            fi
            # A failure from before does not end the wait: a start may be under way.
            if [[ $ROVI_REPLY == FAILED && $seen && $seen/$before != "FAILED/${UNIT["$unit/InvocationID"]-}" ]]; then
                end_progress
                show_json "$name"
                die_of_failure "$name" failed
            fi
            seen=$ROVI_REPLY before=${UNIT["$unit/InvocationID"]-}
            progress "$name"
        else
            bus_is_back || { end_progress && die_of_bus; }
        fi
        if [[ ! $lost ]] && is_late; then
            end_progress
            seen+=", not ${wanted//,/ or }, after ${option["--timeout"]:-$ROVI_TIMEOUT_S} s"
            die "$ROVI_EX_TIMEOUT" "$name is $seen$(said "$name")"
        fi
        await_change "$AWAIT_MS" "$AWAIT_STOP_MS"
    done
}

# is_wanted LIST STATE: whether LIST, words with commas between them, contains STATE.
is_wanted() {
    local LC_ALL=C # in other locales a capital i may be another letter
    [[ ",${1^^}," == *",$2,"* ]]
}

# cmd_gateway ACTION: polkit decides whether the caller may do it.
cmd_gateway() {
    local action=$1 other
    find_stacks
    set_deadline
    case $action in
    status) use rovictl.d/status && cmd_status gateway ;;
    start) look_for gateway && bring_up StartUnit gateway ;;
    restart | stop)
        look_for gateway
        active_stack
        other=$ROVI_REPLY
        if [[ $action == stop ]]; then take_down gateway; else bring_up RestartUnit gateway; fi
        [[ ! $other || ${option["--no-wait"]-} ]] ||
            say "$other $([[ $action == stop ]] && printf 'stopped with it' ||
                printf "starts again: see 'rovictl status'")"
        ;;
    enable | disable) use rovictl.d/boot && set_boot "$action" gateway ;;
    esac
}

# bring_up METHOD NAME: calls StartUnit or RestartUnit, unless it is known before that this would be refused or change
# nothing. The caller has looked.
bring_up() {
    local method=$1 name=$2 unit=rovi-$2.service word=restart text before invocation ended
    [[ $method == RestartUnit ]] || word=start
    rovi_runs_always "$name" || refuse_other "$name"
    if [[ $method == StartUnit && ${ACTIVE[$name]-} == active ]]; then
        show_json "$name"
        if has_request && ! runs_as_asked "$name"; then
            record active "$name"
            text=${UNIT["$unit/StatusText"]-}
            die "$ROVI_EX_BUSY" \
                "$name is already running, ${text:+with $text, }not as asked: use 'rovictl restart $name …'"
        fi
        say "$name is already running"
        return
    fi
    before=${UNIT["$unit/InvocationID"]-} awaited=$name
    if needs_request "$method" "$name"; then
        use rovictl.d/request
        ask_for "$name" "$word"
    else
        ask_systemd "$method" "$unit"
    fi
    note_job "$word" "$name"
    ! leave_alone "$name" "$word" || return 0
    settle "$name"
    show_json "$name"
    ended=${ACTIVE[$name]} invocation=${UNIT["$unit/InvocationID"]-} # systemd may have unloaded it at the next look
    if [[ $ended == active ]]; then
        ! has_request || runs_as_asked "$name" || runs_otherwise "$name"
        say "$name runs"
        return
    fi
    look
    rovi_runs_always "$name" || refuse_without_gateway
    # The invocation has not changed: the unit still shows how an earlier start ended.
    if [[ $invocation == "$before" ]]; then
        use rovictl.d/why
        failed_need "$name"
        [[ $ROVI_REPLY ]] || ! is_cut_short "$name" || die "$ROVI_EX_FAILED" "$name was $ROVI_REPLY"
        ROVI_REPLY=${ROVI_REPLY:-"its start was cancelled or could not begin: see 'rovictl status'"}
        die "$ROVI_EX_FAILED" "$name was not started: $ROVI_REPLY"
    fi
    [[ $ended != failed ]] || die_of_failure "$name" failed
    ! is_cut_short "$name" || die "$ROVI_EX_FAILED" "$name was $ROVI_REPLY"
    die "$ROVI_EX_FAILED" "$name was stopped meanwhile: see 'rovictl status'"
}

# refuse_other NAME: ends rovictl if another stack is active. The caller has looked.
refuse_other() {
    local other
    active_stack "$1"
    other=$ROVI_REPLY
    [[ $other ]] || return 0
    show_json "$1"
    record active "$other"
    die "$ROVI_EX_BUSY" "$(rovi_busy "$other" "${ACTIVE[$other]}"), or 'rovictl switch $1'"
}

# is_cut_short NAME: as stopped_by.
is_cut_short() {
    use rovictl.d/cut_short
    stopped_by "$1"
}

# needs_request METHOD NAME: whether the start must be told what is asked for, even if that is nothing: a stack that
# runs with a variant or parameters, or may soon, would keep them in a restart. If systemd does not load the unit,
# systemd itself says why.
needs_request() {
    local unit=rovi-$2.service
    ! rovi_runs_always "$2" || return
    [[ ${UNIT["$unit/LoadState"]-loaded} == loaded ]] || return
    ! has_request || return 0
    [[ $1 == RestartUnit ]] || return
    case ${ACTIVE[$2]-inactive} in
    active) [[ ${UNIT["$unit/StatusText"]-} ]] ;;
    activating | deactivating) return 0 ;;
    *) return 1 ;;
    esac
}

# ask_systemd METHOD UNIT: calls StartUnit, StopUnit or RestartUnit; ends rovictl if systemd refuses. Any operator can
# queue a job in mode replace-irreversibly, which blocks everybody. systemd does not say which job that is, so root
# cancels all jobs of our services and asks again.
ask_systemd() {
    local other
    ask_for_job "$1" "$2" && return
    [[ $EUID == 0 && $ROVI_REPLY == *destructive* ]] || die_of_bus
    rovi_list_units ListUnitsByPatterns asas 0 1 'rovi-*' || die_of_bus
    for other in "${!ROVI_JOB[@]}"; do
        [[ $other == rovi-*.service && ${ROVI_JOB[$other]} ]] || continue
        rovi_manager CancelJob u "${ROVI_JOB[$other]}" || true # it may have ended meanwhile
    done
    ask_for_job "$1" "$2" || die_of_bus
}

# take_down NAME: stops the unit. The caller has looked.
take_down() {
    local name=$1 unit=rovi-$1.service was before
    if [[ ${ACTIVE[$name]-inactive} == @(inactive|failed) ]]; then
        show_json "$name"
        say "$name is not running$([[ ${ACTIVE[$name]-} != failed ]] || printf ': it has failed')"
        return
    fi
    was=${UNIT["$unit/ActiveState"]} before=${UNIT["$unit/InvocationID"]-} awaited=$name
    ask_systemd StopUnit "$unit"
    note_job stop "$name"
    ! leave_alone "$name" stop || return 0
    settle "$name"
    show_json "$name"
    case $was/${ACTIVE[$name]} in
    */inactive | failed/failed) say "$name stopped" ;; # failed before, too: only a start was queued
    */failed) die_of_failure "$name" "stopped, but not cleanly" ;;
    *)
        [[ ${UNIT["$unit/InvocationID"]-} != "$before" ]] ||
            die "$ROVI_EX_FAILED" "$name still runs because its stop was cancelled: see 'rovictl status'"
        die "$ROVI_EX_FAILED" "$name was started again meanwhile: see 'rovictl status'"
        ;;
    esac
}

# leave_alone NAME WHAT: with --no-wait, says that WHAT was requested; fails without it, and in the first half of a
# switch. systemd already has the job.
leave_alone() {
    [[ ${option["--no-wait"]-} && ${halves-} != first ]] || return
    [[ ! ${option["--json"]-} ]] || try_look "rovi-$1.service" || die_of_bus
    show_json "$1"
    say "$1: $2 requested: see 'rovictl status'"
}
