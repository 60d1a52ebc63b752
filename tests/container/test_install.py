"""make install and make uninstall: complete, idempotent, all or nothing."""

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY, SOURCE, STACKS, WORKSPACE, Robot, difference

PLACES = (
    "/etc/systemd",
    "/etc/polkit-1",
    "/etc/sudoers.d",
    "/usr/local",
    "/run/rovi",
    "/run/rovi_changes",
    "/run/systemd/system",
)
USERS = "getent passwd; getent group; systemctl list-unit-files --no-legend 'rovi*' || true"
ENV = {"ROVI_ROS_WS_DIR": WORKSPACE}
INSTALL = f"{SOURCE}/services/install.sh"


def everything(robot):
    """What an install could change: files, users, groups and unit files."""
    return {**robot.listing(*PLACES), "users": robot.must(USERS)}


# ---- what an install brings


def test_the_gateway_is_enabled_and_active_and_the_stacks_are_not(robot):
    assert robot.must(["systemctl", "is-enabled", GATEWAY]).strip() == "enabled"
    assert robot.state(GATEWAY) == "active"
    for stack in STACKS:
        assert robot.run(["systemctl", "is-enabled", f"rovi-{stack}.service"]).out.strip() == "disabled"
        assert robot.state(f"rovi-{stack}.service") == "inactive"


def test_the_group_exists_and_the_service_user_is_in_it(robot):
    assert robot.run(["getent", "group", "rovi-ops"]).status == 0
    assert "rovi-ops" in robot.must(["id", "-nG", "rovi"]).split()


def test_site_values_come_from_the_drop_in(robot):
    for unit in (GATEWAY, "rovi-mapping.service"):
        shown = robot.show(unit, "User", "WorkingDirectory", "EnvironmentFiles", "DropInPaths")
        assert shown["User"] == "rovi"
        assert shown["WorkingDirectory"] == f"!{WORKSPACE}"  # "!": it may be missing
        assert not shown.get("EnvironmentFiles")  # see test_attack_paths.py
        assert "/etc/systemd/system/rovi-.service.d/50-site.conf" in shown["DropInPaths"]


def test_unit_files_are_installed_as_they_are_in_the_checkout(robot):
    result = robot.run(
        f"cd {SOURCE}/services && for f in rovi-*.service rovi-*.target rovi-.service.d/10-launch.conf; "
        "do cmp $f /etc/systemd/system/$f || exit 1; done"
    )
    assert result.status == 0, result


def test_a_second_install_changes_and_restarts_nothing(robot):
    robot.rovictl("start mapping")
    stamp = r"find /etc/systemd /etc/polkit-1 /etc/sudoers.d /usr/local -printf '%p %i %T+ %C+\n'"
    units = ("MainPID", "InvocationID", "NeedDaemonReload")
    manager = "systemctl show --property=UnitsLoadStartTimestampMonotonic"
    before = (
        robot.must(stamp),
        robot.must(USERS),
        robot.must(manager),
        robot.show(GATEWAY, *units),
        robot.show("rovi-mapping.service", *units),
    )
    result = robot.run(f"make -C {SOURCE} install")  # without the variables, too: it remembers them
    assert result.status == 0, result
    assert [line for line in result.out.splitlines() if line.startswith("  ")] == []  # it shows what it runs
    assert "nothing to change" in result.out
    assert before == (
        robot.must(stamp),
        robot.must(USERS),
        robot.must(manager),
        robot.show(GATEWAY, *units),
        robot.show("rovi-mapping.service", *units),
    )


