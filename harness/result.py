"""What the suites share: the result of a command, and waiting with a limit."""

import time
from dataclasses import dataclass


class Timeout(AssertionError):
    """Something did not happen in time; the message carries what was seen instead."""


@dataclass
class Result:
    """What a command did: its exit status and what it wrote."""

    command: str
    status: int
    out: str
    err: str
    seconds: float = 0.0

    def __str__(self):
        return f"$ {self.command}\nexit status {self.status}\nstdout: {self.out}\nstderr: {self.err}"


def wait_for(probe, what, limit_s=10.0, step_s=0.02):
    """Calls probe() until it returns something true, and returns that. The steps grow to 0.1 s: a look costs, too.

    what: a sentence for the error, or a function that makes one from what can be seen.
    Raises Timeout after limit_s seconds.
    """
    deadline = time.monotonic() + limit_s
    while not (seen := probe()):
        if time.monotonic() > deadline:
            raise Timeout(f"after {limit_s} s: {what() if callable(what) else what}")
        time.sleep(step_s)
        step_s = min(step_s * 1.4, max(step_s, 0.1))
    return seen
