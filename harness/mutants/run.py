"""Runs the mutants, a few at a time, and writes down what becomes of each.

.cache/results/mutants.jsonl has a line for each mutant that has been run, as it ends. A run that is begun again, with
the same files and base image, goes on with what is left: with what is not dead. When all have been run,
.cache/results/mutants.json has the score:

    commit     of the checkout, as `git describe` names it
    base       the base image that the tests ran on
    total      how many mutants there are for that base
    dead       how many of them a test has found out
    survived   the names of those that no test has found out
    unclear    the names of those that could not be judged: their test had an error, or fails without them, too
    seconds    how long it took, over all runs, with WORKERS at a time

In the end the tests that have failed are run without a mutant, all together: one that fails then, too, proves nothing.
"""

import json
import os
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from harness.mutants import TOP
from harness.mutants.mutant import listed, mutated, read_files
from harness.mutants.verdict import Verdict, of_bats, of_pytest

RESULTS = TOP / ".cache/results"
LINES, SCORE = RESULTS / "mutants.jsonl", RESULTS / "mutants.json"
LINKED = (".venv", ".cache", "harness/node_modules")
LIMIT_S = 600  # for the tests of one mutant


class Checkout:
    """A copy of the checkout in which mutants are made, one after the other."""

    def __init__(self, folder):
        self.top = Path(folder).resolve()
        for name in listed(TOP):
            (self.top / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / name, self.top / name)
        for tool in LINKED:
            (self.top / tool).symlink_to(TOP / tool)
        self._git("init", "-q")
        (self.top / ".git/info/exclude").write_text("".join(f"/{tool}\n" for tool in LINKED))
        self._git("add", "-A")
        self.tree = self._git("write-tree").strip()  # the same for the same files

    def _git(self, *arguments):
        return subprocess.run(["git", *arguments], cwd=self.top, check=True, capture_output=True, text=True).stdout

    def _write(self, path, text):
        (self.top / path).write_bytes(text.encode(errors="surrogateescape"))
        for cached in (self.top / path).parent.glob(f"__pycache__/{Path(path).stem}.*"):  # goes by the second
            cached.unlink()

    @contextmanager
    def changed(self, texts):
        """The files have these texts, a dict of path to text, until the end of the with statement."""
        before = {path: (self.top / path).read_bytes().decode(errors="surrogateescape") for path in texts}
        try:
            for path, text in texts.items():
                self._write(path, text)
            yield
        finally:
            for path, text in before.items():
                self._write(path, text)


