"""What a tired operator types: one sentence, the contract's exit code, nothing changed."""

import json
import re

import pytest

from harness.result import wait_for
from harness.robot import STACKS


def state_of_all(robot):
    """All that a command could change."""
    units = robot.must(
        "systemctl show -p Id -p ActiveState -p MainPID -p InvocationID -p StatusText "
        + " ".join(f"rovi-{name}.service" for name in ("gateway", *STACKS))
    )
    return units, robot.listing("/run/rovi", "/home/rovi/.ros/rovi", "/etc/systemd", "/etc/polkit-1")


NAMES = {
    "unknown": "mappign",
    "empty": "",
    "path": "../../etc/passwd",
    "absolute": "/bin/sh",
    "blanks": "map ping",
    "two stacks in one": "nav teleop",
    "newline": "mapping\nnav",
    "glob": "*",
    "glob2": "map?ing",
    "dash": "-mapping",
    "gateway": "gateway",
    "unit name": "mapping.service",
    "upper case": "Mapping",
    "expansion": "$(id)",
    "escape": "mapping\x1b[31m",
    "utf-8": "mäpping",
    "long": "a" * 5000,
    "template": "mapping@1",
    "dot": ".",
}


# Looking at the gateway is allowed: see test_the_gateway_may_be_looked_at_but_not_touched.
@pytest.mark.parametrize(
    "verb, kind",
    [
        (verb, kind)
        for verb in ("start", "stop", "restart", "status", "logs")
        for kind in NAMES
        if (verb, kind) not in (("status", "gateway"), ("logs", "gateway"))
    ],
)
def test_a_bad_name(robot, verb, kind):
    refused(robot, [verb, NAMES[kind]], 2)


def refused(robot, arguments, status, **options):
    before = state_of_all(robot)
    result = robot.rovictl(arguments, **options)
    assert result.status == status, result
    assert result.err.startswith("rovictl: ") and result.err.count("\n") == 1, result
    assert len(result.err) < 300 and "\x1b" not in result.err, result
    assert result.out == ""
    assert state_of_all(robot) == before
    return result.err


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["start"], "start needs the name of a stack"),
        (["restart"], "restart needs the name of a stack"),
        (["start", "nav", "mapping"], "start takes at most 1 name, not 2"),
        (["stop", "nav", "mapping"], "stop takes at most 1 name, not 2"),
        (["list", "nav"], "list takes no name"),
        (["status", "gatway"], "no stack is named gatway: did you mean gateway? (known: gateway camera"),
        (["logs", "-n5x"], "--lines takes a number of lines"),
        (["logs", "-f -n"], "there is no option '- '"),
        (["start", "--frobnicate", "nav"], "there is no option --frobnicate"),
        (["start", "--force", "nav"], "start has no option --force"),
        (["start", "nav", "--follow"], "start has no option --follow: see 'rovictl help start'"),
        (["status", "-x"], "there is no option -x"),
        (["logs", "-n"], "--lines needs a value"),
        (["logs", "-n", "all"], "--lines takes a number of lines"),
        (["logs", "-n", "-5"], "--lines takes a number of lines"),
        (["start", "nav", "--timeout", "soon"], "--timeout takes a whole number of seconds, or infinity, not soon"),
        (["start", "nav", "--timeout="], "--timeout takes a whole number of seconds, or infinity, not ''"),
        (["start", "nav", "--no-wait=yes"], "--no-wait takes no value"),
        (["kill", "nav", "--no-wait"], "kill has no option --no-wait"),
        (["wait", "nav", "--state", "happy"], "--state takes one of running stopped failed starting stopping"),
        (["wait"], "wait needs the name of a stack, or gateway"),
        (["ps", "navv"], "no stack is named navv: did you mean nav? (known: gateway camera"),
        (["gateway", "explode"], "gateway takes one of status start stop restart enable disable, not explode"),
        (["gateway"], "gateway needs one of status start"),
        (["completion", "tcsh"], "completion takes one of bash zsh fish, not tcsh"),
        (["help", "frobnicate"], "there is no verb frobnicate"),
        (["status", "--color", "blue"], "--color takes always, auto or never, not blue"),
        (["status", "-H", "-oProxyCommand=x"], "--host takes [USER@]HOST"),
        (["status", "-M", "../x"], "--machine takes the name of a container"),
        (["frobnicate"], "there is no verb frobnicate"),
        (["--frobnicate"], "there is no option --frobnicate"),
        (["start nav"], "there is no verb"),
        ([""], "there is no verb"),
    ],
)
def test_bad_usage(robot, arguments, words):
    assert words in refused(robot, arguments, 2)


