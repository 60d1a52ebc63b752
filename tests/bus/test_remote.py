"""rovictl -H with several hosts, of which one is not what it should be: an ssh that prints what is in a file of the
host's name."""

import json

import pytest

SSH = """#!/bin/bash
shift $(($# - 2))
cat "${0%/*}/$1.err" >&2 2>/dev/null
exec cat "${0%/*}/$1"
"""


@pytest.fixture
def fleet(robot, tmp_path):
    """Runs rovictl on hosts that say what the arguments say: bytes, by host; b"" for those that say nothing on
    stderr."""
    (tmp_path / "ssh").write_text(SSH)
    (tmp_path / "ssh").chmod(0o755)

    def run(verb, err=b"", **said):
        for host, text in said.items():
            (tmp_path / host).write_bytes(text)
            (tmp_path / f"{host}.err").write_bytes(err)
        return robot.rovictl(f"-H {','.join(said)} {verb}", env={"PATH": f"{tmp_path}:{robot.env['PATH']}"})

    return run


def objects(result):
    """The JSON objects of the lines, read as a program reads them: no name may come twice."""

    def once(members):
        assert len({name for name, _ in members}) == len(members), members
        return dict(members)

    assert result.status == 0, result
    return [json.loads(line, object_pairs_hook=once) for line in result.out.splitlines()]


def test_an_object_has_its_host_in_front(fleet):
    result = fleet("status --json", one=b'{"schema":1,"stack":null}\n', two=b' {  "a" : [ 1 ] } \n{}\n')
    lines = sorted(result.out.splitlines())
    assert lines == ['{"host":"one","schema":1,"stack":null}', '{"host":"two",  "a" : [ 1 ] } ', '{"host":"two"}'], (
        result
    )
    objects(result)


@pytest.mark.parametrize(
    "said",
    [
        b'{"host":"two","state":"RUNNING"}',
        b'{"state":"RUNNING","host":"two"}',
        b'{"\\u0068ost":"two"}',
        b'{"a":1,"a":2}',
        b'{"a":1}{"host":"two"}',
        b'{"a":1},"host":"two"}',
        b'{"a":"',
        b"{'host':'two'}",
        b'{"a":1}\x00{"host":"two"}',
        b"[1]",
        b"null",
        b"two: text",
        b'{"a":' + b"[" * 40 + b"]" * 40 + b"}",
        b'"host":"two"}',
        b'{"a":"' + b"x" * 70000 + b'"}',
        b"{",
        b"}",
        b" ",
    ],
)
def test_a_host_does_not_pose_as_another(fleet, said):
    found = objects(fleet("status --json", one=said + b"\n", two=b""))
    assert found and all(set(one) == {"host", "line"} and one["host"] == "one" for one in found), found


def test_what_is_no_object_comes_as_text(fleet):
    assert objects(fleet("status --json", one=b'{"host":"two","a":"b\\n"}\n', two=b"")) == [
        {"host": "one", "line": '{"host":"two","a":"b\\n"}'}
    ]


def test_a_large_object_is_one(fleet):
    """watch's first object of a robot with forty stacks."""
    unit = {f"key_{number}": number for number in range(20)}
    whole = {"schema": 1, "units": [{**unit, "stack": f"s{number}"} for number in range(40)]}
    assert objects(fleet("watch --json", one=json.dumps(whole).encode() + b"\n", two=b"")) == [{"host": "one", **whole}]


BAD = (
    "\x1b[2J\x1b]0;title\x07 a\rb\x08c\x0b\x7f \u009b31m\u0085 "
    + "".join(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x61C]))
).encode()


@pytest.mark.parametrize("verb", ["status", "status --json"])
@pytest.mark.parametrize("bad", [BAD, b"\x9b31m \xc2", b'{"a":\r\t1,"b":"\x7f' + BAD[40:] + b'"}'])
def test_nothing_that_comes_controls_the_terminal(fleet, verb, bad):
    result = fleet(verb, err=bad + b"\n", one=b"x" + bad + b"y\n", two=bad)
    assert result.out.count("\n") >= 2 and result.err.count("\n") == 2, result
    for sign in result.out + result.err:
        code = ord(sign)
        assert sign == "\n" or not (
            code < 32
            or 127 <= code < 160
            or code in (0x61C, 0x200E, 0x200F)
            or 0x202A <= code <= 0x202E
            or 0x2066 <= code <= 0x2069
        ), (hex(code), result)


def test_words_stay_words(fleet):
    result = fleet("list", err="Über €\n".encode(), one="nav  größer ✓ 😀\n".encode(), two=b"")
    assert (result.out, sorted(result.err.splitlines())[0]) == ("one: nav  größer ✓ 😀\n", "one: Über €"), result


def test_an_ssh_that_is_killed_has_no_time_limit(robot, tmp_path):
    (tmp_path / "ssh").write_text("#!/bin/sh\nexit 137\n")
    (tmp_path / "ssh").chmod(0o755)
    result = robot.rovictl("-H one status", env={"PATH": f"{tmp_path}:{robot.env['PATH']}"})
    assert (result.status, result.err) == (137, ""), result
    result = robot.rovictl("-H one start nav --timeout 5", env={"PATH": f"{tmp_path}:{robot.env['PATH']}"})
    assert result.status == 124 and "one did not answer within 5 s" in result.err, result


def test_a_kill_on_several_hosts_needs_a_yes(fleet):
    result = fleet("kill", one=b"killed\n", two=b"killed\n")
    assert (result.status, result.out) == (2, "") and "kill on several hosts cannot ask there: add --yes" in result.err
    result = fleet("kill --yes", one=b"killed\n", two=b"killed\n")
    assert sorted(result.out.splitlines()) == ["one: killed", "two: killed"], result
