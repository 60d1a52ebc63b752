"""The page alone on the robot's own screen: the service of docs/kiosk.md, with cage and Chromium, on a screen without a
monitor (Xvfb). Leaves a picture of it in .cache/kiosk.png."""

import base64
import re

from harness.result import wait_for
from harness.robot import TOP, Robot

MAPPING = "rovi-mapping.service"
SERVICE = re.search(r"```\n(\[Unit\].*?)```", (TOP / "docs" / "kiosk.md").read_text(), re.DOTALL)[1]
# A container has no console and no graphics card: cage draws in a window on Xvfb's screen, by the processor.
ON_XVFB = """[Service]
TTYPath=
StandardInput=null
Environment=DISPLAY=:7 WLR_BACKENDS=x11 WLR_RENDERER=pixman
"""
XVFB = "[Service]\nExecStart=Xvfb :7 -ac -screen 0 1024x768x24\n"
STOP = "930 737"  # where the bar's button is


def test_the_service_of_the_docs_shows_it_and_a_press_stops_what_runs():
    with Robot((TOP / ".cache" / "image-kiosk").read_text().strip()) as robot:
        assert robot.install().status == 0
        robot.must("useradd --create-home --groups rovi-ops,systemd-journal screen; passwd --lock screen")
        robot.put("/etc/systemd/system/xvfb.service", XVFB)
        robot.put("/etc/systemd/system/kiosk.service", SERVICE)
        robot.put("/etc/systemd/system/kiosk.service.d/xvfb.conf", ON_XVFB)
        robot.must("systemctl daemon-reload; systemctl start xvfb; systemctl start rovi-mapping kiosk")

        def pressed():
            robot.run(f"DISPLAY=:7 xdotool mousemove {STOP} click 1")
            return robot.state(MAPPING) == "inactive"

        try:
            wait_for(pressed, lambda: robot.report("kiosk"), 60)
            wait_for(lambda: "screen stops mapping" in robot.must("journalctl -q -o cat -t rovi"), "it was another one")
        finally:
            picture = robot.must("DISPLAY=:7 import -window root png:- | base64")
            (TOP / ".cache" / "kiosk.png").write_bytes(base64.b64decode(picture))
