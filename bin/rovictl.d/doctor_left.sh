# shellcheck shell=bash
# doctor_left.sh: what doctor looks at in what earlier runs have left: the lock, the session file, logs.

use lib/contract lib/run rovictl.d/ask rovictl.d/doctor_report

readonly LOGS_TOO_BIG_MB=2000
readonly SESSION_BYTES=4096 # of the session file, which has one line

# Who has the lock file open has the lock: nothing else opens it, but for a moment a gateway that starts. /proc/locks
# does not show a lock whose taker, flock(1), has ended; and trying it would make a stack's start fail meanwhile.
check_lock() {
    local pid group held='' stranger=''
    local -a holders=() units=("${stacks[@]/#/rovi-}")
    if ((EUID != 0)); then
        warn "you cannot see who holds the stack lock" "sudo rovictl doctor"
        return
    fi
    mapfile -t holders < <(lock_holders)
    try_look "$ROVI_GATEWAY" "${units[@]/%/.service}" || return 0 # after that, to know of each which unit's it is
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
        ok "the stack lock is held by a stack"
    elif [[ $running ]]; then
        warn "$running runs, but nothing holds the stack lock" "rovictl restart $running"
    else
        ok "the stack lock is free"
    fi
}

# lock_holders: prints the PID of each process that has the lock file open. In a container root may not look into
# other users' processes, so the service user looks as well; its word counts only for a process of its own.
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

# is_in_group DIRECTORY NAME...: whether DIRECTORY is that of the control group of one of these units, or below it. By
# the whole path as systemd has it: a user may give a unit of his own a stack's name.
is_in_group() {
    local directory=$1/ name group
    shift
    for name in "$@"; do
        group=${UNIT[rovi-$name.service/ControlGroup]-}
        [[ ! $group || $directory != /sys/fs/cgroup?(/systemd)"$group"/* ]] || return 0
    done
    return 1
}

# fail_of_holder PID DIRECTORY: a process that is no stack's holds the lock; DIRECTORY is its control group's.
fail_of_holder() {
    local unit=${2##*/} kind='' others='but no stack is active'
    [[ ! $running ]] || others="and is none of $running's"
    [[ $2 != */user@*.service/* ]] || kind='the user unit '
    rovi_run tr '\0' ' ' <"/proc/$1/cmdline"
    fail "process $1 of $kind${unit:-no unit} holds the stack lock, $others: ${ROVI_REPLY:0:200}" "sudo kill $1"
}

check_session() {
    local file=$home/$ROVI_SESSION subject=
    if [[ -d $home && ! -x $home ]]; then
        warn_unreadable "$file"
        return
    elif [[ -e $file || -L $file ]]; then
        if [[ -L $file || ! -f $file ]] || ! rovi_read_file "$file" "$SESSION_BYTES"; then
            warn "the session file $file is no plain file, or not readable for you" "sudo rovictl gateway restart"
            return
        fi
        subject=$ROVI_REPLY
    fi
    if [[ $subject == "${running:+rovi_bringup/$running.launch.py}" ]]; then
        ok "the session file says what runs: ${running:-nothing}"
    else
        subject=${subject:0:80}
        warn "the session file $file says ${subject:-nothing}, but what runs is ${running:-nothing}" "sudo rovictl gateway restart"
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
        warn "the size of the ROS logs in $dir cannot be told" "sudo du -sh $word/"
    elif ((mb <= LOGS_TOO_BIG_MB)); then
        ok "the ROS logs in $dir have $mb MB"
    elif is_at_home "$dir"; then
        # By the service user, without a terminal of root's: what it puts in the place of a directory costs nobody else.
        warn "the ROS logs in $dir have grown to $mb MB" \
            "sudo systemd-run --uid=$user find $word -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -r {} +"
    else
        warn "the ROS logs in $dir, which is outside of the home of $user or by a link, have grown to $mb MB" \
            "look at it: sudo du -xh --max-depth=1 $word/"
    fi
}

# is_at_home PATH: whether PATH is below the service user's home, and leads there without a link or "..".
is_at_home() {
    local root
    root=$(realpath -e -- "$home" 2>/dev/null) || return
    [[ $1 == "$home"/?* && $(realpath -e -- "$1" 2>/dev/null) == "$root/${1#"$home/"}" ]]
}
