"""What fails says why: the first process that died, with its words. What runs is looked at."""

import json

import pytest

from harness.result import wait_for
from harness.robot import WORKSPACE

MAPPING, NAV, GATEWAY = "rovi-mapping.service", "rovi-nav.service", "rovi-gateway.service"
WORDS = "mapping_driver: cannot open /dev/ttyUSB0"
DIED = f"mapping_driver died (exit code 3): {WORDS}; the rest was shut down after it"


def status(robot, name):
    return json.loads(robot.rovictl(f"status {name} --json").out)


@pytest.fixture
def drop_in(robot):
    """A function that adds lines to [Service] of a stack or the gateway."""
    files = []

    def add(name, *lines):
        files.append(f"/run/systemd/system/rovi-{name}.service.d/99-test.conf")
        robot.put(files[-1], "\n".join(["[Service]", *lines]) + "\n")
        robot.must("systemctl daemon-reload")

    yield add
    robot.must(f"rm -f {' '.join(files)} /tmp/sick /tmp/looks; systemctl daemon-reload; systemctl stop rovi-mapping")


def test_the_first_process_that_died_and_its_words(robot):
    robot.switch("mapping", mapping_driver_does={"crash_after_s": 0.5})
    robot.rovictl("start mapping")  # on a busy machine it sees the crash itself
    robot.wait_state(MAPPING, "failed")
    assert robot.show(MAPPING, "StatusText") == DIED
    assert DIED in " ".join(robot.rovictl("status mapping").out.split())
    assert status(robot, "mapping")["first_failure"] == {
        "process": "mapping_driver",
        "exit_code": 3,
        "signal": None,
        "line": WORDS,
    }
    assert robot.rovictl("start mapping").status == 0 and robot.rovictl("stop").status == 0
    assert status(robot, "mapping")["first_failure"] is None


def test_the_sentence_of_start(robot, drop_in):
    drop_in("mapping", 'Environment="ROVI_READY_CHECK=sleep 300"')
    robot.switch("mapping", mapping_driver_does={"crash_after_s": 0.5})
    result = robot.rovictl("start mapping")
    assert result.status == 1 and result.err.startswith(f"rovictl: mapping failed: {DIED}\n"), result


def test_a_process_that_a_signal_has_ended(robot):
    robot.switch("mapping", does={"linger_s": 1})
    assert robot.rovictl("start mapping").status == 0
    (pid,) = [process.pid for process in robot.processes(MAPPING) if "mapping_planner" in process.args]
    robot.must(f"kill -SEGV {pid}")
    robot.wait_state(MAPPING, "failed")
    failure = status(robot, "mapping")["first_failure"]
    assert failure["process"] == "mapping_planner" and failure["signal"] == "SIGSEGV" and failure["exit_code"] is None


@pytest.mark.parametrize(
    "words, shown",
    [
        ("\x1b[31m[ERROR] [1700000000.123] [slam]: no scan \x1b[0m", "no scan"),
        ("\x1b]0;title\x07 red", "]0;title  red"),
        ("1.5 [ERROR] [mapping_planner-2]: process has died [pid 7, exit code 9, cmd 'x'].", None),
        ("x" * 5000, "x" * 200),
    ],
)
def test_what_a_node_says_is_only_shown(robot, words, shown):
    robot.switch("mapping", mapping_driver_does={"crash_after_s": 0.5, "words": words})
    robot.rovictl("start mapping")  # on a busy machine it sees the crash itself
    robot.wait_state(MAPPING, "failed")
    failure = status(robot, "mapping")["first_failure"]
    assert failure == {"process": "mapping_driver", "exit_code": 3, "signal": None, "line": shown or words}


