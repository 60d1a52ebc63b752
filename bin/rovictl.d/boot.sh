# shellcheck shell=bash
# boot.sh: the verbs enable and disable: which units start at boot. polkit decides whether the caller may do it.

use lib/contract lib/bus rovictl.d/say rovictl.d/ask rovictl.d/await

cmd_enable() {
    need_unit "$1"
    set_boot enable "$1"
}

cmd_disable() {
    need_unit "$1"
    set_boot disable "$1"
}

# set_boot ACTION NAME: enables or disables the unit, as ACTION says.
set_boot() {
    local action=$1 name=$2 unit=rovi-$2.service method=EnableUnitFiles shown=$2 not='' first
    local -a arguments=(asbb 1 "$unit" false false)
    if [[ $action == disable ]]; then
        method=DisableUnitFiles arguments=(asb 1 "$unit" false) not='no longer '
    fi
    [[ $name != gateway ]] || shown="the gateway"
    rovi_manager "$method" "${arguments[@]}" || die_of_bus
    rovi_manager Reload || die_of_bus
    find_stacks
    try_look "$ROVI_GATEWAY" "${stacks[@]/#/rovi-}" || die_of_bus
    show_json "$name"
    say "$shown is ${action}d: it ${not}starts at boot"
    [[ $action == enable && $name != gateway ]] || return 0
    first=$(first_at_boot)
    [[ $first == "$name" ]] || say "$first starts at boot, too, and comes first by name: $name will be refused then"
}

# first_at_boot: prints the stack that runs after a boot: of those that start then, the first by name (run_stack.sh).
first_at_boot() {
    local name LC_ALL=C
    for name in "${stacks[@]}"; do
        ! starts_at_boot "$name" || { printf '%s' "$name" && return; }
    done
}
