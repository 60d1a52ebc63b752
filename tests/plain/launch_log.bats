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
    launch_events_file() { ROVI_REPLY=$BATS_TEST_TMPDIR/events; } # in the place of one in /run/rovi
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

# chatter COUNT: that many lines of 100 bytes each, as a node writes them.
chatter() {
    yes '2.0 [talker-2] I have nothing to say, and I say it again and again, until nobody can bear it any longer!!' |
        head -n "$1"
}

@test "a look reads only what has come since the one before" {
    local log=$LAUNCH_LOG_DIR/x-7/launch.log died=${DIED/driver-1/camera-3}
    { logged "$STARTED" && chatter 5000 >>"$log"; }
    launch_events "$log"
    [[ $EVENTS_NEW && ${EVENTS[*]} == "$STARTED" ]]
    { printf '%s\n' "$died" | dd of="$log" bs=1 seek=1000 conv=notrunc status=none; } # where nobody looks any more
    printf '%s\n' "$DIED" >>"$log"
    launch_failure
    [[ $FAILURE_PROCESS == driver && $EVENTS_NEW && ${#EVENTS[@]} == 2 ]]
    launch_failure
    [[ $FAILURE_PROCESS == driver && ! $EVENTS_NEW && ${#EVENTS[@]} == 2 ]]
}

@test "a look in the middle of a line, or of a quiet time, misses nothing and counts nothing twice" {
    local log=$LAUNCH_LOG_DIR/x-7/launch.log n
    logged "$STARTED"
    for ((n = 10; n <= 50; n++)); do # each has another time
        printf '%s\n%s' "$n.1${DIED#3.0}" "$n.2${DIED:3:60}" >>"$log"
        launch_events "$log"
        printf '%s\n' "${DIED:63}" >>"$log"
        chatter $((n * 2)) >>"$log"
        launch_events "$log"
        launch_events "$log"
        ((${#EVENTS[@]} == 2 * n - 17)) || return
    done
    [[ ${EVENTS[-1]} == "50.2${DIED#3.0}" ]]
}

@test "what was found in another log, or lies in the place of what was found, does not count" {
    local log=$LAUNCH_LOG_DIR/x-7/launch.log
    logged "$STARTED" "$DIED"
    printf '%s\n' /another/launch.log 60 "${DIED/driver-1/camera-3}" >"$BATS_TEST_TMPDIR/events"
    launch_failure
    [[ $FAILURE_PROCESS == driver ]]
    for plant in 'ln -s /etc/passwd X' 'mkdir X' "printf '%s\n' $log 'a[\$(touch /tmp/evil)]' >X"; do
        rm -rf "$BATS_TEST_TMPDIR/events"
        bash -c "${plant//X/"$BATS_TEST_TMPDIR/events"}"
        launch_failure
        [[ $FAILURE_PROCESS == driver && ! -e /tmp/evil ]] || return
    done
    rm -rf "$BATS_TEST_TMPDIR/events"
    mkfifo "$BATS_TEST_TMPDIR/events"
    (command sleep 9 && echo >"$BATS_TEST_TMPDIR/events") 3>&- & # who waits there waits no longer
    waker=$!
    began=$SECONDS
    launch_failure
    kill "$waker"
    ((SECONDS - began < 8))
    logged "$STARTED" # it has become shorter: it is another file
    ! launch_failure
}

@test "the last words of a node are looked for at the end of the log" {
    local log=$LAUNCH_LOG_DIR/x-7/launch.log
    logged "$STARTED" '2.0 [driver-1] long ago'
    chatter 50000 >>"$log"
    printf '%s\n' '2.5 [driver-1] no port' "$DIED" >>"$log"
    launch_failure
    [[ $FAILURE_LINE == "no port" ]]
}