def test_words_that_are_only_in_the_nodes_own_log(robot):
    """With output="screen" launch.log has none of them; rcl's log of the node has."""
    robot.switch("mapping", screen=True, mapping_driver_does={"crash_after_s": 4})
    assert robot.rovictl("start mapping").status == 0
    (pid,) = [process.pid for process in robot.processes(MAPPING) if "mapping_driver" in process.args]
    logs = "/home/rovi/.ros/log"
    now = int(robot.must("date +%s%3N"))
    robot.put(f"{logs}/mapping_driver_{pid}_{now}.log", "[FATAL] [1.5] [driver]: no port\n", user="rovi")
    robot.put(f"{logs}/mapping_planner_{pid + 1}_{now}.log", "[FATAL] [1.5] [planner]: of another\n", user="rovi")
    for other in (now - 10**9, now + 10**9):  # of other programs that had this PID; the clock was set back
        robot.put(f"{logs}/saver_{pid}_{other}.log", "[INFO] [1.5] [saver]: map saved\n", user="rovi")
    robot.wait_state(MAPPING, "failed")
    assert status(robot, "mapping")["first_failure"]["line"] == "no port"


def test_a_link_in_the_place_of_the_nodes_own_log_is_not_read(robot):
    robot.switch("mapping", screen=True, mapping_driver_does={"crash_after_s": 4})
    assert robot.rovictl("start mapping").status == 0
    (pid,) = [process.pid for process in robot.processes(MAPPING) if "mapping_driver" in process.args]
    robot.must(
        f"ln -s /home/rovi/rovi_ros_ws/.env.robot /home/rovi/.ros/log/mapping_driver_{pid}_$(date +%s%3N).log",
        user="rovi",
    )
    robot.wait_state(MAPPING, "failed")
    assert status(robot, "mapping")["first_failure"]["line"] is None


def test_a_launch_file_that_does_not_load(robot):
    robot.switch("mapping", exception="name 'Nod' is not defined")
    result = robot.rovictl("start mapping")
    assert result.status == 1
    assert "mapping failed: the launch file does not load: name 'Nod' is not defined\n" in result.err


def test_a_long_line_of_the_log_does_not_push_the_reason_off_the_screen(robot):
    robot.switch("mapping", exception="no such package, searching: " + "/opt/ros/jazzy/a_package:" * 20)
    result = robot.rovictl("start mapping")
    assert result.status == 1 and "no such package" in result.err, result
    lines = result.err.partition("the last lines of its log:\n")[2].splitlines()
    assert lines and max(map(len, lines)) == 403, result
    assert all(line.endswith("...") for line in lines if len(line) > 400), result


@pytest.mark.parametrize("signal", ["INT", "TERM"])
def test_a_process_that_dies_because_it_was_told_to_end_is_no_failure(robot, signal):
    """launch is interrupted by somebody, or the launch file itself ends a node."""
    robot.switch("mapping", does={"status_at_end": 9}, **({"end_first_at_usr1": True} if signal == "TERM" else {}))
    assert robot.rovictl("start mapping").status == 0
    robot.must(f"systemctl kill --kill-who=main --signal={'INT' if signal == 'INT' else 'USR1'} {MAPPING}")
    robot.wait_state(MAPPING, "failed")
    assert robot.show(MAPPING, "StatusText") == "ros2 launch ended by itself, with exit status 0"


def test_only_the_launch_of_this_start_counts(robot, drop_in):
    robot.switch("mapping", mapping_driver_does={"crash_after_s": 0.5})
    robot.rovictl("start mapping")  # on a busy machine it sees the crash itself
    robot.wait_state(MAPPING, "failed")
    robot.must("cp /run/rovi/launch.mapping /run/rovi/launch.x 2>/dev/null || true")
    drop_in("mapping", "ExecStart=", "ExecStart=/bin/sh -c 'exit 9'")
    note = "printf '%s\\n' 1 /home/rovi/.ros/log '' other '' >/run/rovi/launch.mapping"
    log = "/home/rovi/.ros/log/2026-x-1/launch.log"
    robot.put(log, "1.5 [ERROR] [a-1]: process has died [pid 7, exit code 9, cmd 'a'].\n", user="rovi")
    robot.must(note, user="rovi")
    try:
        assert "ros2 launch ended with exit status 9\n" in robot.rovictl("start mapping").err
    finally:
        robot.must(f"rm -r {log.rpartition('/')[0]}")


