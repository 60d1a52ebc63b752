#!/bin/bash
# Two processes as real nodes are: a program, and a script of an interpreter with an option.
cp /bin/sleep /tmp/controller_server
(exec /tmp/controller_server 1000) &
printf 'import time\ntime.sleep(1000)\n' >/tmp/planner.py
(exec python3 -u /tmp/planner.py map_server) &
exit 0
