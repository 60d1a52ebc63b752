"""services/lib/json_read.sh, which reads what anybody may send to the executor: what it takes and what not."""

import json
import random
import subprocess

import pytest

from harness.robot import TOP

# Reads texts that end in NUL; of each prints "no REASON", or "yes" and a line for each path with its
# type and its text, in hexadecimal; and an empty line.
READER = r"""
ROVI_LIB=services
source services/lib/use.sh
use lib/json_read
hex() {
    local LC_ALL=C i byte
    if ((${#1} > 500)); then printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n' && return; fi
    for ((i = 0; i < ${#1}; i++)); do printf -v byte '%d' "'${1:i:1}"; printf '%02x' $((byte & 255)); done
}
while LC_ALL=C IFS= read -rd '' text; do
    if json_read "$text"; then
        printf 'yes\n'
        for path in "${JSON_PATHS[@]}"; do
            printf '%s %s %s\n' "$(hex "$path")" "${JSON_TYPE["$path"]}" "$(hex "${JSON["$path"]}")"
        done
    else
        printf 'no %s\n' "$JSON_ERROR"
    fi
    printf '\n'
done
"""


def read(*texts):
    """What the reader makes of each text, bytes without NUL: {path: (type, text)}, or the reason as a string."""
    result = subprocess.run(
        ["bash", "-c", READER],
        input=b"".join(text + b"\0" for text in texts),
        cwd=TOP,
        capture_output=True,
        timeout=300,
    )
    assert result.stderr == b"", result.stderr
    found = []
    for block in result.stdout.decode().split("\n\n")[:-1]:
        first, *lines = block.strip("\n").split("\n")
        if first != "yes":
            found.append(first.removeprefix("no "))
            continue
        rows = (line.split(" ") for line in lines)
        found.append({bytes.fromhex(path).decode(): (kind, bytes.fromhex(text).decode()) for path, kind, text in rows})
    assert len(found) == len(texts)
    return found


def pairs(members):
    """For json.loads: an object, which must not have a name twice."""
    if len({name for name, _ in members}) < len(members):
        raise ValueError("twice")
    return dict(members)


def refuse(word):
    raise ValueError(word)


def flat(value, path="top"):
    """What the reader should make of a value of json.loads."""
    if isinstance(value, dict):
        found = {path: ("object", "")}
        for name, member in value.items():
            found |= flat(member, path + "/" + name.replace("~", "~0").replace("/", "~1"))
        return found
    if isinstance(value, list):
        found = {path: ("array", "")}
        for index, member in enumerate(value):
            found |= flat(member, f"{path}/{index}")
        return found
    if isinstance(value, bool):
        return {path: ("bool", str(value).lower())}
    if value is None:
        return {path: ("null", "")}
    return {path: ("string", value)} if type(value) is str else {path: ("number", value[0])}


def expected(text):
    """What Python's own reader makes of text, in the form of read, or None where it refuses."""
    number = lambda word: (word,)  # noqa: E731  # kept as it stands
    try:
        value = json.loads(
            text.decode("utf-8"), object_pairs_hook=pairs, parse_constant=refuse, parse_int=number, parse_float=number
        )
        found = flat(value)
        assert all("\0" not in path + word for path, (_, word) in found.items())
        for path, (_, word) in found.items():
            (path + word).encode()  # fails for half of a surrogate pair
        return found
    except (ValueError, RecursionError, AssertionError):
        return None


@pytest.mark.parametrize(
    "text",
    [
        b"0",
        b"-0",
        b"-1.5e+30",
        b"1E5",
        b"true",
        b"false",
        b"null",
        b'""',
        b" \t\r\n[ ] ",
        b"{ }",
        b'{"":{"":1}}',
        b"[[],{},[1,[2]]]",
        rb'"\"\\\/\b\f\n\r\t\u00e9\u20ac\ud83d\uDE00\u001f\u007f"',
        '"\u007fé€😀\U0010ffff"'.encode(),
        b'{"a/b":1,"a~1b":2,"~":3,"@":4,"*":5,"a]":6,"$(id)":7,"`id`":8,'
        b'"x[$(id)]":9," ":10,"\\n":11,"a\\u0001b":12,"0":13}',
        b'{"$x":"${PATH}","%s":"%n%s","\\\\0":"\\\\x41"}',
        *(
            b'"' + b"x" * many + b'\\u00e9\\n"' + b" " * many
            for many in (0, 57, 58, 62, 63, 64, 505, 508, 509, 510, 511, 512, 1020)
        ),
        *(b'"' + b"x" * many + "é€😀".encode() + b'"' for many in range(500, 515)),
        b'{"a":"' + b"x" * 65000 + b'"}',
        b"[" + b"1," * 490 + b"1]",
        b"[" * 16 + b"]" * 16,
        *(b" " * many + b"-12345.6e-7" for many in (501, 505, 509, 511)),
    ],
)
def test_what_it_takes(text):
    assert read(text) == [expected(text)]


