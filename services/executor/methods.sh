# shellcheck shell=bash
# methods.sh: the methods of the executor, which do what rovictl does.

use lib/contract lib/text lib/run lib/json lib/json_read rovictl.d/ask executor/varlink executor/verbs

readonly LOG_LINES_MAX=1000 LOG_LINES_DEFAULT=100
readonly LINE_MAX=4096    # bytes of a line of a log
readonly FOLLOW_LINES=100 # of one answer

refused_with='' # the error that an action was last answered with

# log_json: sets ROVI_REPLY to log_lines as an array of strings, without control characters, each of LINE_MAX
# bytes at most and UTF-8 whatever a node has written.
log_json() {
    local line list=
    for line in "${log_lines[@]}"; do
        rovi_utf8 "${line:0:LINE_MAX+3}" # with all of a character that begins before the end
        cut_utf8 "$ROVI_REPLY" "$LINE_MAX"
        json_text "${ROVI_REPLY//$'\xc2'[$'\x80'-$'\x9f']/ }" # those of C1, too
        list+=${list:+,}$ROVI_REPLY
    done
    ROVI_REPLY="[$list]"
}

# refuse_rovictl: answers with the error that fits what run_rovictl has left.
refuse_rovictl() {
    local words
    refused_with=Failed
    json_text "$reason"
    words="\"reason\":$ROVI_REPLY"
    case $code in
    "$ROVI_EX_USAGE")
        refused_with=InvalidParameter
        case ${noted[wrong]-} in
        stack) refused_with=NoSuchStack ;;
        which) refuse_parameter stack "$reason" && return ;; # Stop, if it must say which
        *) refuse_parameter "${noted[wrong]:-parameters}" "$reason" && return ;;
        esac
        ;;
    "$ROVI_EX_NO_GATEWAY") refused_with=GatewayNotRunning ;;
    "$ROVI_EX_BUSY")
        refused_with=AnotherStackActive
        json_string "${noted[active]:-$(which_is_active)}"
        words="\"active\":$ROVI_REPLY,$words"
        ;;
    "$ROVI_EX_DENIED") refused_with=NotPermitted ;;
    "$ROVI_EX_TIMEOUT") refused_with=Timeout ;;
    "$ROVI_EX_GUARD")
        refused_with=Refused
        json_text "${noted[guard_reason]:-$reason}"
        words="\"guard\":\"${noted[guard]:-unknown}\",\"reason\":$ROVI_REPLY"
        ;;
    *)
        unit_result
        words="\"result\":$ROVI_REPLY,$words"
        log_json
        words+=",\"log\":$ROVI_REPLY"
        ;;
    esac
    refuse "$EXECUTOR.$refused_with" "{$words}"
}

# which_is_active: prints the active stack if it differs from the one that the call names; otherwise that one, which
# then runs, but not as asked.
which_is_active() {
    find_stacks
    try_look_all || return
    active_stack "$stack"
    [[ $ROVI_REPLY ]] || active_stack
    printf '%s' "$ROVI_REPLY"
}

