"""Runs in the virtual machine, as root: takes commands from harness/vm.py and runs them, several at once.

Both sides write a line of JSON for each command to the serial port "harness":
    {"id": N, "argv": [...], "user": NAME, "env": {...}, "timeout_s": S, "stdin": BASE64}
    {"id": N, "status": N, "out": BASE64, "err": BASE64}
Nothing of a command touches the disk: a test may have filled it.
"""

import base64
import json
import os
import pwd
import subprocess
import tempfile
import threading

PORT = "/dev/virtio-ports/harness"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def run(request):
    """Runs one command to its end. Its output goes to files: what it leaves behind may keep them open."""
    person = pwd.getpwnam(request["user"])
    environment = {"PATH": PATH, "LANG": "C.UTF-8", "HOME": person.pw_dir, **request["env"]}
    with tempfile.TemporaryFile(dir="/run") as given, tempfile.TemporaryFile(dir="/run") as out, \
            tempfile.TemporaryFile(dir="/run") as err:
        given.write(base64.b64decode(request["stdin"]))
        given.seek(0)
        status = subprocess.run(
            # The agent is spared when memory runs out; what it runs is not.
            ["/usr/bin/choom", "-n", "0", "--", "/usr/bin/timeout", "-k", "5", str(request["timeout_s"]), *request["argv"]],
            stdin=given, stdout=out, stderr=err, cwd="/", env=environment, user=person.pw_uid, group=person.pw_gid,
            extra_groups=os.getgrouplist(person.pw_name, person.pw_gid)).returncode
        return {"status": status, **{name: base64.b64encode(file.seek(0) or file.read()).decode()
                                     for name, file in (("out", out), ("err", err))}}


def serve(port):
    lock = threading.Lock()

    def answer(request):
        try:
            result = run(request)
        except Exception as error:  # the other side must hear of it
            result = {"status": 127, "out": "", "err": base64.b64encode(f"agent: {error}".encode()).decode()}
        with lock:
            data = json.dumps({"id": request["id"], **result}).encode() + b"\n"
            while data:
                data = data[os.write(port, data):]

    rest = b""
    while piece := os.read(port, 1 << 16):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            threading.Thread(target=answer, args=[json.loads(line)], daemon=True).start()


if __name__ == "__main__":
    serve(os.open(PORT, os.O_RDWR))
