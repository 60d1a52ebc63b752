"""The fake systemd: a template for python-dbusmock that extends its own systemd template.

Units as rovictl sees them, jobs that take a moment, and plans: what goes wrong at which step. Loaded
by harness/fake.py into a process of its own on a private bus. Interfaces: org.freedesktop.systemd1(5).
"""

import fnmatch
import os
import time

import dbus
from dbusmock import MOCK_IFACE, mockobject
from dbusmock.templates import systemd
from gi.repository import GLib

BUS_NAME = systemd.BUS_NAME
MAIN_OBJ = systemd.MAIN_OBJ
MAIN_IFACE = systemd.MAIN_IFACE
SYSTEM_BUS = True
AddMockUnit = systemd.AddMockUnit

NO_JOB = dbus.Struct((dbus.UInt32(0), dbus.ObjectPath("/")), signature="uo")
ERRORS = {
    "deny": ("org.freedesktop.DBus.Error.AccessDenied", "Access denied"),
    "ask": ("org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", "Interactive authentication required."),
    "no-polkit": ("org.freedesktop.DBus.Error.AccessDenied", "Permission denied"),  # for a member of the group
    "not-found": (BUS_NAME + ".NoSuchUnit", "Unit not found."),
    "masked": (BUS_NAME + ".UnitMasked", "Unit is masked."),
    "destructive": (BUS_NAME + ".TransactionIsDestructive", "Transaction is destructive."),
    "reexec": (
        "org.freedesktop.DBus.Error.NoReply",
        "Message recipient disconnected from message bus without replying",
    ),
    "odd": (BUS_NAME + ".Strange", 'A "strange" error, with \\ and more'),
}


def load(mock, parameters):
    """parameters: "units", the names of all units; "delay_ms", how long a job takes."""
    systemd.load(mock, {})
    mock.plans = {}
    mock.delay_ms = int(parameters.get("delay_ms", 50))
    for name in parameters["units"]:
        mock.AddMockUnit(name)
        path = systemd.PATH_PREFIX + "/unit/" + "".join(c if c.isalnum() else f"_{ord(c):02x}" for c in name)
        mockobject.objects.pop(mock.units[name])  # the template's own path is not systemd's
        mock.units[name] = path
        mock.AddObject(path, systemd.UNIT_IFACE, properties(name), [])


def properties(name):
    """What a unit that was never started has, all in one interface: rovictl asks for all at once."""
    return {
        "Id": name,
        "Names": dbus.Array([name], signature="s"),
        "Description": "a fake",
        "LoadState": "loaded",
        "ActiveState": "inactive",
        "SubState": "dead",
        "UnitFileState": "disabled",
        "Result": "success",
        "ExecMainCode": dbus.Int32(0),
        "ExecMainStatus": dbus.Int32(0),
        "MainPID": dbus.UInt32(0),
        "StateChangeTimestamp": dbus.UInt64(0),
        "ExecMainExitTimestampMonotonic": dbus.UInt64(0),
        "MemoryCurrent": dbus.UInt64(2**64 - 1),
        "TasksCurrent": dbus.UInt64(2**64 - 1),
        "StatusText": "",
        "InvocationID": dbus.Array([], signature="y"),
        "Job": NO_JOB,
        "NeedDaemonReload": False,
        "ControlGroup": "",
        "Environment": dbus.Array([], signature="s"),
        "ExecStart": dbus.Array([], signature="(sasbttttuii)"),
        "ActiveExitTimestampMonotonic": dbus.UInt64(0),
        "InactiveExitTimestamp": dbus.UInt64(0),
        "InactiveExitTimestampMonotonic": dbus.UInt64(0),
        "StateChangeTimestampMonotonic": dbus.UInt64(0),
        "TimeoutStopUSec": dbus.UInt64(20_000_000),
    }


# ---- for the tests


