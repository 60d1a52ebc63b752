"""The keys ROVI_… of units and of .env.robot: a wrong one refuses the start, and doctor shows them all."""

import pytest

from harness.robot import GATEWAY, SOURCE, WORKSPACE

NAV = "rovi-nav.service"
ENV_FILE = f"{WORKSPACE}/.env.robot"


@pytest.fixture
def declare(robot):
    """A function: adds a drop-in with Environment= lines to a unit, for the test."""

    def declare(unit, *lines):
        text = "".join(f"Environment={line}\n" for line in lines)
        robot.put(f"/run/systemd/system/{unit}.d/99-test.conf", f"[Service]\n{text}")
        robot.must("systemctl daemon-reload")

    yield declare
    robot.must(f"rm -rf /run/systemd/system/{NAV}.d /run/systemd/system/{GATEWAY}.d; systemctl daemon-reload")


@pytest.fixture
def env_file(robot):
    """A function: adds lines to .env.robot, for the test."""
    before = robot.must(["cat", ENV_FILE])

    def add(*lines):
        robot.put(ENV_FILE, before + "".join(f"{line}\n" for line in lines), user="rovi")

    yield add
    robot.put(ENV_FILE, before, user="rovi")


@pytest.mark.parametrize(
    "line, said",
    [
        ("ROVI_REDY_CHECK=true", "ROVI_REDY_CHECK, and there is no such key: did you mean ROVI_READY_CHECK?"),
        (
            "ROVI_VARIENT_slam=slam:=True",
            "ROVI_VARIENT_slam, and there is no such key: did you mean ROVI_VARIANT_slam?",
        ),
        ("ROVI_MOTIONGUARD=true", "ROVI_MOTIONGUARD, and there is no such key: did you mean ROVI_MOTION_GUARD?"),
        ("ROVI_XYZZY=1", "ROVI_XYZZY, and there is no such key"),
        ("ROVI_PUBLISHES_ODOM_TF=yes", "ROVI_PUBLISHES_ODOM_TF=yes: write 0 or 1"),
        ("ROVI_MEMORY_NEED=lots", "ROVI_MEMORY_NEED=lots: write a size as in 512M or 2G"),
        ("ROVI_DEVICES=ttyUSB0", "ROVI_DEVICES=ttyUSB0: write absolute paths"),
        ("ROVI_PROCESSES=/bin/node", "ROVI_PROCESSES=/bin/node: write names of programs, without directories"),
        ("ROVI_PARAMETER_stack=x", "ROVI_PARAMETER_stack=x: the contract sets stack"),
        ("ROVI_VALUES_other=x", "ROVI_VALUES_other=x: there is no ROVI_PARAMETER_other"),
        ("ROVI_VALUES_rviz=x", "ROVI_VALUES_rviz=x: the contract sets rviz"),
        ("ROVI_PARAMETER_rviz=x", "ROVI_PARAMETER_rviz=x: the contract sets rviz"),
        ("ROVI_VARIANT_x=robot_mode:=sim", "ROVI_VARIANT_x=robot_mode:=sim: the contract sets robot_mode"),
        ("ROVI_MOTION_GUARD=/no/such/guard", "ROVI_MOTION_GUARD=/no/such/guard: there is no program /no/such/guard"),
        (
            "ROVI_NETWORK_WAIT_SEC=3",
            "ROVI_NETWORK_WAIT_SEC, which has no effect there: it belongs in the unit of the gateway "
            "or the unit of the hardware or .env.robot",
        ),
    ],
)
def test_a_wrong_key_of_a_stack(robot, declare, line, said):
    declare(NAV, line)
    result = robot.rovictl("start nav")
    assert (result.status, result.err) == (78, f"rovictl: nav failed: the unit of nav declares {said}\n"), result
    assert robot.processes(NAV) == []
    assert f"fail the unit of nav declares {said}\n" in robot.rovictl("doctor").out


def test_the_program_of_a_check_is_looked_for_where_the_check_will_run(robot, declare):
    declare(NAV, '"ROVI_READY_CHECK=no_such_program --x"')
    result = robot.rovictl("start nav")
    assert result.status == 78 and "there is no program no_such_program" in result.err, result
    for command in ("test -e /tmp", "/bin/true", "(true)", '\\"$HOME\\" || true'):
        declare(NAV, f'"ROVI_READY_CHECK={command}"')
        assert robot.rovictl("start nav").status == 0, command
        assert robot.rovictl("stop").status == 0


def test_a_wrong_key_of_the_gateway(robot, declare):
    declare(GATEWAY, "ROVI_MOTION_GUARD=true")
    try:
        assert robot.run(["systemctl", "restart", GATEWAY]).status != 0
        said = "the unit of the gateway declares ROVI_MOTION_GUARD, which has no effect there"
        said += ": it belongs in the unit of a stack"
        assert robot.show(GATEWAY, "StatusText") == f"refused (78): {said}"
        assert f"fail {said}\n" in robot.rovictl("doctor").out
    finally:
        robot.must(f"rm -r /run/systemd/system/{GATEWAY}.d; systemctl daemon-reload; systemctl start {GATEWAY}")


@pytest.mark.parametrize(
    "line, said",
    [
        ("ROVI_ODOM_INTEGRATOR_PUBLISH_TF=true", "ROVI_ODOM_INTEGRATOR_PUBLISH_TF=true: write 0 or 1"),
        (
            "ROVI_ODOM_INTEGRATOR_PUBLSH_TF=1",
            "ROVI_ODOM_INTEGRATOR_PUBLSH_TF, and there is no such key: did you mean ROVI_ODOM_INTEGRATOR_PUBLISH_TF?",
        ),
        ("ROVI_MOTION_GUARD=true", "ROVI_MOTION_GUARD, which has no effect there: it belongs in the unit of a stack"),
    ],
)
def test_a_wrong_key_of_the_env_file(robot, env_file, line, said):
    env_file(line)
    result = robot.rovictl("start nav")
    assert (result.status, result.err) == (78, f"rovictl: nav failed: {ENV_FILE} sets {said}\n"), result
    assert f"fail {ENV_FILE} sets {said}\n" in robot.run("rovictl doctor").out


def test_doctor_shows_all_of_them_at_once(robot, declare):
    declare(NAV, "ROVI_REDY_CHECK=true", "ROVI_PUBLISHES_ODOM_TF=yes", "ROVI_PARAMETER_rviz=.*")
    out = robot.rovictl("doctor").out
    assert out.count("fail the unit of nav declares ROVI_") == 3, out


def test_the_keys_of_the_checkout_are_right(robot):
    assert "\nfail" not in robot.run("rovictl doctor").out
    assert robot.must(f"grep -c ROVI_ {SOURCE}/services/rovi-nav.service") != "0\n"


def test_a_workspace_may_export_variables_of_its_own(robot):
    setup = f"{WORKSPACE}/install/setup.bash"
    before = robot.must(["cat", setup])
    robot.put(setup, before + "export ROVI_OF_A_HOOK=1\n", user="rovi")
    try:
        result = robot.rovictl("start nav")
        assert result.status == 0, result
    finally:
        robot.put(setup, before, user="rovi")
