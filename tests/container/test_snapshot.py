"""The environment that ROS and a workspace make is kept, and used only while it is sure to be the same."""

import shlex

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY, WORKSPACE
from harness.workspace import build, build_ros, list_bringup

ENV_FILE = f"{WORKSPACE}/.env.robot"
INSTALL = f"{WORKSPACE}/install"
ROS = "/opt/ros/jazzy"
KEPT = "/home/rovi/.ros/rovi/env"
LIB = "/usr/local/lib/rovi"
HOOKS = f"{INSTALL}/package_0/share/package_0/hook"
UNIT = {"HOME": "/home/rovi", "PATH": "/usr/bin:/bin", "ROVI_ENV": "robot", "ROVI_ROS_WS_DIR": WORKSPACE}
CHANGED = "files that it depends on have changed"


class Kept:
    """A robot whose ROS and workspace have the setup files of ROS's own build tool."""

    def __init__(self, robot):
        self.robot = robot

    def as_rovi(self, command, **more):
        words = " ".join(f"{name}={shlex.quote(value)}" for name, value in (UNIT | more).items())
        return self.robot.run(f"cd {WORKSPACE}; exec env -i {words} {command}", user="rovi")

    def make(self, **more):
        """Makes a snapshot as a start does that has none; returns whether that was possible."""
        return self.as_rovi(f"{LIB}/keep_env.sh nav", **more).status == 0

    def make_now(self, **more):
        wait_for(lambda: self.make(**more), "no snapshot is made", limit_s=20)  # not while files are new

    def load(self, **more):
        """What a start finds: "used" or why not; whether another one is worth making; the environment."""
        result = self.as_rovi(f"bash /opt/harness/kept_env.bash nav {LIB}", **more)
        assert result.status == 0, result
        why, old, _, _, *rest = result.out.split("\0")
        return why, old, dict(entry.split("=", 1) for entry in rest if entry)

    def sourced(self, **more):
        """The environment without a snapshot."""
        result = self.as_rovi(f"bash -c 'source {LIB}/rovi_env.sh && exec env -0'", **more)
        assert result.status == 0, result
        return dict(entry.split("=", 1) for entry in result.out.split("\0") if entry)

    def hook(self, text, name="odd.sh"):
        """Gives package_0 another hook."""
        self.robot.put(f"{HOOKS}/{name}", text, user="rovi")
        self.robot.must(
            f"echo 'source;share/package_0/hook/{name.rsplit('.')[0]}.sh' "
            f">>{INSTALL}/package_0/share/package_0/package.dsv"
        )


@pytest.fixture
def kept(robot):
    robot.must(f"rm -rf {KEPT}")
    robot.must(f"cp -a {ROS} /opt/keep; cp -a {INSTALL} /opt/keep_install; cp -a {ENV_FILE} /opt/keep_env")
    build_ros(robot, ROS)
    build(robot, INSTALL, 1)
    yield Kept(robot)
    robot.must(
        f"umount -q {KEPT}; rm -rf {ROS} {INSTALL} /opt/ros/humble /home/rovi/under; mv /opt/keep {ROS}; "
        f"mv /opt/keep_install {INSTALL}; mv /opt/keep_env {ENV_FILE}; rm -rf {KEPT} /home/rovi/side"
    )


@pytest.mark.parametrize("packages", [1, 50, 200])
def test_a_snapshot_is_what_sourcing_makes(kept, packages):
    build(kept.robot, INSTALL, packages)
    sourced = kept.sourced()
    assert f"{INSTALL}/package_{packages - 1}/bin" in sourced["PATH"]
    why, old, environment = kept.load()
    assert (why, old, environment) == ("no snapshot yet", "yes", sourced)
    kept.make_now()
    assert kept.load() == ("used", "no", sourced)
    modes = kept.robot.must(f"stat -c '%U %a' {KEPT} {KEPT}/nav {KEPT}/..")
    assert modes == "rovi 700\nrovi 600\nrovi 755\n", "others may read the session file"


def test_hooks_of_known_forms_are_kept(kept):
    kept.robot.must(f"mkdir {INSTALL}/package_0/bin")
    kept.hook(
        '# a comment\n\nif [ -d "$COLCON_CURRENT_PREFIX/bin" ]; then\n'
        '  export ODD_PATH="$COLCON_CURRENT_PREFIX/bin"\nfi\nexport ODD=1\nunset _ODD\n'
    )
    sourced = kept.sourced()
    assert (sourced["ODD"], sourced["ODD_PATH"]) == ("1", f"{INSTALL}/package_0/bin")
    kept.make_now()
    assert kept.load() == ("used", "no", sourced)
    kept.robot.must(f"rmdir {INSTALL}/package_0/bin")
    why, _, environment = kept.load()
    assert why == CHANGED and "ODD_PATH" not in environment


