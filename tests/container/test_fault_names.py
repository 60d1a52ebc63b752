"""Service users, homes and workspaces with odd names: they work, or install.sh refuses them before it changes
anything."""

import pytest

from harness.robot import GATEWAY, SOURCE, WORKSPACE, Robot, difference

PLACES = ("/etc/systemd", "/etc/polkit-1", "/etc/sudoers.d", "/usr/local")
USERS = "getent passwd; getent group"
INSTALL = f"{SOURCE}/services/install.sh"

# A name, and a home where it is to have another than /home/NAME.
GOOD = [
    ("under_score_", None),
    ("with.dots.in", None),
    ("u" * 31, None),
    ("Upper", None),
    ("home1", "/home/o d%d"),
    ("home2", "/home/ä\"q'\\b$x"),
]
BAD_USERS = ["machine$", "1234", ".dot", "-dash", "ünï", "a:b", "a/b", "nosuch", "%u", "u\nv"]
BAD_WORKSPACES = [
    "/home/rovi/a%b",
    '/home/rovi/a"b',
    "/home/rovi/a'b",
    "/home/rovi/a\\b",
    "/home/rovi/ä",
    "/home/rovi/a$b",
    "/home/rovi/a\tb",
    "/home/rovi/a\nb",
    "/home/rovi/a;b",
    "relative",
    "/nosuch",
]


@pytest.fixture(scope="module")
def bare():
    """A container with the checkout in it and nothing installed; the workspace is for all to use."""
    with Robot() as robot:
        robot.install(make="true")
        robot.must(f"chmod 755 /home/rovi; cp -a {WORKSPACE} /opt/ws; chmod -R a+rX /opt/ws")
        yield robot


def everything(robot):
    return {**robot.listing(*PLACES), "users": robot.must(USERS)}


def refuses(robot, record_property, key, values):
    """Each value of the installer's variable key is refused in one sentence, and nothing is changed."""
    record_property("inputs", len(values))
    before = everything(robot)
    for value in values:
        result = robot.run([INSTALL], env={"ROVI_ROS_WS_DIR": WORKSPACE, key: value})
        assert result.status == 78 and result.out == "", result
        assert result.err.startswith("install.sh: ") and result.err.count("\n") == 1, result
    assert difference(before, everything(robot)) == []


def test_a_user_that_cannot_be_is_refused(bare, record_property):
    bare.must("useradd -m --badname 'machine$' 2>/dev/null || useradd -m 'machine$'")
    refuses(bare, record_property, "ROVI_USER", BAD_USERS)


def test_a_workspace_that_units_cannot_name_is_refused(bare, record_property):
    for path in BAD_WORKSPACES[:-2]:  # they are there and complete: the name alone is the reason
        bare.must(["cp", "-a", "/opt/ws", path])
    refuses(bare, record_property, "ROVI_ROS_WS_DIR", BAD_WORKSPACES)


def test_odd_but_good_names_work(bare, record_property):
    record_property("inputs", len(GOOD))
    for number, (name, home) in enumerate(GOOD):
        bare.run(["useradd", "-m", "--badname", *(["-d", home] if home else []), name])
        if bare.run(["id", name]).status:  # useradd of Debian 11
            bare.must(["useradd", "-m", "--force-badname", *(["-d", home] if home else []), name])
        workspace = f"/home/{name}/my ws+@{number}._-" if not home else f"/srv/{name}"
        bare.must(["cp", "-a", "/opt/ws", workspace])
        bare.must(["chown", "-R", name, workspace])
        result = bare.run([INSTALL], env={"ROVI_USER": name, "ROVI_ROS_WS_DIR": workspace})
        assert result.status == 0, result
        bare.must(["systemctl", "restart", GATEWAY])
        bare.must(["usermod", "-aG", "rovi-ops", "alice"])
        result = bare.rovictl("start mapping")
        assert result.status == 0, f"{name}: {result}"
        home = home or f"/home/{name}"
        assert bare.must(["cat", f"{home}/.ros/rovi/session/current_launch"]) == "rovi_bringup/mapping.launch.py\n"
        environ = bare.must(["cat", f"/proc/{bare.show('rovi-mapping.service', 'MainPID')}/environ"]).split("\0")
        assert {f"HOME={home}", f"ROVI_ROS_WS_DIR={workspace}", f"ROS_LOG_DIR={home}/.ros/log"} <= set(environ)
        # The service user may start stacks itself, and nothing about its name confuses doctor.
        assert bare.rovictl("restart mapping", user=name).status == 0
        found = [line for line in bare.rovictl("doctor", user="root").out.splitlines() if line.startswith("fail")]
        assert found == [], found
        assert bare.rovictl("stop").status == 0
