"""The mutants of the MCP server, and of what ends that which it has started."""

from harness.mutants.mutant import Mutant


def row(name, old, new, tests, file="harness/mcp_server.py"):
    return Mutant(name, old, new, f"test_mcp.py and {tests}", suite="mcp", file=file)


MUTANTS = [
    row("words of a test are a program", 'r"^[A-Za-z0-9_ ]{0,200}$"', 'r"^.*$"', "bad_arguments"),
    row("a platform is an option", 'r"^[a-z0-9][a-z0-9._/-]{0,100}(', 'r"^[a-z0-9;. /-]{0,100}(', "bad_arguments"),
    row("a parameter has any name", 'if not re.fullmatch(r"[A-Za-z_]', 'if not re.match(r"', "bad_parameter"),
    row("nobody has to confirm", "if not answer.confirm:", "if False:", "asked_first"),
    row("nobody says with what", 'ask_for_all_of("start")', 'ask_for("start")', "asked_first"),
    row("no client can ask", "if not able or not able.elicitation:", "if True:", "asked_first"),
    row(
        "whoever looks may control", "if parser.parse_args().allow_control:", "if parser.parse_args():", "what_they_do"
    ),
    row(
        "a look moves",
        "LOOKS = ToolAnnotations(read_only_hint=True",
        "LOOKS = ToolAnnotations(read_only_hint=False",
        "what_they_do",
    ),
    row("a report leaves nothing", "annotations=LEAVES", "annotations=LOOKS", "what_they_do"),
    row(
        "a start destroys nothing",
        "read_only_hint=False, destructive_hint=True",
        "destructive_hint=False",
        "what_they_do",
    ),
    row(
        "a failed test has no name", "failed.append(next(name for name in found.groups() if name))", "pass", "are_named"
    ),
    row("progress comes at the end", "await context.report_progress(seen, None, line[:200])", "pass", "progress_comes"),
    row("text obeys", 'return CONTROL.sub(" ", text)', "return text", "instruction"),
    row("half a character ends a call", "json.dumps(value, ensure_ascii=False).encode()", "pass", "passed_on"),
    row("what is nested deep ends a call", "if nesting(value) > NESTED:", "if False:", "passed_on"),
    row("an answer has no end", "if size > ROBOT_BYTES:", "if False:", "without_end"),
    row("an error is a result", "is_error=status not in fine", "is_error=False", "an_error_is"),
    row("what rovictl says is lost", "error.append(line[:2000])", "pass", "an_error_is"),
    row("a cancelled run goes on", "await process.stdin.aclose()", "pass", "cancelled"),
    row(
        "a dead client's run goes on",
        "    ended.set()\n\n    threading",
        "    pass\n\n    threading",
        "dies",
        "harness/held.py",
    ),
    row(
        "what takes no notice goes on",
        "(signal.SIGINT, signal.SIGTERM, signal.SIGKILL)",
        "(signal.SIGINT,)",
        "dies",
        "harness/held.py",
    ),
]
