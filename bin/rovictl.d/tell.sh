# shellcheck shell=bash
# tell.sh: why a unit has failed, in words.

use lib/contract rovictl.d/ask rovictl.d/journal

# reason NAME: sets ROVI_REPLY to why the unit has failed, in the scripts' own words (StatusText);
# where they could not even run, systemd's (Result, see $SERVICE_RESULT in systemd.exec(5)).
reason() {
    local unit=rovi-$1.service
    ROVI_REPLY=${UNIT[$unit/StatusText]-}
    ROVI_REPLY=${ROVI_REPLY:-systemd says: ${UNIT[$unit/Result]-}, exit status ${UNIT[$unit/ExecMainStatus]-}}
    [[ ${UNIT[$unit/Result]-} != oom-kill ]] || ROVI_REPLY+=": $(use rovictl.d/why && oom_victim "$1")"
}

# die_of_failure NAME WHAT: reports the failed unit and ends rovictl with the code of the
# contract: run_stack.sh's own where that has refused, and so put its reason into StatusText.
die_of_failure() {
    local unit=rovi-$1.service code=$ROVI_EX_FAILED text
    text=${UNIT[$unit/StatusText]-}
    if [[ ${UNIT[$unit/ExecMainCode]-} == 1 && $text && $text != "ros2 launch "* ]]; then
        case ${UNIT[$unit/ExecMainStatus]} in
        "$ROVI_EX_USAGE" | "$ROVI_EX_NO_GATEWAY" | "$ROVI_EX_BUSY" | "$ROVI_EX_CONFIG" | "$ROVI_EX_GUARD") code=${UNIT[$unit/ExecMainStatus]} ;;
        esac
    fi
    reason "$1"
    printf 'rovictl: %s %s: %s\n' "$1" "$2" "$ROVI_REPLY" >&2
    [[ $code != "$ROVI_EX_FAILED" ]] || last_log "$1" >&2
    exit "$code"
}
