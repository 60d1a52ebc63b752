"""make deb: a package that installs, upgrades under a stack that runs, and goes without a trace."""

import re
import shutil
import subprocess

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY, SOURCE, TOP, WORKSPACE, Robot, difference
from tests.container.test_executor import AS_BEFORE, old_names

PLACES = ("/etc", "/usr", "/var/lib/rovi-services", "/run/rovi", "/run/systemd/system", "/run/systemd/transient")
# What dpkg itself and the user tools keep, and caches.
NOT_OURS = re.compile(r"^/etc/(passwd|group|shadow|gshadow|subuid|subgid)-$|^/etc/ld\.so\.cache$|__pycache__")
MAPPING = "rovi-mapping.service"
SETUP = "rovi-services-setup"
DEFAULTS = "/etc/default/rovi-services"


def everything(robot):
    """What a package could change: files, users, groups and unit files."""
    files = {path: what for path, what in robot.listing(*PLACES).items() if not NOT_OURS.match(path)}
    return {
        **files,
        "users": robot.must("getent passwd; getent group; systemctl list-unit-files --no-legend 'rovi*' || true"),
    }


def build(robot, version, edit="true"):
    """Makes the package of a version from the checkout in the container, as mallory, who is not root, after an edit
    there."""
    robot.must(
        f"rm -rf /home/mallory/src && cp -r {SOURCE} /home/mallory/src && chown -R mallory /home/mallory/src && "
        f"sed -i 's/^readonly VERSION=.*/readonly VERSION={version}/' /home/mallory/src/services/lib/use.sh && "
        f"cd /home/mallory/src && {edit}"
    )
    robot.must(["make", "-s", "-C", "/home/mallory/src", "deb"], user="mallory")
    robot.must(f"mv /home/mallory/src/dist/rovi-services_{version}_all.deb /root/ && rm -r /home/mallory/src")
    return f"/root/rovi-services_{version}_all.deb"


def dpkg(robot, *arguments):
    return robot.run(["dpkg", *arguments], env={"DEBIAN_FRONTEND": "noninteractive"}, timeout_s=120)


@pytest.fixture(scope="module")
def machine():
    """A container with the packages of two versions, and nothing installed."""
    with Robot() as robot:
        robot.install(make="true")
        robot.old, robot.new = build(robot, "9.0.1"), build(robot, "9.0.2")
        yield robot


@pytest.fixture
def robot(machine):
    """The machine before any package; the test finds it so, and leaves it to be purged here."""
    yield machine
    dpkg(machine, "--purge", "rovi-services")


@pytest.fixture
def packaged(robot):
    """The older version installed by dpkg -i, alice an operator."""
    result = dpkg(robot, "-i", robot.old)
    assert result.status == 0, result
    robot.must("usermod -aG rovi-ops alice")
    return robot


def test_lintian_finds_no_error():
    if not shutil.which("lintian"):
        pytest.skip("there is no lintian on this machine")
    subprocess.run(["make", "-s", "-C", TOP, "deb"], check=True, capture_output=True)
    said = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "error,warning", *map(str, (TOP / "dist").glob("*.deb"))],
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0 and said.stdout == "", said.stdout + said.stderr


def test_an_operator_starts_stacks_after_dpkg_i(packaged):
    robot = packaged
    assert robot.must(["systemctl", "is-enabled", GATEWAY]).strip() == "enabled" and robot.state(GATEWAY) == "active"
    shown = robot.show(MAPPING, "FragmentPath", "User")
    assert shown["FragmentPath"].endswith("/lib/systemd/system/rovi-mapping.service") and shown["User"] == "rovi"
    for user in ("alice", "rovi"):
        assert robot.rovictl("start mapping", user=user).status == 0
        assert robot.rovictl("stop", user=user).status == 0
    assert robot.rovictl("start mapping", user="mallory").status == 77
    assert "/usr/local" not in robot.must(["dpkg", "-L", "rovi-services"])
    assert robot.must(["dpkg", "--verify", "rovi-services"]) == ""
    assert robot.rovictl("version").out.strip().endswith("9.0.1")
    result = robot.rovictl("doctor", user="root")
    assert result.status == 0 and "0 failed, 0 to look at" in result.out, result
    assert "nothing to change" in robot.must([SETUP])


