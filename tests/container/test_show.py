"""What a start would do, what was asked for last, and what starts at boot."""

import json

import pytest

NAV, MAPPING, GATEWAY = "rovi-nav.service", "rovi-mapping.service", "rovi-gateway.service"
FIXED = "ros2 launch rovi_bringup rovi.launch.py robot_mode:=real gateway_enabled:=false stack:=nav rviz:=false"


def arguments(robot, stack="nav"):
    (line,) = [process.args for process in robot.processes(f"rovi-{stack}.service") if "launch" in process.args]
    return " ".join(line[line.index("launch") :])


def test_show_is_what_runs(robot):
    shown = robot.rovictl("show nav").out
    assert f"command: {FIXED}\n" in shown
    assert "starts at boot: no" in shown and "declares: ROVI_MEMORY_NEED=512M\n" in shown
    assert robot.rovictl("start nav").status == 0
    assert arguments(robot) == FIXED.removeprefix("ros2 ")
    thing = json.loads(robot.rovictl("show nav --json").out)
    assert thing["command"] == FIXED.split() and thing["starts_at_boot"] is False and thing["stack"] == "nav"
    assert thing["declared"]["ROVI_PROCESSES"] == "controller_server"
    gateway = json.loads(robot.rovictl("show gateway --json").out)
    assert gateway["stack"] is None and gateway["command"][-1] == "robot_mode:=real"
    assert robot.rovictl("show nothing").status == 2


def test_show_gives_programs_what_a_unit_declares_word_for_word(robot):
    """Only what would control a terminal is a blank."""
    check = """grep -q "a\tb" '/etc/hosts' \\\\"""
    text = check.replace("\\", "\\\\").replace('"', '\\"')
    robot.put(
        "/run/systemd/system/rovi-teleop.service.d/99-test.conf", f'[Service]\nEnvironment="ROVI_READY_CHECK={text}"\n'
    )
    try:
        robot.must("systemctl daemon-reload")
        assert json.loads(robot.rovictl("show teleop --json").out)["declared"]["ROVI_READY_CHECK"] == check.replace(
            "\t", " "
        )
    finally:
        robot.must("rm -r /run/systemd/system/rovi-teleop.service.d; systemctl daemon-reload")


def test_a_dry_run_checks_and_starts_nothing(robot):
    result = robot.rovictl("start nav --variant localization map:=lab1 --dry-run")
    assert (result.status, result.out) == (0, f"nav would start: {FIXED} slam:=False map:=lab1\n")
    assert json.loads(robot.rovictl("start nav --dry-run --json").out)["command"] == FIXED.split()
    assert robot.rovictl("start nav map:=../x --dry-run").status == 2
    assert robot.state(NAV) == "inactive"
    assert robot.rovictl("start mapping").status == 0
    result = robot.rovictl("start nav --dry-run")
    assert result.status == 75 and result.out == "" and "stack mapping is active" in result.err
    robot.must(["systemctl", "stop", GATEWAY])
    assert robot.rovictl("start nav --dry-run").status == 69
    assert robot.state(NAV) == "inactive"


def test_a_dry_run_asks_the_guards(robot):
    drop_in = "/run/systemd/system/rovi-nav.service.d/99-test.conf"
    robot.put(drop_in, "[Service]\nEnvironment=ROVI_MEMORY_NEED=900G\n")
    try:
        robot.must("systemctl daemon-reload")
        result = robot.rovictl("start nav --dry-run")
        assert result.status == 79 and "memory guard" in result.err, result
    finally:
        robot.must(f"rm -r {drop_in.rpartition('/')[0]}; systemctl daemon-reload")


@pytest.mark.parametrize("end", ["rovictl stop", f"systemctl kill --signal=KILL {NAV}", "true"])
def test_the_same_again(robot, end):
    assert robot.rovictl("start nav --variant localization map:=lab1").status == 0
    before = arguments(robot)
    robot.must(end)
    robot.wait_state(NAV, "active" if end == "true" else "inactive", "failed")
    assert robot.rovictl("restart nav --same").status == 0
    assert arguments(robot) == before
    assert robot.rovictl("restart nav").status == 0
    assert arguments(robot) == FIXED.removeprefix("ros2 ")
    assert robot.rovictl("restart nav --same").status == 0
    assert arguments(robot) == FIXED.removeprefix("ros2 ")
    result = robot.rovictl("restart nav --same map:=lab2")
    assert result.status == 2 and "leave the rest out" in result.err


def test_a_last_request_that_the_unit_no_longer_allows(robot):
    assert robot.rovictl("start nav map:=lab1").status == 0
    drop_in = "/run/systemd/system/rovi-nav.service.d/99-test.conf"
    robot.put(drop_in, "[Service]\nEnvironment=ROVI_PARAMETER_map=home\n")
    try:
        robot.must("systemctl daemon-reload")
        result = robot.rovictl("restart nav --same")
        assert result.status == 2 and "map:=lab1 does not match" in result.err
        assert robot.state(NAV) == "active"
    finally:
        robot.must(f"rm -r {drop_in.rpartition('/')[0]}; systemctl daemon-reload")


def test_what_starts_at_boot(robot):
    for verb in ("enable", "disable"):
        result = robot.rovictl(f"{verb} teleop")
        assert result.status == 77 and "not permitted" in result.err, result
    try:
        assert robot.rovictl("enable teleop", user="root").out == "teleop is enabled: it starts at boot\n"
        assert robot.show("rovi-teleop.service", "UnitFileState") == "enabled"
        line = next(line for line in robot.rovictl("status").out.splitlines() if "teleop" in line)
        assert line.split()[-1] == "yes" and robot.show("rovi-teleop.service", "ActiveState") == "inactive"
        assert "drive by hand (starts at boot)" in robot.rovictl("list").out
        stacks = [json.loads(line) for line in robot.rovictl("list --json").out.splitlines()]
        assert [stack["stack"] for stack in stacks if stack["starts_at_boot"]] == ["teleop"]
        assert "starts at boot: yes" in robot.rovictl("show teleop").out
        assert json.loads(robot.rovictl("show teleop --json").out)["starts_at_boot"] is True
        assert robot.rovictl("enable nav", user="root").out == "nav is enabled: it starts at boot\n"
        assert "nav starts at boot, too, and comes first by name" in robot.rovictl("enable teleop", user="root").out
    finally:
        robot.rovictl("disable nav", user="root")
        assert "no longer starts at boot" in robot.rovictl("disable teleop", user="root").out
    assert robot.rovictl("enable gateway", user="root").status == 2
