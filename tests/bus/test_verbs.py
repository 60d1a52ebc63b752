"""Each verb and each exit code of rovictl, and all that systemd and the bus can answer."""

import json
import os
import re
import select
import shutil
import subprocess
import time

import dbus
import pytest

from harness.result import wait_for

NO_JOB = dbus.Struct((dbus.UInt32(0), dbus.ObjectPath("/")), signature="uo")


def ended(result, status, err="", out=None):
    """Asserts how rovictl has ended: its exit status, one sentence on stderr, and what it has printed."""
    assert result.status == status, result
    assert err in result.err, result
    assert result.err.count("\n") == (1 if err else 0), result
    assert all(line.startswith("rovictl: ") for line in result.err.splitlines()), result
    if out is not None:
        assert result.out == out, result
    return result


# ---- start, stop, restart


def test_start_waits_until_the_stack_runs(robot):
    ended(robot.rovictl("start mapping"), 0, out="mapping runs\n")
    assert robot.state("mapping") == "active"
    ended(robot.rovictl("start mapping"), 0, out="mapping is already running\n")


def test_stop_waits_until_it_is_stopped(robot):
    robot.rovictl("start mapping")
    ended(robot.rovictl("stop"), 0, out="mapping stopped\n")
    assert robot.state("mapping") == "inactive"
    ended(robot.rovictl("stop"), 0, out="no stack is active\n")
    ended(robot.rovictl("stop mapping"), 0, out="mapping is not running\n")


def test_restart(robot):
    ended(robot.rovictl("restart mapping"), 0, out="mapping runs\n")
    ended(robot.rovictl("restart mapping"), 0, out="mapping runs\n")
    ended(robot.rovictl("restart nav"), 75, "stack mapping is active")


def test_quiet_says_nothing_but_errors(robot):
    ended(robot.rovictl("-q start mapping"), 0, out="")
    ended(robot.rovictl("start nav --quiet"), 75, "stack mapping is active", out="")
    ended(robot.rovictl("status -q"), 0, out="")
    ended(robot.rovictl("status -q nav"), 3, out="")
    ended(robot.rovictl("stop -q"), 0, out="")


def test_no_wait_returns_while_the_job_is_under_way(robot):
    robot.plan("start mapping", "stuck")
    ended(robot.rovictl("start mapping --no-wait"), 0, out="mapping: start requested: see 'rovictl status'\n")
    assert robot.state("mapping") == "activating"
    assert json.loads(robot.rovictl("stop --no-wait --json").out)["state"] in ("STOPPING", "STOPPED")


def test_json_is_the_unit_afterwards(robot):
    assert json.loads(robot.rovictl("start mapping --json").out)["state"] == "RUNNING"
    assert json.loads(robot.rovictl("start mapping --json").out)["state"] == "RUNNING"
    assert json.loads(robot.rovictl("stop --json").out)["state"] == "STOPPED"
    robot.plan("start nav", "refuse 78 the workspace is gone")
    result = ended(robot.rovictl("start nav --json"), 78, "nav failed: the workspace is gone")
    assert json.loads(result.out)["status_text"] == "the workspace is gone"


@pytest.mark.parametrize(
    "what, status, words",
    [
        ("refuse 69 the gateway is not running", 69, "mapping failed: the gateway is not running"),
        ("refuse 75 stack nav is active", 75, "mapping failed: stack nav is active"),
        ("refuse 78 no workspace", 78, "mapping failed: no workspace"),
        ("refuse 79 the robot is moving", 79, "mapping failed: the robot is moving"),
        ("cancel", 1, "mapping was not started: its start was cancelled"),
        ("supersede", 1, "mapping was stopped meanwhile"),
    ],
)
def test_a_start_that_goes_wrong(robot, what, status, words):
    robot.plan("start mapping", what)
    ended(robot.rovictl("start mapping"), status, words)
    ended(robot.rovictl("start mapping"), 0)  # and the next one works


