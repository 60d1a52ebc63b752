"""rovictl doctor: each thing that can be wrong is found, with the way out, and nothing is changed."""

import json
import re
import shlex

import pytest

from harness.result import wait_for
from harness.robot import WORKSPACE

ENV = f"{WORKSPACE}/.env.robot"
SITE = "/etc/systemd/system/rovi-.service.d/50-site.conf"
MAPPING = "/etc/systemd/system/rovi-mapping.service"


def found(robot, user="root", **options):
    """What doctor finds, without the ok lines: check -> (level, text, remedy)."""
    result = robot.rovictl("doctor --json", user=user, **options)
    lines = [json.loads(line) for line in result.out.splitlines()]
    assert result.status == (1 if any(line["level"] == "fail" for line in lines) else 0), result
    assert result.err == "", result
    return {line["check"]: (line["level"], line["text"], line["remedy"]) for line in lines if line["level"] != "ok"}


def test_all_is_well(robot):
    assert found(robot) == {}
    result = robot.rovictl("doctor", user="root")
    assert result.status == 0 and result.out.endswith("0 failed, 0 to look at\n"), result
    assert all(line.startswith("ok   ") for line in result.out.splitlines()[:-1]), result
    robot.rovictl("start mapping")
    assert found(robot) == {}
    assert robot.rovictl("doctor -q", user="root").out == "0 failed, 0 to look at\n"


def test_an_operator_is_told_how_much_only_root_can_see(robot):
    assert found(robot, user="alice") == {}
    result = robot.rovictl("doctor")
    closed = robot.run("ls /home/rovi", user="alice").status  # useradd's mode of a home is the distribution's choice
    sums = "LC_ALL=C sha256sum --check --quiet /usr/local/lib/rovi/checksums 2>&1 | grep -c 'open or read'"
    number = 1 + int(robot.run(sums, user="alice").out) + (3 if closed else 0)
    assert result.status == 0 and result.out.endswith(
        f"0 failed, 0 to look at\n{number} not checked, because only root can see that: sudo rovictl doctor\n"
    ), result


