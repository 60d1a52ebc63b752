# shellcheck shell=bash
# varlink.sh: one connection: messages in, answers out, as varlink has them: JSON, with a zero byte behind each.

use lib/run lib/json

# What one connection may cost.
readonly MESSAGE_MAX=65536              # bytes
readonly MESSAGE_S=5                    # from the first byte of a call to its last
readonly IDLE_S=${ROVI_EXECUTOR_IDLE_S:-60} # between two calls
readonly CALLS_PER_S=20                 # more are answered later
readonly CONNECTIONS_EACH=16            # of one user; rovi_executor.socket limits them all

readonly EXECUTOR=org.rovi.Executor SERVICE=org.varlink.service

caller='' connection='' # the uid of who has called, and its connection, a descriptor
this_second=$SECONDS calls=0

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
    for group in "${ROVI_REPLY%/*}"/rovi_executor@*-*-"$caller".service; do
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

# send TEXT: ends the connection where nobody reads it any more.
send() {
    { printf '%s\0' "$1" >&"$connection"; } 2>/dev/null || exit 0
}

# reply OBJECT [continues]: answers the call with parameters. A oneway call gets no answer.
reply() {
    [[ $oneway ]] || send "{\"parameters\":$1${2:+,\"continues\":true}}"
}

# refuse ERROR OBJECT: answers the call with an error and its parameters.
refuse() {
    [[ $oneway ]] || send "{\"error\":\"$1\",\"parameters\":$2}"
}

# refuse_parameter NAME [REASON]: one of the call's parameters is not as it must be.
refuse_parameter() {
    local name
    json_text "$1"
    name=$ROVI_REPLY
    json_text "${2:-it is missing, of another type, or no parameter of this method}"
    refuse "$SERVICE.InvalidParameter" "{\"parameter\":$name,\"reason\":$ROVI_REPLY}"
}

# json_text TEXT: as json_string, where there is no null.
json_text() {
    json_string "$1"
    [[ $1 ]] || ROVI_REPLY='""'
}

# json_list OBJECT...: sets ROVI_REPLY to an array of what is JSON already.
json_list() {
    local IFS=,
    ROVI_REPLY="[$*]"
}

# cut_utf8 TEXT BYTES: sets ROVI_REPLY to as many whole characters of TEXT, which is UTF-8, as BYTES hold.
cut_utf8() {
    local end=$2
    while ((end > 0)) && [[ ${1:end:1} == [$'\x80'-$'\xbf'] ]]; do
        end=$((end - 1))
    done
    ROVI_REPLY=${1:0:end}
}