@pytest.mark.parametrize("key, code, words", [
    ("ExecStart=\nExecStart=/none/run_stack.sh mapping", 203, "systemd could not run the program of ExecStart="),
    ("WorkingDirectory=/none", 200, "systemd could not change to WorkingDirectory="),
    ("BindPaths=/none", 226, "systemd could not set up its file system"),
])  # fmt: skip
def test_what_systemd_could_not_do_is_said_in_words(robot, drop_in, key, code, words):
    drop_in("mapping", key)
    result = robot.rovictl("start mapping")
    assert result.status == 1 and words in result.err and f"exit status {code}/" in result.err, result
    assert words in status(robot, "mapping")["status_text"]


def test_a_helper_does_not_make_it_ready(robot):
    robot.switch("mapping", helper_s=2, exception="xacro failed")
    result = robot.rovictl("start mapping")
    assert result.status == 1 and result.out == "" and "the launch file does not load: xacro failed" in result.err
    robot.switch("gateway", helper_s=3)
    try:
        robot.must("systemctl restart --no-block rovi-gateway")
        wait_for(lambda: [each for each in robot.processes(GATEWAY) if each.args[:1] == ["sleep"]], "no helper")
        assert robot.state(GATEWAY) == "activating"
    finally:
        robot.switch("gateway")
        robot.wait_state(GATEWAY, "active")


def test_a_refusal_is_gone_with_its_reason(robot):
    assert robot.rovictl("start mapping").status == 0
    robot.must("systemctl start rovi-nav || true")
    assert robot.state(NAV) == "failed"
    assert robot.rovictl("stop").status == 0
    assert robot.state(NAV) == "inactive"


@pytest.mark.parametrize("signal", ["KILL", "INT"])  # of INT only our ExecStopPost= makes a failure
def test_a_refusal_is_gone_when_the_other_stack_has_failed(robot, signal):
    assert robot.rovictl("start mapping").status == 0
    robot.must("systemctl start rovi-nav || true")
    assert robot.state(NAV) == "failed"
    robot.must(f"kill -{signal} {robot.show(MAPPING, 'MainPID')}")
    robot.wait_state(MAPPING, "failed")
    robot.wait_state(NAV, "inactive", limit_s=5)
    assert robot.state(MAPPING) == "failed"


def test_one_that_is_refused_clears_no_other(robot):
    assert robot.rovictl("start mapping").status == 0
    for name in ("nav", "teleop", "camera"):
        robot.must(f"systemctl start rovi-{name} || true")
    assert [robot.state(f"rovi-{name}.service") for name in ("nav", "teleop", "camera")] == ["failed"] * 3


def test_another_failure_stays_when_a_stack_stops(robot):
    """As gone_with_its_reason, for a failure that is still true."""
    robot.switch("nav", start_none=True, launch_status=1)
    assert robot.rovictl("start nav").status == 1
    assert robot.rovictl("start mapping").status == 0
    assert robot.rovictl("stop").status == 0
    assert robot.state(NAV) == "failed"


def test_clear(robot):
    robot.switch("mapping", start_none=True, launch_status=1)
    robot.switch("nav", start_none=True, launch_status=1)
    for name in ("mapping", "nav"):
        assert robot.rovictl(f"start {name}").status == 1
    assert robot.rovictl("clear nav").out == "nav is no longer FAILED\n"
    assert robot.state(NAV) == "inactive" and robot.state(MAPPING) == "failed"
    assert robot.rovictl("clear nav").out == "nav has not failed\n"
    assert robot.rovictl("clear", user="mallory").status == 77
    assert robot.state(MAPPING) == "failed"
    assert robot.rovictl("clear").out == "mapping is no longer FAILED\n"
    assert robot.rovictl("clear").out == "no stack has failed\n"
    assert robot.rovictl("clear gateway").status == 2


def test_a_refusal_is_one_line_in_the_table_and_whole_by_name(robot, drop_in):
    drop_in("nav", "Environment=ROVI_REDY_CHECK=true")
    assert robot.rovictl("start nav").status == 78
    for name, lines in (("", 1), ("nav", 2)):
        screen = robot.run_in_terminal(f"rovictl status {name}", "alice").out
        text = screen.replace("\r", "").split("nav ", 1)[1].split("\n", 1)[1]
        shown = [line for line in text.split("\n") if line.startswith("    ")]
        assert len(shown) == lines, screen
    assert "did you mean ROVI_READY_CHECK?" in " ".join(robot.rovictl("status nav").out.split())


