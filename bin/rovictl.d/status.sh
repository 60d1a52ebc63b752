# shellcheck shell=bash
# status.sh: the verb status.

use lib/contract lib/run rovictl.d/ask

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
    (($#)) || set -- gateway "${stacks[@]}"
    [[ ${option["--quiet"]-} ]] || table "$@"
}

# status_objects [NAME...]: prints the objects for a program.
status_objects() {
    local name
    use rovictl.d/json
    find_stacks
    for name in "$@"; do
        need_unit "$name" gateway
    done
    look_at "$@"
    (($#)) || set -- gateway "${stacks[@]}"
    for name in "$@"; do
        print_json "$name"
    done
}

# look_at [NAME...]: looks at these units, or at all, also at those that systemd has to load first.
look_at() {
    (($#)) || set -- '*' gateway "${stacks[@]}"
    local -a units=("${@/#/rovi-}")
    try_look "${units[@]/%/.service}" || die_of_bus
}
