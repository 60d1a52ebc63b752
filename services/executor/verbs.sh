# shellcheck shell=bash
# verbs.sh: runs a verb for a call in the same way as rovictl's command line, through the same files.

use lib/run lib/text lib/json rovictl.d/args executor/varlink

readonly OUTPUT_MAX=8388608 # bytes of what a verb may write

# What run_rovictl leaves: the exit code, what it has printed, a line each, and what it has noted (see record).
code=0 lines=() reason='' log_lines=()
declare -gA noted=() # wrong, guard, guard_reason, active

# rovictl WORD...: what the command `rovictl WORD...` does. Ends its shell when the command would end.
rovictl() {
    exec {ROVI_RECORDS}>&1
    take_args "$@"
    do_verb
}

# run_rovictl WORD...: the same, in a shell of its own; sets code, lines, and what take_record sets.
run_rovictl() {
    local - out said line
    begin_records
    lines=()
    rovi_open_pipe
    exec {out}< <(rovi_hold && rovictl "$@")
    rovi_release
    IFS= read -rN "$OUTPUT_MAX" -u "$out" said
    exec {out}<&-
    wait $!
    code=$?
    local IFS=$'\n' # not earlier, because the verb would have it, too
    set -f
    for line in $said; do
        take_record "$line" || lines+=("$line")
    done
}

# follow_rovictl WORD...: as run_rovictl, and answers with the progress of the verb while it runs. If the caller goes
# away, the verb goes on all the same: a switch that was begun is done.
follow_rovictl() {
    local out line
    begin_records
    lines=() ROVI_PROGRESS=yes
    rovi_open_pipe
    exec {out}< <(rovi_hold && rovictl "$@")
    ROVI_PROGRESS=
    rovi_release
    while IFS= read -ru "$out" line; do
        take_record "$line" || lines+=("$line")
    done
    exec {out}<&-
    wait $!
    code=$?
}

# tell_progress "STACK STATE SECONDS TEXT": answers with an object of progress.
tell_progress() {
    local stack now seconds text json
    IFS=' ' read -r stack now seconds text <<<"$1"
    [[ $now != - ]] || now=
    json_string "$stack"
    json="\"stack\":$ROVI_REPLY"
    json_string "$now"
    json+=",\"state\":$ROVI_REPLY,\"seconds\":$seconds"
    rovi_utf8 "$text" # a record may have been cut within a character
    json_string "$ROVI_REPLY"
    (reply "{\"unit\":null,\"progress\":{$json,\"text\":$ROVI_REPLY}}" continues) # ends if the caller has gone
}

# begin_records: for the next verb, sets a mark that no node and no caller can know, and forgets the last records.
begin_records() {
    printf -v ROVI_RECORD_MARK '\036%08x%08x ' "$SRANDOM" "$SRANDOM"
    reason='' log_lines=() noted=()
}

# take_record LINE: sets reason, log_lines or noted if LINE is a record, or answers with it if it is progress; else
# fails.
take_record() {
    local key value=${1#"$ROVI_RECORD_MARK"}
    [[ $value != "$1" ]] || return
    key=${value%% *} value=${value#* }
    case $key in
    reason) reason+="${reason:+; }$value" ;;
    log) log_lines+=("$value") ;;
    progress) tell_progress "$value" ;;
    *) noted[$key]=$value ;;
    esac
}

# stream_rovictl WORD...: answers with each object of `rovictl watch WORD...` until the caller ends the
# connection. rovictl then ends, too, because the connection is its standard input here. Returns only if rovictl has
# ended by itself; sets code and what take_record sets.
stream_rovictl() {
    local line watch
    begin_records
    rovi_open_pipe
    exec {watch}< <(rovi_hold && rovictl watch --json --until-eof "$@" <&"$connection")
    rovi_release
    while IFS= read -ru "$watch" line; do
        case $line in
        '{"schema":1,"units":'*) reply "${line/'"schema":1,'/}" continues ;; # the whole state
        '{"id":'*) reply "$line" continues ;;
        \{*) reply "{\"units\":[$line]}" continues ;;
        '') ;; # rovictl answers a "?" that the caller has sent
        *) take_record "$line" || note "$line" ;;
        esac
    done
    exec {watch}<&-
    wait $!
    code=$?
    ((code != 0)) || exit 0
}
