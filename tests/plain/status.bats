#!/usr/bin/env bats
# harness/matrix.py: docs/status.md and docs/status.json say what the runs have said.

load helper

setup() {
    mkdir -p "$BATS_TEST_TMPDIR"/{harness,tests}
    cp "$TOP/harness/matrix.py" "$BATS_TEST_TMPDIR/harness"
    printf '"""What\nholds.\n\nMore.\n"""\n' >"$BATS_TEST_TMPDIR/tests/test_it.py"
    cd "$BATS_TEST_TMPDIR" || return
}

# results FILE PLATFORM COMMIT CASE...: writes a run's results; a CASE is an XML testcase without its class.
results() {
    local file=$1 platform=$2 commit=$3
    shift 3
    printf '<testsuites><testsuite>%s</testsuite></testsuites>' "${*//<testcase/<testcase classname=\"tests.test_it\"} \
        <testcase classname=\"tests.test_it\" name=\"test_platform\"><properties>
        <property name=\"platform name\" value=\"$platform\"/><property name=\"platform commit\" value=\"$commit\"/>
        <property name=\"inputs\" value=\"5\"/></properties></testcase>" >"$file"
}

@test "a failure stays visible with its reason, and so does what was skipped" {
    results old.xml "Old 1" abc '<testcase name="test_a_b[1]"/>' \
        '<testcase name="test_a_b[2]"><failure message="no | lock&#10;more"/></testcase>' \
        '<testcase name="test_c"><skipped message="no varlink"/></testcase>'
    results new.xml "New 2" abc '<testcase name="test_a_b[1]"/><testcase name="test_a_b[2]"/>'
    python3 harness/matrix.py old.xml new.xml
    grep -qx '|  | New 2 | Old 1 |' docs/status.md
    grep -qx '## What holds' docs/status.md
    grep -qxF '| a b | yes, 2 | **failed 1 of 2: no \| lock** |' docs/status.md
    grep -qxF '| c |  | skipped 1: no varlink |' docs/status.md
    grep -qx '| tests failed | 0 | 1 |' docs/status.md
    grep -qx '| inputs | 5 | 5 |' docs/status.md
    python3 -c 'import json; j = json.load(open("docs/status.json"))
assert [p["failed"] for p in j["platforms"] if p["name"] == "Old 1"] == [1], j
assert j["behaviours"]["What holds"]["c"][0] == "", j'
}

@test "of several runs of a platform the latest of each test counts, and each commit is named" {
    results second.xml "Old 1" def '<testcase name="test_a"/>'
    results first.xml "Old 1" abc '<testcase name="test_a"><error message="died"/></testcase><testcase name="test_b"/>'
    touch -d '1 minute ago' first.xml
    python3 harness/matrix.py second.xml first.xml
    grep -qx '| a | yes |' docs/status.md
    grep -qx '| b | yes |' docs/status.md
    grep -qx '| commit | abc def |' docs/status.md
    grep -qx '| tests failed | 0 |' docs/status.md
}

@test "what passed counts beside what was skipped or failed" {
    results one.xml "One 1" abc '<testcase name="test_a[1]"/><testcase name="test_a[2]"/>' \
        '<testcase name="test_a[3]"><skipped message="no varlink"/></testcase>' \
        '<testcase name="test_b[1]"/><testcase name="test_b[2]"><failure message="no lock"/></testcase>' \
        '<testcase name="test_b[3]"><skipped message="no varlink"/></testcase>'
    python3 harness/matrix.py one.xml
    grep -qxF '| a | yes, 2; skipped 1: no varlink |' docs/status.md
    grep -qxF '| b | **failed 1 of 2: no lock; skipped 1: no varlink** |' docs/status.md
}

@test "the page says whether all is of one commit" {
    results one.xml "One 1" abc '<testcase name="test_a"/>'
    results two.xml "Two 2" abc '<testcase name="test_a"/>'
    python3 harness/matrix.py one.xml two.xml
    grep -qxF 'All of it is of one commit, abc.' docs/status.md
    results two.xml "Two 2" def '<testcase name="test_a"/>'
    python3 harness/matrix.py one.xml two.xml
    grep -qxF '**Not all of it is of one commit:** One 1 of abc; Two 2 of def.' docs/status.md
}

# mutants COMMIT DEAD NAMES: writes what harness/mutants.py counts, of two mutants; NAMES as in JSON.
mutants() {
    mkdir -p .cache/results
    printf '{"commit":"%s","base":"debian:x","total":2,"dead":%s,"survived":[%s],"seconds":600}' "$@" \
        >.cache/results/mutants.json
}

@test "the score of the mutants stands there, and who survived" {
    results one.xml "One 1" abc '<testcase name="test_a"/>'
    python3 harness/matrix.py one.xml
    grep -qxF '| not run |  |  |  |  |' docs/status.md
    mutants abc 1 '"no | lock"'
    python3 harness/matrix.py one.xml
    grep -qxF '| **failed: 1 of 2** | no \| lock | debian:x | abc | 10 |' docs/status.md
    mutants def 2 ""
    python3 harness/matrix.py one.xml
    grep -qxF '| 2 of 2 | none | debian:x | def | 10 |' docs/status.md
    grep -qxF '**Not all of it is of one commit:** One 1 of abc; mutants of def.' docs/status.md
    python3 -c 'import json; assert json.load(open("docs/status.json"))["mutants"]["total"] == 2'
}

@test "without results, or with some of nobody knows which platform, nothing is written" {
    run python3 harness/matrix.py
    [[ $status == 1 && $output == "matrix.py: there are no results"* ]]
    printf '<testsuites><testsuite>%s</testsuite></testsuites>' \
        '<testcase classname="tests.test_it" name="test_a"/>' >lone.xml
    run python3 harness/matrix.py lone.xml
    [[ $status == 1 && $output == "matrix.py: lone.xml does not say of which platform it is"* ]]
    [[ ! -e docs ]]
}
