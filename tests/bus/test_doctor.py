"""rovictl doctor: what it asks of others than systemd, stood in for on the private bus."""

import json
import shutil
import subprocess

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


@pytest.mark.parametrize("remove, level, words", [(True, "warn", "wipes the shared memory"), (False, "ok", "RemoveIPC=no")])
def test_logind_may_wipe_shared_memory(doctor, remove, level, words):
    assert doctor()["remove_ipc"][:2] == ("ok", "logind does not run, so nothing wipes /dev/shm")
    with stand_in("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager", RemoveIPC=remove):
        assert doctor()["remove_ipc"][0] == level and words in doctor()["remove_ipc"][1]


@pytest.mark.parametrize("version, level, words", [
    ("0.105", "fail", "polkit 0.105 has no JavaScript rules"), ("122", "ok", "version 122"), ("0.120", "ok", "version 0.120")])
def test_polkit(doctor, version, level, words):
    assert doctor()["polkit"][0] == "fail"  # there is none on this bus
    with stand_in("org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority", "org.freedesktop.PolicyKit1.Authority",
                  BackendVersion=version):
        assert doctor()["polkit"][0] == level and words in doctor()["polkit"][1]


def test_without_systemd_doctor_does_not_say_what_it_cannot_know(robot, doctor):
    robot.vanish()
    seen = doctor()
    assert seen["systemd"][0] == "fail"
    assert not {"gateway", "units", "odom_transform", "lock", "session"} & set(seen)
    robot.appear()
