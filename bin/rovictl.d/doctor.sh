# shellcheck shell=bash
# doctor.sh: the verb doctor. Each check_* looks at one thing and says ok, warn or fail. It changes nothing and runs
# nothing that belongs to the workspace.

use lib/contract lib/told lib/run lib/bus lib/declared lib/keys lib/request lib/health rovictl.d/ask rovictl.d/tell \
    rovictl.d/journal rovictl.d/terminal rovictl.d/processes rovictl.d/doctor_report rovictl.d/doctor_env \
    rovictl.d/doctor_left rovictl.d/doctor_root rovictl.d/unit_files

# In the order in which a person would look. To add a check, add its name here and its function below.
readonly CHECKS='tools systemd gateway hardware executor stacks unit_names one_stack stopping units installed_files
    unit_syntax declarations roots polkit operators journal service_user remove_ipc env_file ros workspace
    kept_environment discovery shell_environment odom_transform lock session log_directory'
readonly STOP_GRACE_S=5 # in addition to TimeoutStopSec=
# These checks mean nothing unless systemd answers: they would take what runs for something left behind.
readonly CHECKS_OF_SYSTEMD=" gateway hardware executor stacks one_stack stopping units declarations roots polkit \
remove_ipc odom_transform lock session "
# Every program that anything here runs, with its package. bash is there, or doctor would not run. Only root runs
# runuser; nothing else needs root.
readonly TOOLS='busctl:systemd systemctl:systemd systemd-notify:systemd systemd-analyze:systemd systemd-escape:systemd
    systemd-run:systemd journalctl:systemd flock:util-linux setsid:util-linux runuser:util-linux
    cat:coreutils chgrp:coreutils chmod:coreutils chown:coreutils cp:coreutils cut:coreutils dd:coreutils du:coreutils
    env:coreutils head:coreutils id:coreutils mkdir:coreutils mktemp:coreutils mv:coreutils nice:coreutils
    numfmt:coreutils od:coreutils readlink:coreutils realpath:coreutils rm:coreutils rmdir:coreutils
    sha256sum:coreutils sleep:coreutils
    sort:coreutils stat:coreutils sync:coreutils tail:coreutils timeout:coreutils tr:coreutils
    find:findutils xargs:findutils grep:grep sed:sed getent:libc-bin ps:procps logger:bsdutils tar:tar gzip:gzip'

# cmd_doctor: exits with 1 if a check fails.
cmd_doctor() {
    local check failed=0 warned=0 skipped=0 running='' reachable=''
    local user='' home='' workspace='' env_file='' env_problem=''
    local green='' yellow='' red='' plain='' width
    local -A value=()
    private=$(mktemp -d 2>/dev/null) && trap 'rm -rf "$private"' EXIT
    find_width
    ! wants_colour || green=$'\e[32m' yellow=$'\e[33m' red=$'\e[31m' plain=$'\e[0m'
    find_stacks
    find_site
    for check in $CHECKS; do
        [[ $reachable || $CHECKS_OF_SYSTEMD != *" $check "* ]] || continue
        "check_$check"
    done
    if [[ ! ${option["--json"]-} ]]; then
        printf '%s\n' "$failed failed, $warned to look at"
        ((skipped == 0)) || printf '%s\n' "$skipped not checked, because only root can see that: sudo rovictl doctor"
    fi
    ((failed == 0)) || exit "$ROVI_EX_FAILED"
}

# find_site: sets user, home, workspace and env_file as install.sh has written them; value to the variables of the env
# file, if the caller may read it; and env_problem to what is wrong with that file.
find_site() {
    local line site
    for site in ${ROVI_UNIT_PATH//:/ }; do
        site+=/$ROVI_SITE
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
    read_env robot value || env_problem=$ROVI_REPLY
}

# Also where a service looks for programs: an operator's PATH may lack sbin.
check_tools() {
    local tool missing='' packages='' PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    for tool in $TOOLS; do
        ! type -P "${tool%:*}" >/dev/null || continue
        missing+=" ${tool%:*}"
        [[ " $packages " == *" ${tool#*:} "* ]] || packages+=" ${tool#*:}"
    done
    if [[ $missing ]]; then
        fail "the scripts need programs that are missing:$missing" "sudo apt install$packages"
    else
        ok "the programs that the scripts need are installed"
    fi
}

check_systemd() {
    if ! try_look_all; then
        fail "cannot reach systemd: $ROVI_REPLY" "is this the robot, and is D-Bus running?"
        return
    fi
    reachable=yes
    active_stack
    running=$ROVI_REPLY
    ok "systemd answers: $(systemctl --version | head -n 1)"
}

check_gateway() {
    local enabled=${UNIT["$ROVI_GATEWAY/UnitFileState"]-}
    case ${ACTIVE[gateway]-inactive} in
    active) ok "the gateway is running" ;;
    failed) reason gateway && fail "the gateway has failed: $ROVI_REPLY" "rovictl logs gateway" ;;
    *) fail "the gateway is not running" "sudo rovictl gateway start" ;;
    esac
    [[ $enabled != disabled ]] || warn "the gateway does not start at boot" "sudo rovictl gateway enable"
}

