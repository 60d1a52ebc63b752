"""A stack whose unit file was removed, or masked, while it runs; and units of an administrator's own that look like
stacks."""

import contextlib
import json

import pytest

from harness.result import wait_for
from harness.robot import SESSION, STACKS
from tests.container.attack import (
    MANAGER,
    REFUSALS,
    TRANSIENT,
    nothing_outside_has_changed,
    nothing_ran_as_root,
    outside,
)
from tests.container.test_executor import EXECUTOR, call, good, refused

MAPPING, NAV, BACKUP = "rovi-mapping.service", "rovi-nav.service", "rovi-backup.service"
FILE = f"/etc/systemd/system/{NAV}"
# How the file goes, and what rovictl says of it then.
WAYS = {
    "removed": (f"mv {FILE} /root/", "gone"),
    "forgotten": (f"mv {FILE} /root/; systemctl daemon-reload", "gone"),
    "masked": (f"mv {FILE} /root/; ln -s /dev/null {FILE}; systemctl daemon-reload", "masked"),
}


@contextlib.contextmanager
def gone(robot, way="removed"):
    """nav runs, and its unit file is gone; afterwards it is back."""
    assert robot.rovictl("start nav").status == 0
    wait_for(lambda: robot.events("nav"), "no node of nav has started")
    robot.must(WAYS[way][0])
    try:
        yield
    finally:
        robot.must(f"systemctl stop {NAV}; rm -f {FILE}; mv /root/{NAV} /etc/systemd/system/; systemctl daemon-reload")


@pytest.mark.parametrize("way", WAYS)
def test_an_operator_sees_it_and_stops_it(robot, way):
    with gone(robot, way):
        out = robot.rovictl("status").out
        assert out.endswith(f"    its unit file is {WAYS[way][1]}: it can be stopped, but not started again\n"), out
        assert "● nav            RUNNING" in out and " <\n" in out
        assert json.loads(robot.rovictl("status --json").out.splitlines()[-1])["stack"] == "nav"
        assert robot.rovictl("ps nav").status == 0
        result = robot.rovictl("start mapping")
        assert (result.status, result.err) == (
            75,
            "rovictl: stack nav is active: stop it first with 'rovictl stop nav', or 'rovictl switch mapping'\n",
        )
        assert robot.run(["systemctl", "start", MAPPING]).status != 0
        assert (
            robot.show(MAPPING, "StatusText")
            == "refused (75): stack nav is active: stop it first with 'rovictl stop nav'"
        )
        result = robot.rovictl("stop nav")
        assert (result.status, result.out) == (0, "nav stopped\n"), result
        wait_for(lambda: not robot.processes(NAV), "nav is still there")
        assert robot.rovictl("start mapping").status == 0
        assert robot.rovictl("stop").out == "mapping stopped\n"
        result = robot.rovictl("start nav")
        assert result.status == 2 and "no stack is named nav" in result.err


def test_stop_without_a_name_and_switch(robot):
    with gone(robot):
        assert robot.rovictl("stop").out == "nav stopped\n"
    with gone(robot):
        assert robot.rovictl("switch mapping").out == "nav stopped\nmapping runs\n"


def test_the_executor_knows_it(robot):
    with gone(robot):
        assert [unit["stack"] for unit in good(call(robot, "GetStatus"))["units"]][-1] == "nav"
        assert refused(call(robot, "Start", stack="mapping"), EXECUTOR + "AnotherStackActive")["active"] == "nav"
        assert good(call(robot, "Stop"))["unit"]["stack"] == "nav"
    assert robot.state(NAV) == "inactive"


