"""The platform: which one it is, and that it is one that we know."""

import re


def test_its_parts_are_new_enough(robot, record_property):
    release = dict(line.split("=", 1) for line in robot.must("cat /etc/os-release").splitlines() if "=" in line)
    versions = {
        "systemd": re.match(r"systemd (\d+)", robot.must("systemctl --version"))[1],
        "polkit": robot.must("pkaction --version").split()[-1],
        "bash": robot.must("echo ${BASH_VERSION%%(*}").strip(),
    }
    name = f"{release['ID'].strip(chr(34)).capitalize()} {release['VERSION_ID'].strip(chr(34))}"
    for key, value in {"name": name, **versions, "operators go by": "polkit" if robot.polkit_has_rules else "sudo"}.items():
        record_property(f"platform {key}", value)
    assert int(versions["systemd"]) >= 247 and versions["bash"] >= "5.1", versions
