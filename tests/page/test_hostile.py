"""What a node says is text on the page, and nothing else."""

import pytest

from harness.result import wait_for

MARKUP = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script><b id=bold>"
DIRECTION = "\u202egpj.exe\u2066"
HOSTILE = f"{MARKUP} \x1b]0;title\x07\x1b[31m {DIRECTION} &lt;i&gt; javascript:alert(1)"


@pytest.fixture
def alice(alice):
    yield alice
    assert_plain(alice.page)


def assert_plain(page):
    """What is shown now is text, without control characters, in one direction, and fits."""
    assert page.evaluate("window.hacked") is None
    assert page.locator("main img, main script, main b#bold, main i").count() == 0
    assert page.evaluate(
        r"!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(document.body.textContent)"
    )
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def test_the_last_words_of_a_node_that_died(robot, alice):
    robot.switch("mapping", mapping_driver_does={"crash_after_s": 0.4, "words": HOSTILE})
    alice.tap("#start-mapping")
    alice.wait_state("mapping", "FAILED")
    alice.page.wait_for_selector("#card-mapping .failure:has-text('<img src=x')")
    alice.tap("#lines-mapping")
    alice.page.wait_for_selector(".log li:has-text('<script>window.hacked=1</script>')")
    assert_plain(alice.page)  # what the journal has, which rovictl passes on as it is
    alice.view("history")
    alice.page.wait_for_selector("tbody tr.failed:has-text('<img src=x')")
    alice.view("check")
    alice.page.wait_for_selector(".doctor li:has-text('<img src=x')", timeout=60000)


def test_a_line_of_a_megabyte(robot, drop_in, alice):
    robot.put("/usr/local/bin/talk", "#!/bin/bash\nprintf '<b id=bold>%01000000d\\n' 0\nexec sleep 60\n", mode=0o755)
    drop_in("mapping", "Environment=ROVI_COMMAND=/usr/local/bin/talk")
    alice.tap("#start-mapping")
    alice.wait_state("mapping", "RUNNING")
    alice.view("log")
    alice.page.wait_for_selector(".log li:has-text('a long line')")
    longest = "Math.max(...[...document.querySelectorAll('.log li')].map(line => line.innerText.length))"
    assert alice.page.evaluate(longest) < 3000


@pytest.mark.parametrize("text", [HOSTILE, "x" * 3000 + MARKUP], ids=["markup", "long"])
def test_status_text(robot, drop_in, alice, text):
    status = "STATUS=" + text.replace("\n", " ")
    drop_in("mapping", 'Environment="ROVI_READY_CHECK=test -e /tmp/never"')
    robot.switch("mapping", mapping_driver_does={"notify": [status]})
    alice.tap("#start-mapping")
    alice.wait_state("mapping", "STARTING")
    try:
        alice.page.wait_for_selector("#card-mapping .waiting p:has-text('ready')")
        wait_for(lambda: "mapping_driver" in str(robot.events("mapping")), "mapping_driver is not up")
        start = "<img src=x" if text is HOSTILE else "xxxx"
        shown = alice.page.locator(f"#card-mapping .waiting p:has-text('{start}')")

        # What waits for the check says so now and then, too, and a node wakes nobody who watches.
        def said():
            robot.run("pkill -USR2 -f '[m]apping mapping_driver'; echo >>/run/rovi_changes")
            return shown.count()

        wait_for(said, robot.report, 30)
        assert len(alice.card("mapping").inner_text()) < 2000
    finally:
        robot.must("systemctl stop rovi-mapping")
    alice.wait_state("mapping", "STOPPED", "FAILED")


@pytest.mark.parametrize("name", ["<img src=x onerror=window.hacked=1>", "a" * 5000, "\u202edriver", "../../x", "%00"])
def test_the_name_of_a_node_in_an_address_and_in_the_log(alice, name):
    alice.page.evaluate("name => { location.hash = '#/log/mapping/' + encodeURIComponent(name) }", name)
    alice.page.wait_for_selector("#log-node")
    assert alice.page.locator("#log-node option").count() == 2
    alice.page.evaluate("name => { location.hash = '#/log/' + encodeURIComponent(name) }", name)
    alice.page.wait_for_selector("main p[role=status]:not(:empty)")
    alice.page.evaluate("location.hash = '#/%E0%A4%A'")
    alice.view("history")
    alice.page.wait_for_selector("main :text('No stack has run')")
    assert alice.errors == []
