#!/usr/bin/env python3
"""For the screenshots: rovictl, but "history --json" spreads its runs over the last day, as if they had taken hours."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone

REAL = "/usr/local/bin/rovictl"
if sys.argv[1:2] != ["history"]:
    os.execv(REAL, [REAL, *sys.argv[1:]])
runs = [json.loads(line) for line in subprocess.run([REAL, *sys.argv[1:]], capture_output=True).stdout.splitlines()]
now = datetime.now(timezone.utc)
for number, run in enumerate(runs[:-1]):
    began = now - timedelta(hours=22 - 20 * number / len(runs))
    run["started"] = began.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    run["ran_s"] = 95.0 if run["end"] == "failed" else 1500.0 + 700 * (number % 4)
for run in runs:
    print(json.dumps(run))
