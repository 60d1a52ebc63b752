# shellcheck shell=bash disable=SC2154  # bats sets status, output and lines
# For the bats suites: a staged installation and a stand-in workspace in a folder of the test's.

TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)

# stage: installs into $STAGE by make install, as a packager would.
stage() {
    STAGE=$BATS_TEST_TMPDIR/stage
    make -s -C "$TOP" install DESTDIR="$STAGE" ROVI_ROS_WS_DIR=/home/rovi/ws "$@" >"$BATS_TEST_TMPDIR/stage.log" || {
        cat "$BATS_TEST_TMPDIR/stage.log"
        return 1
    }
}

# workspace: makes a built workspace and a ROS 2 in which the loader succeeds.
workspace() {
    export ROVI_ROS_WS_DIR=$BATS_TEST_TMPDIR/ws ROVI_ENV=robot ROVI_ROS_ROOT=$BATS_TEST_TMPDIR/ros
    mkdir -p "$ROVI_ROS_WS_DIR/install" "$ROVI_ROS_ROOT/jazzy"
    cp "$TOP/.env.robot" "$TOP/.env.pc" "$ROVI_ROS_WS_DIR"
    cp "$TOP/harness/inside/standin/ros/setup.bash" "$ROVI_ROS_ROOT/jazzy"
    cp "$TOP/harness/inside/standin/ws/install/setup.bash" "$ROVI_ROS_WS_DIR/install"
    mkdir -p "$ROVI_ROS_WS_DIR/install/rovi_bringup/share"
    # shellcheck disable=SC2034  # the tests use it
    ENV_FILE=$ROVI_ROS_WS_DIR/.env.robot
}

# fails STATUS SENTENCE COMMAND...: the command must exit with STATUS and say one line that
# contains SENTENCE.
fails() {
    local status_wanted=$1 words=$2
    shift 2
    run "$@"
    echo "status $status, output: $output"
    [[ $status == "$status_wanted" && $output == *"$words"* && ${#lines[@]} == 1 ]]
}

# house FILE...: reads files of the product and what they use, as in `house lib/run`.
house() {
    ROVI_LIB=$TOP/services
    # shellcheck source=services/lib/use.sh
    source "$ROVI_LIB/lib/use.sh"
    use "$@"
}
