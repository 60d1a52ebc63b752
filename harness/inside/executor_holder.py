"""executor_holder.py COUNT: opens as many connections to the executor, prints how many are served, and holds them until
its input ends.
"""

import socket
import sys

held = [socket.socket(socket.AF_UNIX) for _ in range(int(sys.argv[1]))]
for connection in held:
    connection.connect("/run/org.rovi.Executor")
    connection.sendall(b'{"method":"org.varlink.service.GetInfo"}\0')


def is_served(connection):
    try:
        return bool(connection.recv(65536))
    except ConnectionResetError:
        return False


print(sum(map(is_served, held)), flush=True)
sys.stdin.read()
