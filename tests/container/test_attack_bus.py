"""Every method of systemd on the bus, read from systemd itself, tried by an operator and by an outsider.

With a stack's name, with those of what is the administrator's, and with names that only look alike; in every
mode of a job. What a later systemd adds is tried, too, and fails here until somebody has looked at it.
"""

import json
import xml.etree.ElementTree as ElementTree

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY
from tests.container.attack import (
    MAPPING,
    NAV,
    PROOF,
    at_most_one_stack_runs,
    nothing_outside_has_changed,
    outside,
    the_next_start_works,
)

SYSTEMD, MANAGER_PATH = "org.freedesktop.systemd1", "/org/freedesktop/systemd1"
MANAGER = SYSTEMD + ".Manager"
VERBS = ("Start", "StartWithFlags", "StartReplace", "Stop", "Restart")
MODES = (
    "replace",
    "fail",
    "isolate",
    "flush",
    "ignore-dependencies",
    "ignore-requirements",
    "triggering",
    "restart-dependencies",
    "replace-irreversibly",
    "lenient",
    "",
    "nonsense",
)
JOBS = (
    "start",
    "verify-active",
    "stop",
    "reload",
    "restart",
    "try-restart",
    "reload-or-start",
    "reload-or-restart",
    "nop",
    "",
)
ODD_MODES = ("isolate", "flush", "ignore-dependencies")  # the ones that could do most
NOT_OURS = (
    GATEWAY,
    "rovi-stacks.target",
    "rovi_executor.socket",
    "run-rovi_requests.mount",
    "rovi-evil.service",
    "dbus.service",
)
ALIKE = (
    "rovi-Mapping.service",
    "ROVI-MAPPING.SERVICE",
    "rovi-mapping.service ",
    " rovi-mapping.service",
    "rovi-mapping.service\n",
    "rovi-mapping.service.",
    "rovi-mapping.",
    "rovi-mapping",
    "rovi-m\u0430pping.service",
    "rovi\u2011mapping.service",
    "\uff52\uff4f\uff56\uff49-mapping.service",
    "rovi-mapping\uff0eservice",
    "rovi-mapping\u200b.service",
    "rovi\\x2dmapping.service",
    "rovi-mapping\\x2eservice",
    "rovi-mapping@.service",
    "rovi-mapping@x.service",
    "rovi-guard@.service",
    "rovi-guard@gateway.service",
    "rovi-guard@evil.service",
    "rovi-guard@mapping.service.",
    "rovi-guard@guard@mapping.service",
    "rovi-guard@mapping\\x2d.service",
    "rovi_kill@.service",
    "rovi_kill@gateway.service",
    "rovi_kill@evil.service",
    "rovi_kill@mapping:root.service",
    "rovi_kill@mapping:.service",
    "rovi_executor@1-1-1000.service",
    "../rovi-mapping.service",
    "/etc/systemd/system/rovi-mapping.service",
    "rovi-mapping.service/../rovi-gateway.service",
    "rovi-mapping.service rovi-gateway.service",
    "rovi-*.service",
    "rovi-.service",
    "rovi-mapping.target",
    "rovi-mapping.socket",
    "",
    ".service",
    "%n",
    "rovi-" + "m" * 300 + ".service",
)
# What changes nothing and anybody may.
READING = ("Get", "List", "Lookup", "Load", "Dump", "Subscribe", "Unsubscribe")
EXEC_START = ["ExecStart", ["a(sasb)", [["/usr/bin/touch", ["touch", PROOF], False]]]]
BY_NAME = {
    "source": "/etc",
    "destination": "/mnt",
    "type": "Wants",
    "target": "sysinit.target",
    "whom": "all",
    "signal": 9,
    "assignments": ["LD_PRELOAD=/tmp/x.so"],
    "new_root": "/tmp",
    "init": "/tmp/init",
    "subcgroup": "/",
    "mask": ["all"],
    "mode": "replace",
    "job_mode": "replace",
    "job_type": "restart",
    "types": ["s"],
}
BY_TYPE = {"b": True, "i": 9, "t": 0, "y": 1, "a(sv)": [EXEC_START]}


