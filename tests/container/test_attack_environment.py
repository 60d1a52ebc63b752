"""A hostile environment: rovictl tells the truth or fails in one sentence, and no stack ever sees it.

What the caller can do with his own rights he may. Under sudo, it resets the environment.
"""

import json

import pytest

from harness.result import wait_for
from tests.container.attack import (
    MAPPING,
    nothing_outside_has_changed,
    nothing_ran_as_root,
    outside,
    the_next_start_works,
)

EVIL = "/tmp/evil"
CODES = {0, 1, 2, 3, 4, 69, 75, 77, 78, 79, 124}
# What each fake does: the real thing, after it has tried to leave a mark as somebody else.
FAKE = """#!/bin/sh
[ "$(/usr/bin/id -un)" = alice ] || /usr/bin/touch /run/ran-as-root
exec /usr/bin/{0} "$@"
"""
VARIABLES = {
    "PATH": f"{EVIL}:/usr/local/bin:/usr/bin:/bin",
    "BASH_ENV": f"{EVIL}/rc",
    "ENV": f"{EVIL}/rc",
    "LD_PRELOAD": f"{EVIL}/x.so",
    "LD_LIBRARY_PATH": EVIL,
    "IFS": "st /",
    "LC_ALL": "tr_TR.UTF-8",
    "LANG": "zz",
    "LANGUAGE": "de",
    "CDPATH": EVIL,
    "GLOBIGNORE": "*",
    "TMPDIR": "/nowhere",
    "PS4": "$(touch /tmp/ps4)",
    "TZ": ":/etc/shadow",
    "COLUMNS": "-5",
    "LINES": "99999999999999999999",
    "TERM": "../../x",
    "SHELLOPTS": "braceexpand:hashall:noglob",
    "BASHOPTS": "nocasematch:nullglob:failglob",
    "POSIXLY_CORRECT": "1",
    "NO_COLOR": "",
    "SYSTEMD_COLORS": "always",
    "SYSTEMD_PAGER": f"{EVIL}/rc",
    "SYSTEMD_LOG_LEVEL": "debug",
    "ROVI_LIB": EVIL,
    "ROVI_REPLY": "x",
    "ROVI_DEADLINE": "1",
    "ROVI_GATEWAY": "dbus.service",
    "ROVI_EX_DENIED": "0",
    "used": " lib/use lib/run ",
    "option": "--json",
    "verb": "stop",
    "operand": "nav",
    "UNIT": "x",
    "HOME": "/nowhere",
    "XDG_RUNTIME_DIR": EVIL,
    "XDG_CONFIG_HOME": EVIL,
    "SUDO_ASKPASS": f"{EVIL}/rc",
    "SUDO_USER": "root",
    "ROS_DOMAIN_ID": "77",
    "ROVI_ROS_WS_DIR": EVIL,
    "ROVI_ENV": "pc",
    "ROVI_MARK_EVIL": "1",
    "TIMEFORMAT": "$(touch /tmp/ps4)",
    "PROMPT_COMMAND": "touch /tmp/ps4",
    "BASH_XTRACEFD": "1",
    "EXECIGNORE": "*busctl",
    "FUNCNEST": "1000",
    "BASH_COMPAT": "3.1",
    "HOSTFILE": EVIL,
    "MALLOC_PERTURB_": "7",
}
# Before rovictl, by the shell that starts it.
SHELLS = {
    "functions": 'busctl() { echo evil; }; printf() { builtin printf "$@"; }; id() { command id "$@"; }; die() { :; }; '
    "export -f busctl printf id die",
    "no stderr": "exec 2>&-",
    "nothing open": "exec <&- >&- 2>&-",
    "full stdout": "exec >/dev/full",
    "few files": "ulimit -n 10",
    "no file may grow": "ulimit -f 0",
    "little memory": "ulimit -v 20000",
    "umask 777": "umask 777",
    "SIGPIPE ignored": "trap '' PIPE",
    "signals ignored": "trap '' INT TERM HUP CHLD",
    "reader gone": "exec > >(:)",
    "cwd gone": "mkdir /tmp/gone$$; cd /tmp/gone$$; rmdir /tmp/gone$$",
    "xtrace": "export SHELLOPTS; set -x",
    "noexec": "export SHELLOPTS; set -n -v",
    "posix": "export SHELLOPTS; set -o posix",
    "descriptors taken": "exec 3</dev/null 9</dev/null 10</dev/null 11</dev/null 63</dev/null",
}


