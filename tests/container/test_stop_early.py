"""A stop that comes while the launch starts: ros2 launch loses a SIGINT then now and again, and must not get away with
it."""

import json
import os
import random

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY

MAPPING, NAV = "rovi-mapping.service", "rovi-nav.service"
DROP_IN = "/run/systemd/system/rovi-mapping.service.d/99-test.conf"
STOPS = int(os.environ.get("STOPS", "15"))


@pytest.fixture
def declare(robot):
    """A function that gives mapping's unit more lines of [Service]."""

    def give(*lines):
        robot.put(DROP_IN, "\n".join(["[Service]", *lines]) + "\n")
        robot.must("systemctl daemon-reload")

    yield give
    robot.must(f"systemctl stop rovi-mapping; rm -rf {DROP_IN.rpartition('/')[0]} /tmp/ready; systemctl daemon-reload")


def wrong_with(round_):
    """What is wrong with a stop: sentences."""
    wrong = [] if round_["state"] == "inactive" else [f"it is {round_['state']}"]
    if round_["ended"] - round_["began"] > 20:
        wrong.append("it was not gone in time")
    nodes = {}
    for when, node, event in (line.split() for line in round_["events"].split(";") if line):
        nodes.setdefault(node, []).append((event, float(when) - round_["began"]))
    for node, events in nodes.items():
        told = [after for event, after in events if event == "SIGINT"]
        # Python loses one that comes while it looks at the script's name; launch has told that node all the same.
        lost = not told and f"[{node}-" in round_.get("lost", "")
        if not lost and (len(told) != 1 or told[0] > 3):
            wrong.append(f"{node}: {events}")
    return wrong


@pytest.mark.parametrize("switches", [{"races": True}, {"races": True, "import_s": 0.4}, {}])
def test_every_node_has_its_sigint_and_the_end_is_stopped(robot, switches):
    chance = random.Random(f"{os.environ.get('SEED', 1)} {switches}")
    robot.switch("mapping", nodes=5, **switches)
    delays = [f"{(number + chance.random()) * 0.8 / STOPS:.3f}" for number in range(STOPS)]  # all over the 0.8 s
    said = robot.must(["bash", "/opt/harness/stop_early.bash", *delays], timeout_s=40 * STOPS)
    rounds = [json.loads(line) for line in said.splitlines()]
    bad = {round_["delay"]: wrong_with(round_) for round_ in rounds if wrong_with(round_)}
    # Seen once in 300 on a busy machine, and not understood: the nodes are told and gone in time, and the unit is
    # FAILED.
    only_failed = [delay for delay, wrong in bad.items() if wrong == ["it is failed"]]
    assert len(rounds) == STOPS and len(only_failed) <= 1 and len(bad) == len(only_failed), (
        f"{bad}\n{robot.journal(MAPPING, 200)}"
    )
    assert any(round_["was"] == "activating" for round_ in rounds), "no stop came while it started"


def nodes_events(robot):
    """What each node of mapping has noted: a dict of node to its events."""
    seen = {}
    for _, node, event in robot.events("mapping"):
        seen.setdefault(node, []).append(event)
    return seen


def test_a_node_that_ends_slowly_has_no_second_sigint(robot, declare):
    declare('Environment="ROVI_READY_CHECK=test -e /tmp/ready"')
    robot.switch("mapping", does={"linger_s": 3})
    robot.must("rm -f /tmp/ready; systemctl start --no-block rovi-mapping")
    wait_for(lambda: len(robot.events("mapping")) == 3, lambda: robot.report(MAPPING))
    assert robot.state(MAPPING) == "activating", "its start is watched no more: nothing is proved"
    robot.must("systemctl stop rovi-mapping")
    assert list(nodes_events(robot).values()) == [["start", "SIGINT", "end"]] * 3
    assert robot.show(MAPPING, "ActiveState", "Result") == {"ActiveState": "inactive", "Result": "success"}


