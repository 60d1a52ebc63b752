#!/bin/bash
# check_health.sh NAME: looks once at the health of rovi-NAME.service, a stack or the gateway, while that runs.
#
# Run by systemd every few seconds, by rovi-health@NAME.timer: ExecStart= of rovi-health@NAME.service. It never stops or
# restarts anything. What it finds is for status, watch and the executor: it writes it into /run/rovi/health.NAME, see
# lib/health.sh. It finds processes of the launch that have died, and it runs ROVI_HEALTH_CHECK if it is time.
set -uo pipefail

ROVI_LIB=${BASH_SOURCE[0]%/*}
# shellcheck source=services/lib/use.sh
source "$ROVI_LIB/lib/use.sh"
use lib/contract lib/run lib/declared lib/status_text lib/check lib/launch lib/launch_log lib/health

if (($# != 1)) || ! rovi_valid_name "$1"; then
    printf 'usage: check_health.sh NAME, where rovi-NAME.service is a stack or the gateway\n' >&2
    exit "$ROVI_EX_USAGE"
fi

# find_dead: sets dead to what is wrong with the processes of the launch, or to nothing. If nothing has happened since
# the last look, that is what it was then.
find_dead() {
    dead=
    launch_log_file "$LAUNCH_LOG_DIR" "$LAUNCH_PID" && launch_events "$ROVI_REPLY" || return 0
    if [[ $HEALTH_DEAD && ! $EVENTS_NEW ]]; then
        dead=$HEALTH_DEAD
        return
    fi
    launch_first_dead "$ROVI_REPLY" && [[ $FAILURE_PROCESS ]] || return 0
    failure_text
    dead=$ROVI_REPLY
}

# run_check NAME: if it is time, runs the health check that the unit declares, as systemd knows it, in the launch's
# environment; sets checked to when, and sick to what it has said, or to nothing if all is well.
run_check() {
    local command
    check_declared "$1" || return 0
    command=${DECLARED[ROVI_HEALTH_CHECK]-}
    rovi_uptime
    [[ $command ]] &&
        ((ROVI_REPLY - 10#${checked:-0} >= ${DECLARED[ROVI_HEALTH_CHECK_SEC]:-$HEALTH_SEC} * 100 - 100)) || return 0
    checked=$ROVI_REPLY
    sick=$(
        check_environment || load_env
        launch_check "$command" "${CHECK_AS[@]}" || printf '%s' "$ROVI_REPLY"
    )
    launch_forget_check
    sick=${sick#"${0##*/}: "} # launch_load_env ends with a sentence
}

# load_env: loads the environment, for the subshell of run_check. If that is refused, the subshell ends with the
# sentence. What ROS and the workspace print while they are sourced is no health, so it goes to a file without a name.
load_env() {
    local said
    launch_check_file
    exec {said}<>"$ROVI_REPLY" && rm -f "$ROVI_REPLY"
    # shellcheck disable=SC2064  # to be expanded now
    trap "tail -n 1 /proc/self/fd/$said" EXIT
    launch_load_env >&"$said" 2>&1
    trap - EXIT
    exec {said}>&-
}

launch_noted "$1" || exit 0 # it does not run, or has not come so far
health_read "$1" "$LAUNCH_INVOCATION"
checked=$HEALTH_CHECKED sick=$HEALTH_SICK
find_dead
[[ ! $LAUNCH_HAS_CHECK ]] || run_check "$1"
health_write "$1" "$LAUNCH_INVOCATION" "$checked" "$sick" "$dead"
