"""Starting and stopping one stack: what runs, how it ends, and what the session file says."""

import time

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY, SESSION, WORKSPACE

MAPPING, NAV = "rovi-mapping.service", "rovi-nav.service"


def session(robot):
    """What the session file holds: a line, or nothing."""
    return robot.run(["cat", SESSION]).out.strip()


def launches(robot, unit):
    """The arguments of each `ros2 launch` in the unit."""
    return [p.args[2:] for p in robot.processes(unit) if p.args[1:2] == ["/opt/ros/jazzy/bin/ros2"]]


def test_start_runs_the_contracts_launch_as_the_service_user(robot):
    result = robot.rovictl("start mapping")
    assert (result.status, result.out) == (0, "mapping runs\n"), result
    assert robot.state(MAPPING) == "active"
    assert launches(robot, MAPPING) == [
        [
            "launch",
            "rovi_bringup",
            "rovi.launch.py",
            "robot_mode:=real",
            "gateway_enabled:=false",
            "stack:=mapping",
            "rviz:=false",
        ]
    ]
    assert launches(robot, GATEWAY) == [["launch", "rovi_bringup", "gateway.launch.py", "robot_mode:=real"]]
    assert {p.user for p in robot.processes(MAPPING)} == {"rovi"}


def test_start_returns_only_when_a_node_runs(robot):
    robot.switch("mapping", import_s=2)
    began = time.monotonic()
    assert robot.rovictl("start mapping").status == 0
    assert time.monotonic() - began > 2
    assert any("node" in p.args[1] for p in robot.processes(MAPPING)), robot.report(MAPPING)


def test_nothing_but_ros2_and_its_nodes_stays_resident(robot):
    robot.rovictl("start mapping")
    wait_for(
        lambda: len(robot.processes(MAPPING)) == 4, lambda: robot.report(MAPPING)
    )  # its start is watched a moment longer
    names = {p.args[1].rsplit("/", 1)[-1] for p in robot.processes(MAPPING)}
    assert names == {"ros2", "node"}


def test_starting_what_runs_says_so_and_leaves_it_alone(robot):
    robot.rovictl("start mapping")
    before = robot.show(MAPPING, "MainPID", "InvocationID")
    result = robot.rovictl("start mapping")
    assert (result.status, result.out) == (0, "mapping is already running\n")
    assert robot.show(MAPPING, "MainPID", "InvocationID") == before


@pytest.mark.parametrize("command", ["stop", "stop mapping"])
def test_stop_gives_each_node_one_sigint_and_is_clean(robot, command):
    robot.switch("mapping", does={"linger_s": 0.5})  # long enough to notice a second one
    robot.rovictl("start mapping")
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    result = robot.rovictl(command)
    assert (result.status, result.out) == (0, "mapping stopped\n"), result
    assert robot.show(MAPPING, "ActiveState", "Result") == {"ActiveState": "inactive", "Result": "success"}
    assert robot.processes(MAPPING) == []
    for node in ("mapping_driver", "mapping_planner", "mapping_controller"):
        assert [event for _, name, event in robot.events("mapping") if name == node] == ["start", "SIGINT", "end"]


def test_stop_takes_no_longer_than_the_nodes_and_a_second(robot):
    robot.switch("mapping", mapping_planner_does={"linger_s": 2})
    robot.rovictl("start mapping")
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    returned = float(robot.must("rovictl stop >&2 && python3 -c 'import time; print(time.monotonic())'", user="alice"))
    last_end = max(when for when, _, event in robot.events("mapping") if event == "end")
    assert 0 <= returned - last_end < 1


def test_a_node_that_ignores_sigint_is_gone_within_the_units_time(robot):
    robot.switch("mapping", mapping_planner_does={"ignore": ["SIGINT", "SIGTERM"]})
    robot.rovictl("start mapping")
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    began = time.monotonic()
    assert robot.rovictl("stop").status == 0
    assert time.monotonic() - began < 20
    assert robot.processes(MAPPING) == []
    stubborn = [event for _, name, event in robot.events("mapping") if name == "mapping_planner"]
    assert stubborn == ["start", "SIGINT", "SIGTERM"]
    assert robot.show(MAPPING, "Result") == "success"


def test_a_child_left_behind_does_not_outlive_the_stack(robot):
    robot.switch("mapping", mapping_driver_does={"leave_child": True})
    robot.rovictl("start mapping")
    wait_for(lambda: [p for p in robot.processes(MAPPING) if p.args[0] == "sleep"], "no child was left")
    assert robot.rovictl("stop").status == 0
    assert [p for p in robot.processes() if p.args[0] == "sleep"] == []


