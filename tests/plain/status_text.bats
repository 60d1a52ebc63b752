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

@test "only a code of the contract makes a refusal: with another, a node has written it" {
    status_read 'refused (75): stack nav is active'
    [[ $STATUS_CODE == 75 ]]
    for code in 0 00 1000 076; do
        status_read "refused ($code): all is well"
        [[ ! $STATUS_CODE ]]
    done
}

@test "an exit code is a number as JSON writes it" {
    failure_read 'drive died (exit code 0)'
    failure_read 'drive died (exit code 255): no motor'
    run failure_read 'drive died (exit code 007)'
    [[ $status != 0 ]]
}

@test "what a stack runs with has each parameter once" {
    status_read_run '--variant slam a:=1 b:=2'
    run status_read_run 'a:=1 b:=2 a:=3'
    [[ $status != 0 ]]
}
