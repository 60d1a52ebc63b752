# shellcheck shell=bash
# rovictl_tell.sh: what rovictl says: reasons in words, a line for a person, JSON for a program.
# To be sourced by rovictl; the unit meant is the one that read_properties has read last.

# reason: prints why the unit has failed, in the scripts' own words (StatusText); where they could
# not even run, systemd's (Result, see $SERVICE_RESULT in systemd.exec(5)).
reason() {
    printf '%s' "${property[StatusText]:-systemd says: ${property[Result]-}, exit status ${property[ExecMainStatus]-}}"
}

# may_read_journal: whether the caller sees the log of other users' services.
may_read_journal() {
    local file
    for file in /var/log/journal/*/system.journal /run/log/journal/*/system.journal; do
        [[ ! -r $file ]] || return 0
    done
    return 1
}

# journal_hint: prints who makes the log readable for the caller, and how.
journal_hint() {
    printf "an administrator runs 'sudo usermod -aG systemd-journal %s', then %s logs in again" "$(id -un)" "$(id -un)"
}

# last_log: prints the last lines that the start in property has logged, as far as the caller
# may read them. The journal may be a moment behind.
last_log() {
    local log
    if ! may_read_journal; then
        printf 'its log is not readable for you: %s\n' "$(journal_hint)"
        return
    fi
    for _ in {1..10}; do
        log=$(journalctl --quiet --no-pager --output=cat --lines="$LOG_LINES" \
            "_SYSTEMD_INVOCATION_ID=${property[InvocationID]-none}" 2>/dev/null)
        [[ -z $log ]] || break
        sleep 0.05
    done
    [[ -z $log ]] || printf 'last lines of its log:\n%s\n' "$log"
}

# die_of_failure NAME WHAT: reports the failed unit in property and exits with the code of the
# contract: run_stack.sh's own where that has refused, and so put its reason into StatusText.
die_of_failure() {
    local code=$ROVI_EX_FAILED
    if [[ ${property[ExecMainCode]-} == 1 && ${property[StatusText]-} && ${property[StatusText]} != "ros2 launch "* ]]; then
        case ${property[ExecMainStatus]} in
        "$ROVI_EX_NO_GATEWAY" | "$ROVI_EX_BUSY" | "$ROVI_EX_CONFIG" | "$ROVI_EX_GUARD") code=${property[ExecMainStatus]} ;;
        esac
    fi
    printf 'rovictl: %s %s: %s\n' "$1" "$2" "$(reason)" >&2
    [[ $code != "$ROVI_EX_FAILED" ]] || last_log >&2
    exit "$code"
}

# print_line NAME: for a person, one line about the unit in property, and why below it if that is
# a question.
print_line() {
    local state dot='○' colour='' plain='' since='' why='' blanks='         ' changed=${property[StateChangeTimestamp]-0}
    state=$(rovi_state "${property[ActiveState]}")
    case $state in
    RUNNING) dot='●' colour=$'\e[32m' ;;
    STARTING | STOPPING) dot='●' colour=$'\e[33m' ;;
    FAILED) dot='×' colour=$'\e[31m' ;;
    esac
    if [[ -t 1 && -z ${NO_COLOR-} && ${TERM-dumb} != dumb ]]; then plain=$'\e[0m'; else colour=; fi
    ((changed == 0)) || printf -v since '%(%F %T)T' "$((changed / 1000000))"
    case $state in
    FAILED) why=$(reason) ;;
    STARTING) why=${property[StatusText]-} ;;
    esac
    printf '%s%s%s %-14s %s%s%s%s\n' "$colour" "$dot" "$plain" "$1" \
        "$colour" "$state" "$plain" "${since:+${blanks:${#state}}$since}"
    [[ -z $why ]] || printf '    %s\n' "$why"
}

# print_json NAME: one JSON object about the unit in property; null for what systemd does not
# know. Fields are added, never renamed.
print_json() {
    local key name=null code=null status=null since=null changed=${property[StateChangeTimestamp]-0}
    [[ $1 == gateway ]] || name="\"$1\""
    if ((${property[ExecMainExitTimestamp]-0})); then
        code=${property[ExecMainCode]} status=${property[ExecMainStatus]}
    fi
    ((changed == 0)) || TZ=UTC printf -v since '"%(%FT%TZ)T"' "$((changed / 1000000))"
    printf '{"schema":1,"stack":%s,"unit":"rovi-%s.service","state":"%s"' "$name" "$1" \
        "$(rovi_state "${property[ActiveState]}")"
    for key in load_state:LoadState active_state:ActiveState sub_state:SubState \
        unit_file_state:UnitFileState result:Result; do
        printf ',"%s":%s' "${key%:*}" "$(json_string "${property[${key#*:}]-}")"
    done
    printf ',"exec_main_code":%s,"exec_main_status":%s,"main_pid":%s,"since":%s' \
        "$code" "$status" "$(json_number "${property[MainPID]-0}" 0)" "$since"
    printf ',"memory_bytes":%s,"tasks":%s,"status_text":%s}\n' \
        "$(json_number "${property[MemoryCurrent]-}")" "$(json_number "${property[TasksCurrent]-}")" \
        "$(json_string "${property[StatusText]-}")"
}

# json_string TEXT: TEXT as a JSON string, or null if it is empty.
json_string() {
    # shellcheck disable=SC1003  # backslashes, not escapes
    local one='\' two='\\' quote='\"' text
    text=${1//"$one"/"$two"}
    text=${text//\"/"$quote"}
    text=${text//[[:cntrl:]]/ }
    if [[ $text ]]; then printf '"%s"' "$text"; else printf null; fi
}

# json_number NUMBER [UNKNOWN]: NUMBER, or null if it is UNKNOWN or systemd's "not set", 2^64-1.
json_number() {
    case $1 in
    '' | "${2-}" | 18446744073709551615) printf null ;;
    *) printf '%s' "$1" ;;
    esac
}