def test_a_stop_right_after_ready_reaches_the_node_that_is_being_started(robot):
    # READY=1 comes with the first process, and the stop while launch starts the second, which it then forgets.
    robot.switch("mapping", races=True, nodes=5, start_s=2)
    robot.must("rm -f /tmp/looks; install -m 666 /dev/null /tmp/looks")
    robot.put(
        "/usr/local/bin/busctl",
        '#!/bin/sh\ncase $* in *ListUnitsByNames*) echo >>/tmp/looks ;; esac\nexec /usr/bin/busctl "$@"\n',
        mode=0o755,
    )
    try:
        robot.must("systemctl start rovi-mapping")
        before = len(robot.must("cat /tmp/looks"))
        wait_for(  # the second of these looks, at the latest, has seen that it is active
            lambda: len(robot.must("cat /tmp/looks")) > before + 1, "its start is watched no more"
        )
        robot.must("systemctl stop rovi-mapping")
        seen = nodes_events(robot)
        assert len(seen) > 1 and list(seen.values()) == [["start", "SIGINT", "end"]] * len(seen), seen
        assert "has sent no SIGINT to its process" in robot.journal(MAPPING), "it forgot none: nothing is proved"
        assert robot.show(MAPPING, "ActiveState", "Result") == {"ActiveState": "inactive", "Result": "success"}
    finally:
        robot.must("rm /usr/local/bin/busctl /tmp/looks")


def test_a_stop_that_python_answers_with_1_because_it_is_early_is_a_good_end(robot, declare):
    declare("ExecStart=", "ExecStart=/bin/bash -c 'trap \"exit 1\" INT; touch /tmp/ready; sleep 100 </dev/null & wait'")
    robot.must("rm -f /tmp/ready; systemctl start --no-block rovi-mapping")
    wait_for(lambda: robot.run("test -e /tmp/ready").status == 0, lambda: robot.report(MAPPING))
    assert robot.state(MAPPING) == "activating"
    robot.must("systemctl stop rovi-mapping")
    assert robot.show(MAPPING, "ActiveState", "Result", "ExecMainStatus") == {
        "ActiveState": "inactive",
        "Result": "success",
        "ExecMainStatus": "1",
    }


def test_a_launch_that_ends_with_1_by_itself_has_failed(robot, declare):
    robot.switch("mapping", launch_status=1, mapping_planner_does={"crash_after_s": 0.5})
    robot.rovictl("start mapping")  # on a busy machine it sees the crash itself
    robot.wait_state(MAPPING, "failed")
    assert robot.show(MAPPING, "StatusText").startswith("mapping_planner died (exit code 3): ")
    robot.switch("mapping", launch_status=1)
    assert robot.rovictl("start mapping").status == 0
    result = robot.rovictl("stop")  # it had been ready: what goes wrong then is no race
    assert result.status == 1 and "not cleanly: ros2 launch ended with exit status 1" in result.err, result


@pytest.mark.parametrize("status", [1, 2, 130])
def test_what_comes_before_a_start_must_succeed_all_the_same(robot, declare, status):
    # Of a launch that was told to stop these are a good end.
    declare(f"ExecStartPre=/bin/sh -c 'exit {status}'")
    result = robot.rovictl("start mapping")
    assert result.status == 78 and "an ExecStartPre= of mapping has failed" in result.err, result
    several = rf"ExecStartPre=/bin/sh -c 'true \n\nexit {status}'"  # systemctl shows its lines as they are
    declare(f"ExecStartPre=-/bin/sh -c 'exit {status}'", several)
    result = robot.rovictl("start mapping")
    assert result.status == 78 and "an ExecStartPre= of mapping has failed" in result.err, result
    declare(f"ExecStartPre=-/bin/sh -c 'exit {status}'", r"ExecStartPre=/bin/sh -c 'true \n\ntrue'")
    assert robot.rovictl("start mapping").status == 0


@pytest.mark.parametrize("check", ["sleep 9; false", "false"])
def test_a_gateway_that_dies_ends_an_irreversible_start(robot, declare, check):
    declare(f'Environment="ROVI_READY_CHECK={check}"')
    robot.must("systemctl start --no-block --job-mode=replace-irreversibly rovi-mapping")
    wait_for(lambda: "ready check" in robot.show(MAPPING, "StatusText"), lambda: robot.report(MAPPING))
    robot.must(["systemctl", "kill", "--kill-who=main", "--signal=KILL", GATEWAY])
    robot.wait_state(MAPPING, "failed", "inactive", limit_s=5)
    assert robot.processes(MAPPING) == []
    assert "the gateway is not running" in robot.show(MAPPING, "StatusText")


