"""What a node can tell systemd (sd_notify(3)): it shares control group and user with what speaks for its unit."""

import time

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY, STACKS

MAPPING, NAV = "rovi-mapping.service", "rovi-nav.service"
HOLD = ["STOPPING=1", "EXTEND_TIMEOUT_USEC=3600000000"]
LIMIT = "/run/systemd/system/{}.d/99-test.conf"


@pytest.fixture
def short_stops(robot):
    """TimeoutStopSec=3 for gateway and mapping: a stop is to end within that and a few seconds."""
    for unit in (GATEWAY, MAPPING):
        robot.put(LIMIT.format(unit), "[Service]\nTimeoutStopSec=3\n")
    robot.must("systemctl daemon-reload")
    yield robot
    robot.must(f"rm -f {LIMIT.format(GATEWAY)} {LIMIT.format(MAPPING)}; systemctl daemon-reload")


def told(robot, subject, node, lines, **more):
    """Has a node of subject, which runs already with the switch notify, tell systemd lines."""
    unit = GATEWAY if subject == "gateway" else f"rovi-{subject}.service"
    # While its start is watched, it would not get away with it anyway.
    wait_for(lambda: not any("/run_" in " ".join(p.args) for p in robot.processes(unit)), lambda: robot.report(unit))
    pid = next(p.pid for p in robot.processes(unit) if node in p.args)
    robot.must(f"kill -USR2 {pid}")
    wait_for(
        lambda: (node, "told") in [(name, event) for _, name, event in robot.events(subject)],
        lambda: robot.report(unit),
    )


def hold(robot, lines):
    """mapping runs, and a node of it has told systemd lines; all of them ignore SIGINT and SIGTERM."""
    robot.switch("mapping", does={"notify": lines, "ignore": ["SIGINT", "SIGTERM"]})
    assert robot.rovictl("start mapping").status == 0
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    told(robot, "mapping", "mapping_planner", lines)


@pytest.mark.parametrize(
    "lines, command",
    [
        (HOLD, "rovictl stop"),
        (HOLD, "systemctl stop rovi-mapping"),
        (HOLD, "systemctl stop rovi-gateway"),
        (HOLD, "systemctl kill --kill-who=main --signal=KILL rovi-gateway"),
        (HOLD, "rovictl switch nav"),
        (HOLD[1:], "rovictl stop"),
        (["MAINPID=1", *HOLD], "rovictl stop"),
        (["READY=1", "RELOADING=1", *HOLD[1:]], "systemctl stop rovi-gateway"),
    ],
)
def test_no_node_holds_up_a_stop(short_stops, lines, command):
    robot = short_stops
    hold(robot, lines)
    began = time.monotonic()
    robot.run(command, timeout_s=40)
    wait_for(lambda: robot.processes(MAPPING) == [], lambda: robot.report(MAPPING), 20)
    robot.wait_state(MAPPING, "inactive", "failed", limit_s=5)
    assert time.monotonic() - began < 3 + 3 + 8
    robot.must("rovictl stop; systemctl start rovi-gateway", timeout_s=60)
    assert robot.rovictl("start nav").status == 0


def test_no_node_of_the_gateway_holds_up_its_stop(short_stops):
    robot = short_stops
    robot.switch("gateway", does={"notify": HOLD, "ignore": ["SIGINT", "SIGTERM"]})
    robot.must(f"systemctl restart {GATEWAY}")
    wait_for(lambda: any(name == "ros_ui_bridge" for _, name, _ in robot.events("gateway")[-3:]), "no node")
    told(robot, "gateway", "ros_ui_bridge", HOLD)
    began = time.monotonic()
    robot.run(["systemctl", "stop", GATEWAY], timeout_s=40)
    assert robot.state(GATEWAY) in ("inactive", "failed") and time.monotonic() - began < 3 + 3 + 8
    robot.must("rm /home/rovi/rovi_ros_ws/standin/gateway.json")


