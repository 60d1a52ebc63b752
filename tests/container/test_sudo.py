"""Where polkit has no JavaScript rules: rovictl goes through sudo, and nothing else does.

On a platform whose polkit has them, the directory of its rules is taken away first. alice is an
operator, mallory is nobody. The attacks of test_polkit.py hold on such a platform as they are.
"""

import pytest

from harness.robot import GATEWAY, SOURCE, STACKS, WORKSPACE, Robot, difference

SUDOERS, BY_SUDO = "/etc/sudoers.d/rovi-stacks", "/usr/local/lib/rovi/by_sudo"
RULE = "/etc/polkit-1/rules.d/50-rovi-stacks.rules"
WITHOUT_RULES = "[ ! -d /etc/polkit-1/rules.d ] || mv /etc/polkit-1/rules.d /etc/polkit-1/.rules.d"
INSTALL = f"ROVI_ROS_WS_DIR={WORKSPACE} {SOURCE}/services/install.sh"
MANAGER = "org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager"
CALL = f"/usr/bin/busctl --system --timeout=10 call {MANAGER}"
MAPPING, NAV = "rovi-mapping.service", "rovi-nav.service"
ASK = "rovi-ask@nav-000000000001.service"
GOOD = f"{CALL} StartUnit ss {NAV} replace"
NO_SUDO = (
    "a password is required",
    "not allowed",
    "sorry",
    "may not run",
    "usage:",
    "you do not exist",
    "not permitted",
    "unable to",
    "no such",
    "a remote host",
)


@pytest.fixture(scope="module")
def module_robot():
    with Robot() as robot:
        robot.must(WITHOUT_RULES)
        result = robot.install()
        assert result.status == 0, result
        robot.must("usermod -aG rovi-ops alice")
        yield robot


@pytest.fixture
def robot(module_robot):
    module_robot.must("systemctl stop 'rovi-[!g]*.service'; systemctl reset-failed; rm -f /etc/sudoers.d/zz")
    yield module_robot


def state(robot):
    """All that an attack could change and that must stay as it is."""
    units = robot.must(
        "systemctl show -p Id -p UnitFileState -p MainPID -p ActiveState -p DropInPaths "
        "rovi-gateway.service rovi-mapping.service rovi-nav.service rovi-stacks.target"
    )
    return {
        "units": units,
        **robot.listing("/etc/systemd", "/etc/sudoers.d", "/run/systemd/system", "/run/systemd/transient"),
    }


def refused(robot, user, *commands):
    """Runs commands, shell lines or lists of arguments, each of which sudo must refuse."""
    before = state(robot)
    for command in commands:
        result = robot.run(command, user=user, timeout_s=20)
        assert result.status not in (0, 124), f"was allowed: {result}"
        assert any(words in result.err.lower() for words in NO_SUDO), f"failed for another reason: {result}"
    assert difference(before, state(robot)) == []


def test_the_file_is_roots_and_in_order(robot):
    assert robot.must(["stat", "-c", "%a %U %G", SUDOERS]) == "440 root root\n"
    assert robot.run("visudo -c").status == 0
    assert robot.run(["cat", SUDOERS], user="alice").status != 0
    lines = [line for line in robot.must(["cat", SUDOERS]).splitlines() if not line.startswith("#")]
    digits = "[0123456789]" * 12  # the number of a request, and no other pattern
    assert not any(sign in line.replace(f"-{digits}.service", "") for line in lines for sign in "*?[") and lines


@pytest.mark.parametrize("user", ["alice", "rovi"])
def test_rovictl_goes_through_sudo_unnoticed(robot, user):
    for verb in ("start", "restart", "stop"):
        result = robot.rovictl([verb, "nav"], user=user)
        assert result.status == 0 and result.err == "" and "sudo" not in result.out, result
    assert robot.rovictl("start nav --variant slam map:=lab1", user=user).status == 0
    assert robot.rovictl("switch mapping", user=user).status == 0
    assert robot.state(MAPPING) == "active"


def test_a_kill_goes_through_sudo_and_names_nobody(robot):
    assert robot.rovictl("start nav").status == 0
    result = robot.rovictl("kill")
    assert (result.status, result.out, result.err) == (0, "nav was killed\n", ""), result
    assert robot.show(NAV, "StatusText") == "killed by an operator"


def test_root_does_not(robot):
    robot.put("/root/spy/sudo", '#!/bin/sh\necho "$@" >/root/spy/log\n', mode=0o755)
    assert robot.run("PATH=/root/spy:$PATH rovictl start nav && PATH=/root/spy:$PATH rovictl stop").status == 0
    assert robot.run(["test", "-e", "/root/spy/log"]).status != 0


