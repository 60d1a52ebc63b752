"""The mutants of the page for Cockpit."""

from harness.mutants.mutant import Mutant


def row(name, old, new, tests):
    return Mutant(name, old, new, tests, suite="page")


MUTANTS = [
    row(
        "what nobody knows stays green",
        'const state = robot.lost ? "UNKNOWN" : unit.state;',
        "const state = unit.state;",
        "connection_that_hangs",
    ),
    row("nobody asks whether the robot answers", '    channel.send("?");\n', "", "that_hangs"),
    row("a rovictl that does not answer is believed", "++asked > 2", "false", "that_is_stopped"),
    row("an outsider is offered buttons", "robot.operator && Boolean(", "Boolean(", "outsider"),
    row("a value that is wrong can be sent", "go.disabled = wanted(name) === null", "true", "picked"),
    row("control characters are shown", '.replace(CONTROLS, " ")', "", "last_words"),
    row("text changes its direction", '.replace(DIRECTIONS, "\\ufffd")', "", "last_words"),
    row("a text has no end", "if (cut) shown = shown.slice(0, longest);", "", "long"),
    row(
        "an address that is no text ends the page",
        "try { return decodeURIComponent(word); } catch { return word; }",
        "return decodeURIComponent(word);",
        "name_of_a_node",
    ),
    row("the gateway is the operators'", " && Boolean(robot.units.get(name)?.stack)", "", "not_offered"),
    row("a restart forgets the map", '["--same"] : []', "[] : []", "restart_keeps"),
    row("a rovictl that ended is not started again", "setTimeout(() => watch(", "(() => watch(", "killed_is"),
    row("what has moved takes a tap", 'place.cards.classList.add("moved");', "", "just_moved"),
    row("below a card that has grown, all takes a tap", "(shifted || order", "(order", "just_moved"),
    row("a node has another unit's lines", '(entry._PID === "1" && entry.UNIT)', "entry.UNIT", "of_another_unit"),
    row(
        "a log that was opened first has no units",
        'changes.addEventListener("change", draw_units);',
        "",
        "opened_first",
    ),
    row("why there is no log is overwritten", "ended || (", "(", "overwritten"),
    row("a run that goes on stands still", "goes_on(run) ? (now()", "false ? (now()", "counts_on"),
    row("the last state stands still", "if (!cockpit.hidden) tick();", "", "counts_on"),
    row("a pattern that JavaScript reads otherwise locks the stack", "OTHER.test(known) ||", "", "reads_otherwise"),
    row(
        "what may be chosen is as old as the page",
        '=== "options") look_declared();',
        '=== "options") void 0;',
        "may_be_chosen",
    ),
    row("an old refusal hides a failure", 'both.includes("RUNNING")', 'both[1] === "RUNNING"', "guard_refuses_a_stop"),
    row(
        "the processes are of the run before", "trees.get(name)?.of !== run_key(unit)", "!trees.has(name)", "are_a_tree"
    ),
    row("a choice loses the keyboard", "id: `variant-${name}-${variant}`,", "", "by_keyboard"),
    row("a failed stack is among the stopped", ' + (unit.state === "FAILED")', "", "leads_to_its_lines"),
    row("a node's own level is not read", "?? said,", '?? "I",', "calls_an_error"),
    row("a log that is held goes on", "if (paused || !list.isConnected) return;", "", "searched_and_held"),
    row("a tap under a change is lost", "if (performance.now() - pressed < PRESS_MS) return;", "", "finger"),
]
