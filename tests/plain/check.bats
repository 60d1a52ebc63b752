#!/usr/bin/env bats
# lib/check.sh: the environment of a launch, for the checks that its unit declares.
# shellcheck disable=SC2034  # variables of the scripts

load helper

setup() {
    house lib/check
    INVOCATION_ID=mine
    launch_check_file() { ROVI_REPLY=$BATS_TEST_TMPDIR/check; } # in the place of one in /run/rovi
}

# launched WORD...: a launch with these words as its environment. Any file will do.
launched() {
    CHECK_PID=..$BATS_TEST_TMPDIR CHECK_INVOCATION=its
    printf '%s\0' "$@" >"$BATS_TEST_TMPDIR/environ"
}

@test "a check runs in the environment of the launch, and in no other" {
    launched INVOCATION_ID=its ROS_LOG_DIR=/l $'TEXT=two\nlines' 'BASH_FUNC_say%%=() { echo $1 said; }' PATH="$PATH"
    export HERE=yes
    check_environment
    # shellcheck disable=SC2016  # for the check
    launch_check 'say "${HERE-nothing of here}, $TEXT" >&2; false' "${CHECK_AS[@]}" || true
    [[ $ROVI_REPLY == "nothing of here, two lines said" ]]
}

@test "what a check leaves in the background is found there, too" {
    launched INVOCATION_ID=its ROS_LOG_DIR=/l ROVI_CHECK_OF=another PATH="$PATH"
    check_environment
    # shellcheck disable=SC2016
    launch_check 'sleep 60 & echo $!; false' "${CHECK_AS[@]}" 3>&- || true
    [[ $ROVI_REPLY == +([0-9]) && ! -e /proc/$ROVI_REPLY/exe ]] # it may be a zombie for a moment
}

@test "a process of another start is not the launch" {
    launched INVOCATION_ID=another ROS_LOG_DIR=/l
    run check_environment
    [[ $status != 0 ]]
}

@test "a script that has not yet loaded ROS is not the launch" {
    launched INVOCATION_ID=its
    run check_environment
    [[ $status != 0 ]]
}

@test "what a process has written over its environment is neither an option nor a command" {
    launched INVOCATION_ID=its --version ROS_LOG_DIR=/l touch -uPATH =x PATH="$PATH"
    check_environment
    [[ "${CHECK_AS[*]}" == "env -i INVOCATION_ID=its ROS_LOG_DIR=/l PATH=$PATH ROVI_CHECK_OF=mine" ]]
}

@test "a check that cannot be run says why" {
    launch_check_file() { ROVI_REPLY=/nowhere/check; }
    run launch_check true
    [[ $status == 1 && ! $output ]]
    launch_check true || true
    [[ $ROVI_REPLY == *"/nowhere/check cannot be made: is there no room?" ]]
}
