# shellcheck shell=bash
# doctor_env.sh: doctor's checks of the service user and its environment.

use lib/contract lib/told lib/run lib/bus lib/declared lib/keys rovictl.d/ask rovictl.d/doctor_report

readonly ENV_BYTES=262144            # of an env file; the loader takes about 10 us for each
private=                             # a temporary directory that cmd_doctor makes
readonly NOT_READABLE='not readable' # of copy_env

check_service_user() {
    if [[ ! $user ]]; then
        fail "${ROVI_SITE##*/} does not name a service user" "$ROVI_TOLD_USER"
    elif ! id -u -- "$user" >/dev/null 2>&1; then
        fail "the service user $user does not exist" "$ROVI_TOLD_USER"
    elif [[ ! -d $home ]]; then
        fail "the home ${home:-} of the service user $user is missing" "sudo mkhomedir_helper $user"
    elif ! rovi_is_operator "$user"; then
        warn "the service user $user is not in $ROVI_GROUP: the UI bridge cannot start stacks" "$ROVI_TOLD_SETUP"
    else
        ok "the service user is $user"
    fi
}

# When a user who is not a system user logs out, logind removes the user's shared memory. DDS keeps its own in /dev/shm.
check_remove_ipc() {
    local uid limit logind=org.freedesktop.login1
    uid=$(id -u -- "$user" 2>/dev/null) || return 0
    limit=$(sed -nE 's/^SYS_UID_MAX[[:blank:]]+([0-9]+).*/\1/p' /etc/login.defs 2>/dev/null)
    if ((uid <= ${limit:-999})); then
        ok "logind leaves /dev/shm of the system user $user alone"
    elif ! rovi_busctl get-property "$logind" /org/freedesktop/login1 "$logind.Manager" RemoveIPC; then
        case $ROVI_REPLY in
        *"not provided"* | *"not activatable"* | *"not found"* | *"failed to load"* | *masked*)
            ok "logind does not run, so nothing wipes /dev/shm"
            ;;
        *) warn "cannot find out whether logind wipes /dev/shm: $ROVI_REPLY" "busctl status $logind" ;;
        esac
    elif [[ $ROVI_REPLY == 'b true' ]]; then
        warn "RemoveIPC: $user is not a system user, so a logout of $user wipes the shared memory of what runs" \
            "set RemoveIPC=no in /etc/systemd/logind.conf, or do not log in as $user"
    else
        ok "logind leaves /dev/shm alone (RemoveIPC=no)"
    fi
}

