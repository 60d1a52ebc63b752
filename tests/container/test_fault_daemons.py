"""polkitd, journald and the bus: stopped, killed, masked, or there and saying nothing. What runs goes on, whoever asks
is answered in time and in one sentence, no answer is false, and afterwards all is as before.

Through each of them: rovictl, `rovictl watch` and the executor.
"""

import json
import shlex
from dataclasses import dataclass

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY

MAPPING, NAV = "rovi-mapping.service", "rovi-nav.service"
JOURNALD = "systemd-journald.socket systemd-journald-dev-log.socket systemd-journald.service"


def executor(method, answers=1, **parameters):
    """Shell: a call of the executor, until so many answers are there."""
    call = {"method": f"org.rovi.Executor.{method}", "more": method == "Watch", "parameters": parameters}
    return shlex.join(["exec", "python3", "/opt/harness/executor_call.py", json.dumps(call), str(answers)])


@dataclass
class Answer:
    """What a command has ended with, after how many hundredths of a second, and what it has said."""

    status: int
    said: str
    hundredths: int


def at_once(robot, *commands):
    """Runs shell lines side by side, as alice; returns the Answer of each."""
    script = "rm -f /tmp/at.*\n"
    for number, command in enumerate(commands):
        robot.put(f"/tmp/at-{number}.sh", command)
        script += (
            f"(b=${{EPOCHREALTIME/./}}; timeout 50 bash /tmp/at-{number}.sh >/tmp/at.{number} 2>&1; "
            f'echo $? $(((${{EPOCHREALTIME/./}} - b) / 10000)) >/tmp/at.{number}.end) & pids+=" $!"\n'
        )
    robot.must(script + "wait $pids", user="alice", timeout_s=90)
    ends = [robot.must(f"cat /tmp/at.{number}.end").split() for number in range(len(commands))]
    answers = [
        Answer(int(status), robot.must(f"cat /tmp/at.{number}"), int(took))
        for number, (status, took) in enumerate(ends)
    ]
    robot.must("rm -rf /tmp/at[.-]*")
    return answers


@pytest.fixture
def daemon(robot, record_property):
    """Does something to a daemon by a shell line, and undoes it by another at the end of the test."""
    undone = []

    def to(wrong, mend):
        record_property("faults", 1)
        undone.append(mend)
        robot.must(wrong)

    yield to
    for mend in reversed(undone):
        robot.must(mend)


@pytest.fixture
def mapping(robot):
    """The robot with mapping active and its nodes up."""
    assert robot.rovictl("start mapping").status == 0
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    return robot


def identity(robot, unit=MAPPING):
    return robot.show(unit, "MainPID", "InvocationID", "ActiveState")


def works(robot):
    """Everything does, for an operator, after the fault."""
    for words in ("switch nav", "status nav", "restart nav", "stop"):
        result = robot.rovictl(words)
        assert result.status == 0, result
    (answer,) = at_once(robot, executor("GetStatus", stack="nav"))
    assert '"state":"STOPPED"' in answer.said, answer


# ---- polkit


def test_polkit_that_was_stopped_is_started_by_who_asks(mapping, daemon):
    before = identity(mapping)
    daemon("systemctl stop polkit.service", "true")
    assert identity(mapping) == before
    works(mapping)
    assert not mapping.polkit_has_rules or mapping.state("polkit.service") == "active"


def test_without_polkit_only_root_may_and_rovictl_says_so(mapping, daemon):
    before = identity(mapping)
    daemon("systemctl mask --quiet --now polkit.service", "systemctl unmask --quiet polkit.service")
    assert mapping.rovictl("status mapping").status == 0
    if mapping.polkit_has_rules:  # else nobody asks it
        result = mapping.rovictl("stop")
        assert result.status == 77 and result.err.startswith(
            "rovictl: polkit does not run, so only root may do that: "
        ), result
        (answer,) = at_once(mapping, executor("Stop"))
        assert "NotPermitted" in answer.said and "polkit does not run" in answer.said, answer
        assert identity(mapping) == before
    assert mapping.rovictl("restart mapping", user="root").status == 0
    mapping.must("systemctl unmask --quiet polkit.service")
    works(mapping)


