"""make screenshots: the pictures of the page in docs/screens, each view at three sizes, light and dark.

What they show is made here, on a robot in a container: a stack that runs with a variant and a map, one that has failed,
and some runs before, all within a minute.
"""

import io
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PIL import Image

from harness.browser import DESKTOP, PHONE, TABLET, Person, chromium, cockpit_robot
from harness.result import wait_for
from harness.robot import TOP

SCREENS = TOP / "docs" / "screens"
SIZES = {"phone": PHONE, "tablet": TABLET, "desktop": DESKTOP}
WORDS = {"crash_after_s": 0.7, "words": "cannot open /dev/ttyUSB0: No such file or directory"}
CHOICE = '[Service]\nEnvironment="ROVI_VALUES_map=lab1 lab2 hall"\n'


def play(robot):
    """Makes the robot what the pictures show."""
    robot.put("/etc/systemd/system/rovi-nav.service.d/choice.conf", CHOICE)
    robot.must("systemctl daemon-reload; hostnamectl set-hostname rover || hostname rover")
    robot.switch("teleop", teleop_driver_does=WORDS)
    for stack in ("camera", "mapping", "nav", "mapping", "localization", "nav"):
        robot.must(f"rovictl start {stack}", user="bob")
        robot.must(f"rovictl stop {stack}", user="alice")
    robot.rovictl("start teleop")
    robot.wait_state("rovi-teleop.service", "failed")
    robot.must("rovictl start nav --variant slam map:=lab1", user="alice")


def take(browser, robot, size, dark):
    """Pictures of each view at a size."""
    person = Person(browser, robot, "alice", size=SIZES[size], dark=dark)
    person.log_in()
    person.wait_state("nav", "RUNNING")
    person.page.wait_for_selector("#card-nav dd:text-is('alice')")

    def save(name):
        person.page.evaluate("document.activeElement?.blur()")
        file = SCREENS / f"{name}-{size}-{'dark' if dark else 'light'}.png"
        # 128 colours are enough for letters and areas, and a third of the bytes.
        picture = Image.open(io.BytesIO(person.page.screenshot())).convert("RGB")
        picture.quantize(128, dither=Image.Dither.NONE).save(file, optimize=True)

    save("robot")
    person.tap("#options-of-nav")
    person.page.fill("#value-nav-map", "lab 2")
    person.page.locator("#restart-nav-with").scroll_into_view_if_needed()
    save("options")
    person.tap("#options-of-nav")
    person.tap("#processes-of-nav")
    person.page.wait_for_selector("#card-nav .tree li")
    save("processes")
    person.tap("#lines-teleop")
    person.page.wait_for_selector(".log li")
    save("log")
    person.view("history")
    person.page.wait_for_selector("table tbody tr")
    save("history")
    person.view("check")
    wait_for(lambda: "problems" in person.page.inner_text("main"), "doctor does not end", 60)
    save("check")
    person.close()


def main():
    SCREENS.mkdir(exist_ok=True)
    with cockpit_robot() as robot, chromium() as browser:
        result = robot.install()
        if result.status:
            sys.exit(f"screenshots: make install failed\n{result}")
        robot.must("usermod -aG rovi-ops alice; usermod -aG rovi-ops bob")
        play(robot)
        for size in SIZES:
            for dark in (False, True):
                take(browser, robot, size, dark)
    print(f"in {SCREENS}: {sum(file.stat().st_size for file in SCREENS.glob('*.png')) // 1024} KB")


main()
