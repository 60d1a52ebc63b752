# shellcheck shell=bash
# rovictl_doctor.sh: the verb doctor. To be sourced by rovictl. Each check_* looks at one thing and
# says ok, warn or fail; it changes nothing and runs nothing that belongs to the workspace.

use rovictl_{ask,tell} ${option[--json]+rovictl_json}

# In the order in which one would look. To add a check, add its name here and a function below.
readonly CHECKS='systemd gateway units installed_files unit_syntax polkit operators journal service_user
    remove_ipc env_file ros workspace discovery shell_environment odom_transform lock session log_directory'
readonly LOGS_TOO_BIG_MB=2000

# cmd_doctor: exits with 1 if a check fails.
cmd_doctor() {
    local check failed=0 warned=0 user='' home='' workspace='' env_file='' running=''
    local green='' yellow='' red='' plain='' when=${option[--color]:-auto} width
    local -A value=()
    find_width
    [[ $when != auto || ($width != 0 && ! ${NO_COLOR-} && ${TERM-dumb} != dumb) ]] || when=never
    [[ $when == never ]] || green=$'\e[32m' yellow=$'\e[33m' red=$'\e[31m' plain=$'\e[0m'
    find_stacks
    find_site
    for check in $CHECKS; do
        "check_$check"
    done
    [[ ${option[--json]-} ]] || printf '%s\n' "$failed failed, $warned to look at"
    ((failed == 0)) || exit "$ROVI_EX_FAILED"
}

ok() { report ok "$green" "$1" ''; }
warn() { report warn "$yellow" "$1" "$2" && warned=$((warned + 1)); }
fail() { report fail "$red" "$1" "$2" && failed=$((failed + 1)); }

# report LEVEL COLOUR TEXT REMEDY: what the check in $check has found.
report() {
    local json
    if [[ ${option[--json]-} ]]; then
        json="{\"schema\":1,\"check\":\"$check\",\"level\":\"$1\",\"text\":"
        json_string "$3"
        json+="$ROVI_REPLY,\"remedy\":"
        json_string "$4"
        printf '%s\n' "$json$ROVI_REPLY}"
    elif [[ $1 != ok || ! ${option[--quiet]-} ]]; then
        printf '%s%-4s%s %s\n' "$2" "$1" "$plain" "$3"
        [[ ! $4 ]] || printf '     -> %s\n' "$4"
    fi
}

# find_site: sets user, home, workspace and env_file as install.sh has written them, and value, the
# variables of the env file, as far as the caller may read it.
find_site() {
    local line site name
    for site in ${ROVI_UNIT_PATH//:/ }; do
        site+=/rovi-.service.d/50-site.conf
        [[ -r $site ]] || continue
        while IFS= read -r line; do
            case $line in
            User=*) user=${line#*=} ;;
            'Environment="ROVI_ROS_WS_DIR='*) workspace=${line#*ROVI_ROS_WS_DIR=} workspace=${workspace%\"} ;;
            esac
        done <"$site"
        break
    done
    env_file=$workspace/.env.robot
    home=$(getent passwd "$user" | cut -d: -f6)
    while IFS='=' read -r name line; do
        value[$name]=$line
    done < <(env_values "$workspace" robot 2>/dev/null)
}

# env_values WORKSPACE ENV: prints the variables of interest of .env.ENV as the loader reads them;
# fails with the loader's sentence on stderr.
env_values() (
    local name
    unset "${!ROS_@}" "${!RMW_@}" "${!ROVI_ODOM@}"
    # shellcheck disable=SC2034  # for the loader
    ROVI_ENV=$2 ROVI_ROS_WS_DIR=$1 ROVI_ENV_VALUES_ONLY=yes
    # shellcheck source=/dev/null
    source "$ROVI_LIB/rovi_env.sh" || return
    for name in "${!ROS_@}" "${!RMW_@}" "${!ROVI_ODOM@}"; do
        printf '%s=%s\n' "$name" "${!name}"
    done
)

# ---- systemd and what is installed --------------------------------------------------------

check_systemd() {
    if ! try_look 'rovi-*'; then
        fail "systemd cannot be reached: $ROVI_REPLY" "is this the robot, and does D-Bus run?"
        return
    fi
    active_stack
    running=$ROVI_REPLY
    ok "systemd answers: $(systemctl --version | head -n 1)"
}

check_gateway() {
    local enabled=${UNIT[$ROVI_GATEWAY/UnitFileState]-}
    case ${ACTIVE[gateway]-inactive} in
    active) ok "the gateway is running" ;;
    failed) reason gateway && fail "the gateway has failed: $ROVI_REPLY" "rovictl logs gateway" ;;
    *) fail "the gateway is not running" "sudo rovictl gateway start" ;;
    esac
    [[ $enabled != disabled ]] || warn "the gateway does not start at boot" "sudo rovictl gateway enable"
}