def test_a_polkit_that_hangs_is_given_up_and_what_was_asked_is_not_done_later(mapping, daemon):
    if not mapping.polkit_has_rules:
        daemon("systemctl start polkit; systemctl kill -s STOP polkit.service", "systemctl kill -s CONT polkit.service")
        works(mapping)  # nobody asks it
        return
    before = identity(mapping)
    daemon("systemctl start polkit; systemctl kill -s STOP polkit.service", "systemctl kill -s CONT polkit.service")
    soon, late, called = at_once(mapping, "rovictl stop --timeout 2", "rovictl stop", executor("Stop"))
    for answer, limit in ((soon, 2), (late, 10)):
        assert (answer.status, answer.said) == (
            124,
            f"rovictl: systemd did not answer within {limit} s: see 'rovictl status', and try again\n",
        )
        assert answer.hundredths < (limit + 2) * 100, answer
    assert "org.rovi.Executor.Timeout" in called.said and called.hundredths < 1200, called
    assert mapping.rovictl("status").status == 0
    mapping.must("systemctl kill -s CONT polkit.service")
    wait_for(
        lambda: (
            mapping.rovictl("start nav").status == 75
            and mapping.run(
                "busctl get-property org.freedesktop.PolicyKit1 /org/freedesktop/PolicyKit1/Authority "
                "org.freedesktop.PolicyKit1.Authority BackendVersion"
            ).status
            == 0
        ),
        "polkit does not answer again",
    )
    assert identity(mapping) == before  # who had asked has gone: polkit says no
    works(mapping)


# ---- journald

JOURNALD_FAULTS = {
    "stopped": (f"systemctl stop {JOURNALD}", f"systemctl start {JOURNALD}"),
    "killed": ("systemctl kill -s KILL systemd-journald.service", "true"),
    "hanging": ("systemctl kill -s STOP systemd-journald.service", "systemctl kill -s CONT systemd-journald.service"),
}


@pytest.mark.parametrize("fault", JOURNALD_FAULTS)
def test_without_a_journal_stacks_run_stop_and_start(mapping, daemon, fault):
    before = identity(mapping)
    daemon(*JOURNALD_FAULTS[fault])
    try:
        assert identity(mapping) == before
        assert mapping.rovictl("status mapping").out.count("RUNNING") == 1
        assert mapping.rovictl("logs mapping -n 3").status == 0
        result = mapping.rovictl("switch nav")  # the nodes' words go nowhere; SIGINT must not be lost with them
        assert (result.status, result.out) == (0, "mapping stopped\nnav runs\n"), result
        assert [event for _, _, event in mapping.events("mapping")].count("SIGINT") == 3
        mapping.must(["systemctl", "restart", GATEWAY])
        mapping.wait_state(NAV, "active")
        if fault == "hanging" and not mapping.polkit_has_rules:
            return  # sudo writes to the journal and waits for it: rovictl gives up with 124, sooner or later
        mapping.switch("teleop", start_none=True, launch_status=1)
        result = mapping.rovictl("switch teleop")
        assert result.status == 1 and "teleop failed: ros2 launch ended with exit status 1" in result.err, result
        assert "ros2 launch ended with exit status 1" in mapping.rovictl("status").out
    finally:
        mapping.must(JOURNALD_FAULTS[fault][1])
        mapping.must(["systemctl", "restart", GATEWAY])  # its words go nowhere else
    works(mapping)
    wait_for(lambda: "nav_driver is up" in mapping.journal(NAV), "the journal has nothing")


# ---- the bus


def test_a_bus_that_is_restarted_changes_nothing(mapping, daemon):
    before = identity(mapping)
    daemon("systemctl restart dbus.service", "true")
    assert identity(mapping) == before
    wait_for(lambda: mapping.rovictl("status mapping").status == 0, "systemd does not come back")
    works(mapping)


