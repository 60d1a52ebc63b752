"""agent.py [PORT [WORD...]]: runs inside the robot, as root; takes commands from harness/agent.py and runs them,
several at once.

PORT is a device to speak through; without it, stdin and stdout. WORDs go before each command. Each side writes a line
of JSON for a command:
    {"id": N, "argv": [...], "user": NAME, "env": {...}, "timeout_s": S, "stdin": BASE64 or null}
    {"id": N, "status": N, "out": BASE64, "err": BASE64}
Nothing of a command touches a file system: a test may have filled it.
"""

import base64
import json
import os
import pwd
import select
import signal
import subprocess
import sys
import threading

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TOO_LONG = 124  # the status of a command that was ended, as of timeout(1)
KILL_S = 5  # between SIGTERM and SIGKILL


def memory_file(data=b""):
    """A file in memory, open as long as this agent or a command has it."""
    file = os.fdopen(os.memfd_create("harness"), "w+b")
    file.write(data)
    file.seek(0)
    return file


def wait_for(process, seconds):
    """Waits for a command; returns its status. Ends it and its process group after some seconds, as timeout(1) does,
    which would be one more process for each command. By poll(2), whose time does not jump with the clock."""
    status = None
    ended = os.pidfd_open(process.pid)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    if not poll.poll(seconds * 1000):
        status = TOO_LONG
        os.killpg(process.pid, signal.SIGTERM)
        if not poll.poll(KILL_S * 1000):
            os.killpg(process.pid, signal.SIGKILL)
    number = process.wait()
    os.close(ended)
    return status or (number if number >= 0 else 128 - number)  # a signal, as shells say it


def run(request, words):
    """Runs one command to its end. Its output goes to files: what it leaves behind may keep them open."""
    person = pwd.getpwnam(request["user"])
    environment = {"PATH": PATH, "LANG": "C.UTF-8", "HOME": person.pw_dir, **request["env"]}
    given = request["stdin"]
    identity = {}
    if person.pw_uid != os.getuid():  # to change nothing is cheaper: then subprocess uses vfork(2)
        groups = os.getgrouplist(person.pw_name, person.pw_gid)
        identity = {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": groups}
    with memory_file(base64.b64decode(given or "")) as stdin, memory_file() as out, memory_file() as err:
        process = subprocess.Popen(
            [*words, *request["argv"]],
            stdin=subprocess.DEVNULL if given is None else stdin,
            stdout=out,
            stderr=err,
            cwd="/",
            env=environment,
            start_new_session=True,
            **identity,
        )
        return {
            "status": wait_for(process, float(request["timeout_s"])),
            **{
                name: base64.b64encode(file.seek(0) or file.read()).decode()
                for name, file in (("out", out), ("err", err))
            },
        }


def serve(source, sink, words):
    """Takes commands from one descriptor and answers into another, until there is nobody on the other side."""
    lock = threading.Lock()

    def answer(request):
        try:
            result = run(request, words)
        except Exception as error:  # the other side must hear of it
            result = {"status": 127, "out": "", "err": base64.b64encode(f"agent: {error}".encode()).decode()}
        with lock:
            data = json.dumps({"id": request["id"], **result}).encode() + b"\n"
            while data:
                data = data[os.write(sink, data) :]

    rest = b""
    while piece := os.read(source, 1 << 16):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            threading.Thread(target=answer, args=[json.loads(line)], daemon=True).start()


if __name__ == "__main__":
    source, sink = [os.open(sys.argv[1], os.O_RDWR)] * 2 if sys.argv[1:] else (0, 1)
    serve(source, sink, sys.argv[2:])
