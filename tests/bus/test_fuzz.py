"""10,000 command lines of every byte but NUL: the contract's exit codes, and nothing done unasked."""

import json
import os
import random
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.fake import STACKS
from harness.result import wait_for

SEED = int(os.environ.get("SEED", "1"))
EACH = int(os.environ.get("FUZZ_EACH", "630"))  # times 17 verbs: 10,710
CONTRACT = {0, 1, 2, 3, 4, 69, 75, 77, 78, 79, 124}
LOOK = {"GetAll", "ListUnitsByPatterns"}
# What a verb may call on the bus, of systemd and others.
MAY = {
    "start": LOOK | {"StartUnit"},
    "stop": LOOK | {"StopUnit"},
    "restart": LOOK | {"RestartUnit"},
    "switch": LOOK | {"StartUnit", "StopUnit"},
    "wait": LOOK,
    "status": LOOK,
    "watch": LOOK,
    "field": LOOK,
    "list": LOOK,
    "logs": LOOK,
    "ps": LOOK | {"GetUnitProcesses"},
    "doctor": LOOK | {"Get", "ListUnitsByNames"},
    "gateway": LOOK | {"StartUnit", "StopUnit", "RestartUnit", "EnableUnitFiles", "DisableUnitFiles", "Reload"},
    "completion": set(),
    "help": set(),
    "version": set(),
    "nonsense": set(),
}
OPTIONS = [
    "--json",
    "-q",
    "--quiet",
    "--no-wait",
    "-f",
    "--follow",
    "-n",
    "-n5",
    "--lines=3",
    "--run",
    "--run=-1",
    "-1",
    "-perr",
    "-g",
    "--since",
    "--until=now",
    "--no-pager",
    "--until-eof",
    "--timeout",
    "--timeout=1",
    "--state",
    "--state=failed",
    "--color",
    "--color=always",
    "-h",
    "--help",
    "-H",
    "-Hrobot",
    "--host=a,b",
    "-M",
    "-Mbox",
    "--field",
    "--field=svc=service:rovi-nav",
    "--field=p=process:node@rovi-gateway",
    "--service",
    "--service=rovi-nav",
    "--",
    "-",
    "--=",
    "--x=y",
    "-qqf",
    "--version",
    "__complete",
]
VALUES = [
    *STACKS,
    "gateway",
    "running",
    "failed,stopped",
    "always",
    "1",
    "0",
    "infinity",
    "bash",
    "enable",
    "service",
    "process",
    "rovi-nav",
    "rovi-nav.service",
    "map=lab1",
    "map:=lab1",
    "svc=service:rovi-gateway",
    "",
]
# Each would leave the file CANARY, where somebody evaluates it.
EVIL = [
    "$(touch CANARY)",
    "`touch CANARY`",
    ";touch CANARY;",
    "|touch CANARY",
    "x[$(touch CANARY)]",
    "a]=$(touch CANARY)",
    "'\"$(touch CANARY)",
    "-oProxyCommand=touch CANARY",
    "\n touch CANARY \n",
    "../../bin/touch CANARY",
    "%s%n%d",
    "*",
    "~root",
    "{a,b}",
    "\\",
    "!!",
]


def word(random):
    kind = random.randrange(10)
    if kind < 3:
        return random.choice(OPTIONS).encode()
    if kind < 6:
        return random.choice(VALUES).encode()
    if kind < 8:
        return random.choice(EVIL).encode()
    return bytes(random.randrange(1, 256) for _ in range(random.randrange(0, 40)))


def vector(random, verb):
    words = [word(random) for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3, 5, 9)))]
    if verb != "nonsense":
        words.insert(0 if random.random() < 0.8 else random.randrange(len(words) + 1), verb.encode())
    elif words and words[0].decode(errors="replace") in (*MAY, "__complete", "--version"):
        words[0] = b"x" + words[0]
    return words


def waits(words):
    return b"watch" in words or b"wait" in words


