"""What the attacks share: the attackers, the state that must stay as it is, and the three questions afterwards.

alice is an operator, mallory is nobody. Whatever runs as root at their word writes PROOF.
"""

from harness.result import wait_for
from harness.robot import GATEWAY, STACKS, difference

PROOF = "/run/ran-as-root"
MANAGER = (
    "busctl --allow-interactive-authorization=false call org.freedesktop.systemd1 "
    "/org/freedesktop/systemd1 org.freedesktop.systemd1.Manager "
)
TRANSIENT = (
    MANAGER + "StartTransientUnit 'ssa(sv)a(sa(sv))' {unit} replace 1 ExecStart 'a(sasb)' 1 "
    f"/usr/bin/touch 2 /usr/bin/touch {PROOF} false 0"
)
REFUSALS = (
    "ccess denied",
    "uthentication required",
    "not found",
    "already",
    "is not valid",
    "does not exist",
    "refused",
    "not permitted",
    "cannot live mount",
)
MAPPING, NAV = "rovi-mapping.service", "rovi-nav.service"
UNITS = tuple(f"rovi-{stack}.service" for stack in STACKS)


def installed(robot):
    """All that an attack could change and that must stay as it is."""
    units = robot.must(
        "systemctl show -p Id -p UnitFileState -p MainPID -p ActiveState -p KillSignal "
        "-p FragmentPath -p DropInPaths -p MemoryMax rovi-gateway.service rovi-mapping.service "
        "rovi-nav.service rovi-stacks.target"
    )
    return units, robot.listing("/etc/systemd", "/etc/polkit-1", "/run/systemd/system", "/run/systemd/transient")


def refused(robot, user, *commands):
    """Runs commands as user, each of which must fail and change nothing."""
    before = installed(robot)
    for command in commands:
        result = robot.run(command, user=user)
        assert result.status != 0, f"was allowed: {result}"
        assert any(words in result.err for words in REFUSALS), f"failed for another reason: {result}"
    nothing_ran_as_root(robot)
    assert installed(robot) == before


def nothing_ran_as_root(robot):
    assert robot.run(["test", "-e", PROOF]).status != 0, "something ran as root"


def outside(robot):
    """What no operator may change: files, systemd's own settings, and each unit but the stacks."""
    manager = robot.must("systemctl show -p Environment -p LogLevel -p LogTarget -p ShowStatus -p DefaultTasksMax")
    units = robot.must(
        "systemctl list-units --all --plain --no-legend --type=service,target,socket,mount,timer,path | "
        'awk \'$2 == "loaded" && $1 !~ /^(rovi-(teleop|mapping|localization|nav|camera|guard@.*|ask@.*)'
        "\\.service|rovi-health@.*|rovi_(end(@.*)?|executor@.*|kill@.*)\\.service|"
        "systemd-.*|polkit\\.service|user@.*|.*\\.slice)$/ "
        "{print $1, $2, $3}' | sort"
    )
    gateway = robot.must(
        "systemctl show -p MainPID -p InvocationID -p ActiveState "
        f"-p DropInPaths -p UnitFileState -p FragmentPath {GATEWAY}"
    )
    return {
        "manager": manager,
        "units": units,
        "gateway": gateway,
        **robot.listing(
            "/etc/systemd",
            "/etc/polkit-1",
            "/etc/sudoers.d",
            "/run/systemd/system",
            "/run/systemd/transient",
            "/run/systemd/system.control",
        ),
    }


def nothing_outside_has_changed(robot, before):
    assert difference(before, outside(robot)) == []
    nothing_ran_as_root(robot)


def at_most_one_stack_runs(robot):
    running = sorted({process.unit for process in robot.processes()} & set(UNITS))
    assert len(running) <= 1, f"{running} run at once"
    return running


def the_next_start_works(robot, stack="nav"):
    """As an operator would, whatever the attack has left running."""
    wait_for(lambda: not robot.must("systemctl list-jobs --no-legend 'rovi-*'").strip(), "jobs are left", 40)
    result = robot.rovictl("stop")
    assert result.status == 0, result
    result = robot.rovictl(f"start {stack}")
    assert result.status == 0, result
    assert at_most_one_stack_runs(robot) == [f"rovi-{stack}.service"]
    assert robot.rovictl("stop").status == 0