@pytest.mark.parametrize("slow", ["setup", "import"])
def test_stop_while_starting_is_clean_and_soon(robot, slow):
    if slow == "setup":
        robot.put("/opt/ros/jazzy/slow_setup", "150")  # fifteen seconds, a process each 0.1 s
    else:
        robot.switch("mapping", import_s=15)
    robot.must(["systemctl", "start", "--no-block", MAPPING])
    # In one quick look: a sleep of the setup does not last.
    wait_for(
        lambda: robot.run(f"pgrep -u rovi {'-x sleep' if slow == 'setup' else '-f ros2.*stack:=mapping'}").status == 0,
        lambda: f"not in the {slow} phase: {robot.processes(MAPPING)}",
    )
    began = time.monotonic()
    assert robot.rovictl("stop mapping").status == 0
    assert time.monotonic() - began < 3
    assert robot.show(MAPPING, "ActiveState", "Result") == {"ActiveState": "inactive", "Result": "success"}


def test_restart_stops_and_starts(robot):
    robot.rovictl("start mapping")
    before = robot.show(MAPPING, "MainPID")
    result = robot.rovictl("restart mapping")
    assert (result.status, result.out) == (0, "mapping runs\n"), result
    assert robot.show(MAPPING, "MainPID") != before
    assert session(robot) == "rovi_bringup/mapping.launch.py"


def test_an_operator_may_restart_as_often_as_it_takes(robot):
    for _ in range(8):  # systemd's default limit is 5 starts in 10 s
        assert robot.rovictl("restart mapping").status == 0, robot.report(MAPPING)


def test_a_refusal_says_why_as_often_as_it_takes(robot):
    robot.rovictl("start mapping")
    for _ in range(8):
        assert robot.run(["systemctl", "start", "rovi-nav.service"]).status != 0
    assert robot.show("rovi-nav.service", "Result", "ExecMainStatus") == {"Result": "exit-code", "ExecMainStatus": "75"}


def test_25_starts_and_stops_in_a_row(robot):
    for _ in range(25):
        assert robot.rovictl("start mapping").status == 0, robot.report(MAPPING)
        assert robot.rovictl("stop").status == 0, robot.report(MAPPING)


@pytest.mark.parametrize("unit", [NAV, GATEWAY])
def test_the_bus_stops_after_a_launch_if_both_stop(robot, unit):
    """As at a shutdown. root's systemctl does without it, and what connects to it afterwards starts it again."""
    robot.must("systemctl start rovi-nav")
    robot.must(f"systemctl stop {unit} dbus.service")
    ended = [int(robot.show(name, "InactiveEnterTimestampMonotonic")) for name in (unit, "dbus.service")]
    assert 0 < ended[0] <= ended[1]
    assert robot.show(unit, "ActiveState", "Result") == {"ActiveState": "inactive", "Result": "success"}


def test_stop_with_nothing_active(robot):
    assert robot.rovictl("stop").out == "no stack is active\n"
    result = robot.rovictl("stop nav")
    assert (result.status, result.out) == (0, "nav is not running\n")


def test_a_crashing_stack_is_failed_not_restarted_and_shows_why(robot):
    robot.switch("mapping", mapping_driver_does={"crash_after_s": 0.5}, launch_status=1)
    robot.rovictl("start mapping")  # on a busy machine it sees the crash itself
    robot.wait_state(MAPPING, "failed")
    assert robot.show(MAPPING, "NRestarts", "Result") == {"NRestarts": "0", "Result": "exit-code"}
    assert robot.processes(MAPPING) == []
    assert "cannot open /dev/ttyUSB0" in robot.rovictl("logs mapping").out
    status = robot.rovictl("status mapping")
    assert status.status == 3
    assert "FAILED" in status.out and "mapping_driver died (exit code 3): mapping_driver: cannot open" in status.out
    assert session(robot) == ""
    assert robot.rovictl("start nav").status == 0  # the lock is free


def test_a_launch_that_ends_by_itself_with_0_is_a_failure(robot):
    robot.switch("mapping", mapping_driver_does={"crash_after_s": 0.5}, launch_status=0)
    robot.rovictl("start mapping")
    assert robot.wait_state(MAPPING, "failed", "inactive") == "failed"
    assert robot.show(MAPPING, "StatusText").startswith("mapping_driver died (exit code 3): ")


