# shellcheck shell=bash
# stacks.sh: what counts as a stack: by its unit file, and by what systemd has loaded.

use lib/contract lib/run

# rovi_is_stack FILE NAME: whether FILE, rovi-NAME.service, is a stack's unit file: it runs
# `run_stack.sh NAME`. The one definition of what a stack is.
rovi_is_stack() {
    local text
    rovi_valid_name "$2" && ! rovi_runs_always "$2" && [[ -f $1 && -r $1 ]] || return
    IFS= read -rd '' text <"$1"
    [[ $'\n'$text$'\n' == *$'\n'ExecStart=/*([!$' \n'])"/run_stack.sh $2"$'\n'* ]]
}

# rovi_was_stack NAME LOAD_STATE EXEC_START: whether rovi-NAME.service, which is not stopped, is a stack although its
# unit file no longer says so. EXEC_START, its ExecStart= as systemctl shows it, decides. After a daemon-reload systemd
# has forgotten that, too. The unit then counts as a stack: a refused start is better than two stacks at once.
rovi_was_stack() {
    rovi_valid_name "$1" && ! rovi_runs_always "$1" || return
    [[ $3 == *"argv[]="/*([!' '])"/run_stack.sh $1 ;"* || (! $3 && $2 != loaded) ]]
}

# rovi_has_boot_link UNIT: whether `systemctl enable` has made a link for UNIT, without which it is not enabled. Asking
# systemd for that takes a process.
rovi_has_boot_link() {
    local link
    for link in "$ROVI_SITE_UNITS"/*.{wants,requires,upholds}/"$1"; do
        [[ ! -L $link ]] || return 0
    done
    return 1
}

# rovi_is_loaded_stack UNIT: whether UNIT, which is not stopped, is a stack. Its unit file decides, or else systemd.
rovi_is_loaded_stack() {
    local dir key value load='' exec='' name IFS=:
    rovi_name_of "$1"
    name=$ROVI_REPLY
    rovi_valid_name "$name" && ! rovi_runs_always "$name" || return
    for dir in $ROVI_UNIT_PATH; do
        [[ -e $dir/$1 || -L $dir/$1 ]] || continue
        rovi_is_stack "$dir/$1" "$name" && return
        break # the first counts
    done
    rovi_run systemctl --system --property=LoadState,ExecStart -- show "$1" || return 0 # as above
    while IFS='=' read -r key value; do
        case $key in
        LoadState) load=$value ;;
        ExecStart) exec=$value ;;
        esac
    done <<<"$ROVI_REPLY"
    rovi_was_stack "$name" "$load" "$exec"
}
