# shellcheck shell=bash
# journal_note.sh: our own entries in the journal: who has asked for a start or a stop, what a start runs with, and how
# it has ended. Each kind has a MESSAGE_ID, which rovi.catalog explains (journalctl -x) and by which history finds it.
#
# Anybody may write such an entry. A reader believes journald's own fields only: _UID says who has written it, and
# _SYSTEMD_UNIT in which unit. An entry that cannot be written stops nothing: these functions say nothing.

use lib/run

# By kind. "run" and "end" are written in a launch's unit, the others by rovictl and the executor.
declare -rgA JOURNAL_ID=(
    [start]=89b9a882c14c454e88bed2e964c20e4d
    [stop]=b83088a5f62140789dfb2f43f107d72e
    [restart]=9a48b279c6774b08bd265afb43dd8203
    [switch]=f7b444823fed4a1f8210a43de236933f
    [run]=bb29c3301c144a49b83770596c07da84
    [end]=2c828c07de3d470aa5c8a0972789295c
)
# Whose entries say whom polkit has let start or stop what, and by which SYSLOG_IDENTIFIER: see rovi-stacks.rules.
readonly JOURNAL_POLKIT_USER=polkitd JOURNAL_POLKIT=rovi-polkit
readonly JOURNAL_NOTE_S=2     # a journald that has stopped reading holds no unit up for longer
readonly JOURNAL_FIELD=2000   # the longest field; journalctl's JSON leaves out what has more than 4096 bytes
readonly JOURNAL_LINGER_S=0.1 # see journal_note_in_unit
readonly JOURNAL_PIPE=65536   # what a pipe holds

# journal_text KIND SENTENCE FIELD=VALUE...: sets ROVI_REPLY to an entry, as logger(1) takes it. Fails if a field has a
# newline: what follows it would be another field.
journal_text() {
    local kind=$1 sentence=$2 field
    shift 2
    ROVI_REPLY="MESSAGE_ID=${JOURNAL_ID[$kind]}"$'\n'"PRIORITY=5"$'\n'"SYSLOG_IDENTIFIER=rovi"
    for field in "MESSAGE=$sentence" "$@"; do
        [[ $field != *$'\n'* ]] || return
        ROVI_REPLY+=$'\n'${field:0:JOURNAL_FIELD}
    done
}

# journal_note KIND SENTENCE FIELD=VALUE...: writes an entry. Fails if that is not possible.
journal_note() {
    local ROVI_DEADLINE='' # the caller's is for something else
    journal_text "$@" || return
    rovi_run logger --journald <<<"$ROVI_REPLY"
}

# journal_note_in_unit KIND SENTENCE FIELD=VALUE...: as journal_note, for an entry of which a reader must know the unit.
# journald looks that up when it takes the entry, and does not find it if logger has already gone, which on a busy
# machine happens to one of six. So logger is held back for a moment: with --stderr it repeats what it has sent, here
# into a pipe that is already full.
journal_note_in_unit() {
    journal_text "$@" || return
    rovi_open_pipe
    {
        printf "%${JOURNAL_PIPE}s" '' &
        timeout "$JOURNAL_NOTE_S" logger --journald --stderr <<<"$ROVI_REPLY"
    } 2>&1 | rovi_nap "$JOURNAL_LINGER_S"
} 2>/dev/null

# journal_later COMMAND...: runs COMMAND, a function that writes an entry, in the background, with nothing of the
# caller's open: neither a lock nor a connection nor a pipe in which somebody waits for the end. It is not a child of
# the caller, which may become ros2 launch and would never reap it.
journal_later() {
    (
        (
            rovi_close_others
            "$@"
        ) &
    ) </dev/null >/dev/null 2>&1
}
