"""A disk that is full, read-only, not ours or gone: the start is refused with the reason and leaves nothing half,
or the stack runs; one that runs already goes on, and can be stopped."""

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY, SESSION, WORKSPACE

MAPPING, NAV = "rovi-mapping.service", "rovi-nav.service"
ROS, RUN = "/home/rovi/.ros", "/run/rovi"
AS_ROVI = "runuser -u rovi --"
NO_SESSION = f"cannot write the session file in {ROS}/rovi/session"
NO_LOG = f"cannot make the log directory {ROS}/log"
NO_WORKSPACE = f"the workspace {WORKSPACE} is missing"
NO_LOCK = f"cannot open the stack lock {RUN}/stack.lock"
GONE = f"{RUN} is missing: an administrator runs 'sudo rovictl gateway restart'"


def small(path, options="size=4k"):
    """Shell: a file system of one page over path, the service user's, and what fills it."""
    return (
        f"{AS_ROVI} mkdir -p {path}; mount -t tmpfs -o {options},mode=755,uid=rovi tmpfs {path}; "
        f"head -c 8k /dev/zero 2>/dev/null >{path}/filler; true"
    )


# What is wrong, how it is mended, and the reason of the refusal; each is refused with 78.
FAULTS = {
    "home full": (small(ROS), f"umount {ROS}", NO_SESSION),
    "home without inodes": (small(ROS, "nr_inodes=1"), f"umount {ROS}", NO_LOG),
    "home read-only": (
        "mount --bind /home/rovi /home/rovi; mount -o remount,bind,ro /home/rovi",
        "umount /home/rovi",
        NO_LOG,
    ),
    "home closed": ("chmod 000 /home/rovi", "chmod 755 /home/rovi", NO_WORKSPACE),
    "home gone": ("mv /home/rovi /home/gone", "mv /home/gone /home/rovi", NO_WORKSPACE),
    "session directory read-only": (
        f"{AS_ROVI} mkdir -p {ROS}/rovi/session; mount -t tmpfs -o ro tmpfs {ROS}/rovi/session",
        f"umount {ROS}/rovi/session",
        NO_SESSION,
    ),
    "session directory closed": (
        f"{AS_ROVI} mkdir -p {ROS}/rovi/session; chmod 000 {ROS}/rovi/session",
        f"chmod 755 {ROS}/rovi/session",
        NO_SESSION,
    ),
    "session directory a file": (
        f"{AS_ROVI} mkdir -p {ROS}; mv {ROS} {ROS}.x; touch {ROS}",
        f"rm {ROS}; mv {ROS}.x {ROS}",
        NO_LOG,
    ),
    "session file a directory": (
        f"rm -rf {ROS}/rovi; {AS_ROVI} mkdir -p {SESSION}",
        f"rmdir {SESSION} || rm {SESSION}",
        NO_SESSION,
    ),
    "/run/rovi full": (
        f"cp -p {RUN}/gateway_publishes_odom_tf /tmp/note; {small(RUN)}; rm {RUN}/filler; cp -p /tmp/note "
        f"{RUN}/gateway_publishes_odom_tf",
        f"umount {RUN}",
        f"{NO_SESSION}, or its lock {RUN}/session.lock",
    ),
    "/run/rovi read-only": (small(RUN, "ro"), f"umount {RUN}", NO_LOCK),
    "/run/rovi closed": (f"chmod 000 {RUN}", f"chmod 755 {RUN}", NO_LOCK),
    "/run/rovi gone": (f"mv {RUN} {RUN}.x", f"mv {RUN}.x {RUN}", GONE),
    "log directory closed": (
        f"{AS_ROVI} mkdir -p {ROS}/log; chmod 000 {ROS}/log",
        f"chmod 755 {ROS}/log",
        f"cannot write in the log directory {ROS}/log as user rovi",
    ),
    "log directory a file": (
        f"{AS_ROVI} mkdir -p {ROS}; rm -rf {ROS}/log; touch {ROS}/log",
        f"rm {ROS}/log",
        NO_LOG,
    ),
}


@pytest.fixture
def fault(robot, request, record_property):
    """A function that brings about what is wrong, or mends it; and the words of the refusal."""
    spoil, mend, words = FAULTS[request.param]
    wrong = []

    def bring_about(wanted=True):
        if wanted:
            robot.must(spoil)
            wrong.append(True)
        elif wrong:
            wrong.clear()
            robot.must(mend)

    record_property("faults", 1)
    yield bring_about, words
    bring_about(False)


def launches(robot):
    """Whose `ros2 launch` and nodes run, besides the gateway's."""
    units = {p.unit for p in robot.processes() if p.user == "rovi"} - {GATEWAY}
    return {unit for unit in units if not unit.startswith("rovi-health@")}


def runs(robot, stack):
    """Starts a stack, which must work and say so everywhere."""
    result = robot.rovictl(f"start {stack}")
    assert result.status == 0, result
    assert robot.must(["cat", SESSION]) == f"rovi_bringup/{stack}.launch.py\n"
    assert robot.run("flock -n /run/rovi/stack.lock true").status == 1
    assert launches(robot) == {f"rovi-{stack}.service"}


