#!/usr/bin/env bats
# lib/launch_log.sh: which process of a launch has failed first, by its launch.log.
# shellcheck disable=SC2034  # variables of the scripts

load helper

readonly STARTED='1.0 [INFO] [driver-1]: process started with pid [12]'
readonly DIED="3.0 [ERROR] [driver-1]: process has died [pid 12, exit code 9, cmd 'driver']."

setup() {
    house lib/launch_log
    LAUNCH_PID=7 LAUNCH_LOG_DIR=$BATS_TEST_TMPDIR
    mkdir "$LAUNCH_LOG_DIR/x-7"
}

# logged LINE...: makes them launch.log.
logged() {
    printf '%s\n' "$@" >"$LAUNCH_LOG_DIR/x-7/launch.log"
}

@test "the log of a launch is the one that was not there before, though the clock was set back" {
    ROS_LOG_DIR=$LAUNCH_LOG_DIR
    mkdir "$ROS_LOG_DIR"/{2098-x,2099-x}-$$
    touch "$ROS_LOG_DIR"/{2098-x,2099-x}-$$/launch.log
    launch_note nobody
    launch_log_file "$ROS_LOG_DIR" $$ && return 1
    mkdir "$ROS_LOG_DIR/2026-x-$$"
    launch_log_file "$ROS_LOG_DIR" $$ && return 1
    touch "$ROS_LOG_DIR/2026-x-$$/launch.log"
    launch_log_file "$ROS_LOG_DIR" $$
    [[ $ROVI_REPLY == "$ROS_LOG_DIR/2026-x-$$/launch.log" ]]
}

@test "a process that dies is the failure" {
    logged "$STARTED" "$DIED"
    launch_failure
    [[ $FAILURE_PROCESS == driver ]]
}

@test "a process that dies after Ctrl-C, which all processes have got, is no failure" {
    logged "$STARTED" '2.0 [WARNING] [launch]: user interrupted with ctrl-c (SIGINT)' "$DIED"
    ! launch_failure
}