def test_an_update_changes_what_differs_and_restarts_nothing(robot):
    robot.rovictl("start mapping")
    units = ("MainPID", "InvocationID")
    before = robot.show(GATEWAY, *units), robot.show("rovi-mapping.service", *units)
    robot.must(
        "sed -i 's/^TimeoutStopSec=.*/TimeoutStopSec=99/' /etc/systemd/system/rovi-nav.service; systemctl daemon-reload"
    )
    result = robot.run(INSTALL)
    assert result.status == 0, result
    assert [line for line in result.out.splitlines() if line.startswith("  ")] == [
        "  /etc/systemd/system/rovi-nav.service",
        "  systemctl daemon-reload",  # the checksums are right again
        "  systemctl start rovi_end.service",
    ]
    assert result.out.splitlines()[-2:] == ["Next:", f"{'sudo rovictl doctor':<36} # checks the installation"]
    assert robot.show("rovi-nav.service", "TimeoutStopUSec") == "20s"
    assert before == (robot.show(GATEWAY, *units), robot.show("rovi-mapping.service", *units))


def test_the_first_install_ends_with_what_to_do_next(fresh_robot):
    result = fresh_robot.install()
    assert result.status == 0, result
    *_, heading, group, doctor, last, _ = result.out.splitlines()  # make itself has the last word
    assert heading == "Next:" and last.startswith("rovictl list "), result
    # They do what they say.
    fresh_robot.must(group.split("#")[0].replace("sudo ", "").replace("USER", "alice"))
    assert fresh_robot.run(doctor.split("#")[0].replace("sudo ", "")).status == 0
    assert fresh_robot.run(last.split("#")[0], user="alice").status == 0
    assert fresh_robot.rovictl("start nav").status == 0


# ---- what stops an install before it changes anything


@pytest.mark.parametrize(
    "spoil, env, user, status, words",
    [
        (f"rm {WORKSPACE}/.env.robot", {}, "root", 78, f"{WORKSPACE}/.env.robot is missing"),
        (f"echo 'A=$B' >>{WORKSPACE}/.env.robot", {}, "root", 78, f"{WORKSPACE}/.env.robot:"),
        ("mv /opt/ros /opt/sor", {}, "root", 78, "there is no ROS 2 in /opt/ros: install it"),
        (
            f"chmod 600 {WORKSPACE}/.env.robot; chown root {WORKSPACE}/.env.robot",
            {},
            "root",
            78,
            f"{WORKSPACE}/.env.robot is not a file that rovi can read",
        ),
        ("true", {"ROVI_ROS_WS_DIR": ""}, "root", 78, "this checkout is not a built colcon workspace"),
        ("rm /opt/ros/jazzy/bin/ros2", {}, "root", 78, "there is no ros2 command"),
        (f"rm {WORKSPACE}/install/setup.bash", {}, "root", 78, "build the workspace with colcon"),
        ("true", {"ROVI_USER": "nosuch"}, "root", 78, "there is no user nosuch"),
        ("true", {"ROVI_USER": "root"}, "root", 78, "ROVI_USER=root is root"),
        ("true", {"ROVI_USER": "a b"}, "root", 78, "is not a user name"),
        ("true", {"ROVI_ROS_WS_DIR": "relative"}, "root", 78, "give an absolute path"),
        ("true", {"ROVI_ROS_WS_DIR": "/a\nUser=root"}, "root", 78, "give an absolute path"),
        ("true", {"PREFIX": "/a|b"}, "root", 78, "give an absolute path"),
        ("true", {}, "alice", 77, "run it as root: sudo make install"),
        (
            "printf '[Service]\\nExecStart=/bin/true\\n' >/etc/systemd/system/rovi-backup.service",
            {},
            "root",
            78,
            "/etc/systemd/system/rovi-backup.service is not a stack",
        ),
        (
            "mkdir -p /usr/lib/systemd/system; "
            "printf '[Service]\\nExecStart=/bin/true\\n' >/usr/lib/systemd/system/rovi-backup.service",
            {},
            "root",
            78,
            "/usr/lib/systemd/system/rovi-backup.service is not a stack",
        ),
    ],
)
def test_an_install_that_cannot_work_changes_nothing(not_installed, spoil, env, user, status, words):
    robot = not_installed
    robot.must(spoil)
    before = everything(robot)
    result = robot.run(INSTALL, env={**ENV, **env}, user=user)
    assert result.status == status, result
    assert result.err.startswith("install.sh: ") and result.err.count("\n") == 1
    assert words in result.err
    assert result.out == ""
    assert difference(before, everything(robot)) == []


