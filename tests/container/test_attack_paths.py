"""Locks, session file and requests replaced by links, pipes and directories, by a node gone bad (as rovi).

Nobody can stop the service user from breaking its own files. What must hold: nothing waits for ever, nothing
is written with more than its rights, the refusal is one sentence, and once it is mended all works again.
"""

import pytest

from harness.robot import GATEWAY, SESSION, WORKSPACE
from tests.container.attack import MAPPING, NAV, nothing_outside_has_changed, outside, the_next_start_works

LOCK, SESSION_LOCK, TF = "/run/rovi/stack.lock", "/run/rovi/session.lock", "/run/rovi/gateway_publishes_odom_tf"
TARGET = "/home/mallory/target"  # another user's, in the way of whoever follows a link
KINDS = {
    "link to another's file": f"ln -sT {TARGET} {{}}",
    "link to /etc": "ln -sT /etc {}",
    "dangling link": "ln -sT /home/rovi/nowhere {}",
    "link to itself": "ln -sT {} {}",
    "pipe": "mkfifo {}",
    "directory": "mkdir -p {0}/x",
}


@pytest.fixture
def target(robot):
    robot.put(TARGET, "mallory's\n", user="mallory", mode=0o666)
    robot.must("chmod 755 /home/mallory")
    yield TARGET
    assert robot.must(["cat", TARGET]) == "mallory's\n", "written through a link"
    assert robot.run("ls -d /home/rovi/nowhere /etc/current_launch* /etc/stack.lock").out == ""
    robot.must(
        f"rm -rf {TARGET} {LOCK} {SESSION_LOCK} {TF} /home/rovi/.ros; systemctl reset-failed; "
        f"systemctl restart {GATEWAY}"
    )


def replace(robot, path, kind, user="rovi"):
    robot.must(f"mkdir -p {path.rpartition('/')[0]}; rm -rf {path}; {KINDS[kind].format(path, path)}", user=user)


def start_as_asked(robot, stack="mapping"):
    """Starts a stack; it runs, or is refused by one sentence and 78; either way soon."""
    result = robot.rovictl(f"start {stack} --timeout 15")
    assert result.status in (0, 78), result
    assert result.status == 0 or len([line for line in result.err.splitlines() if line.startswith("rovictl: ")]) == 1, (
        result
    )
    return result


@pytest.mark.parametrize("path", [LOCK, SESSION_LOCK])
def test_a_lock_that_is_none_refuses_the_start_and_hangs_nothing(robot, target, path, record_property):
    record_property("faults", len(KINDS))
    before = outside(robot)
    for kind in KINDS:
        replace(robot, path, kind)
        result = start_as_asked(robot)
        assert result.status == 78 and path in result.err and "plain file" in result.err, (kind, result)
        assert robot.rovictl("status").status == 0
        robot.must(["rm", "-rf", path])
    the_next_start_works(robot, "mapping")
    nothing_outside_has_changed(robot, before)


@pytest.mark.parametrize("name", ["current_launch", "current_launch.new"])
def test_a_session_file_that_is_none_hangs_nothing(robot, target, name, record_property):
    record_property("faults", len(KINDS))
    path, before = SESSION.replace("current_launch", name), outside(robot)
    for kind in KINDS:
        replace(robot, path, kind)
        result = start_as_asked(robot)
        assert (result.status == 78) == (kind == "directory"), (kind, result)
        if result.status == 0:
            assert robot.must(["stat", "-c", "%F", SESSION]) == "regular file\n"
            assert robot.must(["cat", SESSION]) == "rovi_bringup/mapping.launch.py\n"
            assert robot.run(["systemctl", "start", NAV], timeout_s=15).status == 1  # the holder's name is looked for
        assert robot.rovictl("doctor", timeout_s=30).status != 124
        assert robot.rovictl("stop").status == 0
        robot.must(["rm", "-rf", path])
    the_next_start_works(robot)
    nothing_outside_has_changed(robot, before)


@pytest.mark.parametrize("place", ["/home/rovi/.ros/rovi/session", "/home/rovi/.ros/rovi"])
def test_a_session_directory_that_leads_elsewhere(robot, target, place, record_property):
    record_property("faults", len(KINDS) - 1)
    before = outside(robot)
    for kind in set(KINDS) - {"directory"}:
        replace(robot, place, kind)
        result = start_as_asked(robot)
        assert result.status == 78 or kind == "dangling link", (kind, result)
        robot.must(["rm", "-rf", place, "/home/rovi/nowhere"])
        robot.rovictl("stop")
    the_next_start_works(robot, "mapping")
    nothing_outside_has_changed(robot, before)


def test_who_holds_the_lock_is_not_read_from_a_pipe(robot, target):
    assert robot.rovictl("start mapping").status == 0
    replace(robot, SESSION, "pipe")
    assert robot.run(["systemctl", "start", NAV], timeout_s=15).status == 1
    assert robot.show(NAV, "ExecMainStatus") == "75"
    assert robot.rovictl("doctor", timeout_s=30).status != 124
    assert robot.rovictl("doctor", user="root", timeout_s=30).status != 124
    assert robot.rovictl("stop").status == 0
    the_next_start_works(robot)


