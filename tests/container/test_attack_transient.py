"""Units of an attacker's own making under a stack's name, while the stack's own unit file is away."""

import pytest

from harness.robot import STACKS
from tests.container.attack import (
    MANAGER,
    PROOF,
    REFUSALS,
    nothing_outside_has_changed,
    nothing_ran_as_root,
    outside,
    the_next_start_works,
)

EXEC = f"1 ExecStart 'a(sasb)' 1 /usr/bin/touch 2 /usr/bin/touch {PROOF} false"
CALL = MANAGER + "StartTransientUnit 'ssa(sv)a(sa(sv))' {name} {mode} "
OWN = CALL + EXEC + " 0"
AS_AUX = CALL + "0 1 {aux} " + EXEC


def attempts(stack):
    """How an attacker could make a unit of the name of a stack that has no file any more."""
    names = (
        f"rovi-{stack}.service",
        f"rovi-guard@{stack}.service",
        f"rovi-ask@{stack}-000000000001.service",
        f"rovi_kill@{stack}.service",
        f"rovi_kill@{stack}:alice.service",
    )
    for name in names:
        for mode in ("replace", "ignore-dependencies"):
            yield OWN.format(name=name, mode=mode)
        yield AS_AUX.format(name="rovi-teleop2.service", mode="replace", aux=name)
        yield AS_AUX.format(name="rovi-camera.service", mode="replace", aux=name)
        yield f"systemd-run --no-ask-password --unit={name} /usr/bin/touch {PROOF}"
        yield f"systemd-run --no-ask-password --scope --unit={name[:-8]} /usr/bin/touch /tmp/scope"
        yield f"systemd-run --no-ask-password --on-active=0 --unit={name} /usr/bin/touch {PROOF}"
    yield MANAGER + f"StartUnit ss rovi-{stack}.service replace"
    yield MANAGER + f"RestartUnit ss rovi-{stack}.service replace"


@pytest.mark.parametrize("stack", STACKS)
def test_without_its_file_nobody_gets_a_stacks_name(robot, stack, record_property):
    name, before, tried = f"rovi-{stack}.service", outside(robot), 0
    for away in ([name], [name, "rovi-guard@.service", "rovi-ask@.service", "rovi_kill@.service"]):
        robot.must("cd /etc/systemd/system; mv " + " ".join(away) + " /root/ && systemctl daemon-reload")
        try:
            script = "\n".join(
                f"{command} 2>>/tmp/said.$USER && echo 'allowed: {command.replace(chr(39), '')}'"
                for command in attempts(stack)
            )
            for user in ("alice", "mallory"):
                result = robot.run(f"USER={user}\n{script}\ntrue", user=user)
                assert "allowed" not in result.out, result
                tried += len(script.splitlines())
            nothing_ran_as_root(robot)
        finally:
            robot.must(
                "cd /root; mv "
                + " ".join(away)
                + " /etc/systemd/system/ && systemctl daemon-reload; systemctl reset-failed"
            )
    said = robot.must("cat /tmp/said.*; rm -f /tmp/said.*").splitlines()
    odd = [line for line in said if line and not any(words in line for words in REFUSALS)]
    assert odd == [], "failed for another reason"
    record_property("inputs", tried)
    nothing_outside_has_changed(robot, before)
    the_next_start_works(robot, stack)


@pytest.mark.parametrize("user", ["alice", "mallory"])
def test_varlink_is_no_way_around(robot, user, record_property):
    if robot.run("type varlinkctl").status:
        assert robot.run("find /run/systemd -name 'io.systemd.Manager' -o -name 'io.systemd.Unit'").out == ""
        return  # there is nothing to call
    robot.must("mv /etc/systemd/system/rovi-nav.service /root/ && systemctl daemon-reload")
    before = outside(robot)
    try:
        tried = robot.must(["bash", "/opt/harness/varlink_attack.bash", PROOF], user=user).split()
    finally:
        robot.must("mv /root/rovi-nav.service /etc/systemd/system/ && systemctl daemon-reload")
    record_property("inputs", len(tried))
    assert tried, "no socket has let us in: nothing was proved"
    before["/etc/systemd/system/rovi-nav.service"] = outside(robot)["/etc/systemd/system/rovi-nav.service"]
    before["/etc/systemd/system"] = outside(robot)["/etc/systemd/system"]
    nothing_outside_has_changed(robot, before)
    the_next_start_works(robot)
