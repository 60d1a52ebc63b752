"""Variants and parameters of a start: what is declared, what is refused, and whose start it is."""

import json
import time

import pytest

from harness.facts import platform_facts
from harness.result import wait_for
from harness.robot import STACKS

NAV = "rovi-nav.service"
DROP_IN = "/run/systemd/system/rovi-nav.service.d/99-test.conf"
REQUESTS, MOUNT = "/run/rovi_requests", "run-rovi_requests.mount"
ASK = "nav-000000000001"
# As rovictl would, but by hand: makes the request $1, and has systemd take it.
BY_HAND = f"""
set -eu
make {REQUESTS}/{ASK}
$busctl org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager \\
    StartUnit ss rovi-ask@{ASK}.service replace
"""


@pytest.fixture
def declare(robot):
    """A function that gives nav's unit more lines of [Service]."""

    def give(*lines):
        robot.put(DROP_IN, "\n".join(["[Service]", *lines]) + "\n")
        robot.must("systemctl daemon-reload")

    yield give
    robot.must(
        f"systemctl stop rovi-nav; rm -rf {REQUESTS}/* {DROP_IN.rpartition('/')[0]} /tmp/pwned; systemctl daemon-reload"
    )


def launched(robot, stack="nav"):
    """The arguments that a stack was launched with beyond those that every stack is."""
    pid = robot.show(f"rovi-{stack}.service", "MainPID")
    words = robot.must(f"tr '\\0' '\\n' </proc/{pid}/cmdline").splitlines()
    return words[words.index("rviz:=false") + 1 :]


def left(robot):
    """The requests that are there."""
    return robot.must(["find", REQUESTS, "-mindepth", "1", "-printf", "%f\\n"]).split()


def start_by_hand(robot, make):
    """Has nav started by a request that the shell function make, of an operator, makes: its end."""
    robot.must(f"busctl='{robot.operator_busctl}'; make() {{ {make}; }}\n{BY_HAND}", user="alice")
    wait_for(
        lambda: (
            robot.show(f"rovi-ask@{ASK}.service", "ActiveState", "Job")
            in (
                {"ActiveState": "inactive", "Job": "0"},
                {"ActiveState": "inactive", "Job": ""},
                {"ActiveState": "inactive"},
            )
        ),
        lambda: robot.report("rovi-ask@*"),
    )
    wait_for(lambda: robot.show(NAV, "Job") in ("", "0"), lambda: robot.report(NAV))
    return robot.show(NAV, "ActiveState", "StatusText", "ExecMainStatus")


def answer(robot):
    """What the request that was made by hand was answered with, if it was refused."""
    return robot.run(f"cat /run/rovi/answer.{ASK}; rm -f /run/rovi/answer.{ASK}").out


def starting_nav(robot, declare, asked):
    """nav on its way, until /tmp/ready is there. Nobody waits for it."""
    robot.must("rm -f /tmp/ready")
    declare('Environment="ROVI_READY_CHECK=test -e /tmp/ready"')
    assert robot.rovictl(f"start nav --no-wait {asked}").status == 0
    wait_for(lambda: "ready check" in robot.show(NAV, "StatusText"), lambda: robot.report(NAV))


def test_a_variant_and_parameters_reach_the_launch(robot, declare):
    result = robot.rovictl("start nav --variant localization map:=lab1")
    assert (result.status, result.out) == (0, "nav runs\n"), result
    assert launched(robot) == ["slam:=False", "map:=lab1"]
    assert "--variant localization map:=lab1" in robot.rovictl("status").out
    shown = json.loads(robot.rovictl("status nav --json").out)
    assert (shown["variant"], shown["parameters"]) == ("localization", {"map": "lab1"})
    assert left(robot) == []
    assert "asked for by alice: --variant localization map:=lab1" in robot.journal(NAV)
    assert robot.rovictl("restart nav map:=lab2").status == 0
    assert launched(robot) == ["map:=lab2"]
    assert robot.rovictl("switch localization map:=lab3").status == 0
    assert launched(robot, "localization") == ["map:=lab3"]
    assert json.loads(robot.rovictl("status gateway --json").out)["parameters"] is None