class Programs:
    """The programs that run."""

    def __init__(self):
        self._running, self._interrupted = set(), False

    def run(self, command, top, env=None, limit_s=LIMIT_S):
        """Runs a command in a checkout. Returns its exit status, None if it had to be ended, and its output."""
        if self._interrupted:
            return None, "interrupted"
        # A session of its own: an interrupt is passed on once, so that the tests clear their containers away.
        process = subprocess.Popen(
            command,
            cwd=top,
            env={**os.environ, "PYTHONPATH": str(top), **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._running.add(process)
        try:
            output = process.communicate(timeout=limit_s)[0]
            return process.returncode, output
        except subprocess.TimeoutExpired:
            self._end(process)
            return None, f"it had not ended after {limit_s} s"
        except KeyboardInterrupt:
            self._end(process)
            raise
        finally:
            self._running.discard(process)

    @staticmethod
    def _end(process):
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def interrupt(self):
        """Asks all to end, and starts no more."""
        self._interrupted = True
        for process in list(self._running):
            process.send_signal(signal.SIGINT)


class Results:
    """What is known of the mutants of one tree of files on one base image, in LINES."""

    def __init__(self, tree, base):
        self._key = {"tree": tree, "base": base}
        self.rows, self.sound, self.seconds = {}, {}, 0.0  # sound: whether a test passes without a mutant
        lines = [json.loads(line) for line in LINES.read_text().splitlines()] if LINES.exists() else []
        RESULTS.mkdir(parents=True, exist_ok=True)
        LINES.write_text("")
        for line in lines:
            if line["tree"] == tree:  # what another tree has shown is of no use any more
                self._write(line)
            if line["tree"] == tree and line["base"] == base:
                self._take(line)

    def _write(self, line):
        with LINES.open("a") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _take(self, line):
        if "name" in line:
            self.rows[line["name"]] = line
        self.sound |= line.get("sound", {})
        self.seconds += line.get("run_seconds", 0)

    def add(self, **values):
        line = self._key | values
        self._take(line)
        self._write(line)

    def outcome(self, mutant):
        """What became of a mutant: an outcome of Verdict, or nothing if it has not been run."""
        row = self.rows.get(mutant.name)
        if row and row["outcome"] == "dead" and not any(self.sound.get(test, True) for test in row["by"]):
            return "unclear"
        return row["outcome"] if row else ""

    def killers(self, mutants):
        """The tests that have found out any of the mutants."""
        return {test for mutant in mutants if self.outcome(mutant) == "dead" for test in self.rows[mutant.name]["by"]}

    def why(self, mutant):
        """Why it is unclear what became of a mutant."""
        row = self.rows[mutant.name]
        return row["why"] or f"without the mutant it fails, too: {' '.join(row['by'])}"


class Runner:
    """Runs mutants in a Checkout."""

    def __init__(self, programs, tests, files):
        self.programs, self._tests, self._files = programs, tests, files

    def judge(self, mutant, checkout):
        """The Verdict of the mutant's tests. What is unclear is tried once more: the machine may be at fault."""
        with checkout.changed(mutated(mutant, self._files)):
            verdict = self._run(mutant, checkout)
            return verdict if verdict.outcome != "unclear" else self._run(mutant, checkout)

    def _run(self, mutant, checkout):
        names = self._tests.files(mutant)
        if mutant.tests.endswith(".bats"):
            return self.bats(mutant.tests, checkout)
        files = [f"tests/{mutant.suite}/{name}" for name in names]
        return self.pytest(["-x", *files, "-k", mutant.tests], checkout)[0]

    def bats(self, file, checkout):
        """The verdict of a file in tests/plain."""
        command = ["harness/node_modules/bats/bin/bats", "--formatter", "tap", f"tests/plain/{file}"]
        status, output = self.programs.run(command, checkout.top)
        return Verdict("unclear", why=output) if status is None else of_bats(file, output, status)

    def pytest(self, arguments, checkout, limit_s=LIMIT_S):
        """The verdict of a run of pytest, and what became of each test."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "report"
            command = [".venv/bin/pytest", "-q", "--tb=short", "-p", "harness.mutants.report", *arguments]
            status, output = self.programs.run(command, checkout.top, {"MUTANTS_REPORT": str(file)}, limit_s)
            reports = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        if status is None:
            return Verdict("unclear", why=output), reports
        verdict = of_pytest(reports, status)
        if verdict.why.startswith("pytest has"):
            verdict.why += f": {output[-300:].strip()}"
        return verdict, reports

    def without(self, names, checkout, workers):
        """Runs tests without a mutant: a dict of name to whether it passes. names: as in Verdict.by.

        What fails beside others is tried once more, alone: the machine may be at fault.
        """
        sound = {}
        for file in sorted({name.split(": ")[0] for name in names if ".bats: " in name}):
            failed = self.bats(file, checkout).by
            sound |= {name: name not in failed for name in names if name.startswith(f"{file}: ")}
        for at_a_time in (workers, 0):
            left = [name for name in names if not sound.get(name) and ".bats: " not in name]
            sound |= self._passing(left, checkout, at_a_time)
        return sound

    def _passing(self, names, checkout, workers):
        """Runs tests of pytest, workers at a time: a dict of name to whether it passes."""
        if not names:
            return {}
        with tempfile.NamedTemporaryFile("w", dir=checkout.top / ".git") as file:
            file.write("\n".join(names))
            file.flush()
            _, reports = self.pytest(["-n", str(workers), f"@{file.name}"], checkout, 3600)
        passed = {each["test"] for each in reports if each["when"] == "call" and each["outcome"] == "passed"}
        return {name: name in passed for name in names}


def work(runner, checkout, todo, done):
    """Judges the mutants in the queue todo until it gives None; puts what became of each into the queue done."""
    while (mutant := todo.get()) is not None:
        began = time.monotonic()
        try:
            verdict = runner.judge(mutant, checkout)
        except Exception as error:  # of the runner itself: the others go on
            verdict = Verdict("unclear", why=repr(error))
        done.put({"name": mutant.name, **asdict(verdict), "seconds": round(time.monotonic() - began, 1)})


def run_all(mutants, runner, checkouts, results):
    """Judges the mutants, one at a time in each of the checkouts, and prints and writes down what becomes of them."""
    todo, done = queue.Queue(), queue.Queue()
    for mutant in [*mutants, *(None for _ in checkouts)]:
        todo.put(mutant)
    workers = [threading.Thread(target=work, args=(runner, checkout, todo, done)) for checkout in checkouts]
    for worker in workers:
        worker.start()
    try:
        for number in range(1, len(mutants) + 1):
            took = done.get()
            results.add(**took)
            shown = took["outcome"] if took["outcome"] == "dead" else took["outcome"].upper()
            print(f"{number:3} of {len(mutants)}  {shown:8} {took['seconds']:4.0f} s  {took['name']}", flush=True)
            if took["why"]:
                print(f"    {took['why']}", flush=True)
    except KeyboardInterrupt:
        runner.programs.interrupt()  # the rest of the mutants then takes no time
        raise
    finally:
        for worker in workers:
            worker.join()


def score(mutants, results, base, commit):
    """What stands in SCORE."""
    names = {
        outcome: [mutant.name for mutant in mutants if results.outcome(mutant) == outcome]
        for outcome in ("dead", "survived", "unclear")
    }
    return {
        "commit": commit,
        "base": base,
        "total": len(mutants),
        "dead": len(names["dead"]),
        "survived": names["survived"],
        "unclear": names["unclear"],
        "seconds": round(results.seconds),
    }


def run(mutants, chosen, tests, base, workers):
    """Runs those of the chosen mutants that are for the base image. mutants: all. Returns the exit status."""
    mutants, chosen = ([each for each in some if each.base in ("", base)] for some in (mutants, chosen))
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"], cwd=TOP, check=True, capture_output=True, text=True
    ).stdout.strip()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        checkouts = [Checkout(Path(folder) / str(number)) for number in range(workers)]
        results = Results(checkouts[0].tree, base)
        runner = Runner(Programs(), tests, read_files(checkouts[0].top))
        left = [mutant for mutant in chosen if results.outcome(mutant) != "dead"]
        known = len(chosen) - len(left)
        print(f"mutants: {len(left)} to run, {known} known to be dead, of {commit} on {base}", flush=True)
        try:
            run_all(left, runner, checkouts, results)
            if killers := sorted(results.killers(chosen) - results.sound.keys()):
                print(f"mutants: the {len(killers)} tests that have failed, without a mutant", flush=True)
                results.add(sound=runner.without(killers, checkouts[0], workers))
        except KeyboardInterrupt:
            print("mutants: interrupted; the next run goes on with what is left", flush=True)
            return 1
        finally:
            results.add(run_seconds=round(time.monotonic() - began))
    return tell(mutants, chosen, results, base, commit)


def tell(mutants, chosen, results, base, commit):
    """Prints the score of the chosen ones, and writes that of all if all are known. Returns the exit status."""
    if all(map(results.outcome, mutants)):
        SCORE.write_text(json.dumps(score(mutants, results, base, commit), indent=1, ensure_ascii=False) + "\n")
    seen = score(chosen, results, base, commit)
    for mutant in chosen:
        if results.outcome(mutant) == "survived":
            print(f"mutants: SURVIVED: {mutant.name}: {mutant.tests}")
        elif results.outcome(mutant) == "unclear":
            print(f"mutants: UNCLEAR: {mutant.name}: {results.why(mutant)}")
    survived, unclear = len(seen["survived"]), len(seen["unclear"])
    print(f"mutants: {seen['dead']} of {seen['total']} dead, {survived} survived, {unclear} unclear")
    return 0 if seen["dead"] == seen["total"] else 1
