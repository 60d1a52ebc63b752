"""Files that an operator plants where units, systemd or rovictl might read them: not writable, or without effect."""

import pytest

from harness.robot import GATEWAY, SOURCE, WORKSPACE
from tests.container.attack import (
    MAPPING,
    PROOF,
    nothing_outside_has_changed,
    nothing_ran_as_root,
    outside,
    the_next_start_works,
)

UNIT = f"[Service]\nUser=\nExecStartPre=/usr/bin/touch {PROOF}\nExecStart=/usr/bin/touch {PROOF}\n"
GENERATORS = (
    "/run/systemd/system-generators",
    "/etc/systemd/system-generators",
    "/usr/local/lib/systemd/system-generators",
    "/usr/lib/systemd/system-generators",
)
OTHERS = (
    "/run/rovi",
    "/run/systemd/system-preset",
    "/etc/systemd/system-preset",
    "/etc/systemd/system.conf.d",
    "/run/systemd/system.conf.d",
    "/etc/polkit-1/rules.d",
    "/usr/share/polkit-1/rules.d",
    "/run/polkit-1/rules.d",
    "/usr/local/share/polkit-1/rules.d",
    "/etc/sudoers.d",
    "/usr/local/lib/rovi",
    "/usr/local/bin",
    "/etc/profile.d",
    "/etc/tmpfiles.d",
    "/run/tmpfiles.d",
    "/etc/environment.d",
    "/etc/dbus-1/system.d",
    "/run/dbus/system.d",
    "/etc/udev/rules.d",
    "/run/udev/rules.d",
    "/opt/ros/jazzy",
    WORKSPACE,
    f"{WORKSPACE}/install",
    "/home/rovi",
    "/home/rovi/.ros",
)
# In the operator's own home and working directory he may; it must do nothing.
OWN = (
    ".config/systemd/user/rovi-mapping.service",
    ".config/systemd/system/rovi-mapping.service.d/x.conf",
    ".env.robot",
    "rovi_env.sh",
    "lib/use.sh",
    "lib/run.sh",
    "rovictl.d/ask.sh",
    "busctl",
    "systemctl",
    "sudo",
    "systemd-notify",
    ".local/share/systemd/user/rovi-mapping.service",
    "lib/rovi/lib/use.sh",
    "bin/rovictl",
    ".bashrc",
    ".bash_profile",
    ".config/environment.d/x.conf",
    ".inputrc",
    ".ros/rovi/session/current_launch",
)
TRAP = "#!/bin/sh\n[ $(/usr/bin/id -un) = alice ] || /usr/bin/touch /run/ran-as-root\n/usr/bin/touch /tmp/sprung\n"


def unit_path(robot):
    """Where systemd looks for units, as it says itself."""
    return robot.must("systemctl show -P UnitPath").split()


@pytest.fixture
def unharmed(robot):
    before = outside(robot)
    yield robot
    robot.run("rm -rf /tmp/sprung /tmp/planted /home/alice/planted")
    nothing_outside_has_changed(robot, before)
    the_next_start_works(robot)


@pytest.mark.parametrize("user", ["alice", "mallory"])
def test_nowhere_that_systemd_or_rovictl_read(unharmed, user, record_property):
    robot = unharmed
    places = [*unit_path(robot), *GENERATORS, *OTHERS]
    assert len(unit_path(robot)) > 8
    record_property("inputs", 5 * len(places))
    robot.put("/tmp/planted/unit", UNIT)
    made = robot.must(["bash", "/opt/harness/plant.bash", *places], user=user).splitlines()
    assert made == []
    robot.must("systemctl daemon-reload")
    nothing_ran_as_root(robot)


def test_links_in_the_requests_lead_nowhere(unharmed, record_property):
    """The one place of theirs that a unit reads."""
    robot = unharmed
    targets = (
        "/etc/shadow",
        "/root",
        "/home/rovi/.ros",
        "/run/rovi/stack.lock",
        "/nowhere",
        "/dev/zero",
        "/run/rovi_requests",
    )
    record_property("inputs", len(targets) * 3)
    requests = "/run/rovi_requests"
    for target in targets:
        # All the names that run_stack.sh could come by: those of the next jobs, and a request that was announced.
        plant = (
            "job=$(busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager "
            f"GetUnit s {MAPPING}); "
            f"cd {requests}; ln -sfn {target} mapping.1; ln -sfn {target} nav.2; "
            f"for n in $(seq $1 $(($1 + 40))); do ln -sfn {target} $n; done"
        )
        robot.must("systemctl start rovi-teleop; systemctl stop rovi-teleop")
        number = robot.must(
            "journalctl -o export -u rovi-teleop.service --no-pager | sed -n 's/^JOB_ID=//p' | tail -n 1"
        ).strip()
        robot.run(["bash", "-c", plant, "bash", number], user="alice")
        result = robot.rovictl(
            "start mapping map:=x --timeout 20" if target == "/dev/zero" else "start mapping --timeout 20"
        )
        assert result.status in (0, 2), (target, result)
        robot.rovictl("stop")
        robot.run(f"rm -rf {requests}/*")
        assert robot.must("stat -c '%a %U:%G' /etc/shadow /run/rovi/stack.lock") == "640 root:shadow\n600 rovi:rovi\n"