def test_status_of_one_unit_shows_the_end_of_its_log_to_whom_may_read_it(robot):
    assert robot.rovictl("start mapping").status == 0
    wait_for(
        lambda: "mapping_driver is up" in robot.run_in_terminal("rovictl status mapping", "root").out,
        lambda: robot.report(MAPPING),
    )
    may_read = "systemd-journal" in robot.must("id -nG alice") or "adm" in robot.must("id -nG alice")
    assert ("mapping_driver is up" in robot.run_in_terminal("rovictl status mapping", "alice").out) == may_read
    assert "mapping_driver is up" not in robot.run_in_terminal("rovictl status", "root").out
    assert "mapping_driver is up" not in robot.rovictl("status mapping", user="root").out


def look(robot, name):
    """Has the health of a unit looked at now; the timer would do it within 10 s."""
    robot.must(["systemctl", "start", f"rovi-health@{name}.service"])


def test_the_timer_runs_while_the_stack_runs(robot):
    timer = "rovi-health@mapping.timer"
    assert robot.state(timer) != "active"
    assert robot.rovictl("start mapping").status == 0
    robot.wait_state(timer, "active")
    assert robot.state("rovi-health@gateway.timer") == "active"
    robot.must(f"systemctl kill --signal=KILL {MAPPING}")
    robot.wait_state(timer, "inactive")
    assert robot.rovictl("start mapping").status == 0
    robot.wait_state(timer, "active")
    assert robot.rovictl("stop").status == 0
    robot.wait_state(timer, "inactive")


def test_a_node_that_dies_while_the_launch_goes_on(robot):
    robot.switch("mapping", on_exit="ignore", mapping_driver_does={"crash_after_s": 0.5})
    robot.rovictl("start mapping")  # on a busy machine it sees the crash itself
    wait_for(lambda: status(robot, "mapping")["degraded"], "the timer has not found it", limit_s=25)
    shown = status(robot, "mapping")
    assert shown["state"] == "RUNNING"
    assert shown["degraded"] == f"mapping_driver died (exit code 3): {WORDS}"
    assert shown["first_failure"]["process"] == "mapping_driver"
    screen = robot.run_in_terminal("rovictl status --color always", "alice").out
    assert "\x1b[33m" in screen and "degraded: mapping_driver died" in screen
    assert "degraded: mapping_driver died" in robot.run("timeout 2 rovictl watch | cat", user="alice").out
    assert robot.rovictl("stop").status == 0
    assert status(robot, "mapping")["degraded"] is None
    assert "health.mapping" not in robot.must("ls /run/rovi")


def test_a_node_that_was_started_again_is_well(robot):
    robot.switch("mapping", respawn=True, mapping_driver_does={"crash_after_s": 1})
    assert robot.rovictl("start mapping").status == 0
    wait_for(lambda: len([e for e in robot.events("mapping") if e[1:] == ("mapping_driver", "crash")]) > 1, "no crash")
    robot.switch("mapping")
    look(robot, "mapping")
    assert status(robot, "mapping")["degraded"] is None


def test_a_health_check(robot, drop_in):
    drop_in("mapping", 'Environment="ROVI_HEALTH_CHECK=echo $ROS_DISTRO >>/tmp/looks; ! cat /tmp/sick"',
            "Environment=ROVI_HEALTH_CHECK_SEC=10")  # fmt: skip
    robot.put("/tmp/sick", "no scan\nfor 3 s\n", user="rovi")
    assert robot.rovictl("start mapping").status == 0
    look(robot, "mapping")
    shown = status(robot, "mapping")
    assert shown["state"] == "RUNNING" and shown["degraded"] == "its health check: for 3 s"
    assert shown["first_failure"] is None
    assert robot.must("head -n 1 /tmp/looks") == "jazzy\n"
    look(robot, "mapping")  # it is not time yet
    assert len(robot.must("cat /tmp/looks").split()) == 1
    robot.must("rm /tmp/sick")
    wait_for(lambda: status(robot, "mapping")["degraded"] is None, "it stays degraded", limit_s=40)
    assert robot.show(MAPPING, "NRestarts", "ActiveState") == {"NRestarts": "0", "ActiveState": "active"}