def test_a_stop_opens_nothing_else(robot, record_property):
    """What else could be asked for with the verb stop, or for a name whose file is gone; by an operator, while the
    stack runs."""
    before = outside(robot)
    tried = [
        TRANSIENT.format(unit=NAV),
        MANAGER + f"StartUnit ss {NAV} replace",
        MANAGER + f"RestartUnit ss {NAV} replace",
        MANAGER + f"TryRestartUnit ss {NAV} replace",
        MANAGER + f"ReloadOrRestartUnit ss {NAV} replace",
        MANAGER + f"StopUnit ss {NAV} isolate",
        MANAGER + f"KillUnit ssi {NAV} all 9",
        MANAGER + f"SetUnitProperties 'sba(sv)' {NAV} true 1 CPUWeight t 5",
        MANAGER + f"EnqueueUnitJob sss {NAV} start replace",
        MANAGER + f"EnqueueUnitJob sss {NAV} restart replace",
        MANAGER + "StopUnit ss rovi-gateway.service replace",
        MANAGER + "StopUnit ss rovi-stacks.target replace",
        MANAGER + "StopUnit ss rovi_executor.socket replace",
        MANAGER + "StopUnit ss dbus.service replace",
        MANAGER + "StopUnit ss rovi-guard@nav.service replace",
        MANAGER + f"StopUnit ss {BACKUP} replace",
    ]
    record_property("inputs", len(tried))
    for way in ("removed", "forgotten"):
        with gone(robot, way):
            process = robot.show(NAV, "MainPID")
            for command in tried:
                result = robot.run(command, user="alice")
                assert result.status != 0 and any(
                    words in result.err for words in (*REFUSALS, "not loaded", "solate")
                ), result
            for mode in ("replace", "fail", "replace-irreversibly", "ignore-dependencies", "ignore-requirements"):
                assert robot.run(MANAGER + f"StopUnit ss {NAV} {mode}", user="mallory").status != 0
            assert robot.show(NAV, "MainPID") == process
            nothing_ran_as_root(robot)
            if robot.polkit_has_rules:
                robot.must(MANAGER + f"StopUnit ss {NAV} replace", user="alice")
                robot.wait_state(NAV, "inactive")
                for command in (
                    TRANSIENT.format(unit=NAV),
                    MANAGER + f"StopUnit ss {NAV} replace && false",
                    MANAGER + f"StartUnit ss {NAV} replace",
                ):
                    assert robot.run(command, user="alice").status != 0
                nothing_ran_as_root(robot)
    nothing_outside_has_changed(robot, before)


# ---- units of an administrator's own


@pytest.fixture
def backup(robot):
    """rovi-backup.service runs, which is no stack."""
    robot.put(f"/etc/systemd/system/{BACKUP}", "[Service]\nExecStart=/bin/sleep 1000\n")
    robot.must(f"systemctl daemon-reload; systemctl start {BACKUP}")
    yield robot
    robot.must(f"systemctl stop {BACKUP}; rm -f /etc/systemd/system/{BACKUP}; systemctl daemon-reload")


def test_a_unit_that_is_no_stack_excludes_none(backup):
    robot = backup
    for command in ("true", f"rm /etc/systemd/system/{BACKUP}"):
        robot.must(command)
        for arguments, said in (
            ("start mapping", "mapping runs\n"),
            ("switch nav", "mapping stopped\nnav runs\n"),
            ("stop", "nav stopped\n"),
        ):
            result = robot.rovictl(arguments)
            assert (result.status, result.out) == (0, said), result
        assert "backup" not in robot.rovictl("status").out
        assert robot.state(BACKUP) == "active"


def test_nor_does_one_that_is_transient(robot):
    robot.must(f"systemd-run --unit={BACKUP} /bin/sleep 1000")
    assert robot.rovictl("start mapping").status == 0
    assert robot.rovictl("stop").out == "mapping stopped\n"
    robot.must(f"systemctl stop {BACKUP}")


# ---- who holds the lock


OUTSIDE = "a process outside the stacks holds the stack lock: an administrator runs 'sudo rovictl doctor'"


@pytest.fixture
def holder(robot):
    """A process of the service user's in no stack unit holds the lock."""
    robot.must("systemd-run --unit=holder --uid=rovi flock -F /run/rovi/stack.lock sleep 1000")
    wait_for(lambda: robot.run("flock -n /run/rovi/stack.lock true", user="rovi").status == 1, "nobody has the lock")
    yield robot
    robot.must("systemctl stop holder.service; systemctl reset-failed")


