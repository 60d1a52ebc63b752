"""The ready check: a stack is STARTING until it succeeds, and it leaves nothing behind."""

import time

import pytest

from harness.result import wait_for

MAPPING = "rovi-mapping.service"
DROP_IN = "/run/systemd/system/rovi-mapping.service.d/99-test.conf"


@pytest.fixture
def check(robot):
    """A function that gives mapping a ready check, and more lines of [Service]."""

    def give(command, *lines):
        robot.put(DROP_IN, "\n".join(["[Service]", f'Environment="ROVI_READY_CHECK={command}"', *lines]) + "\n")
        robot.must("systemctl daemon-reload")

    yield give
    robot.must(
        f"systemctl stop rovi-mapping; rm -f /tmp/ready; rm -r {DROP_IN.rpartition('/')[0]}; systemctl daemon-reload"
    )


def left_behind(robot, word):
    return [process for process in robot.processes() if word in " ".join(process.args) and "pgrep" not in process.args]


def test_start_returns_when_it_is_ready(robot, check):
    check("test -e /tmp/ready || { echo no map yet; false; }")
    start = robot.begin("rovictl start mapping")
    wait_for(lambda: "no map yet" in robot.show(MAPPING, "StatusText"), lambda: robot.show(MAPPING, "StatusText"))
    assert robot.state(MAPPING) == "activating"
    status = robot.rovictl("status mapping")
    assert "STARTING" in status.out and "waiting for its ready check: no map yet" in status.out
    assert robot.rovictl("start nav").status == 75
    assert start.said == ""
    robot.must("touch /tmp/ready")
    assert start.ended() == "mapping runs\n0\n"
    assert robot.show(MAPPING, "StatusText") == ""
    assert "check." not in robot.must("ls /run/rovi")


def test_it_runs_as_the_service_user_in_the_stacks_environment(robot, check):
    check("echo $USER $(id -un) $ROS_DOMAIN_ID $(type -P ros2) >/tmp/ready_said")
    assert robot.rovictl("start mapping").status == 0
    assert robot.must("cat /tmp/ready_said").split()[1:] == ["rovi", "0", "/opt/ros/jazzy/bin/ros2"]
    robot.must("rm /tmp/ready_said")


def test_the_time_to_start_bounds_it(robot, check):
    check(r"""echo 'no \"map\" for ünï'; false""", "TimeoutStartSec=3")
    result = robot.rovictl("start mapping")
    assert result.status == 1, result
    words = (
        'not ready within the time that TimeoutStartSec= allows, while waiting for its ready check: no "map" for ünï'
    )
    assert words in result.err, result
    assert words in robot.rovictl("status mapping").out
    assert robot.processes(MAPPING) == []


def test_a_stop_that_takes_too_long_meanwhile_is_not_taken_for_the_start(robot, check):
    check("echo no map yet; false", "TimeoutStopSec=1")
    robot.switch("mapping", does={"linger_s": 30})
    robot.must("systemctl start --no-block rovi-mapping")
    wait_for(lambda: "no map yet" in robot.show(MAPPING, "StatusText"), lambda: robot.show(MAPPING, "StatusText"))
    result = robot.rovictl("stop")
    assert result.status == 1 and "stopping took longer than TimeoutStopSec= allows" in result.err, result


def test_it_ends_with_the_launch(robot, check):
    check("sleep 300")
    robot.switch("mapping", mapping_driver_does={"crash_after_s": 1})
    began = time.monotonic()
    result = robot.rovictl("start mapping")
    assert result.status == 1 and "mapping failed: mapping_driver died (exit code 3)" in result.err, result
    assert time.monotonic() - began < 8
    assert left_behind(robot, "sleep 300") == []


def test_a_stop_ends_it_at_once(robot, check):
    check("sleep 300")
    robot.must("systemctl start --no-block rovi-mapping")
    wait_for(lambda: left_behind(robot, "sleep 300"), "the check does not run")
    began = time.monotonic()
    assert robot.rovictl("stop").status == 0
    assert time.monotonic() - began < 5
    assert left_behind(robot, "sleep 300") == []
    assert "check." not in robot.must("ls /run/rovi")