@pytest.mark.parametrize("asked", ["map:=lab1", "--variant localization map:=lab1"])
def test_a_stack_that_has_been_asked_for_something_and_fails_shows_why(robot, declare, asked):
    robot.switch("nav", nav_planner_does={"crash_after_s": 0.5}, launch_status=1)
    robot.rovictl(f"start nav {asked}")  # on a busy machine it sees the crash itself
    robot.wait_state(NAV, "failed")
    assert robot.show(NAV, "StatusText").startswith("nav_planner died (exit code 3): ")
    assert "printf" not in robot.journal(NAV)


def test_a_variant_counts_more_than_a_default_and_what_is_given_more_than_both(robot, declare):
    declare('Environment="ROVI_VARIANT_lab=slam:=False map:=lab1" "ROVI_PARAMETER_map=[a-z0-9]+" ROVI_DEFAULT_map=home')
    for asked, words, shown in (
        ("", ["map:=home"], "map:=home"),
        ("--variant lab", ["slam:=False", "map:=lab1"], "--variant lab"),
        ("--variant localization", ["slam:=False", "map:=home"], "--variant localization map:=home"),
        ("--variant lab map:=x", ["slam:=False", "map:=lab1", "map:=x"], "--variant lab map:=x"),
    ):
        assert robot.rovictl(f"restart nav {asked}").status == 0
        assert (launched(robot), robot.show(NAV, "StatusText")) == (words, shown)


def test_list_says_what_may_be_asked_for(robot, declare):
    declare("Environment=ROVI_VARIANT_slam= ROVI_DEFAULT_map=home")
    said = robot.rovictl("list").out
    assert "--variant localization\n" in said and "map:=[A-Za-z0-9_][A-Za-z0-9_.-]* (default: home)" in said
    nav = next(o for o in map(json.loads, robot.rovictl("list --json").out.splitlines()) if o["stack"] == "nav")
    assert nav["variants"] == ["localization"]
    assert nav["parameters"] == {"map": {"pattern": "[A-Za-z0-9_][A-Za-z0-9_.-]*", "default": "home", "values": []}}


def test_any_other_start_uses_the_defaults(robot, declare):
    declare("Environment=ROVI_DEFAULT_map=home")
    assert robot.rovictl("start nav --variant slam map:=lab1").status == 0
    assert launched(robot) == ["slam:=True", "map:=lab1"]
    robot.must("rovictl restart nav", user="alice")
    assert launched(robot) == ["map:=home"]
    assert "map:=home" in robot.rovictl("status nav").out
    assert robot.rovictl("restart nav map:=lab1").status == 0
    robot.must("systemctl kill --signal=KILL rovi-nav")
    robot.wait_state(NAV, "failed")
    robot.must("systemctl start rovi-nav")  # after a crash it is a start like any other
    assert launched(robot) == ["map:=home"]


@pytest.mark.parametrize(
    "command",
    [
        "systemctl restart rovi-nav",
        "systemctl try-restart rovi-nav",
        "systemctl restart rovi-gateway",
        "systemctl restart rovi-nav; systemctl restart rovi-gateway",
    ],
)
def test_a_restart_that_asks_for_nothing_goes_on_with_what_ran(robot, declare, command):
    # A robot that drives in lab1 and comes back without a map is another robot.
    assert robot.rovictl("start nav --variant localization map:=lab1").status == 0
    robot.must(command)
    robot.wait_state(NAV, "active")
    assert launched(robot) == ["slam:=False", "map:=lab1"]
    assert robot.show(NAV, "StatusText") == "--variant localization map:=lab1"


def test_a_restart_with_what_the_unit_allows_no_more_leaves_it_stopped(robot, declare):
    assert robot.rovictl("start nav map:=lab1").status == 0
    declare('Environment="ROVI_PARAMETER_map=home|garden"')
    robot.must("systemctl restart rovi-gateway")
    robot.wait_state(NAV, "failed")
    assert "map:=lab1 does not match what" in robot.show(NAV, "StatusText")
    assert robot.processes(NAV) == []
    assert robot.rovictl("start nav map:=home").status == 0


def test_the_gateways_crash_and_start_start_nothing(robot, declare):
    assert robot.rovictl("start nav map:=lab1").status == 0
    robot.must("systemctl kill --kill-who=main --signal=KILL rovi-gateway")
    robot.wait_state(NAV, "inactive")
    robot.must("systemctl start rovi-gateway")
    assert robot.state(NAV) == "inactive"
    robot.must("systemctl start rovi-nav")
    assert launched(robot) == []


