"""watch_cost.py WATCHES SECONDS: has alice watch several times at once while nothing changes. Prints the processor's
time that all of them take, in percent of one core: theirs and that of what they run.
"""

import os
import subprocess
import sys
import time


def used(groups):
    """The processor's time of these process groups in seconds, with that of children that have ended."""
    ticks = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) in groups:
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


watches = [
    subprocess.Popen(
        ["setsid", "runuser", "-u", "alice", "--", "rovictl", "watch", "--json"],
        stdout=subprocess.PIPE,
    )
    for _ in range(int(sys.argv[1]))
]
for watch in watches:
    watch.stdout.readline()
time.sleep(3)  # the looks that follow the first
groups = {watch.pid for watch in watches}
before, began = used(groups), time.monotonic()
time.sleep(float(sys.argv[2]))
print((used(groups) - before) / (time.monotonic() - began) * 100)
for watch in watches:
    os.killpg(watch.pid, 9)
