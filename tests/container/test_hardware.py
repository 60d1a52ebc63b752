"""The hardware as a process of its own: off it costs nothing, on no stack runs without it, and the change from one to
the other is whole, whatever happens on its way."""

import json
import os

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY, SESSION, SOURCE, STACKS, WORKSPACE

HARDWARE, MAPPING, TARGET = "rovi-hardware.service", "rovi-mapping.service", "rovi-stacks.target"
SWITCH = "/etc/systemd/system/rovi-stacks.target.d/60-hardware.conf"
LOCK = "/run/rovi_hardware"
LAUNCHES = f"{WORKSPACE}/install/rovi_bringup/share/rovi_bringup/launch"
DROP_IN = "/run/systemd/system/{}.d/90-test.conf"
BY_HAND = "busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager StartUnit ss"
NOT_RUNNING = "the hardware is not running: an administrator runs 'sudo rovictl hardware restart'"
AS_PART = (
    "the hardware is a part of the gateway here: to make it a process of its own, "
    "an administrator runs 'sudo rovictl hardware on'"
)
# Where a change is cut off: before each of its steps, by the command there.
STEPS = (
    "trap : INT",
    "step_down gateway",
    "step_down hardware",
    "put_switch *",
    "sync *",
    "read_switch",
    "still_down",
    "step_up",
    "show_json hardware",
)


def turn(robot, word, limit_s=150, **options):
    return robot.rovictl(f"hardware {word}", user="root", timeout_s=limit_s, **options)


def clean(robot):
    """Takes away what a test has set up."""
    robot.must(f"rm -f {LOCK} /tmp/fault")
    if robot.run("rm -r /run/systemd/system/rovi-*.service.d").status == 0:
        robot.must("systemctl daemon-reload")


def off(robot):
    """As just installed, whatever a test has left."""
    if robot.run(["test", "-e", SWITCH]).status == 0 or robot.state(HARDWARE) != "inactive":
        robot.must(f"rm -rf {os.path.dirname(SWITCH)}; systemctl daemon-reload; systemctl stop {GATEWAY} {HARDWARE}")
    robot.must(f"systemctl reset-failed; systemctl start {GATEWAY}")


@pytest.fixture(scope="module", autouse=True)
def off_afterwards(installed_robot):
    yield
    off(installed_robot)


@pytest.fixture
def part(robot):
    """The robot, whose hardware is off."""
    off(robot)
    yield robot
    clean(robot)


@pytest.fixture
def own(robot):
    """The robot, whose hardware is a process of its own."""
    ours = (robot.state(GATEWAY), robot.state(HARDWARE), robot.state(TARGET))
    if robot.run(["test", "-e", SWITCH]).status or ours != ("active",) * 3:
        off(robot)
        assert turn(robot, "on").status == 0, robot.report()
    yield robot
    clean(robot)


def drivers(robot):
    """The units that run the driver, one for each of its processes."""
    return [process.unit for process in robot.processes() if "robot_driver" in process.args]


def assert_is(robot, word):
    """The hardware is on or off, and so is everything that depends on it."""
    on = word == "on"
    assert (robot.run(["test", "-e", SWITCH]).status == 0) == on
    assert robot.run(["cat", LOCK]).out == ""
    assert (robot.state(GATEWAY), robot.state(TARGET)) == ("active", "active"), robot.report()
    assert robot.state(HARDWARE) == ("active" if on else "inactive"), robot.report()
    wait_for(lambda: drivers(robot) == [HARDWARE if on else GATEWAY], lambda: f"{drivers(robot)}\n{robot.report()}")
    launch = next(process.args for process in robot.processes(GATEWAY) if "launch" in process.args)
    assert launch[-4:] == ["launch", "rovi_bringup", "gateway.launch.py", "robot_mode:=real"] or on
    assert (launch[-1] == "hardware_enabled:=false") == on
    assert robot.show(TARGET, "NeedDaemonReload") == "no"


def running_mapping(robot, words=""):
    assert robot.rovictl(f"start mapping {words}").status == 0, robot.report()
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")


