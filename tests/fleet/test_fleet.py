"""A fleet of containers over real sshd: deployed from nothing, looked at, started with some dead, upgraded while it
runs, removed without a trace. ROBOTS= says how many; in the order of a fleet's life."""

import os
import re
import subprocess
import tarfile
import time

import pytest

from harness.fleet import DEAD, Fleet, megabytes_of_children, recap
from harness.robot import TOP

COUNT = int(os.environ.get("ROBOTS") or 3)
BASES = (os.environ.get("FLEET_BASES") or "debian:bookworm-slim").split()
PLACES = (
    "/etc/systemd",
    "/etc/polkit-1",
    "/etc/sudoers.d",
    "/etc/default",
    "/etc/fish",
    "/usr/local",
    "/usr/lib/rovi",
    "/var/lib/rovi",
    "/var/cache",
    "/run/rovi",
    "/home/rovi/.ros",
)


def images():
    """The test images of BASES, as make test-fleet has left their names; or the one that was prepared last."""
    files = [TOP / ".cache" / f"image-{re.sub('[:/]', '-', base)}" for base in BASES]
    return [file.read_text().strip() for file in files if file.exists()] or [(TOP / ".cache/image").read_text().strip()]


def places(robot):
    """What is in PLACES; of units and caches, ours: man-db and others have caches, too."""
    found = robot.listing(*PLACES)
    mixed = ("/var/cache/", "/etc/systemd/system/")
    return {path: what for path, what in found.items() if not path.startswith(mixed) or "rovi" in path}


@pytest.fixture(scope="module")
def fleet():
    with Fleet(COUNT, images()) as fleet:
        fleet.before = {name: places(robot) for name, robot in fleet.robots.items()}
        yield fleet


@pytest.fixture(scope="module")
def newer(tmp_path_factory):
    """A checkout of this project, one version on."""
    folder = tmp_path_factory.mktemp("newer") / "checkout"
    subprocess.run(["git", "clone", "-q", str(TOP), str(folder)], check=True)
    use = folder / "services/lib/use.sh"
    use.write_text(use.read_text().replace("readonly VERSION=", "readonly VERSION=9."))
    identity = ["-c", "user.name=test", "-c", "user.email=test@rovi.example"]
    subprocess.run(["git", "-C", str(folder), *identity, "commit", "-qam", "newer"], check=True)
    return folder