def test_the_gateway_may_be_looked_at_but_not_touched(robot):
    assert robot.rovictl("status gateway").status == 0
    assert robot.rovictl("logs gateway -n 3").status == 0
    err = refused(robot, ["stop", "gateway"], 2)
    assert "the gateway is not a stack: an administrator runs 'sudo rovictl gateway" in err


def test_no_arguments_and_help(robot):
    result = robot.rovictl("")
    assert result.status == 2 and "rovictl start STACK" in result.err and result.out == ""
    full = robot.must("rovictl help", user="alice")
    for verb in re.findall(r"^  rovictl (\w+)", result.err, re.M):
        assert f"  rovictl {verb} " in full
    for arguments in ("--help", "-h"):
        assert robot.must(f"rovictl {arguments}", user="alice") == full
    for arguments in ("help start", "start --help", "start -h", "-h start nav"):
        assert "usage: rovictl start STACK [NAME:=VALUE...] [OPTION...]" in robot.must(
            f"rovictl {arguments}", user="alice"
        )
    assert robot.rovictl("--version").out.startswith("rovictl ")


def test_no_dbus(robot):
    for arguments in (["status"], ["start", "mapping"], ["stop"], ["ps", "nav"], ["watch"], ["wait", "nav"]):
        err = refused(robot, arguments, 4, env={"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere"})
        assert "cannot reach systemd" in err


def test_what_busctl_says_besides_is_not_taken_for_its_reply(robot):
    robot.rovictl("start mapping")
    noise = {"SYSTEMD_LOG_LEVEL": "debug"}
    assert robot.rovictl("status", env=noise).status == 0
    assert robot.rovictl("start nav", env=noise).status == 75
    assert robot.rovictl("stop", env=noise).out == "mapping stopped\n"
    # A preload that is missing makes ld.so complain on the stderr of each process, good replies or not.
    robot.put(
        "/run/systemd/system/rovi-mapping.service.d/99-test.conf", "[Service]\nEnvironment=LD_PRELOAD=/nowhere.so\n"
    )
    try:
        robot.must("systemctl daemon-reload")
        assert robot.rovictl("start mapping").status == 0
    finally:
        robot.must("rm -r /run/systemd/system/rovi-mapping.service.d; systemctl daemon-reload")


def test_nothing_that_a_node_says_of_itself_controls_the_terminal(robot):
    robot.put(
        "/run/systemd/system/rovi-mapping.service.d/99-test.conf",
        "[Service]\nExecStartPost=/bin/bash -c 'systemd-notify --status=$$(printf \"a\\\\033]0;b\\\\007c\")'\n"
        "ExecStartPost=/bin/false\n",
    )
    try:
        robot.must("systemctl daemon-reload")
        for result in (robot.rovictl("start mapping"), robot.rovictl("status mapping")):
            assert "\x1b" not in result.out + result.err and "\x07" not in result.out + result.err, result
    finally:
        robot.must("rm -r /run/systemd/system/rovi-mapping.service.d; systemctl daemon-reload")


def test_no_systemd(robot):
    robot.must(
        "mkdir -p /opt/other/{bin,lib} && cp $(type -P timeout readlink) /usr/local/bin/rovictl /opt/other/bin && "
        "cp -r /usr/local/lib/rovi /opt/other/lib"
    )
    try:
        env = {"PATH": "/opt/other/bin"}
        assert "this machine does not run systemd" in refused(robot, ["status"], 4, env=env)
        robot.must("rm -r /opt/other/lib")
        assert "its folder /opt/other/lib/rovi is missing" in refused(robot, ["status"], 4, env=env)
    finally:
        robot.must("rm -r /opt/other")


def test_not_installed(robot):
    for arguments in (["status"], ["start", "mapping"], ["status", "--json"]):
        assert "not installed here" in refused(robot, arguments, 4, env={"SYSTEMD_UNIT_PATH": "/nowhere"})


# ---- and what status says when all is well


