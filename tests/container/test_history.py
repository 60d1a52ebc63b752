"""Who has started and stopped what, and when: our entries in the journal, and `rovictl history`, which reads them."""

import json
import re

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY, SOURCE

NAV, MAPPING = "rovi-nav.service", "rovi-mapping.service"
ROOT = "root"
OURS = "SYSLOG_IDENTIFIER=rovi"


pytestmark = pytest.mark.usefixtures("empty_journal")


def entries(robot, *matches):
    """The journal's entries that match, as dicts."""
    out = robot.must(["journalctl", "-q", "-o", "json", "--all", *matches])
    return [json.loads(line) for line in out.splitlines()]


def our_entries(robot, count, *matches):
    """Waits until there are so many entries of ours."""
    return wait_for(
        lambda: len(entries(robot, OURS, *matches)) >= count and entries(robot, OURS, *matches),
        lambda: f"not {count}: {entries(robot, OURS)}",
    )


def runs(robot, arguments="", user="alice"):
    """What history says, a list of dicts, the newest last."""
    result = robot.rovictl(f"history --json {arguments}", user=user)
    assert result.status == 0, result
    return [json.loads(line) for line in result.out.splitlines()]


def last_run(robot, is_there=lambda run: True, arguments=""):
    """Waits until the last run is as wanted: its entries may be a moment behind."""
    return wait_for(
        lambda: (found := runs(robot, arguments)) and is_there(found[-1]) and found[-1],
        lambda: f"{runs(robot, arguments)}\n{entries(robot, OURS)}",
    )


def test_each_verb_is_in_the_journal_with_who_asked(robot):
    uid = robot.must("id -u alice").strip()
    for arguments in ("start nav --variant slam map:=lab1", "restart nav", "switch mapping", "stop"):
        assert robot.rovictl(arguments).status == 0
    found = our_entries(robot, 5, "ROVI_WAY=rovictl")
    assert [(e["MESSAGE"], e["ROVI_VERB"], e["ROVI_DOES"], e["ROVI_STACK"]) for e in found] == [
        ("alice starts nav with --variant slam map:=lab1", "start", "start", "nav"),
        ("alice restarts nav", "restart", "restart", "nav"),
        ("alice switches to mapping: stops nav", "switch", "stop", "nav"),
        ("alice switches to mapping: starts mapping", "switch", "start", "mapping"),
        ("alice stops mapping", "stop", "stop", "mapping"),
    ]
    assert {e["_UID"] for e in found} == {uid}
    assert (found[0]["ROVI_VARIANT"], found[0]["ROVI_PARAMETERS"]) == ("slam", "map:=lab1")
    assert len({e["MESSAGE_ID"] for e in found}) == 4
    jobs = {e["JOB_ID"] for e in entries(robot, "_PID=1", f"UNIT={NAV}", f"UNIT={MAPPING}") if "JOB_ID" in e}
    assert {e["ROVI_JOB"] for e in found} == jobs


def test_each_of_our_entries_is_explained(robot):
    robot.rovictl("start nav")
    robot.rovictl("switch mapping")
    robot.rovictl("restart mapping")
    robot.must(f"kill -KILL {robot.show(MAPPING, 'MainPID')}")
    robot.wait_state(MAPPING, "failed")
    assert robot.rovictl("start nav").status == 0
    robot.rovictl("stop")
    kinds = {e["MESSAGE_ID"] for e in our_entries(robot, 11)}
    assert len(kinds) == 6
    for kind in kinds:
        said = robot.must(["journalctl", "-q", "-x", "-n", "1", f"MESSAGE_ID={kind}"])
        assert "Subject: " in said and "Defined-By: ROVI services" in said, said
        assert "@" not in said, said


