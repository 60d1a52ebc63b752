"""then_clock.py COMMAND...: runs a command, and prints when it has returned, in microseconds of systemd's own clock."""

import subprocess
import sys
import time

subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000)
