"""Which platform a robot is: its names and versions."""

import re


def platform_facts(robot):
    """A dict of words: name, systemd, polkit, bash, and by which of polkit and sudo operators go."""
    release = dict(line.split("=", 1) for line in robot.must("cat /etc/os-release").splitlines() if "=" in line)
    name, version = (release[key].strip('"') for key in ("ID", "VERSION_ID"))
    return {
        "name": f"{name.capitalize()} {version}",
        "systemd": re.match(r"systemd (\d+)", robot.must("systemctl --version"))[1],
        "polkit": robot.must("pkaction --version").split()[-1],
        "bash": robot.must("echo ${BASH_VERSION%%(*}").strip(),
        "operators go by": "polkit" if robot.polkit_has_rules else "sudo",
    }
