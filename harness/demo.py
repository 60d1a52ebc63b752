"""The main job as a person sees it in a terminal: `make demo`.

Boots the container, installs, and plays a script of commands. Each line after a prompt is the
real output of the real command. Exits with 1 if a command does not end as the script says.
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from harness.robot import Robot

# What is played: a remark, who types, what is typed, the exit status, words that must appear.
SCRIPT = [
    (
        "An operator looks at the robot. The gateway always runs, the stacks on demand.",
        "alice",
        "rovictl status",
        0,
        ["gateway        RUNNING", "mapping        STOPPED"],
    ),
    (
        "No sudo: alice is in group rovi-ops, and polkit knows that.",
        "alice",
        "rovictl start mapping",
        0,
        ["mapping runs"],
    ),
    ("", "alice", "rovictl status", 0, ["mapping        RUNNING"]),
    (
        "One stack at a time: two would fight over /cmd_vel.",
        "alice",
        "rovictl start nav",
        75,
        ["stack mapping is active: stop it first"],
    ),
    (
        "Out of band, too: systemd itself refuses.",
        "root",
        "systemctl start rovi-nav",
        1,
        ["Job for rovi-nav.service failed"],
    ),
    ("", "alice", "rovictl status nav", 3, ["FAILED", "stack mapping is active"]),
    ("So one goes and the other comes.", "alice", "rovictl switch nav", 0, ["mapping stopped", "nav runs"]),
    ("", "alice", "rovictl ps nav", 0, ["COMMAND", "nav_planner"]),
    ("What an afternoon would find out.", "alice", "rovictl doctor", 0, ["ok   the gateway is running", "0 failed"]),
    (
        "The gateway is the administrator's.",
        "alice",
        "systemctl --no-ask-password stop rovi-gateway",
        1,
        ["Failed to stop rovi-gateway.service"],
    ),
    ("Who may stop it: the stack goes first, by SIGINT.", "root", "systemctl stop rovi-gateway", 0, []),
    ("", "alice", "rovictl status", 3, ["gateway        STOPPED", "nav            STOPPED"]),
    ("Without the gateway there is no stack.", "alice", "rovictl start nav", 69, ["the gateway is not running"]),
]


def show(text="", colour="", end="\n"):
    if colour and sys.stdout.isatty():
        text = f"\x1b[{colour}m{text}\x1b[0m"
    print(text, end=end, flush=True)


def play(robot, remark, user, command, status, words):
    """Plays one step; returns what went wrong, or nothing."""
    if remark:
        show(f"\n# {remark}", "2")
    show(f"{user}@robot:~{'#' if user == 'root' else '$'} ", "1;32", end="")
    show(command)
    result = robot.run_in_terminal(command, user, term="xterm-256color" if sys.stdout.isatty() else "dumb")
    show(result.out, end="")
    wrong = [f"exit status {result.status}, not {status}"] if result.status != status else []
    plain = re.sub(r"\x1b\[[0-9;]*m", "", result.out)
    return wrong + [f"'{word}' does not appear" for word in words if word not in plain]


def main():
    show("booting a container with systemd ...", "2")
    with Robot() as robot:
        show("installing by make install ...", "2")
        result = robot.install()
        robot.must("usermod -aG rovi-ops alice")
        if result.status:
            sys.exit(f"demo: make install failed\n{result}")
        for step in SCRIPT:
            if wrong := play(robot, *step):
                sys.exit(f"demo: `{step[2]}`: {'; '.join(wrong)}\n{robot.report()}")
    show("\nEvery step did what it says.", "2")
    show("The same in a browser, also on a phone: make demo-page boots this robot and says how to open its page.", "2")


main()
