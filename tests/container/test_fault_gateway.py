"""A gateway that crashes again and again while stacks start: never two stacks, none without a gateway, and afterwards
everything starts."""

import json
import os

from harness.result import wait_for
from harness.robot import GATEWAY, STACKS

SEED = int(os.environ.get("SEED", "1"))
CRASHES = 8


def all_start(robot):
    """Each stack, one after the other."""
    for stack in STACKS:
        assert robot.rovictl(f"start {stack}").status == 0, robot.report()
        assert robot.rovictl("stop").status == 0, robot.report()


def test_a_gateway_that_is_killed_again_and_again(robot, record_property):
    record_property("faults", CRASHES)
    result = robot.run(
        f"bash /opt/harness/crashes.bash {SEED} {CRASHES} & python3 /opt/harness/sampler.py $!", timeout_s=180
    )
    seen = json.loads(result.out)
    assert seen["overlaps"] == [] and seen["samples"] > 100 and len(seen["stacks"]) >= 2, seen
    assert robot.must("cat /tmp/crashes.said") == ""
    robot.must("systemctl reset-failed; systemctl start rovi-gateway")
    all_start(robot)


def test_a_gateway_whose_launch_ends_at_once_lets_no_stack_run(robot, record_property):
    record_property("faults", 4)
    robot.must(["systemctl", "stop", GATEWAY])
    robot.switch("gateway", start_none=True, launch_status=1)
    for stack in STACKS[:4]:
        robot.must(["systemctl", "start", "--no-block", GATEWAY, f"rovi-{stack}.service"])
        result = robot.rovictl(f"start {stack}")
        assert result.status in (1, 69), result
        robot.wait_state(GATEWAY, "failed")
        wait_for(lambda: robot.state(f"rovi-{stack}.service") in ("inactive", "failed"), robot.report)
        assert not [p for p in robot.processes() if any(word.startswith("stack:=") for word in p.args)]
        assert robot.events(stack) == []
    assert robot.rovictl("start nav").status == 69
    robot.switch("gateway")
    robot.must("systemctl reset-failed; systemctl start rovi-gateway")
    all_start(robot)
