# shellcheck shell=bash
# guards.sh: what can forbid a stop or a start, checked before anything is stopped.

use lib/contract lib/declared lib/guard rovictl.d/ask rovictl.d/await

# refuse_by_guards NAME [OTHER]: ends rovictl if run_stack.sh would refuse to start NAME after OTHER has stopped. The
# caller has looked at NAME by name.
refuse_by_guards() {
    local freed=0 code
    read_declared "${UNIT["rovi-$1.service/Environment"]-}"
    if [[ ${2-} ]]; then
        anonymous_memory "$2"
        freed=$ROVI_REPLY
    fi
    guard_memory "$1" "${DECLARED[ROVI_MEMORY_NEED]-}" "${DECLARED[ROVI_MEMORY_RESERVE]-}" "$freed" &&
        guard_transform "$1" "${DECLARED[ROVI_PUBLISHES_ODOM_TF]-}" "${DECLARED[ROVI_ROS_WS_DIR]-}" && return
    code=$?
    record guard "$GUARD"
    record guard_reason "$ROVI_REPLY"
    die "$code" "$1 was not started, and nothing was stopped: ${GUARD:+$GUARD guard: }$ROVI_REPLY"
}

# anonymous_memory NAME: sets ROVI_REPLY to the bytes that come free when the unit ends, without shared memory and the
# page cache. It reads cgroup v2, or else v1.
anonymous_memory() {
    local cgroup=${UNIT["rovi-$1.service/ControlGroup"]-} file key value
    ROVI_REPLY=0
    [[ $cgroup ]] || return 0
    for file in "/sys/fs/cgroup$cgroup/memory.stat" "/sys/fs/cgroup/memory$cgroup/memory.stat"; do
        [[ -r $file ]] || continue
        while read -r key value; do
            [[ $key != @(anon|total_rss) ]] || ROVI_REPLY=$value
        done <"$file"
        return
    done
}

# ask_motion_guard NAME: to be called before a stop or a kill. Ends rovictl if the stack runs, its unit declares a
# motion guard, and the guard says no. The guard runs as the service user, in rovi-guard@NAME.service. Looks again at
# what the caller had looked at.
ask_motion_guard() {
    local name=$1 unit=rovi-guard@$1.service why how=stop done=stopped
    [[ $verb != kill ]] || how=kill done=killed
    [[ ${ACTIVE[$name]-} == active && ${UNIT["rovi-$name.service/Environment"]-} == *ROVI_MOTION_GUARD=* ]] || return 0
    [[ ! ${option["--force"]-} ]] || return 0
    read_declared "${UNIT["rovi-$name.service/Environment"]-}"
    [[ ${DECLARED[ROVI_MOTION_GUARD]-} ]] || return 0
    ask_for_job StartUnit "$unit" || die_of_bus
    settle "guard@$name" "$name" "$name was not $done: its motion guard did not answer"
    if [[ ${UNIT["$unit/ActiveState"]} != inactive ]]; then
        why=${UNIT["$unit/RefusedWhy"]-}
        [[ ${UNIT["$unit/RefusedBy"]-} == motion ]] ||
            why="it cannot be asked: ${why:-systemd says: ${UNIT["$unit/Result"]}}"
        try_look_all || die_of_bus
        show_json "$name"
        record guard motion
        record guard_reason "$why"
        die "$ROVI_EX_GUARD" \
            "$name was not $done: motion guard: $why: an administrator can force it: 'sudo rovictl $how $name --force'"
    fi
    try_look_all || die_of_bus
}

# check_force: ends rovictl if --force is given by anybody but root.
check_force() {
    if [[ ${option["--force"]-} ]] && ((EUID != 0)); then
        die "$ROVI_EX_DENIED" \
            "not permitted: only an administrator may use --force: 'sudo rovictl $verb ${operand:+$operand }--force'"
    fi
}
