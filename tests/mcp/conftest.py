"""What the tests of the MCP server share: the server with a make and an ssh that play."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from harness.robot import TOP

SERVER = str(TOP / "harness/mcp_server.py")
# A make that notes how it was called, and does what a file says, if there is one.
MAKE = """#!/bin/bash
here=${0%/*}
printf '%s\\n' "$*" >>"$here/made"
[[ ! -e $here/make.play ]] || source "$here/make.play"
"""
# An ssh that notes how it was called, and prints what is in a file of the verb's name.
SSH = """#!/bin/bash
here=${0%/*} command=${*: -1}
printf '%s %s\\n' "${*: -2:1}" "$command" >>"$here/asked"
verb=${command#rovictl \\'} verb=${verb%%\\'*}
cat "$here/$verb" 2>/dev/null
cat "$here/$verb.err" >&2 2>/dev/null
exit "$(cat "$here/$verb.code" 2>/dev/null || echo 0)"
"""


class Desk:
    """A person's computer: what the server's make and ssh were called with, and what they play."""

    def __init__(self, folder):
        self.folder = folder
        for name, text in (("make", MAKE), ("ssh", SSH)):
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)

    def lines(self, name):
        file = self.folder / name
        return file.read_text().splitlines() if file.exists() else []

    @property
    def made(self):
        """The command lines of make."""
        return self.lines("made")

    @property
    def asked(self):
        """The robots and command lines of ssh."""
        return self.lines("asked")

    def plays(self, name, text):
        (self.folder / name).write_text(text)

    def parameters(self, *words):
        path = f"{self.folder}:{os.environ['PATH']}"
        return StdioServerParameters(command=sys.executable, args=[SERVER, *words], env={"PATH": path})

    def talk(self, use, *words, **options):
        """Runs the coroutine function use with a client of the server; returns what it returns."""

        async def inside():
            async with Client(self.parameters(*words), **options) as client:
                return await use(client)

        return asyncio.run(asyncio.wait_for(inside(), 60))

    def call(self, tool, arguments=None, *words, **options):
        """The result of one call of a tool."""
        return self.talk(lambda client: client.call_tool(tool, arguments or {}), *words, **options)

    def left(self):
        """The processes that play for this desk and have not ended."""
        found = subprocess.run(["pgrep", "-af", str(self.folder)], capture_output=True, text=True).stdout
        return [line for line in found.splitlines() if "pgrep" not in line]


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path)
    yield desk
    for line in desk.left():  # of a test that has failed because they go on
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(line.split()[0]), signal.SIGKILL)
