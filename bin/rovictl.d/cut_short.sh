# shellcheck shell=bash
# cut_short.sh: who has stopped what this rovictl had started.

use lib/run lib/journal_note rovictl.d/journal rovictl.d/journal_read rovictl.d/note

# stopped_by NAME: sets ROVI_REPLY to "stopped by USER 3 s later", later than this rovictl's start of NAME. Fails if the
# journal does not say so, or the caller may not read it. rovictl writes the entry when systemd has taken the stop, so
# it may come a moment after the end of the stack.
stopped_by() {
    local line later _
    local -a lines
    may_read_journal || return
    for _ in {1..10}; do
        read_entries 100 "MESSAGE_ID=${JOURNAL_ID[stop]}" "MESSAGE_ID=${JOURNAL_ID[switch]}" "ROVI_STACK=$1" \
            "--since=@${NOTED_AT%.*}" || return
        later=
        for line in "${lines[@]}"; do # the last of them is the first after the start
            entry_read "$line" && [[ ${ENTRY[ROVI_DOES]-} == stop ]] || continue
            ((ENTRY[__REALTIME_TIMESTAMP] >= ${NOTED_AT/./})) || break
            later=$((ENTRY[__REALTIME_TIMESTAMP] - ${NOTED_AT/./}))
            entry_author
        done
        [[ ! $later ]] || break
        rovi_nap 0.05
    done
    [[ $later ]] || return
    span "$later"
    later=$ROVI_REPLY
    user_of "$AUTHOR_UID"
    ROVI_REPLY="stopped by $ROVI_REPLY $later later"
}
