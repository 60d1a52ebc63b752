# shellcheck shell=bash
# clear.sh: the verb clear.

use lib/bus rovictl.d/say rovictl.d/ask rovictl.d/await

# cmd_clear [NAME]: has systemd forget that the stack, or each stack, has failed.
cmd_clear() {
    local name nothing="no stack has failed"
    local -a failed=()
    find_stacks
    [[ ! ${1-} ]] || { need_unit "$1" gone && nothing="$1 has not failed"; }
    try_look_all ${1+"rovi-$1.service"} || die_of_bus
    (($#)) || set -- "${stacks[@]}"
    for name in "$@"; do
        [[ ${ACTIVE[$name]-} != failed ]] || failed+=("$name")
    done
    for name in "${failed[@]}"; do
        rovi_manager ResetFailedUnit s "rovi-$name.service" || die_of_bus
        [[ ! ${option["--json"]-} ]] || try_look "rovi-$name.service" || die_of_bus
        show_json "$name"
        say "$name is no longer FAILED"
    done
    ((${#failed[@]})) || say "$nothing"
}
