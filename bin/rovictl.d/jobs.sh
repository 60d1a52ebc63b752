# shellcheck shell=bash
# jobs.sh: the verbs that have systemd do something, and wait: start, stop, restart, switch, wait, gateway.

use lib/contract lib/run lib/bus rovictl.d/say rovictl.d/ask rovictl.d/tell rovictl.d/await
[[ $verb == @(wait|gateway) ]] || use rovictl.d/guards

cmd_start() {
    need_unit "$1"
    set_deadline
    look_for "$1"
    bring_up StartUnit "$1"
}

cmd_restart() {
    need_unit "$1"
    check_force
    set_deadline
    look_for "$1"
    if [[ ${ACTIVE[$1]-} == active ]]; then
        refuse_by_guards "$1" "$1"
        ask_motion_guard "$1"
    fi
    bring_up RestartUnit "$1"
}

# look_for NAME: look, and at the unit by name: a pattern leaves out what is inactive, though systemd still knows its
# last start. And whether the stack takes what is asked for beside the name.
look_for() {
    try_look 'rovi-*' "rovi-$1.service" || die_of_bus
    ! has_request || { use rovictl.d/request && check_request "$1"; }
}

has_request() {
    [[ ${option[--variant]-} || ${parameters[0]-} ]]
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

# cmd_switch NAME: in subshells, because each half ends rovictl where it fails.
cmd_switch() {
    local name=$1 other code out=1
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
        [[ ! ${option[--json]-} ]] || exec {out}>/dev/null # one object, of what was asked for
        (take_down "$other") >&"$out"
        code=$?
        ((code == 0)) || { say_what_runs "$name was not started" && exit "$code"; }
        look_for "$name"
    fi
    (bring_up StartUnit "$name")
    code=$?
    ((code == 0)) || [[ ! $other ]] || say_what_runs "$other was stopped"
    exit "$code"
}

# need_loaded NAME: ends rovictl if systemd will not start the unit; better known before a stop.
need_loaded() {
    local state=${UNIT[rovi-$1.service/LoadState]-}
    [[ $state == loaded ]] ||
        die "$ROVI_EX_UNAVAILABLE" "systemd does not load rovi-$1.service ($state): an administrator looks at 'systemctl status rovi-$1'"
}

# say_what_runs SENTENCE: after a switch that went wrong.
say_what_runs() {
    local name
    ROVI_DEADLINE= # this last look is owed in any case
    if ! try_look 'rovi-*'; then
        complain "$1; what runs now cannot be told"
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

# cmd_wait NAME: polls, because systemd's signals reach nobody but root before busctl 257.
cmd_wait() {
    local name=$1 unit=rovi-$1.service wanted=${option[--state]:-running} lost='' before='' seen=''
    need_unit "$name" gateway
    set_deadline
    while true; do
        if try_look "$unit"; then
            lost=
            state "$name"
            if is_wanted "$wanted" "$ROVI_REPLY"; then
                show_json "$name"
                say "$name is $ROVI_REPLY"
                return
            fi
            # A failure from before does not end the wait: a start may be on its way.
            if [[ $ROVI_REPLY == FAILED && $seen && $seen/$before != "FAILED/${UNIT[$unit/InvocationID]-}" ]]; then
                show_json "$name"
                die_of_failure "$name" failed
            fi
            seen=$ROVI_REPLY before=${UNIT[$unit/InvocationID]-}
        else
            bus_is_back || die_of_bus
        fi
        [[ $lost ]] || ! is_late || die "$ROVI_EX_TIMEOUT" "$name is $seen, not ${wanted//,/ or }, after ${option[--timeout]:-$ROVI_TIMEOUT_S} s$(said "$name")"
        rovi_nap 0.1
    done
}

# is_wanted LIST STATE: whether LIST, of small letters and commas, names STATE.
is_wanted() {
    local LC_ALL=C # elsewhere a capital i may be another letter
    [[ ",${1^^}," == *",$2,"* ]]
}

# cmd_gateway ACTION: whether the caller may is polkit's to say.
cmd_gateway() {
    local action=$1 method other
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
        [[ ! $other || ${option[--no-wait]-} ]] || say "$other $([[ $action == stop ]] && printf 'stopped with it' || printf 'is started again')"
        ;;
    enable | disable)
        method=EnableUnitFiles
        local -a arguments=(asbb 1 "$ROVI_GATEWAY" false false)
        [[ $action == enable ]] || method=DisableUnitFiles arguments=(asb 1 "$ROVI_GATEWAY" false)
        rovi_manager "$method" "${arguments[@]}" || die_of_bus
        rovi_manager Reload || die_of_bus
        try_look "$ROVI_GATEWAY" || die_of_bus
        show_json gateway
        say "the gateway is ${action}d: it $([[ $action == enable ]] || printf 'no longer ')starts at boot"
        ;;
    esac
}

# bring_up METHOD NAME: StartUnit or RestartUnit, after what can be said without trying. The caller
# has looked.
bring_up() {
    local method=$1 name=$2 unit=rovi-$2.service before invocation ended other
    if [[ $name != gateway ]]; then
        active_stack "$name"
        other=$ROVI_REPLY
        if [[ $other ]]; then
            show_json "$name"
            record active "$other"
            die "$ROVI_EX_BUSY" "$(rovi_busy "$other" "${ACTIVE[$other]}"), or 'rovictl switch $name'"
        fi
    fi
    if [[ $method == StartUnit && ${ACTIVE[$name]-} == active ]]; then
        show_json "$name"
        ! has_request || runs_as_asked "$name" || record active "$name"
        ! has_request || runs_as_asked "$name" ||
            die "$ROVI_EX_BUSY" "$name runs already, ${UNIT[$unit/StatusText]:+with ${UNIT[$unit/StatusText]}, }not as asked: use 'rovictl restart $name …'"
        say "$name runs already"
        return
    fi
    before=${UNIT[$unit/InvocationID]-}
    if needs_request "$method" "$name"; then
        use rovictl.d/request
        ask_for "$name" "$([[ $method == StartUnit ]] && printf start || printf restart)"
    else
        ask_systemd "$method" "$unit"
    fi
    ! leave_alone "$name" || return 0
    settle "$name"
    show_json "$name"
    ended=${ACTIVE[$name]} invocation=${UNIT[$unit/InvocationID]-} # look may find it unloaded
    if [[ $ended == active ]]; then
        ! has_request || runs_as_asked "$name" || runs_otherwise "$name"
        say "$name runs"
        return
    fi
    look
    [[ $name == gateway ]] || refuse_without_gateway
    # The same invocation as before: what the unit shows is the end of an earlier start.
    if [[ $invocation == "$before" ]]; then
        use rovictl.d/why
        failed_need "$name"
        die "$ROVI_EX_FAILED" "$name was not started${ROVI_REPLY:-, its start was cancelled or could not begin: see 'rovictl status'}"
    fi
    [[ $ended != failed ]] || die_of_failure "$name" failed
    die "$ROVI_EX_FAILED" "$name was stopped meanwhile: see 'rovictl status'"
}

# needs_request METHOD NAME: whether the start must be told what it is asked for. That may be nothing: a restart of what
# runs with a variant or parameters, or may yet, would go on with them. A unit that systemd does not load is left to
# systemd's own words.
needs_request() {
    local unit=rovi-$2.service
    [[ $2 != gateway && ${UNIT[$unit/LoadState]-loaded} == loaded ]] || return
    ! has_request || return 0
    [[ $1 == RestartUnit ]] || return
    case ${ACTIVE[$2]-inactive} in
    active) [[ ${UNIT[$unit/StatusText]-} ]] ;;
    activating | deactivating) return 0 ;;
    *) return 1 ;;
    esac
}

