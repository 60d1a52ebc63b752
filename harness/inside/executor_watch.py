"""executor_watch.py STARTS: watches by the executor while it starts and stops nav. Prints how many ms after the unit
was active each answer came, by systemd's own clock; then the processor's time of the watch in percent.
"""

import glob
import json
import os
import socket
import subprocess
import sys
import threading
import time

connection = socket.socket(socket.AF_UNIX)
connection.connect("/run/org.rovi.Executor")
connection.sendall(b'{"method":"org.rovi.Executor.Watch","more":true}\0')
running = []


def listen():
    rest = b""
    while piece := connection.recv(65536):
        *answers, rest = (rest + piece).split(b"\0")
        for answer in answers:
            if any(
                (unit["stack"], unit["state"]) == ("nav", "RUNNING")
                for unit in json.loads(answer)["parameters"]["units"]
            ):
                running.append(time.clock_gettime(time.CLOCK_MONOTONIC))


threading.Thread(target=listen, daemon=True).start()


def used():
    ticks = 0
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            if b"executor.sh" in open(path.replace("/stat", "/cmdline"), "rb").read():
                ticks += sum(map(int, open(path).read().rsplit(")", 1)[1].split()[11:15]))
        except OSError:
            pass
    return ticks / os.sysconf("SC_CLK_TCK")


for number in range(int(sys.argv[1])):
    time.sleep(0.31 + number % 7 * 0.05)
    subprocess.run(["rovictl", "start", "nav", "-q"], check=True)
    stamp = subprocess.run(
        ["systemctl", "show", "rovi-nav", "--value", "-p", "ActiveEnterTimestampMonotonic"],
        capture_output=True,
        text=True,
    )
    while len(running) <= number:
        time.sleep(0.01)
    print(max(0, running[number] * 1000 - int(stamp.stdout) / 1000))
    subprocess.run(["rovictl", "stop", "-q"], check=True)
time.sleep(5)  # after a change it looks again and again, each time later
before, began = used(), time.monotonic()
time.sleep(20)
print((used() - before) / (time.monotonic() - began) * 100)
