"""The playbook upgrade: what stops it. Its robots are this machine, by several names, and the role only plays."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent
ROBOTS = ["r1", "r2", "r3", "r4"]
# The connection to a robot that is lost is lost after its upgrade; one that fails does so in the same task.
ROLE = """
- name: Play an upgrade
  ansible.builtin.shell: echo {{ inventory_hostname }} >>{{ upgraded }}
- name: Look again
  ansible.builtin.command: "{{ 'false' if inventory_hostname in failed else 'true' }}"
  vars:
    ansible_connection: "{{ 'ssh' if inventory_hostname in lost else 'local' }}"
    ansible_ssh_executable: "{{ no_ssh }}"
"""


@pytest.fixture
def upgrade(tmp_path):
    """A function: upgrades ROBOTS, a canary and then two at a time, some of which are lost or fail; returns the names
    of those that were upgraded, and what Ansible did."""
    collection = tmp_path / "ansible_collections/rovi/services"
    (collection / "roles/robot/tasks").mkdir(parents=True)
    (collection / "roles/robot/tasks/main.yml").write_text(ROLE)
    for name in ("galaxy.yml", "meta", "playbooks"):
        (collection / name).symlink_to(TOP / "ansible" / name)
    (tmp_path / "rovictl").symlink_to("/bin/true")
    (tmp_path / "ssh").write_text("#!/bin/sh\nexit 255\n")  # as if it could not reach a host
    (tmp_path / "ssh").chmod(0o755)
    bin_folder, upgraded, robots = Path(sys.executable).parent, tmp_path / "upgraded", tmp_path / "robots"
    robots.write_text(
        "\n".join(["[robots]", *ROBOTS, "[robots:vars]", f"upgraded={upgraded}", f"no_ssh={tmp_path}/ssh"])
        + f"\nansible_become=false\nansible_python_interpreter={sys.executable}\n"
    )

    def play(lost="", failed=""):
        chosen = ["-e", f"lost='{lost}' failed='{failed}' at_a_time=2"]
        done = subprocess.run(
            [bin_folder / "ansible-playbook", "-i", robots, "-c", "local", *chosen, "rovi.services.upgrade"],
            env={
                **os.environ,
                "PATH": f"{tmp_path}:{bin_folder}:{os.environ['PATH']}",
                "ANSIBLE_COLLECTIONS_PATH": str(tmp_path),
                "ANSIBLE_HOME": str(tmp_path / "a"),
                "LC_ALL": "C.UTF-8",
            },
            capture_output=True,
            text=True,
            timeout=120,
        )
        return sorted(upgraded.read_text().split()), done

    return play


def test_all_are_upgraded(upgrade):
    names, done = upgrade()
    assert (names, done.returncode) == (ROBOTS, 0), done


@pytest.mark.parametrize(
    "lost, failed, reached",
    [
        ("r1", "", ["r1"]),
        ("", "r2", ["r1", "r2", "r3"]),
        ("r2", "", ["r1", "r2", "r3"]),
        ("r2", "r3", ["r1", "r2", "r3"]),
    ],
)
def test_one_that_is_lost_or_fails_stops_it_after_its_batch(upgrade, lost, failed, reached):
    names, done = upgrade(lost, failed)
    assert names == reached and done.returncode != 0, done
    assert lost != "r2" or "failed or cannot be reached: the robots after it were not touched." in done.stdout, done
