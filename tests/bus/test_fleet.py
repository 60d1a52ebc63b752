"""rovictl -H @GROUP: groups and variables of an Ansible inventory, some robots at a time, a canary first; and all that
can be wrong with an inventory. An ssh that plays the robots; a real ansible-inventory."""

import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.result import wait_for

# An ssh that notes each call, and what is going on; which robot it is decides what happens.
SSH = """#!/bin/bash
here=${0%/*}
host=${*: -2:1} command=${*: -1}
printf '%s\\t%s\\t%s\\n' "$host" "$command" "${*:1:$#-3}" >>"$here/calls"
printf '+\\n' >>"$here/going"
trap 'printf -- "-\\n" >>"$here/going"' EXIT
until [[ ! -e $here/$host.wait ]]; do read -rt 0.02 <> <(:); done
case $host in
dead*) echo "ssh: connect to host $host port 22: No route to host" >&2; exit 255 ;;
old*) echo "rovictl: status has no option --new: see 'rovictl help status'" >&2; exit 2 ;;
esac
[[ $command != *"'status'"* ]] || printf '● gateway        RUNNING  3h 12min      815   117.7M     42 yes\\n%s\\n' \\
    "● nav            RUNNING  1min 20s     4711    40.0M      7 -    <    more"
[[ $command != *"'start'"* ]] || { [[ -e $here/$host.fails ]] && exit 1; echo "nav runs"; }
[[ $command != *"'wait'"* ]] || [[ ! -e $here/$host.dies ]]
"""
INVENTORY = """
[lab]
r1 ansible_host=10.0.0.1 ansible_port=2222 ansible_user=bob
r2 ansible_ssh_common_args='-A -o ProxyCommand="ssh -W %h:%p bastion" -J "a b"'
r3 ansible_ssh_private_key_file=~/.ssh/key
[hall]
r4
r2
[site:children]
lab
hall
empty
[empty]
"""


@pytest.fixture
def fleet(robot, tmp_path):
    """Runs rovictl with an inventory; its calls are (robot, command, words for ssh)."""
    (tmp_path / "ssh").write_text(SSH)
    (tmp_path / "ssh").chmod(0o755)
    (tmp_path / "hosts").write_text(INVENTORY)
    robot.env["PATH"] = f"{tmp_path}:{Path(sys.executable).parent}:{robot.env['PATH']}"
    robot.env["HOME"] = str(tmp_path)
    robot.env["LC_ALL"] = "C"  # in which ansible itself refuses to run
    robot.env["ROVI_INVENTORY"] = str(tmp_path / "hosts")
    robot.folder = tmp_path
    yield robot
    for file in tmp_path.glob("*.wait"):
        file.unlink()


@contextlib.contextmanager
def started(fleet, arguments):
    """rovictl in the background, which is ended if the test has found that it does not end."""
    with fleet.start(arguments) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def calls(fleet):
    """What ssh was called with, in order; and forgets it."""
    file = fleet.folder / "calls"
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return [line.split("\t") for line in lines]


def asked(fleet):
    return [host for host, _, _ in calls(fleet)]


def most_at_a_time(fleet):
    now, most = 0, 0
    for line in (fleet.folder / "going").read_text().split():
        now += 1 if line == "+" else -1
        most = max(most, now)
    return most


def hosts_of(result):
    return [line.split()[0] for line in result.out.splitlines() if "gateway" in line]


@pytest.mark.parametrize(
    "hosts, expected",
    [
        ("@lab", "r1 r2 r3"),
        ("@site", "r1 r2 r3 r4"),
        ("r9,@lab,!r2", "r9 r1 r3"),
        ("!@hall,@lab,@lab", "r1 r3"),
        ("r3,alice@r1", "r3 alice@r1"),
        ("@all,!@lab", "r4"),
        ("@lab,!r4", "r1 r2 r3"),
    ],
)
def test_a_group_means_its_robots_once_in_order(fleet, hosts, expected):
    result = fleet.rovictl(["-H", hosts, "status"])
    assert (hosts_of(result), result.status) == (expected.split(), 0), result


