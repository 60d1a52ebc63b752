"""Runs ros2 launch as a person would, and stops it by Ctrl-C; prints how many ms its first node took."""

import os
import signal
import subprocess
import time

began = time.perf_counter()
launch = subprocess.Popen(
    [
        "ros2",
        "launch",
        "rovi_bringup",
        "rovi.launch.py",
        "robot_mode:=real",
        "gateway_enabled:=false",
        "stack:=nav",
        "rviz:=false",
    ],
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
    process_group=0,
)
while subprocess.run(["pgrep", "-P", str(launch.pid)], stdout=subprocess.DEVNULL).returncode and launch.poll() is None:
    pass
print((time.perf_counter() - began) * 1000)
os.killpg(launch.pid, signal.SIGINT)
launch.wait()
