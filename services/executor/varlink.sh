# shellcheck shell=bash
# varlink.sh: one varlink connection: messages in, answers out. Each is JSON, with a zero byte behind it.

use lib/run lib/json

# Limits of a connection.
readonly MESSAGE_MAX=65536                  # bytes
readonly MESSAGE_S=5                        # from the first byte of a call to its last
readonly IDLE_S=${ROVI_EXECUTOR_IDLE_S:-60} # between two calls
readonly CALLS_PER_S=20                     # more are answered later
readonly CONNECTIONS_EACH=16                # of one user; rovi_executor.socket limits them all

readonly EXECUTOR=org.rovi.Executor SERVICE=org.varlink.service

caller='' connection='' # the caller's uid, and its connection, a descriptor
this_second=$SECONDS calls=0

# note SENTENCE: writes SENTENCE and the caller's uid into the journal.
note() {
    printf 'uid %s: %s\n' "$caller" "$1" >&2
}

# has_too_many NUMBER: whether this user already had as many connections as allowed before this one, NUMBER. Each
# connection has a control group, named like its unit. A connection that systemd has accepted but not started yet
# is not seen. So if many come at the same moment, a few more get through, up to MaxConnections=.
has_too_many() {
    local group before=0
    rovi_cgroup_dir self
    for group in "${ROVI_REPLY%/*}"/rovi_executor@*-*-"$caller".service; do
        group=${group##*@} group=${group%%-*}
        [[ $group != +([0-9]) ]] || ((10#$group >= $1)) || before=$((before + 1))
    done
    ((before >= CONNECTIONS_EACH))
}

# read_message: sets ROVI_REPLY to the next message. Fails if there will be none: the caller has gone,
# says nothing, does not come to an end or sends too much.
read_message() {
    local first
    IFS= read -rd '' -n 1 -t "$IDLE_S" -u "$connection" first && [[ $first ]] || return
    IFS= read -rd '' -n "$MESSAGE_MAX" -t "$MESSAGE_S" -u "$connection" ROVI_REPLY || return
    ((${#ROVI_REPLY} < MESSAGE_MAX)) || return
    ROVI_REPLY=$first$ROVI_REPLY
}

# slow_down: makes a caller wait that calls more often than CALLS_PER_S.
slow_down() {
    local second=$SECONDS
    if ((second != this_second)); then
        this_second=$second calls=0
    elif ((++calls >= CALLS_PER_S)); then
        rovi_nap 1
    fi
}

# send TEXT: sends TEXT, or ends the program if nobody reads the connection any more.
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

# refuse_parameter NAME [REASON]: answers that the call's parameter NAME is wrong.
refuse_parameter() {
    local name
    json_text "$1"
    name=$ROVI_REPLY
    json_text "${2:-it is missing, has the wrong type, or is not a parameter of this method}"
    refuse "$SERVICE.InvalidParameter" "{\"parameter\":$name,\"reason\":$ROVI_REPLY}"
}

# json_text TEXT: as json_string, but never null.
json_text() {
    json_string "$1"
    [[ $1 ]] || ROVI_REPLY='""'
}

# json_list OBJECT...: sets ROVI_REPLY to a JSON array of the OBJECTs, which are JSON already.
json_list() {
    local IFS=,
    ROVI_REPLY="[$*]"
}

# cut_utf8 TEXT BYTES: sets ROVI_REPLY to the whole characters of TEXT, which is UTF-8, that fit into BYTES.
cut_utf8() {
    local end=$2
    while ((end > 0)) && [[ ${1:end:1} == [$'\x80'-$'\xbf'] ]]; do
        end=$((end - 1))
    done
    ROVI_REPLY=${1:0:end}
}
