#!/usr/bin/env bats
# lib/status_text.sh: what a start tells systemd.
# shellcheck disable=SC2034  # variables of the scripts

load helper

setup() {
    house lib/status_text
    NOTIFY_SOCKET=there woken=
    changes_say() { woken=yes; }
}

@test "what is told wakes who watches" {
    systemd-notify() { :; }
    launch_notify --ready
    [[ $woken ]]
}

@test "what could not be told wakes nobody" {
    systemd-notify() { false; }
    launch_notify --ready || woken+="not told"
    [[ $woken == "not told" ]]
}