def test_ssh_gets_the_variables_of_a_host_as_words(fleet):
    fleet.rovictl("-H @lab list")
    words = {host: words.partition("BatchMode=yes")[2].strip() for host, _, words in calls(fleet)}
    assert words == {
        "10.0.0.1": "-p 2222 -l bob",
        "r2": "-A -o ProxyCommand=ssh -W %h:%p bastion -J a b",
        "r3": "-i ~/.ssh/key",
    }
    fleet.rovictl("-H alice@r1 list")  # one robot, and another user
    assert calls(fleet)[0][2].endswith("-p 2222 -l alice")


def test_without_a_group_and_a_variable_no_inventory_is_read(fleet):
    assert fleet.rovictl("-H r1,r2 status", env={"ROVI_INVENTORY": "", "PATH": f"{fleet.folder}:/usr/bin"}).status == 0
    assert sorted(host for host, _, _ in calls(fleet)) == ["r1", "r2"]


@pytest.mark.parametrize(
    "hosts, inventory, sentence, status",
    [
        ("@labb", None, "the inventory has no group labb: did you mean lab? (it has all empty hall lab site", 2),
        ("@_meta", None, "the inventory has no group _meta", 2),
        ("@empty", None, "the group empty of the inventory has no hosts", 2),
        ("@lab,!r7", None, "!r7 leaves out a robot that is not there", 2),
        ("@lab,!@lab", None, "--host '@lab,!@lab' leaves no robot", 2),
        ("@lab,!@labb", None, "the inventory has no group labb", 2),
        ("@a", "[a:children]\nb\n[b:children]\na\n", "creates a recursive dependency loop): see 'ansible-inv", 78),
        ("@lab", "lab: [", "ansible-inventory cannot read the inventory (", 78),
        ("@lab", "[lab]\n-oProxyCommand=x\n", "a host named -oProxyCommand=x, which cannot be the name of a robot", 78),
        ("@lab", '[lab]\n"a,b"\n', "a host named 'a,b', which cannot be the name of a robot", 78),
        ("@lab", "[lab]\nröbot\n", "which cannot be the name of a robot", 78),
        ("@lab", "[lab]\nr1 ansible_host=-oProxyCommand=x\n", "ansible_host=-oProxyCommand=x for r1, which is no", 78),
        ("@lab", "[lab]\nr1 ansible_port=0\n", "ansible_port=0 for r1, which is no port", 78),
        ("@lab", "[lab]\nr1 ansible_user=-la\n", "ansible_user=-la for r1, which is no user", 78),
        ("@lab", "[lab]\nr1 ansible_connection=local\n", "which is something other than ssh", 78),
        ("@lab", "[lab]\nr1 ansible_ssh_common_args='-o \"a'\n", "which is a quote that is not closed", 78),
        ("@lab", "[lab]\nr1 ansible_ssh_common_args='-A evil'\n", "=evil for r1, which is no option for a conn", 78),
        ("@lab", "[lab]\nr1 ansible_ssh_common_args='-o'\n", "=-o for r1, which is an option without its value", 78),
        ("@lab", "[lab]\nr1 ansible_ssh_common_args='-f'\n", "=-f for r1, which is no option for a connection", 78),
        ("@lab", "[lab]\n" + "".join(f"r{i}\n" for i in range(1100)), "means 1100 robots: at most 1000", 2),
        ("-oProxyCommand=x", None, "--host takes [USER@]HOST or @GROUP", 2),
        ("a,,b", None, "--host takes [USER@]HOST or @GROUP", 2),
        ("@", None, "--host takes [USER@]HOST or @GROUP", 2),
        ("röbot", None, "--host takes [USER@]HOST or @GROUP", 2),
    ],
)
def test_bad_input_is_one_sentence_and_no_robot_is_asked(fleet, hosts, inventory, sentence, status):
    if inventory is not None:
        (fleet.folder / "hosts").write_text(inventory)
    result = fleet.rovictl([f"--host={hosts}", "start", "nav"])
    assert (result.status, result.out, len(result.err.splitlines())) == (status, "", 1) and sentence in result.err
    assert calls(fleet) == []


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ("-H @lab status --workers 0", "--workers takes a number of robots from 1 to 999, not 0"),
        ("-H @lab status --workers 10000", "--workers takes a number of robots from 1 to 999, not 10000"),
        ("-H @lab start nav --canary x", "--canary takes a number of robots from 1 to 999, not x"),
        ("-H r1 status --workers 2", "--workers is for several robots: name them as -H a,b or -H @GROUP"),
        ("start nav --canary 2", "--canary is for several robots"),
        ("-H @lab status --canary 2", "status has no option --canary"),
        ("-H @lab start nav --canary 2 --no-wait", "--canary waits for the first robots: leave out --no-wait"),
    ],
)
def test_a_number_that_cannot_be_is_refused(fleet, arguments, sentence):
    result = fleet.rovictl(arguments)
    assert (result.status, result.out) == (2, "") and sentence in result.err, result
    assert calls(fleet) == []


