"""Fixtures of the page's tests: a robot with Cockpit, a browser, and people. A test fails on any console error."""

import re

import pytest

from harness.browser import Person, chromium, cockpit_robot
from harness.robot import GATEWAY

# What Cockpit and what it runs for a login log in this container in any case.
EXPECTED = re.compile(r"/etc/default/locale|pam_ssh_add|cgroup compatibility translation")
COCKPIT = " + ".join(f"SYSLOG_IDENTIFIER=cockpit-{part}" for part in ("ws", "tls", "bridge", "session")).split()


@pytest.fixture(scope="session")
def installed():
    """One container for the whole run; alice and bob are operators, carol is an administrator, mallory is nobody."""
    with cockpit_robot() as robot:
        result = robot.install()
        assert result.status == 0, result
        robot.must("usermod -aG rovi-ops alice; usermod -aG rovi-ops bob")
        yield robot


@pytest.fixture(scope="session")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def robot(installed):
    """The robot as if just installed: the gateway runs, and nothing else."""
    installed.must("bash /opt/harness/reset.bash", timeout_s=90)
    yield installed


@pytest.fixture
def people(robot, browser):
    """people(NAME, …) logs somebody in and returns the Person. All are gone after the test. None of their browsers may
    have complained, and Cockpit may have logged nothing."""
    there = []

    def log_in(name, path=None, **options):
        person = Person(browser, robot, name, **options)
        there.append(person)
        return person.log_in(*([path] if path else []))

    yield log_in
    errors = [f"{person.name}: {error}" for person in there for error in person.errors]
    for person in there:
        person.close()
    logged = robot.run(["journalctl", "-q", "--no-pager", "-o", "cat", "-p", "warning", *COCKPIT]).out.splitlines()
    errors += [f"journal: {line}" for line in logged if not EXPECTED.search(line)]
    assert not errors, errors


@pytest.fixture
def alice(people):
    """An operator, on a desktop."""
    return people("alice")


@pytest.fixture
def drop_in(robot):
    """drop_in(STACK, LINE…): adds lines to the [Service] of a stack for this test."""
    files = []

    def add(stack, *lines):
        files.append(f"/etc/systemd/system/rovi-{stack}.service.d/99-test.conf")
        robot.put(files[-1], "\n".join(("[Service]", *lines, "")))
        robot.must("systemctl daemon-reload")

    yield add
    robot.must(["rm", "-f", *files])
    robot.must("systemctl daemon-reload")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    robot = getattr(item, "funcargs", {}).get("robot")
    if report.failed and robot and call.when == "call":
        report.sections.append(("units and journal in the container", robot.report(GATEWAY)))
