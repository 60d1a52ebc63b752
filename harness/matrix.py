"""matrix.py FILE...: makes docs/status.md and docs/status.json of what test runs have reported.

Each FILE is pytest's JUnit XML of a run, .cache/results/*.xml, with test_platform.py in it. A platform is a column;
where it has had several runs, as of tests that have been mended, the latest of a test counts, and each commit
is named; the page says so if not all are of one commit. What harness/mutants.py has counted is read from
.cache/results/mutants.json, if it is there. What a test records by record_property is a fact of its platform where its
name starts with "platform " or "exposure ", else a figure, which is summed.
"""

import ast
import json
import os
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
MUTANTS = TOP / ".cache/results/mutants.json"
HEAD = """# Status: every behaviour on every platform

Made by `make test-matrix` and, for the virtual machine, `make test-vm` and `make status`; not edited by hand. The
same, for programs: [status.json](status.json).

Each behaviour is a test of that name. A number says with how many inputs or in how many cases it was shown. One
that was skipped says why, and one that failed is printed **bold** with its reason.

"""


@dataclass
class Case:
    """One run of one test: its outcome is passed, failed or skipped."""

    area: str
    behaviour: str
    outcome: str
    reason: str = ""
    figures: dict = field(default_factory=dict)


@dataclass
class Platform:
    """What its FILEs tell. cases: by the test's whole name."""

    facts: dict = field(default_factory=dict)
    cases: dict = field(default_factory=dict)

    def outcomes(self):
        return Counter(case.outcome for case in self.cases.values())

    def figures(self):
        total = Counter()
        for case in self.cases.values():
            total.update(case.figures)  # not +, which drops what is 0
        return total

    def add(self, other):
        """A later run."""
        commits = dict.fromkeys([*self.facts.get("commit", "").split(), *other.facts["commit"].split()])
        self.facts |= other.facts | {"commit": " ".join(commits)}
        self.cases |= other.cases


def area_of(module):
    """The first sentence of the docstring of a test module, named with dots."""
    text = ast.get_docstring(ast.parse((TOP / f"{module.replace('.', '/')}.py").read_text()))
    return text.split("\n\n")[0].replace("\n", " ").rstrip(".")


def read_case(element):
    module = ".".join(part for part in element.get("classname").split(".") if part[0].islower())
    behaviour = element.get("name").split("[")[0].removeprefix("test_").replace("_", " ")
    for found, outcome in (("failure", "failed"), ("error", "failed"), ("skipped", "skipped")):
        child = element.find(found)
        if child is not None:
            lines = (child.get("message") or "").strip().splitlines() or ["no reason given"]
            return Case(area_of(module), behaviour, outcome, lines[0][:160])
    return Case(area_of(module), behaviour, "passed")


def read_platform(path):
    platform = Platform()
    for element in ElementTree.parse(path).iter("testcase"):
        case = platform.cases[element.get("classname"), element.get("name")] = read_case(element)
        for entry in element.iter("property"):
            name, value = entry.get("name"), entry.get("value")
            if name.startswith(("platform ", "exposure ")):
                platform.facts[name.removeprefix("platform ")] = value
            else:
                case.figures[name] = float(value)
    if "name" not in platform.facts:
        sys.exit(
            f"matrix.py: {path} does not say of which platform it is: "
            "run test_platform.py with it, in the virtual machine test_boot.py"
        )
    return platform


def read_platforms(paths):
    """All platforms, in the order of their names."""
    platforms = {}
    for path in sorted(paths, key=os.path.getmtime):
        run = read_platform(path)
        platforms.setdefault(run.facts["name"], Platform()).add(run)
    return [platforms[name] for name in sorted(platforms)]


