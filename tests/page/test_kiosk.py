"""The page alone on the robot's own screen, without a login: docs/kiosk.md."""

BROWSER = """#!/usr/bin/env python3
import socket, sys, urllib.request
with urllib.request.urlopen(sys.argv[-1]) as answer, open("/tmp/kiosk", "w") as out:
    print(answer.status, answer.read().decode(), file=out)
    with socket.socket() as outside:
        print("outside:", outside.connect_ex(("127.0.0.1", 9090)), file=out)
"""


def test_cockpit_desktop_shows_it_to_an_account_without_a_login_and_reaches_nothing_else(robot):
    robot.must("useradd -m -G rovi-ops screen || true; rm -f /tmp/kiosk")
    robot.put("/usr/local/bin/browser", BROWSER, mode=0o755)
    result = robot.run(
        "cd; BROWSER=/usr/local/bin/browser /usr/lib/cockpit/cockpit-desktop /cockpit/@localhost/rovi/index.html",
        user="screen",
        timeout_s=40,
    )
    said = robot.run("cat /tmp/kiosk").out
    assert said.startswith("200 ") and '<script type="module" src="page.js">' in said, f"{result}\n{said}"
    assert "outside: 111" in said  # refused: Cockpit's port of the host is not there
