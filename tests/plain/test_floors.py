"""The floors of the house: arrows go down only, and each file says what it uses."""

import itertools

import pytest

from harness.floors import PROGRAMS, Scanner, below, house

FILES = house()
# Every file may call what the loader itself brings.
LOADER = "services/lib/use.sh"


def test_what_is_used_is_there():
    assert {name: file.uses - FILES.keys() for name, file in FILES.items() if file.uses - FILES.keys()} == {}


def test_no_arrow_goes_up():
    assert [name for name in FILES if name in below(FILES, name)] == []


def test_nothing_is_used_that_is_not_declared():
    owners = {}
    for name in FILES.keys() - set(PROGRAMS):
        for function in FILES[name].defines:
            owners.setdefault(function, set()).add(name)
    undeclared = {
        name: sorted(
            f"{call} of {owners[call]}"
            for call in file.calls & owners.keys() - set(file.defines)
            if not owners[call] & (file.uses | {LOADER})
        )
        for name, file in FILES.items()
    }
    assert {name: calls for name, calls in undeclared.items() if calls} == {}


def test_no_variable_is_read_that_is_not_declared():
    """Of those that are written in capitals; what several files set, as ROVI_REPLY, is anybody's who uses one of
    them."""
    owners = {}
    for name in FILES.keys() - set(PROGRAMS):
        for variable in FILES[name].variables:
            if variable.isupper():
                owners.setdefault(variable, set()).add(name)
    undeclared = {
        name: sorted(
            f"{word} of {owners[word]}"
            for word in (file.reads & owners.keys()) - file.variables
            if not owners[word] & (file.uses | {LOADER})
        )
        for name, file in FILES.items()
    }
    assert {name: words for name, words in undeclared.items() if words} == {}


def test_nothing_is_declared_that_is_not_used():
    """A file may be used for its variables alone."""
    unused = {
        name: sorted(
            used
            for used in file.uses - {LOADER}
            if not (file.words | file.may_call) & set(FILES[used].defines) and not file.words & FILES[used].variables
        )
        for name, file in FILES.items()
    }
    assert {name: files for name, files in unused.items() if files} == {}


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_name_is_defined_twice_in_one_process(program):
    defined = sorted((function, name) for name in below(FILES, program) | {program} for function in FILES[name].defines)
    assert [(a, b) for a, b in itertools.pairwise(defined) if a[0] == b[0]] == []


@pytest.mark.parametrize(
    "text, commands",
    [
        ("a b; c && d || ! e | f", ["a", "c", "d", "e", "f"]),
        ("if a; then b; elif c; then d; else e; fi", ["a", "b", "c", "d", "e"]),
        ('x=$(a "$(b c)") y="d $(e) ; f"', ["a", "b", "e"]),
        ("a 'b; c' \"d; e\" # f; g", ["a"]),
        ("[[ $(a) == b && ! c ]] || d", ["a", "d"]),
        ("((a < b)) && c <<<d", ["c"]),
        ("a <<END\nb\nEND\nc < <(d)", ["a", "c", "d"]),
        ("trap 'a; b' EXIT", ["trap", "a", "b"]),
        ("case $x in\na) b ;;\nesac", ["case", "b"]),
        ("while a; do b; done <c", ["a", "b"]),
        ("x=(a b) y=@(c|d) e ${f:-$(g)} $'h\\'; i'", ["e", "g"]),
        ("a || { b; c }", ["a", "b", "c"]),
    ],
)
def test_commands_are_told_from_other_words(text, commands):
    assert sorted(Scanner(text).commands) == sorted(commands)
