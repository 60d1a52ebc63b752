"""The MCP server with a real make and real containers."""

import asyncio
import os
import sys

from mcp import Client
from mcp.client.stdio import StdioServerParameters

from harness.result import wait_for
from harness.robot import TOP
from tests.mcp.conftest import SERVER


def containers(client):
    """The containers of runs that a server has started."""
    return {
        container.id
        for container in client.containers.list(all=True, ignore_removed=True)
        if container.labels.get("rovi.run")
    }


def test_a_cancelled_test_run_leaves_no_container():
    import docker

    engine = docker.from_env()
    before = containers(engine)
    seen = []

    async def note(progress, total, message):
        seen.append(message)

    async def cancel():
        parameters = StdioServerParameters(
            command=sys.executable, args=[SERVER], env={"PATH": os.environ["PATH"]}, cwd=TOP
        )
        async with Client(parameters) as client:
            arguments = {"part": "test_start_stop and sigint"}
            call = asyncio.create_task(client.call_tool("test", arguments, progress_callback=note))
            await asyncio.to_thread(wait_for, lambda: containers(engine) - before or call.done(), "no container", 600)
            assert not call.done(), call.result()
            call.cancel()
            await asyncio.to_thread(wait_for, lambda: not containers(engine) - before, "a container is left", 60)

    asyncio.run(cancel())
    assert seen