# The hardware is only spoken of while it is a process of its own, or is on its way there or back.
check_hardware() {
    [[ ! -s $ROVI_HARDWARE_LOCK ]] ||
        warn "a change of the hardware is under way or was cut off" "sudo rovictl hardware on, or off"
    [[ -e $ROVI_HARDWARE_ON ]] || return 0
    case ${ACTIVE[hardware]-inactive} in
    active)
        health_read hardware "${UNIT["$ROVI_HARDWARE/InvocationID"]-}"
        health_text
        [[ ! $ROVI_REPLY ]] || warn "the hardware is degraded: $ROVI_REPLY" "rovictl logs hardware"
        [[ $ROVI_REPLY ]] || ok "the hardware is running, as a process of its own"
        ;;
    failed) reason hardware && fail "the hardware has failed: $ROVI_REPLY" "rovictl logs hardware" ;;
    *) fail "the hardware is not running" "sudo rovictl hardware restart" ;;
    esac
}

check_executor() {
    local state=unknown unit=$ROVI_EXECUTOR.socket
    ! rovi_list_units ListUnitsByNames as 1 "$unit" || state=${ROVI_ACTIVE_STATE["$unit"]:-inactive}
    if [[ $state == active ]]; then
        ok "programs can reach the executor at /run/org.rovi.Executor"
    else
        warn "the executor's socket is $state, so programs cannot use /run/org.rovi.Executor" \
            "sudo systemctl enable --now $unit"
    fi
}

# Finds stacks that have failed, that lack a process, or that polkit's rule or sudo's does not name, and a rule that
# does not let operators kill them, if the caller may read it.
check_stacks() {
    local name rule='' whose=polkit edge='[" ]' bad=0
    if [[ ! -e $ROVI_LIB/$ROVI_BY_SUDO ]]; then
        { rule=$(<"$ROVI_RULE"); } 2>/dev/null
    else
        whose=sudo
        { rule=$(<"$ROVI_SUDOERS"); } 2>/dev/null
    fi
    if [[ $rule && ${stacks[0]-} && $rule != *rovi_kill@* ]]; then
        bad=1
        warn "operators cannot kill a stack: $whose's rule does not name rovi_kill@" "$ROVI_TOLD_SETUP"
    fi
    for name in "${stacks[@]}"; do
        if [[ $rule && $rule != *$edge"rovi-$name.service"$edge* ]]; then
            bad=1
            warn "operators cannot start $name: $whose's rule does not name it" "$ROVI_TOLD_SETUP"
        fi
        check_processes "$name"
        if [[ ${ACTIVE[$name]-} == failed ]]; then
            bad=1
            reason "$name"
            warn "$name has failed: $ROVI_REPLY" "rovictl logs $name"
        elif [[ ${ACTIVE[$name]-} == active && $ROVI_REPLY ]]; then
            bad=1
            warn "$name: $ROVI_REPLY" "rovictl logs $name"
        fi
        health_read "$name" "${UNIT["rovi-$name.service/InvocationID"]-}"
        health_text
        if [[ ${ACTIVE[$name]-} == active && $ROVI_REPLY ]]; then
            bad=1
            warn "$name is degraded: $ROVI_REPLY" "rovictl logs $name"
        fi
    done
    ((bad)) || ok "no stack has failed"
}

# A unit file that is copied for a new stack, and in which one name was left, is no stack: no verb knows it.
check_unit_names() {
    local name
    for name in "${!stack_file[@]}"; do
        [[ ! ${stack_file["$name"]} && $name != *@* ]] || continue
        ! rovi_runs_always "$name" || continue
        unit_file "rovi-$name.service" || continue
        no_stack_because "$ROVI_REPLY" "$name"
        if [[ $OTHER_STACK ]]; then
            fail "$ROVI_REPLY" "write $name in place of $OTHER_STACK everywhere in the file, then $ROVI_TOLD_SETUP"
        else
            warn "$ROVI_REPLY" "give it a name that does not begin with rovi-"
        fi
    done
}

