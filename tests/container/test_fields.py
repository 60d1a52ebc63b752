"""Status fields on a real systemd: systemd's word, real processes, and the way to a UI bridge's messages."""

import json
from itertools import pairwise

import pytest
import varlink

from examples.ui_bridge.ui_bridge import StatusFields, from_executor, from_rovictl, read_fields
from harness.fake import TOP
from harness.result import wait_for

DROP_IN = "/run/systemd/system/rovi-nav.service.d/99-test.conf"


@pytest.fixture
def nodes(robot):
    """nav comes with field_server and field_planner.py beside its controller_server."""
    robot.put(DROP_IN, "[Service]\nPrivateTmp=no\nExecStartPost=/bin/bash /opt/harness/field_nodes.bash\n")
    robot.must("mount -o remount,exec /tmp 2>/dev/null; systemctl daemon-reload")
    yield
    robot.must(
        f"systemctl stop rovi-nav; rm -rf {DROP_IN.rpartition('/')[0]} /tmp/field_server /tmp/field_planner.py; "
        "systemctl daemon-reload"
    )


def field(robot, arguments):
    """What an operator is told; it must not be an error."""
    result = robot.rovictl(f"field {arguments}")
    assert result.status == 0 and result.err == "" and result.out.count("\n") == 1, result
    return result.out.strip()


def test_a_service_is_systemds_own_word(robot):
    def assert_told(word):
        robot.wait_state("rovi-nav.service", word)
        assert field(robot, "service rovi-nav") == word

    assert_told("inactive")
    assert field(robot, "service rovi-gateway") == "active"
    robot.switch("nav", import_s=3)
    robot.rovictl("start nav --no-wait")
    assert_told("activating")
    robot.rovictl("wait nav")
    assert_told("active")
    robot.switch("nav", nav_driver_does={"linger_s": 3})
    robot.rovictl("restart nav")
    started = ("nav_driver", "start")
    wait_for(lambda: [event[1:] for event in robot.events("nav")].count(started) == 2, lambda: robot.events("nav"))
    robot.rovictl("stop nav --no-wait")
    assert_told("deactivating")
    robot.rovictl("wait nav --state stopped")
    robot.switch("nav", nav_driver_does={"crash_after_s": 0})
    robot.rovictl("start nav")
    assert_told("failed")


def test_a_process_is_there_or_missing(robot, nodes):
    names = ("controller_server", "field_server", "field_planner.py", "ros2", "node")
    for name in names:
        assert field(robot, f"process {name} --service rovi-nav") == "missing"
    assert field(robot, "process node") == "running"  # of the gateway
    robot.rovictl("start nav")
    for name in names:
        wait_for(lambda: field(robot, f"process {name} --service rovi-nav") == "running", f"{name} is missing")
        assert field(robot, f"process {name} --service rovi-mapping") == "missing"
    for name in ("field_server", "field_planner.py"):
        assert field(robot, f"process {name}") == "running"
        assert field(robot, f"process {name} --service rovi-gateway") == "missing"
    # An argument, parts of names, another case, and a program that runs outside of all services of ROVI.
    for name in ("an_argument", "controller", "controller_server2", "Controller_server", "systemd", "launch"):
        assert field(robot, f"process {name}") == "missing"
    robot.must("pkill -x field_server")
    wait_for(lambda: field(robot, "process field_server") == "missing", "field_server is still seen")
    assert field(robot, "service rovi-nav") == "active"
    robot.rovictl("stop")
    assert field(robot, "process field_planner.py") == "missing"


def test_what_is_no_service_of_rovi_is_refused(robot):
    for name in ("ssh", "rovi-stacks", "rovi-navv", "rovi-nav.service", "nav", "dbus"):
        result = robot.rovictl(f"field service {name}")
        assert result.status == 2 and f"rovictl: no service is named {name}" in result.err, result


def test_watch_streams_the_changes(robot, nodes):
    robot.must(
        ": >/tmp/watch; (exec timeout 60 rovictl watch --json --field svc_nav=service:rovi-nav "
        "--field proc_nav=process:field_server@rovi-nav >/tmp/watch) & echo",
        user="alice",
    )

    def objects():
        return [json.loads(line) for line in robot.must("cat /tmp/watch").splitlines()]

    def shown(id):
        texts = [change["text"] for change in objects() if change["id"] == id]
        return texts[-1:]

    wait_for(lambda: len(objects()) == 2, objects)
    assert objects() == [
        {"id": "svc_nav", "type": "text", "text": "inactive"},
        {"id": "proc_nav", "type": "text", "text": "missing"},
    ]
    robot.rovictl("start nav")
    wait_for(lambda: shown("svc_nav") == ["active"] and shown("proc_nav") == ["running"], objects)
    robot.must("pkill -x field_server")
    wait_for(lambda: shown("proc_nav") == ["missing"], objects)
    robot.must("systemctl daemon-reexec")
    robot.rovictl("stop")
    wait_for(lambda: shown("svc_nav") == ["inactive"], objects)
    texts = {id: [change["text"] for change in objects() if change["id"] == id] for id in ("svc_nav", "proc_nav")}
    assert all(one != other for words in texts.values() for one, other in pairwise(words)), texts  # changes only
    robot.must("pkill -f 'rovictl [w]atch'; rm /tmp/watch")


@pytest.mark.parametrize("way", ["rovictl", "executor"])
def test_a_ui_bridge_is_fed(robot, way):
    """The whole way: the YAML, an operator's rovictl or varlink client on a real systemd, protobuf messages."""
    fields = read_fields(TOP / "examples/ui_bridge/ui_fields.yaml")
    status = StatusFields(fields)
    # With a limit: where nothing more comes, the source ends, and the test.
    command = ["docker", "exec", "-i", "-u", "alice", robot.name, "timeout", "60"]
    if way == "rovictl":
        source = from_rovictl(fields, [*command, "rovictl"])
    else:
        source = from_executor(
            fields, varlink.Client.new_with_bridge([*command, "socat", "-", "UNIX-CONNECT:/run/org.rovi.Executor"])
        )
    values = status.feed(source)

    def texts():
        return {id: value.text for id, value in status.values.items() if value.HasField("text")}

    def until(**wanted):
        while {key: texts().get(key) for key in wanted} != wanted:
            next(values)

    until(svc_gateway="active", svc_nav="inactive", proc_nav_controller="missing")
    status.set_float("battery", 25.5)
    robot.rovictl("start nav")
    until(svc_nav="active", proc_nav_controller="running")
    robot.rovictl("stop")
    until(svc_gateway="active", svc_nav="inactive", proc_nav_controller="missing")
    sent = {id: type(value).FromString(value.SerializeToString()) for id, value in status.values.items()}
    assert sent["battery"].value == 25.5 and not sent["battery"].HasField("text")
    assert sent["svc_nav"].text == "inactive" and not sent["svc_nav"].HasField("value")
    assert [meta.type for meta in status.metas] == ["text", "text", "text", ""] and not status.metas[3].HasField("type")
    source.close()
    wait_for(lambda: not robot.run("pgrep -f 'rovictl [w]atch'").out, "rovictl goes on without its reader")
