"""What the executor's actions say while they wait, and how they take timeout_s and no_wait."""

import json
import time

import pytest

from harness.result import wait_for
from tests.container.test_executor import EXECUTOR, NAV, call, good, log, message, refused, talk

DROP_IN = "/run/systemd/system/rovi-nav.service.d/99-test.conf"
MAPPING = "rovi-mapping.service"


@pytest.fixture
def slow_nav(robot):
    """The start of nav lasts until there is /tmp/ready."""
    robot.put(
        DROP_IN, "[Service]\nEnvironment=\"ROVI_READY_CHECK=test -e /tmp/ready || { echo 'no scan yet'; false; }\"\n"
    )
    robot.must("rm -f /tmp/ready; systemctl daemon-reload")
    yield robot
    robot.must(f"rm -f {DROP_IN} /tmp/ready; systemctl daemon-reload; systemctl stop rovi-nav rovi-mapping")


def stream(robot, method, answers, **parameters):
    """The answers of a call with "more"."""
    return talk(robot, message(EXECUTOR + method, parameters, more=True), answers=answers)[0]


@pytest.mark.parametrize("method", ["Start", "Restart", "Switch"])
def test_with_more_it_says_what_it_waits_for(slow_nav, method):
    robot = slow_nav
    before = []
    if method == "Switch":
        assert robot.rovictl("start mapping").status == 0
    answers = stream(robot, method, 5, stack="nav")
    if method == "Switch":
        before = [answer for answer in answers if answer["parameters"]["progress"]["stack"] == "mapping"]
    assert all(answer["continues"] and answer["parameters"]["unit"] is None for answer in answers)
    assert all(answer["parameters"]["progress"]["state"] == "STOPPING" for answer in before)
    rest = [answer["parameters"]["progress"] for answer in answers[len(before) :]]
    assert rest and all((one["stack"], one["state"]) == ("nav", "STARTING") for one in rest), rest
    seconds = [one["seconds"] for one in rest]  # on a busy machine one is left out now and then
    assert seconds[0] == 0 and seconds == sorted(set(seconds)), seconds
    assert any(one["text"] and "no scan yet" in one["text"] for one in rest), rest
    robot.must("touch /tmp/ready")
    robot.wait_state(NAV, "active")  # though the caller has gone


def test_its_last_answer_is_the_one_without_more(slow_nav):
    robot = slow_nav
    robot.must("touch /tmp/ready")
    answers = []
    for more in (True, False):
        sent = message(EXECUTOR + "Start", {"stack": "nav"}, more=more).hex()
        client = f"python3 -u /opt/harness/executor_client.py 99 {sent}"
        out = robot.must(f"timeout 6 {client} || true; systemctl stop rovi-nav", user="root")
        answers.append([json.loads(line) for line in out.splitlines() if line[0] == "{"])
    assert [sorted(answer) for answer in answers[1]] == [["parameters"]]
    assert answers[0][-1]["parameters"].keys() == answers[1][0]["parameters"].keys() == {"unit"}
    assert answers[0][-1]["parameters"]["unit"]["state"] == "RUNNING" and "continues" not in answers[0][-1]


def test_an_error_comes_last_too(robot):
    assert robot.rovictl("start mapping").status == 0
    (answer,) = stream(robot, "Start", 1, stack="nav")
    assert refused(answer, EXECUTOR + "AnotherStackActive")["active"] == "mapping"


def test_a_caller_that_goes_away_does_not_end_a_switch(slow_nav):
    robot = slow_nav
    robot.switch("mapping", mapping_planner_does={"ignore": ["SIGINT"]})
    assert robot.rovictl("start mapping").status == 0
    robot.must("touch /tmp/ready")
    (answer,) = stream(robot, "Switch", 1, stack="nav")
    assert answer["parameters"]["progress"]["stack"] == "mapping"
    assert robot.wait_state(NAV, "active") == "active"


def test_the_options_of_the_command_line(slow_nav):
    robot = slow_nav
    assert good(call(robot, "Start", stack="nav", no_wait=True))["unit"]["state"] in ("STOPPED", "STARTING")
    wait_for(lambda: robot.state(NAV) == "activating", "nav does not start")
    began = time.monotonic()
    answer = call(robot, "Start", stack="nav", timeout_s=1)
    assert "nav is still STARTING after 1 s" in refused(answer, EXECUTOR + "Timeout")["reason"]
    assert time.monotonic() - began < 10
    assert "--timeout=1" in log(robot) and "--no-wait" in log(robot)
    assert good(call(robot, "Stop", no_wait=True))["unit"]["stack"] == "nav"
    robot.wait_state(NAV, "inactive", "failed")
    assert robot.rovictl("start mapping").status == 0
    assert good(call(robot, "Switch", stack="nav", no_wait=True))["unit"]["state"] in ("STOPPED", "STARTING")
    assert robot.state(MAPPING) == "inactive"
    assert good(call(robot, "Stop", no_wait=None, timeout_s=None))["unit"]["state"] in ("STOPPED", "FAILED")


