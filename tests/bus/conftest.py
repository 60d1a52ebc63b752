"""Fixtures of the tests beside the fake systemd, and what they print when one fails."""

import signal
import subprocess

import pytest

from harness.fake import FakeRobot, look_booted, stage

# As in a login: whoever started the tests in the background of a script has them ignore Ctrl-C, and bash with them.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def rovictl(tmp_path_factory):
    """The path of rovictl in an installation of the checkout, staged for this run."""
    look_booted()
    return stage(tmp_path_factory.mktemp("stage"))


@pytest.fixture
def robot(rovictl):
    """A fake robot as after a boot: the gateway runs, nothing else was ever started."""
    with FakeRobot(rovictl) as robot:
        yield robot


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    robot = getattr(item, "funcargs", {}).get("robot")
    if report.failed and robot and call.when == "call":
        try:
            seen = str(robot.rovictl("status", env={"NO_COLOR": "1"}, limit_s=15))
        except subprocess.TimeoutExpired as error:  # where it is a hang that the test has found
            seen = str(error)
        report.sections.append(("rovictl status", seen))
