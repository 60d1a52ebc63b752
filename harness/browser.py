"""A browser in which people log in to the robot's Cockpit and look at its page: Chromium, headless.

Used by the tests and for the screenshots. Holds no assertions.
"""

import shutil
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from harness.robot import TOP, Robot

PAGE = "/cockpit/@localhost/rovi/index.html"
LIMIT_MS = 30000  # of each wait, for a busy machine
PHONE, TABLET, DESKTOP = (360, 640), (820, 1180), (1440, 900)
# What Chromium itself logs of a request that was answered with an error.
REFUSED = "Failed to load resource: the server responded with a status of"


def cockpit_robot():
    """A robot with Cockpit, not booted."""
    return Robot((TOP / ".cache" / "image-cockpit").read_text().strip())


@contextmanager
def chromium():
    """A browser, for as long as the context lasts."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


class Person:
    """Somebody in front of a browser of their own. `errors` is all that the browser complained about."""

    def __init__(self, browser, robot, name, size=DESKTOP, dark=False, language="en-US", wants_admin=False):
        self.robot, self.name, self.errors = robot, name, []
        self.url = f"http://{robot.address}:9090"
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            locale=language,
            has_touch=size == PHONE,
            reduced_motion="reduce",
        )
        if language != "en-US":
            self.context.add_cookies([{"name": "CockpitLang", "value": language, "url": self.url}])
        if wants_admin:
            self.context.add_init_script(f"localStorage.setItem('superuser:{name}', 'any')")
        self.page = self.context.new_page()
        self.page.set_default_timeout(LIMIT_MS)
        self.page.on("pageerror", lambda error: self.errors.append(f"error: {error}"))
        self.page.on("console", self._on_console)

    def _on_console(self, message):
        if message.type == "error":
            self.errors.append(f"console: {message.text} ({message.location})")

    def log_in(self, path=PAGE):
        """Logs in by Cockpit's own form, and waits for the page. What the form itself complains about is forgotten."""
        self.page.goto(self.url + path)
        self.page.fill("#login-user-input", self.name)
        self.page.fill("#login-password-input", self.name)
        self.page.click("#login-button")
        if path == PAGE:
            self.wait_live()
        self.errors = [error for error in self.errors if REFUSED not in error]
        return self

    def wait_live(self, limit_ms=LIMIT_MS):
        """Waits until the page shows a state that may be believed."""
        self.page.wait_for_selector("body:not(.lost) .card", timeout=limit_ms)

    def view(self, name):
        self.page.click(f"#view-{name}")

    def card(self, name):
        return self.page.locator(f"#card-{name}")

    def tap(self, selector):
        self.page.click(selector)

    def wait_state(self, name, *states, limit_ms=LIMIT_MS):
        """Waits until the card is in one of states, as RUNNING."""
        wanted = ", ".join(f"#card-{name}.{state.lower()}" for state in states)
        self.page.wait_for_selector(wanted, timeout=limit_ms)

    def states(self):
        """What the page says of each unit: a dict of name to state."""
        return self.page.eval_on_selector_all(
            ".card", "cards => Object.fromEntries(cards.map(c => [c.id.slice(5), c.className.split(' ')[1]]))"
        )

    def close(self):
        self.context.close()


def axe():
    """The text of axe-core, which looks for what shuts people out."""
    return (Path(TOP) / "harness/node_modules/axe-core/axe.min.js").read_text()
