"""A disk that is full, or that the kernel has made read-only: a stack does not start, with the reason; one
that runs goes on and can be stopped; and nothing is left half done."""

import pytest

from harness.robot import GATEWAY, SESSION

NAV, MAPPING = "rovi-nav.service", "rovi-mapping.service"
LOGS = "/home/rovi/.ros/log"
WHY = {
    "full": "cannot write the session file in /home/rovi/.ros/rovi/session",
    "read-only": f"cannot write in the log directory {LOGS}",
}
# Where a file is open that is deleted, the kernel makes no disk writable again: which one is it?
DELETED = "{ dmesg | tail -n 3; find /proc/[0-9]*/fd -lname '/* (deleted)' -printf '%p %l\\n'; ps -e; exit 1; } >&2"


@pytest.fixture(params=["full", "read-only"])
def no_disk(robot, request):
    """A function that makes the disk full or read-only, until the end of the test or the next call with False."""
    spoil, mend = {
        # To the last block that is not root's own; root's are not for the service user.
        "full": (
            "dd if=/dev/zero of=/home/filler bs=1M 2>/dev/null; chown rovi /home/filler; "
            "setpriv --reuid=rovi --regid=rovi --clear-groups "
            "dd if=/dev/zero of=/home/rovi/filler bs=4k 2>/dev/null; true",
            "rm -f /home/filler /home/rovi/filler",
        ),
        # Without a journal that was rotated, and so deleted: journald has it open, and may end some time after the
        # next one has begun.
        "read-only": (
            "systemctl restart systemd-journald; "
            "while find /proc/[0-9]*/fd -lname '/var/* (deleted)' 2>/dev/null | grep -q .; do sleep 0.1; done; "
            "echo u >/proc/sysrq-trigger; "
            "until grep -q ' / ext4 ro' /proc/mounts; do sleep 0.1; done",
            f"mount -o remount,rw / || {DELETED}",
        ),
    }[request.param]

    def change(wanted=True):
        robot.must(spoil if wanted else mend, timeout_s=300)

    change.why = WHY[request.param]
    robot.must(f"mkdir -p {LOGS}", user="rovi")
    robot.must(f"systemctl restart {GATEWAY}")  # the log that it has open was deleted before this test
    yield change
    robot.must(mend)


def test_a_stack_that_cannot_write_its_session_does_not_start(robot, no_disk):
    no_disk()
    result = robot.rovictl("start nav")
    assert result.status == 78 and no_disk.why in result.err, result
    assert robot.processes(NAV) == [] and robot.run(["test", "-e", SESSION]).status == 1
    assert robot.run("flock -n /run/rovi/stack.lock true").status == 0
    shown = robot.rovictl("status")
    assert shown.status == 0 and no_disk.why in shown.out, shown
    no_disk(False)
    assert robot.rovictl("start nav").status == 0
    assert robot.must(["cat", SESSION]) == "rovi_bringup/nav.launch.py\n"


def test_one_that_runs_goes_on_and_can_be_stopped(robot, no_disk):
    assert robot.rovictl("start mapping").status == 0
    no_disk()
    assert robot.state(MAPPING) == robot.state(GATEWAY) == "active"
    result = robot.rovictl("stop")
    assert (result.status, result.out) == (0, "mapping stopped\n"), result
    assert robot.processes(MAPPING) == []
    no_disk(False)
    # On a disk that is read-only the session file cannot go; the next start replaces it.
    assert robot.rovictl("start nav").status == 0
    assert robot.must(["cat", SESSION]) == "rovi_bringup/nav.launch.py\n"
