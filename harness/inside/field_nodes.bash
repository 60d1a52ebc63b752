#!/bin/bash
# Two nodes beside those of the stand-in: a program, and a script. ROVI_PROCESSES names neither.
cp /bin/sleep /tmp/field_server
(exec /tmp/field_server 1000) &
printf 'import time\ntime.sleep(1000)\n' >/tmp/field_planner.py
(exec python3 -u /tmp/field_planner.py an_argument) &
exit 0
