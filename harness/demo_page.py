"""make demo-page: boots the robot with Cockpit, says how to open its page, and waits for Ctrl-C."""

import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from harness.browser import PAGE, cockpit_robot

PEOPLE = {"alice": "an operator", "mallory": "nobody: may look only", "carol": "an administrator"}


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("booting a container with systemd and Cockpit ...", flush=True)
    with cockpit_robot() as robot:
        result = robot.install()
        if result.status:
            sys.exit(f"demo-page: make install failed\n{result}")
        robot.must("usermod -aG rovi-ops alice; usermod -aG rovi-ops bob")
        url = f"http://{robot.address}:9090"
        print(f"\nThe page alone:  {url}{PAGE}\nIn Cockpit:      {url}/rovi\n\nName and password:")
        for name, what in PEOPLE.items():
            print(f"  {name:8} {name:8} {what}")
        print("\nCtrl-C ends it.", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("\nremoving the container ...")


main()
