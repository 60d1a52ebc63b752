# shellcheck shell=bash
# logs.sh: the verb logs.

use lib/contract lib/text lib/run rovictl.d/verbs rovictl.d/ask rovictl.d/journal

# What systemd logs at each start of a unit, "Starting …" (sd-messages(3), SD_MESSAGE_UNIT_STARTING).
readonly LOG_STARTING=7d4958e842da4a758f6c1cdc7b36dcc5

# cmd_logs [NAME]: hands over to journalctl.
cmd_logs() {
    local lines=${option["--lines"]-}
    local -a args=(--quiet) # journalctl adds no lines; what it would warn about is said here
    local -a of=("--unit=rovi-${1:-*}.service")
    check_logs "${1-}"
    if [[ ${1-} ]]; then need_unit "$1" gateway; else find_stacks; fi
    may_read_journal ||
        die "$ROVI_EX_DENIED" "not permitted to read the log: $(journal_hint)"
    take_times
    take_pattern
    if [[ ${option["--run"]-} ]]; then
        find_run "$1" "${option["--run"]#-}"
        # What the unit's processes have logged, or (+) what systemd says about that start.
        of=("_SYSTEMD_INVOCATION_ID=$ROVI_REPLY" + "INVOCATION_ID=$ROVI_REPLY" _PID=1)
    fi
    [[ ! ${option["--priority"]-} ]] || args+=("--priority=${option["--priority"]}")
    [[ ! ${option["--follow"]-} ]] || take_follow
    [[ ! ${option["--json"]-} ]] || args+=(--output=json)
    choose_pager
    exec journalctl "${args[@]}" "${of[@]}"
}

# check_logs [NAME]: ends rovictl if the options of logs do not go together.
check_logs() {
    [[ ! ${option["--run"]-} || $1 ]] ||
        bad_usage "--run needs a stack, or gateway, because a run is one start of one unit"
    [[ ${option["--follow"]-} ]] || return 0
    [[ ! ${option["--until"]+set} ]] || bad_usage "--follow goes on, and --until is an end: use one of them"
    [[ ${option["--run"]:-0} =~ ^-?0+$ ]] ||
        bad_usage "--follow goes on, and a run that is over does not: use one of them"
}

# take_times: adds --since and --until to the caller's args. Ends rovictl if journalctl does not take them: it alone
# knows all forms of systemd.time(7).
take_times() {
    local long
    for long in --since --until; do
        [[ ${option["$long"]+set} ]] || continue
        args+=("$long=${option["$long"]}")
        ! journalctl_refuses "${args[@]}" || case $ROVI_REPLY in
        *before*) die "$ROVI_EX_USAGE" "--since must be before --until: see 'rovictl help logs'" ;;
        *timestamp*) bad_usage "$long takes a time, for example '10 min ago', today or '2026-05-01 12:00' \
(systemd.time(7)), not $(rovi_quote "${option["$long"]}")" ;;
        esac
    done
}

# take_pattern: adds --grep to the caller's args. Ends rovictl if journalctl cannot search, or not for that.
take_pattern() {
    local pattern
    [[ ${option["--grep"]+set} ]] || return 0
    pattern=--grep=${option["--grep"]}
    ! journalctl_refuses --since=@1 --until=@2 "$pattern" || case $ROVI_REPLY in
    *"ad pattern"* | *"compile pattern"*)
        rovi_printable "${ROVI_REPLY##*: }"
        bad_usage "--grep takes a regular expression (pcre2pattern(3)), not $(rovi_quote "${option["--grep"]}"), \
because of: $ROVI_REPLY"
        ;;
    *[Pp]attern* | *[Pp][Cc][Rr][Ee]*)
        die "$ROVI_EX_UNAVAILABLE" "the journalctl here cannot search: use 'rovictl logs --no-pager | grep …', \
or an administrator installs libpcre2-8-0"
        ;;
    esac
    args+=("$pattern")
}

