# shellcheck shell=bash
# doctor_left.sh: doctor's checks of what earlier runs have left: the lock, the session file, logs.

use lib/contract lib/run lib/declared lib/command rovictl.d/ask rovictl.d/doctor_report

readonly LOGS_TOO_BIG_MB=2000
readonly SESSION_BYTES=4096 # of the session file, which has one line

# A process that has the lock file open holds the lock: nothing else opens the file, except for a moment a gateway that
# starts. /proc/locks does not show a lock whose taker, flock(1), has ended; and to try the lock could make a stack's
# start fail.
check_lock() {
    local pid group held='' stranger=''
    local -a holders=() units=("${stacks[@]/#/rovi-}")
    if ((EUID != 0)); then
        skip_unreadable "$ROVI_LOCK"
        return
    fi
    mapfile -t holders < <(lock_holders)
    try_look "$ROVI_GATEWAY" "${units[@]/%/.service}" || return 0 # after that, so that the unit of each holder is known
    active_stack
    running=$ROVI_REPLY
    for pid in "${holders[@]}"; do
        rovi_cgroup_dir "$pid" 2>/dev/null
        group=$ROVI_REPLY
        if [[ ! $group ]]; then # it has ended meanwhile
            continue
        elif is_in_group "$group" "${stacks[@]}"; then
            held=yes
        elif [[ ${ACTIVE[gateway]-} != activating ]] || ! is_in_group "$group" gateway; then
            stranger=$pid
            fail_of_holder "$pid" "$group"
        fi
    done
    if [[ $stranger ]]; then
        return
    elif [[ $held ]]; then
        ok "a stack holds the stack lock"
    elif [[ $running ]]; then
        warn "$running runs, but nothing holds the stack lock" "rovictl restart $running"
    else
        ok "the stack lock is free"
    fi
}

# lock_holders: prints the PID of each process that has the lock file open. In a container root may not look into other
# users' processes, so the service user looks as well; what it says counts only for its own processes.
lock_holders() {
    local pid
    local -a search=(find /proc/[0-9]*/fd -maxdepth 1 -lname "$ROVI_LOCK")
    {
        "${search[@]}" 2>/dev/null | cut -d/ -f3
        rovi_as "$user" "$ROVI_BUS_TIMEOUT_S" "${search[@]}" | cut -d/ -f3 | while read -r pid; do
            [[ $pid == +([0-9]) && $(stat -c %U "/proc/$pid" 2>/dev/null) == "$user" ]] && printf '%s\n' "$pid"
        done
    } | sort -u
}

# is_in_group DIRECTORY NAME...: whether DIRECTORY is that of the control group of one of these units, or below it. It
# compares systemd's whole path, because a user can give a user unit a stack's name.
is_in_group() {
    local directory=$1/ name group
    shift
    for name in "$@"; do
        group=${UNIT["rovi-$name.service/ControlGroup"]-}
        [[ ! $group || $directory != /sys/fs/cgroup?(/systemd)"$group"/* ]] || return 0
    done
    return 1
}

# fail_of_holder PID DIRECTORY: reports a process that holds the lock and belongs to no stack. DIRECTORY is that of its
# control group.
fail_of_holder() {
    local unit=${2##*/} kind='' others='but no stack is active' IFS=' '
    local -a words
    mapfile -d '' -t words 2>/dev/null <"/proc/$1/cmdline" || return 0 # it has ended meanwhile
    [[ ! $running ]] || others="but does not belong to $running"
    [[ $2 != */user@*.service/* ]] || kind='the user unit '
    ROVI_REPLY=${words[*]}
    fail "process $1 of $kind${unit:-no unit} holds the stack lock, $others: ${ROVI_REPLY:0:200}" "sudo kill $1"
}

check_session() {
    local file=$home/$ROVI_SESSION subject='' wanted=''
    if [[ -d $home && ! -x $home ]]; then
        skip_unreadable "$file"
        return
    elif [[ -e $file || -L $file ]]; then
        if [[ -L $file || ! -f $file ]] || ! rovi_read_file "$file" "$SESSION_BYTES"; then
            warn "the session file $file is not a plain file, or you cannot read it" "sudo rovictl gateway restart"
            return
        fi
        subject=$ROVI_REPLY
    fi
    if [[ $running ]]; then
        read_declared "${UNIT["rovi-$running.service/Environment"]-}"
        launch_subject "$running"
        wanted=$ROVI_REPLY
    fi
    if [[ $subject == "$wanted" ]]; then
        ok "the session file says what runs: ${running:-nothing}"
    else
        subject=${subject:0:80}
        warn "the session file $file says ${subject:-nothing}, but ${running:-nothing} runs" \
            "sudo rovictl gateway restart"
    fi
}

check_log_directory() {
    local dir=${value[ROS_LOG_DIR]:-$home/.ros/log} mb word
    [[ $dir == /* ]] || dir=$workspace/$dir # where a launch runs
    printf -v word '%q' "$dir"
    if [[ ! -d $dir ]]; then
        ok "there are no ROS logs in $dir yet"
        return
    fi
    mb=$(timeout 5 du -sm -- "$dir/" 2>/dev/null | cut -f1)
    if [[ ! $mb ]]; then
        warn "cannot find out the size of the ROS logs in $dir" "sudo du -sh $word/"
    elif ((mb <= LOGS_TOO_BIG_MB)); then
        ok "the ROS logs in $dir take $mb MB"
    elif is_at_home "$dir"; then
        # As the service user, without root's terminal: if it swaps the directory for another, nobody else is harmed.
        warn "the ROS logs in $dir have grown to $mb MB" \
            "sudo systemd-run --uid=$user find $word -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -r {} +"
    else
        warn "the ROS logs in $dir have grown to $mb MB; $dir is outside the home of $user, or reached by a link" \
            "look at it: sudo du -xh --max-depth=1 $word/"
    fi
}

# is_at_home PATH: whether PATH is below the service user's home, and leads there without a link or "..".
is_at_home() {
    local root
    root=$(realpath -e -- "$home" 2>/dev/null) || return
    [[ $1 == "$home"/?* && $(realpath -e -- "$1" 2>/dev/null) == "$root/${1#"$home/"}" ]]
}
