"""Values of a parameter to choose from (ROVI_VALUES_NAME): listed, and completed by the Tab key."""

import json
import subprocess

import dbus
import pytest


@pytest.fixture
def maps(robot):
    """nav takes a map, of which some are offered."""

    def declare(values, pattern="[a-z0-9_*]+"):
        declared = [f"ROVI_PARAMETER_map={pattern}", f"ROVI_VALUES_map={values}", "ROVI_PARAMETER_speed=[0-9.]+"]
        robot.set("nav", Environment=dbus.Array(declared, signature="s"))
        return robot

    declare("lab1 lab2 home")
    robot.declare = declare
    return robot


def completed(robot, *words, **options):
    result = robot.rovictl(["__complete", *words], **options)
    assert (result.status, result.err) == (0, ""), result
    return [line.split("\t")[0] for line in result.out.splitlines()]


@pytest.mark.parametrize(
    "words, expected",
    [
        (["map:=l"], ["map:=lab1", "map:=lab2"]),  # zsh, fish
        (["map:="], ["map:=lab1", "map:=lab2", "map:=home"]),
        (["map", ":=", "h"], ["home"]),  # bash
        (["map", ":="], ["lab1", "lab2", "home"]),
        (["map:", "=", "h"], ["home"]),  # bash where ":" does not split
        (["map:", "="], ["lab1", "lab2", "home"]),
        (["map:=x"], []),
        (["speed:="], []),
        (["x[$(touch /tmp/canary)]:="], []),
        (["map", ":=", "lab1", "sp"], ["speed:="]),
        (["map:=lab1", "sp"], ["speed:="]),
    ],
)
@pytest.mark.parametrize("stack", ["nav", "rovi-nav"])
def test_values_are_completed(maps, stack, words, expected):
    assert completed(maps, "start", stack, *words) == expected


def test_a_value_is_data(maps, tmp_path):
    """No pattern of the shell's, no command, nothing that a terminal obeys."""
    (tmp_path / "afile").touch()
    maps.declare("* $(touch$IFS/canary) `id` !touch", ".*")
    expected = ["*", "$(touch$IFS/canary)", "`id`", "!touch"]
    assert completed(maps, "start", "nav", "map", ":=", "", cwd=tmp_path) == expected
    assert [path.name for path in tmp_path.iterdir()] == ["afile"]
    maps.declare("good b\\ad ü", ".*")
    assert completed(maps, "start", "nav", "map", ":=", "") == ["good"]


def test_bash_completes_a_value(maps, rovictl):
    script = (
        'source "$0"; COMP_WORDS=(rovictl start nav map := l) COMP_CWORD=5; _rovictl; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", script, str(rovictl.parents[1] / "share/bash-completion/completions/rovictl")],
        env={**maps.env, "PATH": f"{rovictl.parent}:{maps.env['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["lab1", "lab2"], done


def test_values_are_listed(maps):
    assert "map:=[a-z0-9_*]+ (for example: lab1 lab2 home)" in maps.rovictl("list").out
    nav = next(unit for unit in map(json.loads, maps.rovictl("list --json").out.splitlines()) if unit["stack"] == "nav")
    assert nav["parameters"]["map"] == {"pattern": "[a-z0-9_*]+", "default": None, "values": ["lab1", "lab2", "home"]}
    assert nav["parameters"]["speed"]["values"] == []


@pytest.mark.parametrize(
    "values, pattern, words",
    [
        ("lab1 lab-2", "[a-z0-9]+", "ROVI_VALUES_map='lab1 lab-2': lab-2 does not match ROVI_PARAMETER_map"),
        ("lab1 lab2x", "lab1|lab2", "lab2x does not match ROVI_PARAMETER_map"),
        ("lab1", "", "there is no ROVI_PARAMETER_map"),
        ("lab1", "[a-z", "ROVI_PARAMETER_map='[a-z': that is not a regular expression"),
    ],
)
def test_values_that_are_none_refuse_the_start(maps, values, pattern, words):
    maps.declare(values, pattern)
    result = maps.rovictl("start nav speed:=1")
    assert result.status == 78 and words in result.err and result.err.count("\n") == 1, result
    assert maps.state("nav") == "inactive"
