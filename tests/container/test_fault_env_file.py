"""An .env.robot that is odd in any way: the stack runs with what it says, or is refused with 78 and one sentence that
names the file, and so does rovictl doctor; systemd itself is never led astray."""

import pytest

from harness.robot import GATEWAY, SESSION, WORKSPACE

FILE = f"{WORKSPACE}/.env.robot"
MAPPING = "rovi-mapping.service"
KEPT = "/root/env.robot"
UNREADABLE = f"{FILE} is not a file that rovi can read"

# What makes it, in a shell; the file as it was is KEPT. And the sentence.
REFUSED = {
    "CRLF": (f"sed 's/$/\\r/' {KEPT} >{FILE}", f"{FILE}:1: has a carriage return: "),
    "a byte order mark": (
        f"(printf '\\357\\273\\277'; cat {KEPT}) >{FILE}",
        f"{FILE}:1: starts with a byte order mark: ",
    ),
    "NUL": (f"(cat {KEPT}; printf 'A=b\\0c\\n') >{FILE}", f"{FILE} contains a NUL byte: "),
    "a line of 1 MB": (
        f"(cat {KEPT}; printf A=; head -c 1M /dev/zero | tr '\\0' x; echo) >{FILE}",
        "the line is longer than 100000 characters",
    ),
    "not readable": (f"install -m 600 {KEPT} {FILE}", UNREADABLE),
    "a directory": (f"mkdir {FILE}", UNREADABLE),
    "a FIFO": (f"mkfifo {FILE}", UNREADABLE),
    "a device without end": (f"ln -s /dev/zero {FILE}", UNREADABLE),
    "a dangling link": (f"ln -s /nowhere {FILE}", f"{FILE} is missing: "),
    "missing": ("true", f"{FILE} is missing: "),
    "BASH_ENV": (f"(cat {KEPT}; echo BASH_ENV=/root/evil) >{FILE}", "bash keeps BASH_ENV for itself"),
}
RUNS = {
    "no end of line": (f"(cat {KEPT}; printf A_LAST=b) >{FILE}", "A_LAST=b"),
    "a link": (
        f"install -D -o rovi {KEPT} /home/rovi/elsewhere; echo A_LAST=c >>/home/rovi/elsewhere; "
        f"ln -s ../elsewhere {FILE}",
        "A_LAST=c",
    ),
    "99 kB in a line": (
        f"(cat {KEPT}; printf 'A_LAST=d'; head -c 99000 /dev/zero | tr '\\0' x; echo) >{FILE}",
        "A_LAST=dxxxx",
    ),
    "empty": (f": >{FILE}", "ROVI_ENV=robot"),
}


@pytest.fixture
def env_file(robot):
    """Makes .env.robot by a shell line; the old one is put back."""

    def make(how):
        robot.must(f"rm -rf {FILE}; {how}")

    robot.must(f"cp {FILE} {KEPT}")
    yield make
    robot.must(f"rm -rf {FILE} /home/rovi/elsewhere; install -o rovi -m 644 {KEPT} {FILE}; systemctl reset-failed")


@pytest.mark.parametrize("how", REFUSED)
def test_a_bad_file_is_refused_in_words(robot, env_file, how, record_property):
    record_property("inputs", 1)
    make, words = REFUSED[how]
    env_file(make)
    result = robot.rovictl("start mapping", timeout_s=20)
    assert result.status == 78 and words in result.err, result
    assert len([line for line in result.err.splitlines() if line.startswith("rovictl: ")]) == 1
    assert robot.processes(MAPPING) == [] and robot.run(["test", "-e", SESSION]).status == 1
    assert robot.state(GATEWAY) == "active"
    found = [
        line
        for line in robot.rovictl("doctor", user="root").out.splitlines()
        if line.startswith("fail") and FILE in line
    ]
    assert len(found) == 1, found


@pytest.mark.parametrize("how", RUNS)
def test_an_odd_but_sound_file_counts(robot, env_file, how, record_property):
    record_property("inputs", 1)
    make, entry = RUNS[how]
    env_file(make)
    assert robot.rovictl("start mapping").status == 0
    environ = robot.must(["cat", f"/proc/{robot.show(MAPPING, 'MainPID')}/environ"])
    assert f"\0{entry}" in environ


def test_what_a_node_makes_of_it_does_not_reach_systemd(robot, env_file):
    # ExecStopPost= reads what ExecStart= does: a FIFO there once stopped PID 1 for good, at the next stop.
    assert robot.rovictl("start mapping").status == 0
    env_file(f"mkfifo {FILE}")
    assert robot.rovictl("stop", timeout_s=20).status == 0
    assert robot.run(["systemctl", "is-active", GATEWAY], timeout_s=10).out == "active\n"
