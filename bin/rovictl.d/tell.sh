# shellcheck shell=bash
# tell.sh: says why a unit has failed.

use lib/contract rovictl.d/ask rovictl.d/journal

# reason NAME: sets ROVI_REPLY to why the unit has failed, in the scripts' own words (StatusText) or, if they could not
# run, in systemd's (Result, see $SERVICE_RESULT in systemd.exec(5)).
reason() {
    local unit=rovi-$1.service
    ROVI_REPLY=${UNIT["$unit/StatusText"]-}
    if [[ ! $ROVI_REPLY ]]; then
        use rovictl.d/why
        exit_reason "$1"
    fi
    [[ ${UNIT["$unit/Result"]-} != oom-kill ]] || ROVI_REPLY+=": $(use rovictl.d/why && oom_victim "$1")"
}

# die_of_failure NAME WHAT: reports the failed unit and ends rovictl with the code of the contract. If the unit was
# refused, that is the code of the refusal.
die_of_failure() {
    local unit=rovi-$1.service code
    code=${UNIT["$unit/RefusedWith"]:-$ROVI_EX_FAILED}
    if [[ ${UNIT["$unit/RefusedBy"]-} ]]; then
        record guard "${UNIT["$unit/RefusedBy"]}"
        record guard_reason "${UNIT["$unit/RefusedWhy"]}"
    fi
    [[ $code != "$ROVI_EX_USAGE" ]] || record wrong parameters
    reason "$1"
    complain "$1 $2: $ROVI_REPLY"
    [[ $code != "$ROVI_EX_FAILED" ]] || last_log "$1"
    exit "$code"
}