def test_only_these_words_in_this_order(robot):
    refused(
        robot,
        "alice",
        *(
            f"sudo -n {CALL} {words}"
            for words in (
                f"StartUnit ss {GATEWAY} replace",
                f"StopUnit ss {GATEWAY} replace",
                "StopUnit ss rovi-stacks.target replace",
                "StartUnit ss dbus.service replace",
                "StartUnit ss rovi-evil.service replace",
                "StartUnit ss 'rovi-*.service' replace",
                f"StopUnit ss {NAV}/../{GATEWAY} replace",
                f"StartUnit ss {NAV} isolate",
                f"StartUnit ss {NAV} flush",
                f"StartUnit ss {NAV} ignore-dependencies",
                f"TryRestartUnit ss {NAV} replace",
                f"ReloadUnit ss {NAV} replace",
                f"KillUnit ssi {NAV} all 9",
                "StopUnit ss rovi-guard@nav.service replace",
                "RestartUnit ss rovi-guard@nav.service replace",
                "StartUnit ss rovi-guard@evil.service replace",
                "StopUnit ss rovi_kill@nav.service replace",
                "RestartUnit ss rovi_kill@nav.service replace",
                "StartUnit ss rovi_kill@gateway.service replace",
                "StartUnit ss rovi_kill@evil.service replace",
                *(f"StartUnit ss rovi_kill@nav:{user}.service replace" for user in ("alice", "root", "", "*")),
                f"StopUnit ss {ASK} replace",
                f"RestartUnit ss {ASK} replace",
                f"StartUnit ss {ASK.replace('nav', 'gateway')} replace",
                *(
                    f"StartUnit ss 'rovi-ask@nav-{number}.service' replace"
                    for number in (
                        "00000000000",
                        "0000000000000",
                        "00000000000x",
                        "00000000000 ",
                        "00000000000*",
                        "[0123456789]" * 12,
                        "000000/../00",
                    )
                ),
                f"StartTransientUnit 'ssa(sv)a(sa(sv))' {NAV} replace 0 0",
                f"EnableUnitFiles asbb 1 {NAV} false true",
                f"MaskUnitFiles asbb 1 {NAV} true true",
                "Reload",
                "Reexecute",
                "PowerOff",
                "",
                f"StartUnit ss {NAV} replace replace",
                f"StartUnit ss {NAV} replace ''",
                f"StartUnit ss {NAV}",
                f"StartUnit ss {NAV} replace -H mallory@localhost",
                f"StartUnit ss {NAV} replace --machine=x",
                f"startunit ss {NAV} replace",
            )
        ),
    )


def test_no_option_of_busctl(robot):
    refused(
        robot,
        "alice",
        *(
            f"sudo -n /usr/bin/busctl {option} " + GOOD.split(" ", 1)[1]
            for option in (
                "-H root@localhost",
                "--host=localhost",
                "-M x",
                "--machine=x",
                "--address=unix:path=/tmp/x",
                "--user",
                "--json=pretty",
                "--no-pager",
                "--timeout=0",
                "--verbose",
            )
        ),
    )
    refused(
        robot,
        "alice",
        *("sudo -n " + GOOD.replace("--system", word) for word in ("--user", "--address=unix:path=/tmp/x", "")),
        "sudo -n " + GOOD.replace("--timeout=10", "--timeout=0"),
        "sudo -n " + GOOD.replace("/usr/bin/busctl", "/usr/bin/systemctl"),
    )


def test_no_other_program_no_editor_no_shell(robot):
    refused(
        robot,
        "alice",
        "sudo -n systemctl start rovi-nav",
        "sudo -n systemctl stop rovi-gateway",
        "sudo -n systemctl edit rovi-nav",
        "sudo -n busctl",
        "sudo -n busctl tree",
        "sudo -n /usr/bin/busctl monitor",
        "sudo -n true",
        "sudo -n -i",
        "sudo -n -s",
        "sudo -n bash -c true",
        f"sudoedit -n {SUDOERS}",
        "sudo -n visudo",
        "sudo -n rovictl stop",
        "sudo -n /usr/local/lib/rovi/uninstall.sh",
        f"sudo -n -u rovi {GOOD}",
        f"sudo -n -u mallory {GOOD}",
        f"sudo -n -g root {GOOD}",
        f"sudo -n -h otherhost {GOOD}",
        f"sudo -n -C 20 {GOOD}",
        f"sudo -n -T 5 {GOOD}",
    )
    robot.put("/home/alice/evil/busctl", "#!/bin/sh\ntouch /run/ran-as-root\n", user="alice", mode=0o755)
    refused(
        robot,
        "alice",
        "sudo -n " + GOOD.replace("/usr/bin/", "/home/alice/evil/"),
        "cd ~alice/evil; sudo -n " + GOOD.replace("/usr/bin/", "./"),
    )
    robot.run(
        "PATH=/home/alice/evil:$PATH sudo -n " + GOOD.replace("/usr/bin/", ""), user="alice"
    )  # sudo looks for it where it is safe
    assert robot.run("test -e /run/ran-as-root").status != 0