def test_a_gateway_that_ends_by_itself_with_0_is_a_failure(robot):
    robot.switch("gateway", robot_driver_does={"crash_after_s": 1}, launch_status=0)
    robot.must(["systemctl", "restart", GATEWAY])
    assert robot.wait_state(GATEWAY, "failed", "inactive") == "failed"


def test_a_failed_start_prints_the_reason_and_the_last_lines(robot):
    share = f"{WORKSPACE}/install/rovi_bringup/share"  # and not the nodes: the gateway may still start some
    robot.must(f"mv {share} /tmp/share")
    try:
        result = robot.rovictl("start mapping")
    finally:
        robot.must(f"mv /tmp/share {share}")
    assert result.status == 1, result
    assert "rovictl: mapping failed: ros2 launch ended with exit status 1\n" in result.err
    assert "Package 'rovi_bringup' not found" in result.err


def test_a_start_that_takes_too_long_before_it_waits_for_anything(robot):
    robot.put("/opt/ros/jazzy/slow_setup", "150")  # fifteen seconds, a process each 0.1 s
    robot.put("/run/systemd/system/rovi-mapping.service.d/99-test.conf", "[Service]\nTimeoutStartSec=2\n")
    try:
        robot.must("systemctl daemon-reload")
        result = robot.rovictl("start mapping")
        assert result.status == 1 and "not ready within the time that TimeoutStartSec= allows" in result.err, result
    finally:
        robot.must("rm -r /run/systemd/system/rovi-mapping.service.d; systemctl daemon-reload")


@pytest.mark.parametrize("status", [69, 75, 78, 79])
def test_the_launchs_own_exit_status_is_not_taken_for_a_refusal(robot, status):
    robot.switch("mapping", start_none=True, launch_status=status)
    result = robot.rovictl("start mapping")
    assert result.status == 1, result
    assert f"mapping failed: ros2 launch ended with exit status {status}" in result.err


@pytest.mark.parametrize("command", ["daemon-reload", "daemon-reexec"])
def test_a_reload_in_the_middle_of_a_start_and_a_stop(robot, command):
    robot.switch("mapping", import_s=2, does={"linger_s": 2})
    for verb, out in (("start", "mapping runs\n0\n"), ("stop", "mapping stopped\n0\n")):
        job = robot.begin(f"rovictl {verb} mapping")
        wait_for(lambda: robot.state(MAPPING) in ("activating", "deactivating"), "nothing is under way")
        for _ in range(3):
            robot.must(["systemctl", command])
        assert job.ended() == out


def test_what_a_node_logs_does_not_control_the_terminal(robot):
    robot.put("/opt/talk", "#!/bin/bash\nprintf '\\033]0;title\\007 red\\n'\nexit 3\n", mode=0o755)
    robot.put(
        "/run/systemd/system/rovi-mapping.service.d/99-test.conf", "[Service]\nEnvironment=ROVI_COMMAND=/opt/talk\n"
    )
    try:
        robot.must("systemctl daemon-reload")
        result = robot.rovictl("start mapping")
        assert result.status == 1 and "last lines of its log:" in result.err and " red" in result.err, result
        assert "\x1b" not in result.err and "\x07" not in result.err
    finally:
        robot.must("rm -r /run/systemd/system/rovi-mapping.service.d; systemctl daemon-reload")


def test_a_start_that_never_ran_does_not_show_an_older_reason(robot):
    robot.rovictl("start mapping")
    assert robot.run(["systemctl", "start", "rovi-nav.service"]).status != 0
    robot.rovictl("stop")
    # nav's next start has to wait for another unit, and is cancelled while it does.
    robot.put("/run/systemd/system/slow.service", "[Service]\nType=oneshot\nExecStart=/bin/sleep 20\n")
    robot.put("/run/systemd/system/rovi-nav.service.d/99-test.conf", "[Unit]\nAfter=slow.service\n")
    try:
        robot.must("systemctl daemon-reload; systemctl start --no-block slow.service")
        start = robot.begin("rovictl start nav")
        wait_for(lambda: "rovi-nav" in robot.must(["systemctl", "list-jobs"]), "no job")
        robot.must(["systemctl", "stop", "rovi-nav.service"])
        assert (
            start.ended()
            == "rovictl: nav was not started: its start was cancelled or could not begin: see 'rovictl status'\n1\n"
        )
    finally:
        robot.must(
            "systemctl kill -s KILL slow.service; rm -r /run/systemd/system/{slow.service,rovi-nav.service.d}; "
            "systemctl daemon-reload"
        )