@dbus.service.method(MOCK_IFACE, in_signature="sas")
def Plan(self, step, what):
    """From now on, each time `step` comes, the next of `what` happens, until there are no more.

    step: a method (GetAll, StartUnit, ...): an error of ERRORS, "slow N" (seconds), "vanish"; for one that makes a job,
          "taken": the job is made, and the answer is the error "reexec"
    step: "start NAME" or "stop NAME", of a job: "fail", "refuse CODE TEXT", "cancel", "supersede", "stuck",
    "queued", which never begins
    """
    self.plans[str(step)] = [str(one) for one in what]


@dbus.service.method(MOCK_IFACE, in_signature="sa{sv}")
def SetUnit(self, name, changes):
    mockobject.objects[self.units[str(name)]].UpdateProperties(systemd.UNIT_IFACE, changes)


def planned(step):
    """The next thing that is planned for step, or nothing."""
    plans = mockobject.objects[MAIN_OBJ].plans
    return plans[step].pop(0) if plans.get(step) else ""


def happen(step):
    """Lets happen what is planned for a method; returns it."""
    what = planned(step)
    if what in ERRORS:
        name, text = ERRORS[what]
        raise dbus.exceptions.DBusException(text, name=name)
    if what.startswith("slow "):
        time.sleep(float(what.split()[1]))
    if what == "vanish":
        os._exit(0)
    return what


# ---- units


def state(self, name, active, sub, **more):
    changes = {"ActiveState": active, "SubState": sub, "StateChangeTimestamp": dbus.UInt64(time.time() * 1e6), **more}
    mockobject.objects[self.units[name]].UpdateProperties(systemd.UNIT_IFACE, changes)


def get(self, name, key):
    return mockobject.objects[self.units[name]].props[systemd.UNIT_IFACE][key]


@dbus.service.method(dbus.PROPERTIES_IFACE, in_signature="s", out_signature="a{sv}")
def GetAll(self, interface_name):
    happen("GetAll")
    return self.props[str(interface_name) or self.interface]


@dbus.service.method(dbus.PROPERTIES_IFACE, in_signature="ss", out_signature="v")
def Get(self, _interface_name, name):
    happen("Get")
    return self.props[self.interface][str(name)]


@dbus.service.method(MAIN_IFACE, in_signature="asas", out_signature="a(ssssssouso)")
def ListUnitsByPatterns(self, _states, patterns):
    """All that are not plainly inactive: those systemd has unloaded."""
    happen("ListUnitsByPatterns")
    found = []
    for name in sorted(self.units):
        job = get(self, name, "Job")
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns) and (
            job[0] or get(self, name, "ActiveState") != "inactive"
        ):
            found.append(
                (
                    name,
                    "a fake",
                    "loaded",
                    get(self, name, "ActiveState"),
                    get(self, name, "SubState"),
                    "",
                    dbus.ObjectPath(self.units[name]),
                    job[0],
                    "start" if job[0] else "",
                    job[1],
                )
            )
    return dbus.Array(found, signature="(ssssssouso)")


@dbus.service.method(MAIN_IFACE, in_signature="s", out_signature="a(sus)")
def GetUnitProcesses(self, name):
    happen("GetUnitProcesses")
    pid = get(self, str(name), "MainPID")
    return dbus.Array([("/fake", pid, 'a "quoted" \\ command')] if pid else [], signature="(sus)")


# ---- jobs


@dbus.service.method(MAIN_IFACE, in_signature="ss", out_signature="o")
def StartUnit(self, name, _mode):
    return answer(happen("StartUnit"), start_job(self, str(name), "start"))


@dbus.service.method(MAIN_IFACE, in_signature="ss", out_signature="o")
def RestartUnit(self, name, _mode):
    return answer(happen("RestartUnit"), start_job(self, str(name), "start"))


@dbus.service.method(MAIN_IFACE, in_signature="ss", out_signature="o")
def StopUnit(self, name, _mode):
    return answer(happen("StopUnit"), start_job(self, str(name), "stop"))


