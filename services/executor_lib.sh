# shellcheck shell=bash
# executor_lib.sh: the methods of the executor, by what rovictl does. To be sourced by executor.sh, whose
# names it uses: caller, method, more, reply, refuse, note …

readonly LOG_LINES_MAX=1000 LOG_LINES_DEFAULT=100
readonly OUTPUT_MAX=8388608 LINE_MAX=4096 # bytes: of what a verb may write, and of a line of a log

# What run_rovictl leaves: the exit code, JSON objects, the sentence, lines of a log.
code=0 objects=() reason='' log_lines=()
refused_with='' # the error that an action was last answered with

# json_text TEXT: as json_string, where there is no null.
json_text() {
    use rovictl_json
    json_string "$1"
    [[ $1 ]] || ROVI_REPLY='""'
}

# json_list OBJECT...: sets ROVI_REPLY to an array of what is JSON already.
json_list() {
    local IFS=,
    ROVI_REPLY="[$*]"
}

# rovictl WORD...: what the command `rovictl WORD...` does. Ends its shell where the command would end.
rovictl() {
    take_args "$@"
    do_verb
}

# run_rovictl WORD...: the same, in a shell of its own; sets code, objects, reason and log_lines.
run_rovictl() {
    local - out said line is_log=
    objects=() reason='' log_lines=()
    rovi_open_pipe
    exec {out}< <(rovi_hold && rovictl "$@" 2>&1)
    rovi_release
    IFS= read -rN "$OUTPUT_MAX" -u "$out" said
    exec {out}<&-
    wait $!
    code=$?
    [[ $1 != logs ]] || is_log=yes
    local IFS=$'\n' # not before: the verb would have it, too
    set -f
    for line in $said; do
        case $line in
        'rovictl: '*) reason+="${reason:+; }${line#rovictl: }" ;;
        'last lines of its log:') is_log=yes ;;
        *)
            if [[ $is_log ]]; then
                log_lines+=("$line")
            elif [[ $line == \{* ]]; then
                objects+=("$line")
            else
                note "$line"
            fi
            ;;
        esac
    done
}

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

# cut_utf8 TEXT BYTES: sets ROVI_REPLY to as many whole characters of TEXT, which is UTF-8, as BYTES hold.
cut_utf8() {
    local end=$2
    while ((end > 0)) && [[ ${1:end:1} == [$'\x80'-$'\xbf'] ]]; do
        end=$((end - 1))
    done
    ROVI_REPLY=${1:0:end}
}

# refuse_rovictl: answers with the error that is meant by what run_rovictl has left.
refuse_rovictl() {
    local error words reason_json guard='(^|: )([a-z]+) guard: (.*)$'
    json_text "$reason"
    reason_json=$ROVI_REPLY
    words="{\"reason\":$ROVI_REPLY}"
    case $code in
    "$ROVI_EX_USAGE")
        if [[ ${JSON_TYPE["top/parameters/stack"]-null} == null ]]; then # Stop, where it must say which
            refused_with=InvalidParameter
            refuse_parameter stack
            return
        elif is_installed; then
            refused_with=InvalidParameter
            refuse_parameter "$([[ $reason == *variant* ]] && printf variant || printf parameters)"
            return
        fi
        error=NoSuchStack
        ;;
    "$ROVI_EX_NO_GATEWAY") error=GatewayNotRunning ;;
    "$ROVI_EX_BUSY")
        error=AnotherStackActive
        json_string "$(which_is_active)"
        words="{\"active\":$ROVI_REPLY,\"reason\":$reason_json}"
        ;;
    "$ROVI_EX_DENIED") error=NotPermitted ;;
    "$ROVI_EX_TIMEOUT") error=Timeout ;;
    "$ROVI_EX_GUARD")
        error=Refused
        [[ $reason =~ $guard ]] || BASH_REMATCH=('' '' unknown "$reason")
        json_text "${BASH_REMATCH[3]}"
        words="{\"guard\":\"${BASH_REMATCH[2]}\",\"reason\":$ROVI_REPLY}"
        ;;
    *)
        error=Failed
        unit_result
        words="{\"result\":$ROVI_REPLY,\"reason\":$reason_json"
        log_json
        words+=",\"log\":$ROVI_REPLY}"
        ;;
    esac
    refused_with=$error
    refuse "$EXECUTOR.$error" "$words"
}

# is_installed: whether the stack that the call names is.
is_installed() {
    rovi_valid_name "$stack" && (use rovictl_ask && find_stacks && [[ ${stack_file[$stack]-} ]]) 2>/dev/null
}

# which_is_active: prints the stack that is active instead of the one that the call names; else that one, where it
# runs but not as asked.
which_is_active() {
    use rovictl_ask
    find_stacks
    try_look 'rovi-*' || return
    active_stack "$stack"
    [[ $ROVI_REPLY ]] || active_stack
    printf '%s' "$ROVI_REPLY"
}