def test_a_stack_of_the_administrators_counts_after_setup(packaged):
    robot = packaged
    robot.must(
        "sed 's/mapping/docking/g' /usr/lib/systemd/system/rovi-mapping.service "
        ">/etc/systemd/system/rovi-docking.service"
    )
    try:
        robot.must([SETUP])
        # polkit reads its rules again a moment after they have changed
        wait_for(lambda: robot.rovictl("start docking").status == 0, robot.report)
        assert robot.rovictl("stop").status == 0
        assert robot.rovictl("start mapping").status == 0 and robot.rovictl("stop").status == 0
    finally:
        robot.must("rm /etc/systemd/system/rovi-docking.service; systemctl daemon-reload")


def test_an_upgrade_stops_and_restarts_nothing(packaged):
    robot = packaged
    assert robot.rovictl("start mapping").status == 0
    robot.must(["systemctl", "enable", "--quiet", "rovi-teleop.service"])
    units = ("MainPID", "InvocationID", "ActiveState", "NeedDaemonReload")
    before = robot.show(GATEWAY, *units), robot.show(MAPPING, *units)
    result = dpkg(robot, "-i", robot.new)
    assert result.status == 0, result
    assert (robot.show(GATEWAY, *units), robot.show(MAPPING, *units)) == before
    assert robot.rovictl("version").out.strip().endswith("9.0.2")
    assert robot.must("systemctl is-enabled rovi-teleop.service").strip() == "enabled"
    assert "alice" in robot.must("getent group rovi-ops")
    assert robot.rovictl("switch nav").status == 0
    assert not robot.events("mapping") or {"SIGINT", "end"} <= {event for _, _, event in robot.events("mapping")}


def test_an_upgrade_leaves_a_gateway_that_is_down(packaged):
    robot = packaged
    robot.must(["systemctl", "disable", "--quiet", "--now", GATEWAY])
    assert dpkg(robot, "-i", robot.new).status == 0
    assert (
        robot.state(GATEWAY) == "inactive" and robot.run(["systemctl", "is-enabled", GATEWAY]).out.strip() == "disabled"
    )


def test_remove_stops_what_runs_and_takes_the_rule_first(packaged):
    robot = packaged
    permit = robot.permit
    assert robot.rovictl("start mapping").status == 0
    robot.put(
        "/root/spy/systemctl",
        f'#!/bin/sh\necho "$@" >>/root/spy/calls\n[ ! -e {permit} ] || echo "$@" >>/root/spy/late\n'
        'PATH=/usr/bin:/bin exec systemctl "$@"\n',
        mode=0o755,
    )
    result = robot.run("PATH=/root/spy:$PATH dpkg --remove rovi-services", timeout_s=120)
    assert result.status == 0, result
    assert "disable --quiet --now" in robot.must("cat /root/spy/calls")
    assert robot.run("test -e /root/spy/late").status != 0
    assert [p for p in robot.processes() if p.user == "rovi"] == []
    assert robot.must("systemctl list-units --all --no-legend 'rovi*'") == ""
    assert {"SIGINT", "end"} <= {event for _, _, event in robot.events("mapping")}
    # Configuration stays: who is an operator, and the settings.
    assert (
        "alice" in robot.must("getent group rovi-ops") and robot.run("test -e /etc/default/rovi-services").status == 0
    )
    assert (
        robot.must("find /etc/systemd /etc/polkit-1 /etc/sudoers.d /usr/lib/rovi -name '*rovi*' 2>/dev/null; true")
        == ""
    )
    # and is there when the package comes back
    assert dpkg(robot, "-i", robot.new).status == 0
    assert robot.state(GATEWAY) == "active"
    assert robot.rovictl("start nav").status == 0


@pytest.mark.parametrize("running", [True, False])
def test_purge_leaves_nothing(robot, running):
    before, workspace = everything(robot), robot.listing(WORKSPACE, "/opt/ros")
    assert dpkg(robot, "-i", robot.old).status == 0
    robot.must("usermod -aG rovi-ops alice; systemctl enable --quiet rovi-teleop.service")
    if running:
        robot.must("bash /opt/harness/tiny_root.bash /root/tree && rovictl root add tiny /root/tree")
        robot.must("rm -r /root/tree; rovictl root use nav tiny")
        assert robot.rovictl("start mapping").status == 0
    result = dpkg(robot, "--purge", "rovi-services")
    assert result.status == 0, result
    assert robot.run(["test", "-e", "/var/lib/rovi"]).status != 0
    assert difference(before, everything(robot)) == []
    assert robot.listing(WORKSPACE, "/opt/ros") == workspace


