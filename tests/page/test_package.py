"""The packages beside Cockpit's own: the page comes with one of them, and goes with it."""

import pytest

from harness.browser import cockpit_robot
from harness.robot import SOURCE
from tests.container.test_deb import dpkg

PAGE = "/usr/share/cockpit/rovi"


@pytest.fixture(scope="module")
def robot():
    """A container of its own with Cockpit and both packages, and nothing installed; packages are made without root."""
    with cockpit_robot() as robot:
        robot.install(make="true")
        robot.must(f"cp -r {SOURCE} /home/mallory/src && chown -R mallory /home/mallory/src")
        robot.must(["make", "-s", "-C", "/home/mallory/src", "deb"], user="mallory")
        robot.must("mv /home/mallory/src/dist/*.deb /root/ && rm -r /home/mallory/src")
        robot.page, robot.core = (
            robot.must(f"ls /root/rovi-services{part}_*.deb").strip() for part in ("-cockpit", "")
        )
        yield robot


def test_the_page_comes_and_goes_with_its_package(robot, people):
    result = dpkg(robot, "-i", robot.page)
    assert result.status != 0 and "depends on rovi-services" in result.err, result
    dpkg(robot, "--purge", "rovi-services-cockpit")
    result = dpkg(robot, "-i", robot.core, robot.page)
    assert result.status == 0, result
    robot.must("usermod -aG rovi-ops alice")
    alice = people("alice")
    alice.tap("#start-mapping")
    alice.wait_state("mapping", "RUNNING")
    alice.view("check")
    alice.page.wait_for_selector("p[role=status]:has-text('in order')", timeout=60000)
    # A later version of the rest alone, as the role installs it, leaves nothing that apt would first have to mend.
    robot.must(
        f"dpkg-deb -R {robot.core} /root/later && sed -i 's/^Version: .*/Version: 9.0/' /root/later/DEBIAN/control && "
        "dpkg-deb -b /root/later /root/later.deb"
    )
    assert dpkg(robot, "-i", "/root/later.deb").status == 0
    assert robot.run("apt-get check").status == 0 and robot.state("rovi-mapping.service") == "active"
    assert dpkg(robot, "--purge", "rovi-services-cockpit").status == 0
    assert robot.run(["ls", PAGE]).status != 0
    assert robot.state("rovi-mapping.service") == "active"
    assert dpkg(robot, "--purge", "rovi-services").status == 0
    assert robot.state("rovi-mapping.service") == "inactive"
