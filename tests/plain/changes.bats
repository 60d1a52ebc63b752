#!/usr/bin/env bats
# lib/changes.sh: who watches is woken.

load helper

setup() {
    house lib/changes
    exec {CHANGES_FD}< <(exec sleep 60 3>&-) # in the place of tail, which says nothing
    tail=$!
}

teardown() {
    kill "$tail"
}

@test "a trap ends the nap that its signal came in" {
    # shellcheck disable=SC2034  # of changes.sh
    CHANGES_PAUSE=10000
    trap changes_wake WINCH
    (
        until grep -q '^State:.*sleeping' "/proc/$$/status"; do :; done
        kill -WINCH $$
    ) 3>&- &
    changes_nap 10000 10000 10000
    [[ $CHANGES_HEARD == yes ]]
}

@test "a process that does not listen needs no waking, and that is no error" {
    exec {CHANGES_FD}<&-
    CHANGES_FD=
    run changes_wake
    [[ $status == 0 && ! $output ]]
}