def test_words_run_together_are_nothing_to_busctl(robot):
    """sudo compares words joined by blanks, so these pass it; busctl must make nothing of them."""
    words, before = GOOD.split(), state(robot)
    for first in range(1, len(words)):
        for last in range(first + 2, len(words) + 1):
            command = ["sudo", "-n", *words[:first], " ".join(words[first:last]), *words[last:]]
            result = robot.run(command, user="alice")
            assert result.status != 0, result
    assert difference(before, state(robot)) == []


VARIABLES = (
    "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/tmp/x",
    "SYSTEMD_PAGER=/tmp/evil",
    "PAGER=/tmp/evil",
    "EDITOR=/tmp/evil",
    "SYSTEMD_EDITOR=/tmp/evil",
    "LD_PRELOAD=/tmp/evil.so",
    "SYSTEMD_LOG_LEVEL=debug",
    "LANG=de_DE.UTF-8",
    "LC_ALL=de_DE",
    "TZ=:/tmp/x",
    "BASH_ENV=/tmp/evil",
)


def test_no_variable_on_sudos_command_line(robot):
    refused(
        robot,
        "alice",
        *(f"sudo -n {variable} {GOOD}" for variable in VARIABLES),
        f"sudo -n -E {GOOD}",
        f"{VARIABLES[0]} sudo -n --preserve-env=DBUS_SYSTEM_BUS_ADDRESS {GOOD}",
    )


@pytest.mark.parametrize(
    "settings",
    [
        "",
        'Defaults env_keep += "DBUS_SYSTEM_BUS_ADDRESS SYSTEMD_LOG_LEVEL PAGER"',
        'Defaults env_check += "DBUS_SYSTEM_BUS_ADDRESS SYSTEMD_LOG_LEVEL PAGER"',
        "Defaults !env_reset",
        "Defaults setenv",
    ],
)
def test_a_callers_variable_does_not_reach_busctl(robot, settings):
    """Whatever an administrator has set for other commands."""
    robot.put("/etc/sudoers.d/zz", settings + "\n", mode=0o440)
    robot.must("visudo -c")
    result = robot.run(f"{' '.join(VARIABLES)} sudo -n {GOOD}", user="alice")
    assert result.status == 0 and result.out.startswith('o "/org/freedesktop/systemd1/job/') and result.err == "", (
        result
    )
    robot.wait_state(NAV, "active")
    if "setenv" in settings:
        refused(robot, "alice", f"sudo -n {VARIABLES[0]} {GOOD}")


def test_no_terminal_is_needed(robot):
    robot.put("/etc/sudoers.d/zz", "Defaults requiretty, use_pty\n", mode=0o440)
    assert robot.rovictl("start nav").status == 0


def test_an_outsider_gets_nothing(robot):
    robot.must(["systemctl", "start", MAPPING])
    refused(
        robot,
        "mallory",
        *(
            f"sudo -n {CALL} {method}Unit ss rovi-{stack}.service replace"
            for stack in STACKS
            for method in ("Start", "Stop", "Restart")
        ),
        f"sudo -n {CALL} StartUnit ss rovi-guard@mapping.service replace",
        f"sudo -n {CALL} StartUnit ss rovi_kill@mapping.service replace",
    )
    for arguments in ("stop", "restart mapping"):
        result = robot.rovictl(arguments, user="mallory")
        assert result.status == 77
        assert result.err == (
            "rovictl: not permitted: mallory is not in group rovi-ops: "
            "an administrator runs 'sudo usermod -aG rovi-ops mallory'\n"
        )


# ---- when it cannot be


def test_a_session_that_began_before_the_membership(robot):
    result = robot.run("setpriv --reuid alice --regid alice --groups alice rovictl start nav")
    assert result.status == 77 and "this session is not: log in again" in result.err, result