def test_what_the_gateway_notes_for_the_transform_guard(robot, target, record_property):
    record_property("faults", len(KINDS))
    for kind in KINDS:
        replace(robot, TF, kind)
        assert robot.rovictl("start nav --timeout 15").status in (0, 78, 79), kind
        assert robot.rovictl("switch mapping --timeout 15").status in (0, 78, 79), kind  # rovictl reads it, too
        result = robot.run(["systemctl", "restart", GATEWAY], timeout_s=30)
        assert result.status == 0, (kind, result)
        assert robot.must(["stat", "-c", "%F %U", TF]) == "regular file rovi\n"
        robot.rovictl("stop")
    the_next_start_works(robot)


@pytest.mark.parametrize("path", [LOCK, SESSION_LOCK, SESSION])
def test_the_gateway_starts_or_says_why_not(robot, target, path, record_property):
    record_property("faults", len(KINDS))
    for kind in KINDS:
        replace(robot, path, kind)
        result = robot.run(["systemctl", "restart", GATEWAY], timeout_s=30)
        assert result.status != 124, (kind, "it hangs")
        if result.status:
            said = robot.show(GATEWAY, "ExecMainStatus", "StatusText")
            assert said["ExecMainStatus"] == "78" and "/rovi/" in said["StatusText"], (kind, said)
        else:
            assert path == SESSION and kind != "directory", kind
        robot.must(f"rm -rf {path}; systemctl reset-failed; systemctl restart {GATEWAY}")
    the_next_start_works(robot, "mapping")


def test_a_pipe_in_place_of_the_env_file_does_not_hang_systemd(robot):
    """systemd would read EnvironmentFile= in its own process, as root, and wait for a writer for ever."""
    robot.must(f"mv {WORKSPACE}/.env.robot {WORKSPACE}/.keep", user="rovi")
    try:
        for kind in KINDS:
            replace(robot, f"{WORKSPACE}/.env.robot", kind)
            result = robot.rovictl("start mapping --timeout 10")
            assert result.status == 78 and ".env.robot" in result.err, (kind, result)
            assert robot.run("timeout 5 systemctl is-active rovi-gateway").out == "active\n", "systemd does not answer"
    finally:  # a writer wakes up what waits
        robot.must(
            f"cd {WORKSPACE}; [ ! -p .env.robot ] || timeout 2 bash -c ': >.env.robot'; rm -rf .env.robot; "
            "mv .keep .env.robot"
        )
    the_next_start_works(robot, "mapping")


def test_an_env_file_that_is_a_link_reads_nothing_that_the_service_user_may_not(robot):
    robot.put("/root/secrets", "SECRET=only-roots\n", mode=0o600)
    robot.must(f"cd {WORKSPACE}; cp .env.robot .keep; rm .env.robot; ln -s /root/secrets .env.robot", user="rovi")
    robot.switch("mapping", import_s=2)
    spy = "until p=$(pgrep -u rovi -f 'run_stack.sh mapping'); do :; done; for q in $p; do cat /proc/$q/environ; done"
    try:
        result = robot.run(
            f'runuser -u rovi -- timeout 5 bash -c "{spy.replace("$", chr(92) + "$")}" >/tmp/spied & '
            "rovictl start mapping; wait; grep -c only-roots /tmp/spied"
        )
        assert result.out.splitlines()[-1:] == ["0"], f"root's file has leaked: {result}"
        assert robot.rovictl("start mapping").status == 78
    finally:
        robot.must(f"cd {WORKSPACE}; mv -fT .keep .env.robot; rm -f /root/secrets", user="root")
    the_next_start_works(robot, "mapping")


def test_an_operator_can_replace_none_of_them(robot, record_property):
    paths = (LOCK, SESSION_LOCK, TF, SESSION, "/run/rovi", "/run/rovi_requests", "/run/org.rovi.Executor")
    attempts = [
        (user, path, how)
        for user in ("alice", "mallory")
        for path in paths
        for how in ("rm -rf {0}", "mv {0} {0}.old", "ln -sfn /etc {0}", "ln -sfT /etc {0}", "mkfifo {0}")
    ]
    record_property("inputs", len(attempts))
    assert robot.rovictl("start mapping").status == 0
    before = robot.listing("/run/rovi", "/home/rovi/.ros/rovi"), outside(robot)
    for user, path, how in attempts:
        result = robot.run(how.format(path), user=user)
        assert result.status != 0 or path == "/run/rovi_requests", result
    assert (robot.listing("/run/rovi", "/home/rovi/.ros/rovi"), outside(robot)) == before
    assert robot.state(MAPPING) == "active"
    the_next_start_works(robot)
