"""watch_late.py ROUNDS SHELLS SEED LASTING_S: has alice watch while nav starts and stops ROUNDS times, or, with SHELLS,
while so many shells each start and stop stacks at random ROUNDS times. Compares what was printed with what systemd has
noted in the journal, by the same clock. Prints a JSON object: "late", how many ms after each change its line came, if
it came while the state lasted; "latest", the three that came latest: ms, stack and state; and "lost", the states that
lasted LASTING_S and more and were not to be seen meanwhile.
"""

import json
import random
import subprocess
import sys
import threading
import time

STACKS = ("teleop", "mapping", "localization", "nav", "camera")
# systemd's MESSAGE_IDs (sd-messages.h): what the state is from then on.
STATES = {
    "7d4958e842da4a758f6c1cdc7b36dcc5": "STARTING",
    "39f53479d3a045ac8e11786248231fbf": "RUNNING",
    "de5b426a63be47a7b6ac3eaac82e2f6f": "STOPPING",
    "9d1aaa27d60140bd96365438aad20286": "STOPPED",
    "d9b373ed55a64feb8242e02dbe79a49c": "FAILED",
}
rounds, shells, seed = map(int, sys.argv[1:4])
lasting_s = float(sys.argv[4])
seen = []


def listen():
    for line in watch.stdout:
        now, said = time.time(), json.loads(line)
        seen.extend((unit["stack"], unit["state"], now) for unit in said.get("units", [said]))


def operate(number):
    dice = random.Random(seed * 100 + number)
    for _ in range(rounds):
        stack = dice.choice(STACKS) if shells else "nav"
        subprocess.run(["rovictl", "start", stack, "-q"], stderr=subprocess.DEVNULL)
        time.sleep(dice.random() * 1.2)
        subprocess.run(["rovictl", "stop", "-q"], stderr=subprocess.DEVNULL)
        time.sleep(dice.random() * 0.3)


def changes():
    """By stack: when it came into which state, from the journal."""
    words = ["journalctl", "-q", "-o", "json", f"--since=@{began}", "_PID=1", *(f"MESSAGE_ID={key}" for key in STATES)]
    found = {stack: [] for stack in STACKS}
    for entry in map(json.loads, subprocess.run(words, capture_output=True, text=True).stdout.splitlines()):
        stack = entry["UNIT"].removeprefix("rovi-").removesuffix(".service")
        if stack in found:
            when = int(entry.get("_SOURCE_REALTIME_TIMESTAMP", entry["__REALTIME_TIMESTAMP"])) / 1e6
            found[stack].append((when, STATES[entry["MESSAGE_ID"]]))
    return {stack: without_stops_of_failures(sorted(entries)) for stack, entries in found.items()}


def without_stops_of_failures(entries):
    """A stop that was queued while a start failed is noted as done at that moment; the unit stays FAILED."""
    pairs = zip(entries, [(0, None), *entries])
    return [entry for entry, before in pairs if not (before[1] == "FAILED" and entry[0] - before[0] < 0.02)]


watch = subprocess.Popen(["runuser", "-u", "alice", "--", "rovictl", "watch", "--json"], stdout=subprocess.PIPE)
threading.Thread(target=listen, daemon=True).start()
while not seen:
    time.sleep(0.01)
began = time.time()
operators = [threading.Thread(target=operate, args=[number]) for number in range(max(shells, 1))]
for operator in operators:
    operator.start()
for operator in operators:
    operator.join()
time.sleep(1)
ended = time.time()
watch.kill()
late, lost = [], []
for stack, entries in changes().items():
    for (when, state), (until, after) in zip(entries, [*entries[1:], (ended, None)]):
        # Two things the journal does not say: when the clean-up of a start that is not to be begins, in which it is
        # STOPPING; and that a refusal is cleared, which makes it STOPPED, when what was in its way has ended.
        states = {state}
        if state == "STARTING" and after in ("FAILED", "STOPPED"):
            states.add("STOPPING")
        elif state == "FAILED":
            states.add("STOPPED")
        lines = [(at - when, said) for name, said, at in seen if name == stack]
        times = [after_s for after_s, said in lines if said in states and -0.02 <= after_s <= until - when]
        shown_before = [said for after_s, said in lines if after_s < -0.02][-1:]
        if times:
            late.append((max(0, times[0]) * 1000, stack, state))
        elif until - when >= lasting_s and state not in shown_before:  # what came in between was too short to be seen
            lost.append([stack, state, round(until - when, 2)])
print(json.dumps({"late": [ms for ms, *_ in late], "latest": sorted(late)[-3:], "lost": lost}))