def test_each_start_says_as_the_service_user_what_it_runs_with(robot):
    """And in its own unit, but on a busy machine journald may find no unit for a process that has ended."""

    def said():
        found = our_entries(robot, 1, f"ROVI_INVOCATION={robot.show(NAV, 'InvocationID')}", f"_UID={uid}")
        assert {entry.get("_SYSTEMD_UNIT", NAV) for entry in found} == {NAV}, found
        return [(entry["ROVI_PARAMETERS"], entry["ROVI_VARIANT"]) for entry in found]

    uid = robot.must("id -u rovi").strip()
    robot.rovictl("start nav map:=lab1")
    assert said() == [("map:=lab1", "")]
    robot.must("systemctl restart rovi-gateway")
    robot.wait_state(NAV, "active")
    assert said() == [("map:=lab1", "")]


def test_a_missing_logger_or_journal_fails_no_verb(robot):
    robot.must("mv /usr/bin/logger /usr/bin/logger.away")
    try:
        assert robot.rovictl("start nav").status == 0
        assert robot.rovictl("stop").status == 0
    finally:
        robot.must("mv /usr/bin/logger.away /usr/bin/logger")


def test_history_tells_each_run(robot):
    robot.rovictl("start nav --variant slam map:=lab1")
    robot.rovictl("switch mapping")
    assert robot.rovictl("stop", user=ROOT).status == 0
    last = last_run(robot, lambda run: run["stopped_by"] == ROOT)
    first = runs(robot)[0]
    assert [run["stack"] for run in runs(robot)] == ["nav", "mapping"]
    assert first["schema"] == 1 and re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first["started"])
    assert (first["started_by"], first["started_way"]) == ("alice", "rovictl")
    assert (first["variant"], first["parameters"]) == ("slam", {"map": "lab1"})
    assert 0 < first["ready_s"] < first["ran_s"] < 60
    assert (first["end"], first["stopped_by"], first["stopped_way"]) == ("stopped", "alice", "rovictl")
    assert (last["started_by"], last["end"], last["stopped_by"]) == ("alice", "stopped", ROOT)
    assert (last["result"], last["reason"], last["variant"], last["parameters"]) == ("success", None, None, None)


def test_history_shows_a_table_that_fits_80_columns(robot):
    robot.rovictl("start localization")
    robot.must("systemctl stop rovi-localization")
    robot.rovictl("start nav map:=lab1")
    robot.must(f"kill -KILL {robot.show(NAV, 'MainPID')}")
    last_run(robot, lambda run: run["end"] == "failed" and run["parameters"])
    shown = robot.run_in_terminal("rovictl history --color never", "alice").out.splitlines()
    assert re.fullmatch(r"START +STACK +BY +READY +RAN END", shown[0]), shown
    assert re.fullmatch(r"20\S+ \S+ localization alice +\d+\.\d s +\d+\.\d s systemctl stop", shown[1]), shown
    assert re.match(r"20\S+ \S+ nav +alice +\d+\.\d s +\d+\.\d s failed", shown[2]), shown
    # journald now and then does not find the unit of an entry; then systemd's word counts.
    assert shown[3].startswith(("    map:=lab1; ros2 launch was ended by SIGKILL", "    map:=lab1; systemd says: ")), (
        shown
    )
    assert max(map(len, shown)) <= 80


def test_history_is_of_one_stack_and_as_long_as_asked(robot):
    for arguments in ("start nav", "restart nav", "restart nav", "switch mapping", "stop"):
        robot.rovictl(arguments)
    assert [run["stack"] for run in runs(robot, "nav")] == ["nav"] * 3
    assert [run["stack"] for run in runs(robot, "-n 2")] == ["nav", "mapping"]
    assert [run["invocation_id"] for run in runs(robot, "nav -n 1")] == [runs(robot, "nav")[-1]["invocation_id"]]
    assert runs(robot, "--since '+1 hour'") == []
    assert robot.rovictl("history camera").out == "the journal knows of no run of camera\n"


def test_history_knows_what_runs_and_what_was_refused(robot):
    robot.rovictl("start nav")
    robot.run("systemctl start rovi-mapping")
    run = last_run(robot, lambda run: run["end"] == "refused")
    assert run["reason"].startswith("stack nav is active"), run
    assert (run["started_by"], run["started_way"], run["ready_s"]) == (None, "systemctl", None)
    assert [run["end"] for run in runs(robot, "nav")] == ["running"]
    assert runs(robot, "nav")[0]["ended"] is None
    shown = robot.run_in_terminal("rovictl history mapping --color never", "alice").out.splitlines()
    assert re.fullmatch(r"20\S+ \S+ mapping +systemctl +\d+\.\d s refused", shown[1]), shown  # it never was ready


