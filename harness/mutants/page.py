"""The mutants of the page for Cockpit."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "what nobody knows stays green",
        'const state = robot.lost ? "UNKNOWN" : unit.state;',
        "const state = unit.state;",
        "connection_that_hangs",
        suite="page",
    ),
    Mutant("nobody asks whether the robot answers", '    channel.send("?");\n', "", "that_hangs", suite="page"),
    Mutant("an outsider is offered buttons", "robot.operator && Boolean(", "Boolean(", "outsider", suite="page"),
    Mutant("a value that is wrong can be sent", "go.disabled = wanted(name) === null", "true", "picked", suite="page"),
    Mutant("control characters are shown", '.replace(CONTROLS, " ")', "", "last_words", suite="page"),
    Mutant("text changes its direction", '.replace(DIRECTIONS, "\\ufffd")', "", "last_words", suite="page"),
    Mutant("a text has no end", "if (cut) shown = shown.slice(0, longest);", "", "long", suite="page"),
    Mutant(
        "an address that is no text ends the page",
        "try { return decodeURIComponent(word); } catch { return word; }",
        "return decodeURIComponent(word);",
        "name_of_a_node",
        suite="page",
    ),
    Mutant(
        "the gateway is the operators'", " && Boolean(robot.units.get(name)?.stack)", "", "not_offered", suite="page"
    ),
    Mutant("a restart forgets the map", '["--same"] : []', "[] : []", "restart_keeps", suite="page"),
    Mutant(
        "a rovictl that ended is not started again",
        "setTimeout(() => watch(",
        "(() => watch(",
        "killed_is",
        suite="page",
    ),
    Mutant("what has moved takes a tap", '"moved", order !== ""', '"moved", false', "just_moved", suite="page"),
    Mutant(
        "a tap under a change is lost",
        "if (performance.now() - pressed < PRESS_MS) return;",
        "",
        "finger",
        suite="page",
    ),
]