def test_a_launch_that_is_ready_when_the_gateway_has_died_is_refused(robot, declare):
    declare('Environment="ROVI_READY_CHECK=test -e /tmp/ready"')
    robot.must("rm -f /tmp/ready; systemctl start --no-block --job-mode=replace-irreversibly rovi-mapping")
    wait_for(lambda: "ready check" in robot.show(MAPPING, "StatusText"), lambda: robot.report(MAPPING))
    robot.stop_what_watches("mapping")  # so that only the last look before READY=1 is left
    robot.must(["systemctl", "kill", "--kill-who=main", "--signal=KILL", GATEWAY])
    robot.wait_state(GATEWAY, "failed")
    assert robot.state(MAPPING) == "activating", "something else has seen it: nothing is proved"
    robot.must("touch /tmp/ready")
    assert robot.wait_state(MAPPING, "failed", "inactive", "active") != "active"
    assert robot.processes(MAPPING) == []
    assert "the gateway is not running" in robot.show(MAPPING, "StatusText")


def test_a_launch_that_gets_ready_as_the_gateway_dies_does_not_outlive_it(robot, declare):
    """The gateway goes, and READY=1 comes, between two looks of what watches the start."""
    says_ready = "NOTIFY_SOCKET=/run/systemd/notify systemd-notify --ready"
    robot.put("/tmp/ready_check", f"[[ ! -e /tmp/go ]] || {says_ready}\nexit 1\n")
    declare('Environment="ROVI_READY_CHECK=bash /tmp/ready_check"', "PrivateTmp=no")
    robot.must("rm -f /tmp/go; systemctl start --no-block --job-mode=replace-irreversibly rovi-mapping")
    wait_for(lambda: "ready check" in robot.show(MAPPING, "StatusText"), lambda: robot.report(MAPPING))
    watcher = robot.stop_what_watches("mapping")
    robot.must(["systemctl", "kill", "--kill-who=main", "--signal=KILL", GATEWAY])
    robot.wait_state(GATEWAY, "failed")
    robot.must("touch /tmp/go")
    robot.wait_state(MAPPING, "active")
    robot.must(f"kill -CONT {watcher}")
    robot.wait_state(MAPPING, "failed", "inactive", limit_s=5)
    assert robot.processes(MAPPING) == []


@pytest.mark.parametrize("command", ["rovictl gateway stop", "rovictl stop mapping --force", "rovictl gateway restart"])
def test_root_is_not_held_up_by_an_irreversible_start(robot, declare, command):
    declare('Environment="ROVI_READY_CHECK=test -e /tmp/ready"')
    robot.must("systemctl start --no-block --job-mode=replace-irreversibly rovi-mapping")
    wait_for(lambda: "ready check" in robot.show(MAPPING, "StatusText"), lambda: robot.report(MAPPING))
    assert robot.run("systemctl stop rovi-mapping").status != 0, "nothing holds up root: nothing is proved"
    robot.must("touch /tmp/ready") if "restart" in command else None
    result = robot.run(command)
    assert result.status == 0, result
    if "restart" not in command:
        assert robot.state(MAPPING) == "inactive" and robot.processes(MAPPING) == []


def test_who_kills_what_waits_is_not_taken_for_the_ready_check(robot, declare):
    declare('Environment="ROVI_READY_CHECK=false"')
    robot.must("systemctl start --no-block rovi-mapping")
    wait_for(lambda: "ready check" in robot.show(MAPPING, "StatusText"), lambda: robot.report(MAPPING))
    robot.must(["kill", "-KILL", robot.announcer("mapping")])
    robot.wait_state(MAPPING, "failed", limit_s=10)
    assert robot.show(MAPPING, "StatusText") == "refused (1): the process that waits for it to be ready was killed"