VARIABLES = {
    "robot_checkout": str(TOP),
    "robot_version": subprocess.run(
        ["git", "-C", str(TOP), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip(),
    "robot_operators": "[alice]",
    "robot_env": '{"ROVI_ENV":"robot","ROS_DOMAIN_ID":"7"}',
}


def play(fleet, book, *words, **variables):
    values = {**VARIABLES, **variables}
    values = "{" + ",".join(
        f'"{name}":{value}' if value[:1] in "[{" or value in ("true", "false") else f'"{name}":"{value}"'
        for name, value in values.items()
    )
    return fleet.play(book, *words, "-e", values + "}")


def changed(result):
    assert result.status == 0, result
    return {name: row["changed"] for name, row in recap(result).items()}


@pytest.fixture
def figure(record_property):
    """Notes a figure, and prints it."""

    def note(name, value):
        record_property(name, round(value, 2))
        print(f"{COUNT} robots: {name} {value:.2f}")

    return note


def pids(fleet, stack):
    return {name: robot.show(f"rovi-{stack}.service", "MainPID") for name, robot in fleet.robots.items()}


def test_it_is_deployed_from_nothing_and_a_second_run_changes_nothing(fleet, figure):
    would = play(fleet, "install", "--check")
    assert all(changed(would).values()), would
    assert {name: places(robot) for name, robot in fleet.robots.items()} == fleet.before
    first = play(fleet, "install")
    assert all(changed(first).values()), first
    figure("deploy seconds", first.seconds)
    assert set(changed(play(fleet, "install", "--check")).values()) == {0}
    second = play(fleet, "install")
    assert set(changed(second).values()) == {0}, second
    for robot in fleet.robots.values():
        assert robot.state("rovi-gateway.service") == "active"
        assert robot.must("cat /home/rovi/rovi_ros_ws/.env.robot") == "ROVI_ENV=robot\nROS_DOMAIN_ID=7\n"
        assert "rovi-ops" in robot.must("id -nG alice")


def test_check_says_what_would_change(fleet):
    would = play(fleet, "install", "--check", robot_env='{"ROVI_ENV":"robot","ROS_DOMAIN_ID":"8"}')
    assert set(changed(would).values()) == {1}, would
    assert all(
        "ROS_DOMAIN_ID=7" in robot.must("cat /home/rovi/rovi_ros_ws/.env.robot") for robot in fleet.robots.values()
    )


def test_status_is_one_table(fleet, figure):
    result = fleet.rovictl("-H", "@robots", "status")
    names = [line.split()[0] for line in result.out.splitlines() if " gateway " in line]
    assert (result.status, names) == (0, list(fleet.robots)), result
    assert result.out.splitlines()[-1] == f"{COUNT} robots: no stack on {COUNT}"
    figure("status seconds", result.seconds)
    figure("megabytes of the largest process", megabytes_of_children())


@pytest.mark.skipif(COUNT < 10, reason="with fewer than 10 robots the difference is no more than chance")
def test_beside_each_other_they_answer_faster_than_one_after_the_other(fleet, figure):
    began = time.monotonic()
    for name in fleet.robots:
        assert fleet.rovictl("-H", name, "status").status == 0
    alone = time.monotonic() - began
    together = min(fleet.rovictl("-H", "@robots", "status").seconds for _ in range(3))
    figure("status at best seconds", together)
    figure("status one by one seconds", alone)
    assert together <= 0.6 * alone


def test_a_start_with_some_that_are_dead_hung_or_old(fleet):
    *good, old, hung = fleet.robots
    fleet.write_inventory(dead=DEAD)
    engine = fleet.robots[hung]._docker
    robot = fleet.robots[old]
    robot.must("mv /usr/local/bin/rovictl /usr/local/bin/rovictl.now")
    robot.put("/usr/local/bin/rovictl", "#!/bin/sh\necho 'rovictl: unknown option: '\"$2\" >&2\nexit 2\n", mode=0o755)
    engine.pause()
    try:
        began = time.monotonic()
        started = fleet.rovictl("-H", "@fleet", "--workers", "30", "start", "nav", "--timeout", "40", "--keep-going")
        assert time.monotonic() - began < 60
        shown = fleet.rovictl("-H", "@fleet", "--workers", "30", "status")
        switched = fleet.rovictl("-H", "@fleet,!@rest,!" + old + ",!" + hung, "switch", "mapping", "--canary", "1")
    finally:
        engine.unpause()
        robot.must("mv /usr/local/bin/rovictl.now /usr/local/bin/rovictl")
        fleet.write_inventory()
    assert started.status == 4 and started.out.splitlines() == [f"{name}: nav runs" for name in good], started
    failed = " ".join([old, hung, *DEAD])
    assert started.err.splitlines()[-1] == f"rovictl: start is done on {' '.join(good)}; failed on {failed}", started
    for name in (hung, *DEAD):
        assert f"{name}: rovictl: cannot reach {name} over ssh" in started.err
    assert shown.out.splitlines()[-1] == f"{COUNT + 3} robots: nav on {len(good)}; no status: {failed}", shown
    assert switched.status == 0, switched
    assert all(fleet.robots[name].state("rovi-mapping.service") == "active" for name in good)


def test_no_robot_asks_for_a_password(fleet):
    result = fleet.rovictl("-H", "mallory@r1,r1", "status", limit_s=30)
    assert result.status == 4 and "mallory@r1: rovictl: cannot reach mallory@r1 over ssh" in result.err, result
    assert "Permission denied" in result.err and "r1" in result.out


def test_an_upgrade_leaves_what_runs_alone(fleet, newer, figure):
    fleet.rovictl("-H", "@robots", "stop", "--keep-going")
    assert fleet.rovictl("-H", "@robots", "start", "nav").status == 0
    before, gateways = pids(fleet, "nav"), pids(fleet, "gateway")
    refused = play(fleet, "upgrade", robot_version="HEAD", robot_checkout=str(newer), robot_stacks='["mapping"]')
    assert refused.status != 0 and len(recap(refused)) == 1, refused  # the canary, whose stack runs
    versions = fleet.rovictl("-H", "@robots", "version").out
    assert "9.0" not in versions, versions
    would = play(fleet, "upgrade", "--check", robot_version="HEAD", robot_checkout=str(newer))
    assert all(changed(would).values()), would
    result = play(fleet, "upgrade", robot_version="HEAD", robot_checkout=str(newer))
    assert all(changed(result).values()) and len(recap(result)) == COUNT, result
    figure("upgrade seconds", result.seconds)
    assert fleet.rovictl("-H", "@robots", "version").out.count("rovictl 9.0") == COUNT
    assert (pids(fleet, "nav"), pids(fleet, "gateway")) == (before, gateways)


def test_robots_of_one_batch_may_have_different_checkouts(fleet, newer):
    """The first robot goes back to this checkout, and then to the newer one again; the others have it all the time."""
    own = f"/{{{{ '{str(TOP)[1:]}' if inventory_hostname == 'r1' else '{str(newer)[1:]}' }}}}"
    back = changed(play(fleet, "install", robot_version="HEAD", robot_checkout=own))
    assert back.pop("r1") and not any(back.values()), back
    assert fleet.rovictl("-H", "@robots", "version").out.count("rovictl 9.0") == COUNT - 1
    again = changed(play(fleet, "install", robot_version="HEAD", robot_checkout=str(newer)))
    assert again.pop("r1") and not any(again.values()), again


def test_reports_are_collected(fleet, tmp_path):
    result = play(fleet, "reports", reports_dir=str(tmp_path))
    assert set(changed(result).values()) == {0}, result
    assert sorted(file.parent.name for file in tmp_path.glob("*/rovi-report-*.tar.gz")) == sorted(fleet.robots)
    assert all(not robot.run("ls -d /tmp/rovi-report*").out for robot in fleet.robots.values())


def test_an_account_that_is_there_without_a_workspace_and_with_another_primary_group(fleet, tmp_path):
    """On the first robot."""
    robot = fleet.robots["r1"]
    robot.must("useradd -m -s /bin/bash -g users pi")
    book = tmp_path / "account.yml"
    book.write_text(
        "- hosts: r1\n  become: true\n  gather_facts: false\n  tasks:\n"
        "    - ansible.builtin.include_role: {name: rovi.services.robot, tasks_from: account.yml}\n"
    )
    with tarfile.open(tmp_path / "workspace.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("install/share/built"))
    settings = {"robot_user": "pi", "robot_workspace_archive": str(tmp_path / "workspace.tar")}
    try:
        assert changed(play(fleet, str(book), "--check", **settings)) == {"r1": 1}
        assert robot.must("ls /home/pi") == ""
        assert changed(play(fleet, str(book), **settings)) == {"r1": 3}
        assert changed(play(fleet, str(book), **settings)) == {"r1": 0}
        made = robot.must("cd /home/pi/rovi_ros_ws && stat -c '%n %U:%G' . .env.robot install/share/built")
        assert [line.split()[1] for line in made.splitlines()] == ["pi:users"] * 3, made
    finally:
        robot.must("userdel -r pi 2>/dev/null; true")


def test_roots_the_hardware_and_a_workspace_are_as_the_variables_say(fleet, tmp_path):
    """On the first robot."""
    robot, one = fleet.robots["r1"], ("--limit", "r1")
    robot.must("rovictl stop")
    with tarfile.open(tmp_path / "workspace.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("install/share/built"))
    settings = {
        "robot_workspace_archive": str(tmp_path / "workspace.tar"),
        "robot_roots": f'{{"trixie":"{TOP}/.cache/root-trixie.tar"}}',
        "robot_stack_roots": '{"mapping":"trixie"}',
        "robot_hardware": "true",
    }
    assert changed(play(fleet, "install", *one, **settings))["r1"] >= 4
    assert changed(play(fleet, "install", *one, **settings)) == {"r1": 0}
    assert robot.must("stat -c %U /home/rovi/rovi_ros_ws/install/share/built") == "rovi\n"
    assert robot.state("rovi-hardware.service") == "active"
    assert fleet.rovictl("-H", "r1", "start", "mapping").status == 0
    assert robot.show("rovi-mapping.service", "RootDirectory") == "/var/lib/rovi/roots/trixie"
    robot.must("rovictl stop")
    chosen = "/etc/systemd/system/rovi-mapping.service.d/60-root.conf"
    before = robot.must(["cat", chosen])
    robot.must(f"sed -i s,/roots/trixie,/roots/trixie2, {chosen}")  # a name that begins in the same way
    assert changed(play(fleet, "install", *one, **settings)) == {"r1": 1}
    assert robot.must(["cat", chosen]) == before
    back = {"robot_stack_roots": '{"mapping":"host"}', "robot_hardware": "false"}
    assert changed(play(fleet, "install", *one, **back))["r1"] == 2
    assert changed(play(fleet, "install", *one, **back)) == {"r1": 0}
    assert robot.state("rovi-hardware.service") == "inactive"
    robot.must("rovictl root remove trixie && rm -r /var/lib/rovi /home/rovi/rovi_ros_ws/install/share/built")
    robot.must("rovictl start nav")  # as on the other robots


def test_it_is_removed_without_a_trace(fleet, figure):
    assert all(changed(play(fleet, "remove", "--check")).values())
    assert all(robot.state("rovi-nav.service") == "active" for robot in fleet.robots.values())
    result = play(fleet, "remove")
    assert all(changed(result).values()), result
    figure("remove seconds", result.seconds)
    for name, robot in fleet.robots.items():
        seen = places(robot)
        left = {path for path in seen.keys() - fleet.before[name].keys() if "/home/rovi/.ros" not in path}
        assert left == set() and robot.run("getent group rovi-ops").out == "", left
    assert set(changed(play(fleet, "remove")).values()) == {0}


def test_the_package_is_installed_and_removed_in_the_same_way(fleet, newer, tmp_path):
    """On the first robot."""
    play(fleet, "remove", "--limit", "r1")
    subprocess.run([TOP / "packaging/deb.sh", tmp_path], cwd=TOP, check=True, capture_output=True)
    package = next(tmp_path.glob("rovi-services_*.deb"))
    settings = {"robot_source": "package", "robot_package": str(package), "robot_stacks": '["nav","mapping"]'}
    would = play(fleet, "install", "--limit", "r1", "--check", **settings)
    assert changed(would)["r1"], would
    first = play(fleet, "install", "--limit", "r1", **settings)
    assert changed(first)["r1"], first
    assert changed(play(fleet, "install", "--limit", "r1", **settings)) == {"r1": 0}
    assert fleet.rovictl("-H", "r1", "list", "-q").out.split() == ["mapping", "nav"]
    subprocess.run([newer / "packaging/deb.sh", tmp_path / "newer"], cwd=newer, check=True, capture_output=True)
    settings["robot_package"] = str(next((tmp_path / "newer").glob("rovi-services_*.deb")))
    fleet.robots["r1"].must("mv /usr/bin/dpkg /usr/bin/dpkg.now")
    assert play(fleet, "install", "--limit", "r1", **settings).status != 0  # it has copied the package by then
    fleet.robots["r1"].must("mv /usr/bin/dpkg.now /usr/bin/dpkg")
    assert changed(play(fleet, "install", "--limit", "r1", **settings)) == {"r1": 1}
    assert fleet.rovictl("-H", "r1", "version").out.startswith("rovictl 9.0")
    assert changed(play(fleet, "remove", "--limit", "r1"))["r1"]
    left = {path for path in places(fleet.robots["r1"]).keys() - fleet.before["r1"].keys() if ".ros" not in path}
    assert left == set() and fleet.robots["r1"].run("dpkg-query -W rovi-services").status == 1, left
