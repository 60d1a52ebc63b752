"""Runs as the ready check of a stack, so in the sandbox of its unit. Notes in /tmp/probe.json what works."""

import ctypes
import json
import mmap
import os
import pty
import socket
import tty
import uuid


def serial():
    master, slave = pty.openpty()
    tty.setraw(slave)
    port = os.open(os.ttyname(slave), os.O_RDWR | os.O_NOCTTY)
    os.write(port, b"ping")
    return os.read(master, 4) == b"ping"


def shared_memory():
    path = f"/dev/shm/rovi-{uuid.uuid4().hex}"
    with open(path, "w+b") as file:
        file.truncate(1 << 20)
        memory = mmap.mmap(file.fileno(), 1 << 20)
        memory[:4] = b"data"
    os.unlink(path)
    return memory[:4] == b"data"


def multicast():
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hear,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as say,
    ):
        hear.settimeout(5)
        hear.bind(("", 7400))
        hear.setsockopt(
            socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.255.0.1") + socket.inet_aton("127.0.0.1")
        )
        say.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        say.sendto(b"hello", ("239.255.0.1", 7400))
        return hear.recv(5) == b"hello"


def netlink():
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close() is None


def executable_memory():
    return mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC) is not None


def home_is_writable():
    return open(os.path.expanduser("~/.ros/probe"), "w").close() is None


def setuid_file():
    path = os.path.expanduser("~/.ros/probe")
    os.chmod(path, 0o4755)
    return os.stat(path).st_mode & 0o4000 != 0


def system_call(number_or_name, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    return getattr(libc, number_or_name)(*arguments) == 0


# What no key of the unit protects, because it is root's.
ROOTS = ("/etc", "/etc/systemd/system", "/usr/bin", "/usr/local/lib/rovi/run_stack.sh", "/boot", "/sys/fs/cgroup")


def works(function, *arguments):
    try:
        return bool(function(*arguments))
    except OSError:
        return False


json.dump(
    {
        "needed": {
            f.__name__: works(f)
            for f in (serial, shared_memory, multicast, netlink, executable_memory, home_is_writable)
        },
        "taken": {
            "setuid_file": works(setuid_file),
            "user_namespace": works(system_call, "unshare", 0x10000000),
            "personality": works(lambda: ctypes.CDLL(None).personality(0x0008) != -1),
            "vsock": works(lambda: socket.socket(40, socket.SOCK_STREAM, 0)),
            **{path: works(os.access, path, os.W_OK) for path in ROOTS},
            "hostname": works(system_call, "sethostname", b"robot", 5),
            "kernel_log": works(lambda: open("/dev/kmsg", "w")),
            "new_privileges": "NoNewPrivs:\t1" not in open("/proc/self/status").read(),
            "capabilities": "CapBnd:\t0000000000000000" not in open("/proc/self/status").read(),
        },
    },
    open("/tmp/probe.json", "w"),
)
