"""The platform: which one it is, and that it is one that we know."""

from harness.facts import platform_facts


def test_its_parts_are_new_enough(robot, record_property):
    facts = platform_facts(robot)
    for key, value in facts.items():
        record_property(f"platform {key}", value)
    assert int(facts["systemd"]) >= 247 and facts["bash"] >= "5.1", facts