def cell(platform, area, behaviour):
    """What a platform says of a behaviour, in words; empty if it was not tried there."""
    cases = [case for case in platform.cases.values() if (case.area, case.behaviour) == (area, behaviour)]
    count = Counter(case.outcome for case in cases)
    reasons = {case.outcome: case.reason for case in reversed(cases)}  # the first of each outcome
    words = []
    if count["failed"]:
        words.append(f"failed {count['failed']} of {count['failed'] + count['passed']}: {reasons['failed']}")
    elif count["passed"]:
        words.append("yes" if len(cases) == 1 else f"yes, {count['passed']}")
    if count["skipped"]:
        words.append(f"skipped {count['skipped']}: {reasons['skipped']}")
    return "; ".join(words)


def table(head, rows):
    """A table in Markdown; yields its lines."""
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for row in rows:
        shown = (text.replace("|", "\\|") for text in row)
        yield f"| {' | '.join(f'**{text}**' if text.startswith('failed') else text for text in shown)} |"


def facts(platforms):
    """The rows of the table of platforms."""
    names = dict.fromkeys(name for platform in platforms for name in platform.facts if name != "name")
    names = sorted(names, key=lambda name: name.startswith("exposure "))
    for name in names:
        yield [name, *(platform.facts.get(name, "") for platform in platforms)]
    for outcome in ("passed", "failed", "skipped"):
        yield [f"tests {outcome}", *(str(platform.outcomes()[outcome]) for platform in platforms)]
    figures = [platform.figures() for platform in platforms]
    for name in dict.fromkeys(name for each in figures for name in each):
        yield [name, *(f"{each[name]:g}" if name in each else "" for each in figures)]


def read_mutants():
    """What harness/mutants.py has counted: a dict of commit, base, total, dead, survived and seconds; None if not
    run."""
    return json.loads(MUTANTS.read_text()) if MUTANTS.exists() else None


def mutants_row(mutants):
    if not mutants:
        return ["not run", "", "", "", ""]
    survived = ", ".join(mutants["survived"])
    score = f"{mutants['dead']} of {mutants['total']}"
    minutes = f"{mutants['seconds'] / 60:.0f}"
    return [f"failed: {score}" if survived else score, survived or "none", mutants["base"], mutants["commit"], minutes]


def of_commits(platforms, mutants):
    """A sentence: of which commit all this is, or that it is of several, and which is of which."""
    commits = {platform.facts["name"]: platform.facts["commit"] for platform in platforms}
    if mutants:
        commits["mutants"] = mutants["commit"]
    seen = set(" ".join(commits.values()).split())
    if len(seen) == 1:
        return f"All of it is of one commit, {seen.pop()}."
    each = "; ".join(f"{name} of {' and '.join(commit.split())}" for name, commit in commits.items())
    return f"**Not all of it is of one commit:** {each}."


def main():
    platforms, mutants = read_platforms(sys.argv[1:]), read_mutants()
    if not platforms:
        sys.exit("matrix.py: there are no results: run 'make test' or 'make test-matrix' first")
    names = [platform.facts["name"] for platform in platforms]
    behaviours = {}
    for platform in platforms:
        for case in platform.cases.values():
            row = [cell(each, case.area, case.behaviour) for each in platforms]
            behaviours.setdefault(case.area, {}).setdefault(case.behaviour, row)
    lines = [of_commits(platforms, mutants), "", "## Platforms", "", *table(["", *names], facts(platforms)), ""]
    lines += [
        "## Mutants",
        "",
        "A mutant is the product without one of its guards; it is dead if a test then fails.",
        "",
    ]
    lines += [*table(["dead", "survived", "base", "commit", "minutes"], [mutants_row(mutants)]), ""]
    for area, rows in behaviours.items():
        lines += [f"## {area}", "", *table(["", *names], ([name, *row] for name, row in rows.items())), ""]
    (TOP / "docs").mkdir(exist_ok=True)
    (TOP / "docs/status.md").write_text(HEAD + "\n".join(lines))
    seen = {
        "platforms": [
            {**platform.facts, **platform.outcomes(), "figures": platform.figures()} for platform in platforms
        ],
        "mutants": mutants,
        "behaviours": behaviours,
    }
    (TOP / "docs/status.json").write_text(json.dumps(seen, separators=(",", ":"), ensure_ascii=False) + "\n")


main()
