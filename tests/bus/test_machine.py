"""rovictl -M: how it asks for a container, and hands over to systemd-run(1). A real one needs systemd-nspawn."""

import pytest


@pytest.fixture
def machines(tmp_path):
    """A PATH with a busctl that knows the container "box", and a systemd-run that prints its arguments."""
    (tmp_path / "busctl").write_text(
        '#!/bin/sh\ncase " $* " in '
        '*" --machine=box "*) echo \'s "252"\' ;; '
        '*" --machine=mine "*) echo "Access denied" >&2; exit 1 ;;\n'
        '*) echo "Failed to connect to bus: No such machine" >&2; exit 1 ;; esac\n'
    )
    (tmp_path / "systemd-run").write_text('#!/bin/sh\nprintf "<%s>" "$@"; exit 75\n')
    for stub in tmp_path.iterdir():
        stub.chmod(0o755)
    return {"PATH": f"{tmp_path}:/usr/bin:/bin"}


def test_the_same_command_line_runs_in_the_container(robot, machines):
    result = robot.rovictl("-M box start nav --timeout 5 --json", env=machines)
    assert result.status == 75  # that of the rovictl over there
    head, _, tail = result.out.partition("<-->")
    assert "<--machine=box>" in head and "<--pipe>" in head and "<--wait>" in head
    assert tail.startswith("</usr/bin/env><rovictl><start>") and tail.endswith("<nav>")
    assert "<--timeout=5>" in tail and "<--json>" in tail and "machine" not in tail


def test_a_container_that_is_not_there_or_not_for_the_caller(robot, machines):
    result = robot.rovictl("-M nobox status", env=machines)
    assert result.status == 4 and "cannot reach systemd in container nobox" in result.err and result.out == ""
    result = robot.rovictl("--machine=mine status", env=machines)
    assert result.status == 77 and "sudo rovictl -M mine" in result.err
