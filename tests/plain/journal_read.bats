#!/usr/bin/env bats
# How an entry of the journal is read, whoever has written it.

load helper

setup() {
    house rovictl.d/journal_read
}

# not COMMAND...: fails if COMMAND does not. A bare "!" would fail no test.
not() {
    ! "$@"
}

@test "an entry is read field by field" {
    entry_read '{"_UID":"1001","MESSAGE_ID":"abc","ROVI_WHY":"a \"b\" \\ \u00e9, {}"}'
    [ "${ENTRY[_UID]}" = 1001 ]
    [ "${ENTRY[ROVI_WHY]}" = 'a "b" \ é, {}' ]
    [ ${#ENTRY[@]} = 3 ]
}

@test "what looks like a field within a field is none" {
    entry_read '{"ROVI_WHY":"x\",\"_UID\":\"0","_UID":"1001"}'
    [ "${ENTRY[_UID]}" = 1001 ]
}

@test "an entry is not read if a field is there twice, is not text, or is too long" {
    not entry_read '{"_UID":"1001","ROVI_STACK":["nav","mapping"]}'
    not entry_read '{"_UID":"1001","ROVI_WHY":[97,10,98]}'
    not entry_read '{"_UID":"1001","ROVI_WHY":null}'
    not entry_read '{"_UID":"1001"'
    not entry_read ''
}

@test "an entry counts from when it was sent, unless the clock was set meanwhile" {
    local times='"__MONOTONIC_TIMESTAMP":"5000000","__REALTIME_TIMESTAMP":"100000000"'
    for pair in 99981000=4981000 99999999=4999999 100000000=5000000 40000000=5000000 100000001=5000000 =5000000; do
        entry_read "{$times,\"_SOURCE_REALTIME_TIMESTAMP\":\"${pair%=*}\"}"
        entry_when
        [ "$ROVI_REPLY" = "${pair#*=}" ]
    done
    entry_read '{"__MONOTONIC_TIMESTAMP":"5000000"}'
    not entry_when
}

@test "a length of time is a few words" {
    for pair in "0=0.0 s" "449999=0.4 s" "9949999=9.9 s" "42000000=42 s" "600000000=10 min" "7300000000=2 h" \
        "260000000000=3 d"; do
        span "${pair%%=*}"
        [ "$ROVI_REPLY" = "${pair#*=}" ]
    done
    span ''
    [ -z "$ROVI_REPLY" ]
}
