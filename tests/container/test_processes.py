"""ROVI_PROCESSES: the programs that a stack must have, by name and exactly."""

import json

import pytest

from harness.result import wait_for

DROP_IN = "/run/systemd/system/rovi-mapping.service.d/99-test.conf"


@pytest.fixture
def mapping(robot):
    """A function: starts mapping with two more processes, expecting names."""

    def start(names):
        robot.put(
            DROP_IN,
            "[Service]\nPrivateTmp=no\nExecStartPost=/bin/bash /opt/harness/nodes.bash\n"
            f'Environment="ROVI_PROCESSES={names}"\n',
        )
        robot.must("mount -o remount,exec /tmp 2>/dev/null; systemctl daemon-reload")
        assert robot.rovictl("start mapping").status == 0

    yield start
    robot.must(
        f"systemctl stop rovi-mapping; rm -rf {DROP_IN.rpartition('/')[0]} /tmp/controller_server /tmp/planner.py; "
        "systemctl daemon-reload"
    )


def processes(robot):
    return json.loads(robot.rovictl("status mapping --json").out)["processes"]


def test_all_are_there(robot, mapping):
    mapping("ros2 node planner.py")
    assert processes(robot) == {"ros2": "running", "node": "running", "planner.py": "running"}
    assert "missing" not in robot.rovictl("status").out
    assert json.loads(robot.rovictl("status gateway --json").out)["processes"] is None
    assert json.loads(robot.rovictl("status teleop --json").out)["processes"] is None


def test_one_is_missing(robot, mapping):
    # map_server is an argument, plan a part of a name, launch an argument of ros2.
    mapping("planner.py plan map_server launch")
    assert processes(robot) == {
        "planner.py": "running",
        "plan": "missing",
        "map_server": "missing",
        "launch": "missing",
    }
    result = robot.rovictl("status --color always")
    assert "    1/4 processes, missing plan map_server launch\n" in result.out
    assert "\x1b[33m●\x1b[0m \x1b[1mmapping" in result.out
    assert result.status == 0


def test_watch_says_when_one_dies(robot, mapping):
    mapping("planner.py")
    robot.must("(exec timeout 30 rovictl watch mapping --json >/tmp/watch) & echo", user="alice")
    wait_for(lambda: '"planner.py":"running"' in robot.run("cat /tmp/watch").out, "no first object")
    robot.must("pkill -f '[p]lanner.py'")
    wait_for(
        lambda: '"planner.py":"missing"' in robot.run("cat /tmp/watch").out, lambda: robot.run("cat /tmp/watch").out
    )
    assert robot.state("rovi-mapping.service") == "active"
    robot.must("pkill -f 'rovictl [w]atch'; rm /tmp/watch")


@pytest.mark.parametrize("columns", [10, 20, 30, 36, 37, 60])
def test_ps_on_a_narrow_terminal(robot, columns):
    assert robot.rovictl("start mapping").status == 0
    wait_for(
        lambda: len(robot.processes("rovi-mapping.service")) == 4, robot.report
    )  # its start is watched a moment longer
    result = robot.run_in_terminal(f"stty rows 24 cols {columns}; rovictl ps mapping", "alice")
    assert result.status == 0 and "line " not in result.out, result
    assert max(len(line.rstrip()) for line in result.out.splitlines()[1:]) <= max(columns, 35), result
    pids = [line.split()[0] for line in result.out.splitlines()[1:]]
    assert sorted(pids) == sorted(str(process.pid) for process in robot.processes("rovi-mapping.service"))


@pytest.fixture
def hidepid(robot):
    """/proc shows nobody the processes of others."""
    robot.must("mount -o remount,hidepid=2 /proc")
    yield
    robot.must("mount -o remount,hidepid=0 /proc")


def test_what_may_not_be_seen_is_not_missing(robot, mapping, hidepid):
    mapping("planner.py plan")
    assert "missing" not in robot.rovictl("status").out
    assert processes(robot) is None
    for name in ("planner.py", "plan"):
        for service in ("", " --service rovi-mapping"):
            assert robot.rovictl(f"field process {name}{service}").out == "unknown\n"
    assert robot.rovictl("field process plan --service rovi-nav").out == "missing\n"  # there is none to be seen
    fields = "--field a=process:plan@rovi-mapping --field b=process:planner.py@rovi-mapping"
    watched = robot.run(f"timeout 2 rovictl watch {fields}", user="alice").out
    assert watched == "a unknown\nb unknown\n"
    result = robot.rovictl("ps mapping")
    assert (
        result.status == 77
        and result.out == ""
        and "mounted with hidepid=: an administrator runs 'sudo rovictl ps mapping'" in result.err
    ), result
    seen = robot.rovictl("doctor").out
    assert "missing plan" not in seen and "no stack has failed" in seen


def test_what_has_just_ended_does_not_count_as_hidden(robot, mapping, hidepid):
    come_and_go = "for i in {1..8}; do (while :; do /bin/true; done) & done; wait"
    robot.put("/home/rovi/come_and_go", come_and_go, user="rovi")
    mapping("plan")
    robot.put(
        DROP_IN,
        "[Service]\nExecStartPost=/bin/bash -c 'bash /home/rovi/come_and_go &'\nEnvironment=\"ROVI_PROCESSES=plan\"\n",
    )
    robot.must("systemctl daemon-reload; systemctl restart rovi-mapping")
    field = "rovictl field process plan --service rovi-mapping"
    words = robot.run(f"for i in {{1..40}}; do {field}; done", user="rovi", timeout_s=60).out
    assert words == 40 * "missing\n"


def test_the_service_user_sees_its_own_also_then(robot, mapping, hidepid):
    mapping("planner.py plan")
    result = robot.rovictl("status mapping --json", user="rovi")
    assert json.loads(result.out)["processes"] == {"planner.py": "running", "plan": "missing"}
    assert robot.rovictl("field process plan --service rovi-mapping", user="rovi").out == "missing\n"
    assert robot.rovictl("ps mapping", user="rovi").status == 0
