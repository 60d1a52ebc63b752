"""rovictl doctor: what it asks of others than systemd, stood in for on the private bus."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import dbus
import pytest
from dbusmock import MOCK_IFACE, BusType, SpawnedMock


@pytest.fixture
def doctor(robot, tmp_path):
    """A function: what doctor finds, check -> (level, text, remedy), where the service user is nobody."""
    units = tmp_path / "units"
    shutil.copytree(robot.env["SYSTEMD_UNIT_PATH"], units)
    site = units / "rovi-.service.d/50-site.conf"
    site.write_text(site.read_text().replace("User=rovi", "User=nobody"))  # everywhere there, and no system user

    def find():
        result = robot.rovictl("doctor --json", env={"SYSTEMD_UNIT_PATH": str(units)})
        lines = [json.loads(line) for line in result.out.splitlines()]
        return {line["check"]: (line["level"], line["text"], line["remedy"]) for line in lines}

    return find


def stand_in(bus_name, path, interface, **properties):
    """Puts an object with properties on the private bus; ends with the returned mock."""
    mock = SpawnedMock.spawn_for_name(bus_name, path, interface, BusType.SYSTEM, stdout=subprocess.DEVNULL, stderr=None)
    mock.obj.AddProperties(interface, dbus.Dictionary(properties, signature="sv"), dbus_interface=MOCK_IFACE)
    return mock


@pytest.mark.parametrize(
    "remove, level, words", [(True, "warn", "wipes the shared memory"), (False, "ok", "RemoveIPC=no")]
)
def test_logind_may_wipe_shared_memory(doctor, remove, level, words):
    assert doctor()["remove_ipc"][:2] == ("ok", "logind does not run, so nothing wipes /dev/shm")
    with stand_in(
        "org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager", RemoveIPC=remove
    ):
        assert doctor()["remove_ipc"][0] == level and words in doctor()["remove_ipc"][1]


@pytest.mark.parametrize(
    "version, level, words",
    [
        ("0.105", "fail", "polkit 0.105 has no JavaScript rules"),
        ("122", "ok", "version 122"),
        ("0.120", "ok", "version 0.120"),
    ],
)
def test_polkit(doctor, version, level, words):
    assert doctor()["polkit"][0] == "fail"  # there is none on this bus
    with stand_in(
        "org.freedesktop.PolicyKit1",
        "/org/freedesktop/PolicyKit1/Authority",
        "org.freedesktop.PolicyKit1.Authority",
        BackendVersion=version,
    ):
        assert doctor()["polkit"][0] == level and words in doctor()["polkit"][1]


def test_without_systemd_doctor_does_not_say_what_it_cannot_know(robot, doctor):
    robot.vanish()
    seen = doctor()
    assert seen["systemd"][0] == "fail"
    assert not {"gateway", "units", "odom_transform", "lock", "session"} & set(seen)
    robot.appear()


def test_two_stacks_that_run_at_once(robot, doctor):
    robot.set("nav", ActiveState="active", SubState="running")
    robot.set("camera", ActiveState="activating", SubState="start")
    assert doctor()["one_stack"][0] == "ok"  # which of them may run is not decided yet
    for state in ("active", "reloading"):
        robot.set("mapping", ActiveState=state)
        level, text, remedy = doctor()["one_stack"]
        assert level == "fail" and text == "2 stacks run at once: mapping nav", text
        assert remedy == "stop all but one: rovictl stop nav"
    robot.set("mapping", ActiveState="deactivating")
    assert doctor()["one_stack"][0] == "ok"


def uptime_us():
    return int(float(Path("/proc/uptime").read_text().split()[0]) * 1e6)


@pytest.mark.parametrize("unit", ["gateway", "nav"])
@pytest.mark.parametrize("was_active", [True, False])
def test_a_stop_that_does_not_end(robot, doctor, unit, was_active):
    """Of a unit that ran, its time counts from the end of that; of a start that was taken back, from its last
    change."""

    def stopping_for(seconds, limit_us=20_000_000):
        began, now = dbus.UInt64(max(1, uptime_us() - int(seconds * 1e6))), dbus.UInt64(uptime_us())
        robot.set(
            unit,
            ActiveState="deactivating",
            SubState="stop-sigint",
            TimeoutStopUSec=dbus.UInt64(limit_us),
            InactiveExitTimestampMonotonic=dbus.UInt64(1 if was_active else began),
            ActiveExitTimestampMonotonic=began if was_active else dbus.UInt64(0),
            StateChangeTimestampMonotonic=now if was_active else began,
        )
        return doctor()["stopping"]

    assert stopping_for(22)[0] == "ok"
    assert stopping_for(60, limit_us=90_000_000)[0] == "ok"
    assert stopping_for(60, limit_us=2**64 - 1)[0] == "ok"  # infinity
    level, text, remedy = stopping_for(60)
    assert level == "fail" and re.fullmatch(
        rf"{unit} has been stopping for 6\d s, but its TimeoutStopSec= is 20 s", text
    ), text
    assert remedy == f"sudo systemctl kill --signal=KILL rovi-{unit}"
    robot.set(unit, ActiveState="inactive")
    assert doctor()["stopping"][0] == "ok"