def assert_one_sigint_each(robot):
    for node in ("mapping_driver", "mapping_planner", "mapping_controller"):
        events = [event for _, name, event in robot.events("mapping") if name == node]
        assert events[:3] == ["start", "SIGINT", "end"]


def kill(robot):
    robot.must(["systemctl", "kill", "--kill-who=main", "--signal=KILL", HARDWARE])
    robot.wait_state(HARDWARE, "failed")


def kept(robot):
    """What must be as it was after a change that was refused."""
    return (
        robot.show(GATEWAY, "MainPID", "InvocationID", "ActiveState"),
        robot.show(MAPPING, "MainPID", "InvocationID", "ActiveState", "StatusText"),
        robot.show(HARDWARE, "MainPID", "ActiveState"),
        robot.run(["cat", SESSION]).out,
        robot.run(["ls", os.path.dirname(SWITCH)]).out,
        robot.run(["cat", LOCK]).out,
    )


# ---- off ------------------------------------------------------------------------------------


def test_off_nothing_speaks_of_it(part):
    robot = part
    robot.must("echo used >/run/rovi/env.hardware", user="rovi")  # from when it was on
    assert "hardware" not in robot.must(
        "systemctl list-units --all 'rovi*'; rovictl status; rovictl list", user="alice"
    )
    assert "hardware" not in robot.rovictl("doctor", user="root").out
    assert "hardware" not in robot.rovictl("check", user="root").out
    assert drivers(robot) == [GATEWAY]
    for words in ("status hardware", "ps hardware", "logs hardware", "show hardware", "wait hardware"):
        result = robot.rovictl(words)
        assert (result.status, result.err) == (2, f"rovictl: {AS_PART}\n"), words
    result = robot.rovictl("hardware status")
    assert (result.status, result.out) == (3, f"{AS_PART}\n")
    assert json.loads(robot.rovictl("hardware status --json").out)["state"] == "STOPPED"
    assert robot.rovictl("field service rovi-hardware").out == "inactive\n"
    result = robot.rovictl("start hardware")
    assert result.status == 2 and result.err.startswith("rovictl: the hardware is not a stack: "), result


def test_off_it_does_not_start_beside_the_gateway(part):
    before = part.show(GATEWAY, "InvocationID")
    assert part.run(["systemctl", "start", HARDWARE]).status != 0
    shown = part.show(HARDWARE, "ExecMainStatus", "StatusText")
    assert shown == {"ExecMainStatus": "78", "StatusText": f"refused (78): {AS_PART}"}
    assert drivers(part) == [GATEWAY] and part.show(GATEWAY, "InvocationID") == before


# ---- on and off -------------------------------------------------------------------------------


def test_on_and_off_change_over_at_once(part):
    result = turn(part, "on")
    assert (result.status, result.out, result.err) == (0, "the hardware is on\n", ""), result
    assert_is(part, "on")
    again = turn(part, "on")
    assert (again.status, again.out) == (0, "the hardware is on already\n")
    result = turn(part, "off")
    assert (result.status, result.out, result.err) == (0, "the hardware is off\n", ""), result
    assert_is(part, "off")
    assert turn(part, "off").out == "the hardware is off already\n"
    assert part.run(["test", "-e", os.path.dirname(SWITCH)]).status != 0


@pytest.mark.parametrize("word", ["on", "off"])
def test_a_change_stops_the_stack_by_one_sigint(part, word):
    if word == "off":
        assert turn(part, "on").status == 0
    running_mapping(part)
    result = turn(part, word)
    said = f"the hardware is {word}\nmapping was stopped: 'rovictl start mapping' starts it again\n"
    assert (result.status, result.out, result.err) == (0, said, ""), result
    assert part.show(MAPPING, "ActiveState", "Result") == {"ActiveState": "inactive", "Result": "success"}
    assert_one_sigint_each(part)
    assert_is(part, word)


