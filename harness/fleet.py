"""Many robots, each a container with sshd, and what a person at a desk has to reach them: a key, an inventory, Ansible.

The desk is this machine. Holds no assertions.
"""

import contextlib
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from harness.result import Result, Timeout
from harness.robot import TOP, Robot

SSHD = (
    "mkdir -p /run/sshd /root/.ssh; ssh-keygen -A -q; rm -f /run/nologin; systemctl unmask -q ssh.service; "
    "systemctl start ssh.service"
)
# Those who never answer: nobody listens, nobody is there, no such name.
DEAD = {"dead1": "127.0.0.1 ansible_port=1", "dead2": "192.0.2.1", "dead3": "no-such-robot.invalid"}


@contextlib.contextmanager
def booted(image):
    """A Robot that has booted: twenty beside each other may take longer than one is given."""
    with ExitStack() as stack:
        for left in (2, 1, 0):
            try:
                robot = stack.enter_context(Robot(image))
                break
            except Timeout:
                if not left:
                    raise
        yield robot


class Fleet:
    """count robots, r1 and so on, on the images in turn. Use as a context manager."""

    def __init__(self, count, images):
        self.count, self.images = count, images

    def __enter__(self):
        with ExitStack() as stack:
            self.folder = Path(tempfile.mkdtemp(prefix="rovi-fleet."))  # short: ssh has sockets in it
            stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self._run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / "key")])
            self.robots = {
                f"r{number + 1}": stack.enter_context(booted(self.images[number % len(self.images)]))
                for number in range(self.count)
            }
            with ThreadPoolExecutor(4) as pool:
                known = list(pool.map(self._open, self.robots.items()))
            (self.folder / "known").write_text("".join(known))
            self.write_inventory()
            collection = self.folder / "ansible_collections/rovi"
            collection.mkdir(parents=True)
            (collection / "services").symlink_to(TOP / "ansible")
            self._stack = stack.pop_all()
            return self

    def __exit__(self, *_):
        self._stack.close()

    def _open(self, item):
        """Opens sshd for the key; returns a line of known_hosts."""
        _, robot = item
        key = (self.folder / "key.pub").read_text()
        robot.must(SSHD)
        robot.put("/root/.ssh/authorized_keys", key, mode=0o600)
        robot.put("/home/alice/.ssh/authorized_keys", key, user="alice", mode=0o600)
        return f"{robot.address} " + robot.must("cat /etc/ssh/ssh_host_ed25519_key.pub")

    def write_inventory(self, dead=()):
        """The file hosts has the robots, and in the group rest those that do not answer."""
        options = f"-o UserKnownHostsFile={self.folder}/known -o StrictHostKeyChecking=yes"
        robots = "".join(f"{name} ansible_host={robot.address}\n" for name, robot in self.robots.items())
        gone = "".join(f"{name} ansible_host={DEAD[name]}\n" for name in dead)
        for user in ("root", "alice"):
            (self.folder / user).write_text(
                f"[robots]\n{robots}[rest]\n{gone}[fleet:children]\nrobots\nrest\n[all:vars]\nansible_user={user}\n"
                f"ansible_ssh_private_key_file={self.folder}/key\nansible_ssh_common_args='{options}'\n"
            )

    def _run(self, words, limit_s=600, **env):
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        start = time.monotonic()
        done = subprocess.run(
            words,
            env={**os.environ, "PATH": path, "LC_ALL": "C.UTF-8", **env},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=limit_s,
            cwd=TOP,
        )
        result = Result(" ".join(words), done.returncode, done.stdout, done.stderr)
        result.seconds = time.monotonic() - start
        return result

    def rovictl(self, *words, user="alice", **more):
        """Runs the checkout's rovictl at the desk, with the inventory in which the robots know user."""
        return self._run([str(TOP / "bin/rovictl"), *words], ROVI_INVENTORY=str(self.folder / user), **more)

    def play(self, book, *words, limit_s=1800, **variables):
        """Runs a playbook of the collection, or a file, as root on the robots; returns its Result."""
        book = book if "/" in book else f"rovi.services.{book}"
        extra = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
        return self._run(
            ["ansible-playbook", "-i", str(self.folder / "root"), *words, *extra, book],
            limit_s,
            ANSIBLE_COLLECTIONS_PATH=str(self.folder),
            ANSIBLE_HOME=str(self.folder / "a"),
            ANSIBLE_PIPELINING="true",
            ANSIBLE_FORKS="10",
            ANSIBLE_NOCOLOR="1",
            ANSIBLE_PYTHON_INTERPRETER="/usr/bin/python3",
            ANSIBLE_SSH_ARGS="-o ControlMaster=auto -o ControlPersist=15s",
        )


def recap(result):
    """What a playbook says at its end: by robot, how many tasks were ok, changed, and so on."""
    rows = re.findall(r"^(\S+) +: (ok=.*)$", result.out, re.M)
    return {
        name: {key: int(number) for key, number in (pair.split("=") for pair in text.split())} for name, text in rows
    }


def megabytes_of_children():
    """The most memory that a process of this machine that has ended had, in MB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
