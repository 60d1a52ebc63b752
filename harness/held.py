"""held.py [--label NAME] COMMAND...: runs COMMAND, in a process group of its own, as long as standard input is open.

When standard input ends, or SIGTERM comes, everything in that group is ended: by SIGINT first, so that a test run takes
away what it has made, then by force. Whoever holds the other end of standard input can so be killed in any way, and
leaves nothing. With a label, containers that Robot has made with it are removed, too. Exits as COMMAND does.
"""

import os
import signal
import subprocess
import sys
import threading
import time

GRACE_S = (15, 5, 5)  # after SIGINT, SIGTERM, SIGKILL


def reaches(group, number=0):
    """Whether there is a process in the group, which then gets the signal. By 0 it gets none."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


def end(child):
    """Ends the child's group."""
    for number, grace in zip((signal.SIGINT, signal.SIGTERM, signal.SIGKILL), GRACE_S):
        if not reaches(child.pid, number):
            return
        deadline = time.monotonic() + grace
        while reaches(child.pid) and time.monotonic() < deadline:
            child.poll()  # a dead child that nobody has waited for is in its group
            time.sleep(0.05)


def remove_containers(label):
    """Removes what a run that was ended in its middle has left."""
    listed = subprocess.run(
        ["docker", "ps", "-aq", "--filter", f"label=rovi.run={label}"], capture_output=True, text=True, check=False
    ).stdout.split()
    if listed:
        subprocess.run(["docker", "rm", "-f", *listed], capture_output=True, check=False)


def main():
    words = sys.argv[1:]
    label = words[1] if words[:1] == ["--label"] else ""
    words = words[2:] if label else words
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    child = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.STDOUT if label else None,
        start_new_session=True,
        env={**os.environ, "ROVI_RUN": label} if label else None,
    )

    def wait_for_end():
        while os.read(0, 4096):
            pass
        ended.set()

    threading.Thread(target=wait_for_end, daemon=True).start()
    while child.poll() is None and not ended.is_set():
        ended.wait(0.05)
    end(child)
    if label and ended.is_set():
        remove_containers(label)
    sys.exit(child.returncode if child.returncode is not None and child.returncode >= 0 else 143)


main()
