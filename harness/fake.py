"""rovictl beside a fake systemd on a private bus: no container, no root, no robot.

Holds no assertions. The fake itself is harness/fake_systemd.py.
"""

import ctypes
import os
import shlex
import signal
import subprocess
import time
from pathlib import Path

import dbus
from dbusmock import MOCK_IFACE, BusType, PrivateDBus, SpawnedMock

from harness.result import Result

TOP = Path(__file__).resolve().parent.parent
STACKS = ("camera", "localization", "mapping", "nav", "teleop")
GATEWAY, TARGET = "rovi-gateway.service", "rovi-stacks.target"

MS_REC, MS_PRIVATE, CLONE_NEWNS = 0x4000, 0x40000, 0x20000  # mount(2), unshare(2)


def look_booted():
    """Gives this process and its children a /run/systemd/system, without which systemctl talks to no bus
    (sd_booted(3)): where it is missing, in a mount namespace of their own. Needs root there. The rest of /run
    stays in sight: the Docker engine's socket is there."""
    if Path("/run/systemd/system").is_dir():
        return
    Path("/run/systemd").mkdir(exist_ok=True)
    libc = ctypes.CDLL(None, use_errno=True)
    if (
        libc.unshare(CLONE_NEWNS)
        or libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None)
        or libc.mount(b"none", b"/run/systemd", b"tmpfs", 0, None)
    ):
        raise OSError(ctypes.get_errno(), "these tests need systemd as PID 1, or root, to have /run/systemd/system")
    Path("/run/systemd/system").mkdir()


def stage(directory):
    """Installs the checkout below directory; returns the path of rovictl there."""
    subprocess.run(
        ["make", "-s", "-C", str(TOP), "install", f"DESTDIR={directory}", "ROVI_ROS_WS_DIR=/home/rovi/ws"],
        check=True,
        capture_output=True,
    )
    return Path(directory) / "usr/local/bin/rovictl"


class FakeRobot:
    """A private bus with the fake systemd on it. Use as a context manager."""

    def __init__(self, rovictl, stacks=STACKS, delay_ms=50):
        self._rovictl = rovictl
        self._units = [GATEWAY, TARGET] + [f"rovi-{stack}.service" for stack in stacks]
        self._delay_ms = delay_ms

    def __enter__(self):
        self.bus = PrivateDBus(BusType.SYSTEM)
        self.bus.start()
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "DBUS_SYSTEM_BUS_ADDRESS": self.bus.address,
            "SYSTEMD_UNIT_PATH": str(self._rovictl.parents[3] / "etc/systemd/system"),
        }
        self.appear()
        return self

    def __exit__(self, *_):
        self.vanish()
        os.kill(self.bus.pid, signal.SIGCONT)
        self.bus.stop()

    def appear(self):
        """Starts the fake, as after a boot: the gateway runs, nothing else was ever started."""
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = self.bus.address
        self._mock = SpawnedMock.spawn_with_template(
            str(TOP / "harness/fake_systemd.py"),
            {"units": dbus.Array(self._units, signature="s"), "delay_ms": self._delay_ms},
            BusType.SYSTEM,
            stdout=subprocess.DEVNULL,
            stderr=None,
        )
        self.set(
            GATEWAY,
            ActiveState="active",
            SubState="running",
            UnitFileState="enabled",
            MainPID=dbus.UInt32(os.getpid()),
            InvocationID=dbus.Array([dbus.Byte(1)] * 16, signature="y"),
            StateChangeTimestamp=dbus.UInt64(1_700_000_000_000_000),
            MemoryCurrent=dbus.UInt64(123_456_789),
            TasksCurrent=dbus.UInt64(42),
        )
        self.set(TARGET, ActiveState="active", SubState="active")

    def vanish(self):
        """Ends the fake: its name leaves the bus."""
        self._mock.terminate()

    def freeze_bus(self):
        """The bus takes connections and says nothing, until the end."""
        os.kill(self.bus.pid, signal.SIGSTOP)

    def set(self, unit, **changes):
        """Changes properties of a unit, a stack's name or a whole unit name."""
        self._mock.obj.SetUnit(self.unit(unit), dbus.Dictionary(changes, signature="sv"), dbus_interface=MOCK_IFACE)

    def plan(self, step, *what):
        """See Plan in fake_systemd.py. A stack's name stands for its unit."""
        kind, _, name = step.partition(" ")
        self._mock.obj.Plan(
            f"{kind} {self.unit(name)}" if name else step, dbus.Array(what, signature="s"), dbus_interface=MOCK_IFACE
        )

    def get(self, unit, key):
        connection = dbus.bus.BusConnection(self.bus.address)
        try:
            return connection.get_object("org.freedesktop.systemd1", self._path(self.unit(unit))).Get(
                "org.freedesktop.systemd1.Unit", key, dbus_interface=dbus.PROPERTIES_IFACE
            )
        finally:
            connection.close()

    def state(self, unit):
        return str(self.get(unit, "ActiveState"))

    @staticmethod
    def unit(name):
        return name if "." in name else f"rovi-{name}.service"

    @staticmethod
    def _path(unit):
        return "/org/freedesktop/systemd1/unit/" + "".join(c if c.isalnum() else f"_{ord(c):02x}" for c in unit)

    def argv(self, arguments):
        """The command line for rovictl with arguments, a string or a list."""
        words = shlex.split(arguments) if isinstance(arguments, str) else list(arguments)
        return [str(self._rovictl), *words]

    def rovictl(self, arguments, env=None, limit_s=30, **options):
        """Runs rovictl; returns its Result. Status 124 with no output may also be limit_s."""
        start = time.monotonic()
        done = subprocess.run(
            self.argv(arguments),
            env={**self.env, **(env or {})},
            capture_output=True,
            timeout=limit_s,
            stdin=subprocess.DEVNULL,
            **options,
        )
        result = Result(
            f"rovictl {arguments}",
            done.returncode,
            done.stdout.decode(errors="replace"),
            done.stderr.decode(errors="replace"),
        )
        result.seconds = time.monotonic() - start
        return result

    def start(self, arguments, env=None, **options):
        """Starts rovictl in the background; returns the Popen, with text pipes."""
        return subprocess.Popen(
            self.argv(arguments),
            env={**self.env, **(env or {})},
            text=True,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
        )
