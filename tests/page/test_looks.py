"""How it looks and who can use it: sizes, light and dark, targets, the keyboard, languages, nothing inline."""

import pytest

from harness.browser import DESKTOP, PAGE, PHONE, TABLET, axe
from harness.result import wait_for

VIEWS = {"robot": "#card-nav.running", "log": ".log li", "history": "tbody tr", "check": "main :text('in order')"}
TARGETS = """() => [...document.querySelectorAll('button, a, select, input, label.radio')].filter(e => {
    const { width, height } = e.getBoundingClientRect();
    return e.checkVisibility() && e.type !== 'radio' && (width < 44 || height < 44);
}).map(e => e.outerHTML)"""


@pytest.fixture
def busy_robot(robot):
    """A robot of which the page has everything to show: a stack that runs, one that has failed, runs."""
    robot.switch("teleop", teleop_driver_does={"crash_after_s": 0.1, "words": "cannot open /dev/ttyUSB0"})
    robot.run("rovictl start teleop", user="bob")
    robot.wait_state("rovi-teleop.service", "failed")
    robot.must("rovictl start nav --variant slam map:=lab1", user="bob")
    return robot


def each_view(person):
    """Goes through all views, and yields the name of each once it is complete; of the first, with all unfolded."""
    for view, there in VIEWS.items():
        person.view(view)
        person.page.wait_for_selector(there, timeout=60000)
        if view == "robot":
            person.tap("#options-of-nav")
            person.page.fill("#value-nav-map", "no blanks")
            person.tap("#processes-of-gateway")
            person.page.wait_for_selector("#card-gateway .tree li")
        yield view


@pytest.mark.parametrize("size, dark", [(PHONE, False), (PHONE, True), (DESKTOP, False), (TABLET, True)])
def test_every_view_fits_can_be_tapped_and_shuts_nobody_out(busy_robot, people, size, dark):
    alice = people("alice", size=size, dark=dark)
    for view in each_view(alice):
        assert alice.page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), view
        assert alice.page.evaluate(TARGETS) == [], view
        alice.page.evaluate(f"() => {{ {axe()} }}")
        found = alice.page.evaluate("() => axe.run(document)")["violations"]
        told = [f"{one['id']}: {one['help']}: {[node['html'] for node in one['nodes']]}" for one in found]
        assert not told, f"{view}: {told}"


def test_dark_is_as_chosen_in_the_browser_or_in_cockpit(people):
    ground = "() => getComputedStyle(document.documentElement).backgroundColor"
    alice = people("alice", dark=True)
    dark = alice.page.evaluate(ground)
    assert dark == "rgb(18, 20, 23)"
    alice.page.emulate_media(color_scheme="light")
    wait_for(lambda: alice.page.evaluate(ground) == "rgb(242, 244, 246)", "it does not follow the browser")
    alice.page.evaluate("localStorage.setItem('shell:style', 'dark'); window.dispatchEvent(new Event('cockpit-style'))")
    assert alice.page.evaluate(ground) == dark


def test_a_state_is_a_word_and_a_sign_and_not_only_a_colour(busy_robot, people):
    alice = people("alice")
    signs = {}
    for name, state in (("nav", "RUNNING"), ("teleop", "FAILED"), ("camera", "STOPPED")):
        alice.page.wait_for_selector(f"#card-{name} .state:has-text('{state}')")
        signs[state] = alice.page.inner_text(f"#card-{name} .dot")
    assert signs == {"RUNNING": "●", "FAILED": "×", "STOPPED": "○"}


def test_by_keyboard_alone_and_what_changes_is_said_aloud(robot, alice):
    def focused():
        return alice.page.evaluate("document.activeElement.id")

    for _ in range(40):
        alice.page.keyboard.press("Tab")
        if focused() == "start-mapping":
            break
    assert focused() == "start-mapping"
    alice.page.keyboard.press("Enter")
    alice.wait_state("mapping", "RUNNING")
    wait_for(lambda: "mapping: RUNNING" in alice.page.inner_text("[aria-live=polite]"), "it is not said aloud")
    wait_for(lambda: alice.page.evaluate("!!document.activeElement.closest('#card-mapping')"), focused)
    for _ in range(10):
        if focused() == "stop-mapping":
            break
        alice.page.keyboard.press("Shift+Tab" if focused() else "Tab")
    assert focused() == "stop-mapping"
    alice.page.keyboard.press("Enter")
    alice.wait_state("mapping", "STOPPED")
    assert robot.state("rovi-mapping.service") == "inactive"
    # A choice keeps it, though its card is made anew; and a view that is left gives it to the next.
    alice.tap("#options-of-nav")
    alice.page.focus("#options-nav input[value=slam]")
    robot.must("rovictl start mapping", user="bob")
    alice.page.wait_for_selector("#switch-nav-with")
    assert focused() == "variant-nav-slam"
    alice.page.focus("#log-mapping")
    alice.page.keyboard.press("Enter")
    alice.page.wait_for_selector(".log")
    assert focused() == "main"


def test_in_german(busy_robot, people):
    alice = people("alice", language="de-de")
    assert alice.page.get_attribute("html", "lang") == "de"
    alice.page.wait_for_selector("#card-nav .state:has-text('LÄUFT')")
    assert "nav stoppen" in alice.page.inner_text("#stop-nav")
    assert alice.page.inner_text("nav").split() == ["Roboter", "Log", "Verlauf", "Prüfung"]


def test_nothing_inline_may_run(alice):
    policy = alice.page.request.get(alice.url + PAGE).headers["content-security-policy"]
    assert "unsafe" not in policy and "script-src 'self'" in policy and "style-src 'self'" in policy
    alice.page.evaluate(
        """() => { const script = document.createElement('script');
        script.textContent = 'window.hacked = 1'; document.body.append(script); }"""
    )
    assert alice.page.evaluate("window.hacked") is None
    assert "Content Security Policy" in alice.errors.pop()


def test_inside_of_cockpit_it_is_a_page_of_the_menu(robot, people):
    alice = people("alice", path="/rovi")
    frame = alice.page.frame_locator("iframe[name='cockpit1:localhost/rovi']")
    frame.locator("#card-mapping").wait_for()
    assert alice.page.locator("a[href*='/rovi']:has-text('Robot')").count()
    frame.locator("#start-mapping").click()
    frame.locator("#card-mapping.running").wait_for()
    alice.errors = [error for error in alice.errors if "/shell/assets/" not in error]  # a font that Cockpit 337 lacks
    assert robot.state("rovi-mapping.service") == "active"