def test_it_leaves_no_daemon_behind(robot, check):
    check("setsid sleep 301 & sleep 302 >/dev/null 2>&1 </dev/null & true")
    assert robot.rovictl("start mapping").status == 0
    assert left_behind(robot, "sleep 30") == []


def test_one_that_hangs_is_tried_again(robot, check):
    check("test -e /tmp/ready || { touch /tmp/ready; sleep 300; }")
    assert robot.rovictl("start mapping").status == 0
    assert left_behind(robot, "sleep 300") == []


def test_what_it_says_is_cut_and_does_not_fill_the_disk(robot, check):
    check(
        "test -e /tmp/ready && exit; touch /tmp/ready; trap '' XFSZ; yes $(printf %%0500d 0); "
        "stat -Lc %%s /proc/self/fd/2 >/tmp/size",
        "TimeoutStartSec=30",
    )
    assert robot.rovictl("start mapping").status == 0
    assert int(robot.must("cat /tmp/size; rm /tmp/size")) <= 1024 * 1024
    assert robot.show(MAPPING, "StatusText") == ""


def test_the_gateway_may_have_one(robot):
    drop_in = "/run/systemd/system/rovi-gateway.service.d/99-test.conf"
    robot.put(
        drop_in, '[Service]\nEnvironment="ROVI_READY_CHECK=test -e /tmp/ready || { echo the port is closed; false; }"\n'
    )
    try:
        robot.must("systemctl daemon-reload; systemctl restart --no-block rovi-gateway")
        wait_for(lambda: "the port is closed" in robot.show("rovi-gateway.service", "StatusText"), "no check")
        start = robot.begin("rovictl start mapping")  # waits for the gateway
        wait_for(lambda: "rovi-mapping" in robot.must(["systemctl", "list-jobs"]), "no job")
        robot.must("touch /tmp/ready")
        assert start.ended().endswith("mapping runs\n0\n")
    finally:
        robot.must("rm -rf /run/systemd/system/rovi-gateway.service.d; systemctl daemon-reload; touch /tmp/ready")
        robot.wait_state("rovi-gateway.service", "active", "failed", "inactive")
        robot.must("rm /tmp/ready")


def test_what_a_node_says_is_no_refusal(robot):
    """A launch that ends with a code of the contract has not been refused, whatever one of its nodes has said."""
    robot.put(
        "/run/systemd/system/rovi-mapping.service.d/99-test.conf",
        "[Service]\nExecStart=\nExecStart=/bin/bash -c 'systemd-notify --status=hello; exit 75'\n",
    )
    robot.must("systemctl daemon-reload")
    try:
        result = robot.rovictl("start mapping")
        assert result.status == 1 and result.err.startswith(
            "rovictl: mapping failed: ros2 launch ended with exit status 75\n"
        ), result
        assert robot.show(MAPPING, "StatusText") == "ros2 launch ended with exit status 75"
    finally:
        robot.must("rm -r /run/systemd/system/rovi-mapping.service.d; systemctl daemon-reload")


def test_what_a_node_says_of_a_launch_that_ran_is_no_refusal(robot):
    said = "refused (75): stack nav is active"
    robot.switch("mapping", launch_status=3, mapping_planner_does={"notify": [f"STATUS={said}"]})
    assert robot.rovictl("start mapping").status == 0
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    planner = next(p.pid for p in robot.processes(MAPPING) if "mapping_planner" in p.args)
    robot.must(f"kill -USR2 {planner}")
    wait_for(lambda: robot.show(MAPPING, "StatusText") == said, lambda: robot.report(MAPPING))
    robot.must(f"kill -KILL {planner}")
    robot.wait_state(MAPPING, "failed")
    assert robot.show(MAPPING, "Result", "ExecMainStatus") == {"Result": "exit-code", "ExecMainStatus": "3"}
    assert robot.show(MAPPING, "StatusText").startswith("mapping_planner died (")


def test_what_a_killed_check_has_left_goes_with_its_start(robot):
    assert robot.rovictl("start mapping").status == 0
    left = "/run/rovi/check." + robot.show(MAPPING, "InvocationID")
    robot.must(["touch", left], user="rovi")
    assert robot.rovictl("stop").status == 0
    assert robot.run(["test", "-e", left]).status == 1
