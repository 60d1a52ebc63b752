#!/usr/bin/env bats
# lib/launch.sh: what a start says while it waits for the first process of the launch, and when it uses a snapshot.
# shellcheck disable=SC2034  # variables of the scripts

load helper

setup() {
    house lib/launch
    ROS_LOG_DIR=$BATS_TEST_TMPDIR naps=0
    command sleep 60 3>&- &
    launch=$!
    # In the place of the real ones: the first notes what is said, and after how many naps, and ends the launch.
    launch_notify() {
        told="$naps $*"
        kill "$launch"
        wait "$launch" || true
    }
    rovi_nap() { naps=$((naps + 1)); }
}

teardown() {
    kill "$launch" 2>/dev/null || true
}

@test "a start says after two hundred looks what it waits for" {
    launch_await_process "$launch" || true
    [[ $told == "200 --status=$LAUNCH_WAITING" ]]
}

@test "a start that has said that it waits for something else says it at once" {
    LAUNCH_SAID=yes
    launch_await_process "$launch" || true
    [[ $told == "1 --status=$LAUNCH_WAITING" ]]
}

@test "a snapshot that can be used takes the place of the setup files" {
    launch_of=nav
    snapshot_note() { :; }
    snapshot_use() { :; }
    launch_use_snapshot setup.bash
    snapshot_use() { return 1; }
    ! launch_use_snapshot setup.bash
}

@test "a start notes that it has said what it waits for" {
    launch_wait_for "a device"
    [[ $LAUNCH_SAID && $told == '0 --status=waiting for a device' ]]
}