def test_history_knows_a_start_and_a_stop_with_the_gateway(robot):
    robot.rovictl("start nav")
    robot.must("systemctl restart rovi-gateway")
    robot.wait_state(NAV, "active")
    robot.rovictl("gateway stop", user=ROOT)
    run = last_run(robot, lambda run: run["stopped_by"])
    ways = [(r["started_way"], r["stopped_way"]) for r in runs(robot)]
    assert ways == [("rovictl", "gateway"), ("gateway", "gateway")]
    assert (run["stopped_by"], run["end"]) == (ROOT, "stopped")
    robot.must("systemctl start rovi-gateway")
    robot.rovictl("start nav")
    robot.must(f"kill -KILL {robot.show(GATEWAY, 'MainPID')}")
    robot.wait_state(NAV, "inactive")
    assert last_run(robot, lambda run: run["end"] == "stopped")["stopped_way"] == "gateway"


def test_history_knows_a_start_at_boot_and_a_power_cut(fresh_robot):
    robot = fresh_robot
    assert robot.install().status == 0
    robot.must("mkdir -p /var/log/journal; systemctl restart systemd-journald; journalctl --flush")
    robot.must("systemctl enable rovi-nav; systemctl start rovi-nav; journalctl --sync")
    robot.reboot()
    robot.wait_state(NAV, "active")
    robot.must("systemctl restart rovi-nav")
    found = runs(robot, user=ROOT)
    # In a container a boot may have the same ID as the one before: then nothing tells that the power was cut.
    same = len({run["boot_id"] for run in found}) == 1
    assert [run["started_way"] for run in found][-2:] == ["boot", "systemctl"]
    assert found[0]["end"] == ("unknown" if same else "lost")


def test_the_executors_caller_is_named(robot):
    call = json.dumps({"method": "org.rovi.Executor.Start", "parameters": {"stack": "nav"}})
    called = robot.must(["python3", "/opt/harness/executor_call.py", call, "1"], user="alice")
    assert "error" not in called, called
    run = last_run(robot, lambda run: run["started_way"] != "systemctl")
    assert (run["started_by"], run["started_way"]) == ("alice", "executor")


@pytest.fixture
def rules(robot):
    """polkit has JavaScript rules, so an operator may use systemctl."""
    if not robot.polkit_has_rules:
        pytest.skip("an operator cannot use systemctl: polkit has no JavaScript rules")


def who(robot):
    """Of each run: who has started it by which way, and who has stopped it."""
    return [(run["started_by"], run["started_way"], run["stopped_by"], run["stopped_way"]) for run in runs(robot)]


def permitted(robot):
    """What polkit's rule has said."""
    return [entry["MESSAGE"] for entry in entries(robot, "SYSLOG_IDENTIFIER=rovi-polkit")]


def test_who_uses_systemctl_is_named(robot, rules):
    for verb in ("start", "restart", "stop"):
        robot.must(f"systemctl {verb} rovi-nav", user="alice")
    wait_for(lambda: len(permitted(robot)) == 3, lambda: permitted(robot))
    assert who(robot) == [("alice", "systemctl", "alice", "systemctl")] * 2
    assert permitted(robot) == [f"alice may {verb} {NAV}" for verb in ("start", "restart", "stop")]
    shown = robot.rovictl("history --color never").out.splitlines()
    assert re.fullmatch(r"20\S+ \S+ nav +alice/systemctl +\S+ s +\S+ s stopped by alice", shown[-1]), shown


