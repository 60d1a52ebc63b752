"""Variants and parameters of a start: what is declared, what is refused, and whose start it is."""

import json

import pytest

from harness.facts import platform_facts
from harness.result import wait_for
from harness.robot import STACKS

NAV = "rovi-nav.service"
DROP_IN = "/run/systemd/system/rovi-nav.service.d/99-test.conf"
REQUESTS, MOUNT = "/run/rovi_requests", "run-rovi_requests.mount"
# As rovictl would, but by hand: announce a request, have systemd start nav, then bind $1 to the job.
BIND = f"""
set -eu
touch {REQUESTS}/nav.1
job=$($busctl org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager \\
    StartUnit ss rovi-nav.service replace)
job=${{job##*/}}; job=${{job%\\"}}
cd {REQUESTS}
until [[ $(systemctl show -P StatusText rovi-nav) == "waiting for the request of this start" ]]; do :; done
make made.$job
mv -T made.$job $job
rm -f nav.1
"""


@pytest.fixture
def declare(robot):
    """A function that gives nav's unit more lines of [Service]."""
    def give(*lines):
        robot.put(DROP_IN, "\n".join(["[Service]", *lines]) + "\n")
        robot.must("systemctl daemon-reload")

    yield give
    robot.must(f"systemctl stop rovi-nav; rm -rf {REQUESTS}/* {DROP_IN.rpartition('/')[0]} /tmp/pwned; systemctl daemon-reload")


def launched(robot, stack="nav"):
    """The arguments that a stack was launched with beyond those that every stack is."""
    pid = robot.show(f"rovi-{stack}.service", "MainPID")
    words = robot.must(f"tr '\\0' '\\n' </proc/{pid}/cmdline").splitlines()
    return words[words.index("rviz:=false") + 1:]


def left(robot):
    """The requests that are there; an empty file stands for one that was taken."""
    return robot.must(["find", REQUESTS, "-mindepth", "1", "!", "-empty", "-printf", "%f\\n"]).split()


def start_bound(robot, make):
    """Starts nav with a request that the shell function make, of an operator, makes: its end."""
    robot.must(f"busctl='{robot.operator_busctl}'; make() {{ {make}; }}\n{BIND}", user="alice")
    wait_for(lambda: robot.show(NAV, "Job") in ("", "0"), lambda: robot.report(NAV))
    return robot.show(NAV, "ActiveState", "StatusText", "ExecMainStatus")


def test_a_variant_and_parameters_reach_the_launch(robot, declare):
    result = robot.rovictl("start nav --variant localization map:=lab1")
    assert (result.status, result.out) == (0, "nav runs\n"), result
    assert launched(robot) == ["slam:=False", "map:=lab1"]
    assert "--variant localization map:=lab1" in robot.rovictl("status").out
    shown = json.loads(robot.rovictl("status nav --json").out)
    assert (shown["variant"], shown["parameters"]) == ("localization", {"map": "lab1"})
    assert left(robot) == []
    assert "asked for by alice: localization\\ map:=lab1" in robot.journal(NAV)
    assert robot.rovictl("restart nav map:=lab2").status == 0
    assert launched(robot) == ["map:=lab2"]
    assert robot.rovictl("switch localization map:=lab3").status == 0
    assert launched(robot, "localization") == ["map:=lab3"]
    assert json.loads(robot.rovictl("status gateway --json").out)["parameters"] is None


@pytest.mark.parametrize("asked", ["map:=lab1", "--variant localization map:=lab1"])
def test_a_stack_that_has_been_asked_for_something_and_fails_shows_why(robot, declare, asked):
    robot.switch("nav", nav_planner_does={"crash_after_s": 0.5}, launch_status=1)
    assert robot.rovictl(f"start nav {asked}").status == 0
    robot.wait_state(NAV, "failed")
    assert robot.show(NAV, "StatusText") == "ros2 launch ended with exit status 1"
    assert "printf" not in robot.journal(NAV)


