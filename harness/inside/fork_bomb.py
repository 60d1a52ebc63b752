"""Starts as many processes as it may, for a minute."""

import os
import time

end = time.monotonic() + 60
while time.monotonic() < end:
    try:
        os.fork()
    except OSError:
        time.sleep(0.5)