def test_a_permission_counts_for_one_start_and_one_stop(robot, rules):
    """root's start, and both stops, come right after an operator's start, and another one that changes nothing."""
    robot.must(
        "begun() { until [[ $(systemctl show -P ActiveState rovi-nav) != inactive ]]; do :; done; }\n"
        "runuser -u alice -- systemctl start --no-block rovi-nav; begun\n"
        "runuser -u alice -- systemctl start --no-block rovi-nav; systemctl stop rovi-nav\n"
        "systemctl start --no-block rovi-nav; begun; systemctl stop rovi-nav"
    )
    wait_for(lambda: len(runs(robot)) == 2, lambda: runs(robot))
    assert who(robot) == [("alice", "systemctl", None, "systemctl"), (None, "systemctl", None, "systemctl")]


def test_of_two_who_were_permitted_nobody_is_named(robot, rules):
    robot.put("/run/systemd/system/slow.service", "[Service]\nType=oneshot\nExecStart=/bin/cat /run/slow\n")
    robot.put("/run/systemd/system/rovi-nav.service.d/slow.conf", "[Unit]\nWants=slow.service\nAfter=slow.service\n")
    robot.must("systemctl daemon-reload; mkfifo /run/slow")
    try:
        for users in ("alice alice", "alice rovi"):
            robot.must(
                f"for user in {users}; do runuser -u $user -- systemctl start --no-block rovi-nav; done\n"
                "echo >/run/slow"
            )
            robot.wait_state(NAV, "active")
            robot.must("systemctl stop rovi-nav")
        assert [start[:2] for start in who(robot)] == [("alice", "systemctl"), (None, "systemctl")]
    finally:
        robot.must("systemctl stop slow; rm -r /run/systemd/system/{rovi-nav.service.d,slow.service} /run/slow")
        robot.must("systemctl daemon-reload")


def test_nobody_but_polkit_says_whom_it_has_permitted(robot, rules):
    """An outsider, an operator and the service user write the same, by syslog and in the journal's own format."""
    fields = "SYSLOG_IDENTIFIER=rovi-polkit\\n_UID=0\\n_COMM=logger\\n_SYSTEMD_UNIT=polkit.service"
    said = f"alice may start {NAV}"
    robot.must(
        "for user in mallory alice rovi; do\n"
        f"runuser -u $user -- logger --tag rovi-polkit --priority authpriv.info -- '{said}'\n"
        f"printf '{fields}\\nMESSAGE={said}\\n' | runuser -u $user -- logger --journald\n"
        "done; systemctl start --no-block rovi-nav"
    )
    wait_for(lambda: permitted(robot) == [said] * 6, lambda: permitted(robot))
    robot.wait_state(NAV, "active")
    assert who(robot) == [(None, "systemctl", None, None)]


def test_nobody_makes_polkit_say_more(robot, rules):
    """Not for what it refuses, and not for other names and verbs. Only root and systemd may ask it with details."""
    call = "busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager"
    names = (
        GATEWAY,
        "rovi-evil.service",
        f"{NAV}.service",
        f"x may start {NAV}",
        f"{NAV}\nx",
        "rovi-nav",
        "a@b.service",
    )
    for user in ("mallory", "alice"):
        for name in names:
            assert robot.run([*call.split(), "StartUnit", "ss", name, "replace"], user=user).status
        asked = f"--process $$ --detail unit {NAV} --detail verb start"
        result = robot.run(f"pkcheck --action-id org.freedesktop.systemd1.manage-units {asked}", user=user)
        assert result.status and "trusted callers" in result.err, result
    for user, line in (("mallory", f"systemctl start {NAV}"), ("alice", f"systemctl kill {NAV}")):
        assert robot.run(line, user=user).status
    robot.must(f"systemctl reset-failed {NAV}; systemctl start rovi-guard@nav", user="alice")
    robot.must(f"systemctl start {NAV}", user="alice")
    wait_for(lambda: permitted(robot), "no entry")
    assert permitted(robot) == [f"alice may start {NAV}"]


def test_who_may_start_a_stack_may_do_so_if_nothing_can_be_logged(robot, rules):
    robot.must("mv /usr/bin/logger /usr/bin/logger.away")
    try:
        robot.must(f"systemctl start {NAV}; systemctl stop {NAV}", user="alice")
    finally:
        robot.must("mv /usr/bin/logger.away /usr/bin/logger")
    assert who(robot) == [(None, "systemctl", None, "systemctl")]


