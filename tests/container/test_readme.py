"""The README's first example: these commands, in this order, and nothing else, make a stack that runs."""

import re

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY, SOURCE, TOP

HEADING = "## From nothing to a stack that runs"
CHECKOUT = "/home/sam/rovi-services"


def commands():
    """The lines of the first block of code below HEADING."""
    text = (TOP / "README.md").read_text().partition(f"\n{HEADING}\n")[2]
    return re.search(r"(?ms)^```\n(.*?)^```$", text)[1].splitlines()


@pytest.fixture
def robot(fresh_robot):
    """A machine with ROS 2, and sam, who has sudo, logged in beside a checkout."""
    fresh_robot.install(make="true")
    fresh_robot.must(
        f"useradd -m -s /bin/bash sam && cp -r {SOURCE} {CHECKOUT} && chown -R sam: {CHECKOUT} && "
        "echo 'sam ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/sam"
    )
    return fresh_robot


def type_in(robot, line):
    """As sam, who has just logged in."""
    return robot.run(["su", "-", "sam", "-c", f"cd {CHECKOUT} && {line}"])


def test_the_commands_of_the_readme_lead_from_nothing_to_a_stack_that_runs(robot):
    lines = commands()
    assert len(lines) <= 8 and lines[-1] == "rovictl start patrol", lines
    for line in lines[:-1]:
        result = type_in(robot, line)
        assert result.status == 0 and "not " not in result.err, result
    assert robot.state(GATEWAY) == "active"
    assert [p for p in robot.processes(GATEWAY) if p.args[-2:] == ["my_robot", "gateway.launch.py"]]
    robot.must("rm /etc/sudoers.d/sam")  # an operator needs none
    # polkit reads its rules again a moment after they have changed
    result = wait_for(lambda: (said := type_in(robot, lines[-1])).status == 0 and said, robot.report)
    assert result.out == "patrol runs\n", result
    assert [p for p in robot.processes("rovi-patrol.service") if p.args[-2:] == ["my_robot", "patrol.launch.py"]]
    assert type_in(robot, "rovictl list -q").out == "dance\npatrol\n"
    # What the README shows next.
    said = type_in(robot, "rovictl start dance")
    assert said.status == 75 and "stack patrol is active: stop it first with 'rovictl stop patrol'" in said.err
    assert type_in(robot, "rovictl switch dance").out == "patrol stopped\ndance runs\n"
    assert robot.must("cat /home/sam/.ros/rovi/session/current_launch").strip() == "my_robot/dance.launch.py"
    result = robot.rovictl("doctor", user="root")
    assert result.status == 0 and "0 failed, 0 to look at" in result.out, result