def test_a_failed_start_shows_why_and_ends_with_1(robot):
    robot.plan("start mapping", "fail")
    result = robot.rovictl("start mapping")
    assert result.status == 1, result
    assert result.err.startswith("rovictl: mapping failed: ros2 launch ended with exit status 1\n"), result
    # An older failure is not taken for the end of a later start.
    robot.plan("start mapping", "cancel")
    ended(robot.rovictl("start mapping"), 1, "its start was cancelled")


@pytest.mark.parametrize(
    "what, words",
    [
        ("cancel", "mapping still runs because its stop was cancelled"),
        ("supersede", "mapping was started again meanwhile"),
    ],
)
def test_a_stop_that_goes_wrong(robot, what, words):
    robot.rovictl("start mapping")
    robot.plan("stop mapping", what)
    ended(robot.rovictl("stop"), 1, words)


def test_a_stop_that_ends_in_a_kill(robot):
    robot.rovictl("start mapping")
    robot.plan("stop mapping", "fail")
    result = robot.rovictl("stop")
    assert result.status == 1 and "mapping stopped, but not cleanly: it was killed" in result.err, result


def test_without_the_gateway(robot):
    robot.set("gateway", ActiveState="inactive", SubState="dead")
    robot.plan("start mapping", "supersede")
    ended(robot.rovictl("start mapping"), 69, "the gateway is not running")
    ended(robot.rovictl("switch mapping"), 69, "the gateway is not running")
    ended(robot.rovictl("status"), 3)


def test_what_the_gateway_takes_along_is_said(robot):
    robot.rovictl("start nav")
    ended(robot.rovictl("gateway restart"), 0, out="gateway runs\nnav starts again: see 'rovictl status'\n")
    ended(robot.rovictl("gateway restart --no-wait"), 0, out="gateway: restart requested: see 'rovictl status'\n")
    wait_for(lambda: robot.state("gateway") == robot.state("nav") == "active", "it does not come back")
    ended(robot.rovictl("gateway stop"), 0, out="gateway stopped\nnav stopped with it\n")


def test_an_output_that_cannot_be_written(robot):
    for arguments in (
        "status",
        "status --json",
        "start nav --json",
        "list",
        "list -q",
        "list --json",
        "ps nav",
        "ps nav --json",
    ):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                robot.argv(arguments), env=robot.env, stdout=full, stderr=subprocess.PIPE, text=True, timeout=30
            )
        assert (
            done.returncode == 1 and done.stderr.count("\n") == 1 and "cannot write to standard output" in done.stderr
        ), done


# ---- switch


def test_switch(robot):
    ended(robot.rovictl("switch mapping"), 0, out="mapping runs\n")
    ended(robot.rovictl("switch nav"), 0, out="mapping stopped\nnav runs\n")
    ended(robot.rovictl("switch nav"), 0, out="nav is already running\n")
    assert (robot.state("mapping"), robot.state("nav")) == ("inactive", "active")
    assert json.loads(robot.rovictl("switch mapping --json").out)["stack"] == "mapping"


def test_a_switch_whose_stop_fails_starts_nothing(robot):
    robot.rovictl("start mapping")
    robot.plan("StopUnit", "deny")
    result = robot.rovictl("switch nav")
    assert result.status == 77, result
    assert result.err.endswith("rovictl: nav was not started; mapping is RUNNING now\n"), result
    robot.plan("stop mapping", "fail")
    result = robot.rovictl("switch nav")
    assert result.status == 1 and result.err.endswith("rovictl: nav was not started; no stack is active now\n"), result
    assert robot.state("nav") == "inactive"
    robot.rovictl("start mapping")
    robot.plan("stop mapping", "fail")
    words = ["bash", "-c", 'exec "$@" 2>&-', "bash", *robot.argv("switch nav")]  # it cannot say that
    assert subprocess.run(words, env=robot.env, stdout=subprocess.DEVNULL, timeout=30).returncode == 1
    assert robot.state("nav") == "inactive"


def test_a_switch_to_what_systemd_will_not_load_stops_nothing(robot):
    robot.rovictl("start mapping")
    robot.set("nav", LoadState="bad-setting")
    ended(robot.rovictl("switch nav"), 4, "systemd does not load rovi-nav.service (bad-setting)", out="")
    assert robot.state("mapping") == "active"