def test_two_drivers_never_run_at_once(part):
    part.switch("gateway", does={"linger_s": 3})
    part.must(["systemctl", "restart", GATEWAY])
    part.switch("gateway")
    assert turn(part, "on").status == 0
    ended = [when for when, node, event in part.events("gateway") if (node, event) == ("robot_driver", "end")]
    began = [when for when, node, event in part.events("hardware") if (node, event) == ("robot_driver", "start")]
    assert ended[-1] < began[0]


def test_on_it_is_a_unit_like_the_others(own):
    assert " hardware       RUNNING " in own.rovictl("status").out
    rows = [json.loads(line) for line in own.rovictl("status --json").out.splitlines()]
    assert [row["unit"] for row in rows[:2]] == [GATEWAY, HARDWARE]
    assert rows[1]["stack"] is None and rows[1]["state"] == "RUNNING"
    watched = own.run("rovictl watch --json --until-eof </dev/null", user="alice").out.splitlines()[0]
    assert [unit["unit"] for unit in json.loads(watched)["units"][:2]] == [GATEWAY, HARDWARE]
    assert own.rovictl("field service rovi-hardware").out == "active\n"
    assert own.rovictl("field process ros2 --service rovi-hardware").out == "running\n"
    assert "hardware.launch.py" in own.rovictl("ps hardware").out
    assert "command: ros2 launch rovi_bringup hardware.launch.py robot_mode:=real" in own.rovictl("show hardware").out
    assert "hardware_enabled:=false" in own.rovictl("show gateway").out
    own.must(["systemctl", "restart", HARDWARE])
    said = "robot_driver is up"
    wait_for(lambda: said in own.rovictl("logs hardware", user="root").out, "its log does not say that it is up")
    assert own.rovictl("wait hardware --timeout 1").status == 0
    assert "hardware" not in own.rovictl("list").out
    assert "ok   the hardware is running, as a process of its own" in own.rovictl("doctor", user="root").out
    assert "hardware" in own.rovictl("__complete status ''").out
    call = '{"method":"org.rovi.Executor.GetStatus","parameters":{"stack":"hardware"}}'
    answer = own.run(["python3", "/opt/harness/executor_call.py", call, "1"], user="alice")
    assert HARDWARE in answer.out, answer


def test_a_name_that_no_stack_can_have(part):
    part.put("/etc/systemd/system/rovi-hardware.service.kept", part.must(f"cat /etc/systemd/system/{HARDWARE}"))
    part.must(f"sed 's/camera/hardware/g' {SOURCE}/services/rovi-camera.service >/etc/systemd/system/{HARDWARE}")
    try:
        part.must("systemctl daemon-reload")
        assert part.rovictl("start hardware").status == 2
        assert "hardware" not in part.rovictl("list").out
        result = part.run(f"{SOURCE}/services/install.sh")
        assert result.status == 78 and "hardware is a name of ours now: rename it" in result.err, result
    finally:
        part.must(f"cd /etc/systemd/system; mv {HARDWARE}.kept {HARDWARE}; systemctl daemon-reload")
    assert "rovi-hardware" not in part.must(f"cat {part.permit}")


# ---- the hardware ends --------------------------------------------------------------------------


def test_a_crash_stops_the_stack_by_sigint_and_leaves_the_gateway(own):
    own.switch("mapping", does={"linger_s": 1})
    running_mapping(own)
    gateway = own.show(GATEWAY, "InvocationID", "MainPID")
    kill(own)
    own.wait_state(MAPPING, "inactive", "failed")
    assert own.show(MAPPING, "ActiveState", "Result") == {"ActiveState": "inactive", "Result": "success"}
    assert_one_sigint_each(own)
    assert own.show(GATEWAY, "InvocationID", "MainPID") == gateway
    result = own.rovictl("start mapping")
    assert (result.status, result.err) == (69, f"rovictl: {NOT_RUNNING}\n")
    result = own.rovictl("status hardware")
    assert result.status == 3 and "FAILED" in result.out and "ros2 launch was ended by SIGKILL" in result.out, result
    assert "fail the hardware has failed" in own.rovictl("doctor", user="root").out
    assert "hardware ended" in own.rovictl("history mapping", user="root").out
    result = turn(own, "restart")
    assert (result.status, result.out) == (0, "hardware runs\n"), result
    assert own.rovictl("start mapping").status == 0, own.report()
    assert own.show(GATEWAY, "InvocationID", "MainPID") == gateway


