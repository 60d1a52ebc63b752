"""The gateway and the stacks: none without it, none outlives it."""

import time

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY, STACKS

MAPPING = "rovi-mapping.service"
START_UNIT = (
    "busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager StartUnit ss {} {}"
)


@pytest.fixture
def gateway_down(robot):
    """The robot with its gateway stopped by the administrator; it must stay so."""
    robot.must(["systemctl", "stop", GATEWAY])
    yield robot
    assert robot.state(GATEWAY) == "inactive"
    assert [p for p in robot.processes() if p.user == "rovi"] == []


def test_rovictl_says_that_the_gateway_is_down(robot):
    # nav has failed before, for another reason, which must not be taken for the one now.
    robot.switch("nav", start_none=True, launch_status=1)
    assert robot.run(["systemctl", "start", "rovi-nav.service"]).status != 0
    robot.must(["systemctl", "stop", GATEWAY])
    assert robot.state("rovi-nav.service") == "failed"
    result = robot.rovictl("start nav")
    assert result.status == 69, result
    assert result.err.startswith("rovictl: the gateway is not running: ")


def test_rovictl_does_not_start_the_gateway(gateway_down):
    for verb in ("start", "restart"):
        result = gateway_down.rovictl(f"{verb} mapping")
        assert result.status == 69
        assert result.err == (
            "rovictl: the gateway is not running: an administrator runs 'sudo rovictl gateway start'\n"
        )


@pytest.mark.parametrize("stack", STACKS)
def test_systemctl_cannot_start_a_stack_without_the_gateway(gateway_down, stack):
    result = gateway_down.run(["systemctl", "start", f"rovi-{stack}.service"])
    assert result.status != 0
    assert gateway_down.state(f"rovi-{stack}.service") == "inactive"


@pytest.mark.parametrize("mode", ["ignore-dependencies", "ignore-requirements"])
def test_no_job_mode_starts_a_stack_without_the_gateway(gateway_down, mode):
    gateway_down.must(START_UNIT.format(MAPPING, mode), user=gateway_down.dbus_user)
    gateway_down.wait_state(MAPPING, "failed")
    shown = gateway_down.show(MAPPING, "ExecMainStatus", "StatusText")
    assert shown["ExecMainStatus"] == "69"
    assert shown["StatusText"].startswith("refused (69): the gateway is not running: an administrator runs")


def test_a_gateway_without_its_target_starts_no_stack(robot):
    # The target carries a crash to the stacks. Only root can come here, by ignore-dependencies.
    robot.must(["systemctl", "stop", GATEWAY])
    robot.must(START_UNIT.format(GATEWAY, "ignore-dependencies"))
    robot.wait_state(GATEWAY, "active")
    assert robot.state("rovi-stacks.target") == "inactive"
    assert robot.run(["systemctl", "start", MAPPING]).status != 0
    assert robot.rovictl("start mapping").status == 69
    robot.must(START_UNIT.format(MAPPING, "ignore-dependencies"), user=robot.dbus_user)
    robot.wait_state(MAPPING, "failed")
    assert "rovi-stacks.target is not active" in robot.show(MAPPING, "StatusText")
    assert robot.processes(MAPPING) == []


def test_the_target_cannot_be_taken_away_from_the_stacks(robot):
    robot.rovictl("start mapping")
    for verb in ("stop", "start"):
        assert robot.run(["systemctl", verb, "rovi-stacks.target"]).status != 0
    assert robot.state("rovi-stacks.target") == "active"


def stop_gateway_slowly(robot, verb):
    """Starts to stop or restart the gateway, with a stack that takes four seconds to stop."""
    robot.switch("mapping", does={"linger_s": 4})
    running_mapping(robot)
    robot.must(f"(systemctl {verb} {GATEWAY}; echo $? >/tmp/verb; mv /tmp/verb /tmp/verb.rc) >/dev/null 2>&1 &")
    robot.wait_state(MAPPING, "deactivating")


def verb_status(robot):
    return wait_for(lambda: robot.run("cat /tmp/verb.rc && rm /tmp/verb.rc").out.strip(), "systemctl goes on", 30)


