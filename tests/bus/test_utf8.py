"""Text that a node has written, on its way to a terminal and into JSON: what is no UTF-8, and what a terminal obeys."""

import json
import random
import re
import subprocess

import pytest

from harness.robot import TOP

# Runs the command for each text that ends in NUL and prints ROVI_REPLY with a NUL.
EACH = r"""
shopt -s extglob
export LC_ALL=C.UTF-8
ROVI_LIB=services
source services/lib/use.sh
use executor/methods
as_log() { log_lines=("$1") && log_json; }
[[ $1 != as_log ]] || export LC_ALL=C # as executor.sh
while LC_ALL=C IFS= read -rd '' text; do
    "$1" "$text"
    printf '%s\0' "$ROVI_REPLY"
done
"""
CONTROLS = [*range(1, 32), 127, *range(0x80, 0xA0)]
BIDI = [0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]


def replaced(text):
    """Python has U+FFFD for each piece that is bad, we for each run of them."""
    return re.sub("\ufffd+", "\ufffd", text.decode(errors="replace"))


def each(command, *texts):
    result = subprocess.run(
        ["bash", "-c", EACH, "-", command],
        input=b"".join(text + b"\0" for text in texts),
        cwd=TOP,
        capture_output=True,
        timeout=300,
    )
    assert result.stderr == b"", result.stderr
    found = result.stdout.split(b"\0")[:-1]
    assert len(found) == len(texts)
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_a_line_is_cut_between_characters_wherever_the_cut_falls(size):
    """4,096 bytes at most; a character that is whole stays."""
    sign = ("", "a", "é", "€", "😀")[size]
    texts = [("x" * lead + sign * 1500 + "yz")[:5000].encode() for lead in range(4080, 4100)]
    texts += [
        ("x" * lead + sign + end).encode() for lead in range(4088, 4098) for end in ("", "x", "é", "€", "😀", "xyz")
    ]
    for text, found in zip(texts, each("as_log", *texts)):
        (line,) = json.loads(found)
        assert line == text[:4096].decode(errors="ignore"), (len(text), len(line.encode()))


def test_a_line_that_is_no_utf_8_is_json_all_the_same():
    chance = random.Random(5)
    pieces = [
        b"a",
        "é".encode(),
        "€".encode(),
        "😀".encode(),
        b"\xc3",
        b"\xe2\x82",
        b"\xf0\x9f\x98",
        b"\x80",
        b"\xbf\xbf\xbf\xbf",
        b"\xff",
        b"\xed\xa0\x80",
        b"\xc0\xaf",
        b"\xf4\x90\x80\x80",
        b"\xe0\x80\x80",
        b"\\",
        b'"',
        b"\x1b",
        b"\xc2\x9b",
        b"\xfe",
        b"\xf5",
    ]
    texts = [
        b"x" * chance.choice((0, 1, 4080, 4090, 4093, 4094, 4095, 4096))
        + b"".join(chance.choices(pieces, k=chance.randrange(1, 30)))
        for _ in range(1500)
    ]
    for text, found in zip(texts, each("as_log", *texts)):
        (line,) = json.loads(found.decode())  # fails where it is no UTF-8
        assert len(line.encode()) <= 4096
        whole = re.sub(f"[{''.join(map(chr, CONTROLS))}]", " ", replaced(text))
        assert whole.startswith(line.rstrip("\ufffd")) and (line == whole or len(line.encode()) > 4080), (text, line)


def test_bytes_that_are_no_utf_8_are_replaced_and_no_others():
    chance = random.Random(6)
    texts = [
        bytes(
            chance.choices(
                (
                    0x41,
                    0x80,
                    0xBF,
                    0xC1,
                    0xC3,
                    0xA9,
                    0xE0,
                    0xE2,
                    0x82,
                    0xAC,
                    0xED,
                    0xA0,
                    0xEF,
                    0xF0,
                    0x9F,
                    0x98,
                    0xF4,
                    0x90,
                    0xFF,
                ),
                k=12,
            )
        )
        for _ in range(3000)
    ] + ["aé€😀\U0010ffff\ud7ff\ue000\uffff\u0800\u0080\U00010000".encode()]
    for text, found in zip(texts, each("rovi_utf8", *texts)):
        assert found.decode() == replaced(text), (text, found)


def test_what_a_terminal_obeys_is_blank():
    signs = [chr(code) for code in CONTROLS + BIDI]
    signs += ["\u200d", "\u2027", "\u202f", "\u2065", "\u206a", "\u061b", "\u00a0", "é", "\u2010", "\uffff"]
    found = each("rovi_printable", *(f"a{sign}b".encode() for sign in signs))
    assert [one.decode() for one in found] == ["a b"] * len(CONTROLS + BIDI) + [
        f"a{sign}b" for sign in signs[len(CONTROLS + BIDI) :]
    ]


def test_a_byte_that_some_terminals_take_for_a_control_character_is_none():
    assert each("rovi_printable", b"a\x9b31mb", b"\xc2", b"") == ["a\ufffd31mb".encode(), "\ufffd".encode(), b""]