@pytest.mark.parametrize("fault", FAULTS, indirect=True)
def test_a_start_is_refused_and_leaves_nothing_half(robot, fault):
    bring_about, words = fault
    bring_about()
    result = robot.rovictl("start mapping")
    assert result.status == 78 and f"rovictl: mapping failed: {words}" in result.err, result
    assert launches(robot) == set()
    assert robot.run(["test", "-f", SESSION]).status == 1
    assert robot.run(f"test ! -e {RUN}/stack.lock || flock -n {RUN}/stack.lock true").status == 0
    shown = robot.rovictl("status")
    assert shown.status == 0 and words in shown.out, shown
    bring_about(False)
    runs(robot, "nav")


@pytest.mark.parametrize(
    "fault", ["home full", "home read-only", "home gone", "/run/rovi full", "/run/rovi gone"], indirect=True
)
def test_one_that_runs_goes_on_alone_and_can_be_stopped(robot, fault):
    bring_about, _ = fault
    runs(robot, "mapping")
    # The stand-in's nodes write, too, before they do anything else.
    wait_for(lambda: sum(event == "start" for *_, event in robot.events("mapping")) == 3, lambda: robot.report(MAPPING))
    before = robot.show(MAPPING, "MainPID", "InvocationID")
    bring_about()
    assert robot.rovictl("start nav").status == 75
    assert robot.run(["systemctl", "start", NAV]).status != 0
    assert robot.show(MAPPING, "MainPID", "InvocationID") == before and launches(robot) == {MAPPING}
    result = robot.rovictl("stop")
    assert (result.status, result.out) == (0, "mapping stopped\n"), result
    assert launches(robot) == set() and robot.state(GATEWAY) == "active"
    bring_about(False)
    # Where the session file could not go the next start replaces it.
    runs(robot, "nav")


def test_an_empty_session_directory_is_made_anew(robot):
    robot.must(f"rm -rf {ROS}")
    runs(robot, "mapping")


def test_no_guard_is_open_because_the_gateway_could_not_write(robot):
    robot.must(["systemctl", "stop", GATEWAY])
    # Room for what comes first, and none for the note.
    robot.must(
        f"rm -rf {RUN}/*; mount -t tmpfs -o size=4k,uid=rovi,mode=755 none {RUN}; : >{RUN}/stack.lock; "
        f"chown rovi {RUN}/stack.lock; chmod 600 {RUN}/stack.lock; head -c 1M /dev/zero >{RUN}/filler 2>/dev/null; true"
    )
    try:
        assert robot.run(["systemctl", "start", GATEWAY]).status != 0
        assert robot.show(GATEWAY, "StatusText").startswith(
            f"refused (78): cannot write {RUN}/gateway_publishes_odom_tf: "
        )
        assert robot.show(GATEWAY, "ExecMainStatus") == "78"
    finally:
        robot.must(f"umount {RUN}")


def while_full(robot, path, *words):
    """What each verb of rovictl has ended with and said first, while there is no room in path."""
    robot.run(["bash", "/opt/harness/while_full.bash", path, *words], timeout_s=120)
    first, *said = robot.must("cat /root/full.out").splitlines()
    assert first == f"{path} is full"
    return [line for line in said if not line.startswith("0 status")]


def test_stacks_start_and_stop_where_tmp_is_full(robot):
    said = while_full(
        robot, "/tmp", "start nav map:=lab1", "status nav", "restart nav", "switch mapping", "stop", "start teleop"
    )
    assert said == [
        "0 start nav map:=lab1: nav runs",
        "0 restart nav: nav runs",
        "0 switch mapping: nav stopped",
        "0 stop: mapping stopped",
        "0 start teleop: teleop runs",
    ]
    assert launches(robot) == {"rovi-teleop.service"}


def test_where_run_is_full_none_starts_and_the_one_that_runs_can_be_stopped(robot):
    robot.must("rm -f /run/rovi/session.lock /run/rovi/request.* /run/rovi/answer.*")  # with the room that they have
    [refused] = while_full(robot, "/run", "start nav", "status")
    assert refused.startswith(f"78 start nav: rovictl: nav failed: {NO_SESSION}, or its lock {RUN}/session.lock")
    assert launches(robot) == set()
    runs(robot, "mapping")
    assert while_full(robot, "/run", "status mapping", "stop") == ["0 stop: mapping stopped"]
    runs(robot, "nav")


@pytest.fixture
def full_journal(robot):
    """The journal on a disk of its own, which is full."""
    robot.must(
        "mkdir -p /var/log/journal; mount -t tmpfs -o size=9M,mode=2755,gid=systemd-journal tmpfs /var/log/journal; "
        "systemctl restart systemd-journald; journalctl --flush; "
        "head -c 9M /dev/zero 2>/dev/null >/var/log/journal/filler; true"
    )
    yield
    robot.must(
        "rm /var/log/journal/filler; systemctl stop systemd-journald; umount /var/log/journal; rmdir /var/log/journal; "
        "systemctl start systemd-journald"
    )


def test_stacks_start_and_stop_where_the_journals_disk_is_full(robot, full_journal):
    assert robot.must("df --output=avail /var/log/journal | tail -n 1").strip() == "0"
    runs(robot, "mapping")
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    assert robot.rovictl("status mapping").status == 0
    assert robot.rovictl("logs mapping").status == 0
    assert robot.rovictl("switch nav").status == 0
    assert robot.rovictl("stop").status == 0