@pytest.mark.parametrize("how", ["remove", "unlock"])
def test_of_two_that_start_without_a_lock_the_first_runs(robot, declare, how):
    declare('Environment="ROVI_READY_CHECK=test -e /tmp/ready"')
    robot.switch("mapping", does={"unlock": how == "unlock"})
    robot.must("rm -f /tmp/ready; systemctl start --no-block rovi-mapping")
    wait_for(lambda: "ready check" in robot.show(MAPPING, "StatusText"), lambda: robot.report(MAPPING))
    if how == "remove":
        robot.must("rm /run/rovi/stack.lock")
    else:
        unlocked = "flock --nonblock /run/rovi/stack.lock true"
        wait_for(lambda: robot.run(unlocked, user="rovi").status == 0, "no node unlocks it")
    robot.must("systemctl start --no-block rovi-nav")
    wait_for(
        lambda: robot.show(NAV, "StatusText") == "waiting for stack mapping, which has started earlier",
        lambda: robot.report(NAV),
    )
    robot.must("touch /tmp/ready")
    robot.wait_state(NAV, "failed")
    robot.wait_state(MAPPING, "active")
    assert (
        robot.show(NAV, "StatusText")
        == "refused (75): stack mapping is active: stop it first with 'rovictl stop mapping'"
    )
    assert robot.processes(NAV) == [] and robot.show(MAPPING, "NRestarts", "ActiveState")["ActiveState"] == "active"
    robot.must("rovictl stop", user="alice")
    assert robot.rovictl("start nav").status == 0


def test_one_that_has_no_lock_and_stops_is_waited_for(robot, declare):
    declare('Environment="ROVI_READY_CHECK=test -e /tmp/ready"')
    robot.switch("mapping", does={"linger_s": 3})
    robot.must("rm -f /tmp/ready; systemctl start --no-block rovi-mapping")
    wait_for(lambda: len(robot.processes(MAPPING)) > 2, lambda: robot.report(MAPPING))
    wait_for(lambda: "ready check" in robot.show(MAPPING, "StatusText"), lambda: robot.report(MAPPING))
    robot.must("rm /run/rovi/stack.lock; systemctl start --no-block rovi-nav")
    waits = "waiting for stack mapping, which has started earlier"
    wait_for(lambda: robot.show(NAV, "StatusText") == waits, lambda: robot.report(NAV))
    robot.must("systemctl stop --no-block rovi-mapping")
    waits = "waiting for stack mapping to stop"
    wait_for(lambda: robot.show(NAV, "StatusText") == waits, lambda: robot.report(NAV))
    robot.wait_state(NAV, "active")
    assert robot.show(MAPPING, "ActiveState") == "inactive" and robot.processes(MAPPING) == []


@pytest.mark.parametrize(
    "name",
    [
        "stack",
        "REQUEST_ARGS",
        "LAUNCH_SAID",
        "NOTIFY_SOCKET",
        "ROVI_PIPE",
        "ROVI_REPLY",
        "INVOCATION_ID",
        "ROVI_ENV_TAKEN",
        "ROVI_READY_CHECK",
    ],
)
def test_the_names_that_the_scripts_use_are_theirs(robot, name):
    env_file = "/home/rovi/rovi_ros_ws/.env.robot"
    robot.must(f"cp {env_file} /tmp/env.keep; echo {name}=nav >>{env_file}")
    try:
        result = robot.rovictl("start mapping")
        assert result.status == 78 and f"ROVI's own scripts use the name {name}" in result.err, result
        assert ".env.robot:" in result.err
    finally:
        robot.must(f"cp /tmp/env.keep {env_file}")
    assert robot.rovictl("start mapping").status == 0


@pytest.mark.parametrize("command", ["flock", "busctl", "systemd-notify"])
def test_a_program_that_is_missing_is_said_to_be(robot, command):
    path = robot.must(f"readlink -f $(type -P {command})").strip()
    robot.must(f"mv {path} /root/kept")
    try:
        robot.must(
            "systemctl start --no-block rovi-mapping; "
            "until systemctl show -P ActiveState rovi-mapping | grep -qx failed; do :; done",
            timeout_s=20,
        )
        assert robot.show(MAPPING, "ExecMainStatus") == "78"
        assert f"the command {command} is missing" in robot.journal(MAPPING)
    finally:
        robot.must(f"mv /root/kept {path}")


def test_what_watches_a_start_is_not_taken_for_its_first_process(robot):
    # systemd answers slowly, so that who asks it is there for a while.
    robot.put("/usr/local/bin/busctl", '#!/bin/sh\nsleep 0.3\nexec /usr/bin/busctl "$@"\n', mode=0o755)
    robot.switch("mapping", import_s=2)
    try:
        robot.must("systemctl start rovi-mapping")
        began, ready = (
            int(robot.show(MAPPING, f"{name}TimestampMonotonic")) for name in ("InactiveExit", "ActiveEnter")
        )
        assert ready - began > 2_000_000
    finally:
        robot.must("rm /usr/local/bin/busctl")