def test_purge_leaves_what_make_install_uses_by_now(packaged):
    robot = packaged
    robot.must("bash /opt/harness/tiny_root.bash /root/tree && rovictl root add tiny /root/tree; rm -r /root/tree")
    assert dpkg(robot, "--remove", "rovi-services").status == 0
    try:
        assert robot.run(f"make -C {SOURCE} install", env={"ROVI_ROS_WS_DIR": WORKSPACE}).status == 0
        result = dpkg(robot, "--purge", "rovi-services")
        assert result.status == 0 and "the group rovi-ops and /var/lib/rovi stay" in result.out, result
        assert "alice" in robot.must("getent group rovi-ops") and robot.must("ls /var/lib/rovi/roots") == "tiny\n"
        # polkit reads its rules again a moment after they have changed
        wait_for(lambda: robot.rovictl("start mapping").status == 0, robot.report)
        assert robot.run(["test", "-e", "/var/lib/rovi-services"]).status != 0
    finally:
        robot.must(f"make -C {SOURCE} uninstall; groupdel rovi-ops; rm -rf /var/lib/rovi")


def test_a_purge_comes_to_its_end_whatever_is_mounted_among_the_roots(packaged):
    robot = packaged
    robot.must("mkdir -p /var/lib/rovi/roots/{disk,tiny} && mount -t tmpfs none /var/lib/rovi/roots/disk")
    robot.must("touch /var/lib/rovi/roots/disk/data")
    try:
        result = dpkg(robot, "--purge", "rovi-services")
        assert result.status == 0 and "unmount it, then run 'sudo rm -rf /var/lib/rovi'" in result.out, result
        assert robot.must("find /var/lib/rovi/roots -mindepth 1 -printf '%P\n'") == "disk\ndisk/data\n"
        assert robot.run("getent group rovi-ops").out == "" and robot.run("dpkg-query -W rovi-services").status == 1
    finally:
        robot.must("umount /var/lib/rovi/roots/disk; rm -rf /var/lib/rovi")


def test_a_socket_that_an_upgrade_has_changed_is_opened_anew(packaged):
    robot = packaged
    new = build(robot, "9.0.3", "sed -i s/^MaxConnections=.*/MaxConnections=63/ services/rovi_executor.socket")
    before = robot.show("rovi_executor.socket", "InvocationID")
    assert dpkg(robot, "-i", new).status == 0
    assert robot.show("rovi_executor.socket", "MaxConnections", "ActiveState") == {
        "MaxConnections": "63",
        "ActiveState": "active",
    }
    assert robot.show("rovi_executor.socket", "InvocationID") != before
    assert "try-restart" not in robot.must([SETUP])


@pytest.mark.parametrize(
    "administrator",
    ["systemctl mask --quiet rovi-gateway", "cp /usr/lib/systemd/system/rovi-gateway.service /etc/systemd/system/"],
)
def test_an_upgrade_over_an_administrators_own_gateway_unit(packaged, administrator):
    robot = packaged
    robot.must(administrator)
    try:
        result = dpkg(robot, "-i", robot.new)
        assert result.status == 0, result
    finally:
        robot.must("rm -f /etc/systemd/system/rovi-gateway.service; systemctl daemon-reload")


def test_a_masked_socket_does_not_keep_the_gateway_from_its_first_start(robot):
    robot.must("systemctl mask --quiet rovi_executor.socket")
    try:
        result = dpkg(robot, "-i", robot.new)
        assert result.status == 0 and "programs cannot use the executor" in result.err, result
        assert (robot.state(GATEWAY), robot.run(["systemctl", "is-enabled", GATEWAY]).out) == ("active", "enabled\n")
    finally:
        robot.must("systemctl unmask --quiet rovi_executor.socket")


def test_what_doctor_says_to_do_is_what_a_package_needs(packaged):
    robot = packaged
    robot.must(
        "mv /usr/lib/rovi/lib/guard.sh /root/; "
        "sed -i s/User=rovi/User=ghost/ /etc/systemd/system/rovi-.service.d/50-site.conf"
    )
    try:
        said = robot.run("rovictl doctor").out
        assert "guard.sh is missing\n     -> sudo apt install --reinstall ./rovi-services_9.0.1_all.deb\n" in said, said
        assert "-> set ROVI_USER= in /etc/default/rovi-services, then sudo rovi-services-setup\n" in said, said
        assert "make install" not in said
    finally:
        robot.must("mv /root/guard.sh /usr/lib/rovi/lib/")


