"""again.py RESULTS: for CI, after a run of tests in which some have failed; RESULTS is its JUnit file.

A test may fail because three others ran beside it on a busy machine. So the failed ones are run again, one after the
other and with nothing beside them, ROUNDS times, and they are named at the end. Ends with 0 if they passed each time.
Does not try if there are more than MOST of them, or if one looks for what must not happen even once: two stacks.
`make test` itself never runs a test again.
"""

import subprocess
import sys
from xml.etree import ElementTree

ROUNDS = 3
MOST = 5
# Files, and tests of others, in tests/.
ONCE_IS_TOO_OFTEN = (
    "container/test_attack_notify.py::test_a_hostile_node_gets_no_second_stack",
    "container/test_exclusive.py",
    "container/test_fault_daemonized.py::test_a_lost_lock_does_not_let_another_stack_start_beside_it",
    "container/test_fault_disk.py::test_one_that_runs_goes_on_alone_and_can_be_stopped",
    "container/test_fault_gateway.py",
    "container/test_hardware.py",
    "container/test_lock.py",
    "container/test_stop_early.py::test_of_two_that_start_without_a_lock_the_first_runs",
    "container/test_storm.py",
    "page/test_storm.py",
)


def failed_tests(results):
    """The tests that failed, as pytest takes them. Errors of a fixture count, too, and a file that cannot be loaded."""
    cases = ElementTree.parse(results).getroot().iter("testcase")
    bad = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    return [name_of(case) for case in bad]


def name_of(case):
    if not case.get("classname"):  # of a file that cannot be loaded
        return case.get("file")
    inner = [part for part in case.get("classname").split(".") if part[:1].isupper()]
    return "::".join([case.get("file"), *inner, case.get("name")])


def main(results):
    try:
        tests = failed_tests(results)
    except (OSError, ElementTree.ParseError) as problem:
        sys.exit(f"again: there are no results of tests in {results}: {problem}")
    if not tests:
        sys.exit("again: no test has failed, so something else has")
    named = "\n".join(f"    {test}" for test in tests)
    if len(tests) > MOST:
        sys.exit(f"again: {len(tests)} tests have failed, which is not chance:\n{named}")
    if grave := [test for test in tests if any(f"tests/{name}" in test for name in ONCE_IS_TOO_OFTEN)]:
        sys.exit(f"again: {grave[0]} must not fail even once:\n{named}")
    for round_number in range(1, ROUNDS + 1):
        print(f"again: round {round_number} of {ROUNDS}, nothing beside them:\n{named}", flush=True)
        if subprocess.run([sys.executable, "-m", "pytest", "-q", "-n", "0", *tests]).returncode:
            sys.exit(f"again: failed alone, too, in round {round_number}:\n{named}")
    print(f"again: UNSTABLE, failed in the whole run and passed {ROUNDS} times alone:\n{named}")


if __name__ == "__main__":
    main(*sys.argv[1:])