def test_a_variant_counts_more_than_a_default_and_what_is_given_more_than_both(robot, declare):
    declare('Environment="ROVI_VARIANT_lab=slam:=False map:=lab1" "ROVI_PARAMETER_map=[a-z0-9]+" ROVI_DEFAULT_map=home')
    for asked, words, shown in (("", ["map:=home"], "map:=home"), ("--variant lab", ["slam:=False", "map:=lab1"], "--variant lab"),
                                ("--variant localization", ["slam:=False", "map:=home"], "--variant localization map:=home"),
                                ("--variant lab map:=x", ["slam:=False", "map:=lab1", "map:=x"], "--variant lab map:=x")):
        assert robot.rovictl(f"restart nav {asked}").status == 0
        assert (launched(robot), robot.show(NAV, "StatusText")) == (words, shown)


def test_list_says_what_may_be_asked_for(robot, declare):
    declare('Environment=ROVI_VARIANT_slam= ROVI_DEFAULT_map=home')
    said = robot.rovictl("list").out
    assert "--variant localization\n" in said and "map:=[A-Za-z0-9_][A-Za-z0-9_.-]* (else home)" in said
    nav = next(o for o in map(json.loads, robot.rovictl("list --json").out.splitlines()) if o["stack"] == "nav")
    assert nav["variants"] == ["localization"]
    assert nav["parameters"] == {"map": {"pattern": "[A-Za-z0-9_][A-Za-z0-9_.-]*", "default": "home"}}


def test_any_other_start_uses_the_defaults(robot, declare):
    declare("Environment=ROVI_DEFAULT_map=home")
    assert robot.rovictl("start nav --variant slam map:=lab1").status == 0
    assert launched(robot) == ["slam:=True", "map:=lab1"]
    robot.must("systemctl restart rovi-nav")
    assert launched(robot) == ["map:=home"]
    robot.must("rovictl restart nav", user="alice")
    assert launched(robot) == ["map:=home"]
    assert "map:=home" in robot.rovictl("status nav").out


@pytest.mark.parametrize("words, why", [
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
    (["map:=a;touch"], "is not of the form that the unit of nav declares"),
    (["map:=$(id)"], "is not of the form"),
    (["map:=--help"], "is not of the form"),
    (["map:=a", "map:=b"], "given twice"),
    (["mapx"], "takes 1 name"),
])
def test_what_is_not_declared_is_refused_and_changes_nothing(robot, words, why):
    for verb in ("start", "restart", "switch"):
        result = robot.rovictl([verb, "nav", *words])
        assert result.status == 2 and result.out == "", result
        assert result.err.startswith("rovictl: ") and why in result.err and len(result.err.splitlines()) == 1, result
        assert len(result.err) < 400
    assert robot.show(NAV, "ActiveState", "InvocationID") == {"ActiveState": "inactive", "InvocationID": ""}
    assert left(robot) == [] and robot.run("test -e /tmp/pwned").status == 1


@pytest.mark.parametrize("value", ["$(touch/tmp/pwned)", ";touch${IFS}/tmp/pwned;", "`id`", "--help", "*", "'\"", "%s%n", "a:=b"])
def test_what_the_pattern_allows_is_one_argument_and_nothing_more(robot, declare, value):
    declare('Environment="ROVI_PARAMETER_map=.*"')
    result = robot.rovictl(["start", "nav", f"map:={value}"])
    assert result.status == 0, result
    assert launched(robot) == [f"map:={value}"]
    assert json.loads(robot.rovictl("status nav --json").out)["parameters"] == {"map": value}
    assert robot.run("test -e /tmp/pwned").status == 1