@pytest.mark.parametrize("again, runs", [("map:=lab2", ["map:=lab2"]), ("--variant slam", ["slam:=True"]), ("", [])])
def test_a_restart_under_way_runs_with_what_was_asked_last(robot, declare, again, runs):
    # systemd runs the start again as the same job.
    starting_nav(robot, declare, "map:=lab1")
    job, invocation = robot.show(NAV, "Job"), robot.show(NAV, "InvocationID")
    restart = robot.begin(f"rovictl restart nav {again}")
    wait_for(lambda: robot.show(NAV, "InvocationID") != invocation, lambda: robot.report(NAV), 20)
    assert robot.show(NAV, "Job") == job, "another job: nothing is proved"
    robot.must("touch /tmp/ready")
    assert restart.ended(20) == "nav runs\n0\n"
    assert launched(robot) == runs


def test_a_restart_before_its_start_has_read_goes_on_with_nothing_older(robot, declare):
    assert robot.rovictl("start nav map:=lab1").status == 0
    robot.must("rovictl stop", user="alice")
    robot.must("rm -f /tmp/ready")
    declare("ExecStartPre=/bin/sh -c 'until [ -e /tmp/ready ]; do sleep 0.05; done'")  # nobody reads any request
    robot.must("systemctl start --no-block rovi-nav")
    robot.wait_state(NAV, "activating")
    invocation = robot.show(NAV, "InvocationID")
    robot.must("systemctl restart --no-block rovi-nav")
    wait_for(lambda: robot.show(NAV, "InvocationID") != invocation, lambda: robot.report(NAV), 20)
    robot.must("touch /tmp/ready")
    robot.wait_state(NAV, "active")
    assert launched(robot) == []


def test_a_start_waits_until_what_was_asked_of_it_is_noted(robot, declare):
    drop_in = "/run/systemd/system/rovi-ask@.service.d/99-test.conf"
    robot.put(drop_in, "[Service]\nEnvironment=BASH_ENV=/opt/harness/hold_point.bash\n")
    robot.put("/tmp/hold", "request_note*REQUEST_BY*\n", user="rovi")
    robot.must("systemctl daemon-reload")
    try:
        start = robot.begin("rovictl start nav map:=lab1")
        wait_for(lambda: robot.run("test -e /tmp/held").status == 0, lambda: robot.report("rovi-ask@*"), 20)
        wait_for(  # until it waits for the lock or, without one, has read that it was asked for nothing
            lambda: any("flock" in p.args or "stack:=nav" in p.args for p in robot.processes(NAV)),
            lambda: robot.report(NAV),
            20,
        )
        robot.must("rm /tmp/held")
        assert start.ended(20) == "nav runs\n0\n"
        assert launched(robot) == ["map:=lab1"]
    finally:
        robot.must(f"rm -rf {drop_in.rpartition('/')[0]} /tmp/hold /tmp/held; systemctl daemon-reload")


def test_systemctls_restart_under_way_goes_on_with_the_same(robot, declare):
    starting_nav(robot, declare, "map:=lab1")
    invocation = robot.show(NAV, "InvocationID")
    robot.must("systemctl restart --no-block rovi-nav")
    wait_for(lambda: robot.show(NAV, "InvocationID") != invocation, lambda: robot.report(NAV), 20)
    robot.must("touch /tmp/ready")
    robot.wait_state(NAV, "active")
    assert launched(robot) == ["map:=lab1"] and robot.show(NAV, "StatusText") == "map:=lab1"


