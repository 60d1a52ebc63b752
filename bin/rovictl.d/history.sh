# shellcheck shell=bash
# history.sh: the verb history.

use lib/contract lib/text lib/run lib/json rovictl.d/verbs rovictl.d/say rovictl.d/ask rovictl.d/journal \
    rovictl.d/terminal rovictl.d/table rovictl.d/failure rovictl.d/journal_read rovictl.d/runs

readonly HISTORY_RUNS=20 # without --lines

# What one_run leaves: when, in words of the state of the run, and who.
RUN_END='' RUN_START_BY='' RUN_START_WAY='' RUN_STOP_BY='' RUN_STOP_WAY=''

# cmd_history [STACK]: prints the last runs, the newest last.
cmd_history() {
    local nr count=${option["--lines"]:-$HISTORY_RUNS} since=${option["--since"]-} width height boot name_width=5
    local green yellow red bold plain running other failed
    local -a wanted=() shown=()
    if [[ ${1-} ]]; then need_unit "$1" gone; else find_stacks; fi
    wanted=(${1+"$1"})
    (($#)) || wanted=("${stacks[@]}")
    may_read_journal || die "$ROVI_EX_DENIED" "not permitted to read the journal: $(journal_hint)"
    find_runs $((10#$count)) "$since" "${wanted[@]}" || die_of_journal
    boot=$(</proc/sys/kernel/random/boot_id)
    boot=${boot//-/}
    for ((nr = RUN_COUNT; nr > 0 && ${#shown[@]} < 10#$count; nr--)); do
        ! rovi_runs_always "${RUN["$nr/stack"]}" || continue
        shown=("$nr" "${shown[@]}")
        ((${#RUN["$nr/stack"]} <= name_width)) || name_width=${#RUN["$nr/stack"]}
    done
    find_layout
    if [[ ! ${option["--json"]-} ]]; then
        ((${#shown[@]})) || say "the journal knows of no run${1:+ of $1}${since:+ since then}"
        ((width == 0 || ${#shown[@]} == 0)) || history_line "$bold" START STACK BY READY RAN "END$plain"
    fi
    for nr in "${shown[@]}"; do
        one_run "$nr"
        if [[ ${option["--json"]-} ]]; then history_object "$nr"; else history_row "$nr"; fi
    done
}

# die_of_journal: ends rovictl because journalctl has failed, with its words in ROVI_REPLY.
die_of_journal() {
    rovi_printable "$ROVI_REPLY"
    case $ROVI_REPLY in
    *"parse timestamp"*) bad_usage "--since takes a time, for example \"2 hours ago\" or \"2026-11-25 08:00\", \
not $(rovi_quote "${option["--since"]-}")" ;;
    *"Timed out"*)
        die "$ROVI_EX_TIMEOUT" "the journal did not answer within $ROVI_BUS_TIMEOUT_S s: try it with --since"
        ;;
    esac
    die "$ROVI_EX_UNAVAILABLE" "cannot read the journal ($ROVI_REPLY): see 'systemctl status systemd-journald'"
}

# one_run NUMBER: finds out how the run has ended, and by whom: RUN_END is starting, running, stopping, stopped, failed,
# refused, lost (the robot went down without a shutdown) or unknown.
one_run() {
    local nr=$1
    start_way "$nr"
    user_of "$ASKED_UID"
    RUN_START_BY=$ROVI_REPLY RUN_START_WAY=$ASKED_WAY RUN_STOP_BY='' RUN_STOP_WAY=''
    if [[ ${RUN["$nr/stop_job"]-} ]]; then
        stop_way "$nr"
        user_of "$ASKED_UID"
        RUN_STOP_BY=$ROVI_REPLY RUN_STOP_WAY=$ASKED_WAY
    fi
    if [[ ${RUN["$nr/ended"]-} ]]; then
        RUN_END=stopped
        [[ ${RUN["$nr/result"]} == success ]] || RUN_END=failed
        [[ ! ${RUN["$nr/code"]-} || ${RUN["$nr/ready"]-} ]] || RUN_END=refused
    elif [[ ${RUN["$nr/boot"]} != "$boot" ]]; then
        RUN_END=lost
    elif [[ ${run_last["${RUN["$nr/stack"]}"]-$nr} != "$nr" ]]; then
        RUN_END=unknown # the journal has lost some of it
    elif [[ ${RUN["$nr/stop_job"]-} ]]; then
        RUN_END=stopping
    elif [[ ${RUN["$nr/ready"]-} ]]; then
        RUN_END=running
    else
        RUN_END=starting
    fi
}

# history_row NUMBER: prints the line of a run that one_run has looked at, and below it what it ran with and why it has
# failed.
history_row() {
    local nr=$1 by=$RUN_START_BY end=$RUN_END colour='' ready='' ran start text
    [[ $RUN_START_WAY == rovictl ]] || by+=${by:+/}$RUN_START_WAY
    case $RUN_END/$RUN_STOP_WAY in
    running/) end=runs colour=$green ;;
    starting/) end=starts colour=$yellow ;;
    stopping/*) end=stops colour=$yellow ;;
    stopped/rovictl | stopped/executor) end="stopped by $RUN_STOP_BY" ;;
    stopped/systemctl)
        end="systemctl stop"
        [[ ! $RUN_STOP_BY ]] || end="stopped by $RUN_STOP_BY"
        ;;
    stopped/gateway | stopped/hardware) end="$RUN_STOP_WAY ended" ;;
    stopped/shutdown) end=shutdown ;;
    failed/* | lost/*) colour=$red ;;
    refused/*) colour=$yellow ;;
    esac
    printf -v start '%(%F %T)T' "${RUN["$nr/at"]:0:-6}"
    if [[ ${RUN["$nr/ready"]-} ]]; then
        span $((RUN["$nr/ready"] - RUN["$nr/began"]))
        ready=$ROVI_REPLY
    fi
    run_length "$nr"
    span "$ROVI_REPLY"
    ran=$ROVI_REPLY
    history_line "$colour" "$start" "${RUN["$nr/stack"]}" "$by" "$ready" "$ran" "$end${colour:+$plain}"
    asked_text "$nr"
    text=$ROVI_REPLY
    if [[ $RUN_END == @(failed|refused) ]]; then
        run_why "$nr"
        text+=${text:+; }$ROVI_REPLY
        [[ $RUN_STOP_WAY != @(rovictl|executor) ]] || text+=", when $RUN_STOP_BY stopped it"
    fi
    [[ $RUN_END != lost ]] || text+="${text:+; }the robot went down without a shutdown"
    [[ $RUN_END != unknown ]] || text+="${text:+; }the journal does not say how it ended"
    [[ $text ]] || return 0
    indent "$INDENT" $((width ? width : 100000)) "$text"
    printf '%s\n' "$ROVI_REPLY"
}

# history_line COLOUR START STACK BY READY RAN END: prints a line of the table; "-" stands for an empty field in a pipe.
history_line() {
    local line empty=-
    ((width == 0)) || empty=
    printf -v line '%s%-19s %-*s %-15s %5s %7s %s' "$1" "$2" "$name_width" "$3" "${4:-$empty}" "${5:-$empty}" \
        "${6:-$empty}" "$7"
    put "$line"
}

# run_length NUMBER: sets ROVI_REPLY to how long the run took since its start began, until now if it still does;
# in microseconds, or nothing if nobody knows.
run_length() {
    ROVI_REPLY=
    if [[ ${RUN["$1/ended"]-} ]]; then
        ROVI_REPLY=$((RUN["$1/ended"] - RUN["$1/began"]))
    elif [[ $RUN_END == @(starting|running|stopping) ]]; then
        rovi_uptime # such a run is of this boot
        ROVI_REPLY=$((ROVI_REPLY * 10000 - RUN["$1/began"]))
        ((ROVI_REPLY > 0)) || ROVI_REPLY=0
    fi
}

# run_asked NUMBER: sets variant and parameters of the run; what does not look like them becomes nothing.
run_asked() {
    local word
    variant=${RUN["$1/variant"]-} asked=()
    rovi_valid_variant "$variant" || variant=
    IFS=' ' read -ra asked <<<"${RUN["$1/parameters"]-}"
    for word in "${asked[@]}"; do
        [[ $word == [A-Za-z_]*([A-Za-z0-9_]):=?* ]] || asked=()
    done
}

# asked_text NUMBER: sets ROVI_REPLY to what the run was started with, in the words of rovictl.
asked_text() {
    local variant
    local -a asked
    run_asked "$1"
    rovi_printable "${variant:+--variant $variant }${asked[*]}"
    ROVI_REPLY=${ROVI_REPLY% }
}

# run_why NUMBER: sets ROVI_REPLY to why the run has failed or was refused.
run_why() {
    rovi_printable "${RUN["$1/why"]-}"
    ROVI_REPLY=${ROVI_REPLY:-systemd says: ${RUN["$1/result"]-}}
}

# history_object NUMBER: prints an object about the run that one_run has looked at.
history_object() {
    local nr=$1 json variant word text='' key
    local -a asked
    json="{\"schema\":1,\"stack\":\"${RUN["$nr/stack"]}\",\"unit\":\"rovi-${RUN["$nr/stack"]}.service\""
    json_moment "${RUN["$nr/at"]}"
    json+=",\"started\":$ROVI_REPLY"
    for key in "started_by:$RUN_START_BY" "started_way:$RUN_START_WAY" "end:$RUN_END" "stopped_by:$RUN_STOP_BY" \
        "stopped_way:$RUN_STOP_WAY"; do
        json_string "${key#*:}"
        json+=",\"${key%%:*}\":$ROVI_REPLY"
    done
    run_asked "$nr"
    json_string "$variant"
    json+=",\"variant\":$ROVI_REPLY"
    for word in "${asked[@]}"; do
        json_string "${word#*:=}"
        text+="${text:+,}\"${word%%:=*}\":$ROVI_REPLY"
    done
    [[ ! $text ]] || text="{$text}"
    json+=",\"parameters\":${text:-null}"
    json_seconds "${RUN["$nr/ready"]:+$((RUN["$nr/ready"] - RUN["$nr/began"]))}"
    json+=",\"ready_s\":$ROVI_REPLY"
    run_length "$nr"
    json_seconds "$ROVI_REPLY"
    json+=",\"ran_s\":$ROVI_REPLY"
    json_moment "${RUN["$nr/ended_at"]-}"
    json+=",\"ended\":$ROVI_REPLY"
    json_string "${RUN["$nr/result"]-}"
    json+=",\"result\":$ROVI_REPLY"
    ROVI_REPLY=
    [[ $RUN_END != @(failed|refused) ]] || run_why "$nr"
    text=$ROVI_REPLY
    json_string "$text"
    json+=",\"reason\":$ROVI_REPLY"
    failure_json "$text"
    json+=",\"first_failure\":$ROVI_REPLY,\"invocation_id\":\"${RUN["$nr/invocation"]}\""
    json+=",\"boot_id\":\"${RUN["$nr/boot"]}\"}"
    put "$json"
}

# json_moment MICROSECONDS: sets ROVI_REPLY to that time since 1970 in the form of RFC 3339, or null.
json_moment() {
    local TZ=UTC
    ROVI_REPLY=null
    [[ ! $1 ]] || printf -v ROVI_REPLY '"%(%FT%T)T.%sZ"' "${1:0:-6}" "${1: -6:3}"
}

# json_seconds MICROSECONDS: sets ROVI_REPLY to that length in seconds, or null.
json_seconds() {
    ROVI_REPLY=null
    [[ ! $1 ]] || printf -v ROVI_REPLY '%d.%03d' $(($1 / 1000000)) $(($1 / 1000 % 1000))
}
