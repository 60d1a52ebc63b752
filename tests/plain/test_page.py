"""The page for Cockpit, as text: what needs no browser."""

import re
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
PAGE = TOP / "cockpit"
SCRIPTS = {file.name: file.read_text() for file in PAGE.glob("*.js") if not file.name.startswith("po.")}


def test_every_sentence_has_its_german():
    said = {text for script in SCRIPTS.values() for text in re.findall(r'_\("((?:[^"\\]|\\.)*)"\)', script)}
    german = set(re.findall(r'^  "((?:[^"\\]|\\.)+)":', (PAGE / "po.de.js").read_text(), re.M))
    assert said == german
    for line in re.findall(r'^  "(.+?)":\s+"(.+?)",', (PAGE / "po.de.js").read_text(), re.M):
        assert sorted(re.findall(r"\$\d", line[0])) == sorted(re.findall(r"\$\d", line[1])), line


def test_text_is_only_ever_text():
    for name, script in SCRIPTS.items():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", script), (
            name
        )
        assert not re.search(r"style\b *:|\.style\b", script.replace("shell:style", "")), name
    assert not re.search(r"<style|style=|onclick|<script>", (PAGE / "index.html").read_text())


def test_the_group_is_that_of_the_contract():
    contract = (TOP / "services/lib/contract.sh").read_text()
    assert re.search(r"ROVI_GROUP=(\S+)", contract)[1] == re.search(r'GROUP = "(.+?)"', SCRIPTS["robot.js"])[1]


def test_only_what_is_the_administrators_runs_as_root():
    for name, script in SCRIPTS.items():
        for line in script.splitlines():
            assert "superuser" not in line or "robot.admin" in line, f"{name}: {line}"
        assert "bypass" not in script and "sudo -" not in script
