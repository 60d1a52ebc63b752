"""What fits a terminal: rovictl alone, and watch."""

import os
import signal

import pytest

from tests.bus.test_terminal import Terminal


def test_rovictl_alone_fits_24_lines_of_80(robot):
    result = robot.rovictl([])
    assert (result.status, result.out) == (2, ""), result
    lines = result.err.splitlines()
    assert len(lines) < 24 and max(map(len, lines)) < 80, result.err
    for words in ("rovictl start STACK", "rovictl logs [UNIT]", "rovictl help VERB", "exit codes: rovictl help"):
        assert words in result.err, result.err


@pytest.mark.parametrize(
    "rows, last",
    [(24, "○ teleop"), (8, "○ teleop"), (7, "+2 more"), (4, "+5 more")],
)
def test_watch_says_how_many_units_do_not_fit(robot, rows, last):
    terminal = Terminal(robot, "watch", 80, rows)
    os.kill(terminal.pid, signal.SIGWINCH)
    shown = terminal.until(lambda text: text.splitlines() and text.splitlines()[-1].startswith(last))
    assert len(shown.splitlines()) <= rows - 1 and shown.splitlines()[0].split()[0] == "UNIT", shown
    os.kill(terminal.pid, signal.SIGTERM)
    terminal.end()


def test_the_text_below_a_unit_is_no_unit(robot):
    robot.plan("start teleop", "fail")
    robot.rovictl("start teleop")
    robot.set("teleop", StatusText="a reason of many words " * 12)
    terminal = Terminal(robot, "watch", 60, 9)
    os.kill(terminal.pid, signal.SIGWINCH)
    shown = terminal.until("FAILED").splitlines()
    assert shown[6].startswith("× teleop") and len(shown) == 7, shown  # and an empty line where the text goes on
    os.kill(terminal.pid, signal.SIGTERM)
    terminal.end()


def test_watch_goes_on_to_say_that_systemd_does_not_load_a_unit(robot):
    robot.set("nav", LoadState="bad-setting")
    terminal = Terminal(robot, "watch", 80, 24)
    terminal.until("does not load it (bad-setting)")
    robot.rovictl("start teleop")
    shown = terminal.until(lambda text: "teleop         RUNNING" in text)
    assert "does not load it (bad-setting)" in shown, shown
    os.kill(terminal.pid, signal.SIGTERM)
    terminal.end()