def test_a_health_check_has_the_environment_of_the_launch(robot, drop_in):
    """And nothing is sourced for a look: ROS could not be loaded now."""
    drop_in("mapping", 'Environment="ROVI_HEALTH_CHECK=echo $OF_THE_UNIT $ROS_DISTRO; false" OF_THE_UNIT=yes')
    assert robot.rovictl("start mapping").status == 0
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    robot.must(f"mv {WORKSPACE}/install {WORKSPACE}/away")
    try:
        look(robot, "mapping")
    finally:
        robot.must(f"mv {WORKSPACE}/away {WORKSPACE}/install")
    assert status(robot, "mapping")["degraded"] == "its health check: yes jazzy"


def test_a_health_check_of_a_launch_that_nobody_may_look_into(robot, drop_in):
    drop_in("mapping", 'Environment="ROVI_HEALTH_CHECK=echo $ROS_DISTRO; false"',
            "AmbientCapabilities=CAP_NET_RAW", "CapabilityBoundingSet=CAP_NET_RAW")  # fmt: skip
    assert robot.rovictl("start mapping").status == 0
    pid = robot.show(MAPPING, "MainPID")
    assert robot.run(f"cat /proc/{pid}/environ", user="rovi").status != 0  # proc(5)
    look(robot, "mapping")
    assert status(robot, "mapping")["degraded"] == "its health check: jazzy"
    # What the setup files print is nobody's health.
    drop_in("mapping", 'Environment="ROVI_HEALTH_CHECK=test $ROS_DISTRO"',
            "AmbientCapabilities=CAP_NET_RAW", "CapabilityBoundingSet=CAP_NET_RAW")  # fmt: skip
    robot.must(
        f"cp -p {WORKSPACE}/install/setup.bash /tmp/ && echo 'echo no; echo no >&2' >>{WORKSPACE}/install/setup.bash"
    )
    try:
        robot.must("rovictl restart mapping")
        look(robot, "mapping")
        assert status(robot, "mapping")["degraded"] is None
    finally:
        robot.must(f"cp -p /tmp/setup.bash {WORKSPACE}/install/")


def test_no_node_has_a_command_run_by_the_looks(robot, drop_in):
    """The note is where a node can write; what runs is what the unit declares."""
    drop_in("mapping", 'Environment="ROVI_HEALTH_CHECK=echo declared >>/tmp/looks"')
    assert robot.rovictl("start mapping").status == 0
    evil = "a[$(touch /tmp/sick)]\\ntouch /tmp/sick\\n"
    robot.must(f"printf '{evil}' >>/run/rovi/launch.mapping", user="rovi")
    look(robot, "mapping")
    robot.must("sed -i '6,$d; 5s/.*/a[$(touch \\/tmp\\/sick)]/' /run/rovi/launch.mapping", user="rovi")
    look(robot, "mapping")
    assert robot.must("ls /tmp | grep -xE 'looks|sick'") == "looks\n"


def test_an_operator_may_not_start_the_looks(robot):
    for unit in ("rovi-health@mapping.service", "rovi-health@mapping.timer"):
        assert robot.run(["systemctl", "start", "--no-ask-password", unit], user="alice").status != 0
        assert robot.state(unit) != "active"


@pytest.mark.parametrize("plant", ["mkfifo {}", "ln -s /etc/passwd {}", "mkdir {}", "head -c 5000000 /dev/zero >{}"])
def test_what_lies_in_the_place_of_the_note(robot, plant):
    assert robot.rovictl("start mapping").status == 0
    robot.must(f"rm -rf /run/rovi/health.mapping && {plant.format('/run/rovi/health.mapping')}", user="rovi")
    assert status(robot, "mapping")["degraded"] is None
    look(robot, "mapping")
    assert robot.rovictl("stop").status == 0
    assert "health.mapping" not in robot.must("ls /run/rovi")


def test_a_look_at_an_earlier_start_in_the_place_of_the_note(robot):
    assert robot.rovictl("start mapping").status == 0
    robot.must("printf '%s\\n' other 5 sick '' >/run/rovi/health.mapping", user="rovi")
    assert status(robot, "mapping")["degraded"] is None
