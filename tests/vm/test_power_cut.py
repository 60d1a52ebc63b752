"""Power cuts at random moments while an operator starts, stops and switches stacks: after each, the robot
boots as if nothing had been. VM_CUTS says how many, SEED which moments."""

import json
import os
import random
import time

import pytest

from harness.robot import GATEWAY, SESSION, STACKS, WORKSPACE, difference

CUTS = int(os.environ.get("VM_CUTS", "20"))
SEED = int(os.environ.get("SEED", "1"))
LATEST_S = 25  # after the operator has begun: on an emulated processor, two or three verbs

INSTALLED = (
    "/usr/local",
    "/etc/systemd/system",
    "/etc/systemd/system-preset",
    "/etc/polkit-1",
    "/etc/group",
    f"{WORKSPACE}/install",
    f"{WORKSPACE}/.env.robot",
)


@pytest.fixture
def installed(robot):
    """What of the installation must still be there after a cut."""
    robot.must("rm -f /run/user.log; install -m 666 /dev/null /run/user.log; sync")
    return robot.listing(*INSTALLED)


def test_a_power_cut_leaves_nothing_behind(robot, installed, record_property):
    moments = random.Random(SEED)
    record_property("power cuts", CUTS)
    for cut in range(1, CUTS + 1):
        seed, delay_s, stack = moments.randrange(30000), moments.uniform(0, LATEST_S), moments.choice(STACKS)
        robot.must("install -m 666 /dev/null /run/user.log")
        robot.must(f"setsid bash /opt/harness/restless.bash {seed} >/dev/null 2>&1 </dev/null &", user="alice")
        time.sleep(delay_s)  # the moment of the cut, not a wait for anything
        done = robot.run("cat /run/user.log").out
        robot.cut_power()
        robot.boot()
        print(f"cut {cut}: after {delay_s:.1f} s, seed {seed}, in: {done.splitlines()[-1:]}")
        as_after_any_boot(robot, installed)
        starts_and_stops(robot, stack)
    for stack in STACKS:
        starts_and_stops(robot, stack)


def test_history_knows_a_power_cut(robot):
    """As far as journald has written it: it does so every five minutes, or if it is told to."""
    assert robot.rovictl("start nav").status == 0
    assert robot.rovictl("switch teleop").status == 0
    robot.must("journalctl --sync")
    robot.cut_power()
    robot.boot()
    robot.wait_state(GATEWAY, "active")
    found = [json.loads(line) for line in robot.rovictl("history --json -n 2").out.splitlines()]
    assert [(run["stack"], run["end"], run["stopped_by"]) for run in found] == [
        ("nav", "stopped", "alice"),
        ("teleop", "lost", None),
    ], found
    assert found[1]["ended"] is None and found[1]["ready_s"] > 0
    assert "the robot went down without a shutdown" in robot.rovictl("history teleop -n 1").out


def as_after_any_boot(robot, installed):
    robot.wait_state(GATEWAY, "active")
    shown = robot.must(
        ["systemctl", "show", "--property=ActiveState", "--value", *(f"rovi-{name}.service" for name in STACKS)]
    )
    assert shown.split() == ["inactive"] * len(STACKS)
    assert robot.run(["test", "-e", SESSION]).status == 1
    assert robot.run("flock -n /run/rovi/stack.lock true").status == 0
    assert robot.must("systemctl --failed --no-legend --plain") == ""
    assert difference(installed, robot.listing(*INSTALLED)) == []


def starts_and_stops(robot, stack):
    result = robot.rovictl(f"start {stack}")
    assert (result.status, result.out) == (0, f"{stack} runs\n"), f"{result}\n{robot.report()}"
    assert robot.must(["cat", SESSION]) == f"rovi_bringup/{stack}.launch.py\n"
    result = robot.rovictl("stop")
    assert (result.status, result.out) == (0, f"{stack} stopped\n"), f"{result}\n{robot.report()}"
    assert robot.run(["test", "-e", SESSION]).status == 1