@pytest.fixture
def notes(tmp_path_factory):
    """The folder in which the stubs note how they were called, each time in a file of its own."""
    return tmp_path_factory.mktemp("notes")


@pytest.fixture
def stubs(tmp_path, notes):
    """Programs that would leave this machine or go on for ever: they note their arguments and end."""
    for name in ("ssh", "systemd-run", "journalctl"):
        stub = tmp_path / "stubs" / name
        stub.parent.mkdir(exist_ok=True)
        stub.write_text(
            f'#!/bin/sh\nprintf "%s\\0" {name} "$@" >>{notes}/{name}.$$\nprintf "\\n" >>{notes}/{name}.$$\n'
        )
        stub.chmod(0o755)
    return tmp_path / "stubs"


@pytest.fixture
def calls(robot, tmp_path):
    """A function that says which methods have been called on the bus, other than the bus's own."""
    log = (tmp_path / "bus").open("w+")
    monitor = subprocess.Popen(
        ["busctl", f"--address={robot.bus.address}", "monitor", "--json=short"], stdout=log, stderr=subprocess.PIPE
    )
    wait_for(lambda: b"Monitoring" in os.read(monitor.stderr.fileno(), 4096), "busctl does not monitor")

    def seen():
        robot.set("gateway", Description="the last call")
        wait_for(lambda: "the last call" in (tmp_path / "bus").read_text(), "the monitor is behind")
        messages = [json.loads(line) for line in (tmp_path / "bus").read_text().splitlines() if line.startswith("{")]
        return {
            message["member"]
            for message in messages
            if message["type"] == "method_call"
            and message.get("destination") != "org.freedesktop.DBus"
            and message["member"] != "SetUnit"
        }

    yield seen
    monitor.terminate()
    monitor.wait()


@pytest.mark.parametrize("verb", MAY)
def test_any_command_line(robot, calls, stubs, notes, tmp_path, verb, record_property):
    record_property("inputs", EACH)
    dice = random.Random(f"{SEED} {verb}")
    env = {**robot.env, "PATH": f"{stubs}:{robot.env['PATH']}"}
    codes = {}

    def run(words):
        # Whatever waits for good gives up soon: there is no job that takes longer than 50 ms.
        limit = "1" if waits(words) else "10"
        process = subprocess.run(
            ["timeout", limit, *robot.argv([]), *words],
            env=env,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=30,
        )
        return words, process, list(tmp_path.rglob("CANARY*"))

    # Those that only wait do so side by side.
    with ThreadPoolExecutor(8 if verb in ("watch", "wait") else 1) as pool:
        done = pool.map(run, [vector(dice, verb) for _ in range(EACH)])
    for number, (words, process, evaluated) in enumerate(done):
        said = process.stderr.decode(errors="replace")
        where = f"seed {SEED}, {verb} number {number}: {words}\nexit status {process.returncode}\n{said}"
        goes_on = process.returncode == 124 and waits(words)
        assert process.returncode in CONTRACT or goes_on, where
        assert ": line " not in said and "unbound" not in said and "bad substitution" not in said, where
        assert "\x1b" not in said, where
        assert (
            process.returncode in (0, 1)
            or said
            or goes_on
            or {b"-q", b"--quiet", b"-qqf"} & {*words}
            or process.returncode == 3
        ), where
        assert not evaluated, where
        codes[process.returncode] = codes.get(process.returncode, 0) + 1
    assert calls() <= MAY[verb], codes
    for name in ("ssh", "systemd-run"):
        for note in notes.glob(f"{name}.*"):
            assert verb != "nonsense"
            for line in note.read_text().split("\n")[:-1]:
                arguments = line.split("\0")
                assert "-oProxyCommand" not in line.split("\0--\0")[0], arguments
    assert 2 in codes  # and some that are right, to be told from all being refused:
    assert verb == "nonsense" or codes.get(0) or verb == "doctor", codes
