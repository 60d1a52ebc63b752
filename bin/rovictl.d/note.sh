# shellcheck shell=bash
# note.sh: says in the journal what this caller has had systemd do.

use lib/status_text lib/journal_note rovictl.d/verbs

NOTED_AT='' # when note_job was called last, in seconds since 1970

# note_job WORD NAME: writes, in the background, that the caller starts, stops or restarts the unit, as WORD says. To be
# called when systemd has taken the job, which ROVI_REPLY names: o "/org/freedesktop/systemd1/job/12".
note_job() {
    local job=${ROVI_REPLY##*/} LC_ALL=C
    NOTED_AT=$EPOCHREALTIME
    journal_later note_down "$1" "$2" "${job%\"}"
}

# note_down WORD NAME JOB: the entry itself. The executor acts for a caller, whose uid is a part of its unit's name.
note_down() {
    local kind=$1 way=rovictl who what note=journal_note
    local -a fields=()
    use lib/request # here, in the background, if it is not there already
    who=$(id -un "+${ROVI_CALLER:-$EUID}") || who="uid ${ROVI_CALLER:-$EUID}"
    what="${1}s $2"
    [[ $1 != stop ]] || what="stops $2"
    if [[ $verb == switch ]]; then
        kind=switch what="switches to $operand: $what"
    fi
    if [[ $1 != stop && $REQUEST_TEXT ]]; then
        status_read_run "$REQUEST_TEXT"
        fields=("ROVI_VARIANT=$STATUS_VARIANT" "ROVI_PARAMETERS=${STATUS_PARAMETERS[*]}")
        what+=" with $REQUEST_TEXT"
    fi
    [[ $3 != [1-9]*([0-9]) ]] || fields+=("ROVI_JOB=$3") # 0: it is not known
    if [[ ${ROVI_CALLER-} ]]; then
        way=executor note=journal_note_in_unit
        fields+=("ROVI_CALLER=$ROVI_CALLER")
    fi
    "$note" "$kind" "$who $what" "ROVI_VERB=$verb" "ROVI_DOES=$1" "ROVI_STACK=$2" "ROVI_WAY=$way" "${fields[@]}"
}
