"""Which platform a robot is: its names and versions."""

import re
import subprocess

from harness.robot import TOP


def platform_name(os_release, systemd):
    """A platform's name, by its os-release and what `systemctl --version` says. Debian testing has no number."""
    lines = (line.partition("=") for line in os_release.splitlines())
    release = {key: value.strip('"') for key, _, value in lines}
    name = f"{release['ID'].capitalize()} {release.get('VERSION_ID') or release['VERSION_CODENAME']}"
    return f"{name}, backports" if "~bpo" in systemd else name


def platform_facts(robot):
    """A dict of words: name, systemd, polkit, bash, by which of polkit and sudo operators go, and what was tested."""
    systemd = robot.must("systemctl --version")
    return {
        "name": platform_name(robot.must("cat /etc/os-release"), systemd),
        "systemd": re.match(r"systemd (\d+)", systemd)[1],
        "polkit": robot.must("pkaction --version").split()[-1],
        "bash": robot.must("echo ${BASH_VERSION%%(*}").strip(),
        "operators go by": "polkit" if robot.polkit_has_rules else "sudo",
        "commit": subprocess.run(
            ["git", "describe", "--always", "--dirty", "--exclude=*"], cwd=TOP, capture_output=True, text=True
        ).stdout.strip(),
    }