def test_a_driver_that_dies_is_named(own):
    own.switch("hardware", robot_driver_does={"crash_after_s": 1}, launch_status=1)
    running_mapping(own)
    own.run(["systemctl", "restart", HARDWARE])
    own.wait_state(HARDWARE, "failed")
    status = json.loads(own.rovictl("status --json hardware").out)
    assert status["status_text"].startswith("robot_driver died (exit code 3): "), status
    assert "/dev/ttyUSB0" in status["status_text"]
    assert own.wait_state(MAPPING, "inactive", "failed") and own.processes(MAPPING) == []
    assert turn(own, "on").status == 1, "it is on, but does not run"
    assert turn(own, "off").status == 0  # and leaves no failed unit
    assert_is(own, "off")


def test_a_restart_brings_the_stack_back_with_what_it_ran_with(own):
    assert own.rovictl("start nav --variant localization map:=lab1").status == 0
    before = own.show(GATEWAY, "InvocationID")
    result = turn(own, "restart")
    assert (result.status, result.out) == (0, "hardware runs\nnav starts again: see 'rovictl status'\n"), result
    own.wait_state("rovi-nav.service", "active")
    assert own.show("rovi-nav.service", "StatusText") == "--variant localization map:=lab1"
    assert own.show(GATEWAY, "InvocationID") == before


@pytest.mark.parametrize("mode", ["ignore-dependencies", "ignore-requirements"])
def test_no_job_mode_starts_a_stack_without_the_hardware(own, mode):
    kill(own)
    own.must(f"{BY_HAND} {MAPPING} {mode}", user=own.dbus_user)
    own.wait_state(MAPPING, "failed")
    shown = own.show(MAPPING, "ExecMainStatus", "StatusText")
    assert shown == {"ExecMainStatus": "69", "StatusText": f"refused (69): {NOT_RUNNING}"}
    assert own.events("mapping") == []


def test_a_stack_in_another_root_needs_it_too(own):
    nav = "rovi-nav.service"
    own.add_root("bookworm")
    assert own.rovictl("root use nav bookworm", user="root").status == 0
    try:
        assert own.rovictl("start nav").status == 0, own.report()
        kill(own)
        own.wait_state(nav, "inactive")
        own.must(f"{BY_HAND} {nav} ignore-dependencies", user=own.dbus_user)
        own.wait_state(nav, "failed")
        assert own.show(nav, "StatusText") == f"refused (69): {NOT_RUNNING}"
    finally:
        own.must("rm -f /etc/systemd/system/rovi-*.service.d/60-root.conf; systemctl daemon-reload")


def test_a_start_that_cannot_be_cancelled_does_not_outlive_the_hardware(own):
    own.switch("mapping", import_s=15)
    own.must(f"{BY_HAND} {MAPPING} replace-irreversibly", user=own.dbus_user)
    wait_for(lambda: any("stack:=mapping" in p.args for p in own.processes(MAPPING)), "no launch")
    kill(own)
    own.wait_state(MAPPING, "failed", "inactive", limit_s=10)
    assert own.processes(MAPPING) == []


def test_a_stack_that_is_ready_when_the_hardware_has_died_is_refused(own):
    own.put(DROP_IN.format(MAPPING), '[Service]\nEnvironment="ROVI_READY_CHECK=test -e /tmp/ready"\n')
    own.must("rm -f /tmp/ready; systemctl daemon-reload")
    own.must("systemctl start --no-block --job-mode=replace-irreversibly rovi-mapping")
    wait_for(lambda: "ready check" in own.show(MAPPING, "StatusText"), lambda: own.report(MAPPING))
    own.stop_what_watches("mapping")  # so that only the last look before READY=1 is left
    kill(own)
    assert own.state(MAPPING) == "activating", "something else has seen it: nothing is proved"
    own.must("touch /tmp/ready")
    assert own.wait_state(MAPPING, "failed", "inactive", "active") != "active"
    assert own.processes(MAPPING) == [] and "the hardware is not running" in own.show(MAPPING, "StatusText")