def test_a_failed_start_by_who_may_not_read_the_log_says_whom_to_ask(robot):
    robot.must("useradd -m -G rovi-ops carol")
    robot.switch("mapping", start_none=True, launch_status=1)
    result = robot.rovictl("start mapping", user="carol")
    robot.must("userdel -r carol 2>/dev/null")
    assert result.status == 1
    assert "mapping failed: ros2 launch ended" in result.err
    assert "usermod -aG systemd-journal carol" in result.err


def test_output_is_in_the_journal_at_once_uncoloured_and_under_the_units_name(robot):
    robot.rovictl("start mapping")
    wait_for(lambda: "mapping_driver is up" in robot.journal(MAPPING), "the node's line does not come")
    assert "rovi-mapping[" in robot.journal(MAPPING)
    environment = robot.must(["cat", f"/proc/{robot.show(MAPPING, 'MainPID')}/environ"]).split("\0")
    for setting in (
        "PYTHONUNBUFFERED=1",
        "RCUTILS_LOGGING_BUFFERED_STREAM=1",
        "RCUTILS_COLORIZED_OUTPUT=0",
        "NO_COLOR=1",
        "OVERRIDE_LAUNCH_SCREEN_FORMAT=[{levelname}] [{name}]: {msg}",
        "HOME=/home/rovi",
        "ROS_LOG_DIR=/home/rovi/.ros/log",
    ):
        assert setting in environment
    assert robot.run("test -d /home/rovi/.ros/log -a -O /home/rovi/.ros/log", user="rovi").status == 0


def test_real_time_limits_are_finite_and_high(robot):
    shown = robot.show(MAPPING, "LimitRTPRIO", "LimitMEMLOCK")
    assert shown == {"LimitRTPRIO": "80", "LimitMEMLOCK": str(4 << 30)}


# ---- the session file


def test_session_file_is_written_replaced_and_cleared(robot):
    assert session(robot) == ""
    robot.rovictl("start mapping")
    assert session(robot) == "rovi_bringup/mapping.launch.py"
    assert robot.must(["stat", "-c", "%U", SESSION]).strip() == "rovi"
    robot.rovictl("stop")
    assert session(robot) == ""
    robot.rovictl("start nav")
    assert session(robot) == "rovi_bringup/nav.launch.py"
    robot.rovictl("stop")
    assert session(robot) == ""


@pytest.mark.parametrize("signal", ["KILL", "SEGV"])
def test_session_file_is_cleared_when_the_launch_is_killed(robot, signal):
    robot.rovictl("start mapping")
    robot.must(["systemctl", "kill", "--kill-who=main", f"--signal={signal}", MAPPING])
    robot.wait_state(MAPPING, "failed")
    assert session(robot) == ""
    assert robot.show(MAPPING, "StatusText") == f"ros2 launch was ended by SIG{signal}"
    assert robot.rovictl("start mapping").status == 0  # and the lock is free


def test_a_gateway_that_does_not_start_leaves_no_old_session_either(robot):
    robot.must(["systemctl", "stop", GATEWAY])
    robot.put(SESSION, "rovi_bringup/mapping.launch.py\n", user="rovi")
    robot.must(f"mv {WORKSPACE}/.env.robot /tmp/; systemctl start {GATEWAY}; mv /tmp/.env.robot {WORKSPACE}/")
    assert robot.state(GATEWAY) == "failed"
    assert session(robot) == ""


def test_a_refused_stack_is_refused_before_the_environment_is_loaded(robot):
    robot.rovictl("start mapping")
    robot.put("/opt/ros/jazzy/slow_setup", "50")
    began = time.monotonic()
    assert robot.run(["systemctl", "start", "rovi-nav.service"]).status != 0
    assert time.monotonic() - began < 2


def test_a_refused_stack_does_not_touch_the_session_file(robot):
    robot.rovictl("start mapping")
    before = robot.must(["stat", "-c", "%i %y", SESSION])
    assert robot.run("systemctl start rovi-nav.service").status != 0
    assert session(robot) == "rovi_bringup/mapping.launch.py"
    assert robot.must(["stat", "-c", "%i %y", SESSION]) == before


def test_session_file_left_by_a_power_cut_is_cleared_at_boot(fresh_robot):
    robot = fresh_robot
    assert robot.install().status == 0
    assert robot.rovictl("start mapping", user="root").status == 0
    robot.reboot()
    robot.wait_state(GATEWAY, "active")
    assert session(robot) == ""
    assert robot.state(MAPPING) == "inactive"
    assert robot.rovictl("start nav", user="root").status == 0
