"""systemd that reads its units anew, or executes itself anew, or gets new ones by an install, while a stack runs or
starts: nothing stops, nothing is lost."""

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY, SESSION, SOURCE

MAPPING = "rovi-mapping.service"
INSTALL = f"{SOURCE}/services/install.sh"
# Each kind of file that is installed, changed as an upgrade changes it: near its begin, because bash reads a script as
# it goes, and would go on at another place in one that was written over.
UPGRADE = (
    f"cd {SOURCE} && sed -i '1a # {'x' * 200} N' services/*.sh services/*/*.sh bin/rovictl bin/rovictl.d/* rovi_env.sh "
    "services/rovi-*.service services/rovi-.service.d/*.conf"
)


def kept(robot):
    """What must be as it was."""
    return (
        robot.show(GATEWAY, "MainPID", "InvocationID", "ActiveState"),
        robot.show(MAPPING, "MainPID", "InvocationID", "ActiveState", "StatusText"),
        robot.must(["cat", SESSION]),
        robot.run("flock -n /run/rovi/stack.lock true").status,
    )


def is_stopped_by_one_sigint(robot):
    """As ever: each node gets one, and it is a clean stop."""
    result = robot.rovictl("stop")
    assert (result.status, result.out) == (0, "mapping stopped\n"), result
    events = [event for _, _, event in robot.events("mapping")]
    assert (events.count("SIGINT"), events.count("end"), events.count("SIGTERM")) == (3, 3, 0), events
    assert robot.show(MAPPING, "Result") == "success"


@pytest.fixture
def upgrade(robot):
    """Installs a checkout in which every file has changed; afterwards the one of before."""
    robot.must(f"cp -a {SOURCE} {SOURCE}.kept")
    versions = iter(range(1, 100))

    def install():
        robot.must(UPGRADE.replace("N", str(next(versions))))
        return robot.must(INSTALL)

    yield install
    robot.must(f"rm -rf {SOURCE}; mv {SOURCE}.kept {SOURCE}; {INSTALL}")


@pytest.mark.parametrize("command", ["daemon-reload", "daemon-reexec"])
def test_a_stack_that_runs_is_untouched(robot, command, record_property):
    record_property("faults", 3)
    assert robot.rovictl("start mapping").status == 0
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    before = kept(robot)
    assert before[3] == 1, "nobody has the lock"
    for _ in range(3):
        robot.must(["systemctl", command])
        assert kept(robot) == before
        assert robot.rovictl("start nav").status == 75
    is_stopped_by_one_sigint(robot)


@pytest.mark.parametrize("command", ["daemon-reload", "daemon-reexec", "install"])
def test_a_start_that_is_under_way_is_the_same_start(robot, command, upgrade):
    robot.switch("mapping", import_s=2)
    start = robot.begin("rovictl start mapping")
    wait_for(lambda: any("stack:=mapping" in p.args for p in robot.processes(MAPPING)), "no launch")
    before = robot.show(MAPPING, "MainPID", "InvocationID")
    if command == "install":
        upgrade()
    else:
        robot.must(["systemctl", command])
    assert start.ended(20) == "mapping runs\n0\n"
    assert robot.show(MAPPING, "MainPID", "InvocationID") == before
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    is_stopped_by_one_sigint(robot)


def test_an_upgrade_under_a_running_stack(robot, upgrade):
    assert robot.rovictl("start mapping").status == 0
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    before = kept(robot)
    assert "Nothing that runs was restarted" in upgrade()
    assert "nothing to change" in robot.must(INSTALL)
    assert kept(robot) == before
    is_stopped_by_one_sigint(robot)


def test_starts_while_upgrades_come_one_after_the_other(robot, upgrade, record_property):
    """A start that falls between two files of an upgrade must not be half of each."""
    starts = robot.begin("until [[ -e /tmp/go ]]; do rovictl start mapping; echo $?; rovictl stop; echo $?; done")
    for _ in range(5):
        upgrade()
    robot.must("touch /tmp/go")
    said = starts.ended(30)
    count = said.count("mapping runs")
    record_property("operations", 2 * count)
    assert said == "mapping runs\n0\nmapping stopped\n0\n" * count + "0\n"
    assert count >= 5, "too few starts to prove anything"


def test_verbs_while_systemd_executes_itself_anew(robot, record_property):
    """Over and over: whatever call is dropped, every verb does what it says, once."""
    record_property("operations", 20)
    robot.must(
        "(until [[ -e /tmp/enough ]]; do systemctl daemon-reexec; sleep 0.3; done >/dev/null 2>&1; rm /tmp/enough) &"
    )
    try:
        for _ in range(4):
            for arguments, said in (
                ("start mapping", "mapping runs\n"),
                ("restart mapping", "mapping runs\n"),
                ("status --quiet", ""),
                ("switch nav", "mapping stopped\nnav runs\n"),
                ("stop", "nav stopped\n"),
            ):
                result = robot.rovictl(arguments)
                assert (result.status, result.out, result.err) == (0, said, ""), result
    finally:
        robot.must("touch /tmp/enough")
        wait_for(lambda: robot.run("test -e /tmp/enough").status, "it goes on")
    # Each of the starts was one.
    assert [sum(event == "start" for _, _, event in robot.events(stack)) for stack in ("mapping", "nav")] == [
        3 * 8,
        3 * 4,
    ]
