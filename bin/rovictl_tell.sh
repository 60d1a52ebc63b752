# shellcheck shell=bash
# rovictl_tell.sh: what rovictl says: states, reasons and sizes in words. To be sourced by
# rovictl after rovictl_ask.sh, whose UNIT it reads.

readonly LOG_LINES=10

# reason NAME: sets ROVI_REPLY to why the unit has failed, in the scripts' own words (StatusText);
# where they could not even run, systemd's (Result, see $SERVICE_RESULT in systemd.exec(5)).
reason() {
    local unit=rovi-$1.service
    ROVI_REPLY=${UNIT["$unit/StatusText"]-}
    ROVI_REPLY=${ROVI_REPLY:-systemd says: ${UNIT["$unit/Result"]-}, exit status ${UNIT["$unit/ExecMainStatus"]-}}
    [[ ${UNIT["$unit/Result"]-} != oom-kill ]] || ROVI_REPLY+=": $(use rovictl_why && oom_victim "$1")"
}

# may_read_journal: whether the caller sees the log of other users' services.
may_read_journal() {
    local file
    ((EUID != 0)) || return 0
    for file in /var/log/journal/*/system.journal /run/log/journal/*/system.journal; do
        [[ ! -r $file ]] || return 0
    done
    return 1
}

# journal_hint: prints who makes the log readable for the caller, and how.
journal_hint() {
    printf "an administrator runs 'sudo usermod -aG systemd-journal %s', then %s logs in again" "$(id -un)" "$(id -un)"
}

# last_log NAME: prints the last lines that the unit's last start has logged, as far as the caller
# may read them. The journal may be a moment behind.
last_log() {
    local log line
    if ! may_read_journal; then
        printf 'its log is not readable for you: %s\n' "$(journal_hint)"
        return
    fi
    for _ in {1..10}; do
        log=$(journalctl --quiet --no-pager --output=cat --lines="$LOG_LINES" \
            "_SYSTEMD_INVOCATION_ID=${UNIT["rovi-$1.service/InvocationID"]:-none}" 2>/dev/null)
        [[ -z $log ]] || break
        rovi_nap 0.05
    done
    [[ $log ]] || return 0
    printf 'last lines of its log:\n'
    while IFS= read -r line; do
        rovi_printable "$line" # journalctl leaves in what controls a terminal
        printf '%s\n' "$ROVI_REPLY"
    done <<<"$log"
}

# die_of_failure NAME WHAT: reports the failed unit and ends rovictl with the code of the
# contract: run_stack.sh's own where that has refused, and so put its reason into StatusText.
die_of_failure() {
    local unit=rovi-$1.service code=$ROVI_EX_FAILED text
    text=${UNIT["$unit/StatusText"]-}
    if [[ ${UNIT["$unit/ExecMainCode"]-} == 1 && $text && $text != "ros2 launch "* ]]; then
        case ${UNIT["$unit/ExecMainStatus"]} in
        "$ROVI_EX_USAGE" | "$ROVI_EX_NO_GATEWAY" | "$ROVI_EX_BUSY" | "$ROVI_EX_CONFIG" | "$ROVI_EX_GUARD") code=${UNIT["$unit/ExecMainStatus"]} ;;
        esac
    fi
    reason "$1"
    printf 'rovictl: %s %s: %s\n' "$1" "$2" "$ROVI_REPLY" >&2
    [[ $code != "$ROVI_EX_FAILED" ]] || last_log "$1" >&2
    exit "$code"
}

# state NAME: sets ROVI_REPLY to the word for the unit's state.
state() {
    rovi_state "${ACTIVE[$1]-inactive}"
}

# find_width: sets width and height to the terminal's; width to 0 where stdout is none and nothing
# is to be cut.
find_width() {
    width=0 height=24
    [[ -t 1 ]] || return 0
    shopt -s checkwinsize
    (:) # bash asks the terminal for COLUMNS and LINES after a child
    width=${COLUMNS:-80}
    height=${LINES:-24}
    [[ $width =~ ^[1-9][0-9]{1,3}$ ]] || width=80
    [[ $height =~ ^[1-9][0-9]{0,3}$ ]] || height=24
}

# wants_colour: whether --color, NO_COLOR and the terminal, as find_width has seen it, say so.
wants_colour() {
    local when=${option["--color"]:-auto}
    [[ $when == always || ($when == auto && $width != 0 && ! ${NO_COLOR-} && ${TERM-dumb} != dumb) ]]
}

# human_size BYTES: sets ROVI_REPLY to BYTES in K, M or G of 1024, with one decimal; or to nothing.
human_size() {
    local bytes=$1 unit=1024 letter=K tenths
    ROVI_REPLY=
    [[ $bytes == +([0-9]) && ${#bytes} -lt 16 ]] || return 0 # "[not set]", or 2^64-1
    ((bytes < 1024 ** 2)) || unit=$((1024 ** 2)) letter=M
    ((bytes < 1024 ** 3)) || unit=$((1024 ** 3)) letter=G
    tenths=$((bytes * 10 / unit))
    ROVI_REPLY=$((tenths / 10)).$((tenths % 10))$letter
}

# indented LEAD WIDTH TEXT: prints TEXT behind LEAD, broken between words so that it fits WIDTH.
indented() {
    local word line=$1 - IFS=' '
    set -f
    for word in $3; do
        if ((${#line} > ${#1} && ${#line} + ${#word} > $2)); then
            printf '%s\n' "${line% }"
            printf -v line '%*s' ${#1} ''
        fi
        line+="$word "
    done
    printf '%s\n' "${line% }"
}