@pytest.mark.parametrize(
    "command",
    [
        "rovictl restart mapping",
        "rovictl start nav",
        "systemctl restart rovi-mapping",
        "systemctl start rovi-nav",
        START_UNIT.format("rovi-nav.service", "fail"),
        START_UNIT.format("rovi-nav.service", "flush"),
        START_UNIT.format("rovi-mapping.service", "flush"),
        START_UNIT.format("rovi-nav.service", "replace-irreversibly"),
    ],
)
def test_an_operator_cannot_cancel_a_stop_of_the_gateway(robot, command):
    stop_gateway_slowly(robot, "stop")
    robot.run(f"timeout 20 {command}", user="alice" if command.startswith("rovictl") else robot.dbus_user)
    assert verb_status(robot) == "0"
    robot.wait_state(MAPPING, "inactive", "failed")
    assert robot.state(GATEWAY) == "inactive"
    wait_for(lambda: [p for p in robot.processes() if p.user == "rovi"] == [], "something still runs")
    # An irreversible job keeps systemd from stopping the target now, on systemd 247 any start of a stack does; without
    # the gateway it lets no stack start, and with it, it must do its work all the same.
    assert robot.rovictl("start nav").status == 69
    if "irreversibly" not in command and not robot.must(["systemctl", "--version"]).startswith("systemd 247"):
        assert robot.state("rovi-stacks.target") == "inactive"
    robot.must(["systemctl", "start", GATEWAY])
    assert robot.rovictl("start mapping").status == 0
    robot.must(["systemctl", "kill", "--kill-who=main", "--signal=KILL", GATEWAY])
    robot.wait_state(MAPPING, "inactive")


@pytest.mark.parametrize("mode", ["replace", "flush"])
def test_an_operator_cannot_cancel_a_restart_of_the_gateway(robot, mode):
    stop_gateway_slowly(robot, "restart")
    robot.run(START_UNIT.format("rovi-camera.service", mode), user=robot.dbus_user)
    assert verb_status(robot) == "0"
    assert (robot.state(GATEWAY), robot.state("rovi-stacks.target")) == ("active", "active")
    wait_for(
        lambda: not any(robot.state(f"rovi-{stack}.service").endswith("ing") for stack in STACKS),
        lambda: f"not settled\n{robot.report()}",
    )
    assert [robot.state(f"rovi-{stack}.service") for stack in STACKS].count("active") <= 1


def test_isolate_leaves_gateway_and_stacks_at_work(robot):
    # The price of what 10-launch.conf has against the mode flush. Were the target not exempt, too, no stack could
    # start.
    running_mapping(robot)
    robot.put("/run/systemd/system/quiet.target", "[Unit]\nAllowIsolate=yes\nRequires=basic.target dbus.service\n")
    try:
        robot.must("systemctl daemon-reload; systemctl isolate quiet.target")
        assert robot.must("systemctl is-active rovi-gateway rovi-stacks.target rovi-mapping") == "active\n" * 3
        assert robot.rovictl("switch nav").status == 0
    finally:
        robot.must("rm /run/systemd/system/quiet.target; systemctl daemon-reload; systemctl start default.target")


def test_an_irreversible_start_does_not_outlive_the_gateway(robot):
    robot.switch("mapping", import_s=6)
    robot.must(START_UNIT.format(MAPPING, "replace-irreversibly"), user=robot.dbus_user)
    wait_for(lambda: any("stack:=mapping" in p.args for p in robot.processes(MAPPING)), "no launch")
    robot.must(["systemctl", "kill", "--kill-who=main", "--signal=KILL", GATEWAY])
    robot.wait_state(MAPPING, "failed", "inactive")
    assert robot.processes(MAPPING) == []


def test_stop_while_the_start_waits_for_the_gateway(robot):
    running_mapping(robot)
    robot.switch("gateway", import_s=6)
    robot.must(["systemctl", "restart", "--no-block", GATEWAY])
    robot.wait_state(GATEWAY, "activating")
    robot.wait_state(MAPPING, "inactive")
    assert robot.rovictl("start nav").status == 75  # mapping's start is queued
    result = robot.rovictl("stop")
    assert (result.status, result.out) == (0, "mapping stopped\n"), result
    assert robot.state(GATEWAY) == "activating", "only a start that was still queued proves anything"
    robot.wait_state(GATEWAY, "active")
    assert robot.state(MAPPING) == "inactive"
    assert robot.show(MAPPING, "Job") in ("", "0")


def running_mapping(robot):
    assert robot.rovictl("start mapping").status == 0
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")


def assert_one_sigint_each(robot):
    for node in ("mapping_driver", "mapping_planner", "mapping_controller"):
        assert [event for _, name, event in robot.events("mapping") if name == node] == ["start", "SIGINT", "end"]


def test_stopping_the_gateway_stops_the_stack_first(robot):
    robot.switch("mapping", does={"linger_s": 1})
    running_mapping(robot)
    robot.must(["systemctl", "stop", GATEWAY])
    assert_one_sigint_each(robot)
    assert robot.show(MAPPING, "ActiveState", "Result") == {"ActiveState": "inactive", "Result": "success"}
    stack_end = max(when for when, _, event in robot.events("mapping") if event == "end")
    gateway_sigint = min(when for when, _, event in robot.events("gateway") if event == "SIGINT")
    assert stack_end < gateway_sigint