def test_a_service_without_new_privileges(robot):
    result = robot.run("setpriv --no-new-privs rovictl start nav", user="alice")
    assert result.status == 77 and "not permitted: sudo, which rovictl needs here, does not run" in result.err, result
    assert result.err.count("\n") == 1


def test_sudo_is_gone(robot):
    robot.must("mv /usr/bin/sudo /usr/bin/.sudo")
    try:
        result = robot.rovictl("start nav")
        assert result.status == 77 and "sudo, which rovictl needs here, does not run" in result.err, result
    finally:
        robot.must("mv /usr/bin/.sudo /usr/bin/sudo")


def test_a_call_that_hangs_is_given_up(robot):
    """sudo's process is root's: rovictl cannot end it and must not wait for it."""
    robot.put("/etc/sudoers.d/zz", "alice ALL=(root) NOPASSWD: /bin/sleep\n", mode=0o440)
    robot.put("/home/alice/slow/sudo", "#!/bin/sh\nexec /usr/bin/sudo -n /bin/sleep 30\n", mode=0o755)
    result = robot.run("PATH=/home/alice/slow:$PATH rovictl start nav --timeout 2", user="alice", timeout_s=15)
    assert result.status == 124 and "did not answer" in result.err, result


# ---- install


def ours(robot):
    return [path for path in robot.listing("/etc/polkit-1", "/etc/sudoers.d", BY_SUDO) if "rovi" in path]


def test_an_upgrade_to_the_other_kind_takes_the_old_one_away(fresh_robot):
    robot = fresh_robot
    js = robot.polkit_has_rules
    assert robot.install().status == 0
    robot.must("usermod -aG rovi-ops alice")
    if js:
        assert ours(robot) == [RULE]
        robot.must("mv /etc/polkit-1/rules.d /root/; mkdir -p /root/saved")
        robot.must(INSTALL)
        assert ours(robot) == [SUDOERS, BY_SUDO]
        assert robot.rovictl("start nav").status == 0
        assert "nothing to change" in robot.must(INSTALL)
        robot.must("rm /root/rules.d/50-rovi*; mv /root/rules.d /etc/polkit-1/; systemctl restart polkit")
        robot.must(INSTALL)
        assert ours(robot) == [RULE]
        assert robot.rovictl("stop").status == 0
    else:
        robot.must("mkdir /etc/polkit-1/rules.d")  # 0.105 does not read it, whoever has made it
        robot.must(INSTALL)
        assert ours(robot) == [SUDOERS, BY_SUDO]
        robot.must("rmdir /etc/polkit-1/rules.d")
    assert robot.run(f"make -C {SOURCE} uninstall").status == 0
    assert ours(robot) == []


def test_without_sudo_there_is_neither(fresh_robot):
    robot = fresh_robot
    robot.must(f"{WITHOUT_RULES}; mv /usr/bin/sudo /usr/bin/.sudo")
    result = robot.install()
    assert result.status == 0 and "Install sudo (apt-get install sudo), then install again" in result.err, result
    assert ours(robot) == []
    robot.must("usermod -aG rovi-ops alice")
    assert robot.rovictl("start nav").status == 77 and robot.rovictl("start nav", user="root").status == 0
    robot.must("mv /usr/bin/.sudo /usr/bin/sudo")
    robot.must(INSTALL)
    assert ours(robot) == [SUDOERS, BY_SUDO]
    # sudo that does not read the directory, and visudo that finds a mistake
    robot.must("sed -i.x '/includedir/d' /etc/sudoers")
    assert "warning: sudo does not use /etc/sudoers.d/rovi-stacks" in robot.run(INSTALL).err
    robot.must(f"mv /etc/sudoers.x /etc/sudoers; make -C {SOURCE} uninstall")
    robot.put("/root/spy/visudo", "#!/bin/sh\nexit 1\n", mode=0o755)
    result = robot.run(f"PATH=/root/spy:$PATH; {INSTALL}")
    assert result.status == 78 and "visudo does not accept" in result.err and ours(robot) == []


def test_the_gateway_and_the_executor_may_call_sudo(robot):
    for unit in (GATEWAY, "rovi_executor@1-2-3.service"):
        assert robot.show(unit, "NoNewPrivileges") == "no"
    assert robot.show("rovi-nav.service", "NoNewPrivileges") == "yes"
    call = '{"method":"org.rovi.Executor.Start","parameters":{"stack":"mapping"}}'
    answer = robot.must(f"printf '%s\\0' '{call}' | socat -t30 - UNIX-CONNECT:/run/org.rovi.Executor", user="alice")
    assert '"state":"RUNNING"' in answer, answer
