"""The mutants of the log: what logs shows, and how the executor follows it."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "while journald rotates, nobody may read the journal",
        "/{var,run}/log/journal/*/system*.journal",
        "/{var,run}/log/journal/*/system.journal",
        "test_while_journald_rotates",
    ),
    Mutant("a node invents a run", '"UNIT=$unit" _PID=1', '"UNIT=$unit"', "cannot_invent_a_run"),
    Mutant(
        "a run is what its processes say alone",
        '+ "INVOCATION_ID=$ROVI_REPLY" _PID=1)',
        ")",
        "test_a_run_is_one_start",
    ),
    Mutant(
        "a run is known only when the journal knows it",
        '! try_look "$unit" || runs=',
        "true || runs=",
        "run_that_is_current",
        suite="bus",
    ),
    Mutant(
        "a run that the log has lost is shown as nothing",
        '&& ! log_has_run "${runs[0]}"; then',
        "&& false; then",
        "test_a_run_is_one_start",
    ),
    Mutant(
        "a run that is not there is everything",
        '[[ $ROVI_REPLY ]] || die "$ROVI_EX_USAGE" "the log has no run',
        'true || die "$ROVI_EX_USAGE" "the log has no run',
        "value_that_may_be_missing",
        suite="bus",
    ),
    Mutant(
        "--run swallows a name",
        "[[ ${1-} != @(0|-[0-9]*) ]] ||",
        "[[ ! ${1-} ]] ||",
        "value_that_may_be_missing",
        suite="bus",
    ),
    Mutant(
        "a time is journalctl's to refuse",
        '! journalctl_refuses "${args[@]}" || case',
        "true || case",
        "what_journalctl_says",
        suite="bus",
    ),
    Mutant(
        "a pattern is journalctl's to refuse",
        '! journalctl_refuses --since=@1 --until=@2 "$pattern" || case',
        "true || case",
        "what_journalctl_says",
        suite="bus",
    ),
    Mutant("a pager where a program reads", "if [[ ! -t 1 || ", "if [[ ", "asked_for_what_was_asked_for", suite="bus"),
    Mutant("a pager cuts long lines", "{SYSTEMD_LESS:-FRXMK}", "{SYSTEMD_LESS:-FRSXMK}", "pager_at_the", suite="bus"),
    Mutant(
        "a log is followed for a caller that wants one answer",
        "[[ $follow != true ]] || wants_more || return 0",
        "",
        "cannot_be_followed",
    ),
    Mutant("a follower loses first lines", '["--since"]+set} ]] && {', '["--since"]+set} ]] && false && {', "at_once"),
    Mutant("a follower has no earlier lines", '["--since"]+set} ]] && {', '["--since"]+set} ]] || {', "follows_a_log"),
    Mutant("a follower outlives its caller", '(end_with_caller "$watch") &', ": &", "a_program_follows_a_log"),
    Mutant(
        "a follower that cannot begin takes the next call",
        "((code == 0)) || { refuse_rovictl && return; } # before",
        "[[ $follow == true ]] || ((code == 0)) || { refuse_rovictl && return; } # before",
        "cannot_be_followed",
    ),
]
