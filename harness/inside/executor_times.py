"""executor_times.py ROUNDS METHOD PARAMETERS VERB...: prints the medians in ms of a call of the executor and of the
same by rovictl."""

import json
import socket
import statistics
import subprocess
import sys
import time

message = (
    json.dumps({"method": "org.rovi.Executor." + sys.argv[2], "parameters": json.loads(sys.argv[3])}).encode() + b"\0"
)


def call():
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect("/run/org.rovi.Executor")
        connection.sendall(message)
        answer = b""
        while not answer.endswith(b"\0"):
            answer += connection.recv(65536) or sys.exit("the executor has gone")
        assert b'"error"' not in answer, answer


def verb():
    subprocess.run(["rovictl", *sys.argv[4:]], stdout=subprocess.DEVNULL, check=True)


times = {call: [], verb: []}
for _ in range(int(sys.argv[1])):
    for what, seen in times.items():
        began = time.perf_counter()
        what()
        seen.append((time.perf_counter() - began) * 1000)
print(*map(statistics.median, times.values()))
