"""by_hand.py BEGAN: runs ros2 launch as a person would, and stops it by Ctrl-C. Prints how many ms after BEGAN, in
seconds since 1970, its first node was there: the person has sourced ROS and the workspace meanwhile.
"""

import os
import signal
import subprocess
import sys
import time

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
print((time.time() - float(sys.argv[1])) * 1000)
os.killpg(launch.pid, signal.SIGINT)
launch.wait()
