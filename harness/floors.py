"""Reads the product's shell files: which functions each defines, which it calls, and which files it uses.

The house has floors: a file says by `use` what it uses, and arrows go down only. tests/plain/test_floors.py holds the
files to that.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
PROGRAMS = (
    "bin/rovictl",
    "services/run_stack.sh",
    "services/run_gateway.sh",
    "services/run_hardware.sh",
    "services/check_health.sh",
    "services/end_stop.sh",
    "services/kill_stack.sh",
    "services/keep_env.sh",
    "services/stack_file.sh",
    "services/executor.sh",
    "services/install.sh",
    "services/setup.sh",
    "services/uninstall.sh",
)
FOLDERS = ("services/lib", "services/executor", "services/install", "bin/rovictl.d")
# Words after which a command comes.
BEFORE = {"if", "then", "else", "elif", "do", "while", "until", "!", "{", "time"}
# Words that end what they belong to.
BEHIND = {"fi", "done", "esac", "}"}
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(\[[^]]*\])?\+?=")
BODY = re.compile(r"^\w+\(\) [{(]\n.*?^[})]", re.M | re.S)
VARIABLE = re.compile(r"(?:^|^readonly |^declare -gA |[ (])(\w+)\+?=", re.M)
FUNCTION = re.compile(r"^([A-Za-z_]\w*)\(\) [{(]", re.M)


@dataclass
class File:
    """A shell file: its functions, the variables that it sets, the words that it has where a command stands, the
    variables that it reads, all of its words, the files that it uses, and functions whose names it may make up."""

    name: str
    defines: list
    variables: set
    calls: set
    reads: set
    words: set
    uses: set = field(default_factory=set)
    may_call: set = field(default_factory=set)


class Scanner:
    """Goes through a shell text once and collects the words that stand where a command does."""

    def __init__(self, text):
        self.text, self.at, self.commands, self.documents = text, 0, [], []
        self.scan("")

    def scan(self, end):
        """Up to the character end, which closes a substitution; or to the end of the text."""
        command = True
        while self.at < len(self.text):
            char, two = self.text[self.at], self.text[self.at : self.at + 2]
            if char == end:
                self.at += 1
                return
            if char == "\n":
                self.at += 1
                self.skip_documents()
                command = True
            elif char in " \t":
                self.at += 1
            elif char == "\\":
                self.at += 2
            elif char == "#":
                self.skip_past("\n", keep=True)
            elif two == "((" and command:
                self.skip_past("))")
                command = False
            elif self.text.startswith("[[ ", self.at) and command:
                self.skip_test()
                command = False
            elif self.text.startswith("<<<", self.at):
                self.at += 3
            elif two == "<<":
                self.note_document()
            elif two in ("<(", ">("):
                self.at += 2
                self.scan(")")
            elif char in ";&|()":
                self.at += 1
                command = True
            elif char in "<>":
                self.at += 1
            else:
                command = self.word(command, end)

    def word(self, command, end):
        """A word; returns whether a command may follow it."""
        begin = self.at
        self.skip_word()
        word = self.text[begin : self.at]
        if not command:
            if self.commands and self.commands[-1] == "trap" and word[0] == "'":
                self.commands += Scanner(word.strip("'")).commands
            return False
        if word in BEFORE or ASSIGNMENT.match(word):
            return True
        pattern = end != ")" and self.text[self.at : self.at + 1] == ")"  # of a case
        if word not in BEHIND and not pattern:
            self.commands.append(word)
        return False

    def skip_word(self):
        while self.at < len(self.text) and self.text[self.at] not in " \t\n;&|()<>":
            char = self.text[self.at]
            if self.text.startswith("$'", self.at):
                self.at += 2
                self.skip_quoted()
            elif char == "'":
                self.at += 1
                self.skip_past("'")
            elif char == '"':
                self.skip_double()
            elif not self.skip_dollar():
                self.at += 2 if char == "\\" else 1
            if self.text[self.at : self.at + 1] == "(" and self.text[self.at - 1] in "=@*+?!":  # an array, a pattern
                self.at += 1
                self.skip_parenthesis()

    def skip_quoted(self):
        while self.text[self.at] != "'":
            self.at += 2 if self.text[self.at] == "\\" else 1
        self.at += 1

    def skip_double(self):
        self.at += 1
        while self.text[self.at] != '"':
            if not self.skip_dollar():
                self.at += 2 if self.text[self.at] == "\\" else 1
        self.at += 1

    def skip_dollar(self):
        """A substitution, if there is one here."""
        if self.text.startswith("$((", self.at):
            self.skip_past("))")
        elif self.text.startswith("$(", self.at):
            self.at += 2
            self.scan(")")
        elif self.text.startswith("${", self.at):
            self.at += 2
            while self.text[self.at] != "}":
                if self.text[self.at] == '"':
                    self.skip_double()
                elif not self.skip_dollar():
                    self.at += 2 if self.text[self.at] == "\\" else 1
            self.at += 1
        else:
            return False
        return True

    def skip_parenthesis(self):
        while self.text[self.at] != ")":
            if self.text[self.at] in " \t\n":
                self.at += 1
            elif self.text[self.at] == "(":
                self.at += 1
                self.skip_parenthesis()
            elif self.text[self.at] in ";&|<>":
                self.at += 1
            else:
                self.skip_word()
        self.at += 1

    def skip_test(self):
        while not self.text.startswith("]]", self.at):
            if self.text[self.at] in " \t\n;&|()<>":
                self.at += 1
            else:
                self.skip_word()
        self.at += 2

    def skip_past(self, end, keep=False):
        found = self.text.find(end, self.at)
        self.at = len(self.text) if found < 0 else found + (0 if keep else len(end))

    def note_document(self):
        found = re.compile(r"<<-?\s*(['\"]?)(\w+)\1").match(self.text, self.at)
        self.at = found.end()
        self.documents.append(found.group(2))

    def skip_documents(self):
        for end in self.documents:
            found = re.compile(rf"^{end}$", re.M).search(self.text, self.at)
            self.at = found.end()
        self.documents = []


def read(name):
    """The File of that name, relative to the project's folder."""
    text = (TOP / name).read_text()
    file = File(
        name,
        FUNCTION.findall(text),
        set(VARIABLE.findall(re.sub(r"(?m)(^|\s)#.*|\".*?\"|'.*?'", "", BODY.sub("", text)))),
        set(Scanner(FUNCTION.sub("{", text)).commands),
        set(re.findall(r"\$\{?[#!]?([A-Z]\w+)", text)),
        set(re.findall(r"\w+", re.sub(r"(^|\s)#.*", "", text))),
    )
    for prefix in re.findall(r'"(\w+_)\$\w+"', text):  # a name that is made up, as in "cmd_$verb"
        file.may_call.update(prefix + word for word in file.words)
    for words in re.findall(r"\buse ((?:[a-z_.]+/[a-z_]+|[ \\\n])+)", re.sub(r"(^|\s)#.*", "", text)):
        file.uses.update(place(word) for word in words.replace("\\\n", " ").split())
    if name in PROGRAMS:
        file.uses.add(place("lib/use"))
    return file


def place(word):
    """The file that `use WORD` reads."""
    return f"{'bin' if word.startswith('rovictl.d/') else 'services'}/{word}.sh"


def house():
    """All of them, by name."""
    names = [
        *PROGRAMS,
        *(str(path.relative_to(TOP)) for folder in FOLDERS for path in sorted((TOP / folder).glob("*.sh"))),
    ]
    return {name: read(name) for name in names}


def below(files, name):
    """The names of all files that a file uses, directly or not."""
    found, to_do = set(), [name]
    while to_do:
        for used in files[to_do.pop()].uses - found:
            found.add(used)
            to_do.append(used)
    return found


if __name__ == "__main__":  # all of them as one text, for shellcheck: lowest first
    FILES = house()
    for lowest in sorted(FILES, key=lambda name: len(below(FILES, name))):
        print(f"source {lowest}")
