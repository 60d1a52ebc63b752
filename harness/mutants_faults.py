"""The mutants of what must hold whoever is killed or misbehaves: the storm, attacks and faults."""

from harness.mutant import Mutant

FAULTS = [
    Mutant("no lock, in the storm", "services/run_stack.sh", "flock -n 9 && return", "return", "8_shells"),
    Mutant("a clean-up removes the session of another start", "services/launch_lib.sh",
           'elif [[ -z $owner || $owner == "$(<"$LAUNCH_SESSION_LOCK")" ]]; then', "else", "8_shells"),
    Mutant("no clean-up after a launch that was killed", "services/run_stack.sh",
           """    launch_session '' "${INVOCATION_ID""", """    : launch_session '' "${INVOCATION_ID""", "8_shells"),
    Mutant("what a launch was asked for is taken for its last word", "services/launch_lib.sh", 'if ! launch_was_ready "$1"; then', "if true; then",
           "fails_shows_why"),
    Mutant("a start that takes too long is taken for a stop", "services/launch_lib.sh", 'launch_is_starting "$1" ||', "false ||", "before_it_waits"),
    Mutant("a stop that takes too long is taken for a start", "services/launch_lib.sh", 'launch_is_starting "$1" ||', "true ||", "taken_for_the_start"),
    Mutant("a check that is killed leaves its log", "services/launch_lib.sh", 'exec {log}<>"$file" && rm -f "$file" &&', 'exec {log}<>"$file" &&', "is_killed_itself"),
    Mutant("what several hosts print comes late", "bin/rovictl_remote.sh", '3>&1 | with_host "$1" ${option["--json"]:+json}\n    exit "${PIPESTATUS[0]}"\n', '3> >(with_host "$1")\n',
           "is_there_when_it_ends"),
    Mutant("who is ended leaves its ssh", "bin/rovictl_remote.sh", 'trap "kill $!; exit 143" TERM HUP', "true", "ends_its_ssh"),
    Mutant("ps does not fit a narrow terminal", "bin/rovictl_ps.sh", "width>36?width-36:0", "width-36", "narrow"),
    Mutant("a motion guard counts as a stack", "bin/rovictl_guards.sh", 'settle "guard@$name" "$name"', 'settle "guard@$name"', "answer_in_time"),
    Mutant("list does not see that it cannot write", "bin/rovictl_list.sh", 'put "$name"\n', "printf '%s\\n' \"$name\"\n", "cannot_be_written", suite="bus"),
    Mutant("what ends at once has no exit status", "services/rovi_lib.sh", "        rovi_hold || exit\n", "", "rovi_lib.bats"),
    Mutant("what a killed rovictl had begun is done later", "services/rovi_lib.sh", "rovi_hold || exit", "rovi_hold", "rovi_lib.bats"),
]
