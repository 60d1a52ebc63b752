"""Boots and shutdowns: the gateway comes up and no stack; what an administrator has enabled does; and a
shutdown is a clean stop."""

import json
import re
import time

from harness.facts import platform_facts
from harness.result import wait_for
from harness.robot import GATEWAY, SESSION, STACKS

MAPPING = "rovi-mapping.service"


def states(robot):
    return {stack: robot.state(f"rovi-{stack}.service") for stack in STACKS}


def forget_notes(robot, stack):
    """Removes what all nodes have noted, once the three of the stack have noted their start: it runs before they do."""

    def last_notes():
        return {node: event for _, node, event in robot.events(stack)}

    wait_for(lambda: list(last_notes().values()) == ["start"] * 3, lambda: f"no start of three: {last_notes()}", 60)
    robot.must("rm /home/rovi/standin/*")


def test_a_boot_starts_the_gateway_and_no_stack(robot, record_property):
    for key, value in platform_facts(robot).items():
        record_property(f"platform {key}", value + ", virtual machine" if key == "name" else value)
    assert robot.rovictl("start nav").status == 0
    robot.power_off()
    robot.boot()
    robot.wait_state(GATEWAY, "active")
    assert set(states(robot).values()) == {"inactive"}
    assert robot.must("systemctl --failed --no-legend --plain") == ""
    assert robot.run(["test", "-e", SESSION]).status == 1
    assert robot.show(GATEWAY, "StatusText") == "" and robot.rovictl("status").status == 0


def test_a_first_boot_of_an_image_starts_the_gateway_and_no_stack(robot):
    """Without a machine id systemd applies presets, and where none says otherwise it enables a unit."""
    robot.must("echo uninitialized >/etc/machine-id; systemctl disable -q rovi-gateway")
    robot.power_off()
    robot.boot()
    robot.wait_state(GATEWAY, "active")
    enabled = robot.must("systemctl list-unit-files --state=enabled --no-legend 'rovi*'").split()
    assert sorted(word for word in enabled if word.startswith("rovi")) == [GATEWAY, "rovi_executor.socket"]
    assert set(states(robot).values()) == {"inactive"}


def test_an_enabled_stack_starts_at_boot_and_stops_by_sigint_at_shutdown(robot):
    robot.must("systemctl enable -q rovi-mapping")
    robot.power_off()
    robot.boot()
    robot.wait_state(MAPPING, "active")
    assert states(robot) | {"mapping": "inactive"} == dict.fromkeys(STACKS, "inactive")
    assert robot.must(["cat", SESSION]) == "rovi_bringup/mapping.launch.py\n"
    assert robot.rovictl("start nav").status == 75
    # Again, with a node that takes its time: the shutdown waits for it.
    robot.switch("mapping", mapping_planner_does={"linger_s": 4})
    assert robot.rovictl("restart mapping").status == 0
    forget_notes(robot, "mapping")
    robot.must("systemctl disable -q rovi-mapping; journalctl --rotate -q")
    robot.power_off()
    robot.boot()
    assert robot.state(MAPPING) == "inactive"
    # What the nodes have seen in the boot before: one SIGINT each, and an end before the gateway's.
    for node in ("mapping_driver", "mapping_planner", "mapping_controller"):
        assert [event for _, name, event in robot.events("mapping") if name == node] == ["SIGINT", "end"]
    last = max(when for when, _, _ in robot.events("mapping"))
    gateway = [(when, event) for when, _, event in robot.events("gateway")]
    assert last < min(when for when, event in gateway if event == "SIGINT")
    log = robot.must(f"journalctl -b -1 --no-pager -o short-monotonic -u {MAPPING} -u {GATEWAY}")
    assert "SIGKILL" not in log and "timed out" not in log and "SIGTERM" not in log, log
    assert took(log, "mapping") < 20, log


def test_history_knows_a_boot_and_a_shutdown(robot):
    robot.must("systemctl enable -q rovi-mapping")
    assert robot.rovictl("start mapping").status == 0
    for _ in range(2):
        robot.power_off()
        robot.boot()
        robot.wait_state(MAPPING, "active")
    found = [json.loads(line) for line in robot.rovictl("history mapping --json -n 3").out.splitlines()]
    started = [(run["started_by"], run["started_way"]) for run in found]
    ended = [(run["end"], run["stopped_by"], run["stopped_way"]) for run in found]
    assert started == [("alice", "rovictl"), (None, "boot"), (None, "boot")], found
    log = robot.must(f"journalctl --no-pager -o short-monotonic -u {MAPPING}")
    assert ended == [("stopped", None, "shutdown"), ("stopped", None, "shutdown"), ("running", None, None)], log
    assert len({run["boot_id"] for run in found}) == 3


def took(log, stack):
    """The seconds from a unit's last "Stopping" to its "Stopped" in a log of monotonic times."""
    begun, ended = (
        re.findall(rf"^\[ *([\d.]+)\].*: {word} rovi-{stack}", log, re.MULTILINE)[-1]
        for word in ("Stopping", "Stopped")
    )
    return float(ended) - float(begun)


def test_the_power_key_is_a_clean_stop(robot):
    assert robot.rovictl("start teleop").status == 0
    forget_notes(robot, "teleop")
    robot.monitor("system_powerdown")
    robot.wait_off()
    robot.boot()
    assert {event for _, _, event in robot.events("teleop")} == {"SIGINT", "end"}
    wait_for(lambda: robot.state(GATEWAY) == "active", "the gateway is not up", 60)


def test_no_node_holds_up_a_shutdown(robot):
    """One that tells systemd that its stack is stopping already, and needs another hour for it."""
    robot.switch(
        "mapping", does={"notify": ["STOPPING=1", "EXTEND_TIMEOUT_USEC=3600000000"], "ignore": ["SIGINT", "SIGTERM"]}
    )
    assert robot.rovictl("start mapping").status == 0
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started", 60)
    pid = next(p.pid for p in robot.processes(MAPPING) if "mapping_planner" in p.args)
    robot.must(f"kill -USR2 {pid}")
    wait_for(lambda: "told" in {event for _, _, event in robot.events("mapping")}, "systemd was not told", 30)
    began = time.monotonic()
    robot.power_off()
    assert time.monotonic() - began < 90  # 20 s of TimeoutStopSec=, 3 s more, and what a machine without KVM takes
    robot.boot()
    robot.wait_state(GATEWAY, "active")
