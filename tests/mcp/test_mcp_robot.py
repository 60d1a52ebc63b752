"""The MCP server and robots over a real sshd: what each tool says and does there."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from harness.fleet import Fleet
from harness.robot import TOP
from tests.mcp.conftest import SERVER


@pytest.fixture(scope="module")
def robots():
    """Two robots; alice is an operator on r1, and nobody on r2."""
    with Fleet(2, [(TOP / ".cache/image").read_text().strip()]) as fleet:
        for robot in fleet.robots.values():
            assert robot.install().status == 0
        fleet.robots["r1"].must("usermod -aG rovi-ops alice")
        yield fleet


@pytest.fixture
def call(robots):
    """A call of one tool; gives its answer."""

    def call(tool, **arguments):
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # for ansible-inventory
        environment = {"PATH": path, "ROVI_INVENTORY": str(robots.folder / "alice")}
        parameters = StdioServerParameters(
            command=sys.executable, args=[SERVER, "--allow-control"], env=environment, cwd="/"
        )

        async def talk():
            async with Client(parameters) as client:
                return await client.call_tool(tool, arguments)

        result = asyncio.run(asyncio.wait_for(talk(), 200))
        assert result.is_error == (result.structured_content["status"] not in (0, 1, 3)), result
        return result.structured_content

    return call


def test_what_a_person_may_do_is_done(robots, call):
    one = robots.robots["r1"]
    assert [stack["stack"] for stack in call("list_stacks", hosts="r1")["objects"]][-2:] == ["nav", "teleop"]
    answer = call("start", hosts="r1", stack="nav", variant="slam", parameters={"map": "lab1"})
    assert (answer["status"], one.state("rovi-nav.service")) == (0, "active"), answer
    (unit,) = call("status", hosts="r1", unit="nav")["objects"]
    assert (unit["state"], unit["variant"], unit["parameters"]) == ("RUNNING", "slam", {"map": "lab1"}), unit
    assert call("read_log", hosts="r1", unit="nav", lines=5)["objects"]
    answer = call("restart", hosts="r1", stack="nav")
    assert (answer["status"], answer["objects"][0]["parameters"]) == (0, {"map": "lab1"}), answer
    answer = call("switch", hosts="r1", stack="mapping")
    assert (answer["status"], one.state("rovi-mapping.service")) == (0, "active"), answer
    answer = call("stop", hosts="r1")
    assert (answer["status"], one.state("rovi-mapping.service")) == (0, "inactive"), answer
    runs = call("history", hosts="r1")["objects"]
    assert {run["stack"] for run in runs} == {"nav", "mapping"} and {run["started_by"] for run in runs} == {"alice"}, (
        runs
    )
    assert {check["host"] for check in call("doctor", hosts="@robots")["objects"]} == {"r1", "r2"}
    (file,) = call("report", hosts="r1")["text"]
    assert "rovi-report-" in file and one.must("ls /home/alice/rovi-report-*"), file


def test_a_refusal_is_the_robots(robots, call):
    """systemd, polkit and the lock decide there, whoever asks."""
    answer = call("start", hosts="r1", stack="nav")
    assert answer["status"] == 0, answer
    answer = call("start", hosts="r1", stack="mapping")
    assert (answer["status"], answer["meaning"]) == (75, "another stack is active"), answer
    assert "nav is active" in answer["error"], answer
    answer = call("start", hosts="r2", stack="nav")
    assert answer["status"] == 77 and "alice is not in group rovi-ops" in answer["error"], answer
    assert call("stop", hosts="r1", stack="gateway")["status"] == 2
    assert call("status", hosts="nowhere")["status"] == 4
    assert robots.robots["r1"].state("rovi-nav.service") == "active"