def test_another_user_and_workspace(packaged):
    robot = packaged
    robot.must(
        "useradd -m pi && cp -r /home/rovi/rovi_ros_ws /home/pi/ws && chown -R pi /home/pi && "
        "printf 'ROVI_USER=\"pi\"\\nROVI_ROS_WS_DIR=/home/pi/ws\\n' >/etc/default/rovi-services"
    )
    try:
        assert "sudo rovictl gateway restart" in robot.must([SETUP])
        robot.must(["systemctl", "restart", GATEWAY])
        assert {p.user for p in robot.processes(GATEWAY)} == {"pi"}
        assert robot.rovictl("start nav map:=lab1").status == 0  # pi owns the mount, so can take alice's request
        assert dpkg(robot, "-i", robot.new).status == 0  # an administrator's settings stay
        assert robot.show(MAPPING, "User") == "pi"
    finally:
        dpkg(robot, "--purge", "rovi-services")
        robot.must("userdel -rf pi 2>/dev/null; true")


def installed(robot):
    """everything, without what stacks that ran have left in /run/rovi."""
    return {path: what for path, what in everything(robot).items() if not path.startswith("/run/rovi")}


def choose(robot, stacks):
    robot.must(f"sed -i '/^STACKS=/d' {DEFAULTS}; echo 'STACKS={stacks}' >>{DEFAULTS}")


def test_the_stacks_of_a_package_can_be_chosen(packaged):
    robot = packaged
    before = installed(robot)
    choose(robot, '"nav radar"')
    result = robot.run([SETUP])
    assert result.status == 78 and "STACKS= names radar, and there is no such stack: choose from camera" in result.err
    choose(robot, '"nav camera"')
    assert robot.rovictl("start mapping").status == 0
    result = robot.run([SETUP])
    assert result.status == 75 and "rovi-mapping.service runs and is not in STACKS=" in result.err, result
    assert robot.rovictl("stop").status == 0
    robot.must("systemctl mask -q rovi-teleop")  # an administrator's, who keeps it
    robot.must([SETUP])
    assert robot.rovictl("list -q").out == "camera\nnav\n" and "rovi-mapping" not in robot.must(["cat", robot.permit])
    assert robot.rovictl("start mapping").status == 2 and robot.rovictl("start nav").status == 0
    assert "nothing to change" in robot.must([SETUP])
    own = "/etc/systemd/system/rovi-mapping.service"  # an administrator's, in the place of the link
    robot.must(f"rm {own} && cp /usr/lib/systemd/system/rovi-mapping.service {own} && {SETUP}")
    assert sorted(robot.rovictl("list -q").out.split()) == ["camera", "mapping", "nav"]
    robot.must(f"rm {own} && {SETUP}")  # it was kept
    assert dpkg(robot, "-i", robot.new).status == 0  # an upgrade
    assert robot.rovictl("list -q").out == "camera\nnav\n" and robot.state("rovi-nav.service") == "active"
    assert robot.rovictl("stop").status == 0
    choose(robot, "")
    robot.must([SETUP])
    assert robot.rovictl("list -q").out == "" and robot.rovictl("status").status == 0
    robot.must(f"sed -i '/^STACKS=/d' {DEFAULTS}; {SETUP}")
    assert "nothing to change" in robot.must([SETUP])
    assert robot.rovictl("list -q").out == "camera\nlocalization\nmapping\nnav\n"
    robot.must(f"systemctl unmask -q rovi-teleop; {SETUP}; dpkg -i {robot.old}")
    assert difference(before, installed(robot)) == []


