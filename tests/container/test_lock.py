"""The lock belongs to the service user: no other local user can hold or replace it."""

import pytest

LOCKS = ("/run/rovi/stack.lock", "/run/rovi/session.lock")
ATTACKS = (
    "flock -n {} true",
    "flock -ns {} true",
    "exec 9<{}",
    "exec 9>>{}",
    "rm -f {}",
    "mv {} /tmp/",
    "ln -sf /tmp/mine {}",
    "ln {} /tmp/link-{user}",
    "truncate -s0 {}",
    "chmod 666 {}",
    "rm -rf /run/rovi",
    "mv /run/rovi /run/rovi2",
    "mkdir /run/rovi/x",
    "touch /run/rovi/x",
)


@pytest.mark.parametrize("user", ["alice", "mallory"])
@pytest.mark.parametrize("when", ["before the first stack", "while a stack runs", "after a stack"])
def test_no_other_user_can_hold_or_replace_it(robot, user, when):
    if when != "before the first stack":
        assert robot.rovictl("start mapping").status == 0
    if when == "after a stack":
        assert robot.rovictl("stop").status == 0
    before = robot.listing("/run/rovi")
    for lock in LOCKS:
        for attack in ATTACKS:
            result = robot.run(attack.format(lock, user=user), user=user)
            assert result.status != 0, f"was allowed: {result}"
    assert robot.listing("/run/rovi") == before
    assert before["/run/rovi/stack.lock"].startswith("f 600 rovi:rovi")
    assert before["/run/rovi"].startswith("d 755 rovi:rovi")
    assert robot.rovictl("stop").status == 0
    assert robot.rovictl("start nav").status == 0
