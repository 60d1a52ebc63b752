"""What an operator may do, and that it is worth nothing to an attacker.

alice is an operator, mallory is nobody. More attacks: test_attack_*.py.
"""

import re

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY, STACKS
from tests.container.attack import MANAGER, MAPPING, NAV, PROOF, TRANSIENT, refused


@pytest.mark.parametrize("stack", STACKS)
def test_an_operator_may_start_restart_and_stop_each_stack(robot, stack):
    unit = f"rovi-{stack}.service"
    for verb, state in (("start", "active"), ("restart", "active"), ("stop", "inactive")):
        if robot.polkit_has_rules:
            assert robot.run(["systemctl", verb, unit], user="alice").status == 0, verb
            assert robot.state(unit) == state
        else:  # by rovictl only, which goes through sudo
            refused(robot, "alice", f"systemctl --no-ask-password {verb} {unit}")
    for verb in ("start", "restart", "stop"):
        assert robot.rovictl([verb, stack]).status == 0, verb


def test_the_service_user_is_an_operator(robot):
    # The UI bridge, in the gateway, starts and stops stacks as this user.
    assert robot.rovictl("start mapping", user="rovi").status == 0
    assert robot.rovictl("stop", user="rovi").status == 0


@pytest.mark.parametrize("user", ["alice", "mallory", "rovi"])
def test_nobody_but_root_touches_the_gateway(robot, user):
    refused(
        robot,
        user,
        *(
            MANAGER + call
            for call in (
                f"StartUnit ss {GATEWAY} replace",
                f"StopUnit ss {GATEWAY} replace",
                f"RestartUnit ss {GATEWAY} replace",
                f"TryRestartUnit ss {GATEWAY} replace",
                f"ReloadOrRestartUnit ss {GATEWAY} replace",
                f"KillUnit ssi {GATEWAY} all 9",
                f"ResetFailedUnit s {GATEWAY}",
                f"StopUnit ss {GATEWAY} ignore-dependencies",
                "StopUnit ss rovi-stacks.target replace",
                "StartUnit ss rovi-stacks.target replace",
                f"EnqueueUnitJob sss {GATEWAY} stop replace",
                f"StopUnit ss rovi-mapping.service/../{GATEWAY} replace",
                "StartUnit ss rovi-Mapping.service replace",
                "StartUnit ss rovi-mapping replace",
                "StopUnit ss multi-user.target replace",
                "StartUnit ss rescue.target isolate",
                f"StartUnit ss {MAPPING} isolate",
            )
        ),
    )
    assert robot.rovictl("stop gateway", user=user).status == 2


@pytest.mark.parametrize("user", ["alice", "mallory"])
def test_nobody_but_root_administers_a_stack(robot, user):
    robot.must(["systemctl", "start", MAPPING])
    refused(
        robot,
        user,
        *(
            MANAGER + call
            for call in (
                f"EnableUnitFiles asbb 1 {MAPPING} false true",
                f"DisableUnitFiles asb 1 {MAPPING} false",
                f"MaskUnitFiles asbb 1 {MAPPING} true true",
                f"UnmaskUnitFiles asb 1 {MAPPING} true",
                "LinkUnitFiles asbb 1 /tmp/evil.service true true",
                f"RevertUnitFiles as 1 {MAPPING}",
                f"PresetUnitFiles asbb 1 {MAPPING} true true",
                f"AddDependencyUnitFiles asssbb 1 {MAPPING} sysinit.target Wants true true",
                f"KillUnit ssi {MAPPING} all 9",
                f"SetUnitProperties 'sba(sv)' {MAPPING} true 1 MemoryMax t 1",
                *[f"ResetFailedUnit s {MAPPING}"] * (user == "mallory"),
                "ResetFailedUnit s rovi_end@mapping.service",
                "ResetFailedUnit s multi-user.target",
                f"CleanUnit sas {MAPPING} 1 runtime",
                f"FreezeUnit s {MAPPING}",
                f"ReloadUnit ss {MAPPING} replace",
                f"TryRestartUnit ss {MAPPING} replace",
                f"BindMountUnit sssbb {MAPPING} /etc /mnt false true",
                "SetEnvironment as 1 LD_PRELOAD=/tmp/x.so",
                "Reload",
                "Reexecute",
                "ResetFailed",
                "ClearJobs",
            )
        ),
    )