# take_follow: adds --follow to the caller's args. If nothing is to be shown before what comes, --since replaces the
# caller's lines: of the first lines that come at once, journalctl would otherwise show only the last.
take_follow() {
    local now=@${EPOCHREALTIME/,/.}
    if [[ ! ${option["--since"]+set} ]] && { [[ $lines =~ ^0+$ ]] || log_is_empty; }; then
        args+=("--since=$now")
        lines=
    fi
    args+=(--follow)
}

# log_is_empty: whether the journal has nothing of what the caller's args and of ask for.
log_is_empty() {
    rovi_run journalctl --no-pager --lines=1 "${args[@]}" "${of[@]}" || true # it fails if it finds nothing
    [[ ! $ROVI_REPLY ]]
}

# journalctl_refuses ARG...: whether journalctl complains about these arguments; ROVI_REPLY then has its words. It
# prints nothing of the log. (That it finds nothing is a failure, too, but one without words.)
journalctl_refuses() {
    ! rovi_run journalctl --quiet --no-pager --lines=0 "$@" && [[ $ROVI_REPLY ]]
}

# find_run NAME BACK: sets ROVI_REPLY to the InvocationID (systemd.exec(5)) of the unit's current or last start or, if
# BACK is more than 0, of one so many starts before. Ends rovictl if the journal does not have it. Every node can log
# any field, so only what PID 1 itself has logged counts.
find_run() {
    local unit=rovi-$1.service back=$((10#$2)) line found='"INVOCATION_ID" ?: ?"([0-9a-f]{32})"'
    local -a runs=()
    # The journal may be a moment behind systemd, which knows the current or last start of a loaded unit; or it has lost
    # that one since.
    ! try_look "$unit" || runs=(${UNIT["$unit/InvocationID"]:+"${UNIT["$unit/InvocationID"]}"})
    if ((${#runs[@]})) && [[ ${UNIT["$unit/ActiveState"]} == @(inactive|failed) ]] && ! log_has_run "${runs[0]}"; then
        runs=()
    fi
    rovi_run journalctl --quiet --no-pager --reverse --lines=$((back + 2)) \
        --output=json --output-fields=INVOCATION_ID "MESSAGE_ID=$LOG_STARTING" "UNIT=$unit" _PID=1 || ROVI_REPLY=
    while IFS= read -r line; do
        [[ ! $line =~ $found || " ${runs[*]} " == *" ${BASH_REMATCH[1]} "* ]] || runs+=("${BASH_REMATCH[1]}")
    done <<<"$ROVI_REPLY"
    ROVI_REPLY=${runs[back]-}
    [[ $ROVI_REPLY ]] || die "$ROVI_EX_USAGE" "the log has no run $((-back)) of $1: it has \
$( ((${#runs[@]})) && printf 'the last %s' "${#runs[@]}" || printf 'none')"
}

# log_has_run ID: whether the journal has anything of that run.
log_has_run() {
    rovi_run journalctl --quiet --no-pager --lines=1 --output=cat \
        "_SYSTEMD_INVOCATION_ID=$1" + "INVOCATION_ID=$1" _PID=1 && [[ $ROVI_REPLY ]]
}

# choose_pager: adds to the caller's args how much is shown, by the caller's lines, and how. On a terminal that is
# journalctl's pager at the end of the log, with long lines wrapped. --follow and a pipe have no pager.
choose_pager() {
    [[ ! $lines ]] || args+=(--lines=$((10#$lines)))
    if [[ ! -t 1 || ${option["--no-pager"]-}${option["--follow"]-}${option["--json"]-} ]]; then
        args+=(--no-pager)
        return
    fi
    export SYSTEMD_LESS=${SYSTEMD_LESS:-FRXMK} # systemd's own has S besides, which cuts long lines
    args+=(--pager-end)                        # means --lines=1000, too
    [[ $lines || ! ${option["--since"]-}${option["--run"]-} ]] || args+=(--lines=all)
}
