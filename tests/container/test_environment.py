"""One environment: the units and a shell that sourced rovi_env.sh see the same values."""

import pytest

from harness.robot import GATEWAY, SESSION, WORKSPACE

ENV_FILE = f"{WORKSPACE}/.env.robot"
LOADER = "/usr/local/lib/rovi/rovi_env.sh"
ODD_BUT_RIGHT = r"""
# a comment with "quotes' and $dollars and `ticks` \ in it
   # and an indented one

PLAIN=abc
EMPTY=
EQUALS=a=b==c
URI=file:///etc/cyclonedds.xml
LIST=a,b,c:d
BLANK_AFTER=value   
DOUBLE="two words; # no comment"
SINGLE='<Domain id="any"'
SINGLE_BLANK='  kept  '
DOUBLE_OTHER="it is (fine) * ? [x] ~ & | < > !"
EMPTY_QUOTES=""
TWICE=first
TWICE=second
lower_case=1
NO_NEWLINE=last""".replace("'<Domain id=\"any\"'", "'<Domain id=any>'")


@pytest.fixture
def env_file(robot):
    """Lets a test write .env.robot; puts the old one back."""
    robot.must(f"cp {ENV_FILE} /tmp/env.keep")
    yield lambda text: robot.put(ENV_FILE, text, user="rovi")
    robot.must(f"cp /tmp/env.keep {ENV_FILE}")


def names(text):
    return {line.split("=")[0] for line in text.splitlines() if "=" in line and not line.lstrip().startswith("#")}


def in_shell(robot):
    """The environment of a shell that has sourced the loader, as in the README."""
    out = robot.must(
        f"env -i HOME=/home/rovi PATH=/usr/bin:/bin ROVI_ENV=robot ROVI_ROS_WS_DIR={WORKSPACE} "
        f"bash -c 'source {LOADER} && env -0'",
        user="rovi",
    )
    return dict(entry.split("=", 1) for entry in out.split("\0") if entry)


def of_process(robot, unit):
    out = robot.must(["cat", f"/proc/{robot.show(unit, 'MainPID')}/environ"])
    return dict(entry.split("=", 1) for entry in out.split("\0") if entry)


def as_systemd_alone_reads(robot):
    """What EnvironmentFile= makes of the file, without the loader."""
    out = robot.must(f"systemd-run --quiet --wait --pipe -p EnvironmentFile={ENV_FILE} /usr/bin/env -0")
    return dict(entry.split("=", 1) for entry in out.split("\0") if entry)


@pytest.mark.parametrize("extra", ["", ODD_BUT_RIGHT])
def test_every_variable_is_the_same_in_shell_service_and_systemd(robot, env_file, extra):
    text = robot.must(["cat", ENV_FILE]) + extra
    env_file(text)
    robot.must(["systemctl", "restart", GATEWAY])
    assert robot.rovictl("start mapping").status == 0
    shell = in_shell(robot)
    expected = {name: shell[name] for name in names(text)}
    assert len(expected) >= 6
    for seen in (of_process(robot, GATEWAY), of_process(robot, "rovi-mapping.service"), as_systemd_alone_reads(robot)):
        assert {name: seen.get(name) for name in expected} == expected


def test_the_shell_gets_ros_and_the_workspace_as_the_service_does(robot):
    shell, service = in_shell(robot), of_process(robot, GATEWAY)
    for name in ("ROS_DISTRO", "AMENT_PREFIX_PATH", "COLCON_PREFIX_PATH", "ROVI_ROS_WS_DIR", "ROVI_ENV"):
        assert shell[name] == service[name]


@pytest.mark.parametrize("line", ["ROS_DOMAIN_ID=$(id -u)", "export A=1", "A=b\r"])
def test_a_bad_line_is_refused_with_file_and_line(robot, env_file, line):
    text = robot.must(["cat", ENV_FILE])
    env_file(text + line + "\n")
    where = f"{ENV_FILE}:{len(text.splitlines()) + 1}: "
    result = robot.rovictl("start mapping")
    assert result.status == 78
    assert f"rovictl: mapping failed: {where}" in result.err
    assert robot.show("rovi-mapping.service", "StatusText").startswith(f"refused (78): {where}")
    assert robot.run(["test", "-e", SESSION]).status == 1
    robot.run(["systemctl", "restart", GATEWAY])
    assert robot.show(GATEWAY, "ActiveState", "ExecMainStatus") == {"ActiveState": "failed", "ExecMainStatus": "78"}


def test_a_missing_env_file_is_refused_in_words(robot, env_file):
    robot.must(f"rm {ENV_FILE}")
    result = robot.rovictl("start mapping")
    assert result.status == 78
    assert f"{ENV_FILE} is missing: copy .env.robot there from" in result.err


@pytest.mark.parametrize("line", ["ROVI_ENV=pc", "ROVI_ROS_WS_DIR=/home/rovi/other"])
def test_the_env_file_cannot_lead_the_units_to_another(robot, env_file, line):
    # The other files are there to be found.
    robot.must(f"cp -r {WORKSPACE} /home/rovi/other; cp /src/.env.pc {WORKSPACE}/.env.pc; chown -R rovi /home/rovi")
    env_file(robot.must(["cat", ENV_FILE]) + line + "\n")
    try:
        result = robot.rovictl("start mapping")
        assert result.status == 78, result
        assert "leave them out" in result.err or "names another one than the installation" in result.err
    finally:
        robot.must(f"rm -r /home/rovi/other {WORKSPACE}/.env.pc")


def test_a_missing_workspace_is_refused_in_words(robot):
    robot.must(f"mv {WORKSPACE} {WORKSPACE}.away")
    try:
        result = robot.rovictl("start mapping")
        assert result.status == 78, result
        assert f"the workspace {WORKSPACE} is missing" in result.err
    finally:
        robot.must(f"mv {WORKSPACE}.away {WORKSPACE}")


def test_a_setup_file_that_waits_for_all_children_stops_no_start(robot):
    """The session file is written in the background meanwhile."""
    setup = f"{WORKSPACE}/install/setup.bash"
    robot.must(f"cp {setup} /tmp/setup.keep; echo wait >>{setup}")
    try:
        robot.must("rovictl start mapping", user="alice")
        assert robot.must(["cat", SESSION]) == "rovi_bringup/mapping.launch.py\n"
    finally:
        robot.must(f"cp /tmp/setup.keep {setup}; rovictl stop")


def test_a_shell_that_may_not_see_the_workspace_is_told_so(robot):
    robot.must("chmod 700 /home/rovi")
    try:
        said = robot.run(f"ROVI_ENV=robot ROVI_ROS_WS_DIR={WORKSPACE} bash -c 'source {LOADER}'", user="alice")
    finally:
        robot.must("chmod 755 /home/rovi")
    assert said.status == 78, said
    assert (
        said.err
        == f"rovi_env.sh: alice cannot look for {ENV_FILE} in /home/rovi: its owner runs 'chmod a+x /home/rovi'\n"
    )


def test_robot_and_pc_are_on_different_graphs(robot):
    def values(name):
        return dict(
            line.split("=", 1)
            for line in robot.must(["cat", f"/src/{name}"]).splitlines()
            if "=" in line and not line.startswith("#")
        )

    on_robot, on_pc = values(".env.robot"), values(".env.pc")
    assert on_robot["ROS_DOMAIN_ID"] != on_pc["ROS_DOMAIN_ID"]
    assert (on_pc["ROS_LOCALHOST_ONLY"], on_pc["ROS_AUTOMATIC_DISCOVERY_RANGE"]) == ("1", "LOCALHOST")
