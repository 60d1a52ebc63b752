"""Fixtures of the tests in a virtual machine, and what they print when one fails."""

import hashlib
import os
import subprocess

import pytest

from harness.result import Timeout
from harness.robot import GATEWAY, STACKS, TOP
from harness.vm import VirtualRobot

# alice is an operator who may read the journal, carol one who may not.
PEOPLE = "usermod -aG rovi-ops alice; useradd -m -s /bin/bash -G rovi-ops carol"


def product_digest():
    """Of all that `make install` could install from."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", ":!tests", ":!harness"],
        cwd=TOP,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    digest = hashlib.sha256(PEOPLE.encode())
    for name in sorted(name for name in names if (TOP / name).is_file()):
        digest.update(f"{name} {(TOP / name).stat().st_mode}\n".encode() + (TOP / name).read_bytes())
    return digest.hexdigest()[:12]


@pytest.fixture(scope="session")
def installed_disk():
    """A disk on which `make install` was run; made anew when something of the product has changed."""
    folder = TOP / (TOP / ".cache" / "vm").read_text().strip()
    disk = folder / f"installed-{product_digest()}"
    if not disk.exists():
        for old in folder.glob("installed-*"):
            old.unlink()
        with VirtualRobot() as robot:
            result = robot.install(timeout_s=600)
            assert result.status == 0, result
            robot.must(PEOPLE)
            robot.power_off()
            subprocess.run(["cp", "--sparse=always", robot.disk, f"{disk}.new"], check=True)
        os.rename(f"{disk}.new", disk)
    return disk


@pytest.fixture(scope="session")
def machine(installed_disk):
    """One virtual machine for the whole run."""
    with VirtualRobot(installed_disk) as robot:
        yield robot


@pytest.fixture
def robot(machine):
    """The virtual machine as if just installed and booted: gateway active, nothing else started."""
    reset(machine)
    yield machine


def reset(robot):
    if not robot.answers():  # a test has left it off, or half way
        robot.cut_power()
        robot.boot()
    robot.must(
        f"systemctl stop {' '.join(f'rovi-{stack}' for stack in STACKS)}\n"
        f"systemctl disable -q {' '.join(f'rovi-{stack}' for stack in STACKS)}\n"
        "rm -rf /run/systemd/system/{rovi-,dev-}*.d; source /opt/harness/forget_starts.bash\n"
        "systemctl daemon-reload; systemctl reset-failed; systemctl start rovi-gateway.service",
        timeout_s=240,
    )
    if robot.state(GATEWAY) != "active":
        raise Timeout(f"the gateway does not start:\n{robot.report(GATEWAY)}")


@pytest.fixture
def unit(robot):
    """A function that gives a unit a drop-in, until the next boot or test."""

    def give(name, text):
        robot.put(f"/run/systemd/system/{name}.d/99-test.conf", text)
        robot.must("systemctl daemon-reload")

    return give


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    robot = getattr(item, "funcargs", {}).get("robot")
    if report.failed and robot and call.when == "call":
        seen = robot.report() if robot.answers() else f"it does not answer:\n{robot.console()}"
        report.sections.append(("units and journal in the virtual machine", seen))
