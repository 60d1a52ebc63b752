"""Guards: each refuses with 79 and its reason before anything starts or stops."""

import json
import shlex
import time

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY, WORKSPACE

NAV, TELEOP = "rovi-nav.service", "rovi-teleop.service"
DROP_IN = "/run/systemd/system/{}.d/99-test.conf"
ASK = " org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager "


@pytest.fixture
def declare(robot):
    """A function that gives a unit more lines of [Service]."""
    given = []

    def give(unit, *lines):
        given.append(unit)
        robot.put(DROP_IN.format(unit), "\n".join(["[Service]", *lines]) + "\n")
        robot.must("systemctl daemon-reload")

    yield give
    robot.must(
        "rm -rf /tmp/moving /tmp/asked "
        + " ".join(DROP_IN.format(unit).rpartition("/")[0] for unit in given)
        + "; systemctl daemon-reload; systemctl stop rovi-{nav,teleop}"
    )


@pytest.fixture
def moving(robot, declare):
    """nav runs, its motion guard says that the robot is moving."""
    declare(
        NAV,
        "Environment=\"ROVI_MOTION_GUARD=test ! -e /tmp/moving || { echo 'the robot is moving, 0.3 m/s'; false; }\"",
    )
    assert robot.rovictl("start nav").status == 0
    robot.must("touch /tmp/moving")


def left_behind(robot, word):
    return [process for process in robot.processes() if word in " ".join(process.args)]


# ---- memory


def test_memory_that_is_not_there_refuses_the_start(robot, declare):
    declare(NAV, "Environment=ROVI_MEMORY_NEED=900G ROVI_MEMORY_RESERVE=1G")
    result = robot.rovictl("start nav")
    assert result.status == 79, result
    assert "memory guard: nav needs 900G and the robot keeps 1G in reserve, but only " in result.err, result
    assert robot.show(NAV, "StatusText").startswith("refused (79 by the memory guard): nav needs 900G")
    assert robot.processes(NAV) == [] and robot.must("ls /run/rovi").split().count("stack.lock") == 1
    assert robot.run("systemctl start rovi-nav").status == 1
    assert robot.rovictl("start teleop").status == 0


def test_memory_is_looked_at_before_a_switch_stops_anything(robot, declare):
    declare(NAV, "Environment=ROVI_MEMORY_NEED=900G")
    assert robot.rovictl("start teleop").status == 0
    before = [robot.show(unit, "InvocationID") for unit in (TELEOP, NAV)]
    result = robot.rovictl("switch nav")
    assert result.status == 79 and "nothing was stopped: memory guard: nav needs 900G" in result.err, result
    assert [robot.show(unit, "InvocationID") for unit in (TELEOP, NAV)] == before


@pytest.mark.parametrize("value", ["lots", "1T", "-1", "$(id)", "1 G", "99999999999999999999", "1.5G"])
def test_a_need_that_is_no_size_is_named(robot, declare, value):
    declare(NAV, f'Environment="ROVI_MEMORY_NEED={value}"')
    result = robot.rovictl("start nav")
    assert result.status == 78 and "write a size as in 512M or 2G" in result.err, result
    assert robot.processes(NAV) == []


# ---- motion


@pytest.mark.parametrize(
    "words", ["stop nav", "stop", "restart nav", "switch teleop", "stop --no-wait", "switch nav --variant x"]
)
def test_a_robot_that_moves_keeps_its_stack(robot, moving, words):
    before = robot.show(NAV, "InvocationID", "MainPID")
    result = robot.rovictl(words)
    if words == "switch nav --variant x":
        assert result.status == 2
    else:
        assert result.status == 79, result
        assert "nav was not stopped: motion guard: the robot is moving, 0.3 m/s: an administrator can" in result.err
    assert robot.show(NAV, "InvocationID", "MainPID") == before
    assert robot.state(TELEOP) == "inactive"


def test_a_robot_that_stands_lets_it_go(robot, moving):
    assert robot.rovictl("stop").status == 79
    robot.must("rm /tmp/moving")
    result = robot.rovictl("switch teleop")
    assert (result.status, result.out) == (0, "nav stopped\nteleop runs\n"), result
    assert robot.show("rovi-guard@nav.service", "ActiveState") == "inactive"


def test_force_is_the_administrators(robot, moving):
    for words in ("stop --force", "restart nav --force", "switch teleop --force"):
        result = robot.rovictl(words)
        assert result.status == 77 and "only an administrator may use --force: 'sudo rovictl" in result.err, result
    assert robot.state(NAV) == "active"
    assert robot.rovictl("restart nav --force", user="root").status == 0
    assert robot.rovictl("switch teleop --force", user="root").status == 0
    assert robot.state(TELEOP) == "active"


