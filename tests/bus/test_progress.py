"""What a verb says while it waits, and what Ctrl-C says: on a pseudo-terminal, beside the fake systemd."""

import os
import re
import subprocess
from pathlib import Path

import dbus
import pytest

from harness.result import wait_for
from tests.bus.test_terminal import Terminal

NO_JOB = dbus.Struct((dbus.UInt32(0), dbus.ObjectPath("/")), signature="uo")
STUCK = "waiting for its ready check: no scan yet"


def stuck(robot, kind="start", name="nav"):
    robot.plan(f"{kind} {name}", "stuck")


def interrupt(terminal):
    os.write(terminal.fd, b"\x03")
    return terminal.end()


def children(pid):
    """The names of the programs that a process has started."""
    return subprocess.run(["ps", "-o", "comm=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split()


def lines(terminal):
    """What stands on the screen at the end, without what the terminal echoes of Ctrl-C."""
    return str(terminal.screen).replace("^C", "")


def test_a_start_says_what_it_waits_for_and_how_long(robot):
    stuck(robot)
    terminal = Terminal(robot, "start nav", 80)
    terminal.until("nav STARTING 0 s")
    robot.set("nav", StatusText=STUCK)
    seen = terminal.until(lambda text: re.search(r"nav STARTING [1-9] s: ", text))
    assert seen == f"nav STARTING {seen.split()[2]} s: {STUCK}"
    robot.set("nav", ActiveState="active", Job=NO_JOB)
    assert terminal.end() == 0
    assert str(terminal.screen) == "nav runs"


def test_it_is_written_when_it_changes_only(robot):
    stuck(robot)
    terminal = Terminal(robot, "start nav", 80)
    terminal.until("nav STARTING 2 s")
    assert terminal.raw.count("nav STARTING") == 3
    interrupt(terminal)


@pytest.mark.parametrize("columns", [60, 44])
def test_it_is_one_line_however_narrow_and_whatever_a_node_says(robot, columns):
    stuck(robot)
    terminal = Terminal(robot, "start nav", columns)
    terminal.until("nav STARTING 0 s")
    robot.set("nav", StatusText="waiting \x9b31mfor " + "ever " * 40)
    seen = terminal.until(lambda text: "wait" in text)
    assert "\n" not in seen and len(seen) < columns
    assert "\x9b" not in terminal.raw
    robot.set("nav", StatusText="長" * 100)
    seen = terminal.until(lambda text: "長" in text)
    assert "\n" not in seen and len(seen) + seen.count("長") < columns
    terminal.screen.columns = 80
    interrupt(terminal)


@pytest.mark.parametrize(
    "arguments, env", [("start nav", {"TERM": "dumb"}), ("start nav -q", {}), ("start nav --json", {})]
)
def test_no_live_line(robot, arguments, env):
    terminal = Terminal(robot, arguments, 800, **env)
    assert terminal.end() == 0
    assert "STARTING" not in terminal.raw and "\x1b" not in terminal.raw


@pytest.mark.parametrize("arguments", ["start nav", "restart nav", "wait nav --timeout 2", "switch mapping", "stop"])
def test_on_a_pipe_there_is_nothing_of_the_kind(robot, arguments):
    if arguments != "wait nav --timeout 2":
        robot.rovictl("start nav") if arguments != "start nav" else None
    result = robot.rovictl(arguments)
    assert "\r" not in result.out + result.err and "\x1b" not in result.out + result.err
    assert not re.search(r"\d s\b.*:", result.out)


def test_stop_restart_wait_and_gateway(robot):
    robot.rovictl("start nav")
    stuck(robot, "stop")
    terminal = Terminal(robot, "stop", 80)
    terminal.until("nav STOPPING 0 s: waiting for its last process to end")
    second = Terminal(robot, "wait nav --state stopped", 80)
    second.until("nav STOPPING 0 s: waiting for its last process to end")
    third = Terminal(robot, "wait mapping", 80)
    third.until("mapping STOPPED 0 s: waiting for running")
    robot.set("nav", ActiveState="inactive", Job=NO_JOB)
    assert (terminal.end(), second.end()) == (0, 0)
    assert (str(terminal.screen), str(second.screen)) == ("nav stopped", "nav is STOPPED")
    interrupt(third)
    stuck(robot, "start", "gateway")
    fourth = Terminal(robot, "gateway restart", 80)
    fourth.until("gateway STARTING 0 s")
    assert interrupt(fourth) == 130
    assert lines(fourth) == "rovictl: the gateway goes on starting: 'sudo rovictl gateway stop' ends it"


def test_a_failure_takes_the_line_away(robot):
    robot.plan("start nav", "refuse 79 memory is short")
    terminal = Terminal(robot, "start nav", 80)
    assert terminal.end() == 79
    assert str(terminal.screen) == "rovictl: nav failed: memory is short"
    stuck(robot)
    terminal = Terminal(robot, "start nav --timeout 1", 120)
    assert terminal.end() == 124
    assert str(terminal.screen).startswith("rovictl: nav is still STARTING after 1 s and goes on")


# ---- Ctrl-C


def test_of_a_start(robot):
    stuck(robot)
    terminal = Terminal(robot, "start nav", 80)
    terminal.until("nav STARTING")
    assert interrupt(terminal) == 130
    assert lines(terminal) == "rovictl: nav goes on starting: 'rovictl stop' ends it"
    assert robot.state("nav") == "activating"


def test_of_a_stop_and_of_a_wait(robot):
    robot.rovictl("start nav")
    stuck(robot, "stop")
    for words in ("stop", "wait nav --state stopped"):
        terminal = Terminal(robot, words, 80)
        terminal.until("nav STOPPING")
        assert interrupt(terminal) == 130
        assert lines(terminal) == "rovictl: nav goes on stopping: see 'rovictl status'"
    terminal = Terminal(robot, "wait mapping", 80)
    terminal.until("mapping STOPPED")
    assert interrupt(terminal) == 130
    assert lines(terminal) == "rovictl: mapping is not running"


def test_of_the_first_half_of_a_switch_starts_nothing(robot):
    robot.rovictl("start nav")
    stuck(robot, "stop")
    terminal = Terminal(robot, "switch mapping", 80)
    terminal.until("nav STOPPING")
    assert interrupt(terminal) == 130
    assert lines(terminal) == "rovictl: mapping was not started; nav is STOPPING now"
    robot.set("nav", ActiveState="inactive", Job=NO_JOB)
    assert robot.rovictl("wait nav --state stopped").status == 0
    assert robot.state("mapping") == "inactive" and not robot.get("mapping", "InvocationID")


def test_of_the_second_half_of_a_switch(robot):
    robot.rovictl("start nav")
    stuck(robot, "start", "mapping")
    terminal = Terminal(robot, "switch mapping", 80)
    terminal.until("mapping STARTING")
    assert interrupt(terminal) == 130
    assert lines(terminal) == (
        "nav stopped\nrovictl: nav was stopped; mapping goes on starting: 'rovictl stop' ends it"
    )


def test_a_signal_to_rovictl_alone_in_a_switch(robot):
    """Unlike Ctrl-C, it does not reach the half of the switch that is under way. Under load, bash loses it now and then
    while it waits for that half: then the switch goes on. It is never left halfway without a word."""

    def is_heard():
        robot.rovictl("start nav")
        before = robot.get("mapping", "InvocationID")
        stuck(robot, "stop")
        process = robot.start("switch mapping")
        wait_for(lambda: robot.state("nav") == "deactivating", "its stop has not begun")
        process.send_signal(2)
        robot.set("nav", ActiveState="inactive", Job=NO_JOB)
        out, err = process.communicate(timeout=15)
        if process.returncode == 0:
            assert (out, err) == ("nav stopped\nmapping runs\n", "")
            robot.rovictl("stop mapping")
            return False
        assert process.returncode == 130, (out, err)
        assert err == "rovictl: mapping was not started; no stack is active now\n"
        assert robot.get("mapping", "InvocationID") == before
        return True

    assert any(is_heard() for _ in range(5)), "it is always lost"


def test_before_anything_is_asked(robot):
    """The look is sent before rovictl has read all its files, and in these milliseconds SIGINT ends it without a word.
    So this waits until it sleeps."""

    def waits():
        looks = children(terminal.pid) == ["systemctl"]
        return looks and Path(f"/proc/{terminal.pid}/stat").read_text().rpartition(") ")[2].startswith("S")

    robot.freeze_bus()
    terminal = Terminal(robot, "start nav", 80)
    wait_for(waits, "it does not look")
    assert interrupt(terminal) == 130
    assert lines(terminal) == "rovictl: interrupted: nothing was changed"
