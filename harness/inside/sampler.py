"""sampler.py PID...: samples /proc until the PIDs have ended, and looks for two stacks at once.

Runs inside the container. Prints a JSON object: samples taken, stacks seen, and overlaps: pairs
of processes of two stacks that were alive at the same moment. A process belongs to a stack if
it is that stack's `ros2 launch` or one of its nodes; run_stack.sh before its exec does not count.
"""

import json
import os
import re
import sys

STACK = re.compile(rb"stack:=(\w+)|rovi_bringup/node\0(?!gateway)(\w+)\0")


def read(pid, name):
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    except OSError:
        return b""


def start_time(pid):
    """What tells this process from a later one of the same pid; empty if it is dead."""
    fields = read(pid, "stat").rpartition(b")")[2].split()
    return fields[19] if fields and fields[0] not in b"ZX" else b""


def stack_processes():
    """A list of (stack, pid, start time)."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if match := STACK.search(read(pid, "cmdline")):
            found.append(((match[1] or match[2]).decode(), pid, start_time(pid)))
    return found


def main():
    watched = sys.argv[1:]
    samples, stacks, overlaps = 0, set(), []
    while any(start_time(pid) for pid in watched):
        found = stack_processes()
        samples += 1
        stacks.update(stack for stack, _, _ in found)
        first_of = {stack: (pid, start) for stack, pid, start in reversed(found)}
        # One pass takes a moment: two are an overlap only if both are still there after it.
        alive = {stack: pid for stack, (pid, start) in first_of.items() if start and start_time(pid) == start}
        if len(alive) > 1:
            overlaps.append(alive)
    print(json.dumps({"samples": samples, "stacks": sorted(stacks), "overlaps": overlaps[:10]}))


main()