def test_nothing_but_rovictl_asks(robot, moving):
    robot.must("systemctl stop rovi-nav", user=robot.dbus_user)
    assert robot.state(NAV) == "inactive"
    assert robot.rovictl("start nav").status == 0
    began = time.monotonic()
    robot.must("systemctl stop rovi-gateway")
    assert robot.state(NAV) == "inactive" and time.monotonic() - began < 8
    robot.must("systemctl start rovi-gateway")


def test_it_is_asked_by_the_service_user_in_the_environment_of_the_launch(robot, declare):
    guard = "echo $(id -un) $ROS_DOMAIN_ID $(type -P ros2) $OF_THE_UNIT >/tmp/asked"
    declare(NAV, f'Environment="ROVI_MOTION_GUARD={guard}" OF_THE_UNIT=yes')
    assert robot.rovictl("start nav").status == 0
    assert robot.run("test -e /tmp/asked").status == 1
    assert robot.rovictl("stop").status == 0
    assert robot.must("cat /tmp/asked").split() == ["rovi", "0", "/opt/ros/jazzy/bin/ros2", "yes"]


def test_it_is_asked_about_a_launch_that_nobody_may_look_into(robot, declare):
    declare(NAV, 'Environment="ROVI_MOTION_GUARD=echo $(type -P ros2) >/tmp/asked"',
            "AmbientCapabilities=CAP_NET_RAW", "CapabilityBoundingSet=CAP_NET_RAW")  # fmt: skip
    assert robot.rovictl("start nav").status == 0
    assert robot.rovictl("stop").status == 0
    assert robot.must("cat /tmp/asked") == "/opt/ros/jazzy/bin/ros2\n"


def test_it_is_asked_of_a_stack_that_runs_only(robot, declare):
    declare(NAV, 'Environment="ROVI_MOTION_GUARD=touch /tmp/asked; false" "ROVI_READY_CHECK=false"')
    assert robot.rovictl("start nav --no-wait").status == 0
    assert robot.rovictl("stop").status == 0
    assert robot.run("test -e /tmp/asked").status == 1
    declare(NAV, "Environment=ROVI_MOTION_GUARD=")
    assert robot.rovictl("start nav").status == 0 and robot.rovictl("stop").status == 0


@pytest.mark.parametrize(
    "command, why",
    [
        ("exit 3", "motion guard: exit status 3"),
        ("sleep 3000", "motion guard: it took longer than 10 s"),
        ("trap '' INT TERM; sleep 3000", "motion guard: it took longer than 10 s"),
        ("yes | head -c 10M; echo enough; false", "motion guard: "),
        ("(setsid sleep 3000 &) ; echo forked; false", "motion guard: forked"),
        ("bash -c no_such_command", "no_such_command: command not found"),
    ],
)
def test_a_guard_that_misbehaves_says_no_and_leaves_nothing_behind(robot, declare, command, why):
    declare(NAV, f'Environment="ROVI_MOTION_GUARD={command}"')
    assert robot.rovictl("start nav").status == 0
    result = robot.rovictl("stop")
    assert result.status == 79 and why in result.err and len(result.err) < 600, result
    assert robot.state(NAV) == "active"
    assert left_behind(robot, "sleep 3000") == []
    assert not [name for name in robot.must("ls /run/rovi").split() if name.startswith("check.")]


def test_a_guard_that_does_not_answer_in_time(robot, declare):
    declare(NAV, 'Environment="ROVI_MOTION_GUARD=sleep 8; false"')
    assert robot.rovictl("start nav").status == 0
    result = robot.rovictl("stop nav --json --timeout 1")
    assert result.status == 124 and "nav was not stopped: its motion guard did not answer within 1 s" in result.err, (
        result
    )
    assert json.loads(result.out)["stack"] == "nav" and robot.state(NAV) == "active"


def test_a_guard_that_is_killed_itself_leaves_nothing_behind(robot, declare):
    declare(NAV, "Environment=\"ROVI_MOTION_GUARD=trap '' INT TERM; yes | head -c 100k; sleep 3000\"")
    drop_in = "/run/systemd/system/rovi-guard@.service.d/99-test.conf"
    robot.put(drop_in, "[Service]\nTimeoutStartSec=2\nTimeoutStopSec=1\n")
    try:
        robot.must("systemctl daemon-reload")
        assert robot.rovictl("start nav").status == 0
        assert robot.rovictl("stop").status == 79
        assert robot.state(NAV) == "active" and left_behind(robot, "sleep 3000") == []
        assert not [name for name in robot.must("ls /run/rovi").split() if name.startswith("check.")]
    finally:
        robot.must(f"rm -r {drop_in.rpartition('/')[0]}; systemctl daemon-reload; systemctl reset-failed")


