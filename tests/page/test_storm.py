"""Two people tap at random at the same time. What their pages show is what systemd says."""

import os
import random
import time

from playwright.sync_api import Error

from harness.browser import PHONE
from harness.result import wait_for
from harness.robot import STACKS

TAPS, ROUNDS = 200, 5
ROUND_S = 180  # the limit of a round's taps: a page that is lost has no button
BUTTONS = ", ".join(f".actions button[id^={verb}-]" for verb in ("start", "stop", "switch", "restart")) + ", #bar-stop"
WORDS = {"active": "running", "inactive": "stopped", "failed": "failed"}


def tap(person, rng):
    """Taps a button that is there, any of them; it may be gone when the finger comes down."""
    buttons = person.page.locator(BUTTONS)
    count = buttons.count()
    if not count:
        return False
    try:
        buttons.nth(rng.randrange(count)).click(timeout=400, no_wait_after=True)
    except Error:
        return False
    return True


def systemd(robot):
    """What systemd says of the gateway and each stack, in the words of the page."""
    units = ["gateway", *STACKS]
    states = robot.must(["systemctl", "show", "-P", "ActiveState", *(f"rovi-{name}.service" for name in units)]).split()
    return {name: WORDS.get(state, state) for name, state in zip(units, states)}


def test_200_random_taps_by_two_people_and_no_disagreement_once_settled(robot, people):
    rng = random.Random(int(os.environ.get("SEED", "1")))
    both = [people("alice"), people("bob", size=PHONE)]
    disagreements, taps = [], 0
    for number in range(ROUNDS):
        deadline = time.monotonic() + ROUND_S
        while taps < TAPS * (number + 1) / ROUNDS:
            taps += tap(rng.choice(both), rng)
            assert time.monotonic() < deadline, f"{taps} taps and no more\n{robot.report()}"

        def settled():
            return (
                robot.must("systemctl list-jobs --no-legend 'rovi-*.service'") == ""
                and not robot.run("pgrep -f 'rovictl (start|stop|switch|restart)'").out
            )

        wait_for(settled, robot.report, 60)
        for person in both:
            try:
                wait_for(lambda: person.states() == systemd(robot), "", 5)
            except AssertionError:
                disagreements.append((person.name, person.states(), systemd(robot)))
        assert sum(state == "running" for state in systemd(robot).values()) <= 2
    print(f"{taps} taps, {len(disagreements)} disagreements")
    assert disagreements == []