def test_new_and_remove_where_the_package_is(packaged):
    robot = packaged
    before = installed(robot)
    choose(robot, "")
    robot.must([SETUP])
    none = installed(robot)
    new = "new nav rovi_bringup gateway.launch.py robot_mode:=sim"
    result = robot.rovictl(new, user="root")
    assert result.status == 0 and result.err == "", result
    assert "ExecStart=/usr/lib/rovi/run_stack.sh nav" in robot.must("cat /etc/systemd/system/rovi-nav.service")
    wait_for(lambda: robot.rovictl("start nav").status == 0, robot.report)
    assert [p for p in robot.processes("rovi-nav.service") if "robot_mode:=sim" in p.args]
    assert dpkg(robot, "-i", robot.new).status == 0 and dpkg(robot, "-i", robot.old).status == 0
    assert robot.rovictl("list -q").out == "nav\n" and robot.state("rovi-nav.service") == "active"
    result = robot.rovictl("check", user="root")
    assert result.status == 0 and "nav: nothing is wrong\n" in result.out, result
    doctor = robot.rovictl("doctor", user="root")
    assert doctor.status == 0 and "0 failed, 0 to look at" in doctor.out, doctor
    assert robot.rovictl("stop").status == 0
    assert robot.rovictl("remove nav", user="root").status == 0
    assert difference(none, installed(robot)) == []  # the package's own nav is still left out
    robot.must(f"sed -i '/^STACKS=/d' {DEFAULTS}; {SETUP}")
    assert difference(before, installed(robot)) == []
    result = robot.rovictl(new, user="root")
    assert result.status == 2 and "there is a stack nav already" in result.err, result
    result = robot.rovictl("remove nav", user="root")
    assert result.status == 2 and "leave it out by STACKS=" in result.err and "rovi-services-setup" in result.err


@pytest.mark.parametrize(
    "spoil, mend, words",
    [
        (f"mv {WORKSPACE} /home/rovi/.ws", f"mv /home/rovi/.ws {WORKSPACE}", "rovi_ros_ws"),
        ("usermod -l ghost rovi", "usermod -l rovi ghost", "there is no user rovi"),
    ],
)
def test_a_robot_that_is_not_ready_gets_the_package_all_the_same(robot, spoil, mend, words):
    robot.must(spoil)
    try:
        result = dpkg(robot, "-i", robot.old)
        assert result.status == 0, result
        assert words in result.err and "run 'sudo rovi-services-setup'" in result.out, result
        assert (
            robot.state(GATEWAY) == "inactive"
            and robot.run(["systemctl", "is-enabled", GATEWAY]).out.strip() == "disabled"
        )
        assert robot.show(GATEWAY, "User") == "rovi"  # never root
        assert robot.run(["test", "-e", robot.permit]).status != 0
    finally:
        robot.must(mend)
    robot.must([SETUP])
    assert robot.state(GATEWAY) == "active"


def test_make_install_and_the_package_do_not_mix(robot):
    assert robot.run(f"make -C {SOURCE} install", env={"ROVI_ROS_WS_DIR": WORKSPACE}).status == 0
    try:
        result = dpkg(robot, "-i", robot.old)
        assert result.status != 0 and "run 'sudo make uninstall' in the checkout first" in result.err
        assert robot.state(GATEWAY) == "active"
    finally:
        robot.must(f"make -C {SOURCE} uninstall; dpkg --purge rovi-services || true")
    assert dpkg(robot, "-i", robot.old).status == 0
    result = robot.run(f"make -C {SOURCE} install", env={"ROVI_ROS_WS_DIR": WORKSPACE})
    assert result.status != 0 and "the package rovi-services is installed: remove it first" in result.err, result


@pytest.mark.parametrize("chosen", ["enabled", "masked"])
def test_an_upgrade_leaves_nothing_of_the_executors_old_names(robot, chosen):
    old = build(robot, "9.0.0", AS_BEFORE)
    assert dpkg(robot, "-i", old).status == 0
    robot.must("usermod -aG rovi-ops alice")
    assert robot.rovictl("start mapping").status == 0
    before = robot.show(MAPPING, "MainPID", "InvocationID")
    assert robot.show("rovi-executor.socket", "ActiveState", "UnitFileState") == {
        "ActiveState": "active",
        "UnitFileState": "enabled",
    }
    if chosen == "masked":
        robot.must("systemctl mask --quiet --now rovi-executor.socket")
    result = dpkg(robot, "-i", robot.old)
    assert result.status == 0, result
    assert old_names(robot) == ""
    assert robot.show(MAPPING, "MainPID", "InvocationID") == before
    runs = {"ActiveState": "active", "UnitFileState": "enabled"}
    assert robot.show("rovi_executor.socket", "ActiveState", "UnitFileState") == (
        runs if chosen == "enabled" else {"ActiveState": "inactive", "UnitFileState": "disabled"}
    )
    robot.rovictl("stop")
