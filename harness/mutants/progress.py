"""The mutants of what a verb says while it waits, and of what Ctrl-C says."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant("a pipe gets a live line", "[[ -t 2 && ! ${option", "[[ ! ${option", "on_a_pipe", suite="bus"),
    Mutant(
        "a live line with --quiet",
        '! ${option["--quiet"]-}${option["--json"]-} && ${TERM',
        '! ${option["--json"]-} && ${TERM',
        "no_live_line",
        suite="bus",
    ),
    Mutant(
        "a dumb terminal gets a live line",
        " && ${TERM-dumb} != dumb ]]; then",
        " ]]; then",
        "no_live_line",
        suite="bus",
    ),
    Mutant(
        "the live line is written again and again",
        '    [[ $1 != "$progress_told" ]] || return 0\n',
        "",
        "when_it_changes_only",
        suite="bus",
    ),
    Mutant("a live line wraps", '"${1:0:width-1}" >&2', '"$1" >&2', "however_narrow", suite="bus"),
    Mutant("a live line of wide characters wraps", "width=$((width / 2))", "true", "however_narrow", suite="bus"),
    Mutant(
        "the live line stays",
        "    [[ ! $progress_line ]] || printf '\\r\\e[K' >&2\n",
        "",
        "and_how_long or takes_the_line_away",
        suite="bus",
    ),
    Mutant(
        "a state's seconds are another's",
        " progress_began=$ROVI_REPLY\n",
        " progress_began=${progress_began:-$ROVI_REPLY}\n",
        "and_how_long",
        suite="bus",
    ),
    Mutant("Ctrl-C says nothing", "    trap interrupted INT\n", "", "of_a_start or of_a_stop", suite="bus"),
    Mutant(
        "Ctrl-C says what was, not what is",
        '    if ! try_look "$unit"; then\n        complain "${2-}rovictl cannot',
        '    if false; then\n        complain "${2-}rovictl cannot',
        "taken_request",
    ),
    Mutant(
        "what Ctrl-C says is looked up in the trap",
        '(say_what_runs "$name was not started")',
        'say_what_runs "$name was not started"',
        "first_half_of_a_switch",
        suite="bus",
    ),
    Mutant(
        "a switch goes on after Ctrl-C in its first half",
        "        trap end_switch INT\n",
        "        trap : INT\n",
        "to_rovictl_alone",
        suite="bus",
    ),
    Mutant(
        "the first half of a switch does not wait",
        " && ${halves-} != first ]] || return",
        " ]] || return",
        "options_of_the_command_line",
    ),
    Mutant(
        "Ctrl-C does not wait for a request that was taken",
        "trap '(leave_request); interrupted' INT",
        "trap interrupted INT",
        "taken_request",
    ),
    Mutant(
        "a node sets the pace of progress",
        '    elif [[ $progress_told != "$progress_of $seconds" ]]; then',
        "    else",
        "says_what_it_waits_for",
    ),
    Mutant(
        "a caller that goes away ends a switch",
        r"""    (reply "{\"unit\":null,\"progress\":{$json,\"text\":$ROVI_REPLY}}" continues) #""",
        r"""    reply "{\"unit\":null,\"progress\":{$json,\"text\":$ROVI_REPLY}}" continues #""",
        "does_not_end_a_switch",
    ),
    Mutant(
        "progress without more", "if [[ $more ]]; then follow_rovictl", "if true; then follow_rovictl", "without_more"
    ),
    Mutant("timeout_s is anything", "[[ ! $seconds =~ ^[0-9]{1,6}$ ]]", "false", "wrong_with_them"),
    Mutant(
        "no_wait is ignored", " != true ]] || words+=(--no-wait)", " != true ]] || true", "options_of_the_command_line"
    ),
]
