"""A stack that is stopped in its tracks, multiplies or talks without end: it is held, and can be stopped."""

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY
from tests.container.attack import MAPPING, nothing_outside_has_changed, outside, the_next_start_works

DROP_IN = "/run/systemd/system/rovi-mapping.service.d/99-test.conf"
PIDS = "/sys/fs/cgroup/pids"
FLOOD = "yes the same line again and again | head -n 200000; touch /home/rovi/flooded"


@pytest.fixture
def aside(robot):
    """A function that has mapping run a command as the service user beside its launch."""
    before = outside(robot)

    def start(command, *settings):
        lines = ["[Service]", *settings, f"ExecStartPost=/bin/bash -c '{command} &'"]
        robot.put(DROP_IN, "\n".join(lines) + "\n")
        robot.must("systemctl daemon-reload")
        assert robot.rovictl("start mapping").status == 0

    yield start
    robot.must(
        f"rm -rf {DROP_IN.rpartition('/')[0]} /opt/harness/fork_bomb.py /tmp/flood.sh /home/rovi/flooded; "
        "systemctl daemon-reload"
    )
    robot.must(["systemctl", "stop", MAPPING])
    nothing_outside_has_changed(robot, before)
    the_next_start_works(robot)


def test_a_frozen_stack_is_stopped_in_time_and_its_state_stays_true(robot):
    assert robot.rovictl("start mapping").status == 0
    wait_for(lambda: len(robot.processes(MAPPING)) == 4, lambda: robot.report(MAPPING))  # its start is watched no more
    for process in robot.processes(MAPPING):
        robot.must(["kill", "-STOP", str(process.pid)])
    assert "RUNNING" in robot.rovictl("status mapping").out
    robot.must(["rovictl", "stop", "--no-wait"], user="alice")
    assert "STOPPING" in robot.rovictl("status mapping").out
    assert robot.rovictl("start nav").status == 75
    robot.wait_state(MAPPING, "inactive", "failed", limit_s=23)  # TimeoutStopSec=20
    assert robot.processes(MAPPING) == []
    the_next_start_works(robot)


def test_every_launch_has_a_limit_of_its_own_for_tasks(robot):
    for unit in (GATEWAY, MAPPING, "rovi-guard@nav.service"):
        assert robot.show(unit, "TasksMax") == "2048", unit
    assert robot.show("rovi_executor@1-1-1.service", "TasksMax") == "32"


def pids_are_limited(robot):
    """Whether the pids controller is at work here: not everywhere in a container."""
    return (
        robot.run(
            f"grep -qs . $(find {PIDS} /sys/fs/cgroup -path '*rovi-gateway.service/pids.max' 2>/dev/null) /dev/null"
        ).status
        == 0
    )


def test_a_fork_bomb_is_held_and_stopped(robot, aside, record_property):
    record_property("faults", 1)
    limit = 300  # of the test's own: the machine is not to suffer from the stack's real one
    assert pids_are_limited(robot), "the pids controller does not work here, so nothing would be proved"
    aside("exec python3 /opt/harness/fork_bomb.py", f"TasksMax={limit}")
    wait_for(lambda: int(robot.show(MAPPING, "TasksCurrent")) >= limit, "the bomb does not go off", 20)
    assert int(robot.show(MAPPING, "TasksCurrent")) == limit
    assert robot.show(GATEWAY, "ActiveState") == "active"
    assert "RUNNING" in robot.rovictl("status mapping").out
    result = robot.rovictl("stop")
    # systemd runs ExecStopPost= before it kills what is left: under the limit that cannot fork.
    assert result.status == 0 or "mapping stopped, but not cleanly" in result.err, result
    assert robot.processes(MAPPING) == []
    robot.must("systemctl reset-failed")


def test_a_flood_of_log_lines_drowns_nobody_else(robot, aside):
    robot.put("/tmp/flood.sh", FLOOD)
    aside("exec bash /tmp/flood.sh")
    wait_for(lambda: robot.run(["test", "-e", "/home/rovi/flooded"]).status == 0, "the flood is not over", 60)
    robot.must("systemd-cat -t rovi-test echo still heard")
    assert robot.rovictl("status").status == 0
    result = robot.rovictl("logs mapping -n 5")
    assert result.status == 0 and result.out, result
    assert robot.rovictl("stop").status == 0
    robot.must("journalctl --sync")
    kept = int(robot.must("journalctl -u rovi-mapping -o cat --no-pager | grep -c 'the same line'"))
    assert 0 < kept < 100_000, f"{kept} of 200000 lines were kept"
    assert "still heard" in robot.must("journalctl -t rovi-test -o cat --no-pager")
