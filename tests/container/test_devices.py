"""What a stack waits for and what it takes with it: devices, and other units by systemd's own keys."""

import time

import pytest

from harness.result import wait_for

NAV = "rovi-nav.service"
DROP_IN = "/run/systemd/system/rovi-nav.service.d/99-test.conf"
LIDAR = "/tmp/lidar"


@pytest.fixture
def unit(robot):
    """A function that gives nav's unit a drop-in."""

    def give(text):
        robot.put(DROP_IN, text)
        robot.must("systemctl daemon-reload")

    yield give
    robot.must(
        "systemctl stop rovi-nav; "
        f"rm -rf {DROP_IN.rpartition('/')[0]} /run/systemd/system/recorder.service {LIDAR} /tmp/go; "
        "systemctl daemon-reload"
    )


def status_text(robot, text):
    wait_for(lambda: robot.show(NAV, "StatusText") == text, lambda: robot.show(NAV, "StatusText"))


def test_a_stack_starts_when_its_devices_are_there(robot, unit):
    unit(f'[Service]\nEnvironment="ROVI_DEVICES=/dev/null {LIDAR}"\n')
    start = robot.begin("rovictl start nav")
    status_text(robot, f"waiting for {LIDAR}")
    shown = robot.rovictl("status nav").out
    assert "STARTING" in shown and f"waiting for {LIDAR}" in shown
    assert robot.rovictl("start teleop").status == 75
    robot.must(f"install -m 600 /dev/null {LIDAR}")
    status_text(robot, f"waiting for {LIDAR}, which rovi may not open")
    robot.must(f"chown rovi {LIDAR}")
    assert start.ended() == "nav runs\n0\n"
    assert robot.show(NAV, "StatusText") == ""


def test_a_device_that_does_not_come_ends_the_start(robot, unit):
    unit(f"[Service]\nTimeoutStartSec=2\nEnvironment=ROVI_DEVICES={LIDAR}\n")
    result = robot.rovictl("start nav")
    assert result.status == 1 and f"TimeoutStartSec= allows, while waiting for {LIDAR}" in result.err, result
    assert robot.processes(NAV) == []
    assert robot.rovictl("start teleop").status == 0


def test_a_stop_ends_the_wait_at_once(robot, unit):
    unit(f"[Service]\nEnvironment=ROVI_DEVICES={LIDAR}\n")
    assert robot.rovictl("start nav --no-wait").status == 0
    status_text(robot, f"waiting for {LIDAR}")
    began = time.monotonic()
    assert robot.rovictl("stop").status == 0
    assert time.monotonic() - began < 3 and robot.processes(NAV) == []


def test_a_device_without_a_whole_path_is_a_broken_declaration(robot, unit):
    unit("[Service]\nEnvironment=ROVI_DEVICES=ttyUSB0\n")
    result = robot.rovictl("start nav")
    assert result.status == 78 and "ROVI_DEVICES=ttyUSB0: write absolute paths" in result.err, result


RECORDER = """
[Unit]
PartOf=rovi-nav.service
[Service]
Type=exec
ExecStartPre=sh -c 'until test -e /tmp/go; do sleep 0.1; done'
ExecStart=sleep infinity
"""


def test_another_unit_comes_and_goes_with_its_stack(robot, unit):
    robot.put("/run/systemd/system/recorder.service", RECORDER)
    unit("[Unit]\nRequires=recorder.service\nAfter=recorder.service\n")
    start = robot.begin("rovictl start nav")
    wait_for(
        lambda: "waiting for recorder.service" in robot.rovictl("status nav").out,
        lambda: robot.rovictl("status nav").out,
    )
    assert robot.rovictl("start teleop").status == 75
    robot.must("touch /tmp/go")
    assert start.ended() == "nav runs\n0\n"
    assert robot.state("recorder.service") == "active"
    assert "recorder" not in robot.rovictl("list").out + robot.rovictl("status").out
    result = robot.rovictl("switch teleop")
    assert result.status == 0, result
    robot.wait_state("recorder.service", "inactive", "failed")
    assert robot.run("systemctl start recorder", user="alice").status != 0
    assert robot.rovictl("switch nav").status == 0
    robot.must("systemctl kill -s KILL rovi-gateway")
    robot.wait_state("recorder.service", "inactive", "failed")
    robot.must("systemctl start rovi-gateway")


def test_a_needed_unit_that_fails_leaves_nothing_half_started(robot, unit):
    robot.put("/run/systemd/system/recorder.service", "[Service]\nType=oneshot\nExecStart=false\n")
    unit("[Unit]\nRequires=recorder.service\nAfter=recorder.service\n")
    result = robot.rovictl("start nav")
    assert result.status == 1 and "recorder.service" in result.err, result
    assert robot.state(NAV) == "inactive" and robot.rovictl("start teleop").status == 0