@pytest.mark.parametrize(
    "words, why",
    [
        (["--variant", "loc"], "no variant loc: it has"),
        (["--variant", "localization slam"], "--variant takes the name of a variant"),
        (["--variant", "x]$(touch /tmp/pwned)"], "--variant takes"),
        (["--variant="], "--variant takes"),
        (["other:=1"], "no parameter other: it has map"),
        ([":=1"], "no parameter"),
        (["map x:=1"], "no parameter"),
        (["a[$(touch /tmp/pwned)]:=1"], "no parameter"),
        (["map:="], "give 1 to 256"),
        (["map:=a b"], "no blank"),
        (["map:=a\nb"], "no blank"),
        (["map:=a\\b"], "no backslash"),
        (["map:=\x1b[31m"], "printable ASCII"),
        (["map:=laboratório"], "printable ASCII"),
        (["map:=" + "x" * 100_000], "give 1 to 256"),
        (["map:=a;touch"], "does not match what the unit of nav declares"),
        (["map:=$(id)"], "does not match what"),
        (["map:=--help"], "does not match what"),
        (["map:=a", "map:=b"], "given twice"),
        (["mapx"], "takes at most 1 name"),
    ],
)
def test_what_is_not_declared_is_refused_and_changes_nothing(robot, words, why):
    before = robot.show(NAV, "InvocationID")
    for verb in ("start", "restart", "switch"):
        result = robot.rovictl([verb, "nav", *words])
        assert result.status == 2 and result.out == "", result
        assert result.err.startswith("rovictl: ") and why in result.err and len(result.err.splitlines()) == 1, result
        assert len(result.err) < 400
    assert robot.show(NAV, "ActiveState", "InvocationID") == {"ActiveState": "inactive", "InvocationID": before}
    assert left(robot) == [] and robot.run("test -e /tmp/pwned").status == 1


@pytest.mark.parametrize(
    "value", ["$(touch/tmp/pwned)", ";touch${IFS}/tmp/pwned;", "`id`", "--help", "*", "'\"", "%s%n", "a:=b"]
)
def test_what_the_pattern_allows_is_one_argument_and_nothing_more(robot, declare, value):
    declare('Environment="ROVI_PARAMETER_map=.*"')
    result = robot.rovictl(["start", "nav", f"map:={value}"])
    assert result.status == 0, result
    assert launched(robot) == [f"map:={value}"]
    assert json.loads(robot.rovictl("status nav --json").out)["parameters"] == {"map": value}
    assert robot.run("test -e /tmp/pwned").status == 1


@pytest.mark.parametrize(
    "line, why",
    [
        ("ROVI_PARAMETER_map=[a-z", "that is not a regular expression"),
        ("ROVI_DEFAULT_map=a/b", "it does not match ROVI_PARAMETER_map"),
        ("ROVI_DEFAULT_other=1", "there is no ROVI_PARAMETER_other"),
        ("ROVI_VARIANT_slam=slam", "write NAME:=VALUE, as for ros2 launch"),
        ("ROVI_VARIANT_slam=--debug a:=b", "write NAME:=VALUE, as for ros2 launch"),
    ],
)
def test_a_broken_declaration_is_named_and_starts_nothing(robot, declare, line, why):
    declare(f'Environment="{line}"')
    for words in ("start nav", "start nav map:=lab1"):
        result = robot.rovictl(words)
        assert result.status == 78 and why in result.err and line.partition("=")[0] in result.err, result
        assert line.partition("=")[2] in result.err, result  # as it was written
    assert robot.state(NAV) in ("failed", "inactive")
    assert robot.run("systemctl start rovi-nav").status == 1
    assert why in robot.show(NAV, "StatusText")


def test_a_stack_that_runs_is_not_changed_by_a_start(robot, declare):
    assert robot.rovictl("start nav map:=lab1").status == 0
    before = robot.show(NAV, "InvocationID")
    assert robot.rovictl("start nav map:=lab1").status == 0
    result = robot.rovictl("start nav map:=lab2")
    assert result.status == 75 and "is already running, with map:=lab1" in result.err, result
    assert robot.rovictl("start nav --variant slam map:=lab1").status == 75
    assert robot.show(NAV, "InvocationID") == before and left(robot) == []


def test_two_operators_at_the_same_moment(robot, declare):
    robot.must("id bob || useradd -m bob; usermod -aG rovi-ops bob")
    for _ in range(10):
        robot.must(
            "for who in alice bob; do "
            "(runuser -u $who -- rovictl start nav map:=$who; echo $?) >/tmp/$who.said 2>&1 & done; wait"
        )
        said = {who: robot.must(f"cat /tmp/{who}.said") for who in ("alice", "bob")}
        ends = {who: int(said[who].split()[-1]) for who in said}
        assert sorted(ends.values()) == [0, 75], said
        assert launched(robot) == [f"map:={min(ends, key=ends.get)}"]
        assert left(robot) == []
        robot.must("rovictl stop", user="alice")


