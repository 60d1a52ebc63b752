"""Restarts without number leave nothing: each round of them costs systemd, the disk and the process table as little as the
one before.

`make test-matrix` has 500 of them; 100 keep the suite short."""

import os

from harness.result import wait_for

MAPPING = "rovi-mapping.service"
RESTARTS = int(os.environ.get("RESTARTS", "100"))
# What may grow. Not what is mounted below /run/systemd, credentials and the like.
COUNT = """
echo descriptors $(ls /proc/1/fd | wc -l)
echo units $(systemctl list-units --all --no-legend | wc -l)
echo jobs $(systemctl list-jobs --no-legend | wc -l)
echo run_rovi $(find /run/rovi /run/rovi_requests | wc -l)
echo run_systemd $(find /run/systemd -xdev -not -path '/run/systemd/journal/streams/*' | wc -l)
echo streams $(ls /run/systemd/journal/streams 2>/dev/null | wc -l)
echo ros $(find /home/rovi/.ros -not -path "*/log/*" | wc -l)  # each launch makes a log
echo tmp $(find /tmp | wc -l)
echo shm $(find /dev/shm | wc -l)
own=$(sed -nE 's|^[0-9]+:(name=systemd)?:(.*)/init.scope$|\\2|p' /proc/1/cgroup | head -n 1)  # not other containers'
echo groups $(find /sys/fs/cgroup{/systemd,}"$own" -type d 2>/dev/null | wc -l)
echo mounts $(wc -l </proc/self/mountinfo)
echo processes $(ls -d /proc/[0-9]* | wc -l)
echo locks $(grep -c . /proc/locks)
echo systemd_kb $(sed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/1/status)
"""
ROUND = """
for ((n = 0; n < $1; n++)); do
    runuser -u alice -- rovictl restart mapping >/tmp/restart.said 2>&1 || { cat /tmp/restart.said; exit 1; }
done
rm /tmp/restart.said
"""


def count(robot):
    """What there is of each, by name."""
    return {name: int(number) for name, number in (line.split() for line in robot.must(COUNT).splitlines())}


def test_restarts_leave_nothing_behind(robot, record_property):
    record_property("operations", RESTARTS + 10)
    robot.put("/tmp/round.sh", ROUND)
    seen = []
    for number in (10, RESTARTS // 2, RESTARTS - RESTARTS // 2):
        robot.must(f"bash /tmp/round.sh {number}", timeout_s=60 + 4 * number)
        wait_for(lambda: not robot.must("systemctl list-jobs --no-legend").strip(), "jobs are left")  # the watch goes on a moment later
        seen.append(count(robot))
    print(f"after 10, the first and the second half of {RESTARTS}: {seen}")
    _, half, full = seen
    assert full["systemd_kb"] < half["systemd_kb"] * 1.2
    # The journal's and the harness's own comings and goings move these by one or two.
    slack = {"descriptors": 4, "processes": 4, "streams": 4, "run_systemd": 4, "locks": 2, "units": 2}
    grown = {name: (half[name], full[name]) for name in full
             if name != "systemd_kb" and full[name] > half[name] + slack.get(name, 0)}
    assert grown == {}
    wait_for(lambda: len(robot.processes(MAPPING)) == 4, lambda: robot.report(MAPPING))  # its start is watched a moment longer
