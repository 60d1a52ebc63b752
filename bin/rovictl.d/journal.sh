# shellcheck shell=bash
# journal.sh: what the caller may read in the journal.

use lib/text lib/run rovictl.d/ask

# How many lines of the log a failure shows, and how many characters of each: ros2 launch names all packages in a line.
readonly LOG_LINES=10 LOG_LINE_CHARS=400

# may_read_journal: whether the caller sees the log of other users' services. While journald rotates, as when the clock
# is set back, there is an older journal, but for a moment no system.journal.
may_read_journal() {
    local file
    ((EUID != 0)) || return 0
    for file in /{var,run}/log/journal/*/system*.journal; do
        [[ ! -r $file ]] || return 0
    done
    return 1
}

# journal_hint: prints how an administrator lets the caller read the log.
journal_hint() {
    printf "an administrator runs 'sudo usermod -aG systemd-journal %s', then %s logs in again" "$(id -un)" "$(id -un)"
}

# last_log NAME: tells a person, on stderr, or the executor the last lines that the unit's last start has logged, if the
# caller may read them. The journal may be a moment behind.
last_log() {
    local log line
    if ! may_read_journal; then
        [[ $ROVI_RECORDS ]] || printf 'you may not read its log: %s\n' "$(journal_hint)" >&2
        return
    fi
    for _ in {1..10}; do
        log=$(journalctl --quiet --no-pager --output=cat --lines="$LOG_LINES" \
            "_SYSTEMD_INVOCATION_ID=${UNIT["rovi-$1.service/InvocationID"]:-none}" 2>/dev/null)
        [[ -z $log ]] || break
        rovi_nap 0.05
    done
    [[ $log ]] || return 0
    [[ $ROVI_RECORDS ]] || printf 'the last lines of its log:\n' >&2
    while IFS= read -r line; do
        if [[ $ROVI_RECORDS ]]; then
            record log "$line"
        else
            rovi_printable "$line" # journalctl does not remove what controls a terminal
            ((${#ROVI_REPLY} <= LOG_LINE_CHARS)) || ROVI_REPLY=${ROVI_REPLY:0:LOG_LINE_CHARS}...
            printf '%s\n' "$ROVI_REPLY" >&2
        fi
    done <<<"$log"
}