# ask_systemd METHOD UNIT: StartUnit, StopUnit or RestartUnit; ends rovictl if systemd refuses. A job in mode
# replace-irreversibly, which any operator can queue, stands in the way of everybody. systemd does not say which one it
# is, so root takes away all that our services have, and asks again.
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

# take_down NAME: StopUnit. The caller has looked.
take_down() {
    local name=$1 unit=rovi-$1.service was before
    if [[ ${ACTIVE[$name]-inactive} == @(inactive|failed) ]]; then
        show_json "$name"
        say "$name is not running$([[ ${ACTIVE[$name]-} != failed ]] || printf ', it has failed')"
        return
    fi
    was=${UNIT[$unit/ActiveState]} before=${UNIT[$unit/InvocationID]-}
    ask_systemd StopUnit "$unit"
    ! leave_alone "$name" || return 0
    settle "$name"
    show_json "$name"
    case $was/${ACTIVE[$name]} in
    */inactive | failed/failed) say "$name stopped" ;; # failed before: only a start was queued
    */failed) die_of_failure "$name" "is stopped, but not cleanly" ;;
    *)
        [[ ${UNIT[$unit/InvocationID]-} != "$before" ]] ||
            die "$ROVI_EX_FAILED" "$name still runs, its stop was cancelled: see 'rovictl status'"
        die "$ROVI_EX_FAILED" "$name was started again meanwhile: see 'rovictl status'"
        ;;
    esac
}

# leave_alone NAME: whether --no-wait says to. systemd has the job by now.
leave_alone() {
    [[ ${option[--no-wait]-} ]] || return
    [[ ! ${option[--json]-} ]] || try_look "rovi-$1.service" || die_of_bus
    show_json "$1"
    say "$1: systemd has been asked, see 'rovictl status'"
}