def test_nobody_writes_history_in_anothers_name(robot):
    """The writer's own words say nothing of who: not those of an outsider, and not those of a node."""
    robot.must("systemctl start rovi-nav")
    job = entries(robot, "_PID=1", f"UNIT={NAV}")[0]["JOB_ID"]
    text = (
        "MESSAGE_ID=89b9a882c14c454e88bed2e964c20e4d\\nROVI_STACK=nav\\nROVI_DOES=start\\n"
        f"ROVI_JOB={job}\\nROVI_CALLER=0\\nROVI_WAY=executor\\nMESSAGE=root starts nav\\n_UID=0\\n"
    )
    robot.must(f"printf '{text}' | logger --journald", user="mallory")
    wait_for(lambda: entries(robot, "ROVI_CALLER=0"), "no entry")
    assert (runs(robot)[-1]["started_by"], runs(robot)[-1]["started_way"]) == ("mallory", "rovictl")


def test_an_entry_made_in_advance_does_not_count(robot):
    """mallory says of jobs to come that they are hers."""
    text = "MESSAGE_ID=89b9a882c14c454e88bed2e964c20e4d\\nROVI_STACK=nav\\nROVI_DOES=start\\nROVI_JOB=%s\\nMESSAGE=x\\n"
    robot.must("systemctl start rovi-nav")
    job = int(entries(robot, "_PID=1", f"UNIT={NAV}")[0]["JOB_ID"])
    robot.must("systemctl stop rovi-nav")
    robot.must(
        f"for job in {{{job}..{job + 400}}}; do printf '{text}' $job | logger --journald; done",
        user="mallory",
    )
    robot.rovictl("start nav")
    assert last_run(robot, lambda run: run["started_by"] not in (None, "mallory"))["started_by"] == "alice"


def test_nobody_but_systemd_says_that_something_ran(robot):
    """Entries as systemd's own, of a user's; one of them with one of our MESSAGE_IDs beside it."""
    robot.rovictl("start nav")
    last_run(robot)
    text = (
        "MESSAGE_ID=7d4958e842da4a758f6c1cdc7b36dcc5\\nUNIT=rovi-nav.service\\nROVI_STACK=nav\\nJOB_ID=1\\n"
        "INVOCATION_ID=00000000000000000000000000000001\\nMESSAGE=evil\\n_PID=1\\n"
    )
    both = text + "MESSAGE_ID=89b9a882c14c454e88bed2e964c20e4d\\n"
    for words in (text, both):
        robot.must(f"printf '{words}' | logger --journald", user="mallory")
    wait_for(lambda: len(entries(robot, "MESSAGE=evil")) == 2, "no entries")
    assert [run["end"] for run in runs(robot)] == ["running"]


def test_the_first_failure_of_a_run(robot):
    robot.switch("nav", nav_planner_does={"crash_after_s": 0.5, "words": "no map"})
    robot.rovictl("start nav")
    run = last_run(robot, lambda run: run["end"] == "failed")
    assert run["first_failure"] == {"process": "nav_planner", "exit_code": 3, "signal": None, "line": "no map"}


def test_only_the_unit_itself_says_how_it_ended(robot):
    robot.rovictl("start nav")
    robot.must(f"kill -KILL {robot.show(NAV, 'MainPID')}")
    run = last_run(robot, lambda run: run["end"] == "failed")
    text = "MESSAGE_ID=2c828c07de3d470aa5c8a0972789295c\\nROVI_STACK=nav\\nROVI_WHY=by magic\\nMESSAGE=x\\n"
    for user in ("rovi", "mallory"):
        for more in ("", f"ROVI_INVOCATION={run['invocation_id']}\\n"):
            robot.must(f"printf '{text}{more}' | logger --journald", user=user)
    wait_for(lambda: len(entries(robot, "ROVI_WHY=by magic")) == 4, "no entry")
    assert runs(robot)[-1]["reason"] == run["reason"] == "ros2 launch was ended by SIGKILL"


