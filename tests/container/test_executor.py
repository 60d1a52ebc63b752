"""The executor: org.rovi.Executor, in varlink, on /run/org.rovi.Executor.

alice is an operator; mallory is not and cannot connect. What it does is what rovictl does, and is
tested there: here, that it arrives, in types, and that nobody can harm it.
"""

import contextlib
import json
import re
import subprocess
import time

import pytest
import varlink

from harness.result import wait_for
from harness.robot import GATEWAY, SOURCE, STACKS, TOP, WORKSPACE

MAPPING, NAV = "rovi-mapping.service", "rovi-nav.service"
SOCKET = "/run/org.rovi.Executor"
CLIENT = ("python3", "/opt/harness/executor_client.py")
EXECUTOR, SERVICE = "org.rovi.Executor.", "org.varlink.service."

# Makes of a copy of the checkout one whose executor has the names that it had up to 0.2.
AS_BEFORE = (
    "cd services && mv rovi_executor.socket rovi-executor.socket && "
    "mv rovi_executor@.service rovi-executor@.service && "
    "grep -rlZ rovi_executor . | xargs -0 sed -i s/rovi_executor/rovi-executor/g && "
    "sed -i '/ leave_old_executor$/d' install/system.sh && cd .."
)


def old_names(robot):
    """What there is of the executor's old names."""
    return robot.must(
        "find /etc/systemd /run/systemd /usr/lib/systemd -name '*rovi-executor*'; "
        "systemctl list-units --all --no-legend 'rovi-executor*'; "
        "systemctl list-unit-files --no-legend 'rovi-executor*' || true"
    )


def message(method, parameters=None, **flags):
    """A call as it is sent."""
    return json.dumps({"method": method, "parameters": parameters or {}, **flags}).encode() + b"\0"


def talk(robot, *messages, answers=1, user="alice", before=()):
    """Sends messages on one connection. Returns the answers, and the seconds after which the connection
    was ended, or None if as many answers came as were wanted."""
    words = [
        sent.hex() if len(sent) < 50000 else "@/tmp/message" for sent in messages
    ]  # a longer one is too long for argv
    for sent in messages:
        if len(sent) >= 50000:
            robot.put("/tmp/message", sent)
    result = robot.run([*before, *CLIENT, str(answers), *words], user=user)
    assert result.status == 0, result
    *lines, last = result.out.splitlines()
    why, seconds = last.split()
    return [json.loads(line) for line in lines], float(seconds) if why == "end" else None


def call(robot, method, user="alice", **parameters):
    """One call of the executor; returns its answer."""
    (answer,), _ = talk(robot, message(EXECUTOR + method, parameters), user=user)
    return answer


def good(answer):
    """The parameters of an answer that is no error."""
    assert "error" not in answer, answer
    return answer["parameters"]


def log(robot):
    return robot.must(["journalctl", "--sync"]) + robot.must(
        ["journalctl", "-t", "rovi_executor", "-o", "cat", "--no-pager"]
    )


def without_time(unit):
    return {key: value for key, value in unit.items() if key not in ("memory_bytes", "tasks")}


@contextlib.contextmanager
def drop_in(robot, unit, text):
    """Adds a drop-in to a unit, for a while."""
    robot.put(f"/run/systemd/system/{unit}.d/99-test.conf", text)
    robot.must("systemctl daemon-reload")
    try:
        yield
    finally:
        robot.must(f"rm -r /run/systemd/system/{unit}.d; systemctl daemon-reload")


