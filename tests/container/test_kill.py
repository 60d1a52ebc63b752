"""rovictl kill: the forced end of a stack, by whom, and that nobody gets more out of it."""

import json
import time

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY, SESSION
from tests.container.attack import MANAGER, refused
from tests.container.test_attack_notify import HOLD, hold

MAPPING, NAV = "rovi-mapping.service", "rovi-nav.service"
STUBBORN = {"ignore": ["SIGINT", "SIGTERM"]}


def by(robot):
    """Whom the status names when alice kills: sudo's rule cannot know her name."""
    return "alice" if robot.polkit_has_rules else "an operator"


def is_killed(robot, unit, by):
    """Whether the end of a unit was a kill, to its last trace."""
    assert robot.show(unit, "ActiveState", "StatusText") == {"ActiveState": "failed", "StatusText": f"killed by {by}"}
    assert robot.processes(unit) == [] and robot.run(["test", "-e", SESSION]).status
    assert robot.run("flock -n /run/rovi/stack.lock true").status == 0
    wait_for(lambda: not robot.must("systemctl list-units --all --no-legend 'rovi_kill@*'"), "the kill itself goes on")
    return True


def test_all_of_a_stack_is_killed_and_the_status_says_by_whom(robot):
    robot.switch("nav", does=STUBBORN)
    assert robot.rovictl("start nav").status == 0
    wait_for(lambda: len(robot.events("nav")) == 3, "three nodes have not started")
    result = robot.rovictl("kill nav")
    assert (result.status, result.out, result.err) == (0, "nav was killed\n", ""), result
    assert is_killed(robot, NAV, by(robot))
    assert {event for _, _, event in robot.events("nav")} == {"start"}  # no SIGINT, no SIGTERM, no end
    assert f"killed by {by(robot)}" in robot.rovictl("status nav").out
    assert f"rovi-nav.service is killed: {by(robot)} has asked for it" in robot.must(
        "journalctl --sync; journalctl --no-pager -u 'rovi_kill@*'"
    )
    assert robot.rovictl("start teleop").status == 0
    assert robot.state(GATEWAY) == "active"


@pytest.mark.parametrize("user", ["root", "rovi"])
def test_by_root_and_by_a_node(robot, user):
    assert robot.rovictl("start nav").status == 0
    result = robot.rovictl("kill --json", user=user)
    assert result.status == 0 and json.loads(result.out)["state"] == "FAILED", result
    assert is_killed(robot, NAV, user if robot.polkit_has_rules or user == "root" else "an operator")


def test_a_stop_that_is_too_slow_and_whoever_waits_for_it(robot):
    robot.switch("mapping", does=STUBBORN)
    assert robot.rovictl("start mapping").status == 0
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    stop = robot.begin("rovictl stop")
    robot.wait_state(MAPPING, "deactivating")
    began = time.monotonic()
    assert robot.rovictl("kill").status == 0
    assert time.monotonic() - began < 8
    assert is_killed(robot, MAPPING, by(robot))
    assert f"mapping stopped, but not cleanly: killed by {by(robot)}" in stop.ended()


def test_whatever_a_node_has_told_systemd(robot):
    hold(robot, HOLD)
    robot.wait_state(MAPPING, "deactivating")
    assert robot.rovictl("kill mapping").status == 0
    assert is_killed(robot, MAPPING, by(robot))


def test_a_start(robot):
    robot.switch("nav", import_s=30)
    start = robot.begin("rovictl start nav")
    robot.wait_state(NAV, "activating")
    wait_for(lambda: robot.run(["test", "-e", SESSION]).status == 0, "there is no session file")
    assert robot.rovictl("kill").status == 0
    assert is_killed(robot, NAV, by(robot))
    assert start.ended().startswith(f"rovictl: nav failed: killed by {by(robot)}\n")


def test_a_restart_does_not_go_on(robot):
    robot.switch("mapping", does=STUBBORN)
    assert robot.rovictl("start mapping").status == 0
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    assert robot.rovictl("restart mapping --no-wait").status == 0
    robot.wait_state(MAPPING, "deactivating")
    started = robot.show(MAPPING, "InvocationID")
    assert robot.rovictl("kill").status == 0
    assert is_killed(robot, MAPPING, by(robot)) and robot.show(MAPPING, "InvocationID") == started
    assert MAPPING not in robot.must("systemctl list-jobs")


def test_what_does_not_run_is_not_killed(robot):
    before = robot.show(NAV, "InvocationID")
    cursor = robot.must("journalctl --sync; journalctl -q -n 1 --show-cursor | sed -n 's/^-- cursor: //p'").strip()
    for words, said in (("kill", "no stack is active\n"), ("kill nav", "nav is not running\n")):
        result = robot.rovictl(words)
        assert (result.status, result.out) == (0, said), result
    assert robot.rovictl("kill gateway").status == 2 and robot.rovictl("kill nosuch").status == 2
    assert robot.show(NAV, "InvocationID") == before
    assert "rovi_kill@" not in robot.must(f"journalctl --sync; journalctl --no-pager --after-cursor='{cursor}'")


# ---- who is asked


@pytest.mark.parametrize(
    "typed, killed", [("y\\n", True), ("Yes\\n", True), ("n\\n", False), ("\\n", False), ("", False)]
)
def test_on_a_terminal_it_asks_once(robot, typed, killed):
    assert robot.rovictl("start nav").status == 0
    result = robot.run(f"printf '{typed}' | script -qec 'rovictl kill nav' /dev/null", user="alice")
    assert result.out.count("kill nav now? its nodes cannot save anything [y/N]") == 1, result
    assert ("nav was killed" in result.out) == killed and result.status == (0 if killed else 1), result
    assert ("nav was not killed" in result.out) != killed
    assert robot.state(NAV) == ("failed" if killed else "active")