@pytest.mark.parametrize("method", ["StopUnit", "StartUnit"])
def test_a_switch_keeps_its_code_when_systemd_vanishes(robot, method):
    robot.rovictl("start mapping")
    robot.plan(method, "vanish")
    result = robot.rovictl("switch nav")
    assert result.status == 4 and result.err.endswith("; rovictl cannot find out what runs now\n"), result


def test_a_switch_that_takes_too_long_says_what_it_left(robot):
    robot.rovictl("start mapping")
    robot.plan("stop mapping", "stuck")
    result = robot.rovictl("switch nav --timeout 1")
    assert result.status == 124 and result.err.endswith("nav was not started; mapping is STOPPING now\n"), result


def test_a_switch_whose_start_fails_says_what_runs(robot):
    robot.rovictl("start mapping")
    robot.plan("start nav", "refuse 78 no map")
    result = robot.rovictl("switch nav")
    assert result.status == 78, result
    assert result.err == "rovictl: nav failed: no map\nrovictl: mapping was stopped; no stack is active now\n"
    assert result.out == "mapping stopped\n"


# ---- wait


def test_wait(robot):
    waiting = robot.start("wait mapping --timeout 20")
    robot.rovictl("start mapping --no-wait")
    assert waiting.communicate(timeout=20) == ("mapping is RUNNING\n", "") and waiting.returncode == 0
    ended(robot.rovictl("wait mapping"), 0, out="mapping is RUNNING\n")
    ended(robot.rovictl("wait gateway --state running"), 0)
    ended(robot.rovictl("wait mapping --state stopped,RUNNING -q"), 0, out="")
    ended(robot.rovictl("wait mapping --state stopped --timeout 0"), 124, "mapping is RUNNING, not stopped, after 0 s")
    assert json.loads(robot.rovictl("wait mapping --json").out)["state"] == "RUNNING"


def test_wait_ends_when_the_unit_fails_now_but_not_for_an_old_failure(robot):
    robot.plan("start mapping", "refuse 78 one", "refuse 78 two")
    robot.rovictl("start mapping")
    waiting = robot.start("wait mapping --timeout 20")
    ended(robot.rovictl("wait mapping --timeout 1"), 124, "mapping is FAILED, not running, after 1 s")
    assert waiting.poll() is None
    robot.rovictl("start mapping")
    _, err = waiting.communicate(timeout=20)
    assert (waiting.returncode, err) == (78, "rovictl: mapping failed: two\n")
    ended(robot.rovictl("wait mapping --state failed"), 0)


# ---- the gateway


def test_gateway_is_the_administrators(robot):
    for action, method in (
        ("start", "StartUnit"),
        ("stop", "StopUnit"),
        ("restart", "RestartUnit"),
        ("enable", "EnableUnitFiles"),
        ("disable", "DisableUnitFiles"),
    ):
        robot.set("gateway", ActiveState="inactive" if action == "start" else "active")
        robot.plan(method, "ask")
        ended(
            robot.rovictl(f"gateway {action}"),
            77,
            f"only an administrator may do that: 'sudo rovictl gateway {action}'",
            out="",
        )


def test_gateway_for_who_may(robot):
    ended(robot.rovictl("gateway stop"), 0, out="gateway stopped\n")
    assert "STOPPED" in ended(robot.rovictl("gateway status"), 3).out
    ended(robot.rovictl("gateway start"), 0, out="gateway runs\n")
    ended(robot.rovictl("gateway restart"), 0, out="gateway runs\n")
    ended(robot.rovictl("gateway disable"), 0, out="the gateway is disabled: it no longer starts at boot\n")
    assert str(robot.get("gateway", "UnitFileState")) == "disabled"
    ended(robot.rovictl("gateway enable"), 0, out="the gateway is enabled: it starts at boot\n")
    robot.plan("start gateway", "refuse 78 no network")
    ended(robot.rovictl("gateway restart"), 78, "gateway failed: no network")


# ---- what the bus can do