@pytest.fixture(scope="module")
def bare_robot():
    """A container with the checkout copied into it and nothing installed."""
    with Robot() as robot:
        robot.install(make="true")
        robot.must("cp -a /opt/ros /root/ros; cp -a /home/rovi /root/rovi")
        yield robot


@pytest.fixture
def not_installed(bare_robot):
    bare_robot.must(
        "rm -rf /opt/ros /opt/sor /home/rovi {/etc,/usr/lib}/systemd/system/rovi-backup.service; "
        "cp -a /root/ros /opt/ros; cp -a /root/rovi /home/rovi; systemctl daemon-reload"
    )
    return bare_robot


def test_a_gateway_that_does_not_start_is_reported(fresh_robot):
    robot = fresh_robot
    robot.install(make="true")
    robot.switch("gateway", start_none=True, launch_status=1)
    result = robot.run(INSTALL, env=ENV)
    assert result.status == 1
    assert "installed, but the gateway does not start" in result.err
    robot.switch("gateway")
    again = robot.run(INSTALL)
    assert again.status == 0 and "The gateway is not active: run 'sudo rovictl gateway start'" in again.out
    robot.must(["systemctl", "start", GATEWAY])


def test_an_update_leaves_a_gateway_that_the_administrator_has_taken_down(fresh_robot):
    robot = fresh_robot
    assert robot.install().status == 0
    robot.must(["systemctl", "disable", "--quiet", "--now", GATEWAY])
    result = robot.run(INSTALL)
    assert result.status == 0
    assert "The gateway is not active" in result.out
    assert robot.state(GATEWAY) == "inactive"
    assert robot.run(["systemctl", "is-enabled", GATEWAY]).out.strip() == "disabled"


def test_another_service_user(fresh_robot):
    robot = fresh_robot
    assert robot.install().status == 0
    robot.must(["systemctl", "start", "rovi-mapping.service"])
    robot.must(f"useradd -m pi; chmod 755 /home/rovi; chown -R pi {WORKSPACE}")
    before = everything(robot)
    result = robot.run(INSTALL, env={"ROVI_USER": "pi"})
    assert result.status == 75 and "rovi-mapping.service runs as rovi: stop it first" in result.err, result
    assert difference(before, everything(robot)) == []
    robot.must(["systemctl", "stop", "rovi-mapping.service"])
    result = robot.run(INSTALL, env={"ROVI_USER": "pi"})
    assert result.status == 0, result
    assert "still runs with the old user or workspace: run 'sudo rovictl gateway restart'" in result.out
    assert robot.must(["stat", "-c", "%U:%G", "/run/rovi_requests"]) == "pi:rovi-ops\n"  # pi takes what operators ask
    robot.must(["systemctl", "restart", GATEWAY])
    assert {p.user for p in robot.processes(GATEWAY)} == {"pi"}
    assert robot.rovictl("start mapping", user="pi").status == 0
    assert "rovi-ops" not in robot.must(["id", "-nG", "rovi"])  # no longer an operator by being the service user
    robot.must("systemctl stop rovi-mapping; gpasswd -d pi rovi-ops")
    robot.must("userdel -f rovi; useradd -m third; chown -R third /home/rovi")
    result = robot.run(INSTALL, env={"ROVI_USER": "third"})
    assert result.status == 0, result  # also where the one before is in the group no more
    assert robot.run(f"make -C {SOURCE} uninstall").status == 0


def test_a_masked_stack_stays_masked(robot):
    robot.must("rm /etc/systemd/system/rovi-nav.service; systemctl mask --quiet rovi-nav.service")
    try:
        assert "rovi-nav.service is a link, perhaps masked: left as it is" in robot.must(INSTALL)
        assert robot.must("readlink /etc/systemd/system/rovi-nav.service") == "/dev/null\n"
        assert "nav" not in robot.rovictl("list").out
    finally:
        robot.must(f"rm /etc/systemd/system/rovi-nav.service; {INSTALL}")


