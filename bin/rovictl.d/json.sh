# shellcheck shell=bash
# json.sh: what rovictl says to a program, one object a line. It is a contract: fields may be added, none is renamed.
# Sets TZ, for systemctl's times.

use lib/contract lib/json lib/status_text lib/health rovictl.d/failure rovictl.d/say rovictl.d/ask rovictl.d/tell \
    rovictl.d/processes
export TZ=UTC

# print_json NAME: prints an object about the unit, on one line.
print_json() {
    unit_json "$1"
    put "$ROVI_REPLY"
}

# unit_json NAME: sets ROVI_REPLY to an object about the unit. A field is null if systemd does not know it.
unit_json() {
    local unit=rovi-$1.service stack=null json key value
    rovi_runs_always "$1" || stack="\"$1\""
    state "$1"
    json="{\"schema\":1,\"stack\":$stack,\"unit\":\"$unit\",\"state\":\"$ROVI_REPLY\""
    for key in load_state:LoadState active_state:ActiveState sub_state:SubState \
        unit_file_state:UnitFileState result:Result; do
        value=${UNIT["$unit/${key#*:}"]-} # one of systemd's words
        json+=",\"${key%:*}\":${value:+\"}${value:-null}${value:+\"}"
    done
    if ((${UNIT["$unit/ExecMainExitTimestampMonotonic"]:-0} == 0)); then
        json+=',"exec_main_code":null,"exec_main_status":null' # until the main process has ended
    else
        json_number "${UNIT["$unit/ExecMainCode"]}"
        json+=",\"exec_main_code\":$ROVI_REPLY"
        json_number "${UNIT["$unit/ExecMainStatus"]}"
        json+=",\"exec_main_status\":$ROVI_REPLY"
    fi
    json_number "${UNIT["$unit/MainPID"]-}"
    [[ $ROVI_REPLY != 0 ]] || ROVI_REPLY=null
    json+=",\"main_pid\":$ROVI_REPLY"
    json_time "${UNIT["$unit/StateChangeTimestamp"]-}"
    json+=",\"since\":$ROVI_REPLY"
    json_number "${UNIT["$unit/MemoryCurrent"]-}"
    json+=",\"memory_bytes\":$ROVI_REPLY"
    json_number "${UNIT["$unit/TasksCurrent"]-}"
    json+=",\"tasks\":$ROVI_REPLY"
    ROVI_REPLY=${UNIT["$unit/StatusText"]-}
    [[ ${UNIT["$unit/Result"]-} != oom-kill && (${ACTIVE[$1]-} != failed || $ROVI_REPLY) ]] || reason "$1"
    json_string "$ROVI_REPLY"
    json+=",\"status_text\":$ROVI_REPLY"
    processes_json "$1"
    json+=",\"processes\":$ROVI_REPLY"
    asked_json "$1"
    json+=",$ROVI_REPLY"
    health_json "$1"
    ROVI_REPLY="$json$ROVI_REPLY}"
}

# health_json NAME: sets ROVI_REPLY to the members degraded and first_failure, with a comma in front: what is wrong with
# a unit that runs, and the first process that has died, of one that runs or has failed; or null.
health_json() {
    local degraded=null text=
    if [[ ${ACTIVE[$1]-} == active ]]; then
        health_read "$1" "${UNIT["rovi-$1.service/InvocationID"]-}"
        text=$HEALTH_DEAD
        health_text
        json_string "$ROVI_REPLY"
        degraded=$ROVI_REPLY
    elif [[ ${ACTIVE[$1]-} == failed ]]; then
        text=${UNIT["rovi-$1.service/StatusText"]-}
    fi
    ROVI_REPLY=null
    [[ ! $text ]] || failure_json "$text"
    ROVI_REPLY=",\"degraded\":$degraded,\"first_failure\":$ROVI_REPLY"
}

# asked_json NAME: sets ROVI_REPLY to the members variant and parameters: what the stack runs with, as its StatusText
# says, or null.
asked_json() {
    local word variant=null text='' asked=${UNIT["rovi-$1.service/StatusText"]-}
    if [[ ! $asked || ${ACTIVE[$1]-} != active ]]; then
        ROVI_REPLY='"variant":null,"parameters":null'
        return
    fi
    if status_read_run "$asked"; then
        [[ ! $STATUS_VARIANT ]] || variant="\"$STATUS_VARIANT\""
        for word in "${STATUS_PARAMETERS[@]}"; do
            json_string "${word#*:=}"
            text+="${text:+,}\"${word%%:=*}\":$ROVI_REPLY"
        done
    fi
    ROVI_REPLY="\"variant\":$variant,\"parameters\":{$text}"
    [[ $text ]] || ROVI_REPLY=${ROVI_REPLY/%\{\}/null}
}

# processes_json NAME: sets ROVI_REPLY to an object with "running" or "missing" for each expected process; or to null if
# the unit expects none or the caller may not see them.
processes_json() {
    local name json=
    ROVI_REPLY=null
    [[ ${UNIT["rovi-$1.service/Environment"]-} == *ROVI_PROCESSES=* ]] || return 0
    check_processes "$1"
    [[ " ${PROCESS[*]} " != *" unknown "* ]] || PROCESS=()
    for name in "${!PROCESS[@]}"; do
        json_string "$name"
        json+="${json:+,}$ROVI_REPLY:\"${PROCESS[$name]}\""
    done
    ROVI_REPLY=null
    [[ ! $json ]] || ROVI_REPLY="{$json}"
}
