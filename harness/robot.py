"""A robot in a container: systemd as PID 1, the stand-in for ROS 2, and the means to look at it. What it
has in common with the one of vm.py is Machine. Its commands go to harness/inside/agent.py, which stays connected.

Used by the tests and by `make demo`. Holds no assertions.
"""

import io
import itertools
import json
import os
import socket
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")  # its image needs a registry

from testcontainers.core.container import DockerContainer

from harness.agent import Agent
from harness.result import Result, wait_for

TOP = Path(__file__).resolve().parent.parent
WORKSPACE = "/home/rovi/rovi_ros_ws"
SESSION = "/home/rovi/.ros/rovi/session/current_launch"
SOURCE = "/src"
GATEWAY = "rovi-gateway.service"
STACKS = ("teleop", "mapping", "localization", "nav", "camera")


# systemd is past the point at which it takes whatever runs in its control group for its own.
BOOTED_SO_FAR = "until [[ -S /run/systemd/private ]]; do sleep 0.02; done"


@dataclass
class Process:
    """A process of the container, from /proc. `unit` is the systemd unit of its control group."""

    pid: int
    user: str
    unit: str
    args: list


def difference(before, after):
    """Which paths of two listings differ: a list of sentences, empty if none."""
    return [
        f"{path}: was {before.get(path)}, is {after.get(path)}"
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    ]