def test_a_unit_file_edited_by_hand_counts_after_install(robot):
    units = "/etc/systemd/system"
    robot.must(
        f"cd {units} && sed 's/nav/extra/g' rovi-nav.service >rovi-extra.service && systemctl daemon-reload && "
        "sed -i 's/^Description=.*/Description=other/' rovi-extra.service"
    )
    try:
        assert robot.run(INSTALL).status == 0
        assert robot.show("rovi-extra.service", "Description", "NeedDaemonReload") == {
            "Description": "other",
            "NeedDaemonReload": "no",
        }
    finally:
        robot.must(f"rm {units}/rovi-extra.service; {INSTALL}")


# ---- another stack


def test_a_sixth_stack_is_one_unit_file_and_install(fresh_robot):
    robot = fresh_robot
    assert robot.install().status == 0
    robot.must("usermod -aG rovi-ops alice")
    robot.must(f"cd {SOURCE}/services && sed 's/mapping/docking/g' rovi-mapping.service >rovi-docking.service")
    assert robot.rovictl("start docking").status == 2
    assert robot.run(f"make -C {SOURCE} install").status == 0
    assert robot.rovictl("list").out.split()[0:1] == ["camera"] and "docking" in robot.rovictl("list").out
    # polkit reads its rules again a moment after they have changed
    wait_for(lambda: robot.rovictl("start docking").status == 0, robot.report)
    launch = [p.args for p in robot.processes("rovi-docking.service") if "stack:=docking" in p.args]
    assert len(launch) == 1
    assert robot.rovictl("start nav").status == 75
    assert robot.run("systemctl start rovi-nav.service").status != 0
    robot.must(["systemctl", "stop", GATEWAY])
    assert robot.state("rovi-docking.service") == "inactive"
    # and gone with its unit file, but not while it runs
    robot.must(["systemctl", "start", GATEWAY])
    robot.must("systemctl start rovi-docking.service; systemctl enable --quiet rovi-docking.service")
    robot.must(f"mv {SOURCE}/services/rovi-docking.service /root/")
    before = everything(robot)
    result = robot.run(INSTALL)
    assert result.status == 75
    assert result.err == (
        "install.sh: rovi-docking.service runs and is no longer in this checkout: "
        "stop it first with 'systemctl stop rovi-docking.service'\n"
    )
    assert difference(before, everything(robot)) == []
    assert robot.rovictl("stop docking").status == 0
    robot.must(f"make -C {SOURCE} install")
    assert "docking" not in robot.must("find /etc/systemd")
    assert "docking" not in robot.must(["cat", robot.permit])


def test_a_stack_put_into_etc_by_an_administrator_counts_and_stays(fresh_robot):
    robot = fresh_robot
    assert robot.install().status == 0
    robot.must(
        "usermod -aG rovi-ops alice; cd /etc/systemd/system && "
        "sed 's/mapping/docking/g' rovi-mapping.service >rovi-docking.service"
    )
    assert robot.run(INSTALL).status == 0
    wait_for(lambda: robot.rovictl("start docking").status == 0, robot.report)
    assert robot.run(f"make -C {SOURCE} uninstall").status == 0
    assert robot.must("ls /etc/systemd/system/ | grep rovi") == "rovi-docking.service\n"


# ---- uninstall