def test_a_start_waits_for_a_hardware_that_still_starts(own):
    own.switch("hardware", import_s=25)
    own.must(["systemctl", "restart", "--no-block", HARDWARE])
    own.wait_state(HARDWARE, "activating")
    own.must(f"{BY_HAND} rovi-nav.service ignore-dependencies", user=own.dbus_user)
    own.wait_state("rovi-nav.service", "failed")
    text = "refused (69): the hardware is still starting: 'rovictl status hardware' says what it waits for"
    assert own.show("rovi-nav.service", "StatusText") == text
    start = own.begin("rovictl start mapping")
    assert own.state(HARDWARE) == "activating" and own.processes(MAPPING) == []
    assert start.ended(90) == "mapping runs\n0\n"
    assert own.state(HARDWARE) == "active"


def test_its_end_takes_nothing_from_a_stack(own):
    # Both units make /run/rovi; if one removed it, two stacks could run, each with a lock file of its own.
    running_mapping(own)
    listing = "find /run/rovi -name stack.lock -o -name gateway_publishes_odom_tf | xargs stat -c '%n %i'"
    before = own.must(listing)
    kill(own)
    assert own.must(listing) == before and "stack.lock" in before
    own.wait_state(MAPPING, "inactive")
    assert own.run(["test", "-e", SESSION]).status != 0


# ---- the gateway and the hardware --------------------------------------------------------------


def test_the_gateway_waits_for_the_hardware_and_says_so(own):
    own.must(["systemctl", "stop", GATEWAY, HARDWARE])
    own.must("rm -f /home/rovi/standin/{gateway,hardware}.events")
    own.switch("hardware", import_s=4)
    own.must(["systemctl", "start", "--no-block", GATEWAY])
    text = "waiting for the hardware, 60 s at most"
    wait_for(lambda: own.show(GATEWAY, "StatusText") == text, lambda: own.report(GATEWAY))
    assert own.state(GATEWAY) == "activating" and "waiting for the hardware" in own.rovictl("status").out
    own.wait_state(GATEWAY, "active")
    assert own.state(HARDWARE) == "active"
    gateway = wait_for(lambda: own.events("gateway"), "no node of the gateway has started")
    assert gateway[0][0] > own.events("hardware")[0][0]


def test_the_wait_has_an_end_that_can_be_set(own):
    own.put(DROP_IN.format(GATEWAY), "[Service]\nEnvironment=ROVI_HARDWARE_WAIT_SEC=1\n")
    own.must(f"systemctl daemon-reload; systemctl stop {GATEWAY} {HARDWARE}")
    own.switch("hardware", import_s=20)
    own.must(["systemctl", "start", GATEWAY])
    assert own.state(HARDWARE) == "activating"
    assert "the hardware does not run: starting without it" in own.journal(GATEWAY)


def test_the_wait_is_not_a_part_of_the_gateways_own_start(own):
    own.put(DROP_IN.format(GATEWAY), "[Service]\nEnvironment=ROVI_HARDWARE_WAIT_SEC=8\nTimeoutStartSec=6\n")
    own.must(f"systemctl daemon-reload; systemctl stop {GATEWAY} {HARDWARE}")
    own.switch("hardware", import_s=40)
    own.must(["systemctl", "start", GATEWAY])
    assert own.state(HARDWARE) == "activating"


def test_a_hardware_that_does_not_start_holds_up_nothing_else(own):
    own.must(["systemctl", "stop", GATEWAY, HARDWARE])
    own.switch("hardware", exception="no lidar.yaml")
    own.must(["systemctl", "start", GATEWAY])
    assert own.state(HARDWARE) == "failed"
    assert "no lidar.yaml" in own.rovictl("status hardware").out
    assert own.rovictl("start mapping").status == 69
    assert own.show(MAPPING, "ActiveState") == "inactive"


