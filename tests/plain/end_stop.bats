#!/usr/bin/env bats
# end_stop.sh: the watch of a stop, with a systemctl that answers as told.

load helper

setup() {
    PATH=$BATS_TEST_TMPDIR:$PATH
    cat >"$BATS_TEST_TMPDIR/systemctl" <<'END'
#!/bin/bash
# Each look takes a line of "answers": an ActiveState, or "-" for none.
here=${0%/*}
if [[ $1 != show ]]; then
    echo "$*" >>"$here/done"
    exit
fi
read -r state <"$here/answers"
sed -i 1d "$here/answers"
[[ $state != - ]] || exit 1
printf 'ActiveState=%s\nTimeoutStopUSec=1w\n\nActiveState=active\n' "$state"
END
    chmod +x "$BATS_TEST_TMPDIR/systemctl"
}

@test "a look that systemd does not answer ends no watch, and is no limit" {
    printf '%s\n' - - - - deactivating{,,}{,,,,} inactive >"$BATS_TEST_TMPDIR/answers"
    timeout 30 "$TOP/services/end_stop.sh" --watch nav
    [[ ! -s $BATS_TEST_TMPDIR/answers ]]
    [[ $(<"$BATS_TEST_TMPDIR/done") == "start --no-block rovi_end@nav.service" ]]
}
