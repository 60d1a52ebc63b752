#!/usr/bin/env bats
# lib/launch_watch.sh: whom a start that is stopped tells to end.
# shellcheck disable=SC2034  # variables of the scripts

load helper

setup() {
    house lib/launch_watch
    rovi_cgroup_dir() { ROVI_REPLY=$BATS_TEST_TMPDIR; } # in the place of the real one
    command sleep 60 3>&- &
    child=$!
}

teardown() {
    kill "$child"
}

@test "the children of a launch are those that have it as their parent, not all of its control group" {
    printf '%s\n' $PPID "$BASHPID" "$child" 4194305 >"$BATS_TEST_TMPDIR/cgroup.procs"
    launch_children "$BASHPID"
    [[ $ROVI_REPLY == "$child " ]]
}