def test_who_is_restarted_under_way_is_told_with_what_it_runs(robot, declare):
    robot.must("id bob || useradd -m bob; usermod -aG rovi-ops bob; rm -f /tmp/ready")
    declare('Environment="ROVI_READY_CHECK=test -e /tmp/ready"')
    start = robot.begin("rovictl start nav map:=first")
    wait_for(lambda: "ready check" in robot.show(NAV, "StatusText"), lambda: robot.report(NAV))
    invocation = robot.show(NAV, "InvocationID")
    restart = robot.begin("rovictl restart nav map:=second", user="bob")
    wait_for(lambda: robot.show(NAV, "InvocationID") != invocation, lambda: robot.report(NAV), 20)
    robot.must("touch /tmp/ready")
    assert restart.ended(20) == "nav runs\n0\n"
    said = start.ended(20)
    assert (
        "nav runs with map:=second, not as you asked: it was started or restarted again meanwhile" in said
        and said.endswith("\n75\n")
    )
    assert launched(robot) == ["map:=second"]
    assert "asked for by bob: map:=second" in robot.journal(NAV)


def test_who_comes_while_it_starts_is_told_that_it_is_not_his(robot, declare):
    robot.must("rm -f /tmp/ready")
    declare('Environment="ROVI_READY_CHECK=test -e /tmp/ready"')
    robot.must("rovictl start nav --no-wait map:=first", user="alice")
    result = robot.rovictl("start nav map:=second")
    assert result.status == 75 and "without what you asked for" in result.err, result
    assert robot.state(NAV) == "activating"
    robot.must("touch /tmp/ready")
    robot.wait_state(NAV, "active")
    robot.must("rm /tmp/ready")
    assert launched(robot) == ["map:=first"] and left(robot) == []


@pytest.mark.parametrize(
    "make, why",
    [
        ("ln -s /home/rovi/secret $1", "it is not a plain file"),
        ("mkfifo $1", "it is not a plain file"),
        ("mkdir $1", "that can be taken"),
        (":", "that can be taken"),
        ("head -c 100000 /dev/zero | tr '\\0' x >$1", "it is too long"),
        ("(printf 'start\\n\\n\\n'; head -c 9000 /dev/zero | tr '\\0' x) >$1", "it is too long"),
        ("head -c 8000 /dev/urandom >$1", "not have the form"),
        ("printf start >$1", "not have the form"),
        ("printf 'stop\\n\\n\\n' >$1", "not have the form"),
        ("printf 'start\\n\\n\\n' >$1; ln $1 ${1%1}2", "has a second name"),
    ],
)
def test_what_is_no_request_starts_nothing(robot, declare, make, why):
    robot.put("/home/rovi/secret", "start\n\n\nmap:=topsecret\n", user="rovi", mode=0o600)
    before = robot.show(NAV, "ActiveState", "InvocationID")
    start_by_hand(robot, make)
    said = answer(robot)
    assert said.startswith("2\n") and why in said and "topsecret" not in said, said
    assert robot.show(NAV, "ActiveState", "InvocationID") == before
    assert robot.rovictl("start nav").status == 0
    assert launched(robot) == []


@pytest.mark.parametrize(
    "lines, why",
    [
        ("robot_mode:=sim", "no variant"),
        ("\\nrobot_mode:=sim", "no parameter robot_mode"),
        ("\\nmap:=$(id)", "does not match what"),
        ("\\nmap:=a\\nmap:=b", "given twice"),
        ("\\n\\n", "no parameter"),
        ("\\n map:=a", "no parameter ' map'"),
    ],
)
def test_a_request_made_by_hand_is_hostile_input(robot, declare, lines, why):
    end = start_by_hand(robot, f"printf 'start\\n0\\n{lines}\\n' >$1")
    assert end["ActiveState"] == "failed" and end["ExecMainStatus"] == "2", end
    assert why in end["StatusText"] and "(asked for by alice)" in end["StatusText"], end
    assert left(robot) == []
    assert robot.rovictl("start nav").status == 0
    assert launched(robot) == []


