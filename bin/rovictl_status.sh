# shellcheck shell=bash
# rovictl_status.sh: the verb status. To be sourced by rovictl.

use rovictl_ask

# cmd_status [NAME]: exits as systemctl status does: 3 where what was asked for, or the gateway,
# does not run.
cmd_status() {
    if [[ ${option[--json]-} ]]; then status_objects "$@"; else status_table "$@"; fi
    [[ ${ACTIVE[${1:-gateway}]-inactive} != @(inactive|failed) ]] || exit "$ROVI_EX_STOPPED"
}

# status_table [NAME]: for a person. The fast way: one process, and while it runs, all the rest.
status_table() {
    [[ $ROVI_PID ]] || send_look 'rovi-*.service'
    use rovictl_table
    if [[ ${1-} ]]; then need_unit "$1" gateway; else find_stacks; fi
    find_layout
    receive_look || die_of_bus
    local -a names=(gateway "${stacks[@]}")
    [[ ! ${1-} ]] || names=("$1")
    [[ ${option[--quiet]-} ]] || table "${names[@]}"
}

# status_objects [NAME]: for a program.
status_objects() {
    local name
    local -a names=(${1+"$1"})
    use rovictl_json
    if [[ ${1-} ]]; then need_unit "$1" gateway; else find_stacks; fi
    ((${#names[@]})) || names=(gateway "${stacks[@]}")
    look_at "${names[@]}"
    for name in "${names[@]}"; do
        print_json "$name"
    done
}

# look_at NAME...: what systemd says of these units, those that it has to load for it, too.
look_at() {
    local -a units=("${@/#/rovi-}")
    try_look "${units[@]/%/.service}" || die_of_bus
}
