# shellcheck shell=bash
# await.sh: waiting for systemd, within a time limit.

use lib/contract lib/run lib/changes lib/bus rovictl.d/ask rovictl.d/progress

# When the looks come, in ms. A look is not free: systemd answers it while it should do what is waited for.
readonly AWAIT_BEGIN_MS=50  # the first, after a job was asked for
readonly AWAIT_READY_MS=250 # how much later it comes, if the job is a start and tells of no change
readonly AWAIT_START_MS=100 # the second after a change, if the unit starts
readonly AWAIT_STOP_MS=15   # the same, if the unit stops, which is told a moment before it is true
readonly AWAIT_MS=1000      # between two at most
readonly AWAIT_BLIND_MS=30  # the same, if nobody tells of changes

# set_deadline: sets ROVI_DEADLINE, the moment at which rovictl gives up, from --timeout. From now on Ctrl-C ends the
# wait with a sentence.
set_deadline() {
    local seconds=${option["--timeout"]:-$ROVI_TIMEOUT_S}
    trap interrupted INT
    [[ $seconds != infinity ]] || return 0
    rovi_uptime
    ROVI_DEADLINE=$((ROVI_REPLY + 10#$seconds * 100))
}

# is_late: whether the deadline has passed.
is_late() {
    [[ $ROVI_DEADLINE ]] || return
    rovi_uptime
    ((ROVI_REPLY >= ROVI_DEADLINE))
}

# settle NAME [STACK SENTENCE]: waits until the unit has no job and is neither starting nor stopping; leaves what
# systemd says about it in UNIT. With STACK, the unit is one that is asked about that stack, and SENTENCE says that it
# did not answer. A bus that goes away (daemon-reexec, a restart of D-Bus) may come back within ROVI_BUS_TIMEOUT_S.
settle() {
    local unit=rovi-$1.service lost='' seconds=${option["--timeout"]:-$ROVI_TIMEOUT_S} what way="see 'rovictl status'"
    local most=$AWAIT_MS first=$AWAIT_START_MS
    [[ $1 != *@* ]] || most=$AWAIT_BLIND_MS # these units tell nobody that they end
    changes_open
    if [[ $CHANGES_FD ]]; then
        rovi_nap "0.0$AWAIT_BEGIN_MS"
        changes_drain
        [[ $1 == *@* || ${ACTIVE[$1]-inactive} != @(inactive|failed) ]] || await_change "$most" "$AWAIT_READY_MS"
    fi
    while true; do
        if try_look "$unit"; then
            lost=
            [[ ${UNIT["$unit/Job"]-} || ${UNIT["$unit/ActiveState"]} == @(activating|deactivating) ]] ||
                { end_progress && return 0; }
            progress "$1" "${2-}"
        else
            bus_is_back || { end_progress && die_of_bus; }
        fi
        if [[ ! $lost ]] && is_late; then
            end_progress
            show_json "${2:-$1}"
            [[ ${UNIT["$unit/ActiveState"]} != deactivating ]] || way="'rovictl kill $1' ends it by force"
            [[ ${UNIT["$unit/ActiveState"]}/$1 != deactivating/$ROVI_ALWAYS ]] ||
                way="if it does not end, an administrator runs 'sudo systemctl kill --signal=KILL $unit'"
            state "$1"
            what="$1 is still $ROVI_REPLY after $seconds s"
            [[ $ROVI_REPLY == RUNNING ]] || what+=" and goes on" # else its stop or restart is queued
            [[ ! ${3-} ]] || what="$3 within $seconds s"
            die "$ROVI_EX_TIMEOUT" "$what$(said "$1"): $way"
        fi
        [[ ${UNIT["$unit/ActiveState"]-} != deactivating ]] || first=$AWAIT_STOP_MS
        await_change "$most" "$first"
    done
}

# await_change MAX FIRST: waits until something may have changed: MAX ms at most, FIRST ms after a change, and not
# beyond the deadline.
await_change() {
    local left=$1
    rovi_uptime
    [[ ! $ROVI_DEADLINE ]] || left=$(((ROVI_DEADLINE - ROVI_REPLY) * 10))
    ((left >= 10)) || left=10
    changes_nap "$2" $((left < $1 ? left : $1)) "$AWAIT_BLIND_MS"
}

# said NAME: prints what the unit says about itself, for the end of a sentence.
said() {
    local text=${UNIT["rovi-$1.service/StatusText"]-}
    [[ ! $text ]] || printf ' (%s)' "$text"
}

# ask_for_job METHOD UNIT: calls StartUnit, StopUnit or RestartUnit; sets ROVI_REPLY to systemd's answer. It tries again
# if systemd was in the middle of daemon-reexec and so may have taken the call: a second start or stop changes nothing,
# but a second restart does. The caller has looked.
ask_for_job() {
    local lost='' job before=${UNIT["$2/InvocationID"]-}/${UNIT["$2/Job"]-}
    until rovi_manager "$1" ss "$2" replace; do
        is_reexec && bus_is_back || return
        [[ $1 == RestartUnit ]] || continue
        try_look "$2" || return
        job=${UNIT["$2/Job"]-}
        [[ ${UNIT["$2/InvocationID"]-}/$job != "$before" ]] || continue
        ROVI_REPLY="o \"/org/freedesktop/systemd1/job/${job:-0}\"" # what systemd would have answered; 0: it is over
        return
    done
}

# show_json NAME: with --json, prints the object about the unit.
show_json() {
    [[ ${option["--json"]-} ]] || return 0
    use rovictl.d/json
    [[ ${UNIT["rovi-$1.service/Id"]-} ]] || try_look_all "rovi-$1.service" || die_of_bus
    print_json "$1"
}