@pytest.mark.parametrize("line, why", [
    ('ROVI_PARAMETER_map=[a-z', "that is no regular expression"),
    ('ROVI_DEFAULT_map=a/b', "it is not of the form of ROVI_PARAMETER_map"),
    ('ROVI_DEFAULT_other=1', "there is no ROVI_PARAMETER_other"),
    ('ROVI_VARIANT_slam=slam', "write NAME:=VALUE of ros2 launch"),
    ('ROVI_VARIANT_slam=--debug a:=b', "write NAME:=VALUE of ros2 launch"),
])
def test_a_broken_declaration_is_named_and_starts_nothing(robot, declare, line, why):
    declare(f'Environment="{line}"')
    for words in ("start nav", "start nav map:=lab1"):
        result = robot.rovictl(words)
        assert result.status == 78 and why in result.err and line.partition("=")[0] in result.err, result
    assert robot.state(NAV) in ("failed", "inactive")
    assert robot.run("systemctl start rovi-nav").status == 1
    assert why in robot.show(NAV, "StatusText")


def test_a_stack_that_runs_is_not_changed_by_a_start(robot, declare):
    assert robot.rovictl("start nav map:=lab1").status == 0
    before = robot.show(NAV, "InvocationID")
    assert robot.rovictl("start nav map:=lab1").status == 0
    result = robot.rovictl("start nav map:=lab2")
    assert result.status == 75 and "runs already, with map:=lab1" in result.err, result
    assert robot.rovictl("start nav --variant slam map:=lab1").status == 75
    assert robot.show(NAV, "InvocationID") == before and left(robot) == []


def test_two_operators_at_the_same_moment(robot, declare):
    robot.must("id bob || useradd -m bob; usermod -aG rovi-ops bob")
    for _ in range(10):
        robot.must("for who in alice bob; do (runuser -u $who -- rovictl start nav map:=$who; echo $?) >/tmp/$who.said 2>&1 & done; wait")
        said = {who: robot.must(f"cat /tmp/{who}.said") for who in ("alice", "bob")}
        ends = {who: int(said[who].split()[-1]) for who in said}
        assert sorted(ends.values()) == [0, 75], said
        assert launched(robot) == [f"map:={min(ends, key=ends.get)}"]
        assert left(robot) == []
        robot.must("rovictl stop", user="alice")


def test_who_is_restarted_under_way_is_told_that_it_is_not_his(robot, declare):
    # systemd runs the start again as the same job, whose request is used.
    robot.must("rm -f /tmp/ready")
    declare('Environment="ROVI_READY_CHECK=test -e /tmp/ready"')
    start = robot.begin("rovictl start nav map:=first")
    robot.wait_state(NAV, "activating")
    wait_for(lambda: "asked for by alice" in robot.journal(NAV), lambda: robot.report(NAV))
    job = robot.show(NAV, "Job")
    robot.must(["systemctl", "restart", "--no-block", NAV])
    wait_for(lambda: robot.journal(NAV, 400).count("]: Starting ") == 2, lambda: robot.report(NAV), 20)
    assert robot.show(NAV, "Job") == job, "another job: nothing is proved"
    robot.must("touch /tmp/ready")
    said = start.ended()
    assert said.endswith("without what you asked for: see 'rovictl status', then 'rovictl restart nav …'\n75\n"), said
    assert robot.state(NAV) == "active" and launched(robot) == []
    robot.must("rm -f /tmp/ready")


def test_who_comes_while_it_starts_is_told_that_it_is_not_his(robot, declare):
    declare('Environment="ROVI_READY_CHECK=test -e /tmp/ready"')
    robot.must("rovictl start nav --no-wait map:=first", user="alice")
    result = robot.rovictl("start nav map:=second")
    assert result.status == 75 and "without what you asked for" in result.err, result
    assert robot.state(NAV) == "activating"
    robot.must("touch /tmp/ready")
    robot.wait_state(NAV, "active")
    robot.must("rm /tmp/ready")
    assert launched(robot) == ["map:=first"] and left(robot) == []