@contextlib.contextmanager
def in_background(robot, *command, user="alice"):
    """A command in the container that goes on; its stdin and stdout are pipes."""
    process = subprocess.Popen(
        ["docker", "exec", "-i", "-u", user, robot.name, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait(timeout=30)


@contextlib.contextmanager
def watching(robot, more="", **parameters):
    """A Watch of alice's, who then sends more: yields a function that returns the units of the next answer."""
    asked = message(EXECUTOR + "Watch", parameters, more=True)[:-1].decode()
    sent = f"printf '%s\\0%s' '{asked}' '{more}'; cat"
    command = f"({sent}) | socat -t9 - UNIX-CONNECT:{SOCKET} | stdbuf -oL tr '\\0' '\\n'"
    with in_background(robot, "bash", "-c", command) as process:

        def next_units():
            answer = json.loads(process.stdout.readline())
            assert answer["continues"] is True
            return {unit["stack"] or "gateway": unit for unit in answer["parameters"]["units"]}

        yield next_units


def connections(robot):
    return [process for process in robot.processes() if process.unit.startswith("rovi_executor@")]


# ---- what it does


def test_it_says_what_it_is(robot):
    answers, _ = talk(
        robot,
        message(SERVICE + "GetInfo"),
        message(SERVICE + "GetInterfaceDescription", {"interface": "org.rovi.Executor"}),
        message(SERVICE + "GetInterfaceDescription", {"interface": "org.varlink.service"}),
        answers=3,
    )
    info, *described = map(good, answers)
    assert info["interfaces"] == ["org.rovi.Executor", "org.varlink.service"]
    assert info["version"] == robot.rovictl("version").out.split()[1]
    for name, answer in zip(info["interfaces"], described):
        assert answer["description"] == (TOP / f"services/executor/{name}.varlink").read_text()


def test_it_says_what_rovictl_says(robot):
    robot.rovictl("start mapping")
    told = [json.loads(line) for line in robot.rovictl("list --json").out.splitlines()]
    assert good(call(robot, "ListStacks"))["stacks"] == told
    told = [json.loads(line) for line in robot.rovictl("status --json").out.splitlines()]
    assert list(map(without_time, good(call(robot, "GetStatus"))["units"])) == list(map(without_time, told))
    for name in ("mapping", "gateway"):
        told = json.loads(robot.rovictl(f"status {name} --json").out)
        assert list(map(without_time, good(call(robot, "GetStatus", stack=name))["units"])) == [without_time(told)]


def test_it_starts_stops_restarts_and_switches(robot):
    unit = good(call(robot, "Start", stack="mapping"))["unit"]
    assert (unit["stack"], unit["state"], robot.state(MAPPING)) == ("mapping", "RUNNING", "active")
    again = good(call(robot, "Start", stack="mapping", variant=None, parameters={}))["unit"]
    assert again["main_pid"] == unit["main_pid"]
    assert good(call(robot, "Restart", stack="mapping", parameters=None))["unit"]["main_pid"] != unit["main_pid"]
    assert good(call(robot, "Switch", stack="nav"))["unit"]["stack"] == "nav"
    assert (robot.state(MAPPING), robot.state(NAV)) == ("inactive", "active")
    assert good(call(robot, "Stop"))["unit"]["stack"] == "nav"
    assert good(call(robot, "Stop", stack="nav"))["unit"]["state"] == "STOPPED"
    assert good(call(robot, "Stop"))["unit"] is None
    assert robot.state(NAV) == "inactive"


def test_an_open_connection_is_no_active_stack(robot):
    with watching(robot) as next_units:
        next_units()
        assert len(connections(robot)) > 0
        assert robot.run(["systemctl", "start", NAV]).status == 0
        assert robot.rovictl("switch mapping").status == 0
        assert robot.rovictl("doctor").status == 0
    assert [name for name in robot.rovictl("list -q").out.split() if "executor" in name] == []


def test_watch_is_the_whole_state_and_then_changes_only(robot):
    with watching(robot) as next_units:
        first = next_units()
        assert first.keys() == {"gateway", *STACKS} and first["gateway"]["state"] == "RUNNING"
        robot.rovictl("start nav")
        states = []
        while states[-1:] != ["RUNNING"]:
            units = next_units()
            assert units.keys() == {"nav"}
            states.append(units["nav"]["state"])
        robot.must(["systemctl", "kill", "-s", "KILL", NAV])
        while (unit := next_units()["nav"])["state"] != "FAILED":
            pass
        assert unit["result"] == "signal"
    wait_for(lambda: not connections(robot), "a watch goes on without its caller", 2)


def test_what_is_sent_during_a_watch_goes_nowhere(robot):
    with watching(robot, more="{}\n?\n") as next_units:
        next_units()
        robot.rovictl("start nav")
        while next_units()["nav"]["state"] != "RUNNING":
            pass
        said = robot.must("journalctl -q -o cat -u 'rovi_executor@*' --since -1min | grep '^uid' || true")
    assert [line for line in said.splitlines() if not line.split(": ", 1)[1].strip()] == []


def test_watch_of_one_stack(robot):
    with watching(robot, stack="nav") as next_units:
        assert next_units().keys() == {"nav"}
        robot.must(["systemctl", "start", MAPPING])
        robot.must(["systemctl", "stop", MAPPING])
        robot.must(["systemctl", "start", NAV])
        assert next_units()["nav"]["state"] in ("STARTING", "RUNNING")


def test_the_log(robot):
    robot.must(["systemctl", "start", NAV])
    read_all = message(EXECUTOR + "ReadLog", {"stack": "nav"})
    read_two = message(EXECUTOR + "ReadLog", {"stack": "nav", "lines": 2})

    def read_between():
        """The log and its two last lines; or None if a line came meanwhile."""
        answers, _ = talk(robot, read_all, read_two, read_all, answers=3)
        before, two, after = [good(answer)["lines"] for answer in answers]
        return (before, two) if before == after else None

    lines, two = wait_for(read_between, "the log does not rest")
    assert any("nav" in line and "is up" in line for line in lines), lines
    assert two == lines[-2:]
    assert good(call(robot, "ReadLog", stack="camera", lines=None))["lines"] == []
    for count in (0, 1001, -1, 1.5, 1e2, "5", True, 10**20):
        (answer,), _ = talk(robot, message(EXECUTOR + "ReadLog", {"stack": "nav", "lines": count}))
        refused(answer, SERVICE + "InvalidParameter", parameter="lines")


def test_the_log_is_in_utc_from_the_first_call_on(robot):
    robot.must(["systemctl", "start", NAV])
    wait_for(lambda: robot.journal(NAV).count(" is up") == 3, lambda: robot.journal(NAV))
    ask = message(EXECUTOR + "ReadLog", {"stack": "nav"})
    with drop_in(robot, "rovi_executor@.service", "[Service]\nEnvironment=TZ=XXX-9\n"):
        (first, second), _ = talk(robot, ask, ask, answers=2)
    assert first == second
    assert good(first)["lines"][0][:15] in robot.must("TZ=UTC journalctl --no-pager -u rovi-nav"), first


def test_the_log_has_no_control_characters_and_long_lines_are_cut(robot):
    robot.put("/tmp/said", b'"quoted" \\ back\tslash \xc3\xa9\n\x1b[31mred \xc2\x9bx\n' + "é€".encode() * 2000 + b"\n")
    with drop_in(robot, "rovi-camera.service", "[Service]\nExecStart=\nExecStart=/bin/cat /tmp/said\n"):
        robot.run(["systemctl", "start", "rovi-camera.service"])
        robot.must(["journalctl", "--sync"])
        lines = good(call(robot, "ReadLog", stack="camera"))["lines"]
    assert not re.search("[\x00-\x1f\x7f-\x9f]", "".join(lines)), lines
    assert any(re.search(r'"quoted" \\ back +slash é$', line) for line in lines), lines
    assert 4090 <= max(len(line.encode()) for line in lines) <= 4096


def test_a_long_line_of_the_log_is_cut_between_characters(robot):
    """At each place in a character, by what stands before it."""
    signs = ("é", "€", "😀")
    robot.put("/tmp/said", "".join("x" * lead + sign * 3000 + "\n" for sign in signs for lead in range(4)))
    with drop_in(robot, "rovi-camera.service", "[Service]\nExecStart=\nExecStart=/bin/cat /tmp/said\n"):
        robot.run(["systemctl", "start", "rovi-camera.service"])
        robot.must(["journalctl", "--sync"])
        lines = good(call(robot, "ReadLog", stack="camera"))["lines"]
        writer = f"[{robot.show('rovi-camera.service', 'ExecMainPID')}]: "
    lines = [line for line in lines if len(line) > 1000 and writer in line[:80]]
    assert len(lines) == 12 and not any("\ufffd" in line for line in lines), lines
    for line in lines:
        assert 4096 - len(line[-1].encode()) < len(line.encode()) <= 4096 and line[-1] in signs, line


# ---- its errors


def refused(answer, error, **parameters):
    assert answer.get("error") == error, answer
    assert answer["parameters"] | parameters == answer["parameters"], answer
    return answer["parameters"]


@pytest.mark.parametrize("method", ["Start", "Stop", "Restart", "Switch", "GetStatus", "ReadLog"])
def test_no_such_stack(robot, method):
    for name in (
        "nva",
        "",
        "--json",
        "-x",
        "../nav",
        "rovi-nav",
        "nav.service",
        "executor@1",
        "nav\n",
        "n" * 41,
        "é",
        "*",
        "@",
        "$(reboot)",
    ):
        refused(call(robot, method, stack=name), EXECUTOR + "NoSuchStack")
    if method not in ("GetStatus", "ReadLog"):
        said = refused(call(robot, method, stack="gateway"), EXECUTOR + "NoSuchStack")
        assert said["reason"].startswith("the gateway is not a stack")
    assert robot.state(GATEWAY) == "active"


def test_stop_must_say_which_of_two(robot):
    robot.must(["systemctl", "start", MAPPING])
    robot.put(
        "/run/systemd/system/rovi-camera.service.d/99-test.conf",
        "[Service]\nType=simple\nExecStart=\nExecStart=/bin/sleep 1000\n",
    )
    robot.must("systemctl daemon-reload; systemctl start rovi-camera")
    try:
        (answer,), _ = talk(robot, message(EXECUTOR + "Stop"))
        said = refused(answer, SERVICE + "InvalidParameter", parameter="stack")
        assert said["reason"].startswith("camera and mapping are both active: say which")
        assert (robot.state(MAPPING), robot.state("rovi-camera.service")) == ("active", "active")
        good(call(robot, "Stop", stack="camera"))
    finally:
        robot.must(
            "systemctl stop rovi-camera; rm -r /run/systemd/system/rovi-camera.service.d; systemctl daemon-reload"
        )
    assert good(call(robot, "Stop"))["unit"]["stack"] == "mapping"


def test_another_stack_is_active(robot):
    robot.must(["systemctl", "start", MAPPING])
    for method in ("Start", "Restart"):
        said = refused(call(robot, method, stack="nav"), EXECUTOR + "AnotherStackActive", active="mapping")
        assert said["reason"].startswith("stack mapping is active")
    assert (robot.state(MAPPING), robot.state(NAV)) == ("active", "inactive")


def test_the_gateway_is_not_running(robot):
    robot.must(["systemctl", "stop", GATEWAY])
    for method in ("Start", "Switch", "Restart"):
        refused(call(robot, method, stack="nav"), EXECUTOR + "GatewayNotRunning")
    assert robot.state(GATEWAY) == "inactive"


def test_a_stack_fails(robot):
    with drop_in(robot, NAV, "[Service]\nExecStart=\nExecStart=/bin/bash -c 'echo a last word; exit 7'\n"):
        said = refused(call(robot, "Start", stack="nav"), EXECUTOR + "Failed", result="exit-code")
    assert said["reason"].startswith("nav failed: ")
    assert "a last word" in said["log"]


def test_a_line_of_a_log_is_no_reason(robot):
    with drop_in(
        robot, NAV, "[Service]\nExecStart=\nExecStart=/bin/bash -c 'echo rovictl: the robot is on fire; exit 7'\n"
    ):
        said = refused(call(robot, "Start", stack="nav"), EXECUTOR + "Failed", result="exit-code")
    assert "fire" not in said["reason"] and "rovictl: the robot is on fire" in said["log"]


def test_what_is_wrong_is_named(robot):
    for parameters, wrong, why in (
        ({"parameters": {"variant_x": "1"}}, "parameters", "nav has no parameter variant_x: it has map: "),
        ({"variant": "variant_x"}, "variant", "nav has no variant variant_x: it has "),
        ({"parameters": {"map": "lab1"}, "variant": "no"}, "variant", "nav has no variant no: it has "),
    ):
        said = refused(call(robot, "Start", stack="nav", **parameters), SERVICE + "InvalidParameter", parameter=wrong)
        assert said["reason"].startswith(why), said


def test_a_guard_refuses(robot):
    with drop_in(
        robot,
        NAV,
        "[Service]\nExecStart=\nExecStart=/bin/bash -c '"
        'systemd-notify "--status=refused (79 by the memory guard): 1 of 2 GB is free"; exit 79\'\n',
    ):
        refused(call(robot, "Start", stack="nav"), EXECUTOR + "Refused", guard="memory", reason="1 of 2 GB is free")


def test_it_takes_too_long(robot):
    robot.switch("nav", import_s=5)
    robot.must(["systemctl", "start", "--no-block", "--job-mode=replace-irreversibly", NAV])
    said = refused(call(robot, "Stop", stack="nav"), EXECUTOR + "Timeout")
    assert "a start or stop that cannot be interrupted" in said["reason"]
    robot.wait_state(NAV, "active")


# ---- who may


def test_an_outsider_cannot_connect(robot):
    assert robot.must(["stat", "-c", "%U %G %a", SOCKET]).strip() == "root rovi-ops 660"
    result = robot.run([*CLIENT, "1", message(EXECUTOR + "GetStatus").hex()], user="mallory")
    assert result.status == 1 and "PermissionError" in result.err


def test_a_session_that_has_outlived_its_membership_may_only_look(robot):
    # mallory's session still has the group that the user database does not give him any more.
    session = ["setpriv", "--reuid=mallory", "--regid=mallory", "--groups=rovi-ops"]
    robot.must(["systemctl", "start", MAPPING])
    for method, parameters in (
        ("Start", {"stack": "nav"}),
        ("Stop", {}),
        ("Restart", {"stack": "mapping"}),
        ("Switch", {"stack": "nav"}),
    ):
        (answer,), _ = talk(robot, message(EXECUTOR + method, parameters), user="root", before=session)
        refused(answer, EXECUTOR + "NotPermitted")
    assert (robot.state(MAPPING), robot.state(NAV)) == ("active", "inactive")
    (answer,), _ = talk(robot, message(EXECUTOR + "GetStatus"), user="root", before=session)
    good(answer)
    uid = robot.must(["id", "-u", "mallory"]).strip()
    assert f"uid {uid}: rovictl 'start' '--json' 'nav': NotPermitted" in log(robot)


@pytest.mark.parametrize("user", ["root", "rovi", "alice"])
def test_each_action_is_logged_with_who_has_asked(robot, user):
    assert good(call(robot, "Start", stack="nav", user=user))["unit"]["state"] == "RUNNING"
    refused(call(robot, "Start", stack="mapping", user=user), EXECUTOR + "AnotherStackActive")
    uid = robot.must(["id", "-u", user]).strip()
    last = f"uid {uid}: rovictl 'start' '--json' 'mapping': AnotherStackActive: stack nav is active"
    lines = wait_for(lambda: (said := log(robot).splitlines())[-1].startswith(last) and said, lambda: log(robot))
    for line in (
        f"uid {uid}: {user} asks for rovictl 'start' '--json' 'nav'",
        f"uid {uid}: rovictl 'start' '--json' 'nav': done",
        f"uid {uid}: {user} asks for rovictl 'start' '--json' 'mapping'",
    ):
        assert lines.count(line) == 1, lines


def test_looking_leaves_nothing_in_the_journal(robot):
    cursor = robot.must("journalctl --sync; journalctl -n 0 --show-cursor").split()[-1]
    for _ in range(3):
        good(call(robot, "GetStatus"))
    said = robot.must(["bash", "-c", 'journalctl --sync; journalctl -o short --no-pager --after-cursor="$0"', cursor])
    if int(robot.must("systemctl --version").split()[1]) < 252:  # LogLevelMax= is not for systemd's own words there
        said = "".join(line for line in said.splitlines() if "systemd[1]: " not in line)
    assert "rovi_executor@" not in said and "rovi_executor[" not in said, said


def test_its_rights_are_the_service_users(robot):
    with watching(robot) as next_units:
        next_units()
        seen = connections(robot)
        assert {process.user for process in seen} == {"rovi"}
        status = robot.must(["cat", f"/proc/{seen[0].pid}/status"])
        if robot.polkit_has_rules:  # sudo would not run
            assert "NoNewPrivs:\t1" in status and "CapBnd:\t0000000000000000" in status
        shown = robot.show(
            seen[0].unit, "EnvironmentFiles", "Environment", "WorkingDirectory", "KillSignal", "LimitRTPRIO"
        )
    assert shown == {"Environment": "", "WorkingDirectory": "", "KillSignal": "15", "LimitRTPRIO": "0"} | {
        key: "" for key in shown if key == "EnvironmentFiles"
    }


def test_polkit_decides_on_the_service_user(robot):
    robot.must(["gpasswd", "-d", "rovi", "rovi-ops"])
    try:
        refused(call(robot, "Start", stack="nav"), EXECUTOR + "NotPermitted")
        assert robot.state(NAV) == "inactive"
    finally:
        robot.must("usermod -aG rovi-ops rovi")


# ---- the protocol


def test_calls_on_one_connection_are_answered_in_order(robot):
    sent = [message(EXECUTOR + "GetStatus", {"stack": name}) for name in STACKS]
    sent.insert(2, message(EXECUTOR + "Nonsense"))
    answers, _ = talk(robot, b"".join(sent), answers=6)
    assert [
        answer["parameters"]["units"][0]["stack"] if "units" in answer["parameters"] else answer["error"]
        for answer in answers
    ] == [*STACKS[:2], SERVICE + "MethodNotFound", *STACKS[2:]]


def test_a_oneway_call_is_done_and_not_answered(robot):
    answers, _ = talk(
        robot,
        message(EXECUTOR + "Start", {"stack": "nav"}, oneway=True),
        message(EXECUTOR + "Nonsense", oneway=True),
        message(SERVICE + "Nonsense", {"a": 1}, oneway=True),
        message(EXECUTOR + "GetStatus", {"stack": "nav"}),
    )
    assert good(answers[0])["units"][0]["state"] == "RUNNING"


@pytest.mark.parametrize(
    "method, parameters, flags, error, said",
    [
        ("org.rovi.Nonsense.Start", {}, {}, "InterfaceNotFound", {"interface": "org.rovi.Nonsense"}),
        ("Start", {}, {}, "InterfaceNotFound", {"interface": "Start"}),
        ("", {}, {}, "InterfaceNotFound", {"interface": ""}),
        ("org.rovi.Executor", {}, {}, "InterfaceNotFound", {"interface": "org.rovi"}),
        (
            "org.rovi.Executor.Start   answer_action",
            {"stack": "nav"},
            {},
            "InterfaceNotFound",
            {"interface": "org.rovi.Executor"},
        ),
        (EXECUTOR + "start", {"stack": "nav"}, {}, "MethodNotFound", {"method": EXECUTOR + "start"}),
        (EXECUTOR + "Shutdown", {}, {}, "MethodNotFound", {"method": EXECUTOR + "Shutdown"}),
        (EXECUTOR, {}, {}, "MethodNotFound", {"method": EXECUTOR}),
        (EXECUTOR + "*", {}, {}, "InterfaceNotFound", {"interface": "org.rovi.Executor"}),
        (
            SERVICE + "GetInterfaceDescription",
            {"interface": "org.rovi.Nonsense"},
            {},
            "InterfaceNotFound",
            {"interface": "org.rovi.Nonsense"},
        ),
        (
            SERVICE + "GetInterfaceDescription",
            {"interface": "../rovi/manifest"},
            {},
            "InterfaceNotFound",
            {"interface": "../rovi/manifest"},
        ),
        (SERVICE + "GetInterfaceDescription", {}, {}, "InvalidParameter", {"parameter": "interface"}),
        (EXECUTOR + "Start", {}, {}, "InvalidParameter", {"parameter": "stack"}),
        (EXECUTOR + "Start", {"stack": None}, {}, "InvalidParameter", {"parameter": "stack"}),
        (EXECUTOR + "Start", {"stack": 5}, {}, "InvalidParameter", {"parameter": "stack"}),
        (EXECUTOR + "Start", {"stack": ["nav"]}, {}, "InvalidParameter", {"parameter": "stack"}),
        (EXECUTOR + "Start", {"stack": "nav", "force": True}, {}, "InvalidParameter", {"parameter": "force"}),
        (
            EXECUTOR + "Start",
            {"stack": "nav", "stack:string! variant": "x"},
            {},
            "InvalidParameter",
            {"parameter": "stack:string! variant"},
        ),
        (EXECUTOR + "Start", {"stack": "nav", "": 1}, {}, "InvalidParameter", {"parameter": ""}),
        (EXECUTOR + "Start", {"stack": "nav", "variant": "../x"}, {}, "InvalidParameter", {"parameter": "variant"}),
        (EXECUTOR + "Start", {"stack": "nav", "variant": "nosuch"}, {}, "InvalidParameter", {"parameter": "variant"}),
        (EXECUTOR + "Start", {"stack": "nav", "variant": 1}, {}, "InvalidParameter", {"parameter": "variant"}),
        (EXECUTOR + "Start", {"stack": "nav", "parameters": []}, {}, "InvalidParameter", {"parameter": "parameters"}),
        (
            EXECUTOR + "Start",
            {"stack": "nav", "parameters": {"map": 1}},
            {},
            "InvalidParameter",
            {"parameter": "parameters"},
        ),
        (
            EXECUTOR + "Start",
            {"stack": "nav", "parameters": {"map": {"a": "b"}}},
            {},
            "InvalidParameter",
            {"parameter": "parameters"},
        ),
        (
            EXECUTOR + "Start",
            {"stack": "nav", "parameters": {"a b": "c"}},
            {},
            "InvalidParameter",
            {"parameter": "parameters"},
        ),
        (
            EXECUTOR + "Start",
            {"stack": "nav", "parameters": {"--host": "c"}},
            {},
            "InvalidParameter",
            {"parameter": "parameters"},
        ),
        (
            EXECUTOR + "Start",
            {"stack": "nav", "parameters": {"map": "a\nb"}},
            {},
            "InvalidParameter",
            {"parameter": "parameters"},
        ),
        (
            EXECUTOR + "Start",
            {"stack": "nav", "parameters": {"map": "a\x9bb"}},
            {},
            "InvalidParameter",
            {"parameter": "parameters"},
        ),
        (EXECUTOR + "ListStacks", {"stack": "nav"}, {}, "InvalidParameter", {"parameter": "stack"}),
        (EXECUTOR + "GetStatus", {"parameters/x": 1}, {}, "InvalidParameter", {"parameter": "parameters~1x"}),
        (EXECUTOR + "Watch", {}, {}, "ExpectedMore", {}),
        (EXECUTOR + "GetStatus", {}, {"upgrade": True}, "InvalidParameter", {"parameter": "upgrade"}),
        (EXECUTOR + "GetStatus", {}, {"more": "yes"}, "InvalidParameter", {"parameter": "more"}),
        (EXECUTOR + "GetStatus", {}, {"oneway": 1}, "InvalidParameter", {"parameter": "oneway"}),
    ],
)
def test_a_call_that_is_not_of_the_interface(robot, method, parameters, flags, error, said):
    answers, _ = talk(robot, message(method, parameters, **flags), message(SERVICE + "GetInfo"), answers=2)
    assert refused(answers[0], SERVICE + error, **said).keys() - {"reason"} == said.keys()
    assert "error" not in answers[1]  # the connection goes on
    assert robot.state(NAV) == "inactive"


def test_more_is_no_harm_where_there_is_none(robot):
    (answer,), _ = talk(robot, message(EXECUTOR + "GetStatus", more=True))
    assert "continues" not in answer and good(answer)


def test_parameters_may_be_missing_and_vendors_may_add_to_a_call(robot):
    for sent in (
        b'{"method":"org.rovi.Executor.GetStatus"}\0',
        b'{"method":"org.rovi.Executor.GetStatus","parameters":null,"more":null}\0',
        b'{"org.example":{"x":[1,2,{"y":null}]},"method":"org.rovi.Executor.GetStatus"}\0',
    ):
        (answer,), _ = talk(robot, sent)
        good(answer)


# ---- that nobody can harm it


NO_CALLS = {
    "not JSON": b"GET / HTTP/1.1\r\n\r\n\0",
    "nothing": b"\0",
    "a number": b"5\0",
    "a list": b"[]\0",
    "no method": b"{}\0",
    "a method that is none": b'{"method":5}\0',
    "binary": bytes(range(255, 0, -1)) + b"\0",
    "not UTF-8": b'{"method":"\xff"}\0',
    "deep": b'{"method":"a.B","parameters":' + b"[" * 3000 + b"]" * 3000 + b"}\0",
    "many": b'{"method":"a.B","parameters":[' + b"1," * 3000 + b"1]}\0",
    "twice": b'{"method":"a.B","method":"a.C"}\0',
    "huge": b'{"method":"' + b"x" * 65536 + b'"}\0',
    "huge, of blanks": message(SERVICE + "GetInfo")[:-1] + b" " * 66000 + b"\0",
    "an escaped NUL": b'{"method":"a\\u0000"}\0',
    "half of a pair": b'{"method":"\\ud800"}\0',
}


@pytest.mark.parametrize("what", NO_CALLS)
def test_what_is_no_call_ends_the_connection(robot, what):
    answers, ended = talk(robot, NO_CALLS[what], message(SERVICE + "GetInfo"))
    assert answers == [] and ended < 5
    good(call(robot, "GetStatus"))


def test_what_is_evaluated_nowhere(robot):
    robot.must("mkdir -p /tmp/canary && chmod 777 /tmp/canary")
    evil = [
        "$(touch /tmp/canary/x)",
        "`touch /tmp/canary/x`",
        "x[$(touch /tmp/canary/x)]",
        "a];touch /tmp/canary/x;",
        "'\"$(touch /tmp/canary/x)",
        "%n%s%(touch)T",
        "nav nav",
        "*",
        "~",
        "${PATH}",
        "\\",
        "!!",
    ]
    for word in evil:
        answers, _ = talk(
            robot,
            message(EXECUTOR + word),
            message(word + ".X"),
            message(EXECUTOR + "Start", {"stack": word}),
            message(EXECUTOR + "Start", {word: word}),
            message(EXECUTOR + "ReadLog", {"stack": "nav", "lines": word}),
            message(EXECUTOR + "Start", {"stack": "nav", "variant": word}),
            message(EXECUTOR + "Start", {"stack": "nav", "parameters": {word: word}}),
            message(SERVICE + "GetInterfaceDescription", {"interface": word}),
            answers=8,
        )
        assert all("error" in answer for answer in answers), answers
    assert robot.must(["ls", "/tmp/canary"]) == ""
    assert robot.state(NAV) == "inactive"


def test_a_call_that_does_not_come_to_its_end(robot):
    answers, ended = talk(robot, b'{"method":"org.rovi.Exec')
    assert answers == [] and 4 < ended < 9


def test_a_connection_on_which_nothing_happens(robot):
    with drop_in(robot, "rovi_executor@.service", "[Service]\nEnvironment=ROVI_EXECUTOR_IDLE_S=1\n"):
        answers, ended = talk(robot, message(SERVICE + "GetInfo"), answers=2)
    assert len(answers) == 1 and 0.9 < ended < 5


def test_a_caller_that_calls_too_often_waits(robot):
    began = time.monotonic()
    answers, _ = talk(robot, message(SERVICE + "GetInfo") * 70, answers=70)
    assert len(answers) == 70 and time.monotonic() - began > 2


def test_it_cannot_be_hammered_away(robot):
    hammer = (
        "import socket\nfor _ in range(300):\n s = socket.socket(socket.AF_UNIX)\n"
        f" try:\n  s.connect('{SOCKET}')\n except OSError:\n  pass\n s.close()"
    )
    robot.must(["python3", "-c", hammer], user="alice")
    assert robot.state("rovi_executor.socket") == "active"
    # It may still have to close what was opened.
    wait_for(
        lambda: "units" in robot.run([*CLIENT, "1", message(EXECUTOR + "GetStatus").hex()], user="alice").out,
        "no answer",
        20,
    )
    wait_for(lambda: not connections(robot), "connections are left", 20)
    assert robot.must("systemctl list-units --all --no-legend 'rovi_executor@*'") == ""


def test_one_user_cannot_take_all_connections(robot):
    with in_background(robot, "python3", "/opt/harness/executor_holder.py", "48") as holder:
        # A few more than 16 where many come at one moment; none any more once those are there.
        assert 16 <= int(holder.stdout.readline()) < 32
        assert talk(robot, message(SERVICE + "GetInfo"))[0] == []
        good(call(robot, "GetStatus", user="rovi"))
    wait_for(lambda: not connections(robot), "connections are left", 10)
    good(call(robot, "GetStatus"))


def test_a_connection_that_is_killed_leaves_nothing(robot):
    with watching(robot) as next_units:
        next_units()
        unit = connections(robot)[0].unit
        robot.must(["systemctl", "kill", "--kill-who=all", "-s", "KILL", unit])
        wait_for(
            lambda: robot.must("systemctl list-units --all --no-legend 'rovi_executor@*'") == "", "the unit is left", 10
        )


def test_a_caller_that_goes_away_does_not_end_what_was_begun(robot):
    robot.switch("nav", import_s=2)
    talk(robot, message(EXECUTOR + "Start", {"stack": "nav"}), answers=0)
    assert robot.wait_state(NAV, "active") == "active"


# ---- its installation


@pytest.mark.parametrize("chosen", ["enable --now", "disable --now"])
def test_an_upgrade_leaves_nothing_of_the_old_names(fresh_robot, chosen):
    """Up to 0.2 the units were named rovi-executor, and had the drop-ins of the launches."""
    robot = fresh_robot
    robot.install(make="true")
    robot.must(f"cp -r {SOURCE} /root/old && cd /root/old && {AS_BEFORE}")
    robot.must("make -C /root/old install", env={"ROVI_ROS_WS_DIR": WORKSPACE})
    robot.must("usermod -aG rovi-ops alice")
    good(call(robot, "Start", stack="mapping"))
    before = robot.show(MAPPING, "MainPID", "InvocationID")
    with watching(robot) as next_units:
        next_units()
        if "enable" not in chosen:
            robot.must(f"systemctl {chosen} --quiet rovi-executor.socket")
        result = robot.run(f"make -C {SOURCE} install")
        assert result.status == 0, result
    assert old_names(robot) == ""
    assert robot.show(MAPPING, "MainPID", "InvocationID") == before
    assert robot.run("systemctl is-enabled rovi_executor.socket").out.strip() == (
        "enabled" if "enable" in chosen else "disabled"
    )
    if "enable" in chosen:
        good(call(robot, "Stop", stack="mapping"))
        robot.must(f"make -C {SOURCE} uninstall")
        assert robot.run(["test", "-e", SOCKET]).status == 1
    else:
        assert "nothing to change" in robot.must(f"make -C {SOURCE} install")


def test_an_install_does_not_cut_connections(robot):
    with watching(robot) as next_units:
        next_units()
        before = {process.unit for process in connections(robot)}  # each has a unit of its own
        robot.must(
            "sed -i 's/^MaxConnections=.*/MaxConnections=63/' /etc/systemd/system/rovi_executor.socket; "
            "systemctl daemon-reload"
        )
        said = robot.must(f"make -C {SOURCE} install")
        assert "systemctl try-restart rovi_executor.socket" in said, said
        assert robot.show("rovi_executor.socket", "MaxConnections") == "64"
        assert "nothing to change" in robot.must(f"make -C {SOURCE} install")
        assert before and before <= {process.unit for process in connections(robot)}
        robot.must(["systemctl", "start", NAV])
        assert "nav" in next_units()
    good(call(robot, "GetStatus"))


def test_an_administrators_choice_counts(robot):
    robot.must(["systemctl", "disable", "--quiet", "--now", "rovi_executor.socket"])
    try:
        robot.must(f"make -C {SOURCE} install")
        assert robot.state("rovi_executor.socket") == "inactive"
        assert robot.run(["test", "-e", SOCKET]).status == 1
        assert "the executor's socket is inactive" in robot.rovictl("doctor").out
    finally:
        robot.must(["systemctl", "enable", "--quiet", "--now", "rovi_executor.socket"])


# ---- requests, guards and fields


def test_a_start_with_a_variant_and_parameters(robot):
    unit = good(call(robot, "Start", stack="nav", variant="localization", parameters={"map": "lab1"}))["unit"]
    assert (unit["variant"], unit["parameters"]) == ("localization", {"map": "lab1"})
    assert "slam:=False map:=lab1" in robot.must(f"tr '\\0' ' ' </proc/{unit['main_pid']}/cmdline")
    for wrong in ({"variant": "x"}, {"parameters": {"map": "a b"}}, {"parameters": {"other": "1"}}):
        answer = call(robot, "Restart", stack="nav", **wrong)
        assert answer["error"] == SERVICE + "InvalidParameter" and answer["parameters"]["parameter"] in wrong, answer
    assert good(call(robot, "Switch", stack="localization", parameters={"map": "lab2"}))["unit"]["parameters"] == {
        "map": "lab2"
    }
    nav = next(stack for stack in good(call(robot, "ListStacks"))["stacks"] if stack["stack"] == "nav")
    assert sorted(nav["variants"]) == ["localization", "slam"] and nav["parameters"]["map"]["default"] is None


def test_a_variant_is_named_as_for_rovictl(robot):
    with drop_in(robot, NAV, '[Service]\nEnvironment="ROVI_VARIANT_Indoor_2=slam:=False"\n'):
        assert good(call(robot, "Start", stack="nav", variant="Indoor_2"))["unit"]["variant"] == "Indoor_2"


def test_what_runs_is_asked_for_again(robot):
    with drop_in(robot, NAV, '[Service]\nEnvironment="ROVI_PARAMETER_map=[a-z0-9]+" "ROVI_PARAMETER_speed=[0-9]+"\n'):
        pid = good(call(robot, "Start", stack="nav", parameters={"map": "lab1", "speed": "2"}))["unit"]["main_pid"]
        again = good(call(robot, "Start", stack="nav", parameters={"speed": "2", "map": "lab1"}))["unit"]
        assert again["main_pid"] == pid
        for other in ({"map": "lab2", "speed": "2"}, {"map": "lab1"}, {"map": "lab1", "speed": "12"}):
            said = refused(
                call(robot, "Start", stack="nav", parameters=other), EXECUTOR + "AnotherStackActive", active="nav"
            )
            assert "not as asked" in said["reason"]


def test_a_guard_refuses_by_its_name(robot):
    with drop_in(robot, NAV, '[Service]\nEnvironment="ROVI_MOTION_GUARD=echo the robot is moving; false"\n'):
        good(call(robot, "Start", stack="nav"))
        for method, arguments in (("Stop", {}), ("Restart", {"stack": "nav"}), ("Switch", {"stack": "teleop"})):
            answer = call(robot, method, **arguments)
            assert answer["error"] == EXECUTOR + "Refused", answer
            assert answer["parameters"]["guard"] == "motion" and answer["parameters"]["reason"].startswith(
                "the robot is moving"
            )
        assert robot.state(NAV) == "active"
    with drop_in(robot, "rovi-teleop.service", "[Service]\nEnvironment=ROVI_MEMORY_NEED=900G\n"):
        assert call(robot, "Switch", stack="teleop")["parameters"]["guard"] == "memory"
    assert robot.state(NAV) == "active"


@pytest.mark.parametrize(
    "fields", [[], [1], ["x"], ["a=service:ssh"], ["a=service:rovi-nav", "a=service:rovi-nav"], ["--until-eof"]]
)
def test_fields_that_are_none(robot, fields):
    (answer,), _ = talk(robot, message(EXECUTOR + "WatchFields", {"fields": fields}, more=True))
    refused(answer, SERVICE + "InvalidParameter", parameter="fields")


# ---- other programs' clients


def test_the_varlink_package(robot):
    bridge = ["docker", "exec", "-i", "-u", "alice", robot.name, "socat", "-", f"UNIX-CONNECT:{SOCKET}"]
    with varlink.Client.new_with_bridge(bridge) as client:
        assert "org.rovi.Executor" in client.get_interfaces()
        with client.open("org.rovi.Executor") as executor:
            assert executor.Start("nav")["unit"]["state"] == "RUNNING"
            assert [unit.get("stack") for unit in executor.GetStatus()["units"]] == [None, *sorted(STACKS)]
            assert executor.ReadLog("nav", 3)["lines"]
            with pytest.raises(varlink.VarlinkError) as error:
                executor.Start("mapping")
            assert error.value.error() == EXECUTOR + "AnotherStackActive"
            assert error.value.parameters()["active"] == "nav"
            for answer in executor.Watch(_more=True):
                assert len(answer["units"]) == 6
                break


def test_every_field_is_in_the_interface(robot):
    robot.rovictl("start mapping")
    text = (TOP / "services/executor/org.rovi.Executor.varlink").read_text()
    fields = dict(re.findall(r"^  (\w+): (.*?),?$", text.split("type Unit (")[1].split("\n)")[0], re.M))
    for unit in good(call(robot, "GetStatus"))["units"]:
        assert unit.keys() == fields.keys()
        for key, value in unit.items():
            kind = {"int": int, "string": str, "State": str}.get(fields[key].lstrip("?"), dict)
            assert (value is None and fields[key].startswith("?")) or isinstance(value, kind), key


def test_varlinkctl(robot):
    if robot.run("command -v varlinkctl").status:
        pytest.skip("there is no varlinkctl: it comes with systemd 255")
    described = robot.must(f"varlinkctl introspect {SOCKET} org.rovi.Executor", user="alice")
    assert "method Start" in described
    robot.must(f"varlinkctl validate-idl {SOURCE}/services/executor/org.rovi.Executor.varlink")
    assert (
        json.loads(
            robot.must(f'varlinkctl call --json=short {SOCKET} {EXECUTOR}Start \'{{"stack":"nav"}}\'', user="alice")
        )["unit"]["state"]
        == "RUNNING"
    )
    result = robot.run(f'varlinkctl call {SOCKET} {EXECUTOR}Start \'{{"stack":"mapping"}}\'', user="alice")
    assert result.status and "AnotherStackActive" in result.err


def test_the_one_liner_of_the_readme(robot):
    lines = (TOP / "README.md").read_text().splitlines()
    line = next(line.strip() for line in lines if "socat" in line)
    assert json.loads(robot.must(line, user="alice"))["parameters"]["units"]


def test_a_restart_under_way_runs_with_what_was_asked_last(robot):
    drop_in = "/run/systemd/system/rovi-nav.service.d/99-test.conf"
    robot.put(drop_in, '[Service]\nEnvironment="ROVI_READY_CHECK=test -e /tmp/ready"\n')
    robot.must("rm -f /tmp/ready; systemctl daemon-reload")
    try:
        robot.must("rovictl start nav map:=lab1 --no-wait", user="alice")
        wait_for(lambda: "ready check" in robot.show(NAV, "StatusText"), lambda: robot.report(NAV))
        invocation = robot.show(NAV, "InvocationID")
        robot.put("/tmp/call", message(EXECUTOR + "Restart", {"stack": "nav", "parameters": {"map": "lab2"}}).decode())
        restart = robot.begin("socat -t60 - UNIX-CONNECT:/run/org.rovi.Executor </tmp/call")
        wait_for(lambda: robot.show(NAV, "InvocationID") != invocation, lambda: robot.report(NAV), 20)
        robot.must("touch /tmp/ready")
        assert '"parameters":{"map":"lab2"}' in restart.ended(30)
        assert robot.show(NAV, "StatusText") == "map:=lab2"
        assert "asked for by alice: map:=lab2" in robot.journal(NAV)  # not the service user, whose executor it is
    finally:
        robot.must(f"rm -rf {drop_in.rpartition('/')[0]} /tmp/ready; systemctl daemon-reload")
