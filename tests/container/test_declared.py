"""A unit that declares its own launch, ROVI_LAUNCH, or a program that is no launch, ROVI_COMMAND."""

import json

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY, WORKSPACE

NAV = "rovi-nav.service"
SESSION = "/home/rovi/.ros/rovi/session/current_launch"
SHARE = f"{WORKSPACE}/install/my_robot/share/my_robot/launch"
ARM = """
ARGUMENTS = {"speed": {"default": "1.0"}, "side": {"choices": ["left", "right"], "default": "left"}}


def nodes(arguments):
    return [f"arm_{arguments['side']}", f"speed_{arguments['speed']}"]
"""
# What is no launch: it writes down each signal, and "there" when it has its handler.
PROGRAM = """#!/bin/bash
trap 'echo INT >>~/program; [[ $ending ]] || SECONDS=0; ending=yes' INT
trap 'echo TERM >>~/program' TERM
echo "there $*" >>~/program
[[ ! ${ENDS_AT_ONCE-} ]] || exit "$ENDS_AT_ONCE"
until [[ $ending ]] && ((SECONDS >= ${LINGER_S-0})); do read -rt 0.05 <> <(:); done
exit "${ENDS_WITH-0}"
"""


@pytest.fixture
def declare(robot):
    """A function: adds Environment= lines to nav, or another unit, for the test."""
    robot.put(f"{SHARE}/arm.launch.py", ARM, user="rovi")
    robot.must(f"chown -R rovi: {WORKSPACE}/install/my_robot; rm -f /home/rovi/program")
    robot.put("/opt/ros/jazzy/bin/program", PROGRAM, mode=0o755)

    def declare(*lines, unit=NAV):
        text = "".join(f'Environment="{line}"\n' for line in lines)
        robot.put(f"/run/systemd/system/{unit}.d/99-test.conf", f"[Service]\n{text}")
        robot.must("systemctl daemon-reload")

    yield declare
    robot.must(f"systemctl stop {NAV}; rm -rf /run/systemd/system/rovi-*.service.d /opt/ros/jazzy/bin/program")
    robot.must(f"rm -rf {WORKSPACE}/install/my_robot; systemctl daemon-reload; systemctl restart {GATEWAY}")


def words(robot, unit=NAV):
    (found,) = [process.args for process in robot.processes(unit) if "launch" in process.args]
    return " ".join(found[found.index("launch") + 1 :])


@pytest.mark.parametrize(
    "launch, package",
    [("my_robot arm.launch.py side:=right", "my_robot"), (f"{SHARE}/arm.launch.py side:=right", "rovi_bringup")],
)
def test_a_stack_has_a_launch_of_its_own(robot, declare, launch, package):
    declare(f"ROVI_LAUNCH={launch}", "ROVI_VARIANT_slow=speed:=0.1", "ROVI_PARAMETER_stack=[a-z]+", "ROVI_PROCESSES=")
    shown = f"ros2 launch {launch} speed:=0.1"
    assert robot.rovictl("start nav --variant slow --dry-run").out == f"nav would start: {shown}\n"
    assert f"command: ros2 launch {launch}\n" in robot.rovictl("show nav").out
    result = robot.rovictl("start nav --variant slow")
    assert result.status == 0, result
    assert words(robot) == f"{launch} speed:=0.1"
    assert robot.must(["cat", SESSION]) == f"{package}/nav.launch.py\n"
    wait_for(lambda: len(robot.events("arm")) == 2, lambda: robot.events("arm"))
    assert sorted(node for _, node, _ in robot.events("arm")) == ["arm_right", "speed_0.1"]
    assert "the session file says what runs: nav" in (said := robot.rovictl("doctor", "root").out), said
    refused = robot.rovictl("start mapping")
    assert refused.status == 75 and "stack nav is active" in refused.err, refused
    assert robot.rovictl("stop").status == 0
    assert [event for _, node, event in robot.events("arm") if node == "arm_right"] == ["start", "SIGINT", "end"]
    assert robot.run(["cat", SESSION]).status != 0


def test_a_specifier_is_systemds(robot, declare):
    declare("ROVI_LAUNCH=my_robot arm.launch.py side:=left speed:=%p")
    assert robot.rovictl("start nav").status == 0
    assert words(robot) == "my_robot arm.launch.py side:=left speed:=rovi-nav"


def test_the_gateway_has_a_launch_of_its_own(robot, declare):
    declare("ROVI_LAUNCH=my_robot arm.launch.py side:=right", unit=GATEWAY)
    robot.must(["systemctl", "restart", GATEWAY])
    assert words(robot, GATEWAY) == "my_robot arm.launch.py side:=right"
    assert robot.rovictl("start mapping").status == 0


def test_what_does_not_start_is_said(robot, declare):
    for launch, said in (
        ("no_robot arm.launch.py", "Package 'no_robot' not found"),
        ("my_robot leg.launch.py", "file 'leg.launch.py' was not found"),
        ("my_robot arm.launch.py side:=up", 'Argument "side" provided value "up" is not valid'),
    ):
        declare(f"ROVI_LAUNCH={launch}")
        result = robot.rovictl("start nav")
        assert result.status == 1 and said in result.err, result


# ---- what is no launch


def noted(robot):
    return robot.run(["cat", "/home/rovi/program"]).out.splitlines()


