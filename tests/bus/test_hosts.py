"""rovictl -H with several hosts: in the order asked for, and status as one table."""

import pytest

from tests.bus.test_terminal import Terminal

# An ssh that prints what is in a file of the host's name. The first host is the last to be done: it waits until the
# others have printed everything, if "wait" is there.
SSH = """#!/bin/bash
shift $(($# - 2))
here=${0%/*}
printf '%s\\n' "$2" >"$here/$1.command"
if [[ $1 == one && -e $here/wait ]]; then
    until [[ -e $here/two.done && -e $here/three.done ]]; do read -rt 0.02 <> <(:); done
fi
cat "$here/$1.err" >&2 2>/dev/null
cat "$here/$1"
touch "$here/$1.done"
exit "$(cat "$here/$1.code" 2>/dev/null || echo 0)"
"""
STATUS = {
    "one": "● gateway        RUNNING  3h 12min      815   117.7M     42 yes\n"
    "× mapping        FAILED   20s             -        -      - -\n"
    "    stack nav is active: stop it first with 'rovictl stop nav'\n"
    "● nav            RUNNING  1min 20s     4711    40.0M      7 -    <\n",
    "two": "○ gateway              STOPPED  -                         -        -      -\n"
    "○ a_stack_with_a_name  STOPPED  -                         -        -      -\n",
    "three": "three: ● gateway RUNNING\none  ● nav RUNNING\n",
}
TABLE = """\
one   ● gateway             RUNNING  3h 12min      815   117.7M     42 yes
one   × mapping             FAILED   20s             -        -      - -
one       stack nav is active: stop it first with 'rovictl stop nav'
one   ● nav                 RUNNING  1min 20s     4711    40.0M      7 -    <
two   ○ gateway             STOPPED  -                         -        -      -
two   ○ a_stack_with_a_name STOPPED  -                         -        -      -
three three: ● gateway RUNNING
three one ● nav RUNNING
three - no status (exit code 0)
3 robots: nav on 1; no stack on 1; FAILED: one (mapping); gateway not running: two; no status: three
"""


@pytest.fixture
def fleet(robot, tmp_path):
    """A robot with an ssh to the hosts one, two and three, whose status is STATUS; its folder is fleet.folder."""
    (tmp_path / "ssh").write_text(SSH)
    (tmp_path / "ssh").chmod(0o755)
    for host, text in STATUS.items():
        (tmp_path / host).write_text(text)
    robot.env["PATH"] = f"{tmp_path}:{robot.env['PATH']}"
    robot.folder = tmp_path
    return robot


def test_what_hosts_print_comes_in_the_order_asked_for(fleet):
    (fleet.folder / "wait").touch()
    for host in STATUS:
        (fleet.folder / host).write_text(f"{host} 1\n{host} 2\n")
    (fleet.folder / "two.err").write_text("a mishap\n")
    (fleet.folder / "two.code").write_text("3")
    result = fleet.rovictl("-H one,two,three list")
    assert result.out.splitlines() == [f"{host}: {host} {line}" for host in STATUS for line in (1, 2)], result
    assert (result.err, result.status) == ("two: a mishap\n", 3), result
    result = fleet.rovictl("-H three,one,two list --json")
    assert [line[:10] for line in result.out.splitlines()] == ['{"host":"t'] * 2 + ['{"host":"o'] * 2 + [
        '{"host":"t'
    ] * 2


def test_a_host_that_prints_more_than_a_pipe_holds_loses_nothing(fleet):
    (fleet.folder / "two").write_text("a line of a log\n" * 20000)
    result = fleet.rovictl("-H one,two logs nav -n 20000")
    assert result.out.count("two: a line of a log\n") == 20000 and result.out.startswith("one: "), result.out[:200]


def test_what_goes_on_comes_at_once(fleet):
    """one says nothing before two has ended, which the reader sees before one does."""
    (fleet.folder / "wait").touch()
    (fleet.folder / "three.done").touch()
    for arguments in ("-H one,two watch", "-H one,two logs nav -f"):
        (fleet.folder / "two.done").unlink(missing_ok=True)
        first = fleet.rovictl(arguments).out.splitlines()[0]
        assert first.startswith("two: "), (arguments, first)


def test_status_of_several_hosts_is_one_table(fleet):
    (fleet.folder / "wait").touch()
    assert fleet.rovictl("-H one,two,three status").out == TABLE
    commands = {(fleet.folder / f"{host}.command").read_text() for host in STATUS}
    assert commands == {"rovictl 'status'\n"}
    fleet.rovictl("-H one,two,three status --color=always")
    assert (fleet.folder / "one.command").read_text() == "rovictl 'status'\n"


def test_the_table_on_a_terminal_has_a_header_and_fits(fleet):
    shown = Terminal(fleet, "-H one,two status", 100).until(None).splitlines()
    assert shown[0] == "HOST   UNIT                STATE    FOR           PID   MEMORY  TASKS BOOT"
    assert shown[1] == "one  ● gateway             RUNNING  3h 12min      815   117.7M     42 yes", shown
    shown = Terminal(fleet, "-H one,two status", 50).until(None).splitlines()
    assert shown[1] == "one  ● gateway             RUNNING  3h 12min", shown
    assert max(map(len, shown)) <= 50 and len(shown) == 10, shown


def test_no_host_poses_as_another_in_the_table(fleet):
    (fleet.folder / "two").write_text(
        "\rone  ● nav            RUNNING  -\none  ● nav RUNNING  -\n\x1b[1Aone\n● x;y RUNNING -\n"
    )
    lines = fleet.rovictl("-H one,two status").out.splitlines()
    assert [line.split()[0] for line in lines] == ["one"] * 4 + ["two"] * 5 + ["2"], lines
    (fleet.folder / "two").write_text("● nav RUNNING -\n" * 2000)
    assert fleet.rovictl("-H one,two status").out.count("two ") == 500


def test_a_closed_connection_is_no_news(fleet):
    """ssh -t says so at level INFO."""
    (fleet.folder / "ssh").write_text('#!/bin/bash\n[[ " $* " == *" -o LogLevel=ERROR "* ]] || echo closed. >&2\n')
    assert Terminal(fleet, "-H one status", 80).until(None) == ""