def test_the_watch_goes_on_after_each_stop(short_stops):
    """Of a stack whose own unit does not want it, such as an administrator's."""
    robot = short_stops
    unit, watch = f"/etc/systemd/system/{MAPPING}", "rovi_end@mapping.service"
    robot.must(f"cp -p {unit} /tmp/unit.keep; sed -i '/^Wants=rovi_end@/d' {unit}; systemctl daemon-reload")
    try:
        robot.must(f"systemctl start {watch}")
        for _ in range(8):  # more often than systemd's start limit has it
            invocation = robot.show(watch, "InvocationID")
            robot.must("rovictl start mapping; rovictl stop", user="alice")
            wait_for(
                lambda: robot.state(watch) == "active" and robot.show(watch, "InvocationID") != invocation,
                lambda: robot.report(watch),
            )
        robot.must("rm -rf /home/rovi/standin")
        hold(robot, HOLD)
        began = time.monotonic()
        robot.run("rovictl stop", user="alice", timeout_s=40)
        assert robot.state(MAPPING) in ("inactive", "failed") and time.monotonic() - began < 3 + 3 + 8
        assert "SIGKILL" in robot.journal(watch)
    finally:
        robot.must(f"mv /tmp/unit.keep {unit}; systemctl daemon-reload")


def test_a_start_has_its_stop_watched_whatever_has_become_of_the_watch(short_stops):
    """A stop right behind another can cancel the start of the watch that the first one ended with."""
    robot = short_stops
    robot.put("/run/systemd/system/rovi_end@mapping.service.d/99-test.conf", "[Service]\nExecStopPost=\n")
    robot.must("systemctl daemon-reload; systemctl stop rovi_end@mapping")
    robot.must("rm -r /run/systemd/system/rovi_end@mapping.service.d; systemctl daemon-reload")
    assert robot.state("rovi_end@mapping.service") == "inactive"
    hold(robot, HOLD)
    assert robot.state("rovi_end@mapping.service") == "active"
    began = time.monotonic()
    robot.run("rovictl stop", user="alice", timeout_s=40)
    assert robot.state(MAPPING) in ("inactive", "failed") and time.monotonic() - began < 3 + 3 + 8


def test_the_gateway_has_all_watched(robot):
    robot.must(f"systemctl stop {GATEWAY}; systemctl stop 'rovi_end@*.service'; systemctl start {GATEWAY}")
    for name in ("gateway", *STACKS):
        robot.wait_state(f"rovi_end@{name}.service", "active")


@pytest.mark.parametrize("mode", ["ignore-dependencies", "replace-irreversibly"])
def test_no_mode_of_a_start_escapes_the_watch(short_stops, mode):
    robot = short_stops
    robot.switch("mapping", does={"notify": HOLD, "ignore": ["SIGINT", "SIGTERM"]})
    robot.must(f"systemctl start --job-mode={mode} rovi-mapping")
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    told(robot, "mapping", "mapping_planner", HOLD)
    began = time.monotonic()
    robot.run(["systemctl", "stop", GATEWAY], timeout_s=40)
    robot.wait_state(MAPPING, "inactive", "failed", limit_s=20)
    assert time.monotonic() - began < 3 + 3 + 8


@pytest.mark.parametrize("lines", [HOLD, ["MAINPID=1"], ["RELOADING=1"], ["READY=1", "STATUS=map:=other"]])
def test_a_hostile_node_gets_no_second_stack(robot, lines):
    robot.switch("mapping", does={"notify": lines, "unlock": True})
    assert robot.rovictl("start mapping").status == 0
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    told(robot, "mapping", "mapping_planner", lines)
    robot.must("rm -f /run/rovi/stack.lock")
    start = robot.begin("timeout 5 systemctl start rovi-nav", user="root")
    start.ended(20)
    launches = {process.unit for process in robot.processes() if "launch" in process.args} & {MAPPING, NAV}
    assert launches == {MAPPING}, robot.report()
    robot.run("systemctl stop rovi-nav; systemctl kill --signal=KILL rovi-mapping")


def test_a_launch_has_nobody_to_notify(robot):
    robot.switch("mapping", does={"notify_as_library": ["READY=1", "STATUS=hello", "MAINPID=1", "STOPPING=1"]})
    robot.switch("gateway", does={"notify_as_library": ["READY=1", "STATUS=hello", "MAINPID=1", "STOPPING=1"]})
    robot.must(f"systemctl restart {GATEWAY}")
    assert robot.rovictl("start mapping").status == 0
    for unit in (MAPPING, GATEWAY):
        assert robot.show(unit, "ActiveState", "StatusText") == {"ActiveState": "active", "StatusText": ""}
        for process in (p for p in robot.processes(unit) if "rovi_bringup" in " ".join(p.args)):
            assert "NOTIFY_SOCKET=" not in robot.must(f"tr '\\0' '\\n' </proc/{process.pid}/environ")
    assert robot.rovictl("stop").out == "mapping stopped\n"
    assert {event for _, _, event in robot.events("mapping")} == {"start", "SIGINT", "end"}
