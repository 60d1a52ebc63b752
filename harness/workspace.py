"""A built colcon workspace of any number of packages, made with colcon's own templates, for the bench."""

import sys
import tempfile
from pathlib import Path

from colcon_bash.shell.bash import BashShell
from colcon_core.shell.dsv import DsvShell
from colcon_core.shell.sh import ShShell

SHELLS = (DsvShell(), ShShell(), BashShell())


def build(robot, prefix, packages, user="rovi"):
    """Puts what `colcon build` leaves in an install folder at prefix in the container, over what is there.

    Each package is as ament_cmake's are: it adds itself to AMENT_PREFIX_PATH, PATH and PYTHONPATH.
    """
    with tempfile.TemporaryDirectory() as directory:
        here = Path(directory)
        for number in range(packages):
            package(here, f"package_{number}")
        put(robot, here, prefix, user)


def build_ros(robot, prefix):
    """Puts setup files in the place of the stand-in's, at prefix: those of a ROS 2 that was built from source."""
    with tempfile.TemporaryDirectory() as directory:
        here = Path(directory)
        package(here, "ros_environment")
        share = here / "ros_environment/share/ros_environment"
        (share / "hook/ros.dsv").write_text(
            f"set;ROS_DISTRO;{Path(prefix).name}\nset;ROS_VERSION;2\nprepend-non-duplicate;AMENT_PREFIX_PATH;{prefix}\n"
            f"prepend-non-duplicate-if-exists;PATH;{prefix}/bin\n"
        )
        (share / "package.dsv").open("a").write("source;share/ros_environment/hook/ros.sh\n")
        put(robot, here, prefix, "root")


def list_bringup(robot, prefix, user="rovi"):
    """Makes the stand-in's package of launch files, at prefix, one that the setup files of build() know."""
    robot.must(
        f"mkdir -p {prefix}/rovi_bringup/share/colcon-core/packages; "
        f"touch {prefix}/rovi_bringup/share/colcon-core/packages/rovi_bringup; "
        f"echo 'prepend-non-duplicate;AMENT_PREFIX_PATH;' >{prefix}/rovi_bringup/share/rovi_bringup/package.dsv; "
        f"chown -R {user} {prefix}"
    )


def put(robot, here, prefix, user):
    """Puts what is here, with the scripts that colcon makes for it, at prefix in the container."""
    for shell in SHELLS:
        shell.create_prefix_script(here, merge_install=False)
    for file in here.rglob("*"):
        if file.is_file():  # the templates write down where they are, and with which Python
            file.write_text(file.read_text().replace(str(here), prefix).replace(sys.executable, "/usr/bin/python3"))
    robot.put_tree(here, prefix, user=user)


def package(install, name):
    prefix = install / name
    marker = prefix / "share/colcon-core/packages" / name
    marker.parent.mkdir(parents=True)
    marker.write_text("")
    hooks = []
    for variable, folder in (("AMENT_PREFIX_PATH", ""), ("PATH", "bin"), ("PYTHONPATH", "lib/python3/site-packages")):
        (prefix / folder).mkdir(parents=True, exist_ok=True)
        for shell in SHELLS[:2]:  # bash takes sh's
            hook = shell.create_hook_prepend_value(variable.lower(), prefix, name, variable, folder)
            hooks.append((hook.relative_to(prefix), ()))
    for shell in SHELLS:
        shell.create_package_script(prefix, name, hooks)