@pytest.mark.parametrize(
    "error, status, words",
    [
        ("deny", 77, "not permitted"),
        ("ask", 77, "not permitted"),
        ("not-found", 4, "systemd does not load the unit"),
        ("masked", 4, "systemd does not load the unit"),
        ("destructive", 124, "systemd is busy with a start or stop that cannot be interrupted"),
        ("odd", 4, "systemd refused"),
    ],
)
@pytest.mark.parametrize("verb, method", [("start", "StartUnit"), ("restart", "RestartUnit"), ("stop", "StopUnit")])
def test_an_error_of_systemd(robot, verb, method, error, status, words):
    if verb == "stop":
        robot.rovictl("start mapping")
    before = robot.state("mapping")
    robot.plan(method, *[error] * (2 if error == "destructive" else 1))  # root takes away what is in the way, once
    result = ended(robot.rovictl(f"{verb} mapping"), status, words, out="")
    assert "Call failed" not in result.err
    assert robot.state("mapping") == before


@pytest.mark.parametrize(
    "arguments",
    [
        "status",
        "status --json",
        "start mapping",
        "stop",
        "restart nav",
        "switch nav",
        "wait nav",
        "watch",
        "watch --json",
        "ps gateway",
        "gateway stop",
    ],
)
def test_systemd_is_not_there(robot, arguments):
    robot.vanish()
    ended(
        robot.rovictl(arguments + (" --timeout 1" if "wait" in arguments else ""), limit_s=25),
        124 if "wait" in arguments else 4,
        "systemd",
        out="",
    )


@pytest.mark.parametrize(
    "arguments",
    [
        "status",
        "status --json",
        "start mapping",
        "stop",
        "restart nav",
        "switch nav",
        "wait nav",
        "ps gateway",
        "gateway stop",
    ],
)
def test_a_bus_that_hangs(robot, arguments):
    takes_timeout = arguments.split()[0] not in ("status", "ps")
    robot.freeze_bus()
    result = robot.rovictl(arguments + (" --timeout 2" if takes_timeout else ""))
    ended(result, 124, f"systemd did not answer within {2 if takes_timeout else 10} s", out="")
    assert result.seconds < (4 if takes_timeout else 13), result.seconds


@pytest.mark.parametrize("verb", ["start", "stop", "restart"])
@pytest.mark.parametrize("step", ["before", "method", "settling"])
def test_systemd_vanishes_half_way(robot, verb, step):
    if verb == "stop":
        robot.rovictl("start mapping")
    method = {"start": "StartUnit", "stop": "StopUnit", "restart": "RestartUnit"}[verb]
    if step == "before":
        robot.plan("GetAll", "vanish")
    elif step == "method":
        robot.plan(method, "vanish")
    else:
        seen = 3  # gateway, target and mapping
        robot.plan("GetAll", *[""] * seen, "vanish")
    result = robot.rovictl(f"{verb} mapping --timeout 3", limit_s=20)
    ended(result, 124 if step == "settling" else 4, "systemd", out="")
    assert result.seconds < 6


def test_systemd_comes_back_while_a_verb_waits(robot):
    """As after daemon-reexec: the job goes on."""
    robot.plan("start mapping", "stuck")
    waiting = robot.start("wait mapping --timeout 20")
    robot.vanish()
    robot.appear()
    robot.rovictl("start mapping")
    assert waiting.communicate(timeout=20)[0] == "mapping is RUNNING\n"


def test_slow_answers_only_take_longer(robot):
    """As during daemon-reload."""
    robot.plan("GetAll", "slow 0.3", "slow 0.3", "slow 0.3", "slow 0.3")
    robot.plan("StartUnit", "slow 1")
    ended(robot.rovictl("start mapping"), 0, out="mapping runs\n")


def test_a_job_that_does_not_end(robot):
    robot.plan("start mapping", "stuck")
    robot.set("mapping", StatusText="waiting for the dock")
    result = ended(
        robot.rovictl("start mapping --timeout 1"),
        124,
        "mapping is still STARTING after 1 s and goes on (waiting for the dock): see 'rovictl status'",
    )
    assert result.seconds < 3
    robot.plan("stop mapping", "stuck")
    ended(robot.rovictl("stop --timeout 1"), 124, "mapping is still STOPPING after 1 s and goes on")
    robot.set("mapping", ActiveState="active", SubState="running", Job=NO_JOB, StatusText="")
    robot.plan("stop mapping", "queued")
    ended(robot.rovictl("stop --timeout 1"), 124, "mapping is still RUNNING after 1 s: see 'rovictl status'")


