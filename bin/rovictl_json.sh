# shellcheck shell=bash
# rovictl_json.sh: what rovictl says to a program, one object a line: a contract; fields are added,
# never renamed. To be sourced by rovictl; sets TZ, for systemctl's times.

use rovictl_tell rovictl_processes
export TZ=UTC

# print_json NAME: one line, an object about the unit.
print_json() {
    unit_json "$1"
    put "$ROVI_REPLY"
}

# unit_json NAME: sets ROVI_REPLY to an object about the unit; null for what systemd does not know.
unit_json() {
    local unit=rovi-$1.service json key
    state "$1"
    json="{\"schema\":1,\"stack\":null,\"unit\":\"$unit\",\"state\":\"$ROVI_REPLY\""
    [[ $1 == gateway ]] || json=${json/null/"\"$1\""}
    for key in load_state:LoadState active_state:ActiveState sub_state:SubState \
        unit_file_state:UnitFileState result:Result; do
        json_string "${UNIT["$unit/${key#*:}"]-}"
        json+=",\"${key%:*}\":$ROVI_REPLY"
    done
    for key in exec_main_code:ExecMainCode exec_main_status:ExecMainStatus; do
        ROVI_REPLY=null # until the main process has ended
        ((${UNIT["$unit/ExecMainExitTimestampMonotonic"]:-0} == 0)) || json_number "${UNIT["$unit/${key#*:}"]}"
        json+=",\"${key%:*}\":$ROVI_REPLY"
    done
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
    [[ ${UNIT["$unit/Result"]-} != oom-kill ]] || reason "$1"
    json_string "$ROVI_REPLY"
    json+=",\"status_text\":$ROVI_REPLY"
    processes_json "$1"
    json+=",\"processes\":$ROVI_REPLY"
    asked_json "$1"
    ROVI_REPLY="$json,$ROVI_REPLY}"
}

# asked_json NAME: sets ROVI_REPLY to the members variant and parameters: with what the stack runs, as
# its StatusText has it, or null.
asked_json() {
    local word variant=null parameters=''
    local -a asked=()
    [[ ${ACTIVE[$1]-} != active ]] ||
        IFS=' ' read -ra asked <<<"${UNIT["rovi-$1.service/StatusText"]-}"
    if [[ ${asked[0]-} == --variant && ${asked[1]-} == +([A-Za-z0-9_]) ]]; then
        variant="\"${asked[1]}\"" asked=("${asked[@]:2}")
    fi
    for word in "${asked[@]}"; do
        [[ $word == +([A-Za-z0-9_]):=?* ]] || { variant=null parameters='' && break; } # other words, not ours
        json_string "${word#*:=}"
        parameters+="${parameters:+,}\"${word%%:=*}\":$ROVI_REPLY"
    done
    ROVI_REPLY="\"variant\":$variant,\"parameters\":{$parameters}"
    [[ $parameters ]] || ROVI_REPLY=${ROVI_REPLY/%\{\}/null}
}

# processes_json NAME: sets ROVI_REPLY to an object: by expected process "running" or "missing"; or
# to null if the unit expects none, or if the caller may not see them.
processes_json() {
    local name json=
    check_processes "$1"
    [[ " ${PROCESS[*]} " != *" unknown "* ]] || PROCESS=()
    for name in "${!PROCESS[@]}"; do
        json_string "$name"
        json+="${json:+,}$ROVI_REPLY:\"${PROCESS[$name]}\""
    done
    ROVI_REPLY=null
    [[ ! $json ]] || ROVI_REPLY="{$json}"
}

# json_string TEXT: sets ROVI_REPLY to TEXT as a JSON string, or null if it is empty. Bidi marks stay, which
# rovi_printable takes out: a program reads this, and who shows it decides.
json_string() {
    # shellcheck disable=SC1003  # backslashes, not escapes
    local one='\' two='\\' quote='\"'
    ROVI_REPLY=${1//"$one"/"$two"}
    ROVI_REPLY=${ROVI_REPLY//\"/"$quote"}
    ROVI_REPLY=\"${ROVI_REPLY//[[:cntrl:]]/ }\"
    [[ $1 ]] || ROVI_REPLY=null
}

# json_number TEXT: sets ROVI_REPLY to TEXT, or null if it is no number ("[not set]") or systemd's
# own "not set", 2^64-1.
json_number() {
    ROVI_REPLY=$1
    [[ $1 == +([0-9]) && $1 != 18446744073709551615 ]] || ROVI_REPLY=null
}

# json_time TIMESTAMP: sets ROVI_REPLY to systemctl's TIMESTAMP in the form of RFC 3339, or null.
json_time() {
    ROVI_REPLY=null
    [[ ! $1 =~ ([0-9-]+)\ ([0-9:]+)\ UTC$ ]] || ROVI_REPLY="\"${BASH_REMATCH[1]}T${BASH_REMATCH[2]}Z\""
}