def test_without_ansible_the_way_out_is_said(fleet):
    result = fleet.rovictl("-H @lab status", env={"PATH": f"{fleet.folder}:/usr/bin:/bin"})
    assert result.status == 4 and "no ansible-inventory, which reads the inventory: install ansible-core" in result.err


def test_an_inventory_that_hangs_is_ended_with_what_it_runs(fleet):
    script = fleet.folder / "hosts"
    script.write_text("#!/bin/sh\nwhile :; do sleep 0.2; done\n")
    script.chmod(0o755)
    result = fleet.rovictl("-H @lab start nav --timeout 2")
    assert result.status == 124 and "was not read within 2 s: does 'ansible-inventory -i" in result.err, result
    assert result.seconds < 10
    wait_for(lambda: subprocess.run(["pgrep", "-f", f"{script} --list"]).returncode, "the script goes on")


def test_an_inventory_without_end_is_refused(fleet):
    script = fleet.folder / "hosts"
    script.write_text(
        '#!/bin/sh\nprintf \'{"lab":{"hosts":["r1"],"vars":{"x":"\'\n'
        'head -c 5000000 /dev/zero | tr "\\0" a\nprintf \'"}}}\'\n'
    )
    script.chmod(0o755)
    result = fleet.rovictl("-H @lab status")
    assert result.status == 78 and "the inventory has over 4194304 bytes" in result.err, result.err[:300]


def test_so_many_at_a_time_as_asked_for(fleet):
    hosts = ",".join(f"h{i}" for i in range(24))
    for words, most in (("--workers 3", 3), ("", 10)):
        (fleet.folder / "going").write_text("")
        assert hosts_of(fleet.rovictl(f"-H {hosts} {words} status")) == hosts.split(",")
        assert most_at_a_time(fleet) <= most
    (fleet.folder / "going").write_text("")
    for host in ("h0", "h1", "h2"):
        (fleet.folder / f"{host}.wait").touch()
    with started(fleet, f"-H {hosts} --workers 4 status") as process:
        wait_for(lambda: (fleet.folder / "going").read_text().count("-") == 21, "one that waits holds up others")
        for host in ("h0", "h1", "h2"):
            (fleet.folder / f"{host}.wait").unlink()
        assert process.wait(20) == 0
        process.communicate()
    assert most_at_a_time(fleet) == 4


def test_who_is_late_holds_up_nobody_and_who_is_dead_comes_last(fleet):
    (fleet.folder / "10.0.0.1.wait").touch()
    with started(fleet, "-H r1,dead1,r2,old1,r3 status") as process:
        rows = [process.stdout.readline() for _ in range(4)]
        assert [row.split()[0] for row in rows] == ["r2", "r2", "r3", "r3"], rows
        (fleet.folder / "10.0.0.1.wait").unlink()
        out, err = process.communicate(timeout=20)
    assert out.splitlines()[2:] == [
        "dead1 - no answer, or no rovictl there",
        "old1  - no status (exit code 2)",
        "5 robots: nav on 3; no status: dead1 old1",
    ], out
    assert out.startswith("r1    ● gateway") and process.returncode == 4
    assert "dead1: rovictl: cannot reach dead1 over ssh" in err and "old1: rovictl: status has no option" in err


def test_a_hundred_robots(fleet):
    (fleet.folder / "hosts").write_text("[lab]\n" + "".join(f"r{i}\n" for i in range(97)) + "dead1\nold1\ndead2\n")
    result = fleet.rovictl("-H @lab --workers 20 status", limit_s=60)
    assert hosts_of(result) == [f"r{i}" for i in range(97)], result
    assert result.out.splitlines()[-1] == "100 robots: nav on 97; no status: dead1 old1 dead2"