@pytest.mark.parametrize(
    "text, reason",
    [
        (b"", "a value is missing"),
        (b"  ", "a value is missing"),
        (b"nul", "a value is missing"),
        (b"True", "a value is missing"),
        (b"nullx", "there is something behind its end"),
        (b"1 2", "there is something behind its end"),
        (b"{}}", "there is something behind its end"),
        (b"[]\x0c", "there is something behind its end"),
        (b"01", "number"),
        (b"-", "number"),
        (b"1.", "number"),
        (b"1e", "number"),
        (b"1" * 61, "number"),
        (b"0x10", "there is something behind its end"),
        (b"+1", "value"),
        (b".5", "value"),
        (b"NaN", "value"),
        (b"-Infinity", "number"),
        (b"'a'", "value"),
        (b"\xef\xbb\xbf1", "value"),
        (b"[1,]", "value"),
        (b"[,1]", "value"),
        (b"[1 2]", "a comma or ] is missing"),
        (b"[1", "a comma or ]"),
        (b"[1}", "a comma or ]"),
        (b"{", "a name"),
        (b'{"a":1,}', "a name"),
        (b"{a:1}", "a name"),
        (b"{1:1}", "a name"),
        (b'{"a" 1}', "a colon"),
        (b'{"a":}', "a value"),
        (b'{"a":1 "b":2}', "a comma or }"),
        (b'{"a":1,"a":1}', "a name comes twice"),
        (b'{"a/b":1,"a\\u002fb":2}', "twice"),
        (b'"abc', "a string does not end"),
        (b'"abc\\"', "does not end"),
        (b'"\n"', "control"),
        (b'"\x1f"', "control"),
        (b'"\x01', "control"),
        (b'"\\x41"', "escape"),
        (b'"\\', "escape"),
        (b'"\\u12"', "escape"),
        (b'"\\u12g4"', "escape"),
        (b'"\\U0041"', "escape"),
        (b'"\\u 123"', "escape"),
        (b'"\\ud800"', "surrogate"),
        (b'"\\udc00"', "surrogate"),
        (b'"\\ud800\\u0041"', "surrogate"),
        (b'"\\ud800\\ud800"', "surrogate"),
        (b'"\\u0000"', "NUL"),
        (b'{"\\u0000":1}', "NUL"),
        *(
            (b'"' + bad + b'"', "UTF-8")
            for bad in (
                b"\xff",
                b"\x80",
                b"\xc3",
                b"\xc0\x80",
                b"\xc1\xbf",
                b"\xe0\x80\x80",
                b"\xe0\x9f\xbf",
                b"\xed\xa0\x80",
                b"\xf0\x80\x80\x80",
                b"\xf4\x90\x80\x80",
                b"\xf5\x80\x80\x80",
                b"\xe2\x82",
                b"\xf0\x9f\x98",
            )
        ),
        (b'"' + b"x" * 511 + b"\xe2\x82", "UTF-8"),
        (b'"' + b"x" * 700 + b'\xff"', "UTF-8"),
        (b"[" * 17 + b"]" * 17, "nested more than 16 deep"),
        (b"[" * 60000, "nested"),
        (b'{"a":' * 17, "nested"),
        (b"[" + b"1," * 500 + b"1]", "more than 500 values"),
        (b"[" + b"{}," * 20000, "more than 500 values"),
    ],
)
def test_what_it_refuses_and_why(text, reason):
    (said,) = read(text)
    assert isinstance(said, str) and reason in said, said


def test_it_evaluates_nothing(tmp_path):
    proof = tmp_path / "evaluated"
    texts = [
        code.replace("PROOF", str(proof)).encode()
        for code in (
            '{"$(touch PROOF)":"$(touch PROOF)"}',
            '{"a[$(touch PROOF)]":1}',
            '{"x":{"`touch PROOF`":["`touch PROOF`"]}}',
            '{"top/x[$(touch PROOF)0]":1}',
            '["%(touch PROOF)T","%n","\\\\$(touch PROOF)"]',
            "$(touch PROOF)",
            "[1,$(touch PROOF)]",
            "-$(touch PROOF)",
        )
    ]
    read(*texts)
    assert not proof.exists()


def test_it_agrees_with_pythons_reader_on_whatever_comes():
    # No depth and no number of values that the reader would refuse for itself.
    chance = random.Random(4)
    seeds = [
        b'{"method":"org.rovi.Executor.Start","parameters":{"stack":"nav","parameters":{"map":"lab 1"}},"more":true}',
        '[1,-2.5e+3,true,null,{"a/b~c":"\\u00e9\\ud83d\\ude00\\n\\"\\\\é€😀"},"",[]]'.encode(),
        b'{"a":{"b":[0,{"c":false}]},"":"x"}',
    ]
    pieces = [
        b'"',
        b"\\",
        b"\\u",
        b"\\ud83d",
        b"\\ude00",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b" ",
        b"\n",
        b"0",
        b"-",
        b"e",
        b".",
        b"true",
        b"null",
        b"\xc3",
        b"\xa9",
        b"\xed\xa0\x80",
        b"\xf0\x9f",
        b"$(",
        b"`",
        b"~",
        b"/",
        b"\x01",
        b"\xff",
        b'"a":1',
        b'"method"',
    ]
    texts = []
    for _ in range(1500):
        text = bytearray(chance.choice(seeds))
        for _ in range(chance.randrange(1, 5)):
            at = chance.randrange(len(text) + 1)
            text[at : at + chance.choice((0, 0, 1, 2, 6))] = chance.choice(
                (chance.choice(pieces), bytes([chance.randrange(1, 256)]))
            )
        texts.append(bytes(text).replace(b"\0", b""))
    for text, found in zip(texts, read(*texts)):
        assert (found if isinstance(found, dict) else None) == expected(text), (text, found)
