"""rovictl new, remove and check: an administrator's own stacks, of any launch file."""

import time

import pytest

from harness.result import wait_for
from harness.robot import SOURCE, TOP, WORKSPACE, difference

UNITS = "/etc/systemd/system"
SHARE = f"{WORKSPACE}/install/my_robot/share/my_robot/launch"
NEW = "new patrol my_robot patrol.launch.py"
PLACES = ("/etc", "/usr/local", "/run/systemd/system")
# How `new` and `remove` call themselves in a sentence.
OURS = "rovictl: "


def everything(robot):
    """What `new` could change: files, and what systemd has loaded."""
    return {
        **robot.listing(*PLACES),
        "units": robot.must("systemctl list-unit-files --no-legend 'rovi*'; ls /run/systemd/transient 2>&1 || true"),
    }


@pytest.fixture
def robot(robot):
    """The robot with the package of examples/my_robot in its workspace."""
    robot.must(
        f"mkdir -p {WORKSPACE}/src && cp -r {SOURCE}/examples/my_robot {WORKSPACE}/src/ && "
        f"chown -R rovi: {WORKSPACE}/src && cp {WORKSPACE}/install/setup.bash /root/setup.bash"
    )
    robot.must(f"cd {WORKSPACE} && colcon build", user="rovi")
    yield robot
    robot.must("systemctl stop 'rovi-*.service'; rm -rf /usr/local/lib/rovi/checksums.rovi-new")
    for name in robot.run(f'grep -l "rovictl new" {UNITS}/rovi-*.service').out.split():
        robot.must(f"rovictl remove {name.removeprefix(f'{UNITS}/rovi-').removesuffix('.service')}")
    robot.must(
        f"rm -rf {WORKSPACE}/src {WORKSPACE}/install/my_robot; mv /root/setup.bash {WORKSPACE}/install/setup.bash"
    )
    robot.must(f"chown rovi: {WORKSPACE}/install/setup.bash; systemctl daemon-reload")


def launch_file(robot, name, text):
    robot.put(f"{SHARE}/{name}", text, user="rovi")


def refused(robot, command, status, words, user="root"):
    """The command is refused with one sentence that has these words, and changes nothing."""
    before = everything(robot)
    result = robot.rovictl(command, user=user)
    assert result.status == status and words in result.err, result
    assert result.err.startswith(OURS) and result.err.count("\n") == 1 and result.err.isprintable() is False, result
    assert all(letter.isprintable() for letter in result.err.rstrip("\n")), result
    assert result.out == "" and difference(before, everything(robot)) == [], result


# ---- new


def test_a_stack_is_made_of_a_launch_file_and_operators_may_start_it(robot):
    before, began = robot.listing(*PLACES), time.monotonic()
    result = robot.rovictl(f"{NEW} speed:=0.1 --description 'drive 100% straight on'", user="root")
    took = time.monotonic() - began
    assert result.status == 0 and result.err == "" and took < 10, (result, took)
    last = result.out.splitlines()[-1]
    assert last == "Next: rovictl start patrol", result
    changed = {line.split(":")[0] for line in difference(before, robot.listing(*PLACES))}
    assert changed == {
        UNITS,
        f"{UNITS}/rovi-patrol.service",
        "/usr/local/lib/rovi",
        "/usr/local/lib/rovi/checksums",
        robot.permit.rpartition("/")[0],
        robot.permit,
    } & (changed | {f"{UNITS}/rovi-patrol.service", robot.permit}), changed
    assert "drive 100% straight on" in robot.rovictl("list").out
    # polkit reads its rules again a moment after they have changed
    wait_for(lambda: robot.rovictl("start patrol").status == 0, robot.report)
    words = [p.args for p in robot.processes("rovi-patrol.service") if "launch" in p.args]
    assert len(words) == 1 and words[0][-3:] == ["my_robot", "patrol.launch.py", "speed:=0.1"]
    assert robot.rovictl("start nav").status == 75 and robot.rovictl("start patrol", user="mallory").status == 0
    assert robot.rovictl("stop", user="mallory").status == 77 and robot.rovictl("stop").status == 0
    assert robot.rovictl("check patrol", user="root").status == 0
    doctor = robot.rovictl("doctor", user="root")
    assert doctor.status == 0 and "0 failed, 0 to look at" in doctor.out, doctor
    assert "nothing to change" in robot.must(f"make -C {SOURCE} install")


