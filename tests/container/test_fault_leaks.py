"""Restarts without number leave nothing: each round of them costs systemd, the disk and the process table as little as
the one before.

`make test-matrix` has 500 of them; 100 keep the suite short."""

import os

from harness.result import wait_for

MAPPING = "rovi-mapping.service"
RESTARTS = int(os.environ.get("RESTARTS", "100"))


def count(robot):
    """What there is of each, by name."""
    return {
        name: int(number)
        for name, number in (line.split() for line in robot.must("bash /opt/harness/count_leaks.bash").splitlines())
    }


def test_restarts_leave_nothing_behind(robot, record_property):
    record_property("operations", RESTARTS + 10)
    seen = []
    for number in (10, RESTARTS // 2, RESTARTS - RESTARTS // 2):
        robot.must(f"bash /opt/harness/restarts.bash {number}", timeout_s=60 + 4 * number)
        wait_for(
            lambda: not robot.must("systemctl list-jobs --no-legend").strip(), "jobs are left"
        )  # the watch goes on a moment later
        seen.append(count(robot))
    print(f"after 10, the first and the second half of {RESTARTS}: {seen}")
    _, half, full = seen
    assert full["systemd_kb"] < half["systemd_kb"] * 1.2
    # The journal's and the harness's own comings and goings, and a look at the health, move these by some.
    slack = {"descriptors": 4, "processes": 8, "streams": 4, "run_systemd": 4, "locks": 2, "units": 2, "groups": 2}
    grown = {
        name: (half[name], full[name])
        for name in full
        if name != "systemd_kb" and full[name] > half[name] + slack.get(name, 0)
    }
    assert grown == {}
    wait_for(
        lambda: len(robot.processes(MAPPING)) == 4, lambda: robot.report(MAPPING), 30
    )  # its start is watched a moment longer