def test_a_killed_gateway_takes_the_stack_with_it_by_sigint(robot):
    running_mapping(robot)
    began = time.monotonic()
    robot.must(["systemctl", "kill", "--kill-who=main", "--signal=KILL", GATEWAY])
    robot.wait_state(MAPPING, "inactive", "failed", limit_s=20)
    assert time.monotonic() - began < 20
    assert robot.show(MAPPING, "ActiveState", "Result") == {"ActiveState": "inactive", "Result": "success"}
    assert_one_sigint_each(robot)
    robot.wait_state(GATEWAY, "failed")  # the end of each has an ExecStopPost= of its own: either may be the first
    assert robot.show(GATEWAY, "NRestarts") == "0"
    assert robot.rovictl("start mapping").status == 69


def test_a_gateway_killed_while_a_stack_starts_takes_that_too(robot):
    robot.switch("mapping", import_s=15)
    robot.must(["systemctl", "start", "--no-block", MAPPING])
    wait_for(lambda: any("stack:=mapping" in p.args for p in robot.processes(MAPPING)), "no launch")
    robot.must(["systemctl", "kill", "--kill-who=main", "--signal=KILL", GATEWAY])
    robot.wait_state(MAPPING, "inactive", "failed", limit_s=5)
    assert robot.processes(MAPPING) == []


def test_restarting_the_gateway_restarts_the_stack_that_ran(robot):
    running_mapping(robot)
    before = robot.show(MAPPING, "MainPID")
    robot.must(["systemctl", "restart", GATEWAY])
    robot.wait_state(MAPPING, "active")
    assert robot.show(MAPPING, "MainPID") != before
    assert [robot.state(f"rovi-{stack}.service") for stack in STACKS].count("active") == 1
    wait_for(lambda: [event for *_, event in robot.events("mapping")].count("start") == 6, "not all nodes have started")
    stack_end = max(when for when, _, event in robot.events("mapping") if event == "end")
    gateway = [when for when, _, event in robot.events("gateway") if event == "start"]
    stack = [when for when, _, event in robot.events("mapping") if event == "start"]
    assert stack_end < max(gateway) < max(stack)  # stack down, gateway down and up, stack up


def test_a_stack_stays_stopped_when_the_gateway_does_not_come_back(robot):
    running_mapping(robot)
    robot.switch("gateway", start_none=True, launch_status=1)
    assert robot.run(["systemctl", "restart", GATEWAY]).status != 0
    assert robot.state(GATEWAY) == "failed"
    robot.wait_state(MAPPING, "inactive")
    assert [p for p in robot.processes() if p.user == "rovi"] == []


def test_a_stack_enabled_at_boot_comes_up_after_the_gateway(fresh_robot):
    robot = fresh_robot
    assert robot.install().status == 0
    robot.must(["systemctl", "enable", "rovi-teleop.service", MAPPING])
    for _ in range(3):
        robot.reboot()
        robot.wait_state(GATEWAY, "active")
        states = [robot.wait_state(unit, "active", "failed") for unit in (MAPPING, "rovi-teleop.service")]
        assert states == ["active", "failed"]  # two enabled by mistake: the first by name runs, the other says why
        assert "stack mapping " in robot.show("rovi-teleop.service", "StatusText")
    assert "several stacks start at boot: mapping teleop" in robot.run("rovictl doctor").out


@pytest.mark.parametrize(
    "setting, waits", [("", True), ("ROS_LOCALHOST_ONLY=1", False), ("ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST", False)]
)
def test_a_gateway_without_network_starts_all_the_same(robot, setting, waits):
    env_file = "/home/rovi/rovi_ros_ws/.env.robot"
    robot.must(f"cp {env_file} /tmp/env.keep; printf 'ROVI_NETWORK_WAIT_SEC=2\\n{setting}\\n' >>{env_file}")
    robot.disconnect()
    try:
        began = time.monotonic()
        robot.must(["systemctl", "restart", GATEWAY])
        took = time.monotonic() - began
        assert robot.state(GATEWAY) == "active"
        assert (took > 2) == waits and took < 10
        assert ("no network route after 2 s" in robot.journal(GATEWAY)) == waits
    finally:
        robot.connect()
        robot.must(f"cp /tmp/env.keep {env_file}")


def test_a_gateway_with_network_does_not_wait(robot):
    began = time.monotonic()
    robot.must(["systemctl", "restart", GATEWAY])
    assert time.monotonic() - began < 8  # it would wait for 10