@pytest.fixture
def evil(robot):
    for name in ("busctl", "systemctl", "sudo", "bash", "timeout", "readlink", "id", "journalctl"):
        robot.put(f"{EVIL}/{name}", FAKE.format(name), user="alice", mode=0o755)
    for name in ("rc", "lib/use.sh", "lib/run.sh", "rovictl.d/ask.sh", ".env.robot", "rovi_env.sh"):
        robot.put(
            f"{EVIL}/{name}",
            '[ "$(/usr/bin/id -un)" = alice ] || /usr/bin/touch /run/ran-as-root\n',
            user="alice",
            mode=0o755,
        )
    before = outside(robot)
    yield robot
    nothing_ran_as_root(robot)
    robot.run("rm -rf /tmp/evil /tmp/ps4 /tmp/gone*")
    nothing_outside_has_changed(robot, before)
    the_next_start_works(robot)


def environment_of(robot, unit):
    """The variables of all processes of a unit, and of none else."""
    pids = [str(process.pid) for process in robot.processes(unit)]
    assert pids, f"{unit} has no process"
    text = robot.run("cat " + " ".join(f"/proc/{pid}/environ" for pid in pids)).out  # one may have ended meanwhile
    assert text, f"nothing to be seen of {unit}"
    return sorted(
        {
            entry
            for entry in text.split("\0")
            if entry and not entry.startswith(("INVOCATION_ID", "SYSTEMD_EXEC_PID", "JOURNAL_STREAM"))
        }
    )


def limits_of(robot, unit):
    pid = robot.show(unit, "MainPID")
    return robot.must(
        f"cat /proc/{pid}/limits; grep -E 'Umask|SigIgn' /proc/{pid}/status; "
        f"runuser -u rovi -- readlink /proc/{pid}/cwd"
    )


def tell(robot, variables, verbs):
    """Calls rovictl for each verb with variables set, from a directory full of traps: each verb's exit code."""
    pairs = [f"{name}={value}" for name, value in variables.items()]
    script = "cd /tmp/evil; " + "".join(
        f'env "$@" /usr/local/bin/rovictl {verb} </dev/null >/dev/null 2>&1; echo $?;' for verb in verbs
    )
    out = robot.must(["bash", "-c", script, "bash", *pairs], user="alice")
    return dict(zip(verbs, map(int, out.split())))


def chunks():
    """The variables that make no difference, some at a time."""
    harmless = [item for item in VARIABLES.items() if item[0] not in HIS_OWN]
    return [dict(harmless[at : at + 8]) for at in range(0, len(harmless), 8)]


# A variable that bash or the loader of programs goes by may make rovictl fail, with the caller's rights and by
# his own wish; everything else must make no difference.
HIS_OWN = {
    "LD_PRELOAD",
    "SHELLOPTS",
    "BASHOPTS",
    "EXECIGNORE",
    "BASH_COMPAT",
    "GLOBIGNORE",
    "FUNCNEST",
    "POSIXLY_CORRECT",
}


def test_no_variable_changes_what_rovictl_says(evil, record_property):
    looks = {"status": 0, "status mapping --json": 3, "list": 0, "field service rovi-mapping": 0}
    record_property("inputs", len(VARIABLES) * len(looks))
    for name, value in VARIABLES.items():
        codes = tell(evil, {name: value}, looks)
        assert set(codes.values()) <= CODES, (name, codes)
        assert codes == looks or name in HIS_OWN, name


def test_no_variable_changes_what_rovictl_does(evil, record_property):
    does = {"start mapping": 0, "restart mapping": 0, "ps mapping": 0, "start nav": 75, "stop": 0}
    record_property("inputs", len(chunks()) * len(does))
    for some in chunks():
        assert tell(evil, some, does) == does, some


def test_nothing_of_it_reaches_a_stack(evil, record_property):
    robot = evil
    record_property("inputs", len(VARIABLES))

    def seen():
        # Without what watches the start a moment longer, or makes a snapshot: those have the environment of the unit.
        wait_for(lambda: len(robot.processes(MAPPING)) == 4, lambda: robot.report(MAPPING))
        return environment_of(robot, MAPPING), limits_of(robot, MAPPING)

    robot.must(["systemctl", "start", MAPPING])
    clean = seen()
    robot.must(["systemctl", "stop", MAPPING])
    everything = {name: value for name, value in VARIABLES.items() if name not in HIS_OWN | {"PATH", "BASH_XTRACEFD"}}
    result = robot.run(
        "umask 777; ulimit -n 64; trap '' INT; cd /tmp/evil; exec /usr/local/bin/rovictl start mapping",
        user="alice",
        env=everything,
    )
    assert result.status == 0, result
    assert seen() == clean
    assert not any("ROVI_MARK_EVIL" in entry or entry == "ROS_DOMAIN_ID=77" for entry in environment_of(robot, MAPPING))