def test_without_a_bus_nothing_stops_and_rovictl_says_so(mapping, daemon):
    before = identity(mapping)
    daemon("systemctl stop dbus.socket dbus.service", "systemctl start dbus.socket")
    for words in ("status", "stop", "start nav"):
        result = mapping.rovictl(words)
        assert result.status == 4 and result.err.count("\n") == 1, result
        assert result.err.startswith("rovictl: cannot reach systemd ("), result
    assert identity(mapping) == before
    mapping.must("systemctl start dbus.socket")
    wait_for(lambda: mapping.rovictl("status mapping").status == 0, "systemd does not come back")
    works(mapping)


FREEZE = "kill -STOP $(systemctl show -p MainPID --value dbus.service)"
THAW = FREEZE.replace("STOP", "CONT")


def test_a_bus_that_hangs_is_given_up_by_all_in_time(mapping, daemon):
    before = identity(mapping)
    daemon(FREEZE, THAW)
    status, stop, watch, called, watched = at_once(
        mapping, "rovictl status", "rovictl stop --timeout 3", "rovictl watch", executor("GetStatus"), executor("Watch")
    )
    for answer, limit in ((status, 12), (stop, 5), (watch, 35)):
        assert answer.status == 124 and answer.hundredths < limit * 100, answer
        assert answer.said.startswith("rovictl: systemd did not answer within ") and answer.said.count("\n") == 1, (
            answer
        )
    for answer in (called, watched):
        assert "org.rovi.Executor.Timeout" in answer.said and answer.hundredths < 3500, answer
    mapping.must(THAW)
    assert identity(mapping) == before
    works(mapping)


@pytest.mark.parametrize("wrong", ["systemctl restart dbus.service", FREEZE])
def test_a_start_that_is_under_way_arrives(robot, daemon, wrong):
    robot.switch("mapping", import_s=1.5)
    start = robot.begin("rovictl start mapping")
    wait_for(lambda: any("stack:=mapping" in p.args for p in robot.processes(MAPPING)), "no launch")
    daemon(wrong, THAW)
    before = robot.show(MAPPING, "InvocationID")
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    robot.must(THAW)
    assert start.ended(30) == "mapping runs\n0\n"
    assert robot.show(MAPPING, "InvocationID") == before
    works(robot)


# ---- watch, through all of them


def test_watch_goes_on_through_all_of_it(robot, daemon, record_property):
    """And so does the executor's Watch: no state is false, none is missing at the end."""
    record_property("faults", 4)
    robot.switch("mapping", import_s=0.6)  # STARTING lasts long enough to be seen
    command = executor("Watch", 400, stack="mapping")
    robot.put(
        "/tmp/watch.sh",
        f"echo $$ >/tmp/watch.pid; timeout 50 rovictl watch mapping >/tmp/watch.lines 2>&1 & "
        f"echo $! >>/tmp/watch.pid\n{command} >/tmp/watch.json",
    )
    robot.must("(bash /tmp/watch.sh </dev/null >/dev/null 2>&1 &)", user="alice")
    wait_for(lambda: "STOPPED" in robot.run("cat /tmp/watch.lines").out, "watch has not begun")
    steps = (
        "systemctl restart dbus.service",
        "systemctl daemon-reexec",
        "systemctl mask --quiet --now polkit",
        "systemctl kill -s KILL systemd-journald",
    )
    try:
        for number, wrong in enumerate(steps):
            daemon(wrong, "systemctl unmask --quiet polkit.service")
            verb, state = (("start", "RUNNING"), ("stop", "STOPPED"))[number % 2]
            wait_for(lambda: robot.rovictl(f"{verb} mapping", user="root").status == 0, "systemd does not come back")
            for words in ("tail -n 1 /tmp/watch.lines", "tail -n 1 /tmp/watch.json"):
                wait_for(
                    lambda: state in robot.run(words).out, lambda: f"{words}: {robot.run(words)} after {wrong}", 15
                )
        states = [line.split()[3].rstrip(":") for line in robot.must("cat /tmp/watch.lines").splitlines()]
        assert {"STARTING", "RUNNING", "STOPPED"} <= set(states) and states.count("RUNNING") == 2, states
    finally:
        robot.run("kill $(cat /tmp/watch.pid); rm /tmp/watch.*")
