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

@test "a SIGINT is found in a long launch.log, too" {
    local -A told=()
    ROS_LOG_DIR=$BATS_TEST_TMPDIR
    mkdir "$ROS_LOG_DIR/run-7"
    {
        echo '1.5 [INFO] [drive-1]: process started with pid [12]'
        yes "1.5 [drive-1] $(printf '%080d' 0)" | head -n 15000
        echo '1.6 [WARNING] [launch]: user interrupted with ctrl-c (SIGINT)'
        echo "1.6 [INFO] [drive-1]: sending signal 'SIGINT' to process[drive-1]"
    } >"$ROS_LOG_DIR/run-7/launch.log"
    launch_read_log 7
    [[ ${told[12]} == yes ]]
}
