"""What a person sees: rovictl on a pseudo-terminal, 80 and 60 columns wide."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

import dbus
import pytest

from harness.result import Timeout


class Screen:
    """A terminal that understands what watch uses: home, clear to the end of line or screen, newline."""

    def __init__(self, columns, rows):
        self.rows = [""] * rows
        self.columns, self.row, self.column = columns, 0, 0
        self.cursor_shown = True
        self._rest = ""

    def feed(self, text):
        text = self._rest + text
        self._rest = ""
        for token in re.findall(r"\x1b\[[?0-9;]*[A-Za-z]|\x1b[^\[]|\x1b.*$|\r|\n|[^\x1b\r\n]+", text):
            if token == "\r":
                self.column = 0
            elif token == "\n":
                self.row += 1
            elif token in ("\x1b[H", "\x1b[2J"):
                if token == "\x1b[2J":
                    self.rows = [""] * len(self.rows)
                self.row = self.column = 0
            elif token == "\x1b[K":
                self.rows[self.row] = self.rows[self.row][: self.column]
            elif token == "\x1b[J":
                self.rows[self.row] = self.rows[self.row][: self.column]
                self.rows[self.row + 1 :] = [""] * (len(self.rows) - self.row - 1)
            elif token in ("\x1b[?25l", "\x1b[?25h"):
                self.cursor_shown = token.endswith("h")
            elif re.fullmatch(r"\x1b\[[0-9;]*m", token):
                pass  # colours: see the tests of the raw text
            elif token.startswith("\x1b"):
                self._rest = token
            else:
                line = self.rows[self.row].ljust(self.column)
                self.rows[self.row] = line[: self.column] + token + line[self.column + len(token) :]
                self.column += len(token)
                assert self.column <= self.columns, f"longer than {self.columns} columns: {self.rows[self.row]}"

    def __str__(self):
        return "\n".join(row.rstrip() for row in self.rows).rstrip()


class Terminal:
    """rovictl on a terminal of its own."""

    def __init__(self, robot, arguments, columns, rows=24, **env):
        self.screen, self.raw = Screen(columns, rows), ""
        self.pid, self.fd = pty.fork()
        if not self.pid:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # as in a login, wherever the tests were started
            argv = robot.argv(arguments)
            os.execvpe(argv[0], argv, {**robot.env, **env})
        self.resize(columns, rows)

    def resize(self, columns, rows=24):
        self.screen.columns = columns
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def until(self, done, limit_s=15):
        """Reads until done(screen), a string's presence or a function; None: until rovictl ends."""
        if isinstance(done, str):
            word = done
            done = lambda text: word in text  # noqa: E731
        deadline = time.monotonic() + limit_s
        while not (done and done(str(self.screen))):
            if not select.select([self.fd], [], [], 0.2)[0]:
                if time.monotonic() > deadline:
                    raise Timeout(f"the terminal shows:\n{self.screen}")
                continue
            try:
                text = os.read(self.fd, 65536).decode(errors="replace")
            except OSError:  # the other end is closed
                text = ""
            if not text:
                break
            self.raw += text
            self.screen.feed(text)
        return str(self.screen)

    def end(self):
        """Waits for rovictl; returns its exit status, or minus the signal."""
        self.until(None)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@pytest.fixture
def busy_robot(robot):
    """nav runs, mapping was refused."""
    robot.plan("start mapping", "refuse 75 stack nav is active: stop it first with 'rovictl stop nav'")
    robot.rovictl("start mapping")
    robot.rovictl("start nav")
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    for unit, seconds in (("nav", 80), ("mapping", 20), ("gateway", 200)):
        robot.set(unit, StateChangeTimestampMonotonic=dbus.UInt64(max(1, now - seconds) * 1e6))
    robot.set("nav", MainPID=dbus.UInt32(4711))
    robot.set("gateway", MainPID=dbus.UInt32(815), UnitFileState="enabled")
    robot.env["TZ"] = "UTC"
    return robot


AT_80 = """\
  UNIT           STATE    FOR           PID   MEMORY  TASKS BOOT
● gateway        RUNNING  3min 20s      815   117.7M     42 yes
○ camera         STOPPED
○ localization   STOPPED
× mapping        FAILED   20s
    stack nav is active: stop it first with 'rovictl stop nav'
● nav            RUNNING  1min 20s     4711    40.0M      7      <
○ teleop         STOPPED"""
AT_60 = """\
  UNIT           STATE    FOR           PID   MEMORY
● gateway        RUNNING  3min 20s      815   117.7M
○ camera         STOPPED
○ localization   STOPPED
× mapping        FAILED   20s
    stack nav is active: stop it first with 'rovictl stop…
● nav            RUNNING  1min 20s     4711    40.0M <
○ teleop         STOPPED"""


@pytest.mark.parametrize("columns, expected", [(80, AT_80), (60, AT_60)])
def test_status(busy_robot, columns, expected):
    terminal = Terminal(busy_robot, "status", columns)
    assert terminal.end() == 0
    assert re.sub(r"2\ds", "20s", str(terminal.screen)) == expected
    assert "\x1b[32m●\x1b[0m gateway" in terminal.raw and "\x1b[31m×\x1b[0m mapping" in terminal.raw
    assert "\x1b[1mnav" in terminal.raw