def test_on_a_terminal_with_yes_it_does_not_ask(robot):
    assert robot.rovictl("start nav").status == 0
    result = robot.run("script -qec 'rovictl kill nav --yes' /dev/null </dev/null", user="alice")
    assert "[y/N]" not in result.out and robot.state(NAV) == "failed", result


def test_a_motion_guard_is_asked_while_the_stack_runs(robot):
    drop_in = f"/run/systemd/system/{NAV}.d/99-test.conf"
    robot.put(drop_in, '[Service]\nEnvironment="ROVI_MOTION_GUARD=echo it moves; false"\n')
    robot.switch("nav", does=STUBBORN)
    try:
        robot.must("systemctl daemon-reload")
        assert robot.rovictl("start nav").status == 0
        result = robot.rovictl("kill nav")
        assert result.status == 79 and result.err == (
            "rovictl: nav was not killed: motion guard: it moves: "
            "an administrator can force it: 'sudo rovictl kill nav --force'\n"
        ), result
        result = robot.rovictl("kill nav --force")
        assert result.status == 77 and "'sudo rovictl kill nav --force'" in result.err, result
        assert robot.state(NAV) == "active"
        assert robot.rovictl("kill --force", user="root").status == 0
        assert is_killed(robot, NAV, "root")
        assert robot.rovictl("start nav").status == 0
        wait_for(lambda: len(robot.events("nav")) == 6, "three nodes have not started")
        robot.must("systemctl stop --no-block rovi-nav")
        robot.wait_state(NAV, "deactivating")
        assert robot.rovictl("kill").status == 0  # the stop was begun: nobody is asked
    finally:
        robot.must(f"rm -f {drop_in}; systemctl daemon-reload")


# ---- that nobody gets more out of it


def test_an_operator_kills_in_the_own_name_only_and_stacks_only(robot):
    assert robot.rovictl("start nav").status == 0
    names = (
        "nav:root",
        "nav:mallory",
        "nav:rovi",
        "nav:ALICE",
        "nav:alice:root",
        "nav:alice:",
        "nav:",
        "nav::alice",
        ":alice",
        "gateway",
        "gateway:alice",
        "evil:alice",
        "nav-gateway:alice",
        "nav\\x3aalice",
    )
    calls = [f"StartUnit ss 'rovi_kill@{name}.service' replace" for name in names]
    for verb in ("Stop", "Restart", "TryRestart", "Reload"):
        calls.append(f"{verb}Unit ss rovi_kill@nav:alice.service replace")
    refused(robot, "alice", *(MANAGER + call for call in calls))
    both = [f"StartUnit ss 'rovi_kill@{name}.service' replace" for name in ("nav", "nav:mallory", "nav:alice")]
    refused(robot, "mallory", *(MANAGER + call for call in both))
    assert robot.rovictl("kill nav", user="mallory").status == 77
    assert robot.state(NAV) == "active"
    if not robot.polkit_has_rules:
        return
    robot.must(MANAGER + "StartUnit ss rovi_kill@nav.service replace", user="alice")
    robot.wait_state(NAV, "failed")
    assert is_killed(robot, NAV, "an operator")


@pytest.mark.parametrize("name", ["gateway", "gateway:root", "evil", "nav:a/b", "Nav", "nav:a b"])
def test_even_root_kills_nothing_but_a_stack_by_it(robot, name):
    robot.put("/run/systemd/system/rovi-evil.service", "[Service]\nUser=root\nExecStart=/bin/sleep 1000\n")
    try:
        robot.must("systemctl daemon-reload; systemctl start rovi-evil")
        pids = robot.must("systemctl show -p MainPID rovi-evil rovi-gateway")
        assert robot.run(["/usr/local/lib/rovi/kill_stack.sh", name]).status == 2
        assert robot.must("systemctl show -p MainPID rovi-evil rovi-gateway") == pids
    finally:
        robot.must("systemctl stop rovi-evil; rm /run/systemd/system/rovi-evil.service; systemctl daemon-reload")


def test_a_note_is_roots_and_of_one_start(robot):
    assert robot.rovictl("start nav").status == 0 and robot.rovictl("kill").status == 0
    assert robot.must("stat -c '%U %a' /run/rovi_killed /run/rovi_killed/nav").split() == ["root", "755", "root", "644"]
    for user in ("rovi", "alice"):
        assert robot.run("echo x >/run/rovi_killed/mapping || rm -f /run/rovi_killed/nav", user=user).status
    assert robot.rovictl("start nav").status == 0
    robot.must("systemctl kill --signal=KILL rovi-nav")
    robot.wait_state(NAV, "failed")
    assert robot.show(NAV, "StatusText") == "ros2 launch was ended by SIGKILL"


def test_a_stop_that_was_faster_than_the_kill_is_a_stop(robot):
    assert robot.rovictl("start nav").status == 0
    started = robot.show(NAV, "InvocationID")
    robot.must(f"mkdir -p /run/rovi_killed; echo {started} alice >/run/rovi_killed/nav")
    assert robot.rovictl("stop").status == 0
    assert robot.show(NAV, "ActiveState", "StatusText") == {"ActiveState": "inactive", "StatusText": ""}


def test_its_rights(robot):
    last = robot.must("systemd-analyze security --no-pager rovi_kill@nav:alice.service").splitlines()[-1]
    assert float(last.split(": ")[1].split()[0]) <= 6.5, last
    assert robot.show("rovi_kill@nav:alice.service", "CapabilityBoundingSet") == ""