def test_stopping_the_gateway_leaves_the_hardware(own):
    before = own.show(HARDWARE, "InvocationID")
    running_mapping(own)
    assert own.rovictl("gateway stop", user="root").status == 0
    assert own.state(MAPPING) == "inactive"
    assert own.rovictl("start mapping").err.startswith("rovictl: the gateway is not running: ")
    assert own.rovictl("gateway start", user="root").status == 0
    assert own.show(HARDWARE, "InvocationID") == before
    assert own.rovictl("start mapping").status == 0


def test_after_a_boot_everything_is_as_before(fresh_robot):
    robot = fresh_robot
    assert robot.install().status == 0
    robot.must("usermod -aG rovi-ops alice")
    assert turn(robot, "on").status == 0
    robot.must(["systemctl", "enable", MAPPING])
    robot.put(LOCK, "off mapping\n", mode=0o600)  # cut off by the power cut, too
    robot.reboot()
    for unit in (GATEWAY, HARDWARE, MAPPING):
        robot.wait_state(unit, "active", limit_s=60)
    robot.must(f"touch {LOCK}")
    assert_is(robot, "on")
    robot.must(["systemctl", "disable", "-q", MAPPING])
    # An update and the uninstaller.
    before = kept(robot)
    assert "nothing to change" in robot.must(f"{SOURCE}/services/install.sh")
    assert kept(robot) == before
    robot.must(f"make -C {SOURCE} uninstall")
    left = robot.run(f"ls -d /etc/systemd/system/rovi* /usr/local/lib/rovi {LOCK} /run/rovi").out
    assert left == "" and [p for p in robot.processes() if p.user == "rovi"] == []


# ---- refusals -----------------------------------------------------------------------------------


def refused(robot, word, code, sentence, user="root"):
    """The change is refused, with everything as it was."""
    before = kept(robot)
    result = robot.rovictl(f"hardware {word}", user=user, timeout_s=150)
    assert result.status == code and result.err.startswith(f"rovictl: {sentence}"), result
    assert result.err.count("\n") == 1 and kept(robot) == before, result


@pytest.mark.parametrize("word", ["on", "off", "restart"])
def test_it_is_the_administrators(part, word):
    sentence = f"not permitted: only an administrator may do that: 'sudo rovictl hardware {word}'"
    refused(part, word, 77, sentence, user="alice")
    for verb in ("start", "stop", "restart"):
        assert part.run(["systemctl", "--no-ask-password", verb, HARDWARE], user="alice").status != 0
    for unit in ("rovi-guard@hardware", "rovi_kill@hardware:alice", "rovi-ask@hardware-123456789012"):
        result = part.run(
            f"{part.operator_busctl.replace('call', 'call', 1)} org.freedesktop.systemd1 "
            "/org/freedesktop/systemd1 org.freedesktop.systemd1.Manager "
            f"StartUnit ss {unit}.service replace",
            user="alice",
        )
        assert result.status != 0, unit


def test_a_word_that_it_does_not_know(part):
    refused(part, "maybe", 2, "hardware takes one of status on off restart, not maybe: see 'rovictl help hardware'")
    refused(part, "", 2, "hardware needs one of status on off restart")


def test_restart_while_it_is_off(part):
    refused(part, "restart", 3, AS_PART)


def test_on_without_its_launch_file(part):
    part.must(f"mv {LAUNCHES}/hardware.launch.py /tmp/hardware.kept")
    try:
        running_mapping(part)
        sentence = "the hardware cannot be launched: the package rovi_bringup has no launch file hardware.launch.py: "
        refused(part, "on", 78, sentence)
    finally:
        part.must(f"mv /tmp/hardware.kept {LAUNCHES}/hardware.launch.py")


def test_on_with_a_gateway_that_cannot_leave_the_drivers_out(part):
    part.must(
        f"cp {LAUNCHES}/gateway.launch.py /tmp/gateway.kept; sed -i /hardware_enabled/d {LAUNCHES}/gateway.launch.py"
    )
    try:
        refused(part, "on", 78, "the launch file of the gateway takes no argument hardware_enabled, so it would start")
    finally:
        part.must(f"cp /tmp/gateway.kept {LAUNCHES}/gateway.launch.py")