HOOK = f"{HOOKS}/path.dsv"
CHANGES = {
    "rebuilt": f"cp {HOOK} {HOOK}.new && sed -i s/bin/sbin/ {HOOK}.new && mv {HOOK}.new {HOOK}",
    "same_size_and_time": f"stamp=$(stat -c %y {HOOK}); printf %s 'prepend-non-duplicate;PATH;nib' "
    f'| dd of={HOOK} conv=notrunc status=none; touch -d "$stamp" {HOOK}',
    "package_added": f"mkdir -p {INSTALL}/new/share/colcon-core/packages {INSTALL}/new/share/new; "
    f"touch {INSTALL}/new/share/colcon-core/packages/new; "
    f"echo 'set;ADDED;yes' >{INSTALL}/new/share/new/package.dsv",
    "package_removed": f"rm -r {INSTALL}/package_0",
    "package_not_listed": f"rm {INSTALL}/package_0/share/colcon-core/packages/package_0",
    "dsv_added": f"echo 'set;ADDED;yes' >{HOOKS}/plain.dsv",
    "ros_rebuilt": f"echo 'set;ADDED;yes' >>{ROS}/ros_environment/share/ros_environment/hook/ros.dsv",
    "overlay": "echo 'set;ADDED;yes' >/home/rovi/under/install/package_1/share/package_1/hook/path.dsv",
    "link": f"ln -sfn /home/rovi/second {INSTALL}/linked",
    "env_file": f"echo ADDED=yes >>{ENV_FILE}",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_sourced_again(kept, change):
    robot = kept.robot
    # Below this workspace is another one, and one of its packages is a link.
    robot.must("mkdir -p /home/rovi/under/install /home/rovi/first /home/rovi/second; chown -R rovi /home/rovi/under")
    build(robot, "/home/rovi/under/install", 2)
    for name in ("first", "second"):
        robot.must(
            f"mkdir -p /home/rovi/{name}/share/colcon-core/packages /home/rovi/{name}/share/linked; "
            f"touch /home/rovi/{name}/share/colcon-core/packages/linked; "
            f"echo 'set;LINKED;{name}' >/home/rovi/{name}/share/linked/package.dsv"
        )
    robot.must(
        f"ln -s /home/rovi/first {INSTALL}/linked; sed -i "
        '\'s|^# source this prefix|COLCON_CURRENT_PREFIX="/home/rovi/under/install"\\n'
        '_colcon_prefix_chain_bash_source_script "$COLCON_CURRENT_PREFIX/local_setup.bash"\\n&|\' '
        f"{INSTALL}/setup.bash"
    )
    kept.hook("export PLAIN=1\n", "plain.sh")
    before = kept.sourced()
    assert before["LINKED"] == "first" and "/home/rovi/under/install/package_1/bin" in before["PATH"]
    kept.make_now()
    assert kept.load() == ("used", "no", before)
    robot.must(CHANGES[change])
    after = kept.sourced()
    assert after != before
    assert kept.load() == (CHANGED, "yes", after)
    robot.must("rm -r /home/rovi/first /home/rovi/second")


def test_another_ros_is_sourced_again(kept):
    kept.robot.must("mkdir /opt/ros/humble")
    build_ros(kept.robot, "/opt/ros/humble")
    kept.robot.must(f"echo ROS_DISTRO=jazzy >>{ENV_FILE}")
    kept.make_now()
    assert kept.load()[0] == "used"
    kept.robot.must(f"sed -i s/ROS_DISTRO=jazzy/ROS_DISTRO=humble/ {ENV_FILE}")
    why, old, environment = kept.load()
    assert (why, old, environment["ROS_DISTRO"]) == (
        "the unit or the environment that the start begins with has changed",
        "yes",
        "humble",
    )


@pytest.mark.parametrize("name", ["PYTHONPATH", "LD_LIBRARY_PATH", "ROVI_ROOT", "ODD"])
def test_another_environment_to_begin_with_is_sourced_again(kept, name):
    kept.make_now()
    why, _, environment = kept.load(**{name: "/srv/odd"})
    assert why == "the unit or the environment that the start begins with has changed"
    assert environment == kept.sourced(**{name: "/srv/odd"})


def test_what_each_start_has_anew_does_not_count(kept):
    kept.make_now(INVOCATION_ID="1", JOURNAL_STREAM="8:1")
    why, _, environment = kept.load(INVOCATION_ID="2", JOURNAL_STREAM="8:2")
    assert (why, environment["INVOCATION_ID"]) == ("used", "2")


def test_a_hook_that_does_something_else_is_sourced_each_time(kept):
    kept.hook("export FIRST=1\nexport NOW=$(date +%N)\n")
    kept.make_now()
    why, old, environment = kept.load()
    assert why == f"{HOOKS}/odd.sh:2 may do something else each time: export NOW=$(date +%N)"
    assert old == "no", "it would be tried at each start"
    assert environment["FIRST"] == "1"
    assert kept.load()[2]["NOW"] != environment["NOW"]
    kept.robot.must(f"sed -i 2d {HOOKS}/odd.sh")
    assert kept.load()[:2] == (CHANGED, "yes")
    kept.make_now()
    assert kept.load()[0] == "used"


def test_no_snapshot_is_made_of_what_has_just_changed(kept):
    kept.make_now()
    kept.robot.must(f"rm {KEPT}/nav; touch {HOOK}")
    assert not kept.make()
    assert kept.load()[0] == "no snapshot yet"


@pytest.mark.parametrize(
    "line, expected",
    [
        ("echo $ODD hello", "it prints something: hello "),
        ("export NOW=$$", "sourcing it twice gives two environments"),
        ("export NOW=$RANDOM", f"{HOOKS}/odd.sh:1 may do something else each time: export NOW=$RANDOM"),
        ("export NOW=$EPOCHREALTIME", f"{HOOKS}/odd.sh:1 may do something else each time: export NOW=$EPOCHREALTIME"),
    ],
)
def test_a_second_look_finds_what_the_form_of_a_line_hides(kept, line, expected):
    kept.hook(f"{line}\n")
    kept.make_now()
    why, old, _ = kept.load()
    assert (why, old) == (expected, "no")


DAMAGE = {
    "another_users": f"chown alice {KEPT}/nav; chmod 666 {KEPT}/nav",
    "a_link": f"mv {KEPT}/nav /home/rovi/side; ln -s /home/rovi/side {KEPT}/nav",
    "world_writable": f"chmod 666 {KEPT}/nav",
    "group_readable": f"chmod 640 {KEPT}/nav",
    "open_directory": f"chmod 755 {KEPT}",
    "directory_of_another": f"mv {KEPT} /home/rovi/side; ln -s /home/rovi/side {KEPT}",
    "half_written": f"truncate -s -5 {KEPT}/nav",
    "cut_in_the_middle": f"truncate -s 600 {KEPT}/nav",
    "empty": f"truncate -s 0 {KEPT}/nav",
    "garbage": f"head -c 100000 /dev/urandom >{KEPT}/nav",
    "wrong_numbers": f"sed -i '4s/.*/999999 999999/' {KEPT}/nav",
    "pipe": f"rm {KEPT}/nav; mkfifo -m 600 {KEPT}/nav; chown rovi {KEPT}/nav",
    "directory": f"rm {KEPT}/nav; mkdir {KEPT}/nav",
}


def test_a_damaged_or_foreign_snapshot_is_not_used(kept):
    kept.make_now()
    sourced = kept.sourced()
    kept.robot.must(
        f"sed -i 's/^COLCON_PREFIX_PATH=.*/COLCON_PREFIX_PATH=odd/' {KEPT}/nav; "
        f"chown rovi {KEPT}/nav; cp -a {KEPT} /opt"
    )
    for name, damage in DAMAGE.items():
        assert kept.load()[2]["COLCON_PREFIX_PATH"] == "odd", f"before {name}: it would be used"
        kept.robot.must(damage)
        why, old, environment = kept.load()
        assert (environment, old) == (sourced, "yes"), name
        assert why in (
            "no snapshot yet",
            "the snapshot is damaged",
            "the snapshot is not a file that only its owner can read and write",
            f"{KEPT}/nav cannot be read",
        ), name
        kept.robot.must(f"rm -rf {KEPT} /home/rovi/side; cp -a /opt/env {KEPT}")
    kept.robot.must("rm -r /opt/env")


def test_a_snapshot_sets_no_variable_that_the_scripts_keep(kept):
    kept.make_now()
    kept.robot.must(f"sed -i 's/^COLCON_PREFIX_PATH=/VERSION=/' {KEPT}/nav; chown rovi {KEPT}/nav")
    why, _, environment = kept.load()
    assert why == "the snapshot sets a variable that this shell keeps for itself"
    assert environment == kept.sourced()


def test_several_at_once_leave_one_whole_snapshot(kept):
    kept.make_now()
    sourced = kept.sourced()
    words = " ".join(f"{name}={value}" for name, value in UNIT.items())
    kept.robot.must(
        f"cd {WORKSPACE}; for n in 1 2 3 4; do env -i {words} {LIB}/keep_env.sh nav & done; wait", user="rovi"
    )
    assert kept.load() == ("used", "no", sourced)
    assert kept.robot.must(f"ls {KEPT}") == "nav\n"


def test_a_home_that_cannot_be_written_costs_no_start(kept):
    kept.make_now()
    kept.robot.must(f"rm -r {KEPT}; mkdir -p {KEPT}; chown root {KEPT}; chmod 755 {KEPT}")
    assert not kept.make()
    assert kept.load() == ("no snapshot yet", "yes", kept.sourced())
    kept.robot.must(f"rmdir {KEPT}")


def test_a_full_disk_leaves_no_part_of_a_snapshot(kept):
    kept.make_now()
    kept.robot.must(
        f"mount -t tmpfs -o size=8k,mode=700,uid=$(id -u rovi) none {KEPT}; head -c 8192 /dev/zero >{KEPT}/full || true"
    )
    assert not kept.make()
    assert kept.robot.must(f"ls -A {KEPT}") == "full\n"
    assert kept.load() == ("no snapshot yet", "yes", kept.sourced())


def note(robot, name):
    return robot.run(["cat", f"/run/rovi/env.{name}"]).out


def environment(robot, unit):
    out = robot.must(["cat", f"/proc/{robot.show(unit, 'MainPID')}/environ"])
    of_one_start = ("INVOCATION_ID", "JOURNAL_STREAM", "SYSTEMD_EXEC_PID", "MEMORY_PRESSURE_WATCH")
    entries = dict(entry.split("=", 1) for entry in out.split("\0") if entry)
    return {name: value for name, value in entries.items() if name not in of_one_start}


def started(robot):
    result = robot.rovictl("start nav")
    assert result.status == 0, result
    there = environment(robot, "rovi-nav.service"), note(robot, "nav").strip()
    wait_for(lambda: robot.run(["pgrep", "-f", "keep_env[.]sh nav"]).status == 1, "it goes on")
    assert robot.rovictl("stop").status == 0
    return there


def test_the_second_start_of_a_unit_uses_what_the_first_has_made(kept):
    robot = kept.robot
    robot.must("rm -f /run/rovi/env.*")
    list_bringup(robot, INSTALL)
    first, why = started(robot)
    assert why == "no snapshot yet"
    wait_for(lambda: started(robot)[1] == "used", lambda: f"it is never used: {note(robot, 'nav')}", limit_s=30)
    second, why = started(robot)
    assert why == "used" and second == first
    robot.must(["systemctl", "restart", GATEWAY])
    wait_for(lambda: robot.run(["pgrep", "-f", "keep_env[.]sh gateway"]).status == 1, "it goes on")
    robot.must(["systemctl", "restart", GATEWAY])
    assert note(robot, "gateway") == "used\n"
    line = "ok   the last start took its environment from a snapshot: gateway, nav\n"
    assert line in robot.rovictl("doctor").out
    robot.must(f"echo ROVI_ENV_SNAPSHOT=0 >>{ENV_FILE}")
    third, why = started(robot)
    assert why == "ROVI_ENV_SNAPSHOT=0"
    assert third == {**first, "ROVI_ENV_SNAPSHOT": "0"}
    line = "ok   the last start took its environment from a snapshot: gateway; by sourcing: nav (ROVI_ENV_SNAPSHOT=0)\n"
    assert line in robot.rovictl("doctor").out


def test_what_makes_a_snapshot_ends_with_a_stop_and_has_no_lock(kept):
    robot = kept.robot
    list_bringup(robot, INSTALL)
    # What makes it runs at the lowest priority, and so it alone waits.
    robot.must(f"""sed -i '1i [ "$(nice)" != 19 ] || sleep 1000' {INSTALL}/setup.bash""")
    assert robot.rovictl("start nav").status == 0
    assert "stack.lock" not in robot.must("ls -l /proc/$(pgrep -o -f 'keep_env[.]sh nav')/fd", user="rovi")
    assert robot.rovictl("stop").status == 0
    assert robot.run(["pgrep", "-f", "keep_env[.]sh nav"]).status == 1
    assert robot.must("flock -n /run/rovi/stack.lock echo free", user="rovi") == "free\n"
