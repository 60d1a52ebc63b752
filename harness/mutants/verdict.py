"""What a run of tests says of a mutant."""

import re
from dataclasses import dataclass, field

# A test that ends in one of these has not judged the product: the harness, the engine or the machine failed it.
NOT_THE_PRODUCT = re.compile(
    r"docker\.|requests\.|urllib3\.|testcontainers\.|RuntimeError: the Docker engine|"
    r"((Import|ModuleNotFound|Name|Syntax|Connection|ConnectionRefused|ConnectionReset|BrokenPipe|Memory)Error)\b"
)


@dataclass
class Verdict:
    """outcome: dead, survived, or unclear, if no test has judged. by: the tests that failed. why: why it is unclear."""

    outcome: str
    by: list = field(default_factory=list)
    why: str = ""


def of_pytest(reports, status):
    """The verdict of what report.py has written, and of pytest's exit status."""
    failed = [report for report in reports if report["outcome"] == "failed"]
    by = [report["test"] for report in failed if report["when"] == "call" and not NOT_THE_PRODUCT.match(report["said"])]
    passed = [report for report in reports if report["when"] == "call" and report["outcome"] == "passed"]
    if by:
        return Verdict("dead", by)
    if failed:
        first = failed[0]
        why = f"an error, not a failure, in {first['when']} of {first['test']}: {first['said']}"
        return Verdict("unclear", why=why)
    if status != 0:
        return Verdict("unclear", why=f"pytest has ended with {status}")
    return Verdict("survived") if passed else Verdict("unclear", why="no test ran")


def of_bats(file, output, status):
    """The verdict of what bats has written, which is TAP, and of its exit status."""
    failed = re.findall(r"^not ok \d+ (.*)$", output, re.MULTILINE)
    by = [f"{file}: {name}" for name in failed if not re.match(r"setup_file failed|bats-gather-tests", name)]
    if by:
        return Verdict("dead", by)
    if failed or status != 0:
        return Verdict("unclear", why=f"bats has ended with {status}: {' '.join(failed) or output[-300:]}")
    passed = re.search(r"^ok (?!.* # skip)", output, re.MULTILINE)
    return Verdict("survived") if passed else Verdict("unclear", why="no test ran")
