"""Calls methods on the system bus, many at once: a D-Bus client of its own, because the test machine has
Python's standard library and nothing else, and thousands of busctl processes would take minutes.

Run on the robot: python3 bus_calls.py <calls.json. A call is [path, interface, member, signature, arguments];
a variant's value is [signature, value]. Prints a list with, for each, [error's name or null, its first string].
With an argument, that is the socket's path.
"""

import json
import os
import socket
import struct
import sys

SYSTEMD, BUS = "org.freedesktop.systemd1", "org.freedesktop.DBus"
FIXED = dict(y="B", b="I", n="h", q="H", i="i", u="I", x="q", t="Q", d="d", h="I")
AHEAD = 40  # calls that have no answer yet


def complete_types(signature):
    """The complete types that a signature consists of."""
    found, depth, start = [], 0, 0
    for end, sign in enumerate(signature, 1):
        depth += (sign in "({") - (sign in ")}")
        if sign != "a" and depth == 0:
            found.append(signature[start:end])
            start = end
    return found


def pad(out, kind):
    width = (
        8 if kind[0] in "({" else 1 if kind[0] in "gv" else struct.calcsize(FIXED[kind[0]]) if kind[0] in FIXED else 4
    )
    out.extend(bytes(-len(out) % width))


def put(out, kind, value):
    pad(out, kind)
    if kind in FIXED:
        out.extend(struct.pack("<" + FIXED[kind], value))
    elif kind in "so":
        data = value.encode("utf-8", "surrogatepass")
        out.extend(struct.pack("<I", len(data)) + data + b"\0")
    elif kind == "g":
        out.extend(bytes([len(value)]) + value.encode() + b"\0")
    elif kind == "v":
        put(out, "g", value[0])
        put(out, value[0], value[1])
    elif kind[0] == "a":
        where = len(out)
        out.extend(bytes(4))
        pad(out, kind[1:])
        start = len(out)
        for item in value:
            put(out, kind[1:], item)
        out[where : where + 4] = struct.pack("<I", len(out) - start)
    else:
        for inner, item in zip(complete_types(kind[1:-1]), value):
            put(out, inner, item)


def message(serial, destination, path, interface, member, signature="", arguments=()):
    body = bytearray()
    for kind, value in zip(complete_types(signature), arguments):
        put(body, kind, value)
    out = bytearray(struct.pack("<cBBBII", b"l", 1, 0, 1, len(body), serial))
    fields = [(1, ("o", path)), (2, ("s", interface)), (3, ("s", member)), (6, ("s", destination))]
    put(out, "a(yv)", fields + ([(8, ("g", signature))] if signature else []))
    pad(out, "(")
    return bytes(out + body)


class Bus:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")
        self.socket.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
        said = self.file.readline()
        if not said.startswith(b"OK"):
            sys.exit(f"not let in: {said}")
        self.socket.sendall(b"BEGIN\r\n")

    def answer(self):
        """The next answer: serial, error's name or None, first string of its body."""
        while True:
            _, kind, _, _, length, _, fields = struct.unpack("<cBBBIII", self.file.read(16))
            header = self.file.read(fields + -fields % 8)
            body = self.file.read(length)
            if kind in (2, 3):
                return (
                    self.reply_serial(header[:fields]),
                    self.error(header[:fields]) if kind == 3 else None,
                    self.text(body),
                )

    def reply_serial(self, header):
        at = header.index(b"\5\1u\0")
        return struct.unpack_from("<I", header, at + 4)[0]

    def error(self, header):
        at = header.index(b"\4\1s\0")
        return header[at + 8 : at + 8 + struct.unpack_from("<I", header, at + 4)[0]].decode()

    def text(self, body):
        length = struct.unpack_from("<I", body)[0] if len(body) >= 4 else 0
        return body[4 : 4 + length].decode(errors="replace")

    def call_all(self, calls):
        found, waiting = [None] * len(calls), 0
        for number, call in enumerate(calls):
            self.socket.sendall(message(number + 1, SYSTEMD, *call))
            waiting += 1
            while waiting >= AHEAD or (number + 1 == len(calls) and waiting):
                serial, *rest = self.answer()
                if serial <= len(calls):
                    found[serial - 1], waiting = rest, waiting - 1
        return found


if __name__ == "__main__":
    calls = json.load(sys.stdin)
    bus = Bus(sys.argv[1] if len(sys.argv) > 1 else "/run/dbus/system_bus_socket")
    if len(sys.argv) < 2:
        bus.socket.sendall(message(1 << 30, BUS, "/", BUS, "Hello"))
        bus.answer()
    json.dump(bus.call_all(calls), sys.stdout)
