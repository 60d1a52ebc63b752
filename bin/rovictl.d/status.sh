# shellcheck shell=bash
# status.sh: the verb status.

use lib/contract lib/text lib/run rovictl.d/say rovictl.d/look rovictl.d/ask

# cmd_status [NAME...]: exits as systemctl status does: with 3 if one of the units, or without NAME the gateway, does
# not run.
cmd_status() {
    local name
    if [[ ${option["--json"]-} ]]; then status_objects "$@"; else status_table "$@"; fi
    (($#)) || set -- gateway
    for name in "$@"; do
        [[ ${ACTIVE[$name]-inactive} != @(inactive|failed) ]] || exit "$ROVI_EX_STOPPED"
    done
}

# status_table [NAME...]: prints the table for a person. It is fast: one process, and everything else while that runs.
status_table() {
    local name
    [[ $ROVI_PID ]] || send_look 'rovi-*.service'
    use rovictl.d/table
    find_stacks
    find_layout
    receive_look || try_again 'rovi-*.service' || die_of_bus
    for name in "$@"; do
        is_unit "$name" gateway || die_of_name "$name" gateway
    done
    [[ ! ${option["--quiet"]-} ]] || return 0
    if (($# == 0)); then
        table "${always[@]}" "${stacks[@]}"
    else
        table "$@"
    fi
    (($# != 1 || width == 0)) || log_below "$1"
}

# log_below NAME: prints, on a terminal, the last lines that the unit has logged since it was last started, as systemctl
# status does, if the caller may read them.
log_below() {
    local line invocation=${UNIT["rovi-$1.service/InvocationID"]-}
    local -a lines=()
    [[ $invocation ]] || return 0
    use rovictl.d/journal
    may_read_journal || return 0
    mapfile -t lines < <(LC_ALL=C journalctl --quiet --no-pager --output=short --lines="$LOG_LINES" \
        "_SYSTEMD_INVOCATION_ID=$invocation" 2>/dev/null)
    ((${#lines[@]} == 0)) || put ''
    for line in "${lines[@]}"; do # without the day, the host and the unit, for which there is no room
        [[ ! $line =~ ^...\ ..\ ([0-9:]{8})\ [^\ ]+\ [^\ ]+:\ (.*)$ ]] || line="${BASH_REMATCH[1]} ${BASH_REMATCH[2]}"
        rovi_printable "$line"
        put "${ROVI_REPLY:0:width}"
    done
}

# status_objects [NAME...]: prints the objects for a program, and reads what it needs for that while systemd answers. It
# asks about these units by name; or by pattern, so that systemd need not load all that is stopped.
status_objects() {
    local name
    local -a units=('rovi-*.service')
    find_stacks
    for name in "$@"; do
        need_unit "$name" gateway
    done
    if (($#)); then
        units=("${@/#/rovi-}")
        units=("${units[@]/%/.service}")
    fi
    [[ $ROVI_PID && ! $* ]] || TZ=UTC send_look "${units[@]}" # bin/rovictl may have done it
    use rovictl.d/json
    receive_look || try_again "${units[@]}" || die_of_bus
    (($#)) || look_at_rest
    (($#)) || set -- "${always[@]}" "${stacks[@]}"
    for name in "$@"; do
        print_json "$name"
    done
}

# look_at_rest: after a look by pattern: adds to UNIT what systemd would say about the stacks that it has not loaded.
# For the gateway and the hardware it asks.
look_at_rest() {
    local name unit
    for name in "${always[@]}"; do
        [[ ! ${UNIT["rovi-$name.service/Id"]-} ]] || continue
        try_look 'rovi-*.service' "${always[@]/#/rovi-}" || die_of_bus
        break
    done
    for name in "${stacks[@]}"; do
        unit=rovi-$name.service
        [[ ! ${UNIT["$unit/Id"]-} ]] || continue
        UNIT["$unit/LoadState"]=loaded UNIT["$unit/SubState"]=dead UNIT["$unit/Result"]=success
        UNIT["$unit/ActiveState"]=inactive ACTIVE["$name"]=inactive
        unit_file_state "$name"
        UNIT["$unit/UnitFileState"]=$ROVI_REPLY
    done
}

# unit_file_state NAME: sets ROVI_REPLY to the UnitFileState (org.freedesktop.systemd1(5)) of an installed stack that
# systemd has not loaded.
unit_file_state() {
    local text file=${stack_file["$1"]}
    ROVI_REPLY=enabled
    ! starts_at_boot "$1" || return 0
    ROVI_REPLY=linked
    [[ ! -L $file ]] || return 0
    IFS= read -rd '' text <"$file"
    ROVI_REPLY=static
    [[ $'\n'$text != *$'\n[Install]'* ]] || ROVI_REPLY=disabled
}
