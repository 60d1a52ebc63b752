#!/usr/bin/env bats
# Which entries of the journal speak for a run.
# shellcheck disable=SC2034 # the house reads them

load helper

setup() {
    house rovictl.d/runs
    LAUNCH_UID=990
    RUN=(["1/stack"]=nav ["1/boot"]=b)
    run_of=(["abc"]=1)
}

# why FIELD=VALUE...: takes an entry about the end of a run, and prints why it has ended.
why() {
    local word
    ENTRY=(["MESSAGE_ID"]=${JOURNAL_ID[end]} ["ROVI_WHY"]=why)
    for word in "$@"; do
        ENTRY["${word%%=*}"]=${word#*=}
    done
    take_launch
    printf '%s\n' "${RUN["1/why"]-}"
}

@test "a run's own unit speaks for it, and no other unit" {
    [ "$(why _SYSTEMD_INVOCATION_ID=abc _SYSTEMD_UNIT=rovi-nav.service _UID=990)" = why ]
    [ "$(why _SYSTEMD_INVOCATION_ID=abc _SYSTEMD_UNIT=rovi-gateway.service _UID=990)" = '' ]
    [ "$(why _SYSTEMD_INVOCATION_ID=def _SYSTEMD_UNIT=rovi-gateway.service ROVI_INVOCATION=abc _UID=990)" = '' ]
    [ "$(why _UID=990)" = '' ]
}

@test "if journald has not found the unit, the service user speaks for a run that has not ended" {
    [ "$(why ROVI_INVOCATION=abc _UID=990)" = why ]
    [ "$(why ROVI_INVOCATION=abc _UID=1001)" = '' ]
    [ "$(why ROVI_INVOCATION=abc)" = '' ]
    RUN["1/ended"]=5000000
    [ "$(why ROVI_INVOCATION=abc _UID=990)" = '' ]
    [ "$(why _SYSTEMD_INVOCATION_ID=abc _SYSTEMD_UNIT=rovi-nav.service _UID=990)" = why ]
}
