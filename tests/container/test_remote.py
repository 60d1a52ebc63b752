"""rovictl -H: over a real sshd, from one container to two others."""

import json

import pytest

from harness.result import wait_for
from harness.robot import Robot

SSHD = "/run/sshd.conf"


@pytest.fixture(scope="module")
def robots():
    """Two robots with sshd, and a third machine, in it alice, who may log in on both."""
    with Robot() as one, Robot() as two, Robot() as desk:
        desk.must("ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519", user="alice")
        key = desk.must("cat ~/.ssh/id_ed25519.pub", user="alice")
        hosts, known = "", ""
        for name, robot in (("one", one), ("two", two)):
            assert robot.install().status == 0
            robot.must(
                "usermod -aG rovi-ops alice; mkdir -p /run/sshd; ssh-keygen -A -q; rm -f /run/nologin; "
                "systemctl unmask -q ssh.service; systemctl start ssh.service"
            )
            robot.put("/home/alice/.ssh/authorized_keys", key, user="alice", mode=0o600)
            hosts += f"{robot.address} {name}\n"
            known += f"{name} " + robot.must("cat /etc/ssh/ssh_host_ed25519_key.pub")
        assert desk.install().status == 0  # for rovictl; its own gateway is of no interest
        desk.must(["sh", "-c", 'printf %s "$0" >>/etc/hosts', hosts])
        desk.put("/home/alice/.ssh/known_hosts", known, user="alice")
        yield desk, one, two


def test_every_verb_goes_through(robots):
    desk, one, _ = robots
    assert desk.rovictl("-H one start mapping").out == "mapping runs\n"
    assert one.state("rovi-mapping.service") == "active"
    assert desk.rovictl("-H alice@one switch nav").out == "mapping stopped\nnav runs\n"
    wait_for(
        lambda: len(one.processes("rovi-nav.service")) == 4, lambda: one.report("rovi-nav.service")
    )  # its start is watched a moment longer
    for arguments in (
        "status",
        "status nav --json",
        "list",
        "list -q",
        "ps nav",
        "logs nav -n 3",
        "wait nav --timeout 3",
        "gateway status",
        "field service rovi-nav",
        "field process node --service rovi-nav",
        "version",
        "help start",
        "doctor",
        "completion bash",
    ):
        there, here = one.rovictl(arguments), desk.rovictl(f"--host=one {arguments}")
        assert (here.status, len(here.out.splitlines())) == (there.status, len(there.out.splitlines())), (here, there)
    assert desk.rovictl("-H one gateway stop").status == 77
    assert desk.rovictl("-H one start mapping").status == 75
    assert desk.rovictl("-H one stop --quiet").out == ""
    assert desk.rovictl("-H one status nav").status == 3


def test_bad_input_is_refused_there_or_here(robots):
    desk, _, _ = robots
    assert desk.rovictl("-H one start navv").err.startswith(
        "rovictl: no stack is named navv: did you mean nav? (known: camera"
    )
    for name in ("$(touch /tmp/x)", "a;b", "'", "x y"):
        assert desk.rovictl(["-H", "one", "start", name]).status == 2
    result = desk.rovictl("-H nowhere status")
    assert result.status == 4 and "cannot reach nowhere over ssh" in result.err


def test_several_hosts_side_by_side(robots):
    desk, one, two = robots
    one.rovictl("start mapping")
    two.rovictl("stop")
    result = desk.rovictl("-H one,two status mapping")
    assert result.status == 3, result  # the worst
    lines = result.out.splitlines()
    assert lines[0].startswith("one  ● mapping        RUNNING") and lines[1].startswith(
        "two  ○ mapping        STOPPED"
    ), result
    assert [line[:3] for line in desk.rovictl("-H two,one status").out.splitlines()] == [
        *["two"] * 6,
        *["one"] * 6,
        "2 r",
    ]
    for name in ("one", "one,two"):
        shown = desk.run_in_terminal(f"rovictl -H {name} status gateway", "alice")
        said = shown.out
        if "OpenSSH_8.4" in desk.run("ssh -V").err:  # Debian 11's says it at any LogLevel but QUIET
            said = said.replace("Connection to one closed.", "")
        assert "RUNNING" in said and "Connection" not in said, shown
    units = [json.loads(line) for line in desk.rovictl("-H one,two status --json").out.splitlines()]
    assert {unit["host"] for unit in units} == {"one", "two"} and len(units) == 12
    assert list(units[0])[:3] == ["host", "schema", "stack"]
    result = desk.rovictl("-H one,two start nav")
    assert (result.status, result.out) == (75, "two: nav runs\n")
    assert result.err.startswith("one: rovictl: stack mapping is active")
    result = desk.rovictl("-H one,nowhere,two status gateway")
    assert result.status == 4 and "nowhere: rovictl: cannot reach nowhere" in result.err and "two  " in result.out


def test_what_several_hosts_print_is_there_when_it_ends(robots):
    desk, one, two = robots
    for robot in (one, two):
        robot.put(
            "/run/systemd/system/rovi-camera.service.d/99-test.conf",
            "[Service]\nExecStart=\nExecStart=/usr/bin/seq 3000\n",
        )
        robot.must(
            "systemctl daemon-reload; systemctl start rovi-camera || true; journalctl --sync; "
            "rm -r /run/systemd/system/rovi-camera.service.d; systemctl daemon-reload; systemctl reset-failed"
        )
    for _ in range(5):
        out = desk.must("rovictl -H one,two logs camera -n 2000 >/tmp/many; wc -l </tmp/many", user="alice")
        assert out == "4000\n"


def test_who_is_ended_ends_its_ssh(robots):
    desk, _, _ = robots
    desk.must("rovictl -H one watch --json >/tmp/one 2>&1 & echo $! >/tmp/pid", user="alice")
    wait_for(lambda: desk.run("wc -l </tmp/one").out.strip() == "1", lambda: desk.run("cat /tmp/one").out)
    desk.must("kill $(cat /tmp/pid)", user="alice")
    wait_for(lambda: desk.run("pgrep -x ssh").status, lambda: desk.run("pgrep -ax ssh").out)


def test_watch_and_logs_go_on_and_end_there_when_they_end_here(robots):
    desk, one, two = robots
    for robot in (one, two):
        robot.rovictl("stop")
    desk.must(
        "(exec timeout 60 rovictl -H one,two watch --json >/tmp/watch 2>&1) & "
        "(exec timeout 60 rovictl -H one logs mapping -f -n 0 >/tmp/logs 2>&1) & echo",
        user="alice",
    )
    wait_for(lambda: desk.run("wc -l </tmp/watch").out.strip() == "2", lambda: desk.run("cat /tmp/watch").out)
    wait_for(lambda: one.run("pgrep -f '[j]ournalctl.*--follow'").out, "nobody follows the log")
    two.rovictl("start mapping")
    one.rovictl("start mapping")
    wait_for(lambda: '"host":"two","schema":1,"stack":"mapping"' in desk.run("cat /tmp/watch").out, "two is not seen")
    wait_for(lambda: "mapping_driver is up" in desk.run("cat /tmp/logs").out, lambda: desk.run("cat /tmp/logs").out)

    def far():
        return [
            line
            for robot in (one, two)
            for line in robot.run("pgrep -af '[r]ovictl.*watch|[j]ournalctl.*--follow'").out.splitlines()
        ]

    assert len(far()) >= 3
    desk.must("pkill -x ssh", user="alice")
    one.rovictl("stop")
    two.rovictl("stop")
    wait_for(lambda: not far(), far)
