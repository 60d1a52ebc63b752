"""One stack at a time, whatever happened before and whoever asks."""

import json

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY, SESSION, STACKS, TOP, difference

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
    result = mapping.rovictl("start nav")
    assert result.status == 75
    assert result.err == "rovictl: stack mapping is active: stop it first with 'rovictl stop mapping', or 'rovictl switch nav'\n"
    assert mapping.rovictl("restart nav").status == 75
    # systemd was not even asked
    assert mapping.show(NAV, "ActiveState", "InvocationID") == {"ActiveState": "inactive", "InvocationID": ""}


def test_systemctl_is_refused_a_second_stack(mapping):
    result = mapping.run(["systemctl", "start", NAV])
    assert result.status != 0
    reason = "stack mapping is active: stop it first with 'rovictl stop mapping'"
    assert mapping.show(NAV, "ActiveState", "StatusText", "ExecMainStatus") == {
        "ActiveState": "failed", "StatusText": reason, "ExecMainStatus": "75"}
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


# Eight shells, 25 operations each: alice by rovictl, root by systemctl, stacks at random.
STORM = """
RANDOM=$1
stacks=(teleop mapping localization nav camera)
for ((n = 0; n < 25; n++)); do
    stack=${stacks[RANDOM % 5]}
    case $((RANDOM % 5)) in
    0) runuser -u alice rovictl start $stack ;;
    1) systemctl start rovi-$stack ;;
    2) runuser -u alice rovictl stop ;;
    3) systemctl stop rovi-$stack ;;
    4) runuser -u alice rovictl restart $stack ;;
    esac
    echo "$? $n" >>/tmp/storm.$1
done >/dev/null 2>&1
"""


def test_200_concurrent_starts_and_stops_from_8_shells(robot):
    robot.put("/tmp/storm.sh", STORM)
    robot.put("/tmp/sampler.py", (TOP / "harness" / "sampler.py").read_text())
    result = robot.run(
        "rm -f /tmp/storm.[0-9]*; for n in {1..8}; do bash /tmp/storm.sh $n & done; "
        "python3 /tmp/sampler.py $(jobs -p)", timeout_s=240)
    seen = json.loads(result.out)
    print(f"storm: {seen}")
    codes = [line.split()[0] for line in robot.must("cat /tmp/storm.[0-9]*").splitlines()]
    assert len(codes) == 200
    assert set(codes) <= {"0", "1", "75"}, codes
    assert seen["overlaps"] == [], robot.report()
    assert seen["samples"] > 1000 and len(seen["stacks"]) >= 3, "too little seen to prove anything"
    # and the robot is none the worse for it
    robot.must("systemctl stop " + " ".join(f"rovi-{stack}.service" for stack in STACKS))
    assert robot.run(["cat", SESSION]).out == ""
    for stack in STACKS:
        assert robot.rovictl(f"start {stack}").status == 0, robot.report()
        assert robot.rovictl("stop").status == 0