@pytest.mark.parametrize("columns", [40, 25])
def test_a_terminal_that_is_far_too_narrow_still_has_names_and_states(busy_robot, columns):
    terminal = Terminal(busy_robot, "status", columns)
    terminal.screen.columns = 80  # here it is the terminal that wraps
    assert terminal.end() == 0
    assert "● nav            RUNNING" in str(terminal.screen)


@pytest.mark.parametrize(
    "arguments, env, coloured",
    [
        ("status", {}, True),
        ("status", {"NO_COLOR": "1"}, False),
        ("status", {"TERM": "dumb"}, False),
        ("status --color never", {}, False),
        ("status --color=always", {"NO_COLOR": "1"}, True),
    ],
)
def test_colours(busy_robot, arguments, env, coloured):
    terminal = Terminal(busy_robot, arguments, 80, **env)
    terminal.end()
    assert ("\x1b[32m" in terminal.raw) == coloured
    assert ("\x1b[32m" in busy_robot.rovictl(arguments, env=env).out) == ("always" in arguments)


def test_without_utf_8_the_dots_are_ascii(busy_robot):
    terminal = Terminal(busy_robot, "status", 80, LANG="C")
    terminal.end()
    assert str(terminal.screen).isascii() and "* nav            RUNNING" in str(terminal.screen)


def test_in_a_pipe_there_is_no_header_and_nothing_is_left_out(busy_robot):
    lines = busy_robot.rovictl("status").out.splitlines()
    assert lines[0].split() == ["●", "gateway", "RUNNING", "3min", lines[0].split()[4], "815", "117.7M", "42", "yes"]
    assert lines[1].split() == ["○", "camera", "STOPPED", "-", "-", "-", "-", "-"]
    assert re.fullmatch(r"● nav            RUNNING  1min 2\ds     4711    40.0M      7 -    <", lines[5])


@pytest.mark.parametrize("columns", [80, 60])
def test_watch(robot, columns):
    terminal = Terminal(robot, "watch", columns)
    terminal.until("teleop         STOPPED")
    robot.rovictl("start nav")
    seen = terminal.until("nav            RUNNING")
    assert seen.count("gateway") == 1  # redrawn in place
    assert not terminal.screen.cursor_shown
    drawn = len(terminal.raw)
    terminal.resize(60 if columns == 80 else 80)
    os.kill(terminal.pid, signal.SIGWINCH)
    terminal.until(lambda text: ("TASKS" in text) == (columns == 60))
    assert len(terminal.raw) > drawn
    os.write(terminal.fd, b"\x03")  # Ctrl-C
    assert terminal.end() == 130
    assert terminal.screen.cursor_shown


def test_watch_is_resized_while_it_looks(robot, tmp_path):
    """At that moment its function has another locale, in which dots are no dots."""
    systemctl = tmp_path / "systemctl"
    systemctl.write_text('#!/bin/sh\nkill -WINCH $(ps -o sid= -p $$)\nexec /usr/bin/systemctl "$@"\n')
    systemctl.chmod(0o755)
    terminal = Terminal(robot, "watch", 80, PATH=f"{tmp_path}:{robot.env['PATH']}")
    terminal.until("teleop         STOPPED")
    robot.rovictl("start nav")
    seen = terminal.until("nav            RUNNING")
    os.kill(terminal.pid, signal.SIGTERM)
    terminal.end()
    assert seen.splitlines()[1].startswith("● gateway"), seen


def test_ctrl_z_gives_the_cursor_back_until_watch_goes_on(robot):
    terminal = Terminal(robot, "watch", 80)
    terminal.until("teleop         STOPPED")
    os.kill(terminal.pid, signal.SIGTSTP)
    assert os.WIFSTOPPED(os.waitpid(terminal.pid, os.WUNTRACED)[1])
    terminal.until(lambda _: terminal.screen.cursor_shown)
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.until(lambda _: not terminal.screen.cursor_shown)
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.end() == 143 and terminal.screen.cursor_shown


def test_watch_on_a_terminal_that_knows_no_cursor_prints_lines(robot):
    terminal = Terminal(robot, "watch", 80, TERM="dumb")
    terminal.until("teleop STOPPED")
    os.kill(terminal.pid, signal.SIGTERM)
    terminal.end()
    assert "\x1b" not in terminal.raw, terminal.raw


def test_watch_draws_nothing_while_nothing_changes(robot):
    terminal = Terminal(robot, "watch nav", 80)
    terminal.until("nav            STOPPED")
    drawn = len(terminal.raw)
    robot.rovictl("wait nav --timeout 2")  # four looks of watch
    robot.rovictl("start nav")
    terminal.until("nav            RUNNING", 30)
    assert terminal.raw[drawn:].count("\x1b[H") <= 2  # STARTING and RUNNING
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.end() == 143
    assert terminal.screen.cursor_shown
