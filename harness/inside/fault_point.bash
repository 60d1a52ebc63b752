# shellcheck shell=bash
# fault_point.bash: kills a script of ours between two of its steps. bash(1) reads it first, through BASH_ENV.
#
# /tmp/fault says which one and where, in one line of words:
#   SCRIPT ARGUMENT at N           the Nth command at its top level
#   SCRIPT ARGUMENT before PATTERN the first command that matches, in functions, too
#   SCRIPT ARGUMENT random P N X   of P in 100 runs, one of the first N commands, in functions, too; X: a seed
# SCRIPT is run_stack.sh or rovictl, ARGUMENT its first one, and "any" either. Each kill is noted in /tmp/faults.

# fault_step COMMAND ARGUMENT...: before each command of a script.
fault_step() {
    [[ ${fault_at-} ]] || fault_arm "${@:2}" 2>/dev/null || fault_at=0
    # shellcheck disable=SC2053  # a pattern
    ((++fault_steps == fault_at)) || [[ ${fault_before-} && $1 == $fault_before ]] || return 0
    printf '%s: %s\n' "$fault_name" "${1//[![:print:]]/ }" >>/tmp/faults
    kill -s KILL "$$"
}

# fault_arm ARGUMENT...: at the first step, because before it bash 5.1 does not know the script's name. Sets
# fault_at, or fails if this run is not to be killed.
fault_arm() {
    local script argument how rest first last seed
    read -r script argument how rest </tmp/fault || return
    read -r first last seed <<<"$rest"
    [[ ${0##*/} == "$script" || $script == any && ${0##*/} == @(run_stack.sh|rovictl) ]] || return
    [[ $argument == any || $argument == "${1-}" ]] || return
    fault_at=$first fault_name="${0##*/} ${1-}"
    [[ $how != at ]] || return 0
    fault_at=0
    if [[ $how == before ]]; then
        fault_before=$rest
        set -o functrace
        return
    fi
    RANDOM=$((seed + $$))
    ((RANDOM % 100 < first)) || return
    fault_at=$((RANDOM % last + 1))
    set -o functrace
}

# Not in a function: before bash 5.2 a trap of DEBUG ends with the function that has set it.
[[ ! -e /tmp/fault ]] || trap 'fault_step "$BASH_COMMAND" "$@"' DEBUG