def test_what_the_workspace_says_is_made_fit_for_a_terminal(part):
    part.must(f"cp {LAUNCHES}/hardware.launch.py /tmp/hardware.kept")
    part.put(f"{LAUNCHES}/hardware.launch.py", "raise SystemExit('\\033]0;gotcha\\007bad')\n", user="rovi")
    try:
        before = kept(part)
        result = turn(part, "on")
        assert result.status == 78 and "\033" not in result.err and "gotcha" in result.err, result
        assert kept(part) == before
    finally:
        part.must(f"cp /tmp/hardware.kept {LAUNCHES}/hardware.launch.py")


@pytest.mark.parametrize("word", ["on", "off"])
def test_while_the_stack_moves(part, word):
    if word == "off":
        assert turn(part, "on").status == 0
    part.put(DROP_IN.format(MAPPING), '[Service]\nEnvironment="ROVI_MOTION_GUARD=echo it moves; false"\n')
    part.must("systemctl daemon-reload")
    running_mapping(part)
    refused(part, word, 79, "mapping was not stopped: motion guard: it moves: an administrator can force it")


def test_while_a_stack_starts(part):
    part.switch("mapping", import_s=20)
    part.must(["systemctl", "start", "--no-block", MAPPING])
    wait_for(lambda: any("stack:=mapping" in p.args for p in part.processes(MAPPING)), "no launch")
    refused(part, "on", 75, "mapping is still starting: try again when it runs, or stop it first with")
    part.must(["systemctl", "stop", MAPPING])


def test_without_the_gateway(part):
    part.must(["systemctl", "stop", GATEWAY])
    refused(part, "on", 69, "the gateway is not running: ")


def test_twice_at_the_same_moment(part):
    def begun():
        return [node for _, node, event in part.events("hardware") if event == "start"].count("robot_driver")

    before = begun()
    changes = [part.begin("rovictl hardware on", user="root") for _ in range(2)]
    said = sorted(change.ended(120) for change in changes)
    assert said == ["the hardware is on already\n0\n", "the hardware is on\n0\n"] or said == [
        "the hardware is on\n0\n",
        "the hardware is on already\n0\n",
    ], said
    assert_is(part, "on")
    assert begun() == before + 1


# ---- a step that fails, and a change that is cut off ---------------------------------------------


def test_a_hardware_that_fails_leaves_everything_as_it_was(part):
    part.switch("hardware", robot_driver_does={"crash_after_s": 0}, launch_status=1)
    part.put(DROP_IN.format(HARDWARE), '[Service]\nEnvironment="ROVI_READY_CHECK=false"\n')
    part.must("systemctl daemon-reload")
    assert part.rovictl("start nav --variant localization map:=lab1").status == 0
    result = turn(part, "on")
    assert result.status == 1 and result.out == "", result
    lines = result.err.splitlines()
    assert lines[0].startswith("rovictl: hardware failed: robot_driver died (exit code 3): "), result
    assert lines[-1] == "rovictl: the hardware is off, as before", result
    assert_is(part, "off")
    assert part.show("rovi-nav.service", "ActiveState", "StatusText") == {
        "ActiveState": "active",
        "StatusText": "--variant localization map:=lab1",
    }


def test_a_gateway_that_fails_without_its_drivers_leaves_everything_as_it_was(own):
    # The other way: only with the drivers in it.
    own.must(f"cp {LAUNCHES}/gateway.launch.py /tmp/gateway.kept")
    own.must(f"""echo 'ARGUMENTS["hardware_enabled"]["choices"] = ["false"]' >>{LAUNCHES}/gateway.launch.py""")
    try:
        result = turn(own, "off")
        assert result.status == 1 and "gateway failed: " in result.err, result
        assert result.err.endswith("rovictl: the hardware is on, as before\n"), result
        assert_is(own, "on")
    finally:
        own.must(f"cp /tmp/gateway.kept {LAUNCHES}/gateway.launch.py")


