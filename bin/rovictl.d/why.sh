# shellcheck shell=bash
# why.sh: what rovictl has to look up: what a start waits for, what it lacks, what has killed it.

use lib/text lib/run lib/bus lib/exit_words rovictl.d/ask rovictl.d/journal

# oom_victim NAME: prints which process of the unit the kernel has killed because memory ran out: the first since the
# unit was last started. It may kill others after the one that has taken the memory. Its log says
# oom-kill:…,task_memcg=/system.slice/rovi-nav.service,task=slam,pid=12,uid=1
oom_victim() {
    local line task=''
    if ! may_read_journal; then
        printf "the kernel's log says which, but you may not read it: %s\n" "$(journal_hint)"
        return
    fi
    rovi_unit_time "rovi-$1.service" InactiveExitTimestamp || ROVI_REPLY=
    while IFS= read -r line; do
        [[ $line == *oom-kill:*/"rovi-$1.service",task=*,pid=* ]] || continue
        task=${line##*,task=}
        break
    done < <([[ ! $ROVI_REPLY ]] ||
        journalctl --quiet --dmesg --since=@$((ROVI_REPLY / 1000000)) --output=cat 2>/dev/null)
    if [[ $task ]]; then
        task=${task%%,uid=*}
        rovi_printable "${task%%,pid=*}, pid ${task##*,pid=}" # a process chooses its name
        printf '%s' "$ROVI_REPLY"
    else
        printf "the kernel's log does not say which"
    fi
}

# waits_for NAME: sets ROVI_REPLY to what a queued start waits for: units in its After= (systemd.unit(5)) that have a
# job themselves, such as a device.
waits_for() {
    local jobs unit others=''
    local -a after=()
    ! rovi_manager ListJobs || jobs=$ROVI_REPLY
    ! rovi_run systemctl --system --property=After --value -- show "rovi-$1.service" ||
        IFS=' ' read -ra after <<<"$ROVI_REPLY"
    for unit in "${after[@]}"; do
        [[ ${jobs-} == *" \"${unit//\\/\\\\}\" "* ]] || continue
        [[ $unit != *.device ]] || unit=$(systemd-escape --unescape --path -- "${unit%.device}")
        others+="${others:+ and }$unit"
    done
    ROVI_REPLY=${others:+waiting for $others}
}

# failed_need NAME: sets ROVI_REPLY to the units that the unit requires and that have failed, and to required devices
# that are not there, for the end of a sentence. Overwrites UNIT.
failed_need() {
    local unit failed='' missing=''
    local -a needs=()
    ! rovi_run systemctl --system --property=Requires,BindsTo --value -- show "rovi-$1.service" ||
        IFS=$' \n' read -rd '' -a needs <<<"$ROVI_REPLY"
    ((${#needs[@]} == 0)) || try_look "${needs[@]}" || UNIT=()
    for unit in "${needs[@]}"; do
        case $unit/${UNIT["$unit/ActiveState"]-} in
        */failed) failed+="${failed:+ and }$unit" ;;
        *.device/inactive) missing+="${missing:+ and }$(systemd-escape --unescape --path -- "${unit%.device}")" ;;
        esac
    done
    ROVI_REPLY=${missing:+it needs $missing, which did not appear}
    ROVI_REPLY+=${failed:+${ROVI_REPLY:+; }it needs $failed, which failed: see \'systemctl status $failed\'}
}

# exit_reason NAME: sets ROVI_REPLY to why the unit has failed, if our scripts did not run and so could not say it: by
# systemd's Result and the exit status.
exit_reason() {
    local unit=rovi-$1.service
    exit_words "$1" "${UNIT["$unit/ExecMainStatus"]-}" ||
        ROVI_REPLY="systemd says: ${UNIT["$unit/Result"]-}, exit status ${UNIT["$unit/ExecMainStatus"]-}"
}