@pytest.mark.parametrize("status", [1, 2, 130])
def test_only_0_is_yes(robot, declare, status):
    # Of a launch these are a good end of a stop, by SuccessExitStatus=.
    declare(NAV, 'Environment="ROVI_MOTION_GUARD=true"')
    robot.put(
        "/run/systemd/system/rovi-guard@.service.d/99-test.conf",
        f"[Service]\nExecStart=\nExecStart=/bin/sh -c 'exit {status}'\n",
    )
    try:
        robot.must("systemctl daemon-reload")
        assert robot.rovictl("start nav").status == 0
        assert robot.rovictl("stop").status == 79 and robot.state(NAV) == "active"
    finally:
        robot.must("rm -r /run/systemd/system/rovi-guard@.service.d; systemctl daemon-reload; systemctl reset-failed")


def test_an_operator_may_ask_and_no_more(robot, moving):
    assert (
        robot.run(robot.operator_busctl + ASK + "StartUnit ss rovi-guard@nav.service replace", user="alice").status == 0
    )
    wait_for(lambda: robot.state("rovi-guard@nav.service") == "failed", "it does not say no")
    for call in (
        "StopUnit ss rovi-guard@nav.service replace",
        "RestartUnit ss rovi-guard@nav.service replace",
        "StartUnit ss rovi-guard@gateway.service replace",
        "StartUnit ss rovi-guard@evil.service replace",
        "StartUnit ss rovi-guard@.service replace",
        "KillUnit ssi rovi-guard@nav.service all 9",
        "StartTransientUnit 'ssa(sv)a(sa(sv))' rovi-guard@nav.service fail "
        "1 ExecStart 'a(sasb)' 1 /bin/touch 2 touch /tmp/asked false 0",
        "StartTransientUnit 'ssa(sv)a(sa(sv))' rovi-guard@teleop.service fail "
        "1 ExecStart 'a(sasb)' 1 /bin/touch 2 touch /tmp/asked false 0",
    ):
        assert robot.run(robot.operator_busctl + ASK + call, user="alice").status != 0, call
    assert (
        robot.run(robot.operator_busctl + ASK + "StartUnit ss rovi-guard@nav.service replace", user="mallory").status
        != 0
    )
    assert robot.run("test -e /tmp/asked").status == 1


# ---- transform


@pytest.fixture
def gateway_publishes(robot):
    robot.must(
        f"sed -i s/^ROVI_ODOM_INTEGRATOR_PUBLISH_TF=.*/ROVI_ODOM_INTEGRATOR_PUBLISH_TF=1/ {WORKSPACE}/.env.robot"
    )
    robot.must("systemctl restart rovi-gateway")
    yield
    robot.must(
        f"sed -i s/^ROVI_ODOM_INTEGRATOR_PUBLISH_TF=.*/ROVI_ODOM_INTEGRATOR_PUBLISH_TF=0/ {WORKSPACE}/.env.robot"
    )
    robot.must("systemctl restart rovi-gateway")


@pytest.mark.parametrize(
    "note", ["rm -f $f", ": >$f", "echo maybe >$f", "rm -f $f; mkfifo $f", "rm -f $f; ln -s /dev/zero $f"]
)
def test_a_transform_guard_that_cannot_look_refuses(robot, note):
    robot.must(f"f=/run/rovi/gateway_publishes_odom_tf; {note}", user="rovi")
    began = time.monotonic()
    result = robot.rovictl("start nav")
    assert result.status == 79 and "it is unknown whether the gateway does, too" in result.err, result
    assert time.monotonic() - began < 8
    robot.must("systemctl restart rovi-gateway")  # the way out
    assert robot.rovictl("start nav").status == 0


def test_two_publishers_of_odom_are_refused_and_the_way_out_works(robot, gateway_publishes):
    result = robot.rovictl("start nav")
    assert (
        result.status == 79
        and "transform guard: nav publishes odom -> base_footprint and so does the gateway" in result.err
    ), result
    assert robot.processes(NAV) == []
    assert robot.rovictl("start teleop").status == 0
    result = robot.rovictl("switch nav")
    assert result.status == 79 and "nothing was stopped: transform guard" in result.err, result
    assert robot.state(TELEOP) == "active"
    # The two commands as they stand there, by root; the guard asks how the gateway was started.
    first, second = (part.split("'")[0].removeprefix("sudo ") for part in result.err.split("'sudo ")[1:])
    robot.must(first)
    assert robot.rovictl("switch nav").status == 79
    robot.must(second)
    assert shlex.split(second) == ["rovictl", "gateway", "restart"]
    robot.wait_state("rovi-teleop.service", "active")  # a SIGINT while Python starts would end it with 1
    assert robot.rovictl("switch nav").status == 0
    assert robot.state(GATEWAY) == "active"
