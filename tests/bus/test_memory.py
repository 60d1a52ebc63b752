"""What rovictl says once memory has run out. That the kernel kills is for a real one to show."""

import json

import dbus

OLD = """\
oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/system.slice/rovi-nav.service,\
task_memcg=/system.slice/rovi-nav.service,task=old,pid=7,uid=1000
"""
KERNEL = """\
oom-kill:constraint=CONSTRAINT_MEMCG,\
task_memcg=/system.slice/rovi-mapping.service,task=other,pid=9,uid=1000
oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,\
task_memcg=/system.slice/rovi-nav.service,task=slam node,pid=712,uid=1000
Out of memory: Killed process 712 (slam node) total-vm:1kB
oom-kill:constraint=CONSTRAINT_MEMCG,\
task_memcg=/system.slice/rovi-nav.service,task=small,pid=713,uid=1000
"""
# What the unit has become when the kernel has killed one of its processes, and when it was started.
FAILED = {"ActiveState": "failed", "Result": "oom-kill", "InactiveExitTimestamp": dbus.UInt64(1_790_000_000_600_000)}
SINCE = "--since=@1790000000"
SAID = "memory ran out and the kernel killed one of its processes"


def kernel(tmp_path, text):
    """A PATH with a journalctl that has TEXT as the kernel's log since the start, and OLD before that."""
    (tmp_path / "old").write_text(OLD)
    (tmp_path / "kernel").write_text(text)
    (tmp_path / "journalctl").write_text(
        f'#!/bin/sh\ncase " $* " in\n*" --dmesg {SINCE} "*) cd {tmp_path} && cat kernel ;;\n'
        f'*" --dmesg "*) cd {tmp_path} && cat old kernel ;;\nesac\n'
    )
    (tmp_path / "journalctl").chmod(0o755)
    return {"PATH": f"{tmp_path}:/usr/bin:/bin"}


def test_a_process_cannot_control_the_terminal_by_its_name(robot, tmp_path):
    robot.set("rovi-nav.service", **FAILED, StatusText=SAID)
    env = kernel(tmp_path, KERNEL.replace("slam node", "\x1b]0;x\a\x1b[2J"))
    shown = robot.rovictl("status nav", env=env).out
    assert "pid 712" in shown and not {"\x1b", "\a"} & set(shown), shown


def test_status_says_which_process_was_killed(robot, tmp_path):
    robot.set("rovi-nav.service", **FAILED, StatusText=SAID)
    env = kernel(tmp_path, KERNEL)
    assert f"    {SAID}: slam node, pid 712\n" in robot.rovictl("status nav", env=env).out
    assert json.loads(robot.rovictl("status nav --json", env=env).out)["status_text"] == f"{SAID}: slam node, pid 712"
    assert "the kernel's log does not say which" in robot.rovictl("status nav", env=kernel(tmp_path, "")).out