def test_nobody_but_root_cancels_a_job(robot):
    robot.switch("mapping", import_s=5)
    robot.must(["systemctl", "start", "--no-block", MAPPING])
    wait_for(lambda: "ros2 launch" in robot.show(MAPPING, "StatusText"), lambda: robot.report(MAPPING))
    job = robot.must(f"systemctl list-jobs --no-legend | awk '$2 == \"{MAPPING}\" {{print $1}}'").strip()
    for user in ("alice", "mallory"):
        refused(robot, user, MANAGER + f"CancelJob u {job}")
    assert robot.wait_state(MAPPING, "active") == "active"


@pytest.mark.parametrize("user", ["alice", "mallory"])
@pytest.mark.parametrize(
    "unit",
    [
        "rovi-evil.service",
        "rovi-.service",
        "rovi-mapping2.service",
        "rovi-mapping@1.service",
        "rovi-MAPPING.service",
        MAPPING,
        NAV,
        GATEWAY,
    ],
)
def test_nobody_gets_a_unit_of_its_own_making(robot, user, unit):
    refused(
        robot, user, TRANSIENT.format(unit=unit), f"systemd-run --no-ask-password --unit={unit} /usr/bin/touch {PROOF}"
    )


@pytest.mark.parametrize("user", ["alice", "mallory"])
def test_a_deleted_unit_file_opens_no_way(robot, user):
    # On systemd 256 and later the rule would be asked for "start" of an allowed name here.
    robot.must(f"mv /etc/systemd/system/{NAV} /root/ && systemctl daemon-reload")
    try:
        refused(robot, user, TRANSIENT.format(unit=NAV), MANAGER + f"StartUnit ss {NAV} replace")
    finally:
        robot.must(f"mv /root/{NAV} /etc/systemd/system/ && systemctl daemon-reload")


def test_an_outsider_may_do_nothing(robot):
    robot.must(["systemctl", "start", MAPPING])
    refused(
        robot,
        "mallory",
        *(
            MANAGER + f"{method}Unit ss rovi-{stack}.service replace"
            for stack in STACKS
            for method in ("Start", "Stop", "Restart")
        ),
    )
    for arguments in ("stop", "restart mapping"):
        result = robot.rovictl(arguments, user="mallory")
        assert result.status == 77
        assert result.err == (
            "rovictl: not permitted: mallory is not in group rovi-ops: "
            "an administrator runs 'sudo usermod -aG rovi-ops mallory'\n"
        )
    assert robot.rovictl("status", user="mallory").status == 0  # looking is free


def test_the_rule_names_exactly_the_stacks(robot):
    rule = robot.must(["cat", robot.permit])
    expected = sorted(f"rovi-{stack}.service" for stack in STACKS)
    if robot.polkit_has_rules:
        stacks = next(line for line in rule.splitlines() if "var stacks" in line)
        assert stacks.split("[")[1].split("]")[0].replace('"', "").split(", ") == expected
        assert "@S" not in rule
    else:
        assert sorted(re.findall(r"Manager StartUnit ss (rovi-[a-z]+\.service) replace", rule)) == expected
        # start, stop, restart, clear, the motion guard, a kill, a request
        assert rule.count("/usr/bin/busctl") == 7 * len(STACKS)


def test_only_one_of_the_two_ways_is_open(robot):
    both = robot.listing("/etc/polkit-1", "/etc/sudoers.d", "/usr/local/lib/rovi/by_sudo")
    ours = [path for path in both if "rovi" in path]
    assert ours == ([robot.permit] if robot.polkit_has_rules else [robot.permit, "/usr/local/lib/rovi/by_sudo"])
    assert [path for path in both if path.endswith(".pkla") and "rovi" in path] == []
