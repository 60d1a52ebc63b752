# shellcheck shell=bash
# remote.sh: --host and --machine: the same command line, run by the rovictl on other machines.

use lib/contract lib/bus rovictl.d/verbs rovictl.d/inventory rovictl.d/ssh

# on_hosts: runs the command line on each robot of --host, over ssh(1). With one robot it is as if rovictl ran there.
# Several, and a group even of one, run beside each other.
on_hosts() {
    local list=${option["--host"]} several=''
    local -a hosts=() far=()
    ! names_several || several=yes
    [[ $verb != kill || ! $several || ${option["--yes"]-} ]] ||
        bad_usage "kill on several hosts cannot ask there: add --yes"
    [[ ! ${option["--canary"]-} || ! ${option["--no-wait"]-} ]] ||
        bad_usage "--canary waits for the first robots: leave out --no-wait"
    command -v ssh >/dev/null ||
        die "$ROVI_EX_UNAVAILABLE" "there is no ssh command: install the OpenSSH client"
    find_hosts "$list"
    if [[ $several ]]; then
        use rovictl.d/fleet
        on_fleet
    else
        on_host "${hosts[0]}"
    fi
    exit
}

# in_container: runs the command line in the container of --machine, as its root: systemd-run(1) makes it a service
# there, with this terminal or these pipes.
in_container() {
    local name=${option["--machine"]} stdio=--pipe
    local several=''
    local -a far
    command -v systemd-run >/dev/null ||
        die "$ROVI_EX_UNAVAILABLE" "there is no systemd-run: this machine does not run systemd"
    rovi_busctl --machine="$name" get-property \
        "$ROVI_SYSTEMD" /org/freedesktop/systemd1 "$ROVI_SYSTEMD.Manager" Version ||
        case $ROVI_REPLY in
        *[Aa]"ccess denied"* | *[Pp]"ermission denied"* | *[Aa]"uthentication required"*)
            die "$ROVI_EX_DENIED" \
                "not permitted to enter the container $name: an administrator runs 'sudo rovictl -M $name …'"
            ;;
        *)
            die "$ROVI_EX_UNAVAILABLE" "cannot reach systemd in container $name ($ROVI_REPLY): see 'machinectl list'"
            ;;
        esac
    far_arguments
    [[ ! -t 0 || ! -t 1 ]] || stdio=--pty
    # By default a service ignores SIGPIPE, and rovictl would complain about a reader that has gone.
    exec systemd-run --quiet --collect --wait "$stdio" --machine="$name" --property=IgnoreSIGPIPE=no \
        --setenv=TERM="${TERM-dumb}" --setenv=LANG="${LANG-C.UTF-8}" -- /usr/bin/env rovictl "${far[@]}"
}
