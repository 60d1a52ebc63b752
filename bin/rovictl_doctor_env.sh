# shellcheck shell=bash
# rovictl_doctor_env.sh: what doctor looks at in the service user, its environment and what earlier
# runs have left. To be sourced by rovictl_doctor.sh.

# ---- the service user and its environment -------------------------------------------------

check_service_user() {
    if ! id -u -- "$user" >/dev/null 2>&1; then
        fail "the service user ${user:-, not named in 50-site.conf,} does not exist" "sudo make install ROVI_USER=…"
    elif [[ ! -d $home ]]; then
        fail "the home ${home:-} of the service user $user is missing" "sudo mkhomedir_helper $user"
    elif [[ " $(id -nG -- "$user") " != *" rovi-ops "* ]]; then
        warn "the service user $user is not in rovi-ops: the UI bridge cannot start stacks" "sudo make install"
    else
        ok "the service user is $user"
    fi
}

# logind removes shared memory when a user who is no system user logs out: DDS's is in /dev/shm.
check_remove_ipc() {
    local uid limit
    uid=$(id -u -- "$user" 2>/dev/null) || return 0
    limit=$(sed -nE 's/^SYS_UID_MAX[[:blank:]]+([0-9]+).*/\1/p' /etc/login.defs 2>/dev/null)
    if ((uid <= ${limit:-999})); then
        ok "logind leaves /dev/shm of the system user $user alone"
    elif ! rovi_busctl get-property org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager RemoveIPC; then
        case $ROVI_REPLY in
        *"not provided"* | *"not activatable"* | *"not found"* | *"failed to load"* | *masked*) ok "logind does not run, so nothing wipes /dev/shm" ;;
        *) warn "whether logind wipes /dev/shm cannot be told: $ROVI_REPLY" "busctl status org.freedesktop.login1" ;;
        esac
    elif [[ $ROVI_REPLY == 'b true' ]]; then
        warn "RemoveIPC: when $user, no system user, logs out, logind wipes the shared memory of what runs" \
            "RemoveIPC=no in /etc/systemd/logind.conf.d/rovi.conf, or do not log in as $user"
    else
        ok "logind leaves /dev/shm alone (RemoveIPC=no)"
    fi
}

check_env_file() {
    local said
    if [[ ! -e $env_file && ! -x $workspace ]] || [[ -e $env_file && ! -r $env_file ]]; then
        warn "$env_file is not readable for you" "sudo rovictl doctor"
    elif ((EUID == 0)) && [[ -e $env_file ]] && ! runuser -u "$user" -- test -r "$env_file" 2>/dev/null; then
        fail "$env_file is not readable for the service user $user" "sudo chown $user $env_file"
    elif said=$(env_values "$workspace" robot 2>&1 >/dev/null); then
        ok "$env_file is as it should be"
    else
        fail "${said#rovi_env.sh: }" "mend the line, then sudo rovictl gateway restart"
    fi
}

check_ros() {
    local setup root=${value[ROVI_ROS_ROOT]:-/opt/ros} distro=${value[ROS_DISTRO]:-*}
    local -a found=()
    for setup in "$root"/$distro/setup.bash; do
        [[ ! -r $setup ]] || found+=("${setup%/setup.bash}")
    done
    case ${#found[@]} in
    0) fail "there is no ROS 2 in $root" "install it, or set ROS_DISTRO in $env_file" ;;
    1) if [[ -x ${found[0]}/bin/ros2 ]]; then
        ok "ROS 2 is ${found[0]}"
    else
        warn "${found[0]} has no ros2 command" "install ROS 2's ros2cli"
    fi ;;
    *) fail "there is more than one ROS 2: ${found[*]}" "set ROS_DISTRO in $env_file" ;;
    esac
}

check_workspace() {
    if [[ -r $workspace/install/setup.bash ]]; then
        ok "the workspace $workspace is built"
    elif [[ -d $home && ! -x $home ]] || [[ -d $workspace && ! -x $workspace ]]; then
        warn "the workspace $workspace is not readable for you" "sudo rovictl doctor"
    else
        fail "the workspace $workspace has no install/setup.bash" "build it with colcon"
    fi
}