def test_the_sentence_names_the_limit_that_was_met(robot):
    robot.freeze_bus()
    ended(robot.rovictl("start mapping --timeout 100"), 124, "systemd did not answer within 10 s")


def test_a_denial_to_an_operator_without_polkit_names_polkit(robot, tmp_path):
    """systemd says no more than that access is denied."""
    (tmp_path / "id").write_text('#!/bin/sh\n[ "$1" = -nGz ] && printf "rovi-ops\\0" || echo alice\n')
    (tmp_path / "id").chmod(0o755)
    robot.plan("StartUnit", "no-polkit")
    ended(robot.rovictl("start mapping", env={"PATH": f"{tmp_path}:{robot.env['PATH']}"}), 77, "polkit does not run")


@pytest.mark.parametrize("verb", ["enable", "disable"])
def test_who_may_not_have_a_stack_start_at_boot_is_told_the_command(robot, verb):
    robot.plan("EnableUnitFiles", "deny")
    robot.plan("DisableUnitFiles", "deny")
    ended(robot.rovictl(f"{verb} nav"), 77, f"only an administrator may do that: 'sudo rovictl {verb} nav'")


def test_a_turkish_locale_has_another_capital_i(robot, tmp_path):
    subprocess.run(
        ["localedef", "-c", "-i", "tr_TR", "-f", "UTF-8", tmp_path / "tr_TR.UTF-8"], check=False, capture_output=True
    )
    if not (tmp_path / "tr_TR.UTF-8").exists():
        pytest.skip("localedef has no source for tr_TR on this machine")
    env = {"LC_ALL": "tr_TR.UTF-8", "LOCPATH": str(tmp_path)}
    ended(robot.rovictl("wait gateway --timeout 1", env=env), 0)
    ended(robot.rovictl("wait gateway --timeout 1 --state RUNNING", env=env), 0)


@pytest.mark.parametrize("word", ["reloading", "refreshing"])
def test_a_stack_that_is_reloading_or_refreshing_is_active(robot, word):
    robot.set("nav", ActiveState=word, SubState=word, StatusText="--variant slam")
    ended(robot.rovictl("start mapping"), 75, "stack nav is active")
    ended(robot.rovictl("start nav"), 0, out="nav is already running\n")
    unit = json.loads(robot.rovictl("status nav --json").out)
    assert (unit["state"], unit["active_state"], unit["variant"]) == ("RUNNING", word, "slam")
    ended(robot.rovictl("wait nav --timeout 2"), 0)
    robot.set("mapping", ActiveState="active", SubState="running")
    ended(robot.rovictl("stop"), 2, "mapping and nav are both active")


@pytest.mark.parametrize("word", ["reloading", "refreshing"])
def test_a_gateway_that_is_reloading_or_refreshing_runs(robot, word):
    robot.set("gateway", ActiveState=word, SubState=word)
    ended(robot.rovictl("status"), 0)
    ended(robot.rovictl("switch mapping"), 0, out="mapping runs\n")


def test_of_two_active_stacks_stop_takes_none_without_a_name(robot):
    for stack in ("nav", "mapping"):
        robot.set(stack, ActiveState="active", SubState="running")
    ended(
        robot.rovictl("stop"), 2, "mapping and nav are both active: say which one to stop: 'rovictl stop NAME'", out=""
    )
    assert (robot.state("mapping"), robot.state("nav")) == ("active", "active")
    ended(robot.rovictl("stop mapping"), 0, out="mapping stopped\n")
    ended(robot.rovictl("stop"), 0, out="nav stopped\n")
    # One that is starting may yet be refused, and one that is stopping needs no stop.
    robot.set("nav", ActiveState="active", SubState="running")
    robot.set("mapping", ActiveState="activating", SubState="start")
    robot.set("camera", ActiveState="deactivating", SubState="stop-sigint")
    ended(robot.rovictl("stop"), 0, out="nav stopped\n")


# ---- daemon-reexec: systemd drops the calls that it has not answered yet


