"""20-hardening.conf: what nodes need works under it, what it takes away is away."""

import json

import pytest

from harness.robot import GATEWAY, STACKS

DROP_IN = "/run/systemd/system/rovi-mapping.service.d/99-test.conf"


@pytest.fixture
def probe(robot):
    """What a node of mapping can do."""
    robot.put(DROP_IN, '[Service]\nEnvironment="ROVI_READY_CHECK=python3 /opt/harness/sandbox_probe.py"\n')
    robot.must("systemctl daemon-reload")
    yield lambda: json.loads(robot.must("rovictl start mapping >&2; cat /tmp/probe.json"))
    robot.must(
        f"systemctl stop rovi-mapping; rm -rf {DROP_IN.rpartition('/')[0]} /tmp/probe.*; systemctl daemon-reload"
    )


def test_what_nodes_need_works_and_what_is_taken_is_away(robot, probe):
    found = probe()
    assert all(found["needed"].values()), found
    assert not any(found["taken"].values()), found


@pytest.mark.parametrize(
    "unit",
    [GATEWAY, *(f"rovi-{stack}.service" for stack in STACKS), "rovi-guard@nav.service", "rovi_executor@1-1-1.service"],
)
def test_the_exposure_of_each_unit(robot, record_property, unit):
    last = robot.must(f"systemd-analyze security --no-pager {unit}").splitlines()[-1]
    exposure = last.split(": ")[1].split()[0]
    record_property(f"exposure {unit}", exposure)
    if not robot.polkit_has_rules and unit in (GATEWAY, "rovi_executor@1-1-1.service"):
        assert float(exposure) <= 7.5, last
        pytest.xfail(f"{unit} starts stacks by sudo here, which hardening forbids: {exposure} instead of 4.5")
    assert float(exposure) <= 4.5, last


def test_the_executor_has_no_network(robot):
    families = robot.show("rovi_executor@1-1-1.service", "RestrictAddressFamilies")
    assert families == ("AF_UNIX" if robot.polkit_has_rules else "~"), families