def test_a_good_request_made_by_hand_is_a_good_request(robot, declare):
    # Its second line says for whom it is made, and counts only from the service user.
    assert start_by_hand(robot, "printf 'start\\n0\\nslam\\nmap:=a\\n' >$1")["ActiveState"] == "active"
    assert launched(robot) == ["slam:=True", "map:=a"]
    assert "asked for by alice: --variant slam map:=a" in robot.journal(NAV)


def test_a_request_is_used_once(robot, declare):
    assert start_by_hand(robot, "printf 'start\\n\\n\\nmap:=a\\n' >$1")["ActiveState"] == "active"
    robot.must("rovictl stop", user="alice")
    assert start_by_hand(robot, ":")["ActiveState"] == "inactive"
    assert "that can be taken" in answer(robot)


@pytest.mark.parametrize("start", ["systemctl start rovi-nav", "rovictl start nav"])
def test_what_an_operator_leaves_there_gets_into_nobodys_start_and_delays_none(robot, declare, start):
    # For job ids to come, by the names of old and new requests, as files, links and a directory that cannot be removed.
    robot.must("id bob || useradd -m bob; usermod -aG rovi-ops bob")
    job = max(
        int(word)
        for word in robot.must(
            "systemctl start --no-block rovi-camera; systemctl list-jobs --no-legend; systemctl stop rovi-camera"
        ).split()
        if word.isdigit()
    )
    robot.must(
        f"cd {REQUESTS}; for n in $(seq {job} {job + 30}); do printf 'nav\\n\\nmap:=bob\\n' >$n; done; "
        "for n in 1 2 3; do "
        "printf 'start\\n\\n\\nmap:=bob\\n' >nav-00000000000$n; printf 'nav\\n\\nmap:=bob\\n' >nav.$n; done; "
        "mkdir -p nav.x/y; touch nav.x/y/z; chmod 0 nav.x/y nav.x; ln -s / nav.4; mkfifo nav.5",
        user="bob",
    )
    began = time.monotonic()
    robot.must(start, user="root")
    took = time.monotonic() - began
    assert launched(robot) == []
    robot.must("rovictl stop")
    began = time.monotonic()
    result = robot.rovictl("start nav map:=alice")
    assert result.status == 0, result
    assert launched(robot) == ["map:=alice"]
    assert max(took, time.monotonic() - began) < 4, "a start has waited"


def test_no_file_of_the_service_users_can_be_reached_through_there(robot, declare):
    # Links in the place of what is taken, while it is taken.
    robot.put("/home/rovi/precious", "precious\n", user="rovi")
    plant = robot.begin(
        f"cd {REQUESTS}; for n in $(seq 400); do for f in nav-????????????; do ln -sfn /home/rovi/precious $f.taken; "
        "ln -sfn /home/rovi/precious $f; done; done 2>/dev/null"
    )
    for n in range(12):
        robot.rovictl(f"restart nav map:=lab{n}", user="root")
    assert plant.ended(60)
    assert robot.must("cat /home/rovi/precious") == "precious\n"
    assert robot.rovictl("restart nav map:=end").status == 0
    assert launched(robot) == ["map:=end"]


def test_who_is_no_operator_has_no_way_in(robot, declare):
    for command in (f"touch {REQUESTS}/nav.1", f"ln -s /etc/passwd {REQUESTS}/nav.1", f"ls {REQUESTS}"):
        assert robot.run(command, user="mallory").status != 0
    result = robot.rovictl("start nav map:=a", user="mallory")
    assert result.status == 77 and "not in group rovi-ops" in result.err, result
    robot.must(f"printf 'nav\\n\\nmap:=alice\\n' >{REQUESTS}/nav.1", user="alice")
    robot.must("id bob || useradd -m bob; usermod -aG rovi-ops bob")
    for command in (f"rm -f {REQUESTS}/nav.1", f"mv {REQUESTS}/nav.1 {REQUESTS}/nav.2", f"echo x >>{REQUESTS}/nav.1"):
        assert robot.run(command, user="bob").status != 0
    call = (
        robot.operator_busctl + " org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager "
    )
    for user, words in (
        ("mallory", f"StartUnit ss rovi-ask@{ASK}.service replace"),
        ("alice", f"RestartUnit ss rovi-ask@{ASK}.service replace"),
        ("alice", f"StopUnit ss rovi-ask@{ASK}.service replace"),
        ("alice", "StartUnit ss rovi-ask@nav.service replace"),
        ("alice", "StartUnit ss rovi-ask@nav-1.service replace"),
        ("alice", f"StartUnit ss rovi-ask@gateway{ASK[3:]}.service replace"),
        ("alice", "StartUnit ss rovi_end@nav.service replace"),
        ("alice", "StopUnit ss rovi_end@nav.service replace"),
        ("alice", "StopUnit ss rovi_end.service replace"),
        (
            "alice",
            "StartTransientUnit 'ssa(sv)a(sa(sv))' rovi-ask@nav-000000000009.service fail "
            "1 ExecStart 'a(sasb)' 1 /bin/touch 2 touch /tmp/pwned false 0",
        ),
    ):
        assert robot.run(call + words, user=user).status != 0, words
    assert robot.run("test -e /tmp/pwned").status == 1