@pytest.mark.parametrize(
    "verb, method", [("start", "StartUnit"), ("restart", "RestartUnit"), ("stop", "StopUnit"), ("switch", "StartUnit")]
)
@pytest.mark.parametrize("times", [1, 5])
def test_a_call_that_is_dropped_is_made_again(robot, verb, method, times):
    if verb in ("stop", "restart"):
        robot.rovictl("start mapping")
    robot.plan(method, *["reexec"] * times)
    ended(robot.rovictl(f"{verb} mapping"), 0, out=f"mapping {'stopped' if verb == 'stop' else 'runs'}\n")


@pytest.mark.parametrize(
    "arguments", ["status", "status --json", "status nav", "list", "start nav", "stop", "switch nav", "watch --json"]
)
def test_a_look_that_is_dropped_is_made_again(robot, arguments):
    robot.rovictl("start mapping")
    robot.rovictl("stop")
    robot.plan("GetAll", "reexec", "reexec")
    if "watch" in arguments:
        watch = robot.start(arguments)
        assert len(watched(watch, 1)[0]["units"]) == 6
        watch.terminate()
        watch.wait(10)
        return
    result = robot.rovictl(arguments)
    assert result.err == "" and result.status == (3 if arguments == "status nav" else 0), result


def test_a_restart_that_was_taken_is_not_made_again(robot):
    robot.rovictl("start mapping")
    for done in (False, True):
        robot.plan("start mapping", *[] if done else ["stuck"])
        robot.plan("RestartUnit", "taken", "deny")  # a second call would be refused
        if done:
            ended(robot.rovictl("restart mapping"), 0, out="mapping runs\n")
        else:
            ended(robot.rovictl("restart mapping --timeout 1"), 124, "mapping is still STARTING after 1 s and goes on")
            robot.set("mapping", ActiveState="active", SubState="running", Job=NO_JOB)


@pytest.mark.parametrize("verb, method", [("start", "StartUnit"), ("stop", "StopUnit")])
def test_a_start_or_stop_that_was_taken_is_made_once_more_and_is_the_same(robot, verb, method):
    if verb == "stop":
        robot.rovictl("start mapping")
    robot.plan(method, "taken")
    ended(robot.rovictl(f"{verb} mapping"), 0, out=f"mapping {'stopped' if verb == 'stop' else 'runs'}\n")


def test_a_systemd_that_drops_every_call(robot):
    robot.plan("StartUnit", *["reexec"] * 100)
    result = ended(robot.rovictl("start mapping --timeout 2"), 124, "systemd did not answer within 2 s")
    assert result.seconds < 4
    robot.plan("StartUnit", *["reexec"] * 100)
    result = ended(robot.rovictl("start mapping"), 4, "cannot reach systemd (Message recipient disconnected")
    assert 9 < result.seconds < 13


def test_the_sentence_says_what_was_waited(robot):
    """Not what the whole verb may take, nor what a call may."""
    robot.plan("start mapping", "stuck")
    start = robot.start("start mapping --timeout 5")
    wait_for(lambda: robot.state("mapping") == "activating", "the start is not under way")
    began = time.monotonic()
    wait_for(lambda: time.monotonic() - began > 2, "two seconds of it are over")
    robot.freeze_bus()
    out, err = start.communicate(timeout=20)
    assert start.returncode == 124 and out == "" and re.search(r"systemd did not answer within [23] s:", err), err


# ---- looking


def test_status_json(robot):
    robot.rovictl("start nav")
    units = [json.loads(line) for line in robot.rovictl("status --json").out.splitlines()]
    assert [unit["stack"] for unit in units] == [None, "camera", "localization", "mapping", "nav", "teleop"]
    assert (units[0]["memory_bytes"], units[0]["tasks"], units[0]["since"]) == (123456789, 42, "2023-11-14T22:13:20Z")
    assert (units[1]["memory_bytes"], units[1]["since"], units[1]["unit_file_state"]) == (None, None, "disabled")
    assert json.loads(robot.rovictl("status nav --json").out)["state"] == "RUNNING"