def test_what_lies_about_in_his_own_directories_does_nothing(unharmed, record_property):
    robot = unharmed
    record_property("inputs", len(OWN))
    robot.must("cd /home/alice; tar -cf /tmp/kept.tar .")
    try:
        for name in OWN:
            robot.put(
                f"/home/alice/{name}", UNIT if name.endswith((".service", ".conf")) else TRAP, user="alice", mode=0o755
            )
        for where in ("/home/alice", "/home/alice/lib/rovi", "/home/alice/bin"):
            for verb, status in (("start mapping", 0), ("status", 0), ("doctor --quiet", None), ("stop", 0)):
                result = robot.run(
                    f"cd {where}; HOME=/home/alice XDG_CONFIG_HOME=/home/alice/.config XDG_DATA_HOME=/home/alice "
                    f"/usr/local/bin/rovictl {verb}",
                    user="alice",
                )
                assert status in (None, result.status), result
                nothing_ran_as_root(robot)
                assert robot.run(["test", "-e", "/tmp/sprung"]).status != 0, (where, verb)
    finally:
        robot.must("rm -rf /home/alice; mkdir /home/alice; tar -xpf /tmp/kept.tar -C /home/alice; rm /tmp/kept.tar")


def test_a_unit_path_of_his_own_gives_him_no_unit(unharmed):
    robot = unharmed
    robot.put("/home/alice/planted/rovi-evil.service", "[Service]\nExecStart=/tmp/run_stack.sh evil\n", user="alice")
    robot.put("/home/alice/planted/rovi-mapping.service", UNIT + "ExecStart=/tmp/run_stack.sh mapping\n", user="alice")
    env = {"SYSTEMD_UNIT_PATH": "/home/alice/planted"}
    result = robot.rovictl("start evil", env=env)
    assert result.status in (2, 4, 77), result
    robot.rovictl("start mapping", env=env)
    nothing_ran_as_root(robot)
    if robot.state(MAPPING) == "active":
        assert robot.show(MAPPING, "FragmentPath") == f"/etc/systemd/system/{MAPPING}"
        assert [p.user for p in robot.processes(MAPPING)] and {p.user for p in robot.processes(MAPPING)} == {"rovi"}
    robot.must(["systemctl", "reset-failed"])


# Types a command into each terminal that can be had, as a process of the service user's does that traces this one.
TYPING = (
    "python3 -c 'import fcntl, os\nfor fd in range(10):\n"
    ' try:\n  if fd == 9: fd = os.open("/dev/tty", os.O_RDWR)\n except OSError: pass\n'
    ' try:\n  [fcntl.ioctl(fd, 0x5412, bytes([c])) for c in b"touch /run/ran-as-root\\n"]\n'
    " except OSError as e: pass'\n"
)
# What there is of the caller's: a terminal, descriptors, its environment.
RECORD = (
    '{ echo "tty $(ps -o tty= -p $$)"; for fd in /proc/$$/fd/*; do echo "fd $(readlink $fd)"; done; '
    "tr '\\0' '\\n' </proc/$$/environ | sed 's/^/env /'; } >>/tmp/seen\n"
)


def test_a_workspace_cannot_type_into_roots_terminal(robot):
    """The installer tries the workspace's files, which are the service user's, in root's terminal."""
    setup = f"{WORKSPACE}/install/setup.bash"
    robot.must(f"cp -p {setup} /tmp/setup.keep")
    typing = TYPING
    robot.put(setup, robot.must(["cat", setup]) + typing, user="rovi")
    try:
        # bash reads what was typed once the installer has ended.
        result = robot.run_in_terminal(
            f'ROVI_ROS_WS_DIR={WORKSPACE} {SOURCE}/services/install.sh; read -t 2 -r typed; echo "typed: <$typed>"',
            user="root",
            limit_s=40,
        )
        assert "typed: <>" in result.out, result.out
        nothing_ran_as_root(robot)
    finally:
        robot.must(f"mv /tmp/setup.keep {setup}")
    the_next_start_works(robot)


