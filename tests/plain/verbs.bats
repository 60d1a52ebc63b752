#!/usr/bin/env bats
# What single verbs make of what systemd says.
# shellcheck disable=SC2034  # variables of the scripts

load helper

setup() {
    house rovictl.d/clear rovictl.d/list rovictl.d/history
    say() { echo "$1"; }
    put() { echo "$1"; }
}

@test "without any stack, none has failed" {
    find_stacks() { stacks=(); }
    try_look_all() { :; }
    run cmd_clear
    [[ $status == 0 && $output == "no stack has failed" ]]
}

@test "a default that a drop-in takes away is none" {
    starts_at_boot() { false; }
    DECLARED=(
        ['ROVI_PARAMETER_map']='.*' ['ROVI_DEFAULT_map']=''
        ['ROVI_PARAMETER_speed']='.*' ['ROVI_DEFAULT_speed']=1
    )
    run list_line nav "navigate"
    [[ $output == *"map:=.*"* && $output == *"speed:=.* (default: 1)"* && $output != *"(default: )"* ]]
}

@test "how long a run has lasted does not depend on a clock that was set" {
    rovi_uptime
    RUN=(["1/began"]=$((ROVI_REPLY * 10000 - 5000000)) ["1/at"]=$((${EPOCHREALTIME/[!0-9]/} + 3600000000)))
    RUN_END=running
    run_length 1
    ((ROVI_REPLY >= 5000000 && ROVI_REPLY < 8000000))
    RUN["1/began"]=$((ROVI_REPLY + 10 ** 15)) # of another boot, by mistake
    run_length 1
    ((ROVI_REPLY == 0))
}
