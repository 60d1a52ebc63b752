"""One stack at a time, whatever happened before and whoever asks."""

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY, SESSION, difference

MAPPING, NAV, TELEOP = (f"rovi-{name}.service" for name in ("mapping", "nav", "teleop"))


@pytest.fixture
def mapping(robot):
    """The robot with mapping active and its three nodes up; afterwards they must be undisturbed."""
    assert robot.rovictl("start mapping").status == 0
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    before = robot.show(MAPPING, "MainPID", "InvocationID")
    yield robot
    assert robot.show(MAPPING, "MainPID", "InvocationID") == before
    assert {event for _, _, event in robot.events("mapping")} == {"start"}, "a node got a signal"
    assert robot.state(MAPPING) == "active"


def test_rovictl_refuses_a_second_stack(mapping):
    before = mapping.show(NAV, "ActiveState", "InvocationID")
    result = mapping.rovictl("start nav")
    assert result.status == 75
    assert (
        result.err
        == "rovictl: stack mapping is active: stop it first with 'rovictl stop mapping', or 'rovictl switch nav'\n"
    )
    assert mapping.rovictl("restart nav").status == 75
    # systemd was not even asked
    assert mapping.show(NAV, "ActiveState", "InvocationID") == before


def test_systemctl_is_refused_a_second_stack(mapping):
    result = mapping.run(["systemctl", "start", NAV])
    assert result.status != 0
    reason = "stack mapping is active: stop it first with 'rovictl stop mapping'"
    assert mapping.show(NAV, "ActiveState", "StatusText", "ExecMainStatus") == {
        "ActiveState": "failed",
        "StatusText": f"refused (75): {reason}",
        "ExecMainStatus": "75",
    }
    assert f"run_stack.sh: {reason}" in mapping.journal(NAV)
    assert mapping.processes(NAV) == []


def test_a_refused_start_does_not_open_the_way_for_a_third(mapping):
    # A runtime directory of the stacks' own would be deleted here, with the lock in it.
    before = mapping.listing("/run/rovi")
    assert mapping.run(["systemctl", "start", NAV]).status != 0
    assert difference(before, mapping.listing("/run/rovi")) == []
    assert mapping.run(["systemctl", "start", TELEOP]).status != 0
    assert mapping.processes(TELEOP) == []


def test_a_lost_lock_does_not_open_the_way(mapping):
    mapping.must("rm /run/rovi/stack.lock")
    assert mapping.run(["systemctl", "start", NAV]).status != 0
    assert mapping.show(NAV, "ExecMainStatus") == "75"


def test_a_stack_that_is_still_starting_excludes_others(robot):
    robot.switch("mapping", import_s=4)
    robot.must(["systemctl", "start", "--no-block", MAPPING])
    wait_for(lambda: any("stack:=mapping" in p.args for p in robot.processes(MAPPING)), "no launch")
    assert robot.rovictl("start nav").status == 75
    assert robot.run(["systemctl", "start", NAV]).status != 0
    assert robot.show(NAV, "ExecMainStatus") == "75"
    assert robot.state(MAPPING) == "activating", "too late to prove anything"
    robot.wait_state(MAPPING, "active")


def test_the_lock_lives_as_long_as_the_last_node(robot):
    robot.switch("mapping", mapping_planner_does={"linger_s": 4})
    robot.rovictl("start mapping")
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    robot.must(["systemctl", "stop", "--no-block", MAPPING])
    wait_for(lambda: any(event == "end" for _, _, event in robot.events("mapping")), "no node has ended")
    result = robot.rovictl("start nav")
    assert result.status == 75, result
    assert "stack mapping is still stopping: try again" in result.err
    assert robot.run(["systemctl", "start", NAV]).status != 0
    assert robot.run("flock -n /run/rovi/stack.lock true", user="rovi").status == 1
    assert robot.state(MAPPING) == "deactivating", "too late to prove anything"
    robot.wait_state(MAPPING, "inactive")
    assert robot.rovictl("start nav").status == 0


def test_what_has_dropped_the_lock_is_waited_for(robot):
    # Its nodes linger without the lock, as a daemon would that has closed all descriptors.
    robot.switch("mapping", does={"linger_s": 3})
    robot.rovictl("start mapping")
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    robot.must("rm /run/rovi/stack.lock")
    robot.must(["systemctl", "stop", "--no-block", MAPPING])
    robot.wait_state(MAPPING, "deactivating")
    robot.must(["systemctl", "start", NAV])
    ended = max(when for when, _, event in robot.events("mapping") if event == "end")
    wait_for(lambda: robot.events("nav"), "no node of nav has started")
    assert ended < min(when for when, _, _ in robot.events("nav"))
    assert len([event for _, _, event in robot.events("mapping") if event == "end"]) == 3


def test_two_at_the_same_moment_do_not_refuse_each_other(robot):
    for _ in range(10):
        robot.must(["systemctl", "start", "--no-block", MAPPING, NAV, TELEOP])
        states = sorted(robot.wait_state(unit, "active", "failed") for unit in (MAPPING, NAV, TELEOP))
        assert states == ["active", "failed", "failed"], robot.report()
        robot.must(["systemctl", "stop", MAPPING, NAV, TELEOP])


def test_after_a_crash_of_a_stack(robot):
    robot.switch("mapping", does={"ignore": ["SIGINT"]})
    robot.rovictl("start mapping")
    robot.must(["systemctl", "kill", "--kill-who=main", "--signal=KILL", MAPPING])
    robot.wait_state(MAPPING, "failed")
    assert robot.rovictl("start nav").status == 0
    assert robot.run(["systemctl", "start", MAPPING]).status != 0
    assert robot.processes(MAPPING) == []


def test_after_a_crash_of_the_gateway(robot):
    robot.switch("mapping", does={"linger_s": 3})
    robot.rovictl("start mapping")
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    robot.must(["systemctl", "kill", "--kill-who=main", "--signal=KILL", GATEWAY])
    robot.wait_state(GATEWAY, "failed")
    # The stack is still shutting down and has the lock; the gateway comes back meanwhile.
    assert robot.run("test -e /run/rovi/stack.lock").status == 0
    assert robot.state(MAPPING) == "deactivating"
    robot.must(["systemctl", "start", GATEWAY])
    robot.run(["systemctl", "start", NAV])
    assert robot.processes(MAPPING) == [] or robot.processes(NAV) == []
    robot.wait_state(MAPPING, "inactive")
    assert robot.rovictl("start nav").status == 0
    assert robot.run(["cat", SESSION]).out == "rovi_bringup/nav.launch.py\n"