def test_status_text_of_a_node_is_text(robot):
    robot.set("nav", ActiveState="failed", SubState="failed", StatusText='a "b" \\ c\t\x1b[31m\u009b31m ü')
    assert "\x1b" not in robot.rovictl("status").out and "\u009b" not in robot.rovictl("status").out
    assert json.loads(robot.rovictl("status nav --json").out)["status_text"] == 'a "b" \\ c  [31m 31m ü'


def test_a_start_that_is_queued_is_starting(robot):
    robot.set(
        "nav", Job=dbus.Struct((dbus.UInt32(7), dbus.ObjectPath("/org/freedesktop/systemd1/job/7")), signature="uo")
    )
    assert json.loads(robot.rovictl("status nav --json").out)["state"] == "STARTING"
    ended(robot.rovictl("start mapping"), 75, "stack nav is active")


def test_ps(robot):
    # The fake says that the gateway is this process.
    assert robot.rovictl("ps gateway").out.splitlines()[1].split()[0] == str(os.getpid())
    tree = robot.rovictl("ps gateway --json").out.splitlines()
    assert json.loads(tree[0])["unit"] == "rovi-gateway.service" and json.loads(tree[0])["memory_bytes"] > 0
    ended(robot.rovictl("ps nav"), 3, "nav has no processes", out="")


def test_list(robot):
    assert robot.rovictl("list -q").out.split() == ["camera", "localization", "mapping", "nav", "teleop"]
    first = json.loads(robot.rovictl("list --json").out.splitlines()[0])
    assert (first["stack"], first["unit"]) == ("camera", "rovi-camera.service") and first["description"]


# ---- watch


def watched(process, count):
    return [json.loads(process.stdout.readline()) for _ in range(count)]


def test_watch_json_is_the_whole_state_then_changes_only(robot):
    watch = robot.start("watch --json")
    first = watched(watch, 1)[0]
    assert [unit["stack"] for unit in first["units"]] == [None, "camera", "localization", "mapping", "nav", "teleop"]
    robot.set("gateway", MemoryCurrent=dbus.UInt64(1))  # no change that counts
    robot.rovictl("start nav")
    change = watched(watch, 1)[0]
    if change["state"] == "STARTING":
        change = watched(watch, 1)[0]
    assert (change["stack"], change["state"]) == ("nav", "RUNNING")
    robot.rovictl("stop")
    change = watched(watch, 1)[0]
    if change["state"] == "STOPPING":
        change = watched(watch, 1)[0]
    assert (change["stack"], change["state"], change["load_state"]) == ("nav", "STOPPED", "loaded")
    watch.terminate()
    assert watch.communicate(timeout=10)[0] == ""


def test_watch_in_a_pipe_prints_a_line_a_change(robot):
    watch = robot.start("watch nav")
    assert watch.stdout.readline().split()[2:] == ["nav", "STOPPED"]
    robot.plan("start nav", "refuse 78 no map")
    robot.rovictl("start nav")
    line = watch.stdout.readline()
    if "STARTING" in line:
        line = watch.stdout.readline()
    assert line.endswith(" nav FAILED: no map\n")
    watch.terminate()
    assert watch.communicate(timeout=10)[0] == ""


def test_watch_survives_a_systemd_that_is_away(robot):
    watch = robot.start("watch nav --json")
    watched(watch, 1)
    robot.vanish()
    robot.appear()
    robot.rovictl("start nav")
    wait_for(lambda: watched(watch, 1)[0]["state"] == "RUNNING", "nav is not seen running")
    watch.terminate()
    watch.wait(10)