check_units() {
    local name unit bad=0
    local -a units=("${stacks[@]/#/rovi-}")
    try_look "$ROVI_GATEWAY" "${units[@]/%/.service}" || return 0 # check_systemd has said it
    for name in gateway "${stacks[@]}"; do
        unit=rovi-$name.service
        if [[ ${UNIT[$unit/LoadState]-} != loaded ]]; then
            bad=1
            fail "systemd does not load $unit: ${UNIT[$unit/LoadState]-}" "systemctl status $unit"
        elif [[ ${UNIT[$unit/NeedDaemonReload]-} == yes ]]; then
            bad=1
            warn "$unit has changed on disk since systemd has read it" "sudo systemctl daemon-reload"
        fi
    done
    ((bad)) || ok "systemd has loaded the gateway and ${#stacks[@]} stacks: ${stacks[*]}"
}

check_installed_files() {
    local line differs=0 sums=$ROVI_LIB/checksums
    if [[ ! -r $sums ]]; then
        warn "there is no $sums to compare the installed files with" "sudo make install"
        return
    fi
    while IFS= read -r line; do
        differs=1
        if [[ $line == *"open or read"* ]]; then
            warn "${line%%:*} is not readable for you" "sudo rovictl doctor"
        else
            warn "${line%%:*} is not as it was installed" "sudo make install; for changes of your own: systemctl edit"
        fi
    done < <(LC_ALL=C sha256sum --check --quiet "$sums" 2>/dev/null)
    ((differs)) || ok "unit files, rule and scripts are as they were installed"
}

check_unit_syntax() {
    local said
    said=$(printf '%s\n' "${stack_file[@]}" | LC_ALL=C xargs -r systemd-analyze verify 2>&1 | grep -F rovi- | head -n 1)
    if [[ $said ]]; then
        warn "systemd-analyze verify: $said" "mend the unit file, then sudo make install"
    else
        ok "systemd-analyze verify has nothing to say"
    fi
}

check_polkit() {
    if rovi_busctl get-property org.freedesktop.PolicyKit1 /org/freedesktop/PolicyKit1/Authority \
        org.freedesktop.PolicyKit1.Authority BackendVersion; then
        case $ROVI_REPLY in
        's "0.105'*) fail "polkit 0.105 has no JavaScript rules: only root can start and stop stacks" "upgrade to polkit 0.106 or later" ;;
        *) ok "polkit runs, version $(tr -dc '0-9.' <<<"$ROVI_REPLY")" ;;
        esac
    else
        fail "polkit does not run: only root can start and stop stacks" "sudo systemctl status polkit"
    fi
}

check_operators() {
    local me
    me=$(id -un)
    if ! getent group rovi-ops >/dev/null; then
        fail "there is no group rovi-ops" "sudo make install"
    elif ((EUID == 0)); then
        ok "operators, the members of rovi-ops: $(getent group rovi-ops | cut -d: -f4)"
    elif [[ " $(id -nG "$me") " != *" rovi-ops "* ]]; then
        warn "you, $me, are no operator" "sudo usermod -aG rovi-ops $me"
    elif [[ " $(id -nG) " != *" rovi-ops "* ]]; then
        ok "you, $me, are an operator; files of the group are open to you from your next login"
    else
        ok "you, $me, are an operator"
    fi
}

