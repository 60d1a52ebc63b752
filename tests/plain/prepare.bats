#!/usr/bin/env bats
# harness/prepare.sh: what it does if the mirror has not been updated for long.

load helper

setup() {
    eval "$(sed -n '/^\(step\|logged\|mirror_is_old\)() {/,/^}/p' "$TOP/harness/prepare.sh")"
    CACHE=$BATS_TEST_TMPDIR
    CHECK_DATE=true
}

# lists: apt, with a Release file that was valid until last week.
lists() {
    echo x >>"$CACHE/tries"
    [[ $CHECK_DATE == true ]] || return 0
    echo "E: Release file for http://mirror/InRelease is expired (invalid since 7d)."
    return 1
}

broken() {
    echo x >>"$CACHE/tries"
    return 1
}

@test "a mirror that is older than its Release file allows is used, and one sentence says so" {
    run step "making it" lists
    [[ $status == 0 && $output == "prepare: making it ... the mirror is older than its Release file allows: "*"done"* ]]
    [[ $(wc -l <"$CACHE/tries") == 2 ]]
}

@test "what fails for another reason fails at once" {
    run step "making it" broken
    [[ $status == 1 && $output == "prepare: making it ... failed"* ]]
    [[ $(wc -l <"$CACHE/tries") == 1 ]]
}
