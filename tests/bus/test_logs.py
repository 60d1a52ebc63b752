"""What logs asks journalctl for, and when on a terminal."""

import pytest

from tests.bus.test_terminal import Terminal

JOURNALCTL = """#!/bin/bash
# Notes its arguments, and answers as journalctl does where the arguments ask for nothing of the log.
[[ " $* " == *" --lines=0 "* ]] && exit 1
printf '%s\\n' "$*" "less: ${SYSTEMD_LESS-}"
"""


@pytest.fixture
def journal(robot, tmp_path):
    """The robot, with a journalctl that prints how it was called."""
    (tmp_path / "journalctl").write_text(JOURNALCTL)
    (tmp_path / "journalctl").chmod(0o755)
    robot.env["PATH"] = f"{tmp_path}:{robot.env['PATH']}"
    return robot


def asked(robot, arguments):
    """What rovictl has called journalctl with, where its output is a pipe."""
    result = robot.rovictl(arguments)
    assert (result.status, result.err) == (0, ""), result
    return result.out.splitlines()[0]


@pytest.mark.parametrize(
    "arguments, call",
    [
        ("logs nav", "--quiet --no-pager --unit=rovi-nav.service"),
        ("logs", "--quiet --no-pager --unit=rovi-*.service"),
        ("logs nav -fn007", "--quiet --follow --lines=7 --no-pager --unit=rovi-nav.service"),
        ("logs gateway -p err", "--quiet --priority=err --no-pager --unit=rovi-gateway.service"),
        ("logs -p 4..err --json", "--quiet --priority=4..err --output=json --no-pager --unit=rovi-*.service"),
        (["logs", "-g", "-x y"], "--quiet --grep=-x y --no-pager --unit=rovi-*.service"),
        (
            ["logs", "--until", "5 min ago", "--since=-1h", "nav"],
            "--quiet --since=-1h --until=5 min ago --no-pager --unit=rovi-nav.service",
        ),
    ],
)
def test_journalctl_is_asked_for_what_was_asked_for(journal, arguments, call):
    assert asked(journal, arguments) == call


@pytest.mark.parametrize(
    "arguments, end",
    [
        ("logs nav", "--quiet --pager-end --unit=rovi-nav.service"),
        ("logs nav -n 5", "--quiet --lines=5 --pager-end --unit=rovi-nav.service"),
        ("logs nav --since today", "--quiet --since=today --pager-end --lines=all --unit=rovi-nav.service"),
    ],
)
def test_on_a_terminal_there_is_a_pager_at_the_end_that_wraps(journal, arguments, end):
    shown = Terminal(journal, arguments, 200).until("less:").splitlines()
    assert shown == [end, "less: FRXMK"]


@pytest.mark.parametrize("option", ["--no-pager", "--follow", "--json"])
def test_on_a_terminal_without_a_pager(journal, option):
    shown = Terminal(journal, f"logs nav {option}", 200).until("less:").splitlines()
    assert "--no-pager" in shown[0].split() and "--pager-end" not in shown[0] and shown[1] == "less:", shown


def test_who_has_chosen_how_less_behaves_keeps_it(journal):
    assert "less: FX" in Terminal(journal, "logs nav", 200, SYSTEMD_LESS="FX").until("less:")


@pytest.mark.parametrize(
    "said, status, words",
    [
        ("Failed to parse timestamp: soon", 2, "--since takes a time, for example '10 min ago'"),
        ("--since= must be before --until=.", 2, "--since must be before --until"),
        ('Bad pattern "(": missing )', 2, "--grep takes a regular expression"),
        ("Failed to compile pattern '(': missing )", 2, "--grep takes a regular expression"),
        ("Compiled without pattern matching support", 4, "the journalctl here cannot search"),
        ("PCRE2 support is not installed", 4, "the journalctl here cannot search"),
    ],
)
def test_what_journalctl_says_of_its_arguments_is_one_sentence(journal, tmp_path, said, status, words):
    (tmp_path / "journalctl").write_text(f"#!/bin/sh\necho {said!r} >&2\nexit 1\n".replace("\\'", "'\"'\"'"))
    result = journal.rovictl(["logs", "nav", "--since", "soon"] if "since" in words else ["logs", "nav", "-g", "("])
    assert (result.status, result.out) == (status, ""), result
    assert words in result.err and result.err.count("\n") == 1, result


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["logs", "--run"], "--run needs a stack, or gateway"),
        (["logs", "nav", "--run=1"], "--run takes 0 for the current or last run, -1 for the one before"),
        (["logs", "nav", "--run="], "--run takes 0"),
        (["logs", "nav", "--run", "-1x"], "--run takes 0"),
        (["logs", "nav", "-f", "--until", "now"], "--follow goes on, and --until is an end"),
        (["logs", "nav", "-f", "--run", "-1"], "--follow goes on, and a run that is over does not"),
        (["logs", "nav", "-p", "loud"], "--priority takes one of emerg alert crit err warning notice info debug"),
        (["logs", "nav", "--grep="], "--grep takes a regular expression"),
    ],
)
def test_options_that_cannot_be(journal, arguments, words):
    result = journal.rovictl(arguments)
    assert (result.status, result.out) == (2, ""), result
    assert words in result.err and result.err.count("\n") == 1, result


def test_a_value_that_may_be_missing_takes_no_name_and_no_option(journal, tmp_path):
    """--run without a value, before a name and before an option."""
    for words in ("--run nav", "nav --run", "--run 0 nav", "--run --no-pager nav"):
        result = journal.rovictl(f"logs {words}")
        assert result.status == 2 and "the log has no run 0 of nav: it has none" in result.err, result


def test_a_run_that_is_current_is_known_before_the_journal_knows_it(journal):
    journal.rovictl("start nav")
    run = "".join(f"{byte:02x}" for byte in journal.get("nav", "InvocationID"))
    call = f"--quiet --no-pager _SYSTEMD_INVOCATION_ID={run} + INVOCATION_ID={run} _PID=1"
    assert asked(journal, "logs nav --run") == asked(journal, "logs --run 0 nav") == call
    result = journal.rovictl("logs nav --run -1")
    assert result.status == 2 and "the log has no run -1 of nav: it has the last 1" in result.err, result
