"""The log: of one run, between two times, of what matches; and followed by a program."""

import json
import subprocess

import pytest

from harness.result import wait_for
from tests.container.test_executor import EXECUTOR, SERVICE, SOCKET, connections, drop_in, message, talk

NAV, CAMERA = "rovi-nav.service", "rovi-camera.service"
pytestmark = pytest.mark.usefixtures("empty_journal")


def say(robot, text, more=""):
    """Has the camera stack log text, in a run of its own, as a node of it would; the start then fails. The unit has
    more lines."""
    robot.put("/tmp/said", text + "\n")
    with drop_in(robot, CAMERA, f"[Service]\nExecStart=\nExecStart=/bin/cat /tmp/said\n{more}"):
        robot.run(["systemctl", "start", CAMERA])
    robot.must(["journalctl", "--sync"])


def test_a_run_is_one_start(robot):
    for text in ("first run", "second run", "third run"):
        say(robot, text)
    for option, wanted in (
        ("--run", "third"),
        ("--run 0", "third"),
        ("--run=-1", "second"),
        ("--run -2", "first"),
    ):
        said = robot.rovictl(f"logs camera {option}")
        assert [text for text in ("first", "second", "third") if f"{text} run" in said.out] == [wanted], said
        assert "Starting " in said.out and "Failed" in said.out, said  # what systemd says about it
    result = robot.rovictl("logs camera --run -3")
    assert (result.status, result.out) == (2, "") and "it has the last 3" in result.err, result
    robot.must(["systemctl", "start", "rovi-teleop.service"])
    robot.must(["systemctl", "stop", "rovi-teleop.service"])
    robot.must("journalctl --sync; journalctl --rotate --vacuum-time=1ms -q")  # systemd still knows of the run
    result = robot.rovictl("logs teleop --run")
    assert (result.status, result.out) == (2, "") and "the log has no run 0 of teleop: it has none" in result.err


def test_while_journald_rotates(robot):
    """It renames system.journal, and then makes another one."""
    say(robot, "said before")
    place = robot.must("ls -d /{var,run}/log/journal/*/ 2>/dev/null | head -n 1").strip()
    try:
        robot.must(f"systemctl kill -s STOP systemd-journald; mv {place}system.journal {place}system@between.journal")
        result = robot.rovictl("logs camera")
    finally:
        robot.run(f"mv {place}system@between.journal {place}system.journal; systemctl kill -s CONT systemd-journald")
    assert result.status == 0 and "said before" in result.out, result


def test_a_node_cannot_invent_a_run(robot):
    """Whatever it logs natively, with systemd's own fields."""
    say(robot, "the only run")
    run = robot.show(CAMERA, "InvocationID") or "0" * 32
    robot.put(
        "/tmp/forged",
        f"MESSAGE=Starting\nMESSAGE_ID=7d4958e842da4a758f6c1cdc7b36dcc5\nUNIT={CAMERA}\n"
        f"INVOCATION_ID={run[::-1]}\nPRIORITY=6\n",
    )
    robot.must(["logger", "--journald=/tmp/forged"], user="alice")
    robot.must(f"journalctl --sync; journalctl -q INVOCATION_ID={run[::-1]} | grep .")
    assert "the only run" in robot.rovictl("logs camera --run").out
    assert robot.rovictl("logs camera --run -1").status == 2


def test_times_levels_and_patterns(robot):
    say(robot, "<3>one broken wheel\n<6>two good wheels")
    log = "logs camera --no-pager"
    assert "broken" in (said := robot.rovictl(f"{log} -p err").out) and "good" not in said
    assert "good" in (said := robot.rovictl(f"{log} -p notice..info").out) and "broken" not in said
    assert "good" in (said := robot.rovictl(f"{log} -g 'g..d wheels|nothing'").out)
    assert "broken" not in said
    assert "good" in robot.rovictl(f"{log} --since '-1h'").out
    for nothing in ("--until yesterday", "--since tomorrow", "-g 'no such word'"):
        assert robot.rovictl(f"{log} {nothing}").out == ""
    for options, words in (
        ("--since soon", "--since takes a time, for example '10 min ago', today or '2026-05-01 12:00'"),
        ("--until 'x y'", "--until takes a time"),
        ("--since today --until yesterday", "--since must be before --until"),
        ("--grep 'x('", "--grep takes a regular expression"),
    ):
        result = robot.rovictl(f"{log} {options}")
        assert (result.status, result.out) == (2, "") and words in result.err, result
        assert result.err.startswith("rovictl: ") and result.err.count("\n") == 1, result


def test_on_a_terminal_it_opens_in_a_pager_at_the_end(robot):
    robot.put("/usr/local/bin/less", '#!/bin/sh\necho "options $LESS"\ncat\n', mode=0o755)
    try:
        say(robot, "a line")
        shown = robot.run_in_terminal("SYSTEMD_PAGERSECURE=1 rovictl logs camera", "alice").out
    finally:
        robot.must("rm /usr/local/bin/less")
    options, *lines = shown.splitlines()
    assert options.split() == ["options", "FRXMK", "+G"] and any("a line" in line for line in lines), shown