def test_a_program_is_a_stack(robot, declare):
    declare("ROVI_COMMAND=program one two:three", "ROVI_PARAMETER_map=[a-z]+", "ROVI_PROCESSES=")
    assert "command: program one two:three\n" in robot.rovictl("show nav").out
    result = robot.rovictl("start nav map:=lab")
    assert result.status == 0, result
    wait_for(lambda: noted(robot) == ["there one two:three map:=lab"], lambda: noted(robot))
    assert robot.must(["cat", SESSION]) == "rovi_bringup/nav.launch.py\n"
    assert robot.rovictl("start mapping").status == 75
    assert json.loads(robot.rovictl("status nav --json").out)["state"] == "RUNNING"
    assert robot.rovictl("stop").status == 0
    assert noted(robot)[1:] == ["INT"]  # one, and to it alone
    assert robot.state(NAV) == "inactive" and robot.rovictl("start mapping").status == 0


def test_a_program_ends_with_the_gateway(robot, declare):
    declare("ROVI_COMMAND=program", "ROVI_PROCESSES=")
    assert robot.rovictl("start nav").status == 0
    wait_for(lambda: noted(robot), "it does not run")
    robot.must(["systemctl", "kill", "--signal=KILL", GATEWAY])
    robot.wait_state(NAV, "inactive", "failed")
    assert noted(robot)[1:] == ["INT"]


def test_a_program_is_stopped_while_it_is_not_ready(robot, declare):
    declare("ROVI_COMMAND=program", "LINGER_S=2", "ROVI_READY_CHECK=false", "ROVI_PROCESSES=")
    robot.must(["systemctl", "start", "--no-block", NAV])
    wait_for(lambda: noted(robot), "it does not run")
    assert robot.state(NAV) == "activating"
    wait_for(lambda: "ready check" in robot.rovictl("status nav").out, "status does not say what it waits for")
    robot.must(["systemctl", "stop", NAV])
    assert noted(robot)[1:] == ["INT"] and robot.state(NAV) in ("inactive", "failed")


@pytest.mark.parametrize("way", ["before", "after"])
def test_a_program_that_ends_says_so(robot, declare, way):
    if way == "before":
        declare("ROVI_COMMAND=program", "ENDS_AT_ONCE=3", "ROVI_READY_CHECK=false", "ROVI_PROCESSES=")
        result = robot.rovictl("start nav")
        assert result.status == 1 and "nav failed" in result.err, result
    else:
        declare("ROVI_COMMAND=program", "ENDS_WITH=3", "ROVI_PROCESSES=")
        assert robot.rovictl("start nav").status == 0
        wait_for(lambda: noted(robot), "it does not run")
        robot.must("pkill -INT -f bin/[p]rogram")
        robot.wait_state(NAV, "failed")
    text = robot.show(NAV, "StatusText")
    assert text.startswith("program ended") and "exit status 3" in text, text
    assert "ros2 launch" not in robot.rovictl("status nav").out


def test_a_program_needs_no_ros2(robot, declare):
    declare("ROVI_COMMAND=program", "ROVI_PROCESSES=")
    robot.must("mv /opt/ros/jazzy/bin/ros2 /opt/ros/jazzy/bin/no_ros2")
    try:
        assert robot.rovictl("start nav").status == 0
    finally:
        robot.must("mv /opt/ros/jazzy/bin/no_ros2 /opt/ros/jazzy/bin/ros2")


# ---- wrong declarations


@pytest.mark.parametrize(
    "lines, said",
    [
        (["ROVI_LAUNCH=my_robot"], "write PACKAGE FILE, or the path of a launch file, then NAME:=VALUE"),
        (["ROVI_LAUNCH=my_robot arm.launch.py --debug"], "write PACKAGE FILE"),
        (["ROVI_LAUNCH=-d arm.launch.py"], "write PACKAGE FILE"),
        (["ROVI_LAUNCH=my_robot ../arm.launch.py"], "write PACKAGE FILE"),
        (["ROVI_LAUNCH=my_robot arm.launch.py side:='left right'"], "no shell reads it"),
        (["ROVI_LAUNCH=my_robot arm.launch.py side:=$$HOME"], "no shell reads it"),
        (["ROVI_LAUNCH=my_robot arm.launch.py side:=left\\nspeed:=2"], "no shell reads it"),
        ([f"ROVI_LAUNCH=my_robot arm.launch.py side:={'x' * 100000}"], "write 4096 characters at most"),
        (["ROVI_COMMAND=program | tee log"], "no shell reads it, so it has no use for |"),
        (["ROVI_COMMAND=program `id`"], "no shell reads it"),
        (["ROVI_COMMAND=-x"], "write a program first"),
        (["ROVI_COMMAND=no-such-program"], "there is no no-such-program command"),
        (["ROVI_COMMAND=/etc/passwd"], "there is no /etc/passwd command"),
        (
            ["ROVI_COMMAND=program", "ROVI_LAUNCH=my_robot arm.launch.py"],
            "declares both ROVI_LAUNCH and ROVI_COMMAND: take one of them away",
        ),
    ],
)
def test_a_wrong_declaration_starts_nothing(robot, declare, lines, said):
    declare(*lines, "ROVI_PROCESSES=")
    result = robot.rovictl("start nav")
    assert result.status == 78 and said in result.err, result
    assert noted(robot) == [] and robot.events("arm") == [] and robot.run(["cat", SESSION]).status != 0