# read_env ENV ARRAY: fills the associative ARRAY with the variables of .env.ENV that doctor needs, as the loader reads
# them. If it fails, ROVI_REPLY says why.
read_env() {
    local said line
    local -n into=$2
    copy_env "$workspace/.env.$1" || return
    if ! said=$(env_values "$1" 2>&1); then
        ROVI_REPLY=${said#rovi_env.sh: }
        return 1
    fi
    while IFS= read -r line; do
        [[ ! $line ]] || into[${line%%=*}]=${line#*=}
    done <<<"$said"
}

# copy_env FILE: makes $private/env a copy of FILE; no copy if FILE is missing. If it fails, ROVI_REPLY says why. The
# service user can put anything in its place, so it is read once, up to a limit, without waiting for a pipe. Root reads
# it as the service user, so that a link leads no further than it does for the launches.
copy_env() {
    local -a take=(dd if="$1" iflag="nonblock,fullblock,count_bytes" bs=4096 count=$((ENV_BYTES + 1)) status=none)
    ROVI_REPLY="there is no room for a copy of $1"
    [[ $private ]] || return
    rm -f "$private/env" || return
    [[ -e $1 ]] || return 0 # the loader has a sentence for that
    ROVI_REPLY="$1 is not a plain file: put one there"
    [[ -f $1 ]] || return
    ROVI_REPLY=$NOT_READABLE
    if ((EUID == 0)); then
        rovi_as "$user" "$ROVI_BUS_TIMEOUT_S" "${take[@]}" >"$private/env" || return
    else
        timeout "$ROVI_BUS_TIMEOUT_S" "${take[@]}" >"$private/env" 2>/dev/null || return
    fi
    ROVI_REPLY="$1 is longer than $((ENV_BYTES / 1024)) KiB: shorten it"
    (($(stat -c %s "$private/env") <= ENV_BYTES))
}

# env_values ENV: prints what the copy of .env.ENV says; fails with the loader's sentence on stderr.
env_values() {
    # shellcheck disable=SC2016  # for the inner bash to expand
    load_env_copy "$1" file '
        for name in "${!ROS_@}" "${!RMW_@}" "${!ROVI_@}"; do
            [[ $name != ROVI_ENV_* ]] || continue
            printf "%s=%s\n" "$name" "${!name}"
        done'
}

# load_env_copy ENV UNTIL PROGRAM: has the loader read the copy of .env.ENV, until UNTIL, in another bash, in which no
# variable is read-only or already set, and then runs PROGRAM there; fails with the loader's sentence on stderr.
load_env_copy() {
    # shellcheck disable=SC2016  # for the inner bash to expand
    timeout --signal=KILL "$ROVI_BUS_TIMEOUT_S" \
        env -i ROVI_ENV="$1" ROVI_ROS_WS_DIR="$workspace" ROVI_ENV_UNTIL="$2" ROVI_ENV_COPY="$private/env" \
        /bin/bash -c 'source "$1" || exit; eval "$2"' load_env_copy "$ROVI_LIB/rovi_env.sh" "$3"
}

check_env_file() {
    local word problem
    local -A DECLARED=()
    printf -v word '%q' "$env_file"
    if [[ ! -e $env_file && ! -x $workspace ]] || [[ -e $env_file && ! -r $env_file ]]; then
        skip_unreadable "$env_file"
    elif [[ ! $env_problem ]]; then
        for word in "${!value[@]}"; do
            [[ $word != ROVI_* ]] || DECLARED["$word"]=${value["$word"]}
        done
        keys_problems "$env_file sets" env
        for problem in "${PROBLEMS[@]}"; do
            fail "$problem" "fix the line, then sudo rovictl gateway restart"
        done
        ((${#PROBLEMS[@]})) || ok "$env_file is valid"
    elif [[ ! -e $env_file ]]; then
        fail "${env_problem%%:*}" "in the checkout of ROVI services: sudo install -o $user -m 644 .env.robot $word"
    elif [[ $env_problem != "$NOT_READABLE" ]]; then
        fail "$env_problem" "fix the line or the file, then sudo rovictl gateway restart"
    elif has_link "$env_file"; then
        fail "$env_file, or a directory above it, is a link, and the service user $user cannot read the file" \
            "look at it: sudo namei -l $word"
    else
        fail "the service user $user cannot read $env_file" "sudo chown -h $user $word"
    fi
}

# has_link PATH: whether PATH or a directory above it is a link. A link leads where others want it to.
has_link() {
    [[ $(realpath -e -- "$1" 2>/dev/null) != "$1" ]]
}

check_ros() {
    local setup
    if [[ $env_problem ]]; then
        return 0 # check_env_file has said it
    fi
    # shellcheck disable=SC2016  # for the inner bash to expand
    if ! setup=$(load_env_copy robot ros 'printf "%s" "$ROVI_ENV_ROS"' 2>&1); then
        setup=${setup#rovi_env.sh: }
        fail "${setup%%: *}" "${setup#*: }"
    elif [[ ! -x ${setup%/*}/bin/ros2 ]]; then
        warn "${setup%/*} has no ros2 command" "install ros2cli"
    else
        ok "ROS 2 is in ${setup%/*}"
    fi
}

check_workspace() {
    if [[ -r $workspace/install/setup.bash ]]; then
        ok "the workspace $workspace is built"
    elif [[ -d $home && ! -x $home ]] || [[ -d $workspace && ! -x $workspace ]]; then
        skip_unreadable "$workspace"
    else
        fail "the workspace $workspace has no install/setup.bash" "build it with colcon"
    fi
}

# Whether the last start of each unit took its environment from a snapshot. If not, that costs time and nothing else.
check_kept_environment() {
    local name kept='' sourced=''
    for name in "${always[@]}" "${stacks[@]}"; do
        [[ -f $ROVI_RUN/env.$name && ! -L $ROVI_RUN/env.$name ]] || continue
        rovi_read_file "$ROVI_RUN/env.$name" 300 || continue
        if [[ $ROVI_REPLY == used ]]; then
            kept+="${kept:+, }$name"
        else
            sourced+="${sourced:+, }$name ($ROVI_REPLY)"
        fi
    done
    sourced=${sourced:+ by sourcing: $sourced}
    [[ ! $kept ]] || kept=" from a snapshot: $kept${sourced:+;}"
    [[ ! $kept$sourced ]] || ok "the last start took its environment$kept$sourced"
}

# Who shares a DDS graph with the robot: compares its domain and range with those of .env.pc beside it.
check_discovery() {
    local domain=${value[ROS_DOMAIN_ID]:-0} range=${value[ROS_AUTOMATIC_DISCOVERY_RANGE]-}
    local -A pc=()
    ((${#value[@]})) || return 0 # check_env_file has said it
    if [[ ! $domain =~ ^[0-9]{1,3}$ ]] || ((10#$domain > 232)); then
        fail "ROS_DOMAIN_ID is $domain" "set it in $env_file; 0 to 101 work everywhere"
        return
    fi
    case $range in
    '' | SUBNET | LOCALHOST | OFF | SYSTEM_DEFAULT) ;;
    *)
        fail "ROS_AUTOMATIC_DISCOVERY_RANGE is $range" "set it to SUBNET, LOCALHOST or OFF in $env_file"
        return
        ;;
    esac
    [[ ${value[ROS_LOCALHOST_ONLY]:-0} != 1 || $range != SUBNET ]] ||
        warn "ROS_LOCALHOST_ONLY=1, but ROS_AUTOMATIC_DISCOVERY_RANGE=SUBNET: ROS 2's version decides which counts" \
            "make them agree in $env_file"
    read_env pc pc || true # what is wrong there concerns the PC
    if ((${#pc[@]})) && [[ ${pc[ROS_DOMAIN_ID]:-0} == "$domain" && ${pc[ROS_LOCALHOST_ONLY]:-0} != 1 &&
        ${pc[ROS_AUTOMATIC_DISCOVERY_RANGE]-} != @(LOCALHOST|OFF) ]]; then
        warn "a PC with $workspace/.env.pc is on the robot's DDS graph (domain $domain)" \
            "set another ROS_DOMAIN_ID there, or LOCALHOST"
    else
        ok "DDS: domain $domain, discovery range ${range:-not set}\
${pc[ROS_DOMAIN_ID]+; a PC has domain ${pc[ROS_DOMAIN_ID]}, range ${pc[ROS_AUTOMATIC_DISCOVERY_RANGE]:-not set}}"
    fi
}

# A node that is started by hand in a shell with another domain or RMW hears nothing. A shell without ROS 2 starts no
# nodes, and sudo removes the variables.
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
        ok "this shell agrees with the services"
    fi
}

# effective NAME VALUE: prints VALUE, or ROS's default if it is empty.
effective() {
    case $1 in
    ROS_DOMAIN_ID | ROS_LOCALHOST_ONLY) printf '%s' "${2:-0}" ;;
    ROS_AUTOMATIC_DISCOVERY_RANGE) printf '%s' "${2:-SUBNET}" ;;
    *) printf '%s' "$2" ;;
    esac
}

# odom -> base_footprint must have one publisher. A stack that publishes it declares so. The gateway notes what it does
# when it starts; while it runs, that note counts.
check_odom_transform() {
    local name file=${value[ROVI_ODOM_INTEGRATOR_PUBLISH_TF]:-0} owner
    ((${#value[@]})) || return 0
    owner=$file
    [[ ${ACTIVE[gateway]-} != active ]] || ! rovi_read_file "$ROVI_GATEWAY_TF" 64 || owner=${ROVI_REPLY%%$'\n'*}
    for name in ${running:-"${stacks[@]}"}; do
        read_declared "${UNIT["rovi-$name.service/Environment"]-}"
        [[ ${DECLARED[ROVI_PUBLISHES_ODOM_TF]-} == 1 && $owner == 1 ]] || continue
        if [[ $running ]]; then
            fail "the gateway and $name both publish odom -> base_footprint" \
                "set ROVI_ODOM_INTEGRATOR_PUBLISH_TF=0 in $env_file, then sudo rovictl gateway restart"
        else
            warn "the gateway publishes odom -> base_footprint, and $name would publish it, too" \
                "before you start $name, set ROVI_ODOM_INTEGRATOR_PUBLISH_TF=0 in $env_file, \
then sudo rovictl gateway restart"
        fi
        return
    done
    if [[ $owner != "$file" ]]; then
        warn "the gateway runs with ROVI_ODOM_INTEGRATOR_PUBLISH_TF=$owner, but $env_file now says $file" \
            "sudo rovictl gateway restart"
    else
        ok "odom -> base_footprint has one publisher (ROVI_ODOM_INTEGRATOR_PUBLISH_TF=$owner)"
    fi
}
