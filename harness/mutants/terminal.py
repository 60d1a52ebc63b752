"""The mutants of what reaches a terminal or a reply: control characters and UTF-8."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "a node's status controls the terminal",
        'rovi_printable "${UNIT["$id/StatusText"]}"',
        'ROVI_REPLY=${UNIT["$id/StatusText"]}',
        "of_a_node_is_text",
        suite="bus",
    ),
    Mutant(
        "the service user's files control root's terminal", 'rovi_printable "$3"', "ROVI_REPLY=$3", "roots_terminal"
    ),
    Mutant(
        "a node's log controls the terminal", 'rovi_printable "$line" #', "ROVI_REPLY=$line #", "node_logs_does_not"
    ),
    Mutant("NO_COLOR is not honoured", "! ${NO_COLOR-} && ", "", "test_colours", suite="bus"),
    Mutant("control characters of a log", "//$'\\xc2'[$'\\x80'-$'\\x9f']/ }\" #", '}" #', "test_utf8", suite="bus"),
    Mutant("a line of a log has any length", 'cut_utf8 "$ROVI_REPLY" "$LINE_MAX"', ":", "control_characters"),
    Mutant(
        "a log is cut within a character",
        'cut_utf8 "$ROVI_REPLY" "$LINE_MAX"',
        "ROVI_REPLY=${ROVI_REPLY:0:LINE_MAX}",
        "test_utf8",
        suite="bus",
    ),
    Mutant("a whole character is cut off", "local end=$2\n", "local end=$(($2 - 1))\n", "test_utf8", suite="bus"),
    Mutant(
        "a log need not be UTF-8",
        'rovi_utf8 "${line:0:LINE_MAX+3}"',
        "ROVI_REPLY=${line:0:LINE_MAX+3}",
        "test_utf8",
        suite="bus",
    ),
    Mutant(
        "overlong forms are UTF-8",
        "$'\\xe0'[$'\\xa0'-$'\\xbf']$tail/   }",
        "$'\\xe0'$tail$tail/   }",
        "test_utf8",
        suite="bus",
    ),
    Mutant(
        "surrogates are UTF-8",
        "$'\\xed'[$'\\x80'-$'\\x9f']$tail/   }",
        "$'\\xed'$tail$tail/   }",
        "test_utf8",
        suite="bus",
    ),
    Mutant(
        "bidi marks reach the terminal",
        "[$'\\x8e\\x8f'$'\\xaa'-$'\\xae']",
        "[$'\\x8e\\x8f']",
        "test_utf8 and terminal",
        suite="bus",
    ),
    Mutant(
        "bidi isolates reach the terminal", "[$'\\xa6'-$'\\xa9']", "[$'\\xa5']", "test_utf8 and terminal", suite="bus"
    ),
]