# Who shares a DDS graph with whom: the robot's domain and range, and those of .env.pc beside it.
check_discovery() {
    local name line domain=${value[ROS_DOMAIN_ID]:-0} range=${value[ROS_AUTOMATIC_DISCOVERY_RANGE]-}
    local -A pc=()
    ((${#value[@]})) || return 0 # check_env_file has said it
    if [[ ! $domain =~ ^[0-9]{1,3}$ ]] || ((10#$domain > 232)); then
        fail "ROS_DOMAIN_ID is $domain" "0 to 101 work everywhere; set it in $env_file"
        return
    fi
    case $range in
    '' | SUBNET | LOCALHOST | OFF | SYSTEM_DEFAULT) ;;
    *)
        fail "ROS_AUTOMATIC_DISCOVERY_RANGE is $range" "SUBNET, LOCALHOST or OFF, in $env_file"
        return
        ;;
    esac
    [[ ${value[ROS_LOCALHOST_ONLY]:-0} != 1 || $range != SUBNET ]] ||
        warn "ROS_LOCALHOST_ONLY=1, but ROS_AUTOMATIC_DISCOVERY_RANGE=SUBNET: which counts depends on the ROS 2" "say the same twice in $env_file"
    while IFS='=' read -r name line; do
        pc[$name]=$line
    done < <(env_values "$workspace" pc 2>/dev/null)
    if ((${#pc[@]})) && [[ ${pc[ROS_DOMAIN_ID]:-0} == "$domain" && ${pc[ROS_LOCALHOST_ONLY]:-0} != 1 &&
        ${pc[ROS_AUTOMATIC_DISCOVERY_RANGE]-} != @(LOCALHOST|OFF) ]]; then
        warn "a PC with $workspace/.env.pc is on the robot's DDS graph (domain $domain)" "another ROS_DOMAIN_ID there, or LOCALHOST"
    else
        ok "DDS: domain $domain, discovery ${range:-as ROS has it}${pc[ROS_DOMAIN_ID]+; a PC has ${pc[ROS_DOMAIN_ID]}, ${pc[ROS_AUTOMATIC_DISCOVERY_RANGE]-}}"
    fi
}

# A node that is started by hand in a shell with another domain or RMW hears nothing. A shell
# without ROS 2 starts none, and sudo takes the variables away.
check_shell_environment() {
    local name differs=
    ((${#value[@]})) || return 0
    if [[ ! ${!ROS_*} && ! ${!RMW_*} || ${SUDO_USER-} ]]; then
        ok "this shell has no ROS 2 environment to compare"
        return
    fi
    for name in ROS_DOMAIN_ID ROS_LOCALHOST_ONLY ROS_AUTOMATIC_DISCOVERY_RANGE RMW_IMPLEMENTATION; do
        [[ $(effective "$name" "${!name-}") == "$(effective "$name" "${value[$name]-}")" ]] ||
            differs+=" $name=${!name-} (services: ${value[$name]-})"
    done
    if [[ $differs ]]; then
        warn "this shell differs from the services:$differs" "source $ROVI_LIB/rovi_env.sh, see the README"
    else
        ok "this shell contradicts nothing that the services have"
    fi
}

# effective NAME VALUE: prints what ROS takes VALUE for.
effective() {
    case $1 in
    ROS_DOMAIN_ID | ROS_LOCALHOST_ONLY) printf '%s' "${2:-0}" ;;
    ROS_AUTOMATIC_DISCOVERY_RANGE) printf '%s' "${2:-SUBNET}" ;;
    *) printf '%s' "$2" ;;
    esac
}

# odom -> base_footprint must have one publisher. Stacks that bring one declare it; what the gateway does it has
# noted when it started, which is what counts while it runs.
check_odom_transform() {
    local name file=${value[ROVI_ODOM_INTEGRATOR_PUBLISH_TF]:-0} owner
    ((${#value[@]})) || return 0
    owner=$file
    [[ ${ACTIVE[gateway]-} != active || ! -f $GUARD_GATEWAY_TF || ! -r $GUARD_GATEWAY_TF ]] || read -r owner <"$GUARD_GATEWAY_TF"
    for name in ${running:-"${stacks[@]}"}; do
        read_declared "${UNIT[rovi-$name.service/Environment]-}"
        [[ ${DECLARED[ROVI_PUBLISHES_ODOM_TF]-} == 1 && $owner == 1 ]] || continue
        if [[ $running ]]; then
            fail "the gateway and $name both publish odom -> base_footprint" \
                "ROVI_ODOM_INTEGRATOR_PUBLISH_TF=0 in $env_file, then sudo rovictl gateway restart"
        else
            warn "the gateway publishes odom -> base_footprint, and $name would, too" \
                "before $name: ROVI_ODOM_INTEGRATOR_PUBLISH_TF=0 in $env_file, then sudo rovictl gateway restart"
        fi
        return
    done
    if [[ $owner != "$file" ]]; then
        warn "the gateway runs with ROVI_ODOM_INTEGRATOR_PUBLISH_TF=$owner, $env_file says $file by now" "sudo rovictl gateway restart"
    else
        ok "odom -> base_footprint has one publisher (ROVI_ODOM_INTEGRATOR_PUBLISH_TF=$owner)"
    fi
}

# ---- what earlier runs have left ----------------------------------------------------------

# Who has the lock file open has the lock: nothing else opens it. /proc/locks does not show a lock
# whose taker, flock(1), has ended; and trying it would make a stack's start fail meanwhile.
check_lock() {
    local pid
    if ((EUID != 0)); then
        warn "who holds the stack lock is not to be seen for you" "sudo rovictl doctor"
        return
    fi
    # As the service user, whose processes they are: in a container root may not look into them.
    pid=$(runuser -u "$user" -- find /proc/[0-9]*/fd -maxdepth 1 -lname /run/rovi/stack.lock 2>/dev/null |
        head -n 1 | cut -d/ -f3)
    if [[ $pid && $(<"/proc/$pid/cgroup") == *rovi-*.service* ]]; then # started, or ended, meanwhile
        ok "the stack lock is held by a stack"
    elif [[ $pid && ! $running ]]; then
        fail "process $pid holds the stack lock, but no stack is active: $(tr '\0' ' ' <"/proc/$pid/cmdline")" "sudo kill $pid"
    elif [[ $running && ! $pid ]]; then
        warn "$running runs, but nothing holds the stack lock" "rovictl restart $running"
    else
        ok "the stack lock is ${running:+held by }${running:-free}"
    fi
}

check_session() {
    local file=$home/.ros/rovi/session/current_launch subject=
    if [[ -d $home && ! -x $home ]]; then
        warn "the session file $file is not readable for you" "sudo rovictl doctor"
        return
    fi
    [[ ! -f $file ]] || { subject=$(<"$file"); } 2>/dev/null
    if [[ $subject == "${running:+rovi_bringup/$running.launch.py}" ]]; then
        ok "the session file says what runs: ${running:-nothing}"
    else
        warn "the session file $file says ${subject:-nothing}, but what runs is ${running:-nothing}" "sudo rovictl gateway restart"
    fi
}

check_log_directory() {
    local dir=${value[ROS_LOG_DIR]:-$home/.ros/log} mb
    if [[ ! -d $dir ]]; then
        ok "there are no ROS logs in $dir yet"
        return
    fi
    mb=$(timeout 5 du -sm -- "$dir" 2>/dev/null | cut -f1)
    if [[ ! $mb ]]; then
        warn "the size of the ROS logs in $dir cannot be told" "sudo du -sh $dir"
    elif ((mb > LOGS_TOO_BIG_MB)); then
        warn "the ROS logs in $dir have grown to $mb MB" "sudo find $dir -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -r {} +"
    else
        ok "the ROS logs in $dir have $mb MB"
    fi
}