ODOM_AS_BEFORE = f"sed -i s/PUBLISH_TF=1/PUBLISH_TF=0/ {ENV}; systemctl restart rovi-gateway"
DECLARE_ODOM = (
    "mkdir /run/systemd/system/rovi-camera.service.d; "
    "printf '[Service]\\nEnvironment=\"ROVI_PUBLISHES_ODOM_TF=1\" OTHER_X=y\\n' "
    ">/run/systemd/system/rovi-camera.service.d/x.conf; systemctl daemon-reload"
)
TF = "/run/rovi/gateway_publishes_odom_tf"
HOLD = (
    "setsid runuser -u rovi -- bash -c 'exec 9<>/run/rovi/stack.lock; flock 9; echo $$ >/tmp/pid; exec sleep 300' "
    ">/dev/null 2>&1 & until [ -s /tmp/pid ]; do sleep 0.1; done"
)
RELEASE = "kill $(cat /tmp/pid); while [ -e /proc/$(cat /tmp/pid) ]; do sleep 0.1; done; rm /tmp/pid"
USER_UNIT = "user.slice/user-1001.slice/user@1001.service/app.slice/rovi-mapping.service"
# $g: the gateway's control group; $d: where there is one of it, on cgroup v1, v2 and both.
GROUPS = (
    "g=$(systemctl show -p ControlGroup --value rovi-gateway); "
    "for d in /sys/fs/cgroup{,/systemd,/unified}; do [ -d $d$g ] || continue; "
)
ENTER_GATEWAY = f"{GROUPS} echo $(cat /tmp/pid) >$d$g/cgroup.procs; done"
ENTER_USER_UNIT = f"{GROUPS} u=$d${{g%/*/*}}/{USER_UNIT}; mkdir -p $u; echo $(cat /tmp/pid) >$u/cgroup.procs; done"
REMOVE_USER_UNIT = (
    f"{GROUPS} cd $d${{g%/*/*}}; "
    f"until rmdir -p {USER_UNIT} 2>/dev/null || [ ! -e {USER_UNIT} ]; do sleep 0.1; done; done"
)
# What is made wrong, how it is mended, which check finds it, with which level and words, and a word of the remedy.
WRONG = {
    "gateway down": (
        "systemctl stop rovi-gateway",
        "systemctl start rovi-gateway",
        "gateway",
        "fail",
        "not running",
        "gateway start",
    ),
    "gateway disabled": (
        "systemctl disable -q rovi-gateway",
        "systemctl enable -q rovi-gateway",
        "gateway",
        "warn",
        "at boot",
        "enable",
    ),
    "a stack has failed": (
        "systemctl start rovi-mapping; systemctl start rovi-nav || true",
        "systemctl stop rovi-mapping; systemctl reset-failed",
        "stacks",
        "warn",
        "nav has failed: stack mapping is active",
        "logs nav",
    ),
    "a copy with one name that was left": (
        "sed 's/nav/arm/g; s/run_stack.sh arm$/run_stack.sh nav/' /etc/systemd/system/rovi-nav.service "
        ">/etc/systemd/system/rovi-arm.service",
        "rm /etc/systemd/system/rovi-arm.service; systemctl daemon-reload",
        "unit_names",
        "fail",
        "rovi-arm.service starts the stack nav",
        "write arm in place of nav",
    ),
    "a unit of somebody else's by our name": (
        "printf '[Service]\\nExecStart=/bin/true\\n' >/etc/systemd/system/rovi-bag.service",
        "rm /etc/systemd/system/rovi-bag.service; systemctl daemon-reload",
        "unit_names",
        "warn",
        "rovi-bag.service is no stack",
        "a name that does not begin with rovi-",
    ),
    "a stack is degraded": (
        "systemctl start rovi-mapping; id=$(systemctl show --property=InvocationID --value rovi-mapping); "
        "printf '%s\\n' $id 5 'no scan' '' >/run/rovi/health.mapping",
        "systemctl stop rovi-mapping",
        "stacks",
        "warn",
        "mapping is degraded: its health check: no scan",
        "logs mapping",
    ),
    "a stack that polkit does not know": (
        "sed s/nav/arm/g /etc/systemd/system/rovi-nav.service >/etc/systemd/system/rovi-arm.service",
        "rm /etc/systemd/system/rovi-arm.service; systemctl daemon-reload",
        "stacks",
        "warn",
        "'s rule does not name it",
        "make install",
    ),
    "unit file edited": (
        f"sed -i s/=90/=91/ {MAPPING}",
        f"sed -i s/=91/=90/ {MAPPING}; systemctl daemon-reload",
        "installed_files",
        "warn",
        "rovi-mapping.service differs from what was installed",
        "make install",
    ),
    "daemon-reload missing": (
        f"systemctl start rovi-mapping; echo >>{MAPPING}",
        f"sed -i '$d' {MAPPING}; systemctl daemon-reload; systemctl stop rovi-mapping",
        "units",
        "warn",
        "has changed on disk",
        "daemon-reload",
    ),
    "rule edited": ("echo >>PERMIT", "sed -i '$d' PERMIT", "installed_files", "warn", "PERMIT", "make install"),
    "misspelt key": (
        f"sed -i s/TimeoutStopSec/TimoutStopSec/ {MAPPING}",
        f"sed -i s/TimoutStopSec/TimeoutStopSec/ {MAPPING}; systemctl daemon-reload",
        "unit_syntax",
        "warn",
        "TimoutStopSec",
        "fix the file",
    ),
    # Not Type=dbus without BusName=: systemd 247 dies of that, as soon as anybody looks at the unit.
    "bad unit": (
        f"sed -i '/^ExecStart=/p' {MAPPING}; systemctl daemon-reload",
        f"sed -i '0,/^ExecStart=/{{//d}}' {MAPPING}; systemctl daemon-reload",
        "units",
        "fail",
        "does not load rovi-mapping.service",
        "systemctl status",
    ),
    "broken declaration": (
        "mkdir /run/systemd/system/rovi-nav.service.d; printf '[Service]\\nEnvironment=ROVI_MEMORY_NEED=lots\\n' "
        ">/run/systemd/system/rovi-nav.service.d/x.conf; systemctl daemon-reload",
        "rm -r /run/systemd/system/rovi-nav.service.d; systemctl daemon-reload",
        "declarations",
        "fail",
        "the unit of nav declares ROVI_MEMORY_NEED=lots: write a size",
        "daemon-reload",
    ),
    "broken pattern": (
        "mkdir /run/systemd/system/rovi-nav.service.d; printf '[Service]\\nEnvironment=ROVI_PARAMETER_map=[a\\n' "
        ">/run/systemd/system/rovi-nav.service.d/x.conf; systemctl daemon-reload",
        "rm -r /run/systemd/system/rovi-nav.service.d; systemctl daemon-reload",
        "declarations",
        "fail",
        "not a regular expression",
        "daemon-reload",
    ),
    "nowhere for requests": (
        "systemctl stop run-rovi_requests.mount",
        "systemctl start run-rovi_requests.mount",
        "declarations",
        "fail",
        "no stack can be given",
        "start run-rovi_requests.mount",
    ),
    "polkit dead": (
        "systemctl mask -q --runtime --now polkit",
        "systemctl unmask -q --runtime polkit",
        "polkit",
        "fail",
        "polkit does not answer",
        "polkit",
    ),
    "sudo does not go by it": (
        "chmod 777 /etc/sudoers.d/rovi-stacks",
        "chmod 440 /etc/sudoers.d/rovi-stacks",
        "polkit",
        "fail",
        "sudo does not let",
        "make install",
    ),
    "group gone": (
        "gpasswd -d rovi rovi-ops",
        "usermod -aG rovi-ops rovi",
        "service_user",
        "warn",
        "not in rovi-ops",
        "make install",
    ),
    "user gone": (
        f"sed -i s/User=rovi/User=ghost/ {SITE}",
        f"sed -i s/User=ghost/User=rovi/ {SITE}; systemctl daemon-reload",
        "service_user",
        "fail",
        "ghost",
        "ROVI_USER",
    ),
    "env grammar": (f"echo 'A = b' >>{ENV}", f"sed -i '$d' {ENV}", "env_file", "fail", ".env.robot:", "fix the line"),
    "env missing": (f"mv {ENV} {ENV}.x", f"mv {ENV}.x {ENV}", "env_file", "fail", "is missing", ""),
    "no ROS": (
        "mv /opt/ros/jazzy /opt/ros/.jazzy",
        "mv /opt/ros/.jazzy /opt/ros/jazzy",
        "ros",
        "fail",
        "no ROS 2",
        "install",
    ),
    "two ROS": (
        "cp -r /opt/ros/jazzy /opt/ros/kilted",
        "rm -r /opt/ros/kilted",
        "ros",
        "fail",
        "more than one",
        "ROS_DISTRO",
    ),
    "not built": (
        f"mv {WORKSPACE}/install {WORKSPACE}/.install",
        f"mv {WORKSPACE}/.install {WORKSPACE}/install",
        "workspace",
        "fail",
        "no install/setup.bash",
        "colcon",
    ),
    "domain id": (
        f"sed -i s/ROS_DOMAIN_ID=0/ROS_DOMAIN_ID=300/ {ENV}",
        f"sed -i s/ROS_DOMAIN_ID=300/ROS_DOMAIN_ID=0/ {ENV}",
        "discovery",
        "fail",
        "ROS_DOMAIN_ID is 300",
        "101",
    ),
    "range": (
        f"sed -i s/=SUBNET/=WORLD/ {ENV}",
        f"sed -i s/=WORLD/=SUBNET/ {ENV}",
        "discovery",
        "fail",
        "WORLD",
        "SUBNET",
    ),
    "PC on the same graph": (
        f"sed 's/^ROVI_ENV=.*/ROVI_ENV=pc/' {ENV} >{WORKSPACE}/.env.pc",
        f"rm {WORKSPACE}/.env.pc",
        "discovery",
        "warn",
        "is on the robot's DDS graph",
        "ROS_DOMAIN_ID",
    ),
    "odom twice": (
        f"sed -i s/PUBLISH_TF=0/PUBLISH_TF=1/ {ENV}; systemctl restart rovi-gateway; systemctl start rovi-camera; "
        f"{DECLARE_ODOM}",
        "systemctl stop rovi-camera; rm -r /run/systemd/system/rovi-camera.service.d; systemctl daemon-reload; "
        f"{ODOM_AS_BEFORE}",
        "odom_transform",
        "fail",
        "and camera both publish",
        "PUBLISH_TF=0",
    ),
    "odom would be twice": (
        f"sed -i s/PUBLISH_TF=0/PUBLISH_TF=1/ {ENV}; systemctl restart rovi-gateway",
        ODOM_AS_BEFORE,
        "odom_transform",
        "warn",
        "localization would publish it, too",
        "PUBLISH_TF=0",
    ),
    "odom otherwise by now": (
        f"sed -i s/PUBLISH_TF=0/PUBLISH_TF=1/ {ENV}; systemctl start rovi-mapping",
        f"systemctl stop rovi-mapping; sed -i s/PUBLISH_TF=1/PUBLISH_TF=0/ {ENV}",
        "odom_transform",
        "warn",
        "the gateway runs with ROVI_ODOM_INTEGRATOR_PUBLISH_TF=0",
        "gateway restart",
    ),
    "ROS elsewhere, but not there": (
        f"echo ROVI_ROS_ROOT=/srv/ros >>{ENV}",
        f"sed -i '$d' {ENV}",
        "ros",
        "fail",
        "no ROS 2 in /srv/ros",
        "install",
    ),
    "stale session": (
        "echo rovi_bringup/nav.launch.py >/tmp/x; "
        "install -D -o rovi /tmp/x /home/rovi/.ros/rovi/session/current_launch",
        "rm /home/rovi/.ros/rovi/session/current_launch",
        "session",
        "warn",
        "nav.launch.py",
        "gateway restart",
    ),
    "a tool missing": (
        "mv /usr/bin/flock /usr/bin/.flock",
        "mv /usr/bin/.flock /usr/bin/flock",
        "tools",
        "fail",
        "programs that are missing: flock",
        "sudo apt install util-linux",
    ),
    "env file of root's": (
        f"chown root {ENV}; chmod 600 {ENV}",
        f"chown rovi {ENV}; chmod 644 {ENV}",
        "env_file",
        "fail",
        f"the service user rovi cannot read {ENV}",
        f"sudo chown -h rovi {ENV}",
    ),
    "env file that leads to root's": (
        f"mv {ENV} {ENV}.x; ln -s /etc/shadow {ENV}",
        f"mv -T {ENV}.x {ENV}",
        "env_file",
        "fail",
        f"{ENV}, or a directory above it, is a link, and the service user rovi cannot",
        f"look at it: sudo namei -l {ENV}",
    ),
    "env file below a link": (
        f"mv {WORKSPACE} {WORKSPACE}.x; mkdir -m 755 /root/ws; install -m 600 {WORKSPACE}.x/.env.robot /root/ws; "
        f"ln -s /root/ws {WORKSPACE}",
        f"rm {WORKSPACE}; mv {WORKSPACE}.x {WORKSPACE}; rm -r /root/ws",
        "env_file",
        "fail",
        "or a directory above it, is a link",
        "sudo namei -l",
    ),
    "env file without end": (
        f"mv {ENV} {ENV}.x; ln -s /dev/zero {ENV}",
        f"mv -T {ENV}.x {ENV}",
        "env_file",
        "fail",
        f"{ENV} is not a plain file",
        "fix the line or the file",
    ),
    "session file that is a pipe": (
        "install -d -o rovi /home/rovi/.ros/rovi/session; mkfifo /home/rovi/.ros/rovi/session/current_launch",
        "rm /home/rovi/.ros/rovi/session/current_launch",
        "session",
        "warn",
        "is not a plain file",
        "gateway restart",
    ),
    "lock held in the gateway": (
        f"{HOLD}; {ENTER_GATEWAY}",
        RELEASE,
        "lock",
        "fail",
        "of rovi-gateway.service holds the stack lock, but no stack is active: sleep 300",
        "sudo kill ",
    ),
    "lock held in a user unit": (
        f"{HOLD}; {ENTER_USER_UNIT}",
        f"{RELEASE}; {REMOVE_USER_UNIT}",
        "lock",
        "fail",
        "of the user unit rovi-mapping.service holds the stack lock, but no stack",
        "sudo kill ",
    ),
    "stale lock": (HOLD, RELEASE, "lock", "fail", "holds the stack lock, but no stack is active: sleep 300", "kill"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_found(robot, wrong):
    if wrong == ("sudo does not go by it" if robot.polkit_has_rules else "polkit dead"):
        pytest.skip("the other of the two is in use here")
    break_it, mend_it, check, level, words, remedy = (text.replace("PERMIT", robot.permit) for text in WRONG[wrong])
    robot.must(break_it)
    try:
        before = written(robot)
        seen = found(robot)
        assert check in seen, seen
        assert seen[check][0] == level and words in seen[check][1] and remedy in seen[check][2], seen[check]
        assert written(robot) == before
        text = robot.rovictl("doctor", user="root").out
        assert f"{level:4} " in text and words in text and f"     -> {seen[check][2]}" in text
    finally:
        robot.must(mend_it)
    assert found(robot) == {}


def written(robot):
    """What doctor could write, without what nodes of a gateway that was restarted are still writing."""
    files = robot.listing("/etc", "/run/rovi", "/home/rovi", "/usr/local")
    return {
        path: what
        for path, what in files.items()
        if not path.startswith(("/home/rovi/standin", "/home/rovi/.ros/log/"))
    }


def test_what_the_service_user_has_written_does_not_control_roots_terminal(robot):
    robot.must(
        "install -d -o rovi /home/rovi/.ros/rovi/session; "
        "printf 'a\\e]0;owned\\ab\\xc2\\x9bc ü' >/home/rovi/.ros/rovi/session/current_launch"
    )
    out = robot.rovictl("doctor", user="root").out
    assert "says a ]0;owned b c ü, but" in out and not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", out), out
    assert "says a ]0;owned b c ü, but" in found(robot)["session"][1]


def test_a_shell_that_differs_from_the_services(robot):
    seen = found(robot, env={"ROS_DOMAIN_ID": "7", "RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp"})
    level, text, _ = seen["shell_environment"]
    assert level == "warn" and "ROS_DOMAIN_ID=7 (services: 0)" in text and "RMW" not in text


def test_who_is_no_operator_and_may_not_read_the_log(robot):
    seen = found(robot, user="mallory")
    assert seen["operators"][2] == "sudo usermod -aG rovi-ops mallory"
    assert seen["journal"][2] == "sudo usermod -aG systemd-journal mallory, then log in again"


def test_logs_that_have_grown(robot):
    robot.must(
        "mkdir -p /home/rovi/.ros/log; truncate -s 0 /home/rovi/.ros/log/x; fallocate -l 2100M /home/rovi/.ros/log/x"
    )
    try:
        level, text, remedy = found(robot)["log_directory"]
        assert level == "warn" and "have grown to 2" in text and "find /home/rovi/.ros/log" in remedy
    finally:
        robot.must("rm /home/rovi/.ros/log/x")


@pytest.mark.parametrize(
    "enter, unit, leave",
    [("true", "", "true"), (ENTER_USER_UNIT, "of the user unit rovi-mapping.service ", REMOVE_USER_UNIT)],
)
def test_a_process_beside_the_stack_that_has_the_lock(robot, enter, unit, leave):
    robot.rovictl("start mapping")
    robot.must(
        "setsid runuser -u rovi -- "
        "bash -c 'exec 9<>/run/rovi/stack.lock; echo $$ >/tmp/pid; exec sleep 300' >/dev/null 2>&1 & "
        f"until [ -s /tmp/pid ]; do sleep 0.1; done; {enter}"
    )
    try:
        level, text, remedy = found(robot)["lock"]
        assert level == "fail" and f"{unit}holds the stack lock, but does not belong to mapping: sleep 300" in text, (
            text
        )
        assert remedy == "sudo kill " + robot.must("cat /tmp/pid").strip()
    finally:
        robot.must(f"{RELEASE}; {leave}")
    assert found(robot) == {}


@pytest.mark.parametrize(
    "make, directory, at_home",
    [
        ("true", "/usr", False),
        ("true", "../../../usr", False),
        ("true", "/home/rovi/../../usr", False),
        ("ln -sT /usr /home/rovi/log", "/home/rovi/log", False),
        ("ln -sT / /home/rovi/log", "/home/rovi/log/usr", False),
        ("mkdir '/home/rovi/log a;(b) &'", "/home/rovi/log a;(b) &", True),
        ("true", "/usr/../var/lib/x y; reboot", False),
        (f"mkdir -p {WORKSPACE}/" + "log" * 40, "log" * 40, True),
    ],
)
def test_nothing_outside_of_the_home_is_to_be_removed(robot, make, directory, at_home):
    """What is to be pasted into root's shell is quoted, and leads nowhere else."""
    robot.put("/root/spy/du", "#!/bin/sh\nprintf '9000\\tx\\n'\n", mode=0o755)
    robot.must(
        f"cp -p {ENV} /tmp/env.keep; mkdir -p '/var/lib/x y; reboot'; echo 'ROS_LOG_DIR=\"{directory}\"' >>{ENV}"
    )
    robot.must(make, user="rovi")
    path = directory if directory[0] == "/" else f"{WORKSPACE}/{directory}"
    try:
        level, text, remedy = found(robot, env={"PATH": "/root/spy:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"})[
            "log_directory"
        ]
        assert level == "warn" and f"the ROS logs in {path}" in text and "grown to 9000 MB" in text, text
        words = shlex.split(remedy)
        if at_home:
            assert words[:5] == ["sudo", "systemd-run", "--uid=rovi", "find", path], remedy
        else:
            assert "is outside the home of rovi, or reached by a link" in text
            assert words == ["look", "at", "it:", "sudo", "du", "-xh", "--max-depth=1", path + "/"], remedy
    finally:
        robot.must(
            f"mv /tmp/env.keep {ENV}; rm -rf /root/spy '/var/lib/x y; reboot' /home/rovi/log*; "
            f"rm -rf {WORKSPACE}/loglog*"
        )


def test_the_remedy_for_logs_that_have_grown_does_what_it_says(robot):
    robot.put("/root/spy/du", "#!/bin/sh\nprintf '9000\\tx\\n'\n", mode=0o755)
    robot.must("mkdir -p ~/.ros/log/old ~/.ros/log/new; touch -d '40 days ago' ~/.ros/log/old", user="rovi")
    remedy = found(robot, env={"PATH": "/root/spy:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"})["log_directory"][2]
    robot.must(f"rm -r /root/spy; {remedy}")
    wait_for(lambda: robot.run("ls /home/rovi/.ros/log").out == "new\n", robot.report)


# What the service user puts in the place of a file that root reads: the file, and how.
@pytest.mark.parametrize(
    "path, words",
    [
        (ENV, f"{ENV} is longer than 256 KiB"),
        (f"{WORKSPACE}/.env.pc", ""),
        (TF, "the gateway runs with ROVI_ODOM_INTEGRATOR_PUBLISH_TF=xxx"),
        ("/home/rovi/.ros/rovi/session/current_launch", "current_launch says xxx"),
    ],
)
def test_a_huge_file_costs_doctor_nothing(robot, path, words):
    robot.must(
        f"mkdir -p $(dirname {path}); [ ! -e {path} ] || cp -p {path} /tmp/kept; "
        f"head -c 300M /dev/zero | tr '\\0' x >{path}",
        user="rovi",
    )
    try:
        for user in ("root", "alice"):
            result = robot.run("ulimit -v 300000; rovictl doctor", user=user, timeout_s=20)
            assert result.status in (0, 1) and result.err == "", result
            assert words in result.out or user == "alice", result
            assert 400 * "x" not in result.out
    finally:
        robot.must(
            f"rm -f {path}; [ ! -e /tmp/kept ] || mv /tmp/kept {path}; ls -d /tmp/tmp.* && exit 1; true", user="root"
        )


@pytest.mark.parametrize("path", [ENV, f"{WORKSPACE}/.env.pc", TF, "/home/rovi/.ros/rovi/session/current_launch"])
def test_a_pipe_that_comes_and_goes_does_not_hang_doctor(robot, path):
    swap = (
        f"import os\np = {path!r}\nwhile True:\n os.rename('/home/rovi/fifo', p); os.rename(p, '/home/rovi/fifo')\n"
        " os.rename('/home/rovi/file', p); os.rename(p, '/home/rovi/file')\n"
    )
    robot.put("/home/rovi/swap.py", swap, user="rovi")
    place = "/run/rovi" if path == TF else "/home/rovi"  # a rename stays in a file system
    robot.must(
        f"sed -i s,/home/rovi/fi,{place}/fi,g /home/rovi/swap.py; mkdir -p $(dirname {path}); mkfifo {place}/fifo; "
        f"echo A=b >{place}/file; "
        f"[ ! -e {path} ] || cp -p {path} /tmp/kept; python3 /home/rovi/swap.py >/dev/null 2>&1 & echo $! >/tmp/pid",
        user="rovi",
    )
    try:
        for _ in range(20):
            assert robot.rovictl("doctor", user="root", timeout_s=8).status in (0, 1)
    finally:
        robot.must(
            "kill $(cat /tmp/pid); while [ -e /proc/$(cat /tmp/pid) ]; do sleep 0.1; done; "
            f"rm -rf /tmp/pid {path} {place}/fifo {place}/file /home/rovi/swap.py; "
            f"[ ! -e /tmp/kept ] || mv /tmp/kept {path}"
        )