def test_what_an_entry_holds_cannot_control_the_terminal_or_add_fields(robot):
    robot.rovictl("start nav")
    robot.must(f"kill -KILL {robot.show(NAV, 'MainPID')}")
    last_run(robot, lambda run: run["end"] == "failed")
    # As a node of the stack could: in the unit's own name, with a field that has lines of its own.
    robot.put(
        "/run/evil.bash",
        "ROVI_LIB=/usr/local/lib/rovi; source $ROVI_LIB/lib/use.sh; use lib/journal_note\n"
        "journal_note_in_unit end evil ROVI_STACK=nav $'ROVI_WHY=a\\xe2\\x80\\xaeb'\n"
        "journal_note_in_unit end evil ROVI_STACK=nav $'ROVI_WHY=evil \\e[31m'\n",
    )
    evil = "[Service]\nExecStopPost=/bin/bash /run/evil.bash\n"
    robot.put("/run/systemd/system/rovi-nav.service.d/evil.conf", evil)
    robot.must("systemctl daemon-reload")
    try:
        robot.rovictl("start nav")
        robot.must(f"kill -KILL {robot.show(NAV, 'MainPID')}")
        robot.wait_state(NAV, "failed")
        run = last_run(robot, lambda run: run["reason"] and run["reason"].startswith("a"))
        wait_for(lambda: entries(robot, "MESSAGE=evil")[1:], "no second entry")
        assert (run["reason"], runs(robot)[-1]["reason"]) == ("a b", "a b")
        assert not {"\x1b", "\u202e"} & set(robot.rovictl("history").out)
    finally:
        robot.must("rm -r /run/systemd/system/rovi-nav.service.d; systemctl daemon-reload")


def test_who_may_not_read_the_journal_is_told_so(robot):
    robot.rovictl("start nav")
    result = robot.rovictl("history", user="mallory")
    assert (result.status, result.out) == (77, ""), result
    assert "sudo usermod -aG systemd-journal mallory" in result.err


@pytest.mark.parametrize("since", ["yesteryear", "12", "a;b", ""])
def test_a_wrong_time_is_refused(robot, since):
    result = robot.rovictl(["history", "--since", since])
    assert (result.status, result.out) == (2, ""), result
    assert result.err.startswith("rovictl: --since takes a time"), result


def test_a_start_that_is_cut_short_names_who_did_it(robot):
    robot.switch("nav", import_s=5)
    start = robot.begin("rovictl start nav")
    robot.wait_state(NAV, "activating")
    assert robot.rovictl("stop nav", user=ROOT).status == 0
    assert re.fullmatch(r"rovictl: nav was stopped by root \d+\.\d s later\n1\n", start.ended()), start.said


def test_a_start_that_is_cut_short_before_it_begins_names_who_did_it(robot):
    robot.put("/run/systemd/system/slow.service", "[Service]\nType=oneshot\nExecStart=/bin/sleep 60\n")
    robot.put("/run/systemd/system/rovi-nav.service.d/slow.conf", "[Unit]\nWants=slow.service\nAfter=slow.service\n")
    robot.must("systemctl daemon-reload")
    try:
        start = robot.begin("rovictl start nav")
        wait_for(lambda: "rovi-nav" in robot.must("systemctl list-jobs"), "no job")
        assert robot.rovictl("stop nav", user=ROOT).status == 0
        assert re.fullmatch(r"rovictl: nav was stopped by root \d+\.\d s later\n1\n", start.ended()), start.said
    finally:
        robot.must("systemctl stop slow; rm -r /run/systemd/system/{rovi-nav.service.d,slow.service}")
        robot.must("systemctl daemon-reload")


def test_an_update_of_the_catalog_is_read(fresh_robot):
    robot = fresh_robot
    assert "journalctl --update-catalog" in robot.install().out
    assert "update-catalog" not in robot.install().out
    kind = "2c828c07de3d470aa5c8a0972789295c"
    assert "has failed or was refused" in robot.must(["journalctl", "--dump-catalog", kind])
    robot.must(f"make -C {SOURCE} uninstall")
    assert kind not in robot.run(["journalctl", "--list-catalog"]).out
