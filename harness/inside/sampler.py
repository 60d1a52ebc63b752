"""sampler.py [--hardware] PID...: samples /proc until the PIDs have ended, and looks for two stacks at once.

Runs inside the container. Prints a JSON object: samples taken, stacks seen, and overlaps: pairs
of processes of two stacks that were alive at the same moment. A process belongs to a stack if
it is that stack's `ros2 launch` or one of its nodes; run_stack.sh before its exec does not count.

With --hardware it also looks for stacks without hardware: active in two looks at systemd, one after the other, with no
job that stops them, and no active hardware. "looks" says how many there were, "bare" how many without hardware.
"""

import json
import os
import re
import subprocess
import sys
import time

STACK = re.compile(rb"stack:=(\w+)|rovi_bringup/node\0(?!gateway|hardware)(\w+)\0")


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


def without_hardware():
    """Whether the hardware is not active, and which stacks that nothing stops are; None if systemd does not answer."""
    manager = ["org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"]
    words = ["ListUnitsByPatterns", "asas", "0", "1", "rovi-*.service"]
    done = subprocess.run(["busctl", "--json=short", "call", *manager, *words], capture_output=True, text=True)
    if done.returncode:
        return None
    units = {unit[0]: unit for unit in json.loads(done.stdout)["data"][0]}
    if units.get("rovi-hardware.service", [""] * 4)[3] == "active":
        return False, set()
    ours = {"rovi-hardware.service", "rovi-gateway.service"}
    return True, {name for name, unit in units.items() if unit[3] == "active" and not unit[7]} - ours


def main():
    watched = sys.argv[1:]
    hardware = watched[:1] == ["--hardware"]
    watched = watched[hardware:]
    samples, stacks, overlaps = 0, set(), []
    looks, bare, without, before, next_look = 0, 0, [], set(), 0.0
    while any(start_time(pid) for pid in watched):
        found = stack_processes()
        samples += 1
        stacks.update(stack for stack, _, _ in found)
        first_of = {stack: (pid, start) for stack, pid, start in reversed(found)}
        # One pass takes a moment: two are an overlap only if both are still there after it.
        alive = {stack: pid for stack, (pid, start) in first_of.items() if start and start_time(pid) == start}
        if len(alive) > 1:
            overlaps.append(alive)
        if hardware and time.monotonic() > next_look and (look := without_hardware()):
            looks, bare, next_look = looks + 1, bare + look[0], time.monotonic() + 0.2
            without += sorted(before & look[1])
            before = look[1]
    seen = {"samples": samples, "stacks": sorted(stacks), "overlaps": overlaps[:10]}
    print(json.dumps(seen | {"looks": looks, "bare": bare, "without": without[:10]}))


main()