# ---- followed by a program


class Follower:
    """A ReadLog of alice's that follows."""

    def __init__(self, robot, **parameters):
        asked = message(EXECUTOR + "ReadLog", {"follow": True, **parameters}, more=True)[:-1].decode()
        command = f"(printf '%s\\0' '{asked}'; cat) | socat -t9 - UNIX-CONNECT:{SOCKET} | stdbuf -oL tr '\\0' '\\n'"
        self._process = subprocess.Popen(
            ["docker", "exec", "-i", "-u", "alice", robot.name, "timeout", "60", "bash", "-c", command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(timeout=30)

    def until(self, text):
        """The lines up to one with text."""
        lines = []
        while not any(text in line for line in lines):
            line = self._process.stdout.readline()
            assert line, f"it has ended without {text}: {lines}"
            answer = json.loads(line)
            assert answer["continues"] is True, answer
            lines += answer["parameters"]["lines"]
        return lines


def followers(robot):
    return [process for process in robot.processes() if "journalctl" in " ".join(process.args)]


QUIET = "SyslogLevel=notice\nLogLevelMax=notice\n"  # systemd does not log the start


@pytest.mark.parametrize("earlier, options", [(False, ""), (False, "-n 0"), (False, "-n 2"), (True, "-n 0")])
def test_who_follows_sees_all_of_the_first_lines_that_come_at_once(robot, earlier, options):
    if earlier:
        say(robot, "earlier")
    robot.must(f"(timeout 60 rovictl logs camera -f {options} >/tmp/followed 2>&1) & echo")
    wait_for(lambda: robot.run("pgrep -f '[j]ournalctl.*--follow'").out, "nobody follows the log")
    say(robot, "one\ntwo\nthree\nfour", QUIET)
    wait_for(lambda: "four" in robot.run("cat /tmp/followed").out, lambda: robot.run("cat /tmp/followed").out)
    robot.must("pkill -x journalctl")
    said = [line.split()[-1] for line in robot.must("cat /tmp/followed").splitlines() if line.split()]
    ours = [word for word in said if word in ("earlier", "one", "two", "three", "four")]
    assert ours == ["one", "two", "three", "four"], said


def test_a_program_follows_a_log(robot):
    say(robot, "earlier 1\nearlier 2\nearlier 3")
    with Follower(robot, stack="camera", lines=200) as follower:
        lines = follower.until("earlier 3")
        assert any("earlier 1" in line for line in lines) and not any("later" in line for line in lines)
        say(robot, "later \x1b[31m1\nlater 2")
        lines = follower.until("later 2")
        assert not any("earlier" in line or "\x1b" in line for line in lines), lines
        assert len(connections(robot)) > 0 and followers(robot)
    wait_for(lambda: not connections(robot), "the connection goes on without its caller", 5)
    assert followers(robot) == []


def test_a_follower_that_is_killed_leaves_nothing(robot):
    say(robot, "a line")
    with Follower(robot, stack="camera") as follower:
        follower.until("a line")
        robot.must(["pkill", "-KILL", "-x", "socat"])
        wait_for(lambda: not connections(robot) and not followers(robot), "it goes on without its caller", 5)


def test_what_a_follower_sends_besides_does_no_harm(robot):
    say(robot, "a line")
    with Follower(robot, stack="camera") as follower:
        follower.until("a line")
        follower._process.stdin.write("x" * 100000)
        follower._process.stdin.flush()
        say(robot, "another")
        follower.until("another")
    wait_for(lambda: not connections(robot), "it goes on without its caller", 30)


def test_a_log_that_cannot_be_followed(robot):
    asked = {"stack": "camera", "follow": True}
    (answer,), _ = talk(robot, message(EXECUTOR + "ReadLog", asked))
    assert answer["error"] == SERVICE + "ExpectedMore", answer
    (answer,), _ = talk(robot, message(EXECUTOR + "ReadLog", {"stack": "camera", "follow": 1}, more=True))
    assert answer["error"] == SERVICE + "InvalidParameter" and answer["parameters"]["parameter"] == "follow", answer
    again = message(EXECUTOR + "GetStatus", {"stack": "nav"})
    answers, _ = talk(
        robot, message(EXECUTOR + "ReadLog", {**asked, "stack": "navv"}, more=True), again, again, answers=3
    )
    assert answers[0]["error"] == EXECUTOR + "NoSuchStack", answers
    assert [answer["parameters"]["units"][0]["stack"] for answer in answers[1:]] == ["nav", "nav"], answers


def test_without_follow_it_ends(robot):
    say(robot, "a line")
    for follow in (False, None):
        answers, _ = talk(
            robot, message(EXECUTOR + "ReadLog", {"stack": "camera", "follow": follow}, more=follow is None)
        )
        assert any("a line" in line for line in answers[0]["parameters"]["lines"]) and "continues" not in answers[0]