check_journal() {
    local me
    me=$(id -un)
    if may_read_journal; then
        ok "you may read the logs"
    elif [[ " $(id -nG "$me") " == *" systemd-journal "* ]]; then
        warn "you may read the logs, but not in this session" "log in again"
    else
        warn "you may not read the logs" "sudo usermod -aG systemd-journal $me, then log in again"
    fi
}

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
        ok "logind does not run, so nothing wipes /dev/shm"
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
    *) fail "ROS_AUTOMATIC_DISCOVERY_RANGE is $range" "SUBNET, LOCALHOST or OFF, in $env_file" ;;
    esac
    [[ ${value[ROS_LOCALHOST_ONLY]:-0} != 1 || $range != SUBNET ]] ||
        warn "ROS_LOCALHOST_ONLY=1, but ROS_AUTOMATIC_DISCOVERY_RANGE=SUBNET: which counts depends on the ROS 2" "say the same twice in $env_file"
    while IFS='=' read -r name line; do
        pc[$name]=$line
    done < <(env_values "$workspace" pc 2>/dev/null)
    if [[ ${pc[ROS_DOMAIN_ID]-} == "$domain" && ${pc[ROS_LOCALHOST_ONLY]:-0} != 1 &&
        ${pc[ROS_AUTOMATIC_DISCOVERY_RANGE]-} != @(LOCALHOST|OFF) ]]; then
        warn "a PC with $workspace/.env.pc is on the robot's DDS graph (domain $domain)" "another ROS_DOMAIN_ID there, or LOCALHOST"
    else
        ok "DDS: domain $domain, discovery ${range:-as ROS has it}${pc[ROS_DOMAIN_ID]+; a PC has ${pc[ROS_DOMAIN_ID]}, ${pc[ROS_AUTOMATIC_DISCOVERY_RANGE]-}}"
    fi
}

# A node that is started by hand in a shell with another domain or RMW hears nothing.
check_shell_environment() {
    local name differs=
    for name in ROS_DOMAIN_ID ROS_LOCALHOST_ONLY ROS_AUTOMATIC_DISCOVERY_RANGE RMW_IMPLEMENTATION; do
        [[ ! ${!name-} || ${!name} == "${value[$name]-}" ]] || differs+=" $name=${!name} (service: ${value[$name]-not set})"
    done
    if [[ $differs ]]; then
        warn "this shell differs from the services:$differs" "source $ROVI_LIB/rovi_env.sh, see the README"
    else
        ok "this shell contradicts nothing that the services have"
    fi
}

# odom -> base_footprint must have one publisher. Stacks that bring one say so in their unit file.
check_odom_transform() {
    local name text owner=${value[ROVI_ODOM_INTEGRATOR_PUBLISH_TF]:-0}
    ((${#value[@]})) || return 0
    for name in ${running:-"${stacks[@]}"}; do
        IFS= read -rd '' text <"${stack_file[$name]}"
        [[ $text == *$'\n'Environment=ROVI_PUBLISHES_ODOM_TF=1$'\n'* && $owner == 1 ]] || continue
        if [[ $running ]]; then
            fail "the gateway and $name both publish odom -> base_footprint" \
                "ROVI_ODOM_INTEGRATOR_PUBLISH_TF=0 in $env_file, then sudo rovictl gateway restart"
        else
            warn "the gateway publishes odom -> base_footprint, and $name would, too" \
                "before $name: ROVI_ODOM_INTEGRATOR_PUBLISH_TF=0 in $env_file, then sudo rovictl gateway restart"
        fi
        return
    done
    ok "odom -> base_footprint has one publisher (ROVI_ODOM_INTEGRATOR_PUBLISH_TF=$owner)"
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
    if [[ $pid && ! $running ]]; then
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
    { subject=$(<"$file"); } 2>/dev/null
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