def test_its_unit_has_the_keys_of_those_that_come_along(robot):
    assert robot.rovictl(NEW, user="root").status == 0

    def keys(text):
        return [
            line for line in text.splitlines() if line and not line.startswith(("#", "Environment=", "Description="))
        ]

    shipped = (TOP / "services/rovi-camera.service").read_text().replace("camera", "patrol")
    assert keys(robot.must(f"cat {UNITS}/rovi-patrol.service")) == keys(shipped)


def test_what_the_launch_file_takes_is_offered_without_its_comment_sign(robot):
    launch_file(
        robot,
        "many.launch.py",
        'ARGUMENTS = {"side": {"choices": ["left", "right.2"], "default": "left"}, "fast": {"default": "false"},\n'
        '    "speed": {"default": "-0.5", "description": "in m/s"}, "map": {"default": "lab"}}\n'
        'def nodes(arguments):\n    return ["driver"]\n',
    )
    assert robot.rovictl("new many my_robot many.launch.py side:=left", user="root").status == 0
    text = robot.must(f"cat {UNITS}/rovi-many.service")
    assert "# speed: in m/s (default: -0.5)\n" in text
    robot.must(f"sed -i 's/^#Environment=/Environment=/' {UNITS}/rovi-many.service; systemctl daemon-reload")
    assert robot.rovictl("check many", user="root").status == 0
    listed = robot.rovictl("list").out
    for words in ("side:=left|right[.]2", "fast:=true|false", "speed:=-?[0-9]+", "map:="):
        assert words in listed, listed
    assert robot.run("rovictl __complete start many side:=").out.split() == [
        "side:=left",
        "value",
        "side:=right.2",
        "value",
    ]
    for wrong in ("side:=rightx2", "fast:=1", "speed:=fast", "map:=../x"):
        assert robot.rovictl(f"start many {wrong}").status == 2, wrong
    right = "side:=right.2 speed:=3 fast:=true map:=lab2"
    wait_for(lambda: robot.rovictl(f"start many {right}").status == 0, robot.report)


def test_ros_runs_as_the_service_user_and_sees_nothing_of_roots(robot):
    launch_file(
        robot,
        "who.launch.py",
        "import os\nopen('/tmp/who', 'w').write(f'{os.getuid()} {sorted(os.environ)}')\n"
        "ARGUMENTS = {}\ndef nodes(arguments):\n    return []\n",
    )
    robot.must(f"echo 'id -un >>/tmp/who_sourced' >>{WORKSPACE}/install/setup.bash; rm -f /tmp/who*")
    assert robot.rovictl("new who my_robot who.launch.py", user="root", env={"SECRET_OF_ROOT": "x"}).status == 0
    assert robot.rovictl("check who", user="root").status == 0
    said = robot.must("cat /tmp/who")
    assert said.split()[0] == robot.must("id -u rovi").strip() and "SECRET_OF_ROOT" not in said
    assert set(robot.must("cat /tmp/who_sourced").split()) == {"rovi"}


