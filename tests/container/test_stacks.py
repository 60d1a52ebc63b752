"""STACKS=: which of the stacks that come along are installed."""

from harness.robot import SOURCE, difference
from tests.container.test_install import ENV, INSTALL, everything


def stacks(robot):
    return robot.rovictl("list -q").out.split()


def test_the_choice_is_kept_and_a_stack_that_runs_is_not_cut(fresh_robot):
    robot = fresh_robot
    robot.install(make="true")
    before = everything(robot)
    result = robot.run(INSTALL, env={**ENV, "STACKS": "nav radar"})
    assert result.status == 78 and result.out == "", result
    assert result.err == (
        "install.sh: STACKS= names radar, and there is no such stack: "
        "choose from camera localization mapping nav teleop\n"
    )
    assert difference(before, everything(robot)) == []
    robot.must(f'make -C {SOURCE} install STACKS="nav camera"', env=ENV)
    robot.must("usermod -aG rovi-ops alice")
    assert stacks(robot) == ["camera", "nav"]
    assert "nothing to change" in robot.must(f"make -C {SOURCE} install") and stacks(robot) == ["camera", "nav"]
    assert robot.rovictl("start camera").status == 0
    before = everything(robot)
    result = robot.run(INSTALL, env={"STACKS": "nav"})
    assert result.status == 75 and result.err == (
        "install.sh: rovi-camera.service runs and is not in STACKS=: "
        "stop it first with 'systemctl stop rovi-camera.service'\n"
    ), result
    assert difference(before, everything(robot)) == [] and robot.state("rovi-camera.service") == "active"
    assert robot.rovictl("stop").status == 0
    robot.must(f"make -C {SOURCE} install STACKS=")  # none
    assert stacks(robot) == [] and "nothing to change" in robot.must(f"make -C {SOURCE} install")
    assert "rovi-nav" not in robot.must(["cat", robot.permit])
    assert robot.rovictl("status").status == 0 and robot.rovictl("start nav").status == 2
    result = robot.rovictl("doctor", user="root")
    assert result.status == 0 and "0 failed, 0 to look at" in result.out, result
    assert robot.rovictl("doctor").status == 0
    # The name of one that was left out is free.
    new = "new nav rovi_bringup gateway.launch.py robot_mode:=sim"
    assert robot.rovictl(new, user="root").status == 0 and stacks(robot) == ["nav"]
    result = robot.run(INSTALL, env={"STACKS": "teleop"})
    assert result.status == 0 and stacks(robot) == ["nav", "teleop"], result
    assert "sim" in robot.must("cat /etc/systemd/system/rovi-nav.service")