def answer(what, job):
    """The job; or no answer, where that is planned."""
    if what == "taken":
        raise dbus.exceptions.DBusException(ERRORS["reexec"][1], name=ERRORS["reexec"][0])
    return job


@dbus.service.method(MAIN_IFACE, in_signature="asbb", out_signature="ba(sss)")
def EnableUnitFiles(self, names, _runtime, _force):
    happen("EnableUnitFiles")
    self.SetUnit(names[0], {"UnitFileState": "enabled"})
    return False, dbus.Array([], signature="(sss)")


@dbus.service.method(MAIN_IFACE, in_signature="asb", out_signature="a(sss)")
def DisableUnitFiles(self, names, _runtime):
    happen("DisableUnitFiles")
    self.SetUnit(names[0], {"UnitFileState": "disabled"})
    return dbus.Array([], signature="(sss)")


@dbus.service.method(MAIN_IFACE)
def Reload(self):
    happen("Reload")


def start_job(self, name, kind):
    """A job for the unit: it ends after delay_ms as planned for "KIND NAME"."""
    what = planned(f"{kind} {name}")
    number = self.next_job_id
    self.next_job_id += 1
    path = dbus.ObjectPath(f"{systemd.PATH_PREFIX}/job/{number}")
    before = get(self, name, "ActiveState")
    job = {"Job": dbus.Struct((dbus.UInt32(number), path), signature="uo")}
    if what in ("cancel", "queued"):  # before it has begun
        state(self, name, before, get(self, name, "SubState"), **job)
        if what == "cancel":
            GLib.timeout_add(self.delay_ms, lambda: state(self, name, before, "running", Job=NO_JOB))
    elif kind == "start":
        invocation = dbus.Array([dbus.Byte(b) for b in os.urandom(16)], signature="y")
        state(self, name, "activating", "start", InvocationID=invocation, **job)
        GLib.timeout_add(self.delay_ms, lambda: end_start(self, name, what))
    else:
        state(self, name, "deactivating", "stop-sigint", **job)
        GLib.timeout_add(self.delay_ms, lambda: end_stop(self, name, what))
    return path


def end_start(self, name, what):
    ended = {"Job": NO_JOB, "ExecMainExitTimestampMonotonic": dbus.UInt64(1), "ExecMainCode": dbus.Int32(1)}
    if what.startswith("refuse "):
        _, code, text = what.split(" ", 2)
        state(
            self,
            name,
            "failed",
            "failed",
            Result="exit-code",
            ExecMainStatus=dbus.Int32(int(code)),
            StatusText=f"refused ({code}): {text}",
            **ended,
        )
    elif what == "fail":
        state(
            self,
            name,
            "failed",
            "failed",
            Result="exit-code",
            ExecMainStatus=dbus.Int32(1),
            StatusText="ros2 launch ended with exit status 1",
            **ended,
        )
    elif what == "supersede":
        state(self, name, "inactive", "dead", **ended)
    elif what != "stuck":
        state(
            self,
            name,
            "active",
            "running",
            Job=NO_JOB,
            MainPID=dbus.UInt32(os.getpid()),
            StatusText="",
            MemoryCurrent=dbus.UInt64(42_000_000),
            TasksCurrent=dbus.UInt64(7),
        )


def end_stop(self, name, what):
    gone = {
        "Job": NO_JOB,
        "MainPID": dbus.UInt32(0),
        "MemoryCurrent": dbus.UInt64(2**64 - 1),
        "TasksCurrent": dbus.UInt64(2**64 - 1),
    }
    if what == "fail":
        state(self, name, "failed", "failed", Result="timeout", StatusText="it was killed", **gone)
    elif what == "supersede":
        start_job(self, name, "start")
    elif what != "stuck":
        state(self, name, "inactive", "dead", **gone)