@pytest.fixture
def bus(robot):
    """A function that makes calls as a user, by one process: a list of [error's name or None, first string]."""

    def call(user, calls, *socket):
        done = robot.run(
            ["python3", "/opt/harness/bus_calls.py", *socket], user, timeout_s=170, stdin=json.dumps(calls).encode()
        )
        assert done.status == 0, done.err
        return json.loads(done.out)

    return call


def path_of(unit):
    return f"{MANAGER_PATH}/unit/" + unit.replace("-", "_2d").replace(".", "_2e")


MAPPING_PATH = path_of(MAPPING)


def interfaces(bus, path):
    """What systemd has at path: interface name, its element."""
    ((error, text),) = bus("root", [[path, "org.freedesktop.DBus.Introspectable", "Introspect", "", []]])
    assert error is None, error
    return [
        (i.get("name"), i) for i in ElementTree.fromstring(text).iter("interface") if i.get("name").startswith(SYSTEMD)
    ]


def taken(method):
    """What a method takes: name and type of each argument."""
    return [(a.get("name"), a.get("type")) for a in method.findall("arg") if a.get("direction") == "in"]


def argument(name, kind, unit, number, **given):
    if name in given:
        return given[name]
    if name in BY_NAME:
        return BY_NAME[name]
    return BY_TYPE.get(kind, {"s": unit, "as": [unit], "u": number, "au": [number]}.get(kind, []))


def call_of(path, interface, method, unit, number, **given):
    arguments = taken(method)
    return [
        path,
        interface,
        method.get("name"),
        "".join(kind for _, kind in arguments),
        [argument(name, kind, unit, number, **given) for name, kind in arguments],
    ]


def variations(method):
    """Every mode of a job, and every kind of job, where the method takes one."""
    names = [name for name, _ in taken(method)]
    jobs = JOBS if "job_type" in names else ("restart",)
    modes = MODES if "job_mode" in names or ("mode" in names and "name" in names) else ("replace",)
    return [dict(mode=mode, job_mode=mode, job_type=job) for job in jobs for mode in modes]


def every_call(bus, number):
    """All methods of the manager with all names, and with the names that matter in all variations."""
    calls = []
    for interface, element in interfaces(bus, MANAGER_PATH):
        for method in element.findall("method"):
            kinds = [kind for _, kind in taken(method)]
            if "h" in kinds or method.get("name").startswith(READING):
                continue
            names = (MAPPING, *NOT_OURS, *ALIKE) if "s" in kinds or "as" in kinds else ("",)
            calls += [call_of(MANAGER_PATH, interface, method, name, number) for name in names]
            calls += [
                call_of(MANAGER_PATH, interface, method, name, number, **given)
                for name in (MAPPING, *NOT_OURS[:5])
                for given in variations(method)[1:]
            ]
    return calls


def is_an_operators(call):
    """Whether polkit's rule allows the call to an operator."""
    path, _, member, _, arguments = call
    if path != MAPPING_PATH and not (path == MANAGER_PATH and MAPPING in arguments[:2]):
        return False
    verb = member.replace("Unit", "")
    if verb == "ResetFailed":
        return path == MAPPING_PATH or member == "ResetFailedUnit"
    return verb in VERBS or (verb == "EnqueueJob" and bool({"start", "stop", "restart"} & set(map(str, arguments))))


def all_refused(robot, bus, user, calls, record_property):
    if user == "alice" and robot.polkit_has_rules:
        calls = [call for call in calls if not is_an_operators(call)]
    record_property("inputs", len(calls))
    before, runs = outside(robot), robot.show(MAPPING, "InvocationID", "ActiveState", "DropInPaths")
    answers = bus(user, calls)
    allowed = [call for call, (error, _) in zip(calls, answers) if error is None]
    assert allowed == [], f"{len(allowed)} were allowed"
    nothing_outside_has_changed(robot, before)
    assert robot.show(MAPPING, "InvocationID", "ActiveState", "DropInPaths") == runs
    the_next_start_works(robot)


@pytest.mark.parametrize("user", ["alice", "mallory"])
def test_no_method_of_the_manager_does_more_than_the_rule_says(robot, bus, user, record_property):
    robot.must(["systemctl", "start", MAPPING])
    calls = every_call(bus, int(robot.show(GATEWAY, "MainPID")))
    assert len(calls) > 1500, "too few to prove anything"
    all_refused(robot, bus, user, calls, record_property)


