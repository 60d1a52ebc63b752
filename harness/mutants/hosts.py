"""The mutants of several hosts side by side, and of what fits a terminal."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "hosts print as they come",
        "goes_on() {\n    [[",
        "goes_on() {\n    return 0\n    [[",
        "in_the_order_asked_for",
        suite="bus",
    ),
    Mutant(
        "what goes on waits for its turn",
        "goes_on() {\n    [[",
        "goes_on() {\n    return 1\n    [[",
        "what_goes_on_comes_at_once",
        suite="bus",
    ),
    Mutant(
        "status has no table of hosts",
        '[[ $verb == status && ! ${option["--json"]-} && ',
        '[[ $verb == none && ! ${option["--json"]-} && ',
        "is_one_table",
        suite="bus",
    ),
    Mutant(
        "a host poses as another in the table",
        'printf -v lead \'%-*s %s\' "$host_width" "$1"',
        "printf -v lead '%-*s%s' 0 ''",
        "poses_as_another_in_the_table",
        suite="bus",
    ),
    Mutant(
        "a host fills the table",
        "((count < HOST_LINES)) && IFS=",
        "IFS=",
        "poses_as_another_in_the_table",
        suite="bus",
    ),
    Mutant(
        "colours go over ssh to several",
        "--color) [[ ! $several ]] || continue ;;",
        "--color) ;;",
        "is_one_table",
        suite="bus",
    ),
    Mutant("ssh says that it has ended", " -o LogLevel=ERROR #", " #", "closed_connection", suite="bus"),
    Mutant(
        "watch leaves units out and does not say so",
        "printf '+%s more' \"$more\"",
        "true",
        "how_many_units",
        suite="bus",
    ),
    Mutant(
        "a text below a unit is a unit", '[[ $line == "$INDENT"* ]] || more', "more", "text_below_a_unit", suite="bus"
    ),
    Mutant("rovictl alone says everything", "print_usage short >&2", "print_usage >&2", "alone_fits", suite="bus"),
]