# unit_result: sets ROVI_REPLY to systemd's Result of the unit, in JSON, as the verb has shown it.
unit_result() {
    local result=
    if ((${#objects[@]})) && json_read "${objects[-1]}"; then
        result=${JSON["top/result"]-}
    fi
    json_string "$result"
}

# take_stack: sets stack to the one that the call names, or to nothing; or refuses what can be none.
take_stack() {
    stack=${JSON["top/parameters/stack"]-}
    [[ ${JSON_TYPE["top/parameters/stack"]-null} == null ]] || rovi_valid_name "$stack" ||
        { code=$ROVI_EX_USAGE reason="no stack is named $(rovi_quote "$stack")" && refuse_rovictl && return 1; }
}

# ---- the methods, see METHODS ---------------------------------------------------------------

answer_info() {
    reply "{\"vendor\":\"ROVI\",\"product\":\"ROVI services\",\"version\":\"$VERSION\",\"url\":\"man:rovictl(1)\",\"interfaces\":[\"$EXECUTOR\",\"$SERVICE\"]}"
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
    done <"$ROVI_LIB/$name.varlink"
    reply "{\"description\":\"$text\"}"
}

answer_list() {
    run_rovictl list --json
    ((code == 0)) || { refuse_rovictl && return; }
    json_list "${objects[@]}"
    reply "{\"stacks\":$ROVI_REPLY}"
}

answer_status() {
    local stack
    take_stack || return 0
    run_rovictl status --json ${stack:+"$stack"}
    ((code == 0 || code == ROVI_EX_STOPPED)) || { refuse_rovictl && return; }
    json_list "${objects[@]}"
    reply "{\"units\":$ROVI_REPLY}"
}

# answer_action: Start, Stop, Restart, Switch.
answer_action() {
    local stack what
    local -a words=("${method##*.}") arguments=()
    words=("${words[0],,}" --json)
    take_stack && take_variant && take_arguments || return 0
    words+=(${stack:+"$stack"} "${arguments[@]}")
    what=${words[*]@Q}
    note "$(id -un "+$caller" 2>/dev/null) asks for rovictl $what"
    if is_operator; then
        run_rovictl "${words[@]}"
    else
        code=$ROVI_EX_DENIED reason="not permitted: uid $caller is not in group rovi-ops now: an administrator runs 'sudo usermod -aG rovi-ops USER'"
    fi
    if ((code != 0)); then
        refuse_rovictl
        note "rovictl $what: $refused_with: $reason"
        return
    fi
    note "rovictl $what: done"
    ((${#objects[@]})) || objects=(null) # Stop, where no stack was active
    reply "{\"unit\":${objects[-1]}}"
}

# take_variant: adds the call's variant to words; or refuses it.
take_variant() {
    local variant=${JSON["top/parameters/variant"]-}
    [[ ${JSON_TYPE["top/parameters/variant"]-null} != null ]] || return 0
    rovi_valid_variant "$variant" || { refuse_parameter variant && return 1; }
    words+=("--variant=$variant")
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
            refuse_parameter parameters
            return 1
        fi
        arguments+=("$name:=$value")
    done
}

# is_operator: whether the caller may have something done: is a member of rovi-ops now, by the user database as
# polkit goes by it, and not only by what the session had when it began; is root, or the service user.
is_operator() {
    local group
    ((10#$caller != 0 && 10#$caller != EUID)) || return 0
    while IFS= read -rd '' group; do
        [[ $group != rovi-ops ]] || return 0
    done < <(id -nGz "+$caller" 2>/dev/null)
    return 1
}

answer_log() {
    local stack count=${JSON["top/parameters/lines"]:-$LOG_LINES_DEFAULT}
    take_stack || return 0
    if [[ ! $count =~ ^[0-9]{1,4}$ ]] || ((10#$count < 1 || 10#$count > LOG_LINES_MAX)); then
        refuse_parameter lines
        return
    fi
    run_rovictl logs --lines="$count" "$stack"
    ((code == 0)) || { refuse_rovictl && return; }
    [[ ${log_lines[*]-} != '-- No entries --' ]] || log_lines=()
    log_json
    reply "{\"lines\":$ROVI_REPLY}"
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
        [[ ${JSON_TYPE["$path"]} == string ]] || { refuse_parameter fields && return; }
        words+=("--field=${JSON["$path"]}")
    done
    ((${#words[@]})) || { refuse_parameter fields && return; }
    stream_rovictl "${words[@]}"
    ((code != ROVI_EX_USAGE)) || { refuse_parameter fields && return; }
    refuse_rovictl
}

# wants_more: whether the call is one with more than one answer; or refuses.
wants_more() {
    [[ $more ]] || { refuse "$SERVICE.ExpectedMore" '{}' && return 1; }
}

# stream_rovictl WORD...: answers with each object of `rovictl watch WORD...` until the caller ends the
# connection: rovictl ends with it, because it is its standard input here. Comes back only where rovictl
# has ended by itself, with code and reason.
stream_rovictl() {
    local line watch
    rovi_open_pipe
    exec {watch}< <(rovi_hold && rovictl watch --json --until-eof "$@" 2>&1 <&"$connection")
    rovi_release
    reason='' objects=() log_lines=()
    while IFS= read -ru "$watch" line; do
        case $line in
        '{"schema":1,"units":'*) reply "${line/'"schema":1,'/}" continues ;; # the whole state
        '{"id":'*) reply "$line" continues ;;
        \{*) reply "{\"units\":[$line]}" continues ;;
        *) reason=${line#rovictl: } ;;
        esac
    done
    exec {watch}<&-
    wait $!
    code=$?
    ((code != 0)) || exit 0
}
