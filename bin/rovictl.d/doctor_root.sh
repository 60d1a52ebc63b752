# shellcheck shell=bash
# doctor_root.sh: doctor's check of the root file systems that stacks are set to.

use lib/contract lib/declared lib/root rovictl.d/ask rovictl.d/root_files rovictl.d/doctor_report

# Finds a root that is missing or broken before a start does, and drop-ins that are older than what they were made of.
check_roots() {
    local name root bad=0 used=''
    for name in "${stacks[@]}"; do
        read_declared "${UNIT["rovi-$name.service/Environment"]-}"
        root=${DECLARED[ROVI_ROOT]-}
        [[ $root ]] || continue
        used+=" $name"
        if ((EUID != 0)); then
            skip_unreadable "$root"
        elif root_problem "$root"; then
            bad=1
            fail "$name is set to another root: $ROVI_REPLY" "sudo rovictl root use $name NAME; NAME may be host"
        elif ! root_is_written "$name" "$root"; then
            bad=1
            fail "$name is set to the root ${root##*/}, but its drop-ins are not what 'rovictl root use' writes now" \
                "sudo rovictl root use $name ${root##*/}"
        fi
    done
    ((bad)) || ok "${used:+stacks are set to roots that are fit:$used}${used:-no stack is set to another root}"
}

# root_is_written STACK ROOT: whether the drop-ins of STACK are as put_root would write them.
root_is_written() {
    local unit text home workspace
    local -a units
    root_site "$1" && root_text "$2" "$home" "$workspace" || return
    text=$ROVI_REPLY
    root_units "$1"
    for unit in "${units[@]}"; do
        text_for "$unit"
        [[ $ROVI_REPLY == "$(cat -- "$ROVI_SITE_UNITS/$unit.d/$ROVI_ROOT_CONF" 2>/dev/null)" ]] || return
    done
}
