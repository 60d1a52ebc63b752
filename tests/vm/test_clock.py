"""A clock that jumps, as it does when a robot without a battery clock finds its time server: nothing
hangs, nothing ends early, and a time limit counts real seconds."""

import time

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY

NAV = "rovi-nav.service"
JUMPS = ["1 hour", "-1 hour", "1 day", "-1 day"]


@pytest.fixture(autouse=True)
def right_time(robot):
    yield
    robot.must(["date", "-s", f"@{time.time():.0f}"])


def background(robot, command, name):
    """Runs a shell line in the background; result(robot, name) waits for its end. It notes how many
    seconds of uptime that took."""
    robot.must(
        f"(up() {{ cut -d' ' -f1 /proc/uptime; }}; began=$(up); {command} >/run/{name}.out 2>&1; "
        'echo "$? $began $(up)" '
        f">/run/{name}.done) >/dev/null 2>&1 &"
    )


def result(robot, name, limit_s=240):
    """The exit status of what runs in the background, what it wrote, and how long it took."""
    done = wait_for(
        lambda: robot.run(["cat", f"/run/{name}.done"]).out, lambda: f"{name} hangs\n{robot.report()}", limit_s
    )
    status, began, ended = done.split()
    out = robot.must(f"cat /run/{name}.out; rm /run/{name}.*")
    return int(status), out, float(ended) - float(began)


def jump(robot, by):
    robot.must(["date", "-s", f"{by.replace('-', '')}{' ago' if by.startswith('-') else ''}"])


@pytest.mark.parametrize("by", JUMPS)
def test_starts_and_stops_go_on(robot, by):
    """Jumps all the way through the start, the switch and the stop of a stack."""
    background(
        robot, "bash -c 'rovictl start nav && rovictl switch teleop && rovictl restart teleop && rovictl stop'", "way"
    )
    jumps = 0
    while robot.run("test -e /run/way.done").status:
        jump(robot, by if jumps % 2 == 0 else (by[1:] if by.startswith("-") else f"-{by}"))
        jumps += 1
    status, out, _ = result(robot, "way")
    assert (status, out) == (0, "nav runs\nnav stopped\nteleop runs\nteleop runs\nteleop stopped\n"), (
        f"{out}\n{robot.report()}"
    )
    assert jumps > 3
    assert robot.state(GATEWAY) == "active"
    assert robot.must("systemctl --failed --no-legend --plain") == ""


@pytest.mark.parametrize("by", JUMPS)
def test_a_time_limit_counts_real_seconds(robot, unit, by):
    unit(NAV, "[Service]\nEnvironment=ROVI_READY_CHECK=false\n")
    background(robot, "rovictl start nav --timeout 20", "start")
    robot.wait_state(NAV, "activating")
    background(robot, "rovictl wait nav --state running --timeout 15", "wait")
    jump(robot, by)
    for name, limit_s in (("start", 20), ("wait", 15)):
        status, out, seconds = result(robot, name)
        # The second where the last look, too, took longer than it is given: on an emulated processor.
        assert status == 124 and (f"{limit_s} s" in out or "systemd did not answer" in out), out
        assert limit_s - 1 < seconds < limit_s + 15, out
    assert robot.state(NAV) == "activating"  # TimeoutStartSec= has not passed
    assert robot.rovictl("stop").status == 0


def test_the_time_shown_is_the_clocks(robot):
    """A start from before the clock was set back: shown with the time it had then, and nothing fails."""
    assert robot.rovictl("start nav").status == 0
    jump(robot, "-1 day")
    shown = robot.rovictl("status nav")
    assert shown.status == 0 and "RUNNING" in shown.out, shown
    assert robot.rovictl("doctor").status == 0
    log = robot.rovictl("logs nav -n 5")
    assert log.status == 0 and log.out, log