@pytest.mark.parametrize("make, status, why", [
    ("printf 'teleop\\n\\n' >$1", 2, "is not one for nav"),
    ("ln -s /home/rovi/secret $1", 2, "is not a file that can be read"),
    ("mkfifo $1", 2, "is not one for nav"),
    ("mkdir $1", 2, "is not a file that can be read"),
    ("head -c 100000 /dev/zero | tr '\\0' x >$1", 2, "is not one for nav"),
    ("(printf 'nav\\n\\n'; head -c 9000 /dev/zero | tr '\\0' x) >$1", 2, "is not one for nav"),
    ("head -c 8000 /dev/urandom >$1", 2, "is not one for nav"),
    ("printf nav >$1", 2, "is not one for nav"),
    ("printf 'nav\\nrobot_mode:=sim\\n' >$1", 2, "no variant"),
    ("printf 'nav\\n\\nrobot_mode:=sim\\n' >$1", 2, "no parameter robot_mode"),
    ("printf 'nav\\n\\nmap:=$(id)\\n' >$1", 2, "is not of the form"),
    ("printf 'nav\\n\\nmap:=a\\nmap:=b\\n' >$1", 2, "given twice"),
    ("printf 'nav\\n\\n\\n' >$1", 2, "no parameter"),
])
def test_a_request_made_by_hand_is_hostile_input(robot, declare, make, status, why):
    robot.put("/home/rovi/secret", "nav\n\nmap:=topsecret\n", user="rovi", mode=0o600)
    end = start_bound(robot, make)
    assert end["ActiveState"] == "failed" and int(end["ExecMainStatus"]) == status, end
    assert why in end["StatusText"] and "topsecret" not in end["StatusText"], end
    assert left(robot) == []
    assert robot.rovictl("start nav").status == 0
    assert launched(robot) == []


def test_a_good_request_made_by_hand_is_a_good_request(robot, declare):
    assert start_bound(robot, "printf 'nav\\nslam\\nmap:=a\\n' >$1")["ActiveState"] == "active"
    assert launched(robot) == ["slam:=True", "map:=a"]


def test_a_request_that_nobody_comes_back_for(robot, declare):
    robot.must(f"printf 'nav\\n\\nmap:=old\\n' >{REQUESTS}/nav.1", user="alice")
    robot.must("systemctl start rovi-nav")  # waits for it a moment, not for ever
    assert launched(robot) == [] and left(robot) == []
    robot.must(f"printf 'nav\\n\\nmap:=old\\n' >{REQUESTS}/1", user="alice")
    # What is older than 3 minutes goes with the next request; a tenth of a second will do here.
    library = "/usr/local/lib/rovi/request_lib.sh"
    robot.must(f"cp -p {library} /tmp/library; sed -i 's/-cmin +3/-cmin +0.001/' {library}")
    try:
        assert robot.rovictl("restart nav map:=new").status == 0
        assert launched(robot) == ["map:=new"] and left(robot) == []
    finally:
        robot.must(f"cp -p /tmp/library {library}")


def test_who_is_no_operator_has_no_way_in(robot, declare):
    for command in (f"touch {REQUESTS}/nav.1", f"ln -s /etc/passwd {REQUESTS}/nav.1", f"ls {REQUESTS}"):
        assert robot.run(command, user="mallory").status != 0
    result = robot.rovictl("start nav map:=a", user="mallory")
    assert result.status == 77 and "not in group rovi-ops" in result.err, result
    robot.must(f"printf 'nav\\n\\nmap:=alice\\n' >{REQUESTS}/nav.1", user="alice")
    robot.must("id bob || useradd -m bob; usermod -aG rovi-ops bob")
    for command in (f"rm -f {REQUESTS}/nav.1", f"mv {REQUESTS}/nav.1 {REQUESTS}/nav.2", f"echo x >>{REQUESTS}/nav.1"):
        assert robot.run(command, user="bob").status != 0


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
    robot.run(f"head -c 1M /dev/zero >{REQUESTS}/full; for i in $(seq 300); do : >{REQUESTS}/$i.x || break; done", user="alice")
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
