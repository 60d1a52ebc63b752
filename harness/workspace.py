"""A built colcon workspace of any number of packages, made with colcon's own templates, for the bench."""

import sys
import tempfile
from pathlib import Path

from colcon_bash.shell.bash import BashShell
from colcon_core.shell.dsv import DsvShell
from colcon_core.shell.sh import ShShell

SHELLS = (DsvShell(), ShShell(), BashShell())


def build(robot, prefix, packages):
    """Puts what `colcon build` leaves in an install folder at prefix in the container, over what is there.

    Each package is as ament_cmake's are: it adds itself to AMENT_PREFIX_PATH, PATH and PYTHONPATH.
    """
    with tempfile.TemporaryDirectory() as directory:
        here = Path(directory)
        for number in range(packages):
            package(here, f"package_{number}")
        for shell in SHELLS:
            shell.create_prefix_script(here, merge_install=False)
        for file in here.rglob("*"):
            if file.is_file():  # the templates write down where they are, and with which Python
                file.write_text(file.read_text().replace(directory, prefix).replace(sys.executable, "/usr/bin/python3"))
        robot.put_tree(here, prefix, user="rovi")


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