# Two stacks fight over /cmd_vel and TF.
check_one_stack() {
    local name
    local -a active=()
    for name in "${stacks[@]}"; do
        [[ ${ACTIVE[$name]-} != active ]] || active+=("$name")
    done
    if ((${#active[@]} > 1)); then
        fail "${#active[@]} stacks run at once: ${active[*]}" "stop all but one: rovictl stop ${active[-1]}"
    else
        ok "at most one stack runs"
    fi
}

# Whether each stop ends: systemd kills what is left after TimeoutStopSec=, unless a process of the unit has asked it
# for more time.
check_stopping() {
    local name limit since bad=0
    for name in "${always[@]}" "${stacks[@]}"; do
        [[ ${UNIT["rovi-$name.service/ActiveState"]-} == deactivating ]] || continue
        stop_times "$name" || continue
        rovi_uptime # systemd's clock, except for the time when the machine was suspended
        ((ROVI_REPLY / 100 - since > limit + STOP_GRACE_S)) || continue
        bad=1
        fail "$name has been stopping for $((ROVI_REPLY / 100 - since)) s, but its TimeoutStopSec= is $limit s" \
            "sudo systemctl kill --signal=KILL rovi-$name"
    done
    ((bad)) || ok "no stop takes longer than it may"
}

# stop_times NAME: sets the caller's limit and since, in seconds: how long the unit's stop may take, and the uptime when
# the stop began: when the unit was no longer active or, if it was still starting, its last change. Fails if that is not
# known or there is no limit.
stop_times() {
    local path began lines=$'^t ([0-9]+)\nt ([0-9]+)\nt ([0-9]+)$'
    rovi_object_path "rovi-$1.service"
    path=$ROVI_REPLY
    rovi_busctl get-property "$ROVI_SYSTEMD" "$path" "$ROVI_SYSTEMD.Service" TimeoutStopUSec || return
    limit=${ROVI_REPLY#t }
    rovi_busctl get-property "$ROVI_SYSTEMD" "$path" "$ROVI_SYSTEMD.Unit" \
        ActiveExitTimestampMonotonic InactiveExitTimestampMonotonic StateChangeTimestampMonotonic || return
    [[ $limit == +([0-9]) && ${#limit} -lt 16 && $ROVI_REPLY =~ $lines ]] || return
    began=${BASH_REMATCH[1]}
    ((began > BASH_REMATCH[2])) || began=${BASH_REMATCH[3]}
    limit=$((limit / 1000000)) since=$((began / 1000000))
}

check_units() {
    local name unit bad=0 at_boot=''
    local -a units=("${always[@]/#/rovi-}" "${stacks[@]/#/rovi-}")
    try_look "${units[@]/%/.service}" || return 0 # check_systemd has said it
    for name in "${always[@]}" "${stacks[@]}"; do
        unit=rovi-$name.service
        rovi_runs_always "$name" || [[ ${UNIT["$unit/UnitFileState"]-} != enabled ]] || at_boot+=" $name"
        if [[ ${UNIT["$unit/LoadState"]-} != loaded ]]; then
            bad=1
            fail "systemd does not load $unit: ${UNIT["$unit/LoadState"]-}" "systemctl status $unit"
        elif [[ ${UNIT["$unit/NeedDaemonReload"]-} == yes ]]; then
            bad=1
            warn "$unit has changed on disk since systemd read it" "sudo systemctl daemon-reload"
        fi
    done
    if [[ $at_boot == *' '*' '* ]]; then
        bad=1
        warn "several stacks start at boot:$at_boot; only the first by name will run" \
            "sudo rovictl disable NAME for the others"
    fi
    ((bad)) || ok "systemd has loaded the gateway${always[1]:+, the hardware} and ${#stacks[@]} stacks: ${stacks[*]}"
}

check_installed_files() {
    local line differs=0 sums=$ROVI_LIB/checksums
    if [[ ! -r $sums ]]; then
        warn "there is no $sums to compare the installed files with" "$ROVI_TOLD_FILES"
        return
    fi
    while IFS= read -r line; do
        differs=1
        if [[ $line == *"open or read"* && ! -e ${line%%:*} && (-x ${line%/*} || $EUID == 0) ]]; then
            fail "${line%%:*} is missing" "$ROVI_TOLD_FILES"
        elif [[ $line == *"open or read"* ]]; then
            skip_unreadable "${line%%:*}"
        else
            warn "${line%%:*} differs from what was installed" \
                "$ROVI_TOLD_FILES; make your own changes with systemctl edit"
        fi
    done < <(LC_ALL=C sha256sum --check --quiet "$sums" 2>/dev/null)
    ((differs)) || ok "the installed files have not changed"
}

check_unit_syntax() {
    local said
    said=$(printf '%s\n' "${stack_file[@]}" | LC_ALL=C xargs -r systemd-analyze verify 2>&1 | grep -F rovi- | head -n 1)
    if [[ $said ]]; then
        warn "systemd-analyze verify: $said" \
            "fix the file that it names, then $ROVI_TOLD_SETUP; for a drop-in, sudo systemctl daemon-reload is enough"
    else
        ok "systemd-analyze verify finds nothing wrong"
    fi
}

# What the units and their drop-ins declare for us (rovi-stack(7)), as check_units has seen it.
check_declarations() {
    local name where whose problem bad=0
    for name in "${always[@]}" "${stacks[@]}"; do
        where=stack whose="the unit of $name declares"
        ! rovi_runs_always "$name" || where=$name whose="the unit of the $name declares"
        read_declared "${UNIT["rovi-$name.service/Environment"]-}"
        keys_problems "$whose" "$where"
        for problem in "${PROBLEMS[@]}"; do
            bad=1
            fail "$problem" "fix it in the unit file or its drop-in, then sudo systemctl daemon-reload"
        done
    done
    if [[ ${ACTIVE[gateway]-} == active ]] && ! request_is_mounted; then
        bad=1
        fail "$ROVI_REQUESTS is not mounted, so no stack can be given a variant or a parameter" \
            "sudo systemctl start run-rovi_requests.mount"
    fi
    ((bad)) || ok "the declarations of the stacks are valid"
}

# Checks sudo instead if polkit has no JavaScript rules.
check_polkit() {
    local version
    if [[ -e $ROVI_LIB/$ROVI_BY_SUDO ]]; then
        check_sudo
    elif rovi_polkit_answers; then
        version=${ROVI_REPLY//[!0-9.]/}
        if rovi_polkit_has_rules; then
            ok "polkit runs, version $version"
        else
            fail "polkit $version has no JavaScript rules: only root can start and stop stacks" \
                "install sudo, then $ROVI_TOLD_SETUP"
        fi
    else
        fail "polkit does not answer, so only root can start and stop stacks: $ROVI_REPLY" \
            "sudo systemctl status polkit"
    fi
}

# Asks sudo about the caller, if the caller is an operator; as root, about the service user.
check_sudo() {
    local unit=rovi-${stacks[0]-}.service
    local -a whose=()
    ((EUID != 0)) || whose=(-U "$user")
    if [[ ${stacks[0]-} ]] && { ((EUID == 0)) || rovi_is_operator; }; then
        if ! rovi_run sudo -n -l "${whose[@]}" -- "${ROVI_SUDO_CALL[@]}" StartUnit ss "$unit" replace; then
            fail "sudo does not let operators start and stop stacks${ROVI_REPLY:+: $ROVI_REPLY}" "$ROVI_TOLD_SETUP"
            return
        fi
    fi
    ok "operators start and stop stacks through sudo: polkit has no JavaScript rules here"
}

check_operators() {
    local me
    me=$(id -un)
    if ! getent group "$ROVI_GROUP" >/dev/null; then
        fail "there is no group $ROVI_GROUP" "$ROVI_TOLD_SETUP"
    elif ((EUID == 0)); then
        ok "the operators are the members of $ROVI_GROUP: $(getent group "$ROVI_GROUP" | cut -d: -f4)"
    elif ! rovi_is_operator "$me"; then
        warn "you ($me) are not an operator" "sudo usermod -aG $ROVI_GROUP $me"
    elif ! rovi_is_operator; then
        warn "you ($me) are an operator, but not yet in this session" "log in again"
    else
        ok "you ($me) are an operator"
    fi
}

check_journal() {
    local me
    me=$(id -un)
    if may_read_journal; then
        ok "you may read the logs"
    elif [[ " $(id -nG "$me") " == *" systemd-journal "* ]]; then
        warn "you may read the logs, but not yet in this session" "log in again"
    else
        warn "you may not read the logs" "sudo usermod -aG systemd-journal $me, then log in again"
    fi
}
