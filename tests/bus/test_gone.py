"""A stack whose unit file was removed, or masked, while it ran: it is shown, excludes others and can be stopped."""

import json

import dbus
import pytest

from harness.fake import STACKS, FakeRobot
from tests.bus.test_verbs import ended, watched

GONE = "docking"  # has no unit file


def exec_start(*words):
    """systemd's ExecStart property."""
    return dbus.Array(
        [
            (
                words[0],
                dbus.Array(words, signature="s"),
                False,
                *[dbus.UInt64(0)] * 4,
                dbus.UInt32(0),
                dbus.Int32(0),
                dbus.Int32(0),
            )
        ],
        signature="(sasbttttuii)",
    )


STACK = {"ExecStart": exec_start("/usr/local/lib/rovi/run_stack.sh", GONE)}
# As before a daemon-reload, after it, and masked.
WAYS = {"removed": STACK, "forgotten": {"LoadState": "not-found"}, "masked": {"LoadState": "masked"}}
REMARK = "    its unit file is {}: it can be stopped, but not started again\n"


@pytest.fixture
def robot(rovictl):
    with FakeRobot(rovictl, stacks=(*STACKS, GONE)) as robot:
        yield robot


def runs(robot, **properties):
    robot.set(GONE, ActiveState="active", SubState="running", UnitFileState="", **properties)


@pytest.mark.parametrize("way", WAYS)
def test_it_is_shown_and_can_be_stopped(robot, way):
    runs(robot, **WAYS[way])
    for arguments in ("status", f"status {GONE}"):
        out = ended(robot.rovictl(arguments), 0).out
        assert out.splitlines()[-2].split()[1:3] == [GONE, "RUNNING"] and out.splitlines()[-2].endswith(" <"), out
        assert out.endswith(REMARK.format("masked" if way == "masked" else "gone")), out
    assert [json.loads(line)["stack"] for line in robot.rovictl("status --json").out.splitlines()][-1] == GONE
    assert json.loads(robot.rovictl(f"status {GONE} --json").out)["state"] == "RUNNING"
    ended(robot.rovictl(f"wait {GONE} --timeout 2"), 0)
    ended(robot.rovictl(f"stop {GONE}"), 0, out=f"{GONE} stopped\n")
    ended(robot.rovictl(f"stop {GONE}"), 2, f"no stack is named {GONE}")
    assert GONE not in robot.rovictl("status").out
    runs(robot, **WAYS[way])
    ended(robot.rovictl("stop"), 0, out=f"{GONE} stopped\n")


def test_it_counts_as_the_active_stack(robot):
    runs(robot, **STACK)
    ended(
        robot.rovictl("start nav"),
        75,
        f"stack {GONE} is active: stop it first with 'rovictl stop {GONE}', or 'rovictl switch nav'",
    )
    robot.set("mapping", ActiveState="active", SubState="running")
    ended(robot.rovictl("stop"), 2, f"mapping and {GONE} are both active")
    ended(robot.rovictl("stop mapping"), 0)
    ended(robot.rovictl("switch nav"), 0, out=f"{GONE} stopped\nnav runs\n")


def test_it_cannot_be_started_and_is_not_listed(robot):
    runs(robot, **STACK)
    for verb in ("start", "restart", "switch"):
        ended(
            robot.rovictl(f"{verb} {GONE}"),
            2,
            f"no stack is named {GONE} (known: camera localization mapping nav teleop)",
        )
    assert GONE not in robot.rovictl("list").out
    assert robot.state(GONE) == "active"


@pytest.mark.parametrize("state", ["inactive", "failed"])
def test_one_that_does_not_run_is_nothing(robot, state):
    robot.set(GONE, ActiveState=state, SubState="dead", LoadState="not-found", **STACK)
    assert GONE not in robot.rovictl("status").out
    ended(robot.rovictl(f"status {GONE}"), 2, f"no stack is named {GONE} (known: gateway camera")
    ended(robot.rovictl("start nav"), 0)


@pytest.mark.parametrize(
    "words",
    [
        ("/usr/bin/backup", GONE),
        ("/usr/local/lib/rovi/run_stack.sh", "backup"),
        ("/usr/bin/sh", "-c", f"/run_stack.sh {GONE} ; true"),
    ],
)
def test_what_never_was_a_stack_is_none(robot, words):
    runs(robot, ExecStart=exec_start(*words))
    assert GONE not in robot.rovictl("status").out
    ended(robot.rovictl(f"stop {GONE}"), 2, f"no stack is named {GONE}")
    ended(robot.rovictl("stop"), 0, out="no stack is active\n")
    ended(robot.rovictl("start nav"), 0)


def test_watch_shows_it_as_long_as_it_runs(robot):
    watch = robot.start("watch --json")
    assert len(watched(watch, 1)[0]["units"]) == 6
    runs(robot, **STACK)
    assert [unit["stack"] for unit in watched(watch, 1)[0]["units"]][-1] == GONE
    robot.set(GONE, StatusText="--variant slam")
    change = watched(watch, 1)[0]
    assert (change["stack"], change["variant"], change["load_state"]) == (GONE, "slam", "loaded")
    robot.rovictl(f"stop {GONE}")
    last = watched(watch, 1)[0]
    if "units" not in last:  # STOPPING
        last = watched(watch, 1)[0]
    assert GONE not in [unit["stack"] for unit in last["units"]]
    watch.terminate()
    assert watch.communicate(timeout=10)[0] == ""


def test_watch_of_it_alone(robot):
    runs(robot, **STACK)
    watch = robot.start(f"watch {GONE} --json")
    assert [unit["state"] for unit in watched(watch, 1)[0]["units"]] == ["RUNNING"]
    robot.rovictl("stop --quiet")
    change = watched(watch, 1)[0]
    if change["state"] == "STOPPING":
        change = watched(watch, 1)[0]
    assert change["state"] == "STOPPED"
    watch.terminate()
    watch.wait(10)
