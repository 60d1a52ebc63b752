# shellcheck shell=bash
# status.sh: the verb status.

use lib/contract rovictl.d/say rovictl.d/look rovictl.d/ask

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
    [[ $LOOK_SENT ]] || send_look "${OURS[0]}"
    use rovictl.d/table
    find_stacks
    find_layout
    (($#)) || lay_out "${always[@]}" "${stacks[@]}"
    receive_look || try_again "${OURS[0]}" || die_of_bus
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
    use lib/text rovictl.d/journal
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

# status_objects [NAME...]: prints the objects for a program. It looks at these units, or at all, also at those that
# systemd has to load first; and reads what it needs then while systemd answers.
status_objects() {
    local name objects=''
    local -a units
    (($#)) || [[ $LOOK_SENT ]] || TZ=UTC send_look_at_all
    find_stacks
    for name in "$@"; do
        need_unit "$name" gateway
    done
    units=("$@")
    (($#)) || units=("${always[@]}" "${stacks[@]}")
    units=("${units[@]/#/rovi-}")
    units=("${units[@]/%/.service}")
    if (($#)); then
        TZ=UTC send_look "${units[@]}"
    else
        units+=("${OURS[0]}") # those whose unit file has gone
    fi
    use rovictl.d/json
    receive_look || try_again "${units[@]}" || die_of_bus
    (($#)) || set -- "${always[@]}" "${stacks[@]}"
    for name in "$@"; do
        [[ ${UNIT["rovi-$name.service/Id"]-} ]] || { try_look "${units[@]}" || die_of_bus; }
        unit_json "$name"
        objects+=$ROVI_REPLY$'\n'
    done
    put "${objects%$'\n'}"
}