def test_a_request_that_nobody_comes_back_for(robot, declare):
    robot.must(
        f"for n in 1 2 3; do printf 'start\\n\\n\\nmap:=old\\n' >{REQUESTS}/nav-00000000000$n; done", user="alice"
    )
    # What is older than 3 minutes goes with the next request; a tenth of a second will do here.
    script = "/usr/local/lib/rovi/run_stack.sh"
    robot.must(f"cp -p {script} /tmp/script; sed -i 's/-cmin +3/-cmin +0.001/' {script}")
    try:
        wait_for(
            lambda: robot.run(f"test $(find {REQUESTS} -name 'nav-*' -cmin +0.001 | wc -l) = 3").status == 0,
            "they do not age",
        )
        assert robot.rovictl("start nav map:=new").status == 0
        assert launched(robot) == ["map:=new"] and left(robot) == []
    finally:
        robot.must(f"cp -p /tmp/script {script}")


def test_a_session_that_is_older_than_the_membership(robot, declare):
    session = "setpriv --reuid alice --regid alice --groups alice rovictl start nav"
    result = robot.run(f"{session} map:=a")
    assert result.status == 77 and "older than your membership in rovi-ops: log in again" in result.err, result
    assert robot.state(NAV) == "inactive"
    result = robot.run(session)
    # Polkit 122 looks at the user database; 126, as sudo, at the session.
    if robot.polkit_has_rules and int(platform_facts(robot)["polkit"]) <= 122:
        assert result.status == 0, result
    else:
        assert result.status == 77 and result.err.endswith("but this session is not: log in again\n"), result


def test_a_full_file_system_of_requests_is_full_for_requests_only(robot, declare):
    robot.run(
        f"head -c 1M /dev/zero >{REQUESTS}/full; for i in $(seq 300); do : >{REQUESTS}/$i.x || break; done",
        user="alice",
    )
    result = robot.rovictl("start nav map:=a")
    assert result.status == 4 and "cannot tell nav its parameters" in result.err, result
    assert robot.state(NAV) == "inactive"
    assert robot.rovictl("start nav").status == 0
    assert robot.must("dd if=/dev/zero of=/run/probe bs=1M count=1 status=none; rm /run/probe") == ""
    cure = result.err.rpartition("an administrator runs '")[2].removesuffix("'\n")
    robot.must(cure.removeprefix("sudo "))
    assert robot.rovictl("restart nav map:=a").status == 0


def test_without_its_file_system_there_are_no_requests(robot, declare):
    robot.must(["systemctl", "stop", MOUNT])
    try:
        result = robot.rovictl("start nav map:=a")
        assert result.status == 4 and "is not mounted): an administrator runs" in result.err, result
        assert robot.rovictl("start nav").status == 0
    finally:
        robot.must(["systemctl", "start", MOUNT])


def test_a_restart_of_the_gateway_mounts_nothing(robot, declare):
    before = robot.show(MOUNT, "InvocationID")
    for _ in range(8):
        robot.must("systemctl restart rovi-gateway")
    assert robot.show(MOUNT, "InvocationID") == before
    result = robot.rovictl("start nav map:=lab1")
    assert (result.status, launched(robot)) == (0, ["map:=lab1"]), result


def test_all_stacks_ship_with_sound_declarations(robot, declare):
    for stack in STACKS:
        assert robot.rovictl(f"start {stack}").status == 0
        assert launched(robot, stack) == []
        robot.must("rovictl stop", user="alice")
