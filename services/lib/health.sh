# shellcheck shell=bash
# health.sh: what is known about the health of a unit that runs: /run/rovi/health.NAME, which check_health.sh writes and
# everybody reads. It counts only for the start of the unit whose invocation ID it names. Its lines:
#
#   INVOCATION_ID
#   UPTIME       in 1/100 s: when the health check has last run, or 0
#   SICK         what the health check has said, or nothing
#   DEAD         the first process that has died, as failure_text says it, or nothing

use lib/contract lib/text lib/run lib/changes

readonly HEALTH_SEC=30                          # how often the health check runs, without ROVI_HEALTH_CHECK_SEC
readonly HEALTH_BYTES=2000                      # of the file
HEALTH_CHECKED='' HEALTH_SICK='' HEALTH_DEAD='' # set by health_read

# health_read NAME INVOCATION: sets HEALTH_CHECKED, HEALTH_SICK and HEALTH_DEAD; to nothing if nothing is known.
health_read() {
    local -a lines=()
    HEALTH_CHECKED='' HEALTH_SICK='' HEALTH_DEAD=''
    [[ -e $ROVI_RUN/health.$1 ]] && rovi_read_file "$ROVI_RUN/health.$1" "$HEALTH_BYTES" "$ROVI_RUN" || return 0
    mapfile -t lines <<<"$ROVI_REPLY"
    [[ ${lines[0]} == "$2" && $2 && ${lines[1]-} == +([0-9]) ]] || return 0
    HEALTH_CHECKED=${lines[1]}
    rovi_printable "${lines[2]-}"
    HEALTH_SICK=$ROVI_REPLY
    rovi_printable "${lines[3]-}"
    HEALTH_DEAD=$ROVI_REPLY
}

# health_write NAME INVOCATION UPTIME SICK DEAD: replaces the file if something has changed, and only as a whole.
health_write() {
    local file=$ROVI_RUN/health.$1 sick=${4//$'\n'/ } dead=${5//$'\n'/ }
    [[ $HEALTH_CHECKED != "$3" || $HEALTH_SICK != "$sick" || $HEALTH_DEAD != "$dead" ]] || return 0
    rm -rf -- "$file.new"
    (set -C && printf '%s\n' "$2" "${3:-0}" "${sick:0:400}" "${dead:0:400}" >"$file.new") 2>/dev/null &&
        mv -fT -- "$file.new" "$file" && changes_say
}

# health_forget NAME: removes the file, and what the looks have noted: the unit has ended.
health_forget() {
    [[ ! -e $ROVI_RUN/health.$1 && ! -e $ROVI_RUN/launch.$1 ]] ||
        rm -rf -- "$ROVI_RUN"/{health,launch,events}."$1"
}

# health_text: after health_read: sets ROVI_REPLY to what is wrong, or to nothing.
health_text() {
    ROVI_REPLY=$HEALTH_DEAD${HEALTH_SICK:+${HEALTH_DEAD:+; }its health check: $HEALTH_SICK}
}