@pytest.fixture
def replaced(robot):
    """A function: puts a script in the place of a program of /usr/bin, for the service user; for others it is as
    before."""

    def replace(name, script):
        path = robot.must(f"type -P {name}").strip()
        real = f"{path.rpartition('/')[0]}/.{name}"
        robot.must(f"mv {path} {real}")
        moved.append(f"mv {real} {path}; ")
        robot.put(path, f'#!/bin/bash\nif [[ $(id -un) == rovi ]]; then\n{script}\nfi\nexec {real} "$@"\n', mode=0o755)

    moved = []
    yield replace
    robot.must("".join(moved) + "rm -f /tmp/seen")


@pytest.mark.parametrize("caller", ["doctor", "install"])
def test_what_runs_as_the_service_user_has_nothing_of_its_callers(robot, replaced, caller):
    """No terminal, no descriptor, no environment: whatever traces that process has them, too."""
    setup, command = f"{WORKSPACE}/install/setup.bash", "rovictl doctor"
    robot.must(f"cp -p {setup} /tmp/setup.keep; : >/tmp/seen; chmod 666 /tmp/seen")
    if caller == "doctor":
        for name in ("find", "dd", "test"):
            replaced(name, RECORD + TYPING)
    else:
        robot.put(setup, robot.must(["cat", setup]) + RECORD, user="rovi")
        command = f"ROVI_ROS_WS_DIR={WORKSPACE} {SOURCE}/services/install.sh"
    try:
        result = robot.run_in_terminal(
            f'exec 7<>/dev/tty; export SECRET=x; {command}; read -t 2 -r typed; echo "typed: <$typed>"',
            user="root",
            limit_s=40,
        )
        assert "typed: <>" in result.out, result.out
        seen = robot.must("cat /tmp/seen").splitlines()
        assert {line for line in seen if line.startswith("tty ")} == {"tty ?"}, seen
        assert [line for line in seen if line.startswith("fd /dev/") and line != "fd /dev/null"] == [], seen
        assert "env SECRET=x" not in seen
        nothing_ran_as_root(robot)
    finally:
        robot.must(f"mv /tmp/setup.keep {setup}")
    the_next_start_works(robot)


@pytest.mark.parametrize("script", ["kill -STOP $$", "sleep 1000 & exit"])
def test_what_runs_as_the_service_user_holds_nobody_up(robot, replaced, script):
    """Any process of that user's can stop it, or keep what it writes into open."""
    replaced("find", script)
    try:
        result = robot.rovictl("doctor", user="root", timeout_s=40)
        assert result.status == 0, result
    finally:
        robot.must("pkill -KILL -u rovi sleep; true")


LINKS = (
    "/home/rovi/.ros",
    f"{WORKSPACE}/.env.robot.rovi-new",
    "/run/rovi/stack.lock",
    "/run/rovi/session.lock",
    "/run/rovi/gateway_publishes_odom_tf",
    "/run/rovi/x",
)


def test_a_new_install_and_an_end_follow_no_link_of_the_service_users(fresh_robot, record_property):
    robot = fresh_robot
    assert robot.install().status == 0
    record_property("faults", len(LINKS))
    robot.put("/root/victim/file", "root's\n", mode=0o600)
    robot.must("usermod -aG rovi-ops alice; mkdir -p /root/victim/directory; chmod 700 /root/victim")
    before = robot.listing("/root/victim")
    for number, link in enumerate(LINKS):
        robot.must(
            f"rm -rf {link}; ln -sT {('/root/victim', '/root/victim/file', '/etc/shadow')[number % 3]} {link}",
            user="rovi",
        )
    robot.run(f"ln -f /etc/passwd /run/rovi/hard; ln -f /etc/passwd {WORKSPACE}/hard", user="rovi")
    env = f"ROVI_ROS_WS_DIR={WORKSPACE} {SOURCE}/services"
    robot.run(f"systemctl restart {GATEWAY}", timeout_s=40)
    robot.run(f"{env}/install.sh", timeout_s=60)
    robot.run("useradd -m other; chmod 755 /home/rovi")
    robot.run(f"systemctl stop {GATEWAY}; ROVI_USER=other {env}/install.sh; systemctl restart {GATEWAY}", timeout_s=60)
    robot.run(f"systemctl stop {GATEWAY}; ROVI_USER=rovi {env}/install.sh", timeout_s=60)
    assert robot.listing("/root/victim") == before
    assert robot.must("stat -c '%a %U:%G' /etc/passwd /etc/shadow") == "644 root:root\n640 root:shadow\n"
    assert robot.run(f"make -C {SOURCE} uninstall", timeout_s=60).status == 0
    assert robot.listing("/root/victim") == before
    robot.must("rm -rf /home/rovi/.ros; gpasswd -d other rovi-ops 2>/dev/null; true")
    assert robot.install().status == 0
    robot.must("usermod -aG rovi-ops alice")
    the_next_start_works(robot)
