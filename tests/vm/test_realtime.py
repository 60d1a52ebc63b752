"""Real-time threads under the hardened units: their limits are there, and so is the system call."""

import json

UNIT = "rovi-mapping.service"


def test_a_node_may_run_by_sched_fifo_up_to_80_and_lock_its_memory(robot, unit):
    unit(UNIT, '[Service]\nEnvironment="ROVI_READY_CHECK=python3 /opt/harness/realtime_probe.py"\n')
    assert robot.rovictl("start mapping").status == 0, robot.report(UNIT)
    seen = json.loads(robot.must("cat /tmp/probe.json"))
    assert (seen["80"], seen["locked"], seen["ran as"]) == (True, True, 1), seen
    assert "not permitted" in seen["81"], seen
