"""Slips of the tongue: what is clear is done, for the rest rovictl asks back, and changes nothing."""

import json

import pytest

WORD = "status" * 5000  # to compare it takes minutes


@pytest.mark.parametrize("name", ["nav", "rovi-nav", "rovi-nav.service"])
def test_the_name_of_the_unit_will_do(robot, name):
    assert robot.rovictl(["start", name]).out == "nav runs\n"
    assert robot.rovictl(["wait", name]).out == "nav is RUNNING\n"
    assert json.loads(robot.rovictl(["status", "--json", name]).out)["stack"] == "nav"
    assert robot.rovictl(["restart", name]).out == "nav runs\n"
    assert robot.rovictl(["stop", name]).out == "nav stopped\n"


@pytest.mark.parametrize("name", ["rovi-gateway", "rovi-gateway.service"])
def test_the_gateway_by_the_name_of_its_unit_is_no_stack_either(robot, name):
    assert json.loads(robot.rovictl(["status", "--json", name]).out)["unit"] == "rovi-gateway.service"
    result = robot.rovictl(["stop", name])
    assert result.status == 2 and "the gateway is not a stack" in result.err, result
    assert robot.state("gateway") == "active"


def test_a_stack_may_be_named_like_a_unit(robot, tmp_path):
    unit = "[Service]\nExecStart=/usr/local/lib/rovi/run_stack.sh rovi-nav\n"
    (tmp_path / "rovi-rovi-nav.service").write_text(unit)
    path = f"{tmp_path}:{robot.env['SYSTEMD_UNIT_PATH']}"
    shown = robot.rovictl("status rovi-nav nav", env={"SYSTEMD_UNIT_PATH": path}).out
    assert [line.split()[1] for line in shown.splitlines()] == ["rovi-nav", "nav"], shown


def test_status_of_several(robot):
    robot.rovictl("start nav")
    result = robot.rovictl("status nav mapping gateway")
    assert [line.split()[1] for line in result.out.splitlines()] == ["nav", "mapping", "gateway"], result
    assert result.status == 3, result  # mapping
    assert robot.rovictl("status -q nav gateway").status == 0
    shown = robot.rovictl("status --json mapping rovi-nav.service")
    assert [json.loads(line)["stack"] for line in shown.out.splitlines()] == ["mapping", "nav"], shown
    result = robot.rovictl("status nav mappin")
    assert (result.status, result.out) == (2, "") and "did you mean mapping?" in result.err, result


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["stat"], "there is no verb stat: did you mean status?"),
        (["sta"], "there is no verb sta: did you mean start or status?"),
        (["swich", "nav"], "there is no verb swich: did you mean switch?"),
        (["help", "strat"], "there is no verb strat: did you mean start?"),
        (["nav", "start"], "there is no verb nav: did you mean 'rovictl start nav'?"),
        (["rovi-nav.service", "logs"], "there is no verb rovi-nav.service: did you mean 'rovictl logs nav'?"),
        (["nav", "list"], "there is no verb nav: see 'rovictl help'"),
        (["$(id)", "start"], "there is no verb '$(id)': see 'rovictl help'"),
        (["start", "nav", "map=lab1"], "start takes no map=lab1: did you mean map:=lab1?"),
        (["start", "nav", "map=a b"], "start takes no 'map=a b': did you mean 'map:=a b'?"),
        (["restart", "map=lab1"], "restart takes no map=lab1: did you mean map:=lab1?"),
        (["start", "nav", "mapping"], "start takes at most 1 name, not 2"),
        (["status", "--jason"], "there is no option --jason: did you mean --json?"),
        (["logs", "--tail"], "there is no option --tail: see 'rovictl help logs'"),
        (["start", "nva"], "no stack is named nva: did you mean nav? (known: camera"),
        (["start", "mappin"], "no stack is named mappin: did you mean mapping? (known: camera"),
        (["start", "Mapping"], "no stack is named Mapping: did you mean mapping?"),
        (["start", "mapping.service"], "no stack is named mapping.service: did you mean mapping?"),
        (["status", "Gateway"], "no stack is named Gateway: did you mean gateway?"),
        (["start", "Gateway"], "no stack is named Gateway: 'rovictl list' shows the stacks"),
        (["start", "camera2000"], "no stack is named camera2000 (known: camera"),
        (["start", "a" * 41], f"a stack's name has 40 letters at most, and {'a' * 40}… has 41"),
        (["start", " map"], "no stack is named ' map'"),
        (["field", "service", "nav"], "no service is named nav: did you mean rovi-nav?"),
        (["field", "service", "rovi-nav.service"], "no service is named rovi-nav.service: did you mean rovi-nav?"),
        (["field", "service", "rovi-mappin"], "no service is named rovi-mappin: did you mean rovi-mapping? (known: "),
        (["field", "service", "../x"], "no service is named ../x: use rovi-gateway, or rovi-STACK"),
    ],
)
def test_did_you_mean(robot, arguments, words):
    result = robot.rovictl(arguments)
    assert (result.status, result.out) == (2, ""), result
    assert result.err.startswith(f"rovictl: {words}") and result.err.count("\n") == 1, result
    assert not any(robot.state(stack) != "inactive" for stack in ("nav", "mapping"))


def test_a_name_of_40_letters_is_not_said_to_be_too_long(robot):
    result = robot.rovictl(["start", "a" * 40])
    assert result.status == 2 and f"no stack is named {'a' * 40} (known" in result.err, result


def test_a_very_long_word_is_not_compared_with_anything(robot):
    for arguments in ([WORD], ["status", f"--{WORD}"], ["field", "service", f"rovi-{WORD}"]):
        result = robot.rovictl(arguments)
        assert result.status == 2 and "did you mean" not in result.err and len(result.err) < 300, result


def test_what_is_typed_over_ssh_is_for_the_other_robot_to_judge(robot, tmp_path):
    (tmp_path / "ssh").write_text('#!/bin/sh\nfor last; do :; done\necho "$last"\n')
    (tmp_path / "ssh").chmod(0o755)
    env = {"PATH": f"{tmp_path}:{robot.env['PATH']}", "SYSTEMD_UNIT_PATH": "/nowhere"}
    result = robot.rovictl("-H one status rovi-nav rovi-mapping.service", env=env)
    assert result.out == "rovictl 'status' 'rovi-nav' 'rovi-mapping'\n", result
    result = robot.rovictl("-H one start Mapping", env=env)
    assert result.status == 2 and "no stack is named Mapping: 'rovictl list' shows the stacks" in result.err, result
