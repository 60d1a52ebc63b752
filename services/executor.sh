#!/bin/bash
# executor.sh INSTANCE: serves one connection to /run/org.rovi.Executor, which is its standard input, and
# ends with it. The interface: org.rovi.Executor.varlink.
#
# Run by systemd for each connection: ExecStart= of rovi-executor@.service. INSTANCE is systemd's name
# for the connection, NR-PID-UID: who has called, as the kernel has noted it at the connect
# (SO_PEERCRED; instance_from_socket() in systemd's src/core/socket.c). Always exits with 0: how a
# connection ends is nothing that systemd should call a failure.
#
# What a call asks for goes the way of rovictl's command line, through the same libraries; polkit looks at
# the service user, whose rights are all that this has.
set -uo pipefail
export LC_ALL=C TZ=UTC # a message is bytes, and bash is faster; times are in UTC, whoever prints them

ROVI_LIB=${BASH_SOURCE[0]%/*}
# shellcheck source=/dev/null
source "$ROVI_LIB/rovictl_use.sh"
use rovi_lib json_lib executor_lib rovictl_args

# What one connection may cost.
readonly MESSAGE_MAX=65536              # bytes
readonly MESSAGE_S=5                    # from the first byte of a call to its last
readonly IDLE_S=${ROVI_EXECUTOR_IDLE_S:-60} # between two calls
readonly CALLS_PER_S=20                 # more are answered later
readonly CONNECTIONS_EACH=16            # of one user; rovi-executor.socket limits them all

readonly EXECUTOR=org.rovi.Executor SERVICE=org.varlink.service
# Each method: interface and name, function, and parameters with their types; "!": it must be there.
readonly METHODS=(
    "$SERVICE.GetInfo                  answer_info"
    "$SERVICE.GetInterfaceDescription  answer_description  interface:string!"
    "$EXECUTOR.ListStacks  answer_list"
    "$EXECUTOR.GetStatus   answer_status  stack:string"
    "$EXECUTOR.Start       answer_action  stack:string! variant:string parameters:object"
    "$EXECUTOR.Stop        answer_action  stack:string"
    "$EXECUTOR.Restart     answer_action  stack:string! variant:string parameters:object"
    "$EXECUTOR.Switch      answer_action  stack:string! variant:string parameters:object"
    "$EXECUTOR.ReadLog     answer_log     stack:string! lines:number"
    "$EXECUTOR.Watch       answer_watch   stack:string"
    "$EXECUTOR.WatchFields answer_watch_fields  fields:array!"
)

# note SENTENCE: into the journal, with who has called.
note() {
    printf 'uid %s: %s\n' "$caller" "$1" >&2
}

# has_too_many NUMBER: whether this user had as many connections as one may before this one, NUMBER. Each
# has a control group, named as its unit is. One that systemd has accepted but not started yet is not
# seen: where many come at the same moment, a few more get through, up to MaxConnections=.
has_too_many() {
    local group before=0
    rovi_cgroup_dir self
    for group in "${ROVI_REPLY%/*}"/rovi-executor@*-*-"$caller".service; do
        group=${group##*@} group=${group%%-*}
        [[ $group != +([0-9]) ]] || ((10#$group >= $1)) || before=$((before + 1))
    done
    ((before >= CONNECTIONS_EACH))
}

# read_message: sets ROVI_REPLY to the next message. Fails where there will be none: the caller has gone,
# says nothing, does not come to an end or sends too much.
read_message() {
    local first
    IFS= read -rd '' -n 1 -t "$IDLE_S" -u "$connection" first && [[ $first ]] || return
    IFS= read -rd '' -n "$MESSAGE_MAX" -t "$MESSAGE_S" -u "$connection" ROVI_REPLY || return
    ((${#ROVI_REPLY} < MESSAGE_MAX)) || return
    ROVI_REPLY=$first$ROVI_REPLY
}

# slow_down: makes a caller wait who calls more often than CALLS_PER_S.
slow_down() {
    local second=$SECONDS
    if ((second != this_second)); then
        this_second=$second calls=0
    elif ((++calls >= CALLS_PER_S)); then
        rovi_nap 1
    fi
}

# serve_call MESSAGE: answers a call. Fails if MESSAGE is none: what follows cannot be trusted, either.
serve_call() {
    local method oneway='' more='' upgrade='' flag function wanted
    if ! json_read "$1"; then
        note "closed: what was sent is not JSON: $JSON_ERROR"
        return 1
    elif [[ ${JSON_TYPE[top]} != object || ${JSON_TYPE["top/method"]-} != string ]]; then
        note "closed: what was sent is not a call"
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
        [[ $name == +([a-z]) && " $* " == *" $name":$word?(!)" "* ]] || { refuse_parameter "$name" && return 1; }
    done
    for word in "$@"; do
        [[ $word != *! || ${JSON_TYPE["top/parameters/${word%%:*}"]-null} != null ]] ||
            { refuse_parameter "${word%%:*}" && return 1; }
    done
}

# reply OBJECT [continues]: answers the call with parameters. A oneway call gets no answer.
reply() {
    [[ $oneway ]] || send "{\"parameters\":$1${2:+,\"continues\":true}}"
}

# refuse ERROR OBJECT: answers the call with an error and its parameters.
refuse() {
    [[ $oneway ]] || send "{\"error\":\"$1\",\"parameters\":$2}"
}

# refuse_parameter NAME: one of the call's parameters is not as it must be.
refuse_parameter() {
    json_text "$1"
    refuse "$SERVICE.InvalidParameter" "{\"parameter\":$ROVI_REPLY}"
}

# send TEXT: ends the connection where nobody reads it any more.
send() {
    { printf '%s\0' "$1" >&"$connection"; } 2>/dev/null || exit 0
}

caller=${1##*-} number=${1%%-*}
# shellcheck disable=SC2034  # for rovictl_request.sh: for whom a request is made
ROVI_CALLER=$caller
if [[ $caller != +([0-9]) || $number != +([0-9]) ]]; then
    printf 'usage: executor.sh INSTANCE, on a connection of which systemd knows the user\n' >&2
    exit 0
fi
# Out of reach of what is run meanwhile: nothing but send writes there, nothing else reads.
exec {connection}<&0 </dev/null >&2
this_second=$SECONDS calls=0
if has_too_many "$number"; then
    note "closed: this user has more than $CONNECTIONS_EACH connections"
    exit 0
fi
while read_message && serve_call "$ROVI_REPLY"; do
    slow_down
done
exit 0
