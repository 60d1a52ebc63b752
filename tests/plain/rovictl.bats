#!/usr/bin/env bats
# rovictl and run_stack.sh where there is no systemd at all.
# shellcheck disable=SC2034  # variables of the scripts

load helper
setup() {
    stage
    rovictl=$STAGE/usr/local/bin/rovictl
    run_stack=$STAGE/usr/local/lib/rovi/run_stack.sh
    export SYSTEMD_UNIT_PATH=$STAGE/etc/systemd/system
    export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$BATS_TEST_TMPDIR/no-bus
}

@test "--help and --version need nothing" {
    run env -i PATH="$PATH" "$rovictl" --help
    [[ $status == 0 && $output == *"rovictl start STACK"* ]]
    run "$rovictl" --version
    [[ $status == 0 && $output =~ ^rovictl\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "no bus" {
    for arguments in "status" "start mapping" "stop" "restart nav" "status nav --json" "switch nav" "wait nav" \
        "ps nav" "gateway stop"; do
        # shellcheck disable=SC2086
        fails 4 "rovictl: cannot reach systemd" "$rovictl" $arguments
    done
}

@test "not installed" {
    SYSTEMD_UNIT_PATH=/nowhere fails 4 "not installed here: run 'sudo make install'" "$rovictl" status
}

@test "names are checked before anything is asked" {
    fails 2 "no stack is named nva: did you mean nav? (known: camera localization mapping nav teleop)" \
        "$rovictl" start nva
    fails 2 "the gateway is not a stack" "$rovictl" start gateway
}

@test "rovictl works through a symbolic link" {
    ln -s "$rovictl" "$BATS_TEST_TMPDIR/link"
    run "$BATS_TEST_TMPDIR/link" --version
    [[ $status == 0 ]]
}

@test "run_stack.sh refuses what is no stack's name" {
    for name in "" gateway ../x "a b" -x A 1x; do
        fails 2 "usage: run_stack.sh NAME" "$run_stack" "$name"
    done
    fails 2 "usage: run_stack.sh NAME" "$run_stack"
    fails 2 "usage: run_stack.sh NAME" "$run_stack" nav mapping
}

@test "run_stack.sh refuses without the gateway's directory, and starts nothing" {
    [[ ! -e /run/rovi ]] || skip "a gateway runs on this machine"
    workspace
    mkdir "$BATS_TEST_TMPDIR/bin"
    printf '#!/bin/sh\ntouch %s\n' "$BATS_TEST_TMPDIR/launched" >"$BATS_TEST_TMPDIR/bin/ros2"
    printf '#!/bin/sh\necho "a(ssssssouso) 0"\n' >"$BATS_TEST_TMPDIR/bin/busctl" # systemd has no such unit
    chmod +x "$BATS_TEST_TMPDIR/bin/"*
    HOME=$BATS_TEST_TMPDIR PATH=$BATS_TEST_TMPDIR/bin:$PATH fails 69 "the gateway is not running" "$run_stack" nav
    [[ ! -e $BATS_TEST_TMPDIR/launched ]]
}

# What the scripts run on the robot, where nothing else says so: words in the place of a command.
KNOWN='awk|basename|busctl|cat|chgrp|chmod|chown|cp|cut|date|dd|dirname|du|env|expr|find|findmnt|flock|getent|grep|gzip'
KNOWN+='|head|id|install|journalctl|ln|logger|ls|mkdir|mkfifo|mktemp|mount|mountpoint|mv|namei|nice|nl|numfmt|od|ps'
KNOWN+='|readlink|realpath|rm|rmdir|runuser|sed|setsid|sha256sum|sleep|sort|stat|stdbuf|sync|systemctl|systemd-[a-z]+'
KNOWN+='|tac|tail|tar|tee|timeout|touch|tr|udevadm|uname|uniq|wc|xargs'
BEFORE='(^|[|&;({!]|(^|[^a-z])'
BEFORE+='(then|else|do|exec|until|while|if|rovi_run|rovi_send|timeout [0-9"$A-Z_a-z]+|"\$seconds"))'
BEFORE+='[[:blank:]]*([A-Z_]+=[^[:blank:]]*[[:blank:]]+)*'

@test "doctor knows every program that the scripts need, and no other" {
    cd "$TOP"
    scripts=(services/{run_gateway,run_hardware,run_stack,end_stop,kill_stack,executor}.sh services/{lib,executor}/*.sh
        rovi_env.sh bin/rovictl bin/rovictl.d/*.sh)
    used=$(sed -E 's/xargs -r /xargs\n/; s/timeout "\$[A-Z_]+" /timeout\n/
        s/env -i "\$\{words\[@\]\}" /env\n/' "${scripts[@]}" | grep -v '^[[:blank:]]*#' |
        grep -oE "$BEFORE($KNOWN)([[:blank:]]|\$|\))" |
        grep -oE "($KNOWN)[)[:blank:]]*\$" | tr -d ') \t' | sort -u)
    listed=$(sed -n "/^readonly TOOLS='/,/'\$/p" bin/rovictl.d/doctor.sh |
        grep -oE '[a-z0-9-]+:[a-z-]+' | cut -d: -f1 | sort)
    diff <(echo "$used") <(echo "$listed")
}

@test "a process that has ended is not taken for one that may not be seen" {
    house rovictl.d/processes
    local procs=$BATS_TEST_TMPDIR/cgroup.procs
    printf '12\n345\n' >"$procs"
    is_in 345 "$procs"
    if is_in 34 "$procs"; then false; fi
    if is_in 345 "$procs.gone"; then false; fi
}

@test "nothing is said of a process or a unit that has just ended" {
    house rovictl.d/processes rovictl.d/doctor_left
    fail() { echo "$@"; }
    unit_procs() { ROVI_REPLY=$BATS_TEST_TMPDIR/gone; }
    declare -A present=()
    running='' hidden=''
    run fail_of_holder 99999999 /sys/fs/cgroup/x
    [[ $status == 0 && ! $output ]]
    run running_programs mapping
    [[ $status == 0 && ! $output ]]
}

@test "a look that was sent early is taken only if nothing else was run since" {
    house rovictl.d/ask
    asked=0
    rovi_send() { asked=$((asked + 1)) ROVI_PID=$asked; }
    rovi_receive() { ROVI_REPLY=''; }
    send_look a b
    try_look a b
    ((asked == 1))
    try_look a b
    ((asked == 2))
    send_look a b
    try_look a
    ((asked == 4))
    send_look a
    rovi_send true
    try_look a
    ((asked == 7))
}

@test "a unit path that ends with a colon has the usual places behind it" {
    usual=$(
        unset SYSTEMD_UNIT_PATH
        house lib/contract
        echo "$ROVI_UNIT_PATH"
    )
    [[ $usual == /etc/systemd/system:* ]]
    [[ $(SYSTEMD_UNIT_PATH=/a: && house lib/contract && echo "$ROVI_UNIT_PATH") == "/a:$usual" ]]
    [[ $(SYSTEMD_UNIT_PATH=/a:/b && house lib/contract && echo "$ROVI_UNIT_PATH") == /a:/b ]]
}

@test "what only root may see is counted for an operator; root, who should see it, is warned" {
    house rovictl.d/doctor_report
    declare -A option=()
    check='' yellow='' plain='' warned=0 skipped=0
    skip_unreadable '/a b' >"$BATS_TEST_TMPDIR/said"
    said=$(<"$BATS_TEST_TMPDIR/said")
    if ((EUID == 0)); then
        [[ $said == $'warn you cannot read /a b\n     -> namei -l /a\\ b' && $warned == 1 && $skipped == 0 ]]
    else
        [[ ! $said && $warned == 0 && $skipped == 1 ]]
    fi
}

@test "a record begins with a mark that nobody can know" {
    house executor/verbs
    begin_records
    first=$ROVI_RECORD_MARK
    ! take_record 'rovictl: reason x' || return
    ! take_record $'\036reason x' || return
    take_record "${first}reason y" && [[ $reason == y ]] || return
    begin_records
    [[ $ROVI_RECORD_MARK != "$first" && ! $reason ]] || return
    ! take_record "${first}reason z" || return
}