@pytest.mark.parametrize("user", ["alice", "mallory"])
def test_no_method_or_property_of_an_object_does_more(robot, bus, user, record_property):
    robot.must(["systemctl", "start", MAPPING])
    pid, calls = int(robot.show(GATEWAY, "MainPID")), []
    for unit in (MAPPING, GATEWAY, "rovi-stacks.target", None):
        path = path_of(unit) if unit else MANAGER_PATH
        for interface, element in interfaces(bus, path):
            for method in element.findall("method") if unit else ():
                if not method.get("name").startswith(READING):
                    calls += [call_of(path, interface, method, unit, pid, **given) for given in variations(method)]
            for item in element.findall("property"):
                kind = item.get("type") if item.get("type") in ("s", "b", "as", "t", "u", "i") else "s"
                value = argument("", kind, "/tmp/evil", 1)
                calls.append(
                    [
                        path,
                        "org.freedesktop.DBus.Properties",
                        "Set",
                        "ssv",
                        [interface, item.get("name"), [kind, value]],
                    ]
                )
    all_refused(robot, bus, user, calls, record_property)


def test_a_job_of_another_is_not_cancelled(robot, bus, record_property):
    robot.switch("mapping", import_s=4)
    robot.must(["systemctl", "start", "--no-block", MAPPING])
    number = int(
        wait_for(
            lambda: robot.must("systemctl list-jobs --no-legend | awk '/rovi-mapping/ {print $1}'").strip(), "no job"
        )
    )
    path, before = f"{MANAGER_PATH}/job/{number}", outside(robot)
    calls = [
        call_of(path, interface, method, MAPPING, number)
        for interface, element in interfaces(bus, path)
        for method in element.findall("method")
        if not method.get("name").startswith(READING)
    ]
    calls += [[MANAGER_PATH, MANAGER, "CancelJob", "u", [number]], [MANAGER_PATH, MANAGER, "ClearJobs", "", []]]
    record_property("inputs", 2 * len(calls))
    for user in ("alice", "mallory"):
        assert [call for call, (error, _) in zip(calls, bus(user, calls)) if error is None] == []
    assert robot.wait_state(MAPPING, "active") == "active"
    nothing_outside_has_changed(robot, before)
    the_next_start_works(robot)


@pytest.mark.parametrize("user", ["alice", "mallory"])
def test_systemds_private_socket_lets_nobody_in(robot, bus, user):
    call = [MANAGER_PATH, MANAGER, "StopUnit", "ss", [GATEWAY, "replace"]]
    before = outside(robot)
    with pytest.raises(AssertionError):
        ((error, _),) = bus(user, [call], "/run/systemd/private")
        assert error is None
    nothing_outside_has_changed(robot, before)


@pytest.mark.parametrize("first", [MAPPING, NAV])
def test_whatever_the_mode_an_operators_verbs_change_nothing_else(robot, bus, first, record_property):
    """Polkit cannot see the mode. Where there is sudo instead, it allows only one."""
    manager = dict(interfaces(bus, MANAGER_PATH))[MANAGER]
    calls = [
        call
        for method in manager.findall("method")
        for given in variations(method)
        if is_an_operators(call := call_of(MANAGER_PATH, MANAGER, method, MAPPING, 0, **given))
        and (method.get("name") in ("StartUnit", "StopUnit", "RestartUnit") or given["mode"] in ODD_MODES)
    ]
    record_property("inputs", len(calls))
    robot.must(["systemctl", "start", first])
    before, allowed = outside(robot), 0
    for call in calls:
        ((error, _),) = bus("alice", [call])
        allowed += error is None
        wait_for(
            lambda: not robot.must("systemctl list-jobs --no-legend 'rovi-*'").strip(), f"{call}: jobs are left", 40
        )
        assert at_most_one_stack_runs(robot) in ([], [MAPPING], [NAV])
        assert robot.show(GATEWAY, "ActiveState") == "active", call
        if first == NAV:
            assert robot.state(NAV) == "active", call
    assert bool(allowed) == robot.polkit_has_rules
    nothing_outside_has_changed(robot, before)
    the_next_start_works(robot)
