"""Status fields: the verb field and watch --field, and what they refuse."""

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.result import wait_for

ME = f"field{os.getpid()}"  # for programs' names: others may run these tests in the same control group
CGROUPS = [Path(root) for root in ("/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified")]


def ended(result, status, err="", out=""):
    """Asserts how rovictl has ended: its exit status, one sentence on stderr, and what it has printed."""
    assert result.status == status and result.out == out, result
    assert err in result.err and result.err.count("\n") == (1 if err else 0), result
    assert not err or result.err.startswith("rovictl: "), result
    return result


def own_cgroup():
    """The control group of this process, as a path below one of CGROUPS."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "name=systemd") and any((root / path[1:] / "cgroup.procs").exists() for root in CGROUPS):
            return path
    return pytest.skip("this machine does not show control groups in /sys/fs/cgroup")


@pytest.fixture
def nodes(tmp_path):
    """A function: starts a program with that name, as nodes are: an executable; or if it ends in .py, a script."""
    started = []

    def start(name):
        path = tmp_path / name
        if name.endswith(".py"):
            path.write_text("import time\ntime.sleep(1000)\n")
            argv = [sys.executable, "-u", str(path), "an_argument"]
        else:
            shutil.copy("/bin/sleep", path)
            argv = [str(path), "1000"]
        started.append(subprocess.Popen(argv))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def watching(robot, *arguments, **options):
    """Starts watch with arguments; returns the process and a function that reads its next object. After
    30 s it is ended, so that who waits for an object that does not come fails."""
    process = robot.start(["watch", "--json", *arguments], **options)
    limit = threading.Timer(30, process.kill)
    limit.daemon = True
    limit.start()
    return process, lambda: json.loads(process.stdout.readline())


# ---- the verb


@pytest.mark.parametrize(
    "word", ["active", "inactive", "failed", "activating", "deactivating", "reloading", "refreshing", "maintenance"]
)
def test_a_service_is_systemds_own_word(robot, word):
    robot.set("nav", ActiveState=word, SubState="x")
    ended(robot.rovictl("field service rovi-nav"), 0, out=f"{word}\n")


def test_a_service_that_was_never_started_and_the_gateway(robot):
    ended(robot.rovictl("field service rovi-nav"), 0, out="inactive\n")
    ended(robot.rovictl("field service rovi-gateway"), 0, out="active\n")
    robot.set("gateway", ActiveState="inactive", SubState="dead")
    ended(robot.rovictl("field service rovi-gateway"), 0, out="inactive\n")


def test_a_start_that_is_queued_is_not_systemds_word_yet(robot):
    """status has it as STARTING; the field keeps to ActiveState."""
    robot.plan("start nav", "cancel")
    robot.rovictl("start nav --no-wait")
    ended(robot.rovictl("field service rovi-nav"), 0, out="inactive\n")


def test_a_process_is_found_by_its_exact_name(robot, nodes):
    robot.set("nav", ActiveState="active", SubState="running", ControlGroup=own_cgroup())
    nodes(f"{ME}_controller")
    nodes(f"{ME} planner@2.py")
    for name in (f"{ME}_controller", f"{ME} planner@2.py"):
        ended(robot.rovictl(["field", "process", name]), 0, out="running\n")
        ended(robot.rovictl(["field", "process", name, "--service", "rovi-nav"]), 0, out="running\n")
        ended(robot.rovictl(["field", "process", name, "--service=rovi-gateway"]), 0, out="missing\n")
    for name in (
        f"{ME}_contro",
        "_controller",
        "an_argument",
        ME,
        "planner",
        "*",
        f"{ME}_controller.py",
        "[a-z]*",
        "$(x)",
    ):
        ended(robot.rovictl(["field", "process", name]), 0, out="missing\n")


def test_a_process_is_looked_for_in_the_gateway_too(robot, nodes):
    robot.set("gateway", ControlGroup=own_cgroup())
    nodes(f"{ME}_bridge")
    ended(robot.rovictl(f"field process {ME}_bridge"), 0, out="running\n")
    ended(robot.rovictl(f"field process {ME}_bridge --service rovi-nav"), 0, out="missing\n")


# ---- what is refused


@pytest.mark.parametrize(
    "arguments, words",
    [
        ("field", "field needs service or process, and a name"),
        ("field service", "field needs service or process, and a name"),
        ("field service rovi-nav rovi-teleop", "field takes at most 2 names, not 3"),
        ("field topic rovi-nav", "field takes one of service process, not topic"),
        ("field 'service process' rovi-nav", "field takes one of service process, not"),
        ("field service nav", "no service is named nav: did you mean rovi-nav?"),
        ("field service rovi-nav.service", "no service is named rovi-nav.service: "),
        ("field service 'rovi-*'", "no service is named"),
        ("field service ''", "no service is named ''"),
        (
            "field service rovi-navv",
            "no service is named rovi-navv: did you mean rovi-nav? "
            "(known: rovi-gateway rovi-camera rovi-localization rovi-mapping rovi-nav rovi-teleop)",
        ),
        ("field service rovi-stacks", "no service is named rovi-stacks (known: rovi-gateway rovi-camera"),
        ("field service ssh", "no service is named ssh: use rovi-gateway, or rovi-STACK for a stack, without .service"),
        ("field service rovi-nav --service rovi-nav", "--service is for 'field process' only"),
        (
            "field process x --service rovi-navv",
            "no service is named rovi-navv: did you mean rovi-nav? (known: rovi-gateway rovi-camera",
        ),
        (
            "field process x --service nav",
            "--service takes the name of a service without .service, for example rovi-nav, not nav",
        ),
        ("field process x --service ''", "--service takes the name of a service"),
        ("field process ''", "no process is named ''"),
        ("field process /usr/bin/node", "no process is named /usr/bin/node: use the file name"),
        ("field process -- -x", "no process is named -x"),
        ("field process 'a\nb'", "no process is named"),
        (f"field process {'x' * 256}", "no process is named"),
        ("field service rovi-nav --json", "field has no option --json"),
        ("field service rovi-nav --field a=service:rovi-nav", "field has no option --field"),
        ("status --field a=service:rovi-nav", "status has no option --field"),
        ("watch --service rovi-nav", "watch has no option --service"),
        ("watch --field", "--field needs a value"),
        ("watch nav --field a=service:rovi-nav", "watch takes the name of a unit or --field, not both"),
        (
            "watch --field a=service:rovi-nav --field b=service:rovi-gateway --field a=process:x",
            "two fields have the id a",
        ),
        (
            "watch --field a=service:rovi-nav --field b=service:rovi-navv",
            "no service is named rovi-navv: did you mean rovi-nav? (known: rovi-gateway rovi-camera",
        ),
        (
            "watch --field b=process:x@rovi-navv",
            "no service is named rovi-navv: did you mean rovi-nav? (known: rovi-gateway rovi-camera",
        ),
    ],
)
def test_what_cannot_be_told_is_refused(robot, arguments, words):
    ended(robot.rovictl(arguments), 2, words)


@pytest.mark.parametrize(
    "field",
    [
        "",
        "a",
        "=",
        "a=",
        "=service:rovi-nav",
        "service:rovi-nav",
        "a=service",
        "a=service:",
        "a=service:nav",
        "a=service:rovi-nav.service",
        "a=service:rovi-nav@rovi-nav",
        "a=topic:x",
        "a=:x",
        "a=process:",
        "a=process:x@",
        "a=process:@rovi-nav",
        "a=process:x@nav",
        "a=process:x@rovi-",
        "a=process:/bin/x",
        "a=process:-x",
        "a=process:a\nb",
        "a b=service:rovi-nav",
        "ä=service:rovi-nav",
        'a"b=service:rovi-nav',
        "a\\=service:rovi-nav",
        "a\n=service:rovi-nav",
        f"{'x' * 65}=service:rovi-nav",
        f"a=process:{'x' * 256}",
    ],
)
def test_a_field_that_is_none(robot, field):
    ended(
        robot.rovictl(["watch", "--field", "ok=service:rovi-nav", "--field", field]),
        2,
        "--field takes ID=service:rovi-NAME or ID=process:NAME",
    )


@pytest.mark.parametrize("arguments, status", [("field service rovi-nav", 4), ("field process x", 4)])
def test_field_without_systemd(robot, arguments, status):
    robot.vanish()
    ended(robot.rovictl(arguments), status, "cannot reach systemd")


def test_field_on_a_bus_that_hangs(robot):
    robot.freeze_bus()
    ended(robot.rovictl("field service rovi-nav"), 124, "systemd did not answer within 10 s")


def test_an_output_that_cannot_be_written(robot):
    for arguments in (
        "field service rovi-nav",
        "watch --field a=service:rovi-nav",
        "watch --json --field a=service:rovi-nav",
    ):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                robot.argv(arguments), env=robot.env, stdout=full, stderr=subprocess.PIPE, text=True, timeout=30
            )
        assert (
            done.returncode == 1 and done.stderr.count("\n") == 1 and "cannot write to standard output" in done.stderr
        ), done


# ---- watch


def test_watch_shows_each_field_once_and_then_what_changes(robot, nodes):
    robot.set("nav", ControlGroup=own_cgroup())
    long_id = "A.z_0-" * 10 + "four"
    watch, following = watching(
        robot,
        "--field",
        "svc_nav=service:rovi-nav",
        "--field=svc_gateway=service:rovi-gateway",
        "--field",
        f"proc=process:{ME}_watched@rovi-nav",
        "--field",
        f"{long_id}=process:{ME}_watched",
    )
    assert watch.stdout.readline() == '{"id":"svc_nav","type":"text","text":"inactive"}\n'
    assert following() == {"id": "svc_gateway", "type": "text", "text": "active"}
    assert following() == {"id": "proc", "type": "text", "text": "missing"}
    assert following() == {"id": long_id, "type": "text", "text": "missing"}
    robot.set("teleop", ActiveState="active", SubState="running")  # nobody has asked for it
    robot.set("nav", ActiveState="reloading", SubState="reload")
    assert following() == {"id": "svc_nav", "type": "text", "text": "reloading"}
    robot.set("nav", SubState="another", StatusText="more")  # no change of a field
    robot.set("nav", ActiveState="active", SubState="running")
    assert following() == {"id": "svc_nav", "type": "text", "text": "active"}
    node = nodes(f"{ME}_watched")
    assert [following(), following()] == [
        {"id": "proc", "type": "text", "text": "running"},
        {"id": long_id, "type": "text", "text": "running"},
    ]
    node.kill()
    node.wait()
    assert [following()["text"], following()["text"]] == ["missing", "missing"]
    watch.terminate()
    assert watch.communicate(timeout=10)[0] == ""


def test_watch_in_words_for_a_person(robot):
    watch = robot.start("watch --field svc_nav=service:rovi-nav --field proc=process:no_such_node")
    assert [watch.stdout.readline(), watch.stdout.readline()] == ["svc_nav inactive\n", "proc missing\n"]
    robot.set("nav", ActiveState="failed", SubState="failed")
    assert watch.stdout.readline() == "svc_nav failed\n"
    watch.terminate()
    assert watch.communicate(timeout=10)[0] == ""


def test_watch_says_no_field_again_when_a_stack_is_removed(robot, tmp_path):
    units = shutil.copytree(robot.env["SYSTEMD_UNIT_PATH"], tmp_path / "units")
    robot.env["SYSTEMD_UNIT_PATH"] = str(units)
    watch, following = watching(
        robot, "--field", "svc_nav=service:rovi-nav", "--field", "svc_camera=service:rovi-camera"
    )
    whole, wholes = watching(robot)
    following(), following(), wholes()
    (units / "rovi-camera.service").unlink()
    assert len(wholes()["units"]) == 5
    robot.set("nav", ActiveState="failed", SubState="failed")
    assert following() == {"id": "svc_nav", "type": "text", "text": "failed"}
    for process in (watch, whole):
        process.terminate()
        process.wait(10)


def test_watch_of_fields_survives_a_systemd_that_is_away(robot):
    watch, following = watching(
        robot, "--field", "svc_nav=service:rovi-nav", "--field", "svc_gateway=service:rovi-gateway"
    )
    following(), following()
    robot.vanish()
    robot.appear()
    robot.rovictl("start nav")
    wait_for(lambda: following() == {"id": "svc_nav", "type": "text", "text": "active"}, "nav is not seen active")
    watch.terminate()
    watch.wait(10)


def test_watch_of_fields_ends_with_its_input(robot):
    watch, following = watching(robot, "--until-eof", "--field", "svc_nav=service:rovi-nav", stdin=subprocess.PIPE)
    following()
    watch.stdin.close()
    watch.stdin = None
    assert watch.wait(10) == 0


def test_over_ssh_go_all_fields_and_both_names(robot, tmp_path):
    """With an ssh that runs here what it is to run there."""
    ssh = tmp_path / "ssh"
    ssh.write_text(
        f'#!/bin/bash\nshift $(($# - 1))\nprintf "%s\\n" "$1" >>{tmp_path}/asked\n'
        f'PATH={Path(robot.argv([])[0]).parent}:$PATH exec timeout 30 bash -c "$1"\n'
    )
    ssh.chmod(0o755)
    env = {"PATH": f"{tmp_path}:{robot.env['PATH']}"}
    ended(robot.rovictl("-H there field service rovi-nav", env=env), 0, out="inactive\n")
    ended(
        robot.rovictl(["-H", "there", "field", "process", "it's one", "--service", "rovi-nav"], env=env),
        0,
        out="missing\n",
    )
    assert (tmp_path / "asked").read_text().splitlines()[
        1
    ] == "rovictl 'field' '--service=rovi-nav' 'process' 'it'\\''s one'"
    watch, following = watching(
        robot, "-H", "there", "--field", "a=service:rovi-nav", "--field", "b=process:it's one", env=env
    )
    assert [following()["id"], following()["id"]] == ["a", "b"]
    robot.set("nav", ActiveState="failed", SubState="failed")
    assert following() == {"id": "a", "type": "text", "text": "failed"}
    watch.terminate()
    watch.wait(10)
    ended(
        robot.rovictl("-H there watch --field a=service:rovi-nav --field a=process:x", env=env),
        2,
        "two fields have the id a",
    )
    assert sorted(robot.rovictl("-H one,two field service rovi-nav", env=env).out.splitlines()) == [
        "one: failed",
        "two: failed",
    ]
