"""Real-time threads under the hardened units: their limits are there, and so is the system call."""

import json

UNIT = "rovi-mapping.service"
# Runs as the ready check, so in the sandbox and with the limits of the unit.
PROBE = """
import ctypes, json, os
def works(call, *arguments):
    try:
        return call(*arguments) is None
    except OSError as error:
        return str(error)
def priority(number):
    return works(os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(number))
locked = ctypes.CDLL(None, use_errno=True).mlockall(3) == 0
json.dump({"80": priority(80), "81": priority(81), "locked": locked, "ran as": os.sched_getscheduler(0)}, open("/tmp/probe.json", "w"))
"""


def test_a_node_may_run_by_sched_fifo_up_to_80_and_lock_its_memory(robot, unit):
    robot.put("/tmp/probe.py", PROBE)
    unit(UNIT, '[Service]\nEnvironment="ROVI_READY_CHECK=python3 /tmp/probe.py"\n')
    assert robot.rovictl("start mapping").status == 0, robot.report(UNIT)
    seen = json.loads(robot.must("cat /tmp/probe.json"))
    assert (seen["80"], seen["locked"], seen["ran as"]) == (True, True, 1), seen
    assert "not permitted" in seen["81"], seen
