"""Which platform a robot is: its names and versions."""

import re
import subprocess

from harness.robot import TOP


def platform_facts(robot):
    """A dict of words: name, systemd, polkit, bash, by which of polkit and sudo operators go, and what was tested."""
    release = dict(line.split("=", 1) for line in robot.must("cat /etc/os-release").splitlines() if "=" in line)
    name, version = (release[key].strip('"') for key in ("ID", "VERSION_ID"))
    return {
        "name": f"{name.capitalize()} {version}",
        "systemd": re.match(r"systemd (\d+)", robot.must("systemctl --version"))[1],
        "polkit": robot.must("pkaction --version").split()[-1],
        "bash": robot.must("echo ${BASH_VERSION%%(*}").strip(),
        "operators go by": "polkit" if robot.polkit_has_rules else "sudo",
        "commit": subprocess.run(["git", "describe", "--always", "--dirty", "--exclude=*"], cwd=TOP, capture_output=True, text=True).stdout.strip(),
    }
