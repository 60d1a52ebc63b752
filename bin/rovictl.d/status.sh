# shellcheck shell=bash
# status.sh: the verb status.

use lib/contract lib/run rovictl.d/ask

# cmd_status [NAME]: exits as systemctl status does: with 3 if the unit, or without NAME the gateway, does not run.
cmd_status() {
    if [[ ${option["--json"]-} ]]; then status_objects "$@"; else status_table "$@"; fi
    [[ ${ACTIVE[${1:-gateway}]-inactive} != @(inactive|failed) ]] || exit "$ROVI_EX_STOPPED"
}

# status_table [NAME]: prints the table for a person. It is fast: one process, and everything else while that runs.
status_table() {
    [[ $ROVI_PID ]] || send_look 'rovi-*.service'
    use rovictl.d/table
    find_stacks
    find_layout
    receive_look || try_again 'rovi-*.service' || die_of_bus
    [[ ! ${1-} ]] || is_unit "$1" gateway || die_of_name "$1" gateway
    local -a names=(gateway "${stacks[@]}")
    [[ ! ${1-} ]] || names=("$1")
    [[ ${option["--quiet"]-} ]] || table "${names[@]}"
}

# status_objects [NAME]: prints the objects for a program.
status_objects() {
    local name
    local -a names=(${1+"$1"})
    use rovictl.d/json
    if [[ ${1-} ]]; then need_unit "$1" gateway; else find_stacks; fi
    look_at "${names[@]}"
    ((${#names[@]})) || names=(gateway "${stacks[@]}")
    for name in "${names[@]}"; do
        print_json "$name"
    done
}

# look_at [NAME...]: looks at these units, or at all, also at those that systemd has to load first.
look_at() {
    (($#)) || set -- '*' gateway "${stacks[@]}"
    local -a units=("${@/#/rovi-}")
    try_look "${units[@]/%/.service}" || die_of_bus
}
