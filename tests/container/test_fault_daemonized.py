"""A node that makes itself a daemon (two forks, a session of its own, all descriptors closed, deaf to SIGINT and
SIGTERM) has let go of the launch, of the stack lock and of the journal, but not of its stack: it ends with it, before
another starts."""

import pytest

from harness.result import wait_for

MAPPING, NAV = "rovi-mapping.service", "rovi-nav.service"


@pytest.fixture
def daemon(robot):
    """mapping, with a daemon in it; a function that returns when the daemon has ended, or None."""
    robot.switch("mapping", mapping_driver_does={"daemonize": True, "linger_s": 1})
    assert robot.rovictl("start mapping").status == 0
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    pid = wait_for(lambda: robot.run("cat /home/rovi/standin/mapping.daemon").out, "there is no daemon")
    robot.must(f"rm -f /tmp/ended; python3 /opt/harness/watch_end.py {pid} >/tmp/ended 2>/dev/null </dev/null &")
    assert robot.must(f"readlink /proc/{pid}/fd/* 2>/dev/null; ps -o ppid=,sid= -p {pid}").split()[0] == "1", (
        "not on its own"
    )
    yield lambda: float(robot.must("cat /tmp/ended") or 0)
    robot.must(f"kill -KILL {pid} 2>/dev/null; true")


def first_node(robot, stack):
    wait_for(lambda: robot.events(stack), f"no node of {stack} has started")
    return min(when for when, _, _ in robot.events(stack))


def test_it_ends_with_its_stack(robot, daemon):
    assert daemon() == 0
    assert robot.rovictl("stop").status == 0
    assert daemon() > 0 and robot.processes(MAPPING) == []


def test_a_switch_waits_for_it(robot, daemon):
    assert robot.rovictl("switch nav").status == 0
    assert 0 < daemon() < first_node(robot, "nav")


def test_a_lost_lock_does_not_let_another_stack_start_beside_it(robot, daemon):
    robot.must("rm /run/rovi/stack.lock")
    robot.must(["systemctl", "stop", "--no-block", MAPPING])
    robot.must(["systemctl", "start", NAV])  # waits: a node of mapping takes a second to end
    assert 0 < daemon() < first_node(robot, "nav")


@pytest.mark.parametrize("lock", ["there", "lost"])
def test_it_does_not_survive_the_launch(robot, daemon, lock):
    if lock == "lost":
        robot.must("rm /run/rovi/stack.lock")
    robot.must(f"systemctl kill -s KILL --kill-who=main {MAPPING}; systemctl start {NAV} || true")
    robot.wait_state(MAPPING, "failed")
    assert robot.processes(MAPPING) == [] and daemon() > 0
    if robot.state(NAV) != "active":
        assert robot.rovictl("start nav").status == 0
    assert daemon() < first_node(robot, "nav")


def test_it_does_not_survive_the_gateway(robot, daemon):
    robot.must("systemctl kill -s KILL --kill-who=main rovi-gateway.service")
    robot.wait_state("rovi-gateway.service", "failed")
    wait_for(lambda: robot.state(MAPPING) in ("inactive", "failed"), robot.report, 25)
    assert daemon() > 0 and [p for p in robot.processes() if p.user == "rovi"] == []
