"""Who watches sleeps, and is woken by a change."""

import json
import os
import time
from itertools import pairwise

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY

SEED = int(os.environ.get("SEED", "1"))
NAV = "rovi-nav.service"
CHANGES = "/run/rovi_changes"
# Each look is a systemctl: here it leaves a line, the time. The real one is beside it.
LOGGING = '#!/bin/sh\ndate +%s >>/tmp/looks\nPATH=/usr/bin:/bin; exec systemctl "$@"\n'


@pytest.fixture
def watcher(robot):
    """A function: starts a watch of alice's, whose looks are counted."""
    robot.put("/opt/looks/systemctl", LOGGING, mode=0o755)
    robot.must("rm -f /tmp/watch /tmp/looks; : >/tmp/looks; : >/tmp/watch; chown alice /tmp/looks /tmp/watch")

    def start():
        robot.must("(PATH=/opt/looks:$PATH exec timeout 120 rovictl watch --json >/tmp/watch) & echo", user="alice")
        wait_for(lambda: robot.must("cat /tmp/watch"), "watch shows nothing")

    yield start
    robot.must("pkill -f 'rovictl [w]atch'; rm -rf /opt/looks")


def states(robot):
    lines = [json.loads(line) for line in robot.must("cat /tmp/watch").splitlines()[1:]]
    return [line["state"] for line in lines if line["stack"] == "nav"]


def looks(robot):
    return len(robot.must("cat /tmp/looks").splitlines())


def wait_calm(robot):
    """Waits until watch has not looked for 8 s, and then did. Now it sleeps for 15 s."""

    def rested():
        times = [int(line) for line in robot.must("cat /tmp/looks").splitlines()]
        return any(after - before >= 8 for before, after in pairwise(times))

    wait_for(rested, lambda: f"it never rests: {robot.must('cat /tmp/looks')}", 60)


def test_the_file_is_for_those_who_tell(robot):
    assert robot.must(f"stat -c '%U %G %a' {CHANGES}").split() == ["root", "rovi", "664"]
    assert robot.run(f"echo >>{CHANGES}", user="alice").status != 0
    robot.must(f"rm {CHANGES}; /usr/local/lib/rovi/run_stack.sh --stopped nav; true")
    assert robot.run(["test", "-e", CHANGES]).status == 1, "root makes it, and the service user cannot write there"
    robot.must(f"ln -s /etc/passwd {CHANGES}")
    before = robot.must("cat /etc/passwd")
    robot.must(["systemctl", "restart", "rovi_end.service"])
    assert robot.must(f"stat -c '%F %a' {CHANGES}").split() == ["regular", "empty", "file", "664"]
    assert robot.must("cat /etc/passwd") == before


def test_who_watches_is_woken(robot, watcher):
    watcher()
    wait_calm(robot)
    calm = looks(robot)
    began = time.monotonic()
    robot.put(
        f"/run/systemd/system/{NAV}.d/99-test.conf", "[Service]\nEnvironment=ROVI_READY_CHECK='test -e /tmp/go'\n"
    )
    try:
        robot.must("rm -f /tmp/go; systemctl daemon-reload; rovictl start nav --no-wait")
        wait_for(lambda: states(robot)[-1:] == ["STARTING"], lambda: states(robot), 3)
        robot.must("touch /tmp/go; rovictl wait nav")
        wait_for(lambda: states(robot)[-1:] == ["RUNNING"], lambda: states(robot), 3)
        assert robot.rovictl("stop").status == 0
        wait_for(lambda: states(robot)[-1:] == ["STOPPED"], lambda: states(robot), 3)
    finally:
        robot.must(f"rm -r /run/systemd/system/{NAV}.d; systemctl daemon-reload")
    assert calm < looks(robot) < calm + 60, (calm, looks(robot), time.monotonic() - began)


def test_a_stop_wakes_who_watches_when_it_begins(robot):
    robot.switch("nav", does={"ignore": ["SIGINT"]})
    assert robot.rovictl("start nav").status == 0
    # Only the launch and its nodes are left: nobody of ours says any more that the start has changed something.
    wait_for(lambda: len(robot.processes(NAV)) == 4, lambda: robot.processes(NAV), 15)
    size = ["stat", "-c", "%s", CHANGES]
    before = int(robot.must(size))
    robot.must(["systemctl", "stop", "--no-block", NAV])
    # After 5 s the nodes get SIGTERM, and the end wakes everybody.
    wait_for(lambda: int(robot.must(size)) > before, lambda: f"nobody is woken:\n{robot.report(NAV)}", 4)
    assert robot.state(NAV) == "deactivating"


def test_a_node_that_goes_is_seen_though_nobody_tells(robot, watcher):
    robot.switch("nav", on_exit="ignore")
    assert robot.rovictl("start nav").status == 0
    watcher()
    wait_calm(robot)
    robot.must("pkill -KILL -u rovi -f 'rovi_bringup/[c]ontroller_server nav'")
    wait_for(
        lambda: "missing" in robot.must("cat /tmp/watch").splitlines()[-1], lambda: robot.must("cat /tmp/watch"), 8
    )


def test_a_flood_of_changes_is_no_flood_of_looks(robot, watcher):
    watcher()
    calm = looks(robot)
    robot.must(f"timeout 3 sh -c 'while :; do echo >>{CHANGES}; done'; true", user="rovi")
    assert looks(robot) < calm + 100
    assert robot.rovictl("start nav").status == 0
    wait_for(lambda: states(robot)[-1:] == ["RUNNING"], lambda: states(robot), 5)


def test_a_watch_outlives_the_file_and_the_gateway(robot, watcher):
    watcher()
    robot.must(f"rm {CHANGES}")
    robot.must(["systemctl", "restart", GATEWAY])
    assert robot.rovictl("start nav").status == 0
    wait_for(lambda: states(robot)[-1:] == ["RUNNING"], lambda: states(robot), 12)


def test_no_lasting_state_is_lost_while_eight_shells_operate(robot, record_property):
    """Twice the 0.5 s of `make bench`, because here other tests run beside it."""
    words = ["python3", "/opt/harness/watch_late.py", "4", "8", str(SEED), "1"]
    seen = json.loads(robot.must(words, timeout_s=300))
    record_property("changes seen", len(seen["late"]))
    assert seen["lost"] == [] and len(seen["late"]) > 10, seen


def test_nothing_is_left_of_a_watch(robot, watcher):
    watcher()
    robot.must("pkill -KILL -f 'rovictl [w]atch'")
    wait_for(lambda: not robot.run(["pgrep", "-x", "tail"]).out, "tail goes on", 15)