@pytest.mark.parametrize(
    "command, status, words",
    [
        ("new patrol nopackage patrol.launch.py", 2, "there is no package nopackage in ROS or in the workspace"),
        ("new patrol my_robot no.launch.py", 2, "the package my_robot has no launch file no.launch.py"),
        (f"{NEW} sped:=1", 2, "has no argument sped: did you mean speed?"),
        (f"{NEW} xyzzy:=1", 2, "has no argument xyzzy (it has speed)"),
        ("new patrol my_robot dance.launch.py turn:=7", 2, "does not take turn:=7: choose from 0.5 -0.5"),
        (f"{NEW} speed=1", 2, "did you mean speed:=1?"),
        ("new nav my_robot patrol.launch.py", 2, f"there is a stack nav already, {UNITS}/rovi-nav.service"),
        ("new gateway my_robot patrol.launch.py", 2, "ROVI services use the name gateway themselves"),
        ("new hardware my_robot patrol.launch.py", 2, "ROVI services use the name hardware themselves"),
        ("new ../x my_robot patrol.launch.py", 2, "../x is no name for a stack"),
        (f"new {'a' * 41} my_robot patrol.launch.py", 2, "is no name for a stack"),
        ("new $'a\\nb' my_robot patrol.launch.py", 2, "is no name for a stack"),
        ("new '%n' my_robot patrol.launch.py", 2, "is no name for a stack"),
        ("new '$HOME' my_robot patrol.launch.py", 2, "is no name for a stack"),
        ("new straße my_robot patrol.launch.py", 2, "is no name for a stack"),
        ("new -n my_robot patrol.launch.py", 2, "--lines takes a number of lines"),
        ("new -- -x my_robot patrol.launch.py", 2, "-x is no name for a stack"),
        ("new patrol -- --help patrol.launch.py", 2, "--help is no name of a ROS package"),
        ("new patrol my_robot ../patrol.launch.py", 2, "is no name of a launch file"),
        ("new patrol my_robot $'x\\n[Service]'", 2, "is no name of a launch file"),
        (f"{NEW} 'speed:=1 2'", 2, "is no argument"),
        (f"{NEW} $'speed:=1\\nUser=root'", 2, "is no argument"),
        (f"{NEW} 'speed:=\"'", 2, "is no argument"),
        (f"{NEW} 'speed:=\\'", 2, "is no argument"),
        (f"{NEW} 'speed:=$HOME'", 2, "is no argument"),
        (f"{NEW} speed:=", 2, "is no argument"),
        (f"{NEW} speed:=$(head -c 100000 /dev/zero | tr '\\0' x)", 2, "is no argument"),
        (f"{NEW} $(printf 'speed:=%0200d ' {{1..500}})", 2, "that is too long: write 4096 characters at most"),
        (f"{NEW} --description $'x\\nUser=root'", 2, "--description takes one line"),
        (f"{NEW} --description 'x\\'", 2, "--description takes one line"),
        ("new patrol my_robot", 2, "new needs a name, a package and a launch file"),
        ("remove nav", 2, "'rovictl new' has not made the stack nav"),
        ("remove nosuch", 2, "no stack is named nosuch"),
        ("check nosuch", 2, "no stack is named nosuch"),
        ("check ./nosuch.service", 2, "is not named as a stack is"),
        ("check /tmp/rovi-nosuch.service", 2, "is no file that can be read"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence_and_nothing_changes(robot, command, status, words):
    refused(robot, command, status, words)


@pytest.mark.parametrize("command", [NEW, "remove nav", "check", "check nav"])
def test_an_operator_may_do_none_of_it(robot, command):
    verb = command.split()[0]
    refused(robot, command, 77, f"only an administrator may do that: 'sudo rovictl {verb} …'", user="alice")


@pytest.mark.parametrize(
    "text, words",
    [
        ("def nodes(:\n", "does not load: SyntaxError: "),
        ("import no_such_module\n", "does not load: ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise RuntimeError('bad\\x1b[31m \\u202e')\n", "does not load: RuntimeError: bad"),
        ("import sys\nsys.exit(0)\n", "does not load: ros2 launch --show-args says nothing"),
    ],
)
def test_a_launch_file_that_does_not_load_is_named_with_its_exception(robot, text, words):
    launch_file(robot, "bad.launch.py", text)
    refused(robot, "new bad my_robot bad.launch.py", 78, words)


def test_a_launch_file_that_needs_an_argument_is_not_made_without_it(robot):
    launch_file(robot, "need.launch.py", 'ARGUMENTS = {"map": {}}\ndef nodes(arguments):\n    return ["driver"]\n')
    refused(robot, "new need my_robot need.launch.py", 2, "needs the argument map: add map:=VALUE")
    assert robot.rovictl("new need my_robot need.launch.py map:=lab%h", user="root").status == 0
    robot.must("systemctl start rovi-need")
    (words,) = [p.args for p in robot.processes("rovi-need.service") if "launch" in p.args]
    assert words[-1] == "map:=lab%h"  # no specifier of systemd's


def test_a_ros_that_hangs_is_ended_in_time(robot):
    launch_file(robot, "slow.launch.py", "import os, time\nos.fork()\ntime.sleep(1000)\n")
    began = time.monotonic()
    refused(robot, "new slow my_robot slow.launch.py", 124, "ROS took longer than 20 s, and was ended")
    assert time.monotonic() - began < 40
    assert not [p for p in robot.processes() if "slow.launch.py" in " ".join(p.args)]


def test_what_ros_says_cannot_write_into_the_unit(robot):
    launch_file(
        robot,
        "evil.launch.py",
        "print('junk before')\n"
        'ARGUMENTS = {"a": {"default": "x",\n'
        '    "description": "one\\nUser=root\\n[Service]\\n\\tExecStart=/bin/evil\\n\\\\"},\n'
        '    "b\\nUser=root": {"default": "x"}, "c\\"d": {"default": "x"}, "%n": {"default": "x"},\n'
        '    "$(touch /tmp/expanded)": {"default": "x"}, "x]$(touch /tmp/expanded)": {"default": "x"},\n'
        '    "e": {"default": "it\'s %h", "description": "ends in a backslash \\\\"},\n'
        '    "f": {"choices": ["a|b", "\\" X=1"], "default": "a|b"},\n'
        '    "g": {"choices": ["ok", "fi.ne"], "default": "ok", "description": "\\x1b[31m \\u202e \\x00"},\n'
        '    "h": {"default": "y" * 100000, "description": "z" * 100000}}\n'
        'def nodes(arguments):\n    return ["driver"]\n',
    )
    result = robot.rovictl("new evil my_robot evil.launch.py", user="root")
    assert result.status == 0, result
    unit = robot.must(f"cat {UNITS}/rovi-evil.service")
    assert robot.show("rovi-evil.service", "User") == "rovi" and len(unit) < 5000
    assert robot.run("ls /tmp/expanded").status != 0
    lines = [line for line in unit.splitlines() if line and line[0] not in "#["]
    assert [line for line in lines if "evil" not in line and "=" in line and "User" in line] == []
    assert not any(line.endswith("\\") for line in unit.splitlines()) and "\x1b" not in unit and "\u202e" not in unit
    robot.must(f"sed -i 's/^#Environment=/Environment=/' {UNITS}/rovi-evil.service; systemctl daemon-reload")
    assert robot.rovictl("check evil", user="root").status == 0
    assert robot.show("rovi-evil.service", "User") == "rovi"


def test_a_unit_of_somebody_else_is_not_taken(robot):
    robot.put("/run/systemd/system/rovi-patrol.service", "[Service]\nExecStart=/bin/true\n")
    robot.must("systemctl daemon-reload")
    try:
        refused(robot, NEW, 2, "/run/systemd/system/rovi-patrol.service is there already")
        robot.must("rm /run/systemd/system/rovi-patrol.service; systemctl mask -q rovi-patrol")
        refused(robot, NEW, 2, "rovi-patrol.service is there already")
        robot.must("systemctl unmask -q rovi-patrol; systemctl daemon-reload")
        robot.must("systemd-run -q --collect --unit rovi-patrol.service sleep 1000")
        refused(robot, NEW, 2, "systemd knows a unit rovi-patrol.service already")
    finally:
        robot.must("systemctl stop -q rovi-patrol || true; systemctl unmask -q rovi-patrol; systemctl daemon-reload")


@pytest.mark.parametrize("spoil", ["checksums", "permit", "reload"])
def test_if_a_step_fails_everything_is_as_it_was(robot, spoil):
    assert robot.rovictl("new dance my_robot dance.launch.py", user="root").status == 0
    robot.must("systemctl enable --quiet rovi-dance")
    command = {
        "checksums": "mkdir -p /usr/local/lib/rovi/checksums.rovi-new",
        "permit": f"mkdir -p {robot.permit}.rovi-new",
        "reload": "systemctl mask -q --runtime dbus-org.freedesktop.nosuch; mkdir -p /root/bin; "
        'printf \'#!/bin/sh\\ncase "$*" in *Manager\\ Reload*) exit 1;; esac\\nexec /usr/bin/busctl "$@"\\n\' '
        ">/root/bin/busctl; chmod +x /root/bin/busctl",
    }[spoil]
    robot.must(command)
    try:
        before = everything(robot)
        for verb in (NEW, "remove dance"):
            result = robot.run(f"PATH=/root/bin:$PATH rovictl {verb}")
            assert result.status in (1, 4) and result.err.count("\n") == 1, result
            after = {path: what for path, what in everything(robot).items() if not path.endswith(".rovi-new")}
            expected = {path: what for path, what in before.items() if not path.endswith(".rovi-new")}
            assert difference(expected, after) == [], result
            robot.must(command)
    finally:
        robot.must(f"rm -rf /root/bin /usr/local/lib/rovi/checksums.rovi-new {robot.permit}.rovi-new")
        robot.must("systemctl unmask -q --runtime dbus-org.freedesktop.nosuch")
    assert robot.run("systemctl is-enabled rovi-dance").out == "enabled\n"
    assert robot.rovictl("remove dance", user="root").status == 0


def test_two_at_once_are_one_after_the_other(robot):
    robot.begin("flock /run/rovi_new.lock bash -c 'touch /tmp/locked; sleep 12345'", user="root")
    wait_for(lambda: robot.run("test -e /tmp/locked").status == 0, "nobody holds the lock")
    try:
        refused(robot, NEW, 75, "another 'rovictl new' or 'rovictl remove' is under way")
    finally:
        robot.must("pkill -f '[s]leep 12345'; rm /tmp/locked")
    assert robot.must("stat -c '%U %a' /run/rovi_new.lock") == "root 600\n"


# ---- remove


def test_remove_undoes_new_but_not_while_it_runs(robot):
    before = everything(robot)
    assert robot.rovictl(NEW, user="root").status == 0
    robot.must("systemctl enable --quiet rovi-patrol")
    wait_for(lambda: robot.rovictl("start patrol").status == 0, robot.report)
    refused(robot, "remove patrol", 75, "patrol runs: stop it first with 'rovictl stop patrol'")
    assert robot.rovictl("stop").status == 0
    result = robot.rovictl("remove patrol", user="root")
    assert result.status == 0 and result.out == "removed the stack patrol\n", result
    assert difference(before, everything(robot)) == []
    assert robot.rovictl("start patrol").status == 2
    assert robot.rovictl(NEW, user="root").status == 0  # and again


def test_remove_leaves_what_others_have_written(robot):
    robot.must(f"cd {UNITS} && sed 's/mapping/docking/g' rovi-mapping.service >rovi-docking.service")
    robot.must(f"systemctl daemon-reload; {SOURCE}/services/install.sh")
    try:
        refused(robot, "remove docking", 2, "'rovictl new' has not made the stack docking")
    finally:
        robot.must(f"rm {UNITS}/rovi-docking.service; {SOURCE}/services/install.sh")


def test_an_upgrade_and_an_uninstall_leave_it(fresh_robot):
    robot = fresh_robot
    assert robot.install().status == 0
    assert robot.rovictl("new tour rovi_bringup gateway.launch.py robot_mode:=sim", user="root").status == 0
    robot.must(f"make -C {SOURCE} install")
    assert "tour" in robot.rovictl("list -q").out and "rovi-tour" in robot.must(["cat", robot.permit])
    robot.must(f"make -C {SOURCE} uninstall")
    assert robot.must(f"ls {UNITS} | grep rovi") == "rovi-tour.service\n" and not robot.run("ls /run/rovi_new.lock").out


# ---- check


def test_check_says_all_that_is_wrong_with_a_file_before_it_is_installed(robot):
    text = robot.must(f"cat {UNITS}/rovi-nav.service")
    file = "/home/mallory/rovi-docking.service"
    spoilt = text.replace("run_stack.sh nav", "run_stack.sh mapping").replace(
        "[Install]",
        "NoSuchKey=1\nEnvironment=ROVI_REDY_CHECK=true 'ROVI_MEMORY_NEED=a lot'\n"
        'Environment="ROVI_LAUNCH=my_robot patrol.launch.py" \\\n  ROVI_COMMAND=true\n[Install]',
    )
    robot.put(file, spoilt, user="mallory")
    before = everything(robot)
    result = robot.rovictl(f"check {file}", user="root")
    assert result.status == 78 and result.out == "", result
    for words in (
        f"{file} starts the stack mapping: write docking in place of mapping everywhere in it",
        "NoSuchKey",
        "ROVI_REDY_CHECK, and there is no such key: did you mean ROVI_READY_CHECK?",
        "ROVI_MEMORY_NEED='a lot'",
        "both ROVI_LAUNCH and ROVI_COMMAND",
    ):
        assert [line for line in result.err.splitlines() if words in line and line.startswith("rovictl: docking: ")], (
            words,
            result,
        )
    assert difference(before, everything(robot)) == []
    good = text.replace("nav", "docking").replace("docking_", "nav_").replace("rovi-nav", "rovi-docking")
    robot.put(file, good, user="mallory")
    result = robot.rovictl(f"check {file}", user="root")
    assert result.status == 0 and result.out == "docking: nothing is wrong\n", result


@pytest.mark.parametrize(
    "line, words",
    [
        ("ROVI_LAUNCH=my_robot gone.launch.py", "the package my_robot has no launch file gone.launch.py"),
        ("ROVI_LAUNCH=gone patrol.launch.py", "there is no package gone"),
        ("ROVI_LAUNCH=/tmp/gone.launch.py", "there is no launch file /tmp/gone.launch.py"),
        ("ROVI_LAUNCH=my_robot patrol.launch.py sped:=1", "patrol.launch.py has no argument sped"),
        ("ROVI_LAUNCH=my_robot dance.launch.py turn:=9", "dance.launch.py does not take turn:=9"),
        ("ROVI_VARIANT_x=nosuch:=1", "has no argument nosuch"),
        ("ROVI_PARAMETER_nosuch=x", "has no argument nosuch"),
        ("ROVI_COMMAND=no_such_program", "there is no program no_such_program in the PATH"),
        ("ROVI_MEMORY_NEED=lots", "ROVI_MEMORY_NEED=lots: write a size"),
        ("ROVI_ROOT=/var/lib/rovi/roots/nosuch", "the root nosuch is missing"),
    ],
)
def test_check_says_what_is_wrong_with_an_installed_unit(robot, line, words):
    robot.put("/run/systemd/system/rovi-mapping.service.d/99-test.conf", f'[Service]\nEnvironment="{line}"\n')
    try:
        robot.must("systemctl daemon-reload")
        result = robot.rovictl("check mapping", user="root")
        assert result.status == 78 and words in result.err and result.err.count("\n") == 1, result
    finally:
        robot.must("rm -rf /run/systemd/system/rovi-mapping.service.d; systemctl daemon-reload")
    result = robot.rovictl("check", user="root")
    assert result.status == 0 and "gateway: nothing is wrong\n" in result.out and "nav: " in result.out, result


def test_check_says_that_systemd_has_not_read_a_change(robot):
    assert robot.rovictl(NEW, user="root").status == 0
    robot.must(f"systemctl show rovi-patrol >/dev/null; sed -i s/=90/=80/ {UNITS}/rovi-patrol.service")
    result = robot.rovictl("check patrol", user="root")
    assert result.status == 78 and "has changed since systemd read it: run 'sudo systemctl daemon-reload'" in result.err
    robot.must("systemctl daemon-reload")
    assert robot.rovictl("check patrol", user="root").status == 0


def test_check_follows_no_link_and_waits_for_no_pipe(robot):
    robot.must("ln -s /etc/shadow /tmp/rovi-shadow.service; mkfifo /tmp/rovi-pipe.service")
    try:
        for name in ("shadow", "pipe"):
            result = robot.rovictl(f"check /tmp/rovi-{name}.service", user="root", timeout_s=20)
            assert result.status == 2 and "is no file that can be read" in result.err, result
    finally:
        robot.must("rm /tmp/rovi-*.service")