@pytest.mark.parametrize("arguments", ["watch --json", "watch", "watch --field nav=service:rovi-nav"])
def test_watch_goes_on_where_the_first_look_fails(robot, tmp_path, arguments):
    (tmp_path / "systemctl").write_text(
        '#!/bin/sh\n[ -e "$0.asked" ] || { : >"$0.asked"; echo "Failed to connect to bus" >&2; exit 1; }\n'
        f'exec {shutil.which("systemctl")} "$@"\n'
    )
    (tmp_path / "systemctl").chmod(0o755)
    watch = robot.start(arguments, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert watch.stdout.readline(), watch.stderr.read()
    assert (tmp_path / "systemctl.asked").exists()
    robot.rovictl("start nav")
    assert watch.stdout.readline(), watch.stderr.read()
    watch.terminate()
    watch.wait(10)


def test_watch_until_eof_ends_with_its_input(robot):
    watch = robot.start("watch --json --until-eof", stdin=subprocess.PIPE)
    watched(watch, 1)
    watch.stdin.close()
    watch.stdin = None
    assert watch.wait(10) == 0


@pytest.mark.parametrize("field", ["", " --field nav=service:rovi-nav"])
def test_watch_answers_a_question_mark_with_an_empty_line(robot, field):
    """So a program finds out that it still runs: it may have been stopped by SIGSTOP."""
    watch = robot.start(f"watch --json --until-eof{field}", stdin=subprocess.PIPE)
    watched(watch, 1)
    for asked in "?", "?\n":
        watch.stdin.write(asked)
        watch.stdin.flush()
        assert select.select([watch.stdout], [], [], 10)[0], "there is no answer"
        assert watch.stdout.readline() == "\n"
    watch.stdin.close()
    watch.stdin = None
    assert watch.wait(10) == 0


def cpu_s():
    """Seconds of CPU of all children that have ended, and theirs."""
    times = os.times()
    return times.children_user + times.children_system


def watch_cpu_s(robot, stdin):
    """Seconds of CPU that three seconds of watch cost."""
    watch = robot.start("watch --json --until-eof", stdin=stdin)
    watched(watch, 1)
    before = cpu_s()
    began = time.monotonic()
    wait_for(lambda: time.monotonic() - began > 3, "3 s", limit_s=10)
    watch.terminate()
    watch.wait(10)
    return cpu_s() - before


def test_watch_is_not_hurried_by_its_input(robot):
    """Without the pause it takes all of a CPU, ten times as much."""
    reader, writer = os.pipe()
    with os.fdopen(reader), os.fdopen(writer, "wb"):
        quiet = watch_cpu_s(robot, reader)
    flood = subprocess.Popen(["yes"], stdout=subprocess.PIPE)
    try:
        flooded = watch_cpu_s(robot, flood.stdout)
    finally:
        flood.kill()
        flood.communicate()
    assert flooded < 3 * quiet, f"{flooded} s of CPU instead of {quiet} s"


def test_watch_sees_that_a_stack_is_enabled(robot):
    watch = robot.start("watch nav --json")
    watched(watch, 1)
    robot.set("nav", UnitFileState="enabled")
    assert watched(watch, 1)[0]["unit_file_state"] == "enabled"
    watch.terminate()
    watch.wait(10)


def test_watch_costs_no_visible_cpu(robot):
    """Three seconds of it cost less than thirty calls of status."""
    before = cpu_s()
    for _ in range(10):
        robot.rovictl("status --json")
    ten_calls = cpu_s() - before
    reader, writer = os.pipe()
    with os.fdopen(reader), os.fdopen(writer, "wb"):
        used = watch_cpu_s(robot, reader)
    assert used < 3 * ten_calls, f"{used} s of CPU in 3 s, ten calls of status took {ten_calls} s"


@pytest.mark.parametrize("said", ["hello", "refused (x): y", "refused 75: y", "another stack is active"])
def test_what_a_node_says_is_no_refusal(robot, said):
    robot.set(
        "mapping",
        ActiveState="failed",
        SubState="failed",
        Result="exit-code",
        ExecMainCode=1,
        ExecMainStatus=75,
        StatusText=said,
    )
    result = robot.rovictl("wait mapping --timeout 0")
    assert result.status == 124, result
    assert json.loads(robot.rovictl("status mapping --json").out)["status_text"] == said


def test_a_refusal_is_shown_without_its_mark(robot):
    robot.set(
        "mapping",
        ActiveState="failed",
        SubState="failed",
        StatusText="refused (79 by the memory guard): mapping needs 2G",
    )
    assert json.loads(robot.rovictl("status mapping --json").out)["status_text"] == "memory guard: mapping needs 2G"
    assert "    memory guard: mapping needs 2G\n" in robot.rovictl("status mapping").out
