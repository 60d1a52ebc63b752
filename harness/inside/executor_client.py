"""executor_client.py COUNT MESSAGE...: sends messages to the executor on one connection and prints COUNT answers, a
line each.

A MESSAGE is hexadecimal, or @FILE. Last it prints "enough", or "end" if the connection ended before, and after how
many seconds.
"""

import socket
import sys
import time

began = time.monotonic()
connection = socket.socket(socket.AF_UNIX)
connection.settimeout(60)
connection.connect("/run/org.rovi.Executor")
left, rest = int(sys.argv[1]), b""
try:
    for message in sys.argv[2:]:
        connection.sendall(open(message[1:], "rb").read() if message[0] == "@" else bytes.fromhex(message))
    while left:
        piece = connection.recv(65536)
        if not piece:
            break
        *messages, rest = (rest + piece).split(b"\0")
        for message in messages:
            print(message.decode())
        left -= len(messages)
except (BrokenPipeError, ConnectionResetError):
    pass
print("end" if left else "enough", time.monotonic() - began)