def test_one_that_somebody_kills_is_not_waited_for(fleet):
    (fleet.folder / "r2.wait").touch()
    with started(fleet, "-H r1,r2 status") as process:
        wait_for(lambda: (fleet.folder / "calls").exists() and len((fleet.folder / "calls").read_text()) > 30, "no ssh")
        workers = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
        for worker in workers:
            subprocess.run(["kill", "-KILL", worker])
        assert process.wait(20) == 137
        (fleet.folder / "r2.wait").unlink()
        out, _ = process.communicate(timeout=20)
    assert "r2   - no answer in time" in out, out


def test_the_canary_comes_first_and_must_run(fleet):
    result = fleet.rovictl("-H @lab start nav --canary 1")
    assert (result.status, result.out) == (0, "r1: nav runs\nr2: nav runs\nr3: nav runs\n"), result
    done = calls(fleet)
    assert [(host, command.split()[1]) for host, command, _ in done[:2]] == [
        ("10.0.0.1", "'start'"),
        ("10.0.0.1", "'wait'"),
    ]
    assert sorted(host for host, _, _ in done[2:]) == ["r2", "r3"]
    assert all("canary" not in command and "host" not in command for _, command, _ in done)
    (fleet.folder / "10.0.0.1.dies").touch()
    result = fleet.rovictl("-H @lab start nav --canary 1 --keep-going")
    assert (result.status, asked(fleet)) == (1, ["10.0.0.1", "10.0.0.1"]), result
    assert result.err == "rovictl: start is done on no robot; failed on r1; not begun on r2 r3\n"


def test_it_stops_at_the_first_failure_and_says_what_was_done(fleet):
    (fleet.folder / "r2.fails").touch()
    result = fleet.rovictl("-H @site start nav --workers 1")
    assert (result.status, result.out, asked(fleet)) == (1, "r1: nav runs\n", ["10.0.0.1", "r2"]), result
    assert result.err == (
        "rovictl: start is done on r1; failed on r2; not begun on r3 r4: --keep-going goes on after a failure\n"
    )
    result = fleet.rovictl("-H @site start nav --workers 1 --keep-going")
    assert (result.status, asked(fleet)) == (1, ["10.0.0.1", "r2", "r3", "r4"]), result
    assert result.err == "rovictl: start is done on r1 r3 r4; failed on r2\n"


@pytest.mark.parametrize("number, code", [("INT", 130), ("TERM", 143)])
def test_an_interrupted_rollout_says_what_was_done(fleet, number, code):
    (fleet.folder / "r2.wait").touch()
    (fleet.folder / "10.0.0.1.fails").touch()
    with started(fleet, "-H r4,r1,r2,r3 start nav --workers 1 --keep-going") as process:
        noted = fleet.folder / "calls"
        wait_for(lambda: noted.exists() and "r2\t" in noted.read_text(), "nobody asks r2")
        process.send_signal(getattr(signal, f"SIG{number}"))
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (code, "r4: nav runs\n"), (out, err)
    assert err == ("rovictl: start is done on r4; failed on r1; begun, and it may go on, on r2; not begun on r3\n")


def test_no_robot_is_asked_for_a_password_beside_others(fleet):
    fleet.rovictl("-H @hall status")
    assert all("-o BatchMode=yes" in words for _, _, words in calls(fleet))


def test_a_robot_that_does_not_end_a_verb_is_left_after_its_time(fleet):
    (fleet.folder / "10.0.0.1.wait").touch()
    result = fleet.rovictl("-H r1,r2 start nav --timeout 0 --keep-going")
    assert result.status == 124 and result.out == "r2: nav runs\n", result
    assert "r1: rovictl: r1 did not answer within 0 s: does 'ssh -p 2222 -l bob 10.0.0.1 true' work?" in result.err


def test_watch_shows_all_at_the_same_time(fleet):
    for host in ("10.0.0.1", "r2", "r3"):
        (fleet.folder / f"{host}.wait").touch()
    with started(fleet, "-H @lab --workers 1 watch"):
        wait_for(
            lambda: (fleet.folder / "going").exists() and (fleet.folder / "going").read_text().count("+") == 3, "no"
        )


def test_without_room_for_what_they_print_no_robot_is_asked(fleet):
    result = fleet.rovictl("-H r1,r2 status", env={"TMPDIR": "/nonexistent"})
    assert (result.status, result.out) == (4, "") and result.err.endswith(
        "a temporary file for each robot: make /nonexistent writable\n"
    )
    assert calls(fleet) == []
