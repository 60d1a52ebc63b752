"""The inner end of the harness: a command that takes too long is ended, with all that it has started."""

import subprocess
import time
from pathlib import Path

import pytest

from harness.inside import agent
from harness.result import wait_for


def command(line):
    return subprocess.Popen(["/bin/bash", "-c", line], start_new_session=True, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    "line, status",
    [("exit 0", 0), ("exit 3", 3), ("kill -KILL $$", 137), ("exit 124", 124)],
    ids=lambda value: str(value),
)
def test_a_command_that_ends_has_its_own_status(line, status):
    assert agent.wait_for(command(line), 30) == status


def state(pid):
    """The letter of a process's state, see proc(5); nothing if there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2]
    except (FileNotFoundError, ProcessLookupError):
        return ""


@pytest.mark.parametrize("ignores", ["", "trap '' TERM; "], ids=["term", "kill"])
def test_one_that_takes_too_long_is_ended_with_its_children(monkeypatch, ignores):
    monkeypatch.setattr(agent, "KILL_S", 0.2)
    process, began = command(f"{ignores}sleep 20 & echo $!; wait; wait"), time.monotonic()
    child = int(process.stdout.readline())
    assert agent.wait_for(process, 0.1) == agent.TOO_LONG
    process.stdout.read()  # until the child, which has it open, too, ends; its files are closed a moment before that
    assert time.monotonic() < began + 10, "it has ended by itself"
    wait_for(lambda: state(child) in ("", "Z"), lambda: f"the child goes on: {state(child)}", 10)
