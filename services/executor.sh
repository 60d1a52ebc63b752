#!/bin/bash
# executor.sh INSTANCE: serves one connection to /run/org.rovi.Executor, which is its standard input, and
# ends with it. The interface: org.rovi.Executor.varlink.
#
# Run by systemd for each connection: ExecStart= of rovi_executor@.service. INSTANCE is systemd's name
# for the connection, NR-PID-UID, with the caller's PID and UID as the kernel has noted them at connect
# (SO_PEERCRED; instance_from_socket() in systemd's src/core/socket.c). Always exits with 0: however a
# connection ends, systemd should not call it a failure.
#
# A call does what rovictl's command line does, through the same libraries. polkit looks at the service user;
# this program has only that user's rights.
set -uo pipefail
export LC_ALL=C TZ=UTC # a message is bytes, and bash is faster; times are in UTC, whoever prints them

ROVI_LIB=${BASH_SOURCE[0]%/*}
# shellcheck source=services/lib/use.sh
source "$ROVI_LIB/lib/use.sh"
use lib/json_read executor/varlink executor/methods

# Each method: interface and name, function, and parameters with their types; "!": the parameter is required.
readonly WAIT="timeout_s:number no_wait:bool"
readonly METHODS=(
    "$SERVICE.GetInfo                  answer_info"
    "$SERVICE.GetInterfaceDescription  answer_description  interface:string!"
    "$EXECUTOR.ListStacks  answer_list"
    "$EXECUTOR.GetStatus   answer_status  stack:string"
    "$EXECUTOR.Start       answer_action  stack:string! variant:string parameters:object $WAIT"
    "$EXECUTOR.Stop        answer_action  stack:string $WAIT"
    "$EXECUTOR.Restart     answer_action  stack:string! variant:string parameters:object $WAIT"
    "$EXECUTOR.Switch      answer_action  stack:string! variant:string parameters:object $WAIT"
    "$EXECUTOR.ReadLog     answer_log     stack:string! lines:number follow:bool"
    "$EXECUTOR.Watch       answer_watch   stack:string"
    "$EXECUTOR.WatchFields answer_watch_fields  fields:array!"
)

# serve_call MESSAGE: answers a call. Fails if MESSAGE is not a call: what follows cannot be trusted, either.
serve_call() {
    local method oneway='' more='' upgrade='' flag function wanted
    if ! json_read "$1"; then
        note "closed: the message is not JSON: $JSON_ERROR"
        return 1
    elif [[ ${JSON_TYPE[top]} != object || ${JSON_TYPE["top/method"]-} != string ]]; then
        note "closed: the message is not a call"
        return 1
    fi
    method=${JSON["top/method"]}
    for flag in oneway more upgrade; do
        [[ ${JSON_TYPE["top/$flag"]-null} == @(bool|null) ]] || { refuse_parameter "$flag" && return; }
        [[ ${JSON["top/$flag"]-} != true ]] || printf -v "$flag" yes
    done
    find_method || return 0
    [[ ! $upgrade ]] || { refuse_parameter upgrade && return; }
    # shellcheck disable=SC2086  # one word a parameter
    ! check_parameters $wanted || "$function"
}

# find_method: sets function and wanted from METHODS, or refuses.
find_method() {
    local line
    if [[ $method != *([A-Za-z0-9.-]) || ${method%.*} != @("$EXECUTOR"|"$SERVICE") ]]; then
        json_text "${method%.*}"
        refuse "$SERVICE.InterfaceNotFound" "{\"interface\":$ROVI_REPLY}"
        return 1
    fi
    for line in "${METHODS[@]}"; do
        [[ $line == "$method "* ]] || continue
        IFS=' ' read -r _ function wanted <<<"$line"
        return
    done
    json_text "$method"
    refuse "$SERVICE.MethodNotFound" "{\"method\":$ROVI_REPLY}"
    return 1
}

# check_parameters NAME:TYPE...: whether the parameters are these; or refuses.
check_parameters() {
    local path name word
    if [[ ${JSON_TYPE["top/parameters"]-object} != @(object|null) ]]; then
        refuse_parameter parameters
        return 1
    fi
    for path in "${JSON_PATHS[@]}"; do
        name=${path#top/parameters/}
        [[ $name != "$path" && $name != */* ]] || continue
        word=${JSON_TYPE["$path"]}
        [[ $word != null ]] || word='[a-z]*'
        # shellcheck disable=SC2053  # word is a pattern
        [[ $name == +([a-z_]) && " $* " == *" $name":$word?(!)" "* ]] || { refuse_parameter "$name" && return 1; }
    done
    for word in "$@"; do
        [[ $word != *! || ${JSON_TYPE["top/parameters/${word%%:*}"]-null} != null ]] ||
            { refuse_parameter "${word%%:*}" && return 1; }
    done
}

caller=${1##*-} number=${1%%-*}
ROVI_CALLER=$caller
if [[ $caller != +([0-9]) || $number != +([0-9]) ]]; then
    printf 'usage: executor.sh INSTANCE, on a connection of which systemd knows the user\n' >&2
    exit 0
fi
# Out of reach of the programs that this runs: only send writes there, and nothing else reads from it.
exec {connection}<&0 </dev/null >&2
if has_too_many "$number"; then
    note "closed: this user has more than $CONNECTIONS_EACH connections"
    exit 0
fi
while read_message && serve_call "$ROVI_REPLY"; do
    slow_down
done
exit 0