@pytest.mark.parametrize(
    "wrong",
    [
        *({"timeout_s": value} for value in (-1, 1.5, 1000000, "5", "infinity", True, [], 1e30)),
        *({"no_wait": value} for value in ("yes", 1, [], "")),
    ],
)
def test_what_is_wrong_with_them_is_named(robot, wrong):
    (name,) = wrong
    answer = call(robot, "Start", stack="nav", **wrong)
    assert answer["error"] == "org.varlink.service.InvalidParameter" and answer["parameters"]["parameter"] == name
    assert robot.state(NAV) == "inactive"


# ---- Ctrl-C and requests


def begin_start(robot):
    """alice starts nav in a variant, as in a login, where Ctrl-C is not ignored; returns the Background and the PID."""
    asked = robot.begin("env --default-signal=INT rovictl start nav --variant slam")
    wait_for(lambda: robot.run("ls /run/rovi_requests/nav-*").status == 0 or asks(robot), "there is no request")
    # The oldest is not the one with the lowest PID: PIDs begin again.
    return asked, robot.must("pgrep -o -f '^[^ ]*bash [^ ]*rovictl start nav --variant slam$'").strip()


def asks(robot):
    return robot.must("systemctl list-units --no-legend --state=activating 'rovi-ask@*'")


def test_ctrl_c_waits_for_a_taken_request_and_says_what_came_of_it(robot):
    robot.switch("nav", import_s=3)
    hold = "touch /tmp/held; until test -e /tmp/go; do sleep 0.1; done"
    robot.begin(f"flock /run/rovi/request.lock bash -c '{hold}'", user="rovi")
    wait_for(lambda: robot.run("test -e /tmp/held").status == 0, "the lock is not held")
    try:
        asked, pid = begin_start(robot)
        wait_for(lambda: asks(robot) and robot.run("ls /run/rovi_requests/nav-*").status, "it is not taken")
        robot.must(f"kill -INT {pid}")
    finally:
        robot.must("touch /tmp/go")
    assert asked.ended(20) == "rovictl: nav goes on starting: 'rovictl stop' ends it\n130\n"
    assert robot.wait_state(NAV, "active") == "active"
    assert robot.show(NAV, "StatusText") == "--variant slam"
    robot.must("rm -f /tmp/held /tmp/go")


def test_ctrl_c_takes_a_request_back(robot):
    drop_in = "/run/systemd/system/rovi-ask@.service.d/99-test.conf"
    robot.put(drop_in, "[Service]\nExecStartPre=/bin/bash -c 'until test -e /tmp/go; do sleep 0.1; done'\n")
    robot.must("systemctl daemon-reload")
    try:
        asked, pid = begin_start(robot)
        robot.must(f"kill -INT {pid}")
        wait_for(lambda: robot.run("ls /run/rovi_requests/nav-*").status, "it is still there")
    finally:
        robot.must(f"touch /tmp/go; rm {drop_in}; systemctl daemon-reload")
    assert asked.ended(20) == "rovictl: nav is not running\n130\n"
    robot.wait_state(NAV, "inactive")
    robot.must("rm -f /tmp/go")


def test_ctrl_c_in_the_first_half_of_a_switch(robot):
    robot.switch("mapping", does={"ignore": ["SIGINT"]})
    assert robot.rovictl("start mapping").status == 0
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    before = robot.show(NAV, "InvocationID")
    # A session of its own: Ctrl-C reaches all of its processes.
    switch = robot.begin("env --default-signal=INT setsid --wait rovictl switch nav")
    robot.wait_state(MAPPING, "deactivating")
    words = ["rovictl", "switch", "nav"]
    pids = [p.pid for p in robot.processes() if [word.rpartition("/")[2] for word in p.args[-3:]] == words]
    leader = next(pid for pid in pids if robot.must(["ps", "-o", "sid=", str(pid)]).strip() == str(pid))
    robot.must(f"kill -INT -- -{leader}")
    assert switch.ended() == "rovictl: nav was not started; mapping is STOPPING now\n130\n"
    robot.wait_state(MAPPING, "inactive", "failed")
    assert robot.show(NAV, "InvocationID", "ActiveState") == {"InvocationID": before, "ActiveState": "inactive"}