# unit_result: sets ROVI_REPLY to systemd's Result of the unit, in JSON, as the verb has shown it.
unit_result() {
    local result=
    if ((${#lines[@]})) && json_read "${lines[-1]}"; then
        result=${JSON["top/result"]-}
    fi
    json_string "$result"
}

# take_stack: sets stack to the one that the call names, or to nothing. Refuses what cannot be a stack's name.
take_stack() {
    stack=${JSON["top/parameters/stack"]-}
    if [[ ${JSON_TYPE["top/parameters/stack"]-null} != null ]] && ! rovi_valid_name "$stack"; then
        code=$ROVI_EX_USAGE noted=([wrong]=stack) reason="no stack is named $(rovi_quote "$stack")"
        refuse_rovictl
        return 1
    fi
}

# take_variant: adds the call's variant to words; or refuses it.
take_variant() {
    local variant=${JSON["top/parameters/variant"]-}
    [[ ${JSON_TYPE["top/parameters/variant"]-null} != null ]] || return 0
    if ! rovi_valid_variant "$variant"; then
        refuse_parameter variant "no variant is named $(rovi_quote "$variant")"
        return 1
    fi
    words+=("--variant=$variant")
}

# take_wait: adds to words how long the verb may wait, or that it does not; or refuses it.
take_wait() {
    local seconds=${JSON["top/parameters/timeout_s"]-}
    if [[ ${JSON_TYPE["top/parameters/timeout_s"]-null} != null ]]; then
        if [[ ! $seconds =~ ^[0-9]{1,6}$ ]]; then
            refuse_parameter timeout_s "timeout_s must be a whole number of seconds, 0 to 999999"
            return 1
        fi
        words+=("--timeout=$seconds")
    fi
    [[ ${JSON["top/parameters/no_wait"]-} != true ]] || words+=(--no-wait)
}

# take_arguments: sets arguments to the call's parameters for the launch, NAME:=VALUE; or refuses them.
take_arguments() {
    local path name value
    for path in "${JSON_PATHS[@]}"; do
        name=${path#top/parameters/parameters/}
        [[ $name != "$path" ]] || continue
        value=${JSON["$path"]}
        if [[ ${JSON_TYPE["$path"]} != string || $name != [A-Za-z_]*([A-Za-z0-9_]) ||
            $value == *[[:cntrl:]]* || $value == *$'\xc2'[$'\x80'-$'\x9f']* ]]; then
            refuse_parameter parameters "$(rovi_quote "$name"): \
give strings without control characters, with names of letters, digits and _"
            return 1
        fi
        arguments+=("$name:=$value")
    done
}

# may_act: whether the caller may have something done. It must be an operator now, in the user database that polkit uses
# (the groups with which its session began do not count), or root, or the service user.
may_act() {
    ((10#$caller != 0 && 10#$caller != EUID)) || return 0
    rovi_is_operator "+$caller"
}

# wants_more: whether the call accepts more than one answer; if not, refuses it.
wants_more() {
    [[ $more ]] || { refuse "$SERVICE.ExpectedMore" '{}' && return 1; }
}

# ---- the methods, see METHODS in executor.sh --------------------------------------------------

answer_info() {
    reply "{\"vendor\":\"ROVI\",\"product\":\"ROVI services\",\"version\":\"$VERSION\",\
\"url\":\"man:rovictl(1)\",\"interfaces\":[\"$EXECUTOR\",\"$SERVICE\"]}"
}

answer_description() {
    local name=${JSON["top/parameters/interface"]} line text=
    if [[ $name != @("$EXECUTOR"|"$SERVICE") ]]; then
        json_text "$name"
        refuse "$SERVICE.InterfaceNotFound" "{\"interface\":$ROVI_REPLY}"
        return
    fi
    while IFS= read -r line; do
        json_text "$line"
        text+=${ROVI_REPLY:1:-1}'\n'
    done <"$ROVI_LIB/executor/$name.varlink"
    reply "{\"description\":\"$text\"}"
}

answer_list() {
    run_rovictl list --json
    ((code == 0)) || { refuse_rovictl && return; }
    json_list "${lines[@]}"
    reply "{\"stacks\":$ROVI_REPLY}"
}

answer_status() {
    local stack
    take_stack || return 0
    run_rovictl status --json ${stack:+"$stack"}
    ((code == 0 || code == ROVI_EX_STOPPED)) || { refuse_rovictl && return; }
    json_list "${lines[@]}"
    reply "{\"units\":$ROVI_REPLY}"
}

# answer_action: Start, Stop, Restart, Switch. With "more", further answers come first: what the verb waits for.
answer_action() {
    local stack what
    local -a words=("${method##*.}") arguments=()
    words=("${words[0],,}" --json)
    take_stack && take_variant && take_wait && take_arguments || return 0
    words+=(${stack:+"$stack"} "${arguments[@]}")
    what=${words[*]@Q}
    note "$(id -un "+$caller" 2>/dev/null) asks for rovictl $what"
    if may_act; then
        if [[ $more ]]; then follow_rovictl "${words[@]}"; else run_rovictl "${words[@]}"; fi
    else
        code=$ROVI_EX_DENIED noted=()
        reason="not permitted: uid $caller is not in group $ROVI_GROUP now: \
an administrator runs 'sudo usermod -aG $ROVI_GROUP USER'"
    fi
    if ((code != 0)); then
        refuse_rovictl
        note "rovictl $what: $refused_with: $reason"
        return
    fi
    note "rovictl $what: done"
    ((${#lines[@]})) || lines=(null) # Stop, if no stack was active
    reply "{\"unit\":${lines[-1]}}"
}

answer_log() {
    local stack count=${JSON["top/parameters/lines"]:-$LOG_LINES_DEFAULT}
    local follow=${JSON["top/parameters/follow"]-}
    [[ $follow != true ]] || wants_more || return 0
    take_stack || return 0
    if [[ ! $count =~ ^[0-9]{1,4}$ ]] || ((10#$count < 1 || 10#$count > LOG_LINES_MAX)); then
        refuse_parameter lines "lines must be 1 to $LOG_LINES_MAX"
        return
    fi
    run_rovictl logs --lines="$count" "$stack"
    ((code == 0)) || { refuse_rovictl && return; } # before stream_log takes the next call for nothing
    if [[ $follow == true ]]; then
        stream_log logs --follow --lines="$count" "$stack"
        refuse_rovictl
        return
    fi
    log_lines=("${lines[@]}")
    [[ ${log_lines[*]-} != '-- No entries --' ]] || log_lines=()
    log_json
    reply "{\"lines\":$ROVI_REPLY}"
}

# stream_log WORD...: answers with what `rovictl WORD...` prints, lines that have come together in one answer, until
# the caller ends the connection. Returns only if rovictl has ended by itself; sets code and what take_record sets.
stream_log() {
    local line log watch
    begin_records
    rovi_open_pipe
    exec {log}< <(rovi_hold && rovictl "$@")
    watch=$!
    (end_with_caller "$watch") &
    rovi_release
    while IFS= read -ru "$log" line; do
        ! take_record "$line" || continue
        log_lines=("$line")
        while ((${#log_lines[@]} < FOLLOW_LINES)) && read -t 0 -u "$log" && IFS= read -ru "$log" line; do
            log_lines+=("$line")
        done
        log_json
        reply "{\"lines\":$ROVI_REPLY}" continues
    done
    log_lines=()
    exec {log}<&-
    kill $! 2>/dev/null # nothing else may read the connection when the next call comes
    wait "$watch"
    code=$?
    ((code != 128 + 15)) || exit 0 # by end_with_caller
    ((code != 0)) || code=$ROVI_EX_FAILED reason="journalctl has ended: call again"
}

# end_with_caller PID: waits until the caller has ended the connection, and ends PID: as long as nothing is logged,
# nothing is sent, and nobody else would see that the caller has gone. Whatever is sent here is read, but not as fast as
# it comes.
end_with_caller() {
    local ROVI_PIPE='' # one of its own: what rovi_release writes is for another process
    while read -rN 4096 _; do
        rovi_nap 0.1
    done <&"$connection"
    kill "$1" 2>/dev/null
}

answer_watch() {
    local stack
    wants_more && take_stack || return 0
    stream_rovictl ${stack:+"$stack"}
    refuse_rovictl
}

answer_watch_fields() {
    local path
    local -a words=()
    wants_more || return 0
    for path in "${JSON_PATHS[@]}"; do
        [[ $path == top/parameters/fields/* ]] || continue
        [[ ${JSON_TYPE["$path"]} == string ]] || { refuse_parameter fields "give one or more strings" && return; }
        words+=("--field=${JSON["$path"]}")
    done
    ((${#words[@]})) || { refuse_parameter fields "give one or more strings" && return; }
    stream_rovictl "${words[@]}"
    ((code != ROVI_EX_USAGE)) || { refuse_parameter fields "$reason" && return; }
    refuse_rovictl
}
