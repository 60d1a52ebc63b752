"""A robot in a virtual machine, for what takes a kernel of its own: boots, power cuts, memory limits, devices.

The same methods as the container of robot.py; harness/inside/agent.py listens at a virtual serial port. Without
KVM the processor is emulated, so limits of time are long. Holds no assertions.
"""

import json
import os
import shlex
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from harness.agent import Agent
from harness.robot import TOP, Machine

BOOT_S = 240  # for a boot, a shutdown and what else may be slow on a busy machine
CONSOLE_LINES = 40  # how much of the console an error shows


def processor():
    """qemu's options for the processor. One that is emulated does without what is slow to emulate, and both of its
    cores run in one thread: in two, a kernel that patches its own code can crash (Linux 7.2, as it boots, not often).
    """
    flags = Path("/proc/cpuinfo").read_text().split()
    if os.access("/dev/kvm", os.R_OK | os.W_OK) and ("vmx" in flags or "svm" in flags):
        return ["-accel", "kvm", "-cpu", "max"]
    return ["-accel", "tcg,thread=single", "-cpu", "Nehalem"]


class Port:
    """A Unix socket on this side for a character device of qemu, which connects to it as it starts."""

    def __init__(self, path):
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        self._server.settimeout(20)

    def accept(self):
        connection, _ = self._server.accept()
        self._server.close()
        return connection


class Monitor:
    """qemu's own commands (QMP): plugging devices in and out."""

    def __init__(self, connection):
        self._connection = connection
        self._lines = connection.makefile("rb")
        self._lines.readline()  # its greeting
        self("qmp_capabilities")

    def __call__(self, command, **arguments):
        self._connection.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        while "event" in (answer := json.loads(self._lines.readline())):
            pass
        if "error" in answer:
            raise RuntimeError(f"qemu: {command} {arguments}: {answer['error']['desc']}")


class VirtualRobot(Machine):
    """One virtual machine with a disk of its own. Use as a context manager: it boots on entry."""

    def __init__(self, disk=None, memory_mb=1536):
        """disk: copied, for this machine to write to; else that of prepare.sh, where nothing is installed."""
        self._made = TOP / (TOP / ".cache" / "vm").read_text().strip()
        self._memory_mb = memory_mb
        self._folder = Path(tempfile.mkdtemp(prefix="rovi-vm-"))
        self.disk = self._folder / "disk"
        subprocess.run(["cp", "--sparse=always", disk or self._made / "disk", self.disk], check=True)
        self._qemu = None
        self.boots = self._plugged = 0

    def __enter__(self):
        try:
            self.boot()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.cut_power()
        shutil.rmtree(self._folder)

    # ---- power

    def boot(self):
        """Switches it on and waits until systemd has done what there is to do at boot."""
        self.switch_on()
        self.wait_booted(BOOT_S)

    def switch_on(self):
        """Switches it on and waits until it takes commands."""
        self.boots += 1
        ports = {name: Port(self._folder / f"{name}-{self.boots}") for name in ("agent", "monitor")}
        self._qemu = subprocess.Popen(
            [
                "qemu-system-x86_64",
                *processor(),
                "-smp",
                "2",
                "-m",
                str(self._memory_mb),
                "-no-reboot",
                "-nodefaults",
                "-display",
                "none",
                "-serial",
                f"file:{self._folder}/console-{self.boots}",
                "-kernel",
                self._made / "kernel",
                "-initrd",
                self._made / "initrd",
                # no_timer_check: on an emulated processor that has to share, it can fail and end the boot.
                "-append",
                "root=/dev/vda rw console=ttyS0 no_timer_check mitigations=off systemd.show_status=0 quiet",
                # unsafe: a flush need not reach this machine's disk. What ends is qemu, not this machine.
                "-drive",
                f"file={self.disk},format=raw,if=virtio,cache=unsafe",
                "-nic",
                "user,restrict=on,model=virtio-net-pci",
                "-device",
                "virtio-serial-pci",
                "-chardev",
                f"socket,id=agent,path={self._folder}/agent-{self.boots}",
                "-device",
                "virtserialport,chardev=agent,name=harness",
                "-chardev",
                f"socket,id=monitor,path={self._folder}/monitor-{self.boots}",
                "-mon",
                "monitor,mode=control",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            self._agent = Agent(ports["agent"].accept())
            self.monitor = Monitor(ports["monitor"].accept())
            self._agent.run("true", timeout_s=BOOT_S)
        except OSError as error:
            said = self.cut_power()
            raise RuntimeError(f"it does not boot: {error}\n{said}\n{self.console()}") from error

    def cut_power(self):
        """It is off at once, whatever it does: what has not reached its disk is lost. Returns what qemu said."""
        qemu, self._qemu = self._qemu, None
        if qemu:
            qemu.kill()
        return qemu.communicate()[1] if qemu else ""

    def power_off(self, command="systemctl poweroff"):
        """Shuts it down as an administrator does; returns when it is off."""
        self.run(
            ["systemd-run", "--quiet", "--on-active=0.1", "--timer-property=AccuracySec=10ms", *shlex.split(command)]
        )
        self.wait_off()

    def wait_off(self):
        """Waits until it is off: the end of a shutdown."""
        try:
            self._qemu.communicate(timeout=BOOT_S)
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(f"it does not shut down\n{self.console()}") from error
        self._qemu = None

    def console(self):
        """The last lines that the kernel and systemd have written to the console in this boot."""
        lines = (self._folder / f"console-{self.boots}").read_text(errors="replace").splitlines()
        return "\n".join(lines[-CONSOLE_LINES:])

    def answers(self):
        """Whether it is on and runs commands."""
        try:
            return self._qemu is not None and self.run("true", timeout_s=60).status == 0
        except ConnectionError:
            return False

    # ---- devices

    def plug(self, name):
        """Plugs in a serial device: /dev/virtio-ports/NAME."""
        self._plugged += 1
        backend = f"{name}-{self._plugged}"
        self.monitor("chardev-add", id=backend, backend={"type": "null", "data": {}})
        self.monitor("device_add", driver="virtserialport", id=name, chardev=backend, name=name)

    def unplug(self, name):
        self.monitor("device_del", id=name)

    # ---- commands and files

    def run(self, command, user="root", env=None, timeout_s=120, stdin=None):
        """As Agent.run. ConnectionError: the machine is off."""
        return self._agent.run(command, user, env, timeout_s, stdin)

    def wait_state(self, unit, *states, limit_s=120):
        return super().wait_state(unit, *states, limit_s=limit_s)
