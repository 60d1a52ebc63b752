# shellcheck shell=bash
# journal_read.sh: reads entries of the journal, field by field.

use lib/contract lib/run lib/json_read

# By name: the fields of the entry that entry_read has read. Those whose names begin with "_" are journald's own.
readonly ENTRY_FIELDS='MESSAGE_ID, UNIT, JOB_ID, INVOCATION_ID, UNIT_RESULT, _UID, _SYSTEMD_UNIT,
    _SYSTEMD_INVOCATION_ID, ROVI_STACK, ROVI_DOES, ROVI_JOB, ROVI_VARIANT, ROVI_PARAMETERS, ROVI_WHY, ROVI_CODE,
    ROVI_INVOCATION, USERSPACE_USEC, MESSAGE, _SOURCE_REALTIME_TIMESTAMP'
readonly ENTRY_LATE=10000000 # microseconds, see entry_when
declare -gA ENTRY=()
AUTHOR_UID='' AUTHOR_WAY=''         # see entry_author
declare -gA user_name=() user_id=() # by uid; by name

# read_entries COUNT MATCH...: sets lines to the newest COUNT entries that match, the newest first, each a line of JSON.
# MATCH is a field and its value, "+", or an option. Fails as rovi_run does.
read_entries() {
    local count=$1
    shift
    lines=()
    rovi_run journalctl --quiet --no-pager --reverse --output=json --lines="$count" \
        --output-fields="${ENTRY_FIELDS//[$' \n']/}" "$@" || return
    [[ ! $ROVI_REPLY ]] || mapfile -t lines < <(printf '%s\n' "$ROVI_REPLY") # <<< needs a file in /tmp for so much
}

# entry_read LINE: sets ENTRY. Fails unless each field is there once and is text: whoever writes an entry may write a
# field twice, or anything into it, but JSON keeps the fields apart.
entry_read() {
    local LC_ALL=C key rest=$1 field='^[{,]"([A-Z0-9_]+)":"(([^"\\]|\\.)*)"'
    ENTRY=()
    while [[ $rest =~ $field ]]; do
        ENTRY["${BASH_REMATCH[1]}"]=${BASH_REMATCH[2]}
        rest=${rest:${#BASH_REMATCH[0]}}
    done
    [[ $rest == '}' ]] || return
    for key in "${!ENTRY[@]}"; do
        [[ ${ENTRY[$key]} == *\\* ]] || continue
        json_read "\"${ENTRY[$key]}\"" || return
        ENTRY[$key]=${JSON[top]}
    done
}

# entry_when: sets ROVI_REPLY to when ENTRY was sent, in microseconds of the boot's clock. journald may take the entries
# of two senders in another order. Fails if ENTRY has no times.
entry_when() {
    local taken=${ENTRY[__MONOTONIC_TIMESTAMP]-} at=${ENTRY[__REALTIME_TIMESTAMP]-} late
    [[ $taken == +([0-9]) && $at == +([0-9]) ]] || return
    late=$((at - ${ENTRY[_SOURCE_REALTIME_TIMESTAMP]:-$at}))
    ((late >= 0 && late < ENTRY_LATE)) || late=0 # the clock was set meanwhile
    ROVI_REPLY=$((taken - late))
}

# entry_author: sets AUTHOR_UID to who has written ENTRY, and AUTHOR_WAY to how: rovictl or executor. journald says who:
# the user, or for the executor its unit, whose name systemd has made of the caller's uid. No word of the writer's
# counts.
entry_author() {
    AUTHOR_UID=${ENTRY[_UID]-} AUTHOR_WAY=rovictl
    [[ ${ENTRY[_SYSTEMD_UNIT]-} =~ ^$ROVI_EXECUTOR@[0-9]+-[0-9]+-([0-9]+)\.service$ ]] || return 0
    AUTHOR_UID=${BASH_REMATCH[1]} AUTHOR_WAY=executor
}

# user_of UID: sets ROVI_REPLY to the user's name, or to nothing if UID is nothing.
user_of() {
    ROVI_REPLY=
    [[ $1 ]] || return 0
    [[ ${user_name[$1]-} ]] || user_name[$1]=$(id -un "+$1" 2>/dev/null) || user_name[$1]="uid $1"
    ROVI_REPLY=${user_name[$1]}
}

# uid_of USER: sets ROVI_REPLY to the uid, or to "-" if there is no such user.
uid_of() {
    [[ ${user_id["$1"]-} ]] || user_id["$1"]=$(id -u -- "$1" 2>/dev/null) || user_id["$1"]=-
    ROVI_REPLY=${user_id["$1"]}
}

# span MICROSECONDS: sets ROVI_REPLY to a length of time in a few words.
span() {
    local tenths
    ROVI_REPLY=
    [[ $1 == +([0-9]) ]] || return 0
    tenths=$((($1 + 50000) / 100000))
    if ((tenths < 100)); then
        ROVI_REPLY="$((tenths / 10)).$((tenths % 10)) s"
    elif ((tenths < 1200)); then
        ROVI_REPLY="$((tenths / 10)) s"
    elif ((tenths < 72000)); then
        ROVI_REPLY="$((tenths / 600)) min"
    elif ((tenths < 1728000)); then
        ROVI_REPLY="$((tenths / 36000)) h"
    else
        ROVI_REPLY="$((tenths / 864000)) d"
    fi
}
