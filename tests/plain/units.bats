#!/usr/bin/env bats
# The unit files: systemd understands every line, and the stacks differ in nothing but their name.

load helper

@test "systemd-analyze verify has nothing to say" {
    stage PREFIX="$BATS_TEST_TMPDIR/prefix"
    # The scripts must exist where the units name them, so they are staged at their real place.
    cp -r "$STAGE$BATS_TEST_TMPDIR/prefix" "$BATS_TEST_TMPDIR/prefix"
    export SYSTEMD_UNIT_PATH=$STAGE/etc/systemd/system:/usr/lib/systemd/system:/lib/systemd/system
    run systemd-analyze verify --man=no "$STAGE"/etc/systemd/system/*.{service,socket,target,mount}
    echo "$output"
    [[ $status == 0 && -z $output ]]
}

@test "systemd-analyze verify would see a misspelt key" {
    stage PREFIX="$BATS_TEST_TMPDIR/prefix"
    cp -r "$STAGE$BATS_TEST_TMPDIR/prefix" "$BATS_TEST_TMPDIR/prefix"
    echo 'KilMode=mixed' >>"$STAGE/etc/systemd/system/rovi-.service.d/10-launch.conf"
    export SYSTEMD_UNIT_PATH=$STAGE/etc/systemd/system:/usr/lib/systemd/system:/lib/systemd/system
    run systemd-analyze verify --man=no "$STAGE"/etc/systemd/system/rovi-nav.service
    [[ $output == *KilMode* ]]
}

@test "the stacks differ in nothing but name, description and what they declare" {
    local only='/^Description=/d; /^Environment=/d; /^#/d'
    for stack in teleop mapping localization camera; do
        diff <(sed "s/\b$stack\b/nav/g; $only" "$TOP/services/rovi-$stack.service") \
            <(sed "$only" "$TOP/services/rovi-nav.service")
    done
}
