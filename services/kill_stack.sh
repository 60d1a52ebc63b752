#!/bin/bash
# kill_stack.sh NAME[:USER]: ends rovi-NAME.service, a stack, by force: SIGKILL to all of its processes at once. USER is
# who has asked for it; without USER it is some operator.
#
# Run by systemd, as root: ExecStart= of rovi_kill@NAME[:USER].service. It reads nothing that the service user writes,
# and uses systemctl, which needs no D-Bus for root. Exit codes: see lib/contract.sh.
set -uo pipefail

ROVI_LIB=${BASH_SOURCE[0]%/*}
# shellcheck source=services/lib/use.sh
source "$ROVI_LIB/lib/use.sh"
use lib/contract lib/changes lib/run lib/stacks

readonly LIMIT_S=25  # for all of it; less than TimeoutStartSec= of rovi_kill@
readonly AFTER_S=8   # until the next SIGKILL
readonly PAUSE_S=0.1 # between two looks

# look: sets state, sub, start (the InvocationID) and job (its ID, or nothing) to what systemd says about unit.
look() {
    local line
    state='' sub='' start='' job=''
    rovi_run systemctl show --property=ActiveState,SubState,InvocationID,Job -- "$unit" ||
        die "$ROVI_EX_UNAVAILABLE" "systemd does not say in which state $unit is: $ROVI_REPLY"
    while IFS= read -r line; do
        case $line in
        ActiveState=*) state=${line#*=} ;;
        SubState=*) sub=${line#*=} ;;
        InvocationID=*) start=${line#*=} ;;
        Job=*) job=${line#*=} ;;
        esac
    done <<<"$ROVI_REPLY"
}

# is_over: whether unit is down and nothing is queued for it.
is_over() {
    [[ $state == @(inactive|failed) && ! $job ]]
}

# note: notes which start is killed, and by whom, where only root can write. ExecStopPost= of the stack reads it.
note() {
    local file=$ROVI_KILLED/${unit:5:-8}
    { printf '%s %s\n' "$start" "$by" >"$file.new" && mv -f -T "$file.new" "$file"; } ||
        printf '%s cannot be written: the status will not say who has killed it\n' "$file" >&2
}

# drop_job: has systemd stop unit, so that neither a restart nor a queued start brings it up again. systemd refuses that
# if the job cannot be replaced; that job is then cancelled.
drop_job() {
    rovi_run systemctl stop --no-block -- "$unit" || rovi_run systemctl cancel "$job" ||
        printf 'job %s of %s cannot be cancelled: %s\n' "$job" "$unit" "$ROVI_REPLY" >&2
}

# end_unit: kills unit, and returns when this start of it is over.
end_unit() {
    local first=$start end next
    rovi_uptime
    next=$ROVI_REPLY end=$((ROVI_REPLY + LIMIT_S * 100))
    # ExecStopPost= of the stack removes the session file: it is given some time.
    [[ $sub != stop-post ]] || next=$((ROVI_REPLY + AFTER_S * 100))
    # A start ends with its processes. To stop it first would send SIGINT to what cleans up.
    [[ ! $job || $state == activating ]] || drop_job
    while [[ $start == "$first" ]] && ! is_over; do # another start is somebody else's
        rovi_uptime
        ((ROVI_REPLY < end)) ||
            die "$ROVI_EX_TIMEOUT" "$unit has not ended within $LIMIT_S s: it is still $state ($sub)"
        if ((ROVI_REPLY >= next)); then
            next=$((ROVI_REPLY + AFTER_S * 100))
            rovi_run systemctl kill --signal=KILL -- "$unit" || true # nothing is left to kill
        fi
        rovi_nap "$PAUSE_S"
        look
    done
}

name=${1%%:*} by=${1#"${1%%:*}"}
by=${by#:}
if [[ $# != 1 || ! $by =~ ^[A-Za-z0-9_.@-]{0,64}$ ]] || ! rovi_valid_name "$name"; then
    die "$ROVI_EX_USAGE" "usage: kill_stack.sh NAME[:USER], where rovi-NAME.service is a stack"
fi
by=${by:-an operator} unit=rovi-$name.service
look
! is_over || exit 0
rovi_is_loaded_stack "$unit" || die "$ROVI_EX_USAGE" "$unit is not a stack"
printf '%s is killed: %s has asked for it\n' "$unit" "$by" >&2
note
end_unit
changes_say