def test_a_place_that_cannot_be_written_leaves_everything_as_it_was(part):
    directory = os.path.dirname(SWITCH)
    part.put(directory, "in the way\n")
    try:
        result = turn(part, "on")
        assert result.status == 78, result
        assert f"rovictl: cannot write or remove {SWITCH}\n" in result.err
    finally:
        part.must(["rm", directory])
    assert_is(part, "off")


@pytest.mark.parametrize("word", ["on", "off"])
def test_killed_before_any_of_its_steps_the_next_call_finds_its_way(part, word, record_property):
    other = {"on": "off", "off": "on"}[word]
    record_property("faults", len(STEPS))
    part.must("install -m 666 /dev/null /tmp/faults")
    assert turn(part, other).status == 0
    for number, step in enumerate(STEPS):
        part.put("/tmp/fault", f"rovictl hardware before {step}\n")
        result = turn(part, word, env={"BASH_ENV": "/opt/harness/fault_point.bash"})
        assert result.status in (137, -9) and part.must("wc -l </tmp/faults").strip() == str(number + 1), (step, result)
        part.must("rm /tmp/fault")
        wait_for(lambda: part.run(["flock", "-n", LOCK, "true"]).status == 0, "a child of it goes on", 60)
        is_on = part.run(["test", "-e", SWITCH]).status == 0
        start = part.rovictl("start mapping", timeout_s=150)
        assert start.status == 69 or not is_on or part.state(HARDWARE) == "active", (step, start)
        if number < len(STEPS) - 1 and step != "trap : INT":
            assert "a change of the hardware is under way or was cut off" in part.rovictl("doctor", user="root").out
        ends = word if number % 2 else other
        result = turn(part, ends)
        assert result.status == 0, (step, result)
        assert_is(part, ends)
        assert part.rovictl("start mapping", timeout_s=150).status == 0, part.report()
        assert part.rovictl("stop").status == 0
        if ends == word:
            assert turn(part, other).status == 0


# ---- the storm ----------------------------------------------------------------------------------

SEED, OPERATIONS = int(os.environ.get("SEED", "1")), int(os.environ.get("OPERATIONS", "1000"))
SHELLS, ROUNDS = 8, 5


def test_a_storm_in_which_the_hardware_is_killed_too(own, record_property):
    """0 stacks without hardware, 0 overlaps."""
    own.must("rm -f /tmp/storm.* /tmp/odd")
    seen = []
    for number in range(ROUNDS):
        seeds = " ".join(str((SEED * 1000 + number * 10 + shell + 500) % 32768) for shell in range(SHELLS))
        each = OPERATIONS // SHELLS // ROUNDS
        storm = f"for seed in {seeds}; do bash /opt/harness/storm.bash $seed {each} hardware & done"
        result = own.run(f"{storm}; python3 /opt/harness/sampler.py --hardware $(jobs -p)", timeout_s=900)
        seen.append(json.loads(result.out))
        own.must(["systemctl", "start", GATEWAY, HARDWARE])
    done = own.must("cat /tmp/storm.[0-9]*").splitlines()
    killed = [line for line in done if 45 <= int(line.split()[1]) <= 52]
    found = {key: [item for one in seen for item in one[key]] for key in ("overlaps", "without")}
    for name, count in {
        "operations": len(done),
        "faults": len(killed),
        "overlaps": len(found["overlaps"]),
        "stacks without hardware": len(found["without"]),
    }.items():
        record_property(name, count)
    print(seen, sorted({line.split()[0] for line in done}))
    assert found == {"overlaps": [], "without": []}, own.report()
    assert len(done) == OPERATIONS // (SHELLS * ROUNDS) * SHELLS * ROUNDS
    assert sum(one["bare"] for one in seen) > 20, "the hardware was hardly ever gone: nothing is proved"
    wait_for(
        lambda: own.must("systemctl list-jobs --no-legend 'rovi-*'") == "" and own.state(TARGET) == "active",
        own.report,
        60,
    )
    own.run("rovictl stop", user="alice", timeout_s=150)
    for stack in STACKS:
        assert own.rovictl(f"start {stack}").status == 0, own.report()
        assert own.rovictl("stop").status == 0