@pytest.mark.parametrize(
    "session",
    [
        None,
        "rovi_bringup/nav.launch.py",
        "rovi_bringup/mapping.launch.py",
        "rovi_bringup/gateway.launch.py",
        "rovi_bringup/backup.launch.py",
        "\x1b[31m\n\x1b]0;x\x07",
        "x" * 100000,
        "../../x",
        "pipe",
        "link",
    ],
)
def test_a_process_outside_the_stacks_is_named_as_such(holder, session):
    robot = holder
    robot.must(f"mkdir -p {SESSION.rsplit('/', 1)[0]}; rm -rf {SESSION}", user="rovi")
    if session == "pipe":
        robot.must(["mkfifo", SESSION], user="rovi")
    elif session == "link":
        robot.put("/tmp/nav", "rovi_bringup/nav.launch.py\n", user="rovi")
        robot.must(["ln", "-s", "/tmp/nav", SESSION], user="rovi")
    elif session:
        robot.put(SESSION, session + "\n", user="rovi")
    result = robot.rovictl("start mapping", timeout_s=20)
    assert (result.status, result.err) == (75, f"rovictl: mapping failed: {OUTSIDE}\n"), result
    assert robot.show(MAPPING, "StatusText") == f"refused (75): {OUTSIDE}"
    assert robot.rovictl("stop").out == "no stack is active\n"


def test_a_refusal_because_of_a_process_outside_the_stacks_stays(holder):
    for name in ("nav", "teleop", "camera"):
        holder.must(f"systemctl start rovi-{name} || true")
    assert [holder.state(f"rovi-{name}.service") for name in ("nav", "teleop")] == ["failed"] * 2


def test_a_session_file_that_names_a_unit_which_is_no_stack(holder, backup):
    holder.put(SESSION, "rovi_bringup/backup.launch.py\n", user="rovi")
    assert holder.rovictl("start mapping").err == f"rovictl: mapping failed: {OUTSIDE}\n"


def test_a_stack_that_runs_is_named_whatever_the_session_file_says(robot):
    assert robot.rovictl("start nav").status == 0
    for session, said in (
        ("rovi_bringup/nav.launch.py", "stack nav is active: stop it first with 'rovictl stop nav'"),
        ("rovi_bringup/camera.launch.py", "another stack is active: stop it first with 'rovictl stop'"),
        *(
            (odd, "another stack is active: stop it first with 'rovictl stop'")
            for odd in ("", "rovi_bringup/*.launch.py", "rovi_bringup/?av.launch.py", "\x1b[31mnav")
        ),
    ):
        robot.put(SESSION, session + "\n", user="rovi")
        assert robot.run(["systemctl", "start", MAPPING]).status != 0
        assert robot.show(MAPPING, "StatusText", "ExecMainStatus") == {
            "StatusText": f"refused (75): {said}",
            "ExecMainStatus": "75",
        }
    assert robot.rovictl("stop").out == "nav stopped\n"


def test_a_stack_that_is_stopping_is_said_to_be(robot):
    robot.switch("mapping", mapping_planner_does={"linger_s": 4})
    robot.rovictl("start mapping")
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    robot.must(["systemctl", "stop", "--no-block", MAPPING])
    wait_for(lambda: any(event == "end" for _, _, event in robot.events("mapping")), "no node has ended")
    assert robot.run(["systemctl", "start", NAV]).status != 0
    assert (
        robot.show(NAV, "StatusText") == "refused (75): stack mapping is still stopping: try again when it has stopped"
    )
    assert robot.state(MAPPING) == "deactivating", "too late to prove anything"
    robot.wait_state(MAPPING, "inactive")


def test_status_json_has_what_systemd_knows_of_a_stack_that_seems_to_run_and_does_not(robot):
    """As one that has just stopped: its link is still there when rovictl chooses whom to ask for by name."""
    link = f"/run/systemd/units/invocation:{NAV}"
    robot.must(f"ln -s 0123456789abcdef0123456789abcdef {link}")
    try:
        rows = [json.loads(line) for line in robot.rovictl("status --json").out.splitlines()]
    finally:
        robot.must(f"rm -f {link}")
    (nav,) = [row for row in rows if row["stack"] == "nav"]
    assert (nav["state"], nav["load_state"], nav["unit_file_state"]) == ("STOPPED", "loaded", "disabled"), nav
    assert [row["stack"] for row in rows] == [None, *sorted(STACKS)], rows
