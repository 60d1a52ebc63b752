"""Fixtures of the container tests, and what they print when one fails."""

import os

import pytest

pytest.register_assert_rewrite("tests.container.attack")

from harness.result import Timeout, wait_for  # noqa: E402
from harness.robot import GATEWAY, Robot  # noqa: E402

STACKS_IN_ROOTS = {"nav": "trixie", "mapping": "bookworm"}  # for make test-roots


@pytest.fixture(scope="session")
def installed_robot():
    """One container for the whole run, installed by `make install`; alice is an operator."""
    with Robot() as robot:
        result = robot.install()
        assert result.status == 0, result
        robot.must("usermod -aG rovi-ops alice")
        if os.environ.get("STACKS_IN_ROOTS"):
            for stack, suite in STACKS_IN_ROOTS.items():
                robot.add_root(suite)
                robot.must(f"rovictl root use {stack} {suite}")
        yield robot


@pytest.fixture
def robot(installed_robot):
    """The installed container, as if just installed: gateway active, nothing else ever started."""
    reset(installed_robot)
    yield installed_robot


@pytest.fixture
def fresh_robot():
    """A container of its own in which nothing is installed."""
    with Robot() as robot:
        yield robot


def reset(robot):
    if robot.run("bash /opt/harness/reset.bash", timeout_s=90).status:
        raise Timeout(f"the gateway does not start:\n{robot.report(GATEWAY)}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    robot = getattr(item, "funcargs", {}).get("robot") or getattr(item, "funcargs", {}).get("fresh_robot")
    if report.failed and robot and call.when == "call":
        report.sections.append(("units and journal in the container", robot.report()))


@pytest.fixture
def empty_journal(robot):
    """Entries that a background process of an earlier command still writes come before this."""
    wait_for(lambda: not robot.run(["pgrep", "-x", "logger"]).out, "logger still runs")
    robot.must("journalctl --rotate --vacuum-time=1ms -q")