def test_status_json_is_the_contract(robot):
    robot.rovictl("start mapping")
    robot.run(["systemctl", "start", "rovi-nav.service"])
    units = {unit["unit"]: unit for unit in map(json.loads, robot.rovictl("status --json").out.splitlines())}
    assert list(units) == ["rovi-gateway.service", *sorted(f"rovi-{stack}.service" for stack in STACKS)]
    for unit in units.values():
        assert list(unit) == [
            "schema",
            "stack",
            "unit",
            "state",
            "load_state",
            "active_state",
            "sub_state",
            "unit_file_state",
            "result",
            "exec_main_code",
            "exec_main_status",
            "main_pid",
            "since",
            "memory_bytes",
            "tasks",
            "status_text",
            "processes",
            "variant",
            "parameters",
            "degraded",
            "first_failure",
        ]
    mapping, nav, camera = (units[f"rovi-{name}.service"] for name in ("mapping", "nav", "camera"))
    assert (mapping["state"], mapping["active_state"], mapping["sub_state"]) == ("RUNNING", "active", "running")
    assert (mapping["exec_main_code"], mapping["exec_main_status"]) == (None, None)  # it still runs
    assert mapping["main_pid"] == int(robot.show("rovi-mapping.service", "MainPID"))
    assert mapping["tasks"] >= 4 and mapping["memory_bytes"] > 1_000_000 and mapping["since"].endswith("Z")
    assert (nav["state"], nav["result"], nav["exec_main_status"], nav["main_pid"]) == ("FAILED", "exit-code", 75, None)
    assert nav["status_text"] == "stack mapping is active: stop it first with 'rovictl stop mapping'"
    assert (camera["state"], camera["main_pid"], camera["memory_bytes"]) == ("STOPPED", None, None)
    assert units["rovi-gateway.service"]["stack"] is None and mapping["stack"] == "mapping"


def test_status_text_of_any_kind_is_valid_json(robot):
    odd = """a "quoted" 'text' 100%d $HOME `id` {} [] tab\tend ünïcode"""  # systemd itself drops backslashes
    robot.put("/home/rovi/odd", odd)
    robot.put(
        "/run/systemd/system/rovi-mapping.service.d/99-test.conf",
        "[Service]\nExecStartPost=/bin/bash -c 'systemd-notify --status=\"$$(cat /home/rovi/odd)\"'\n",
    )
    try:
        robot.must("systemctl daemon-reload; systemctl start rovi-mapping.service")
        unit = json.loads(robot.rovictl("status mapping --json").out)
        assert unit["status_text"] == odd.replace("\t", " ")
    finally:
        robot.must("rm -r /run/systemd/system/rovi-mapping.service.d; systemctl daemon-reload")


def test_status_exit_codes(robot):
    assert robot.rovictl("status").status == 0
    assert robot.rovictl("status mapping").status == 3
    robot.rovictl("start mapping")
    assert robot.rovictl("status mapping").status == 0
    robot.must(["systemctl", "stop", "rovi-gateway.service"])
    assert robot.rovictl("status").status == 3


def test_list_and_logs(robot):
    assert [line.split()[0] for line in robot.rovictl("list").out.splitlines() if line[0] != " "] == sorted(STACKS)
    robot.rovictl("start mapping")
    wait_for(lambda: "mapping_driver is up" in robot.rovictl("logs mapping").out, lambda: robot.report("rovi-mapping"))
    for lines in ("-n 2", "-n2", "--lines 2"):
        assert len(robot.rovictl(f"logs mapping {lines}").out.splitlines()) == 2
    robot.must(["systemctl", "restart", "rovi-gateway.service"])
    both = robot.rovictl("logs").out
    assert "rovi-gateway[" in both and "rovi-mapping[" in both
    result = robot.rovictl("logs mapping", user="mallory")
    assert result.status == 77 and "usermod -aG systemd-journal mallory" in result.err


def test_logs_follow(robot):
    robot.rovictl("start mapping")
    robot.put(
        "/tmp/follow.sh",
        "timeout 20 rovictl logs mapping -f >/tmp/follow &\n"
        "until pgrep -x journalctl >/dev/null; do sleep 0.05; done\n"
        "rovictl stop\n"
        "until grep -q 'has finished cleanly' /tmp/follow; do sleep 0.05; done\n"
        "pkill -x journalctl\n",
    )
    assert robot.run("timeout 20 bash /tmp/follow.sh", user="alice").status == 0
    assert "mapping_driver is up" in robot.must("cat /tmp/follow")