def test_nothing_of_it_reaches_the_executor(evil):
    robot = evil
    call = json.dumps({"method": "org.rovi.Executor.Watch", "parameters": {}, "more": True})
    robot.put(
        "/tmp/evil/call.sh",
        f"{{ printf '%s\\0' '{call}'; sleep 20; }} | "
        "timeout 20 socat - UNIX-CONNECT:/run/org.rovi.Executor >/dev/null &\n",
    )
    everything = {
        name: value for name, value in VARIABLES.items() if name not in HIS_OWN | {"PATH", "BASH_XTRACEFD", "IFS"}
    }
    robot.must("setsid bash /tmp/evil/call.sh >/dev/null 2>&1 </dev/null", user="alice", env=everything)

    def served():
        return [p for p in robot.processes() if p.unit.startswith("rovi_executor@") and p.user == "rovi"]

    found = wait_for(served, "no connection is served")
    seen = environment_of(robot, found[0].unit)
    assert not any(name in entry for entry in seen for name in ("ROVI_MARK_EVIL", EVIL, "/nowhere")), seen
    robot.run("pkill -u alice socat; pkill -u alice sleep")


def by_shell(robot, before, verb):
    robot.put(f"{EVIL}/shell", f"{before}\n/usr/local/bin/rovictl {verb} --timeout 20\n")
    result = robot.run(["bash", "-c", f"ulimit -c 0; exec bash {EVIL}/shell"], user="alice", timeout_s=40)
    assert result.status != 124, ("it hangs", before, result)
    assert result.status in CODES | {141, 153}, (before, result)  # SIGPIPE, SIGXFSZ: of the caller's own making
    if "/dev/full" in before:
        assert result.err == "rovictl: cannot write to standard output: is the disk full, or has the reader gone?\n", (
            result
        )
    return result


def test_whatever_shell_calls_it_rovictl_does_not_lie(evil, record_property):
    robot = evil
    record_property("inputs", len(SHELLS) * 2)
    for kind, before in SHELLS.items():
        said = by_shell(robot, before, "start mapping")
        assert robot.state(MAPPING) == "active" or said.status or "runs" not in said.out, (kind, said)
        if robot.state(MAPPING) != "active":
            robot.must(["systemctl", "start", MAPPING])
        said = by_shell(robot, before, "stop")
        assert robot.state(MAPPING) == "inactive" or said.status or "stopped" not in said.out, (kind, said)
        nothing_ran_as_root(robot)
    robot.must(["systemctl", "stop", MAPPING])


def test_sudo_resets_the_environment(evil):
    robot = evil
    if robot.polkit_has_rules:
        assert robot.run("sudo -n true", user="alice").status != 0  # there is no way through sudo here
        return
    everything = {name: value for name, value in VARIABLES.items() if name not in HIS_OWN | {"PATH"}}
    call = (
        f"{robot.operator_busctl} org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager "
        f"StartUnit ss {MAPPING} replace"
    )
    robot.must("mv /usr/bin/busctl /usr/bin/.busctl")
    try:
        robot.put("/usr/bin/busctl", '#!/bin/sh\n/usr/bin/env >/run/sudo.env\nexec /usr/bin/.busctl "$@"\n', mode=0o755)
        robot.must(call, user="alice", env=everything)
    finally:
        robot.must("mv -f /usr/bin/.busctl /usr/bin/busctl")
    seen = dict(line.split("=", 1) for line in robot.must("cat /run/sudo.env; rm /run/sudo.env").splitlines())
    assert set(seen) <= {
        "PATH",
        "HOME",
        "LOGNAME",
        "USER",
        "SHELL",
        "MAIL",
        "TERM",
        "PWD",
        "LANG",
        "SUDO_COMMAND",
        "SUDO_USER",
        "SUDO_UID",
        "SUDO_GID",
    }, seen
    assert EVIL not in seen["PATH"] and seen["USER"] == "root"
