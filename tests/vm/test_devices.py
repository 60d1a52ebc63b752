"""Devices as systemd sees them: a stack that requires one waits for it, and goes when it goes."""

import re
import time

import pytest

from harness.result import wait_for

NAV = "rovi-nav.service"
RULE = 'SUBSYSTEM=="virtio-ports", ATTR{name}=="lidar", OWNER="rovi", SYMLINK+="lidar"\n'
NEEDS = "[Unit]\nBindsTo=dev-lidar.device\nAfter=dev-lidar.device\n"


@pytest.fixture
def lidar(robot, unit):
    """nav needs /dev/lidar, a serial device that is not plugged in; udev names it and gives it to rovi."""
    robot.put("/etc/udev/rules.d/60-lidar.rules", RULE)
    robot.must("udevadm control --reload")
    unit(NAV, NEEDS)
    yield
    robot.must("systemctl stop rovi-nav")
    if robot.run("test -e /dev/lidar").status == 0:
        unplug(robot)


def unplug(robot):
    robot.unplug("lidar")
    wait_for(lambda: robot.run("test -e /dev/lidar").status, "the device is still there", 60)


def events(robot):
    """What the nodes of nav have noted."""
    return [event for _, _, event in robot.events("nav")]


def start_in_background(robot):
    start = robot.begin("rovictl start nav")
    wait_for(
        lambda: re.search(r"nav +STARTING.*\n +waiting for /dev/lidar\n", robot.rovictl("status").out),
        lambda: robot.rovictl("status"),
        60,
    )
    return start


def test_a_stack_starts_when_its_device_comes_and_stops_when_it_goes(robot, lidar):
    start = start_in_background(robot)
    assert robot.processes(NAV) == []
    assert robot.rovictl("start teleop").status == 75
    robot.plug("lidar")
    assert start.ended(60) == "nav runs\n0\n"
    assert robot.run("test -w /dev/lidar", user="rovi").status == 0
    wait_for(lambda: events(robot).count("start") == 3, lambda: events(robot), 60)  # before that they hear no SIGINT

    unplug(robot)
    robot.wait_state(NAV, "inactive", "failed")
    assert robot.show(NAV, "ActiveState", "Result") == {"ActiveState": "inactive", "Result": "success"}
    assert events(robot).count("SIGINT") == events(robot).count("end") == 3, events(robot)
    assert robot.rovictl("start teleop").status == 0 and robot.rovictl("stop teleop").status == 0

    robot.plug("lidar")
    assert robot.rovictl("start nav").status == 0


def test_a_stop_ends_the_wait(robot, lidar):
    start = start_in_background(robot)
    began = time.monotonic()
    result = robot.rovictl("stop")
    assert (result.status, result.out) == (0, "nav stopped\n"), result
    assert time.monotonic() - began < 40
    said = start.ended(60)
    assert said.startswith("rovictl: nav was ") and said.endswith("\n1\n"), said
    robot.plug("lidar")
    wait_for(lambda: robot.run("test -e /dev/lidar").status == 0, "no device", 60)
    assert robot.state(NAV) == "inactive"


def test_a_device_that_never_comes_ends_the_start_with_its_name(robot, lidar, unit):
    unit("dev-lidar.device", "[Unit]\nJobRunningTimeoutSec=5\n")
    result = robot.rovictl("start nav")
    assert result.status == 1 and "nav was not started: it needs /dev/lidar" in result.err, result
    assert robot.state(NAV) == "inactive" and robot.processes(NAV) == []
    assert robot.rovictl("start teleop").status == 0
