"""keep_full.py FILE: writes into FILE, which is there, whatever has room, until it is killed. Room that somebody makes
is gone again within a millisecond."""

import os
import sys
import time

filler = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)
while True:
    try:
        os.write(filler, bytes(4096))
    except OSError:
        time.sleep(0.0005)