def archive_of(files, user):
    """A tar archive, as bytes, of a user's files: tuples of name, content and mode."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, data, mode in files:
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.uname, info.gname = len(data), mode, user, user
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


class Background:
    """A shell line that user runs on a machine, in the background."""

    _numbers = itertools.count()

    def __init__(self, machine, line, user):
        self._machine, self._file = machine, f"/tmp/.background-{next(self._numbers)}"
        machine.must(f"(({line}; echo $?) >{self._file}.now 2>&1; mv {self._file}.now {self._file}) &", user=user)

    @property
    def said(self):
        """What it has written, then its exit status on a line, once it has ended; before that, nothing."""
        return self._machine.run(["cat", self._file]).out

    def ended(self, limit_s=10):
        """Waits until it has ended, and returns what it said."""
        return wait_for(lambda: self.said, lambda: f"it goes on\n{self._machine.report()}", limit_s)


class Machine:
    """What the kinds of robot have in common, whatever carries their commands: run."""

    def wait_booted(self, limit_s=30):
        def booted():
            return self.run("systemctl is-system-running").out.strip() in ("running", "degraded")

        wait_for(booted, lambda: f"systemd has not booted: {self.run('systemctl list-jobs')}", limit_s)

    # ---- commands and files

    def must(self, command, **options):
        """As run, but raises if the command fails; returns what it wrote to stdout."""
        result = self.run(command, **options)
        if result.status:
            raise RuntimeError(str(result))
        return result.out

    def begin(self, line, user="alice"):
        """Runs a shell line in the background; returns its Background."""
        return Background(self, line, user)

    def put(self, path, text, user="root", mode=0o644):
        """Writes a file, bytes or text, owned by user."""
        data = text if isinstance(text, bytes) else text.encode()
        self.must(["mkdir", "-p", str(Path(path).parent)], user=user)
        self._put_archive(str(Path(path).parent), [(Path(path).name, data, mode)], user)

    def _put_archive(self, directory, files, user):
        self.must(["tar", "-xf", "-", "-C", directory], stdin=archive_of(files, user))

    def put_tree(self, source, directory, user="root"):
        """Copies what is in a folder of this machine into directory, which exists; user owns it."""
        files = [
            (str(file.relative_to(source)), file.read_bytes(), file.stat().st_mode & 0o777)
            for file in source.rglob("*")
            if file.is_file()
        ]
        self._put_archive(directory, files, user)

    def listing(self, *directories):
        """What is in directories, those that exist: a dict of path to type, mode, owner, link, content. First waits
        for what a start does afterwards. Without the notes of the looks at launch.log, which come at any moment."""
        self.run("while pgrep -f 'keep_env[.]sh' >/dev/null; do sleep 0.1; done", timeout_s=20)
        out = self.run(["find", *directories, "-xdev", "-printf", r"%p\t%y %m %u:%g %l\n"]).out
        sums = self.run(["find", *directories, "-xdev", "-type", "f", "-exec", "sha256sum", "{}", "+"]).out
        content = {line[66:]: line[:64] for line in sums.splitlines()}
        return {
            path: f"{what} {content.get(path, '')}"
            for path, what in (line.split("\t", 1) for line in out.splitlines())
            if not path.startswith("/run/rovi/events.")
        }

    # ---- the product

    def rovictl(self, arguments, user="alice", **options):
        """Runs rovictl with arguments, a string or a list, as user; alice is an operator."""
        if isinstance(arguments, str):
            return self.run(f"rovictl {arguments}", user=user, **options)
        return self.run(["rovictl", *arguments], user=user, **options)

    @property
    def polkit_has_rules(self):
        """Whether this platform's polkit has JavaScript rules: 0.105 has not."""
        return self.run(["test", "-d", "/etc/polkit-1/rules.d"]).status == 0

    @property
    def permit(self):
        """The file that lets operators start and stop stacks on this platform."""
        return "/etc/polkit-1/rules.d/50-rovi-stacks.rules" if self.polkit_has_rules else "/etc/sudoers.d/rovi-stacks"

    @property
    def dbus_user(self):
        """Who may call systemd directly to start a stack: an operator, or where polkit has no such rules root."""
        return "alice" if self.polkit_has_rules else "root"

    @property
    def operator_busctl(self):
        """The words with which an operator calls a method of systemd's manager: rovictl's own."""
        call = "busctl --system --timeout=10 call"
        return call if self.polkit_has_rules else f"sudo -n /usr/bin/{call}"

    def install(self, make="make install", env=None, checkout=TOP, **options):
        """Copies a checkout, this one unless another is named, onto the robot and installs it as a person would."""
        names = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=checkout,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.splitlines()
        files = [
            (name, (checkout / name).read_bytes(), (checkout / name).stat().st_mode & 0o777)
            for name in names
            if (checkout / name).is_file()
        ]
        self.must(["rm", "-rf", SOURCE])
        self.must(["mkdir", "-p", SOURCE])
        self._put_archive(SOURCE, files, "root")
        self.put(f"{WORKSPACE}/.env.robot", (checkout / ".env.robot").read_text(), user="rovi")
        return self.run(f"{make} -C {SOURCE}", env={"ROVI_ROS_WS_DIR": WORKSPACE, **(env or {})}, **options)

    def switch(self, subject, **switches):
        """Sets the stand-in's switches for the next launch of subject, a stack or "gateway"."""
        self.put(f"{WORKSPACE}/standin/{subject}.json", json.dumps(switches), user="rovi")

    def events(self, subject):
        """What the nodes of subject have noted: a list of (seconds, node, event)."""
        text = self.run(["cat", f"/home/rovi/standin/{subject}.events"]).out
        return [(float(when), node, event) for when, node, event in (line.split() for line in text.splitlines())]

    # ---- systemd

    def show(self, unit, *names):
        """The named properties of a unit, as `systemctl show` gives them: a dict, or the one."""
        for _ in range(3):  # seen with systemd 247: success, and not a word about a unit that was not loaded
            out = self.must(["systemctl", "show", unit, "--property", ",".join(names)])
            if out.strip():
                break
        values = dict(line.split("=", 1) for line in out.splitlines())
        return values if len(names) > 1 else values[names[0]]

    def state(self, unit):
        """The unit's ActiveState."""
        return self.show(unit, "ActiveState")

    def wait_state(self, unit, *states, limit_s=30):
        """Waits until the unit's ActiveState is one of states, and returns it."""
        return wait_for(
            lambda: self.state(unit) in states and self.state(unit),
            lambda: f"{unit} is not {' or '.join(states)}\n{self.report(unit)}",
            limit_s,
        )

    def announcer(self, stack):
        """The PID of what waits for a stack that starts to be ready."""
        words = ["pgrep", "-P", "1", "-u", "rovi", "-f", f"run_stack.sh {stack}"]

        def only_one():  # for a moment, there is also what notes the start
            found = self.run(words).out.split()
            return found[0] if len(found) == 1 else None

        return wait_for(only_one, lambda: self.report(f"rovi-{stack}.service"))

    def stop_what_watches(self, stack):
        """Stops the process that watches the start of a stack, by SIGSTOP, and returns its PID."""
        watcher = self.must(["pgrep", "-o", "-P", self.announcer(stack)]).strip()  # its first child
        self.must(["kill", "-STOP", watcher])
        return watcher

    def journal(self, unit, lines=40):
        """The last lines of a unit's log."""
        return self.run(["journalctl", "-u", unit, "-n", str(lines), "--no-pager", "-o", "short-monotonic"]).out

    def report(self, unit="rovi-*"):
        """What a person needs to see when something about units went wrong."""
        return (
            self.run(["systemctl", "--no-pager", "--full", "--lines=0", "--all", "status", unit]).out
            + self.run(["systemctl", "--no-pager", "list-jobs"]).out
            + self.journal(unit)
            + "everything:\n"
            + self.run(["journalctl", "-n", "40", "--no-pager", "-o", "short-monotonic"]).out
        )

    def processes(self, unit=None):
        """All processes, or those of a unit."""
        found = []
        for pid, user, cgroup, args in json.loads(self.must(["python3", "/opt/harness/processes.py"])):
            name = next((part for part in reversed(cgroup.split("/")) if part.endswith((".service", ".scope"))), "")
            if unit in (None, name):
                found.append(Process(pid, user, name, args))
        return found


