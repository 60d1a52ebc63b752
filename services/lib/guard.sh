# shellcheck shell=bash
# guard.sh: the guards, which can refuse a start although the gateway runs and the lock is free. run_stack.sh enforces
# them, and rovictl asks them before it stops one stack for another. A guard that refuses fails, with its reason in
# ROVI_REPLY and its name in GUARD. GUARD is empty if it could not even look.

use lib/contract lib/text lib/run lib/declared

GUARD='' # the guard that has refused

# guard_bytes SIZE: sets ROVI_REPLY to SIZE in bytes. SIZE is a number and K, M, G or nothing, as in 512M; K is
# 1024, as for systemd. Fails for anything else.
guard_bytes() {
    local factor=1
    case $1 in
    *K) factor=1024 ;;
    *M) factor=$((1024 ** 2)) ;;
    *G) factor=$((1024 ** 3)) ;;
    esac
    [[ ${1%[KMG]} == [0123456789]*([0123456789]) && ${#1} -le 12 ]] || return
    ROVI_REPLY=$((10#${1%[KMG]} * factor))
}

# guard_memory STACK NEED RESERVE FREED: whether STACK's NEED and the robot's RESERVE, both as in 512M or empty, fit
# into the memory that is available and FREED, the bytes of what ends before STACK starts. Fails with 78 if NEED or
# RESERVE cannot be read.
guard_memory() {
    local key value available=0 need
    local -A DECLARED=([ROVI_MEMORY_NEED]=$2 [ROVI_MEMORY_RESERVE]=$3)
    GUARD=''
    [[ $2 ]] || return 0
    guard_memory_declared "$1" || return "$ROVI_EX_CONFIG"
    need=$ROVI_REPLY
    while read -r key value _; do
        [[ $key != MemAvailable: ]] || { available=$((value * 1024 + $4)) && break; }
    done </proc/meminfo
    ((available < need)) || return 0
    available=$((available / 1024 ** 2))M
    GUARD=memory ROVI_REPLY="$1 needs $2 and the robot keeps ${3:-0} in reserve, but only $available is available: \
stop something else, or an administrator changes ROVI_MEMORY_NEED or ROVI_MEMORY_RESERVE"
    return "$ROVI_EX_GUARD"
}

# guard_memory_declared STACK: sets ROVI_REPLY to the sum of need and reserve in DECLARED, in bytes. Fails if one
# cannot be read, and ROVI_REPLY says which.
guard_memory_declared() {
    local key sum=0
    for key in ROVI_MEMORY_NEED ROVI_MEMORY_RESERVE; do
        if ! guard_bytes "${DECLARED[$key]:-0}"; then
            ROVI_REPLY="the unit of $1 declares $key=$(rovi_quote "${DECLARED[$key]}"): write a size as in 512M or 2G"
            return 1
        fi
        sum=$((sum + ROVI_REPLY))
    done
    ROVI_REPLY=$sum
}

# guard_transform STACK PUBLISHES WORKSPACE: whether STACK may publish odom -> base_footprint, which it does if
# PUBLISHES is 1. It may only while the gateway does not: with two publishers, the robot's place in the map jumps to
# and fro. The note of the gateway must be there: a guard that cannot look is no guard.
guard_transform() {
    local file
    GUARD=''
    [[ ${2:-} == 1 ]] || return 0
    rovi_read_file "$ROVI_GATEWAY_TF" 16 "$ROVI_RUN" || ROVI_REPLY=
    [[ $ROVI_REPLY != 0 ]] || return 0
    GUARD=transform
    printf -v file '%q' "$3/.env.robot"
    if [[ $ROVI_REPLY == 1 ]]; then
        ROVI_REPLY="$1 publishes odom -> base_footprint and so does the gateway: an administrator runs \
'sudo sed -i s/^ROVI_ODOM_INTEGRATOR_PUBLISH_TF=.*/ROVI_ODOM_INTEGRATOR_PUBLISH_TF=0/ $file', \
then 'sudo rovictl gateway restart'"
    else
        ROVI_REPLY="$1 publishes odom -> base_footprint, and it is unknown whether the gateway does, too \
($ROVI_GATEWAY_TF is missing or was changed): an administrator runs 'sudo rovictl gateway restart'"
    fi
    return "$ROVI_EX_GUARD"
}