@pytest.mark.parametrize("running", [True, False])
def test_uninstall_leaves_nothing_but_the_workspace(fresh_robot, running):
    robot = fresh_robot
    robot.install(make="true")
    before, workspace = everything(robot), robot.listing(WORKSPACE, "/opt/ros")
    assert robot.run(f"make -C {SOURCE} install", env=ENV).status == 0
    robot.must(["systemctl", "enable", "rovi-teleop.service"])
    robot.must("usermod -aG rovi-ops alice")
    if running:
        assert robot.rovictl("start mapping").status == 0
        robot.run(["systemctl", "start", "rovi-nav.service"])  # refused: a failed unit
        robot.must("rm /etc/systemd/system/rovi-camera.service")  # by hand, which must not save the others
    robot.must("mkdir -p /home/rovi/.ros/rovi/env && touch /home/rovi/.ros/rovi/env/nav", user="rovi")
    result = robot.run(f"make -C {SOURCE} uninstall")
    assert result.status == 0, result
    assert difference(before, everything(robot)) == []
    assert robot.listing(WORKSPACE, "/opt/ros") == workspace
    assert [p for p in robot.processes() if p.user == "rovi"] == []
    assert robot.run("test -e /home/rovi/.ros/rovi/env").status == 1
    assert robot.must("systemctl list-units --all --no-legend 'rovi*'") == ""
    if running:  # by SIGINT
        assert {"SIGINT", "end"} <= {event for _, _, event in robot.events("mapping")}
    again = robot.run(f"make -C {SOURCE} uninstall")
    assert again.status == 0 and "nothing is installed\n" in again.out and again.err == "", again
    assert difference(before, everything(robot)) == []


def test_uninstall_removes_the_rule_first(fresh_robot):
    robot = fresh_robot
    assert robot.install().status == 0
    rule = robot.permit
    robot.put(
        "/root/spy/systemctl",
        f'#!/bin/sh\n[ ! -e {rule} ] || echo present: "$@" >>/root/spy/log\n'
        'echo "$@" >>/root/spy/calls\nPATH=/usr/bin:/bin exec systemctl "$@"\n',
        mode=0o755,
    )
    robot.put(
        "/root/spy/rm",
        f'#!/bin/sh\ncase "$*" in *{rule}*) ;; *) [ ! -e {rule} ] || echo present: "$@" '
        '>>/root/spy/log;; esac\nPATH=/usr/bin:/bin exec rm "$@"\n',
        mode=0o755,
    )
    assert robot.run("PATH=/root/spy:$PATH /usr/local/lib/rovi/uninstall.sh").status == 0
    assert "disable" in robot.must("cat /root/spy/calls")
    assert robot.run("cat /root/spy/log").out == ""


def test_install_under_another_prefix(fresh_robot):
    robot = fresh_robot
    robot.install(make="true")
    assert robot.run(f"make -C {SOURCE} install", env={**ENV, "PREFIX": "/opt/rovi"}).status == 0
    robot.must("usermod -aG rovi-ops alice")
    result = robot.run("/opt/rovi/bin/rovictl start mapping && /opt/rovi/bin/rovictl stop", user="alice")
    assert result.status == 0, result
    assert robot.must("ls -A /usr/local/lib/rovi /usr/local/bin/rovictl 2>/dev/null; true") == ""
    assert "nothing to change" in robot.must(f"make -C {SOURCE} install")  # it is remembered
    other = robot.run(INSTALL, env={"PREFIX": "/usr/local"})
    assert other.status == 78 and "ROVI services are installed under /opt/rovi: leave PREFIX= out" in other.err
    other = robot.run(f"make -C {SOURCE} uninstall PREFIX=/usr/local")
    assert other.status != 0 and "ROVI services are installed under /opt/rovi: leave PREFIX= out" in other.err, other
    assert robot.run("test -e /opt/rovi/lib/rovi").status == 0
    assert robot.run(f"make -C {SOURCE} uninstall").status == 0
    assert robot.run("test -e /opt/rovi/lib/rovi -o -e /etc/systemd/system/rovi-gateway.service").status != 0


def test_the_first_boot_of_an_image_enables_no_stack(robot):
    """Without a machine id systemd applies presets to all units, and Debian's say enable."""
    robot.must("systemctl disable -q rovi-gateway.service; cd /etc/systemd/system; systemctl preset -q rovi-*.service")
    assert robot.run("systemctl is-enabled rovi-gateway.service").out == "enabled\n"
    for stack in STACKS:
        assert robot.run(f"systemctl is-enabled rovi-{stack}.service").out == "disabled\n"