class Robot(Machine):
    """One container. Use as a context manager: it boots on entry and is removed on exit."""

    def __init__(self, image=None):
        image = image or (TOP / ".cache" / "image").read_text().strip()
        # Boots on hosts with cgroup v1 and with v2, and without CAP_SYS_RESOURCE, which
        # --privileged would need: the host's own cgroup tree, writable.
        self._container = (
            DockerContainer(image)
            .with_volume_mapping("/sys/fs/cgroup", "/sys/fs/cgroup", "rw")
            .with_kwargs(
                cap_add=["SYS_ADMIN"],
                security_opt=["seccomp=unconfined", "apparmor=unconfined"],
                cgroupns="host",
                # harness/held.py removes those of a run that was ended.
                labels={"rovi.run": os.environ.get("ROVI_RUN", "")},
            )
        )
        for path in ("/run", "/run/lock", "/tmp"):
            self._container.with_tmpfs_mount(path)

    def __enter__(self):
        self._container.start()
        self._docker = self._container.get_wrapped_container()
        try:
            self._connect_agent()
            self.wait_booted()
        except BaseException:
            self._container.stop()
            raise
        return self

    def __exit__(self, *_):
        self._container.stop()
        self._agent_process.wait(timeout=20)

    def _connect_agent(self):
        """Starts an agent in the container. Its commands are in the control group that `docker exec` puts them into."""
        subprocess.run(["docker", "exec", self.name, "timeout", "30", "bash", "-c", BOOTED_SO_FAR], check=True)
        ours, theirs = socket.socketpair()
        with theirs:
            self._agent_process = subprocess.Popen(
                ["docker", "exec", "-i", self.name, "python3", "/opt/harness/agent.py"], stdin=theirs, stdout=theirs
            )
        self._agent = Agent(ours)

    @property
    def name(self):
        """The container's name, for `docker exec`."""
        return self._docker.name

    @property
    def address(self):
        """The container's IPv4 address on Docker's network."""
        self._docker.reload()
        return self._docker.attrs["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]

    def reboot(self):
        """Stops and starts the container at once, as a power cut does: nothing shuts down."""
        self._docker.kill("SIGKILL")
        self._agent_process.wait(timeout=20)
        self._docker.start()
        self._connect_agent()
        self.wait_booted()

    def disconnect(self):
        """Takes the container off its network: nothing but loopback is left. Undone by connect."""
        self._network.disconnect(self._docker)

    def connect(self):
        self._network.connect(self._docker)

    @property
    def _network(self):
        self._docker.reload()
        return self._docker.client.networks.get("bridge")

    # ---- commands and files

    def copy_in(self, file, path):
        """Copies a large file of this machine to path in the container."""
        subprocess.run(["docker", "cp", "--quiet", str(file), f"{self.name}:{path}"], check=True)

    def add_root(self, suite):
        """Adds the root file system of a Debian suite, which has the stand-in for ROS 2, unless it is there."""
        if self.run(["test", "-e", f"/var/lib/rovi/roots/{suite}"]).status:
            self.copy_in(TOP / ".cache" / f"root-{suite}.tar", "/root/root.tar")
            self.must(f"rovictl root add {suite} /root/root.tar && rm /root/root.tar", timeout_s=180)

    def run(self, command, user="root", env=None, timeout_s=60, stdin=None):
        """As Agent.run."""
        return self._agent.run(command, user, env, timeout_s, stdin)

    def run_in_terminal(self, command, user, term="xterm-256color", limit_s=60):
        """Runs a shell line as user on a terminal of its own, 80 columns wide; returns its Result.

        stdout and stderr come as the terminal shows them, in one: in `out`.
        """
        status, out = self._docker.exec_run(
            ["timeout", "-k", "5", str(limit_s), "bash", "-c", f"stty cols 80; {command}"],
            user=user,
            environment={"TERM": term},
            tty=True,
            workdir="/",
        )
        return Result(f"({user}) {command}", status, out.decode(errors="replace").replace("\r\n", "\n"), "")
