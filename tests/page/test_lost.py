"""Connections that break: it is said, nothing stays green, and the page comes back."""

import pytest

from harness.browser import REFUSED
from harness.result import wait_for
from harness.robot import GATEWAY

# Notes that the page was lost, and whether anything was green meanwhile.
LOOK = """() => new MutationObserver(() => {
    if (!document.body.classList.contains('lost')) return;
    window.was_lost = true;
    if (document.querySelector('.card.running, #bar.running')) window.was_stale = true;
}).observe(document.body, { subtree: true, childList: true, attributes: true })"""
CUT = ("net::ERR_", "WebSocket connection to", REFUSED)


@pytest.fixture
def alice(robot, people):
    """An operator who watches mapping run."""
    robot.must("rovictl start mapping", user="alice")
    alice = people("alice")
    alice.wait_state("mapping", "RUNNING")
    alice.page.evaluate(LOOK)
    yield alice
    alice.errors = [error for error in alice.errors if not any(word in error for word in CUT)]


def lost(person, words, limit_ms=20000):
    """Waits until the page says that it is lost, in these words, and shows nothing as running."""
    person.page.wait_for_selector(f"body.lost #connection:has-text('{words}')", timeout=limit_ms)
    assert person.page.locator(".card.running").count() == 0
    assert "unknown, was RUNNING" in person.card("mapping").inner_text()


def log_in_again(person):
    """Waits until the page has come back to the form, as after the death of the session, and logs in."""
    person.page.wait_for_selector("#login-user-input", timeout=20000)
    person.log_in()
    person.wait_state("mapping", "RUNNING")


def test_rovictl_killed_is_said_and_started_again(robot, alice):
    robot.must("pkill -KILL -u alice -f 'rovictl watch'")
    wait_for(lambda: alice.page.evaluate("window.was_lost"), "it is not said")
    alice.wait_live()
    alice.wait_state("mapping", "RUNNING")
    robot.must("rovictl stop mapping", user="bob")
    alice.wait_state("mapping", "STOPPED")
    assert not alice.page.evaluate("window.was_stale")


def test_rovictl_that_is_stopped_is_said_and_another_is_started(robot, alice):
    watches = "-u alice -f 'rovictl watch'"
    robot.must(f"pkill -STOP {watches}")
    stopped = set(robot.must(f"pgrep {watches}").split())
    try:
        robot.must("rovictl stop mapping", user="bob")
        alice.wait_state("mapping", "STOPPED")
        assert alice.page.evaluate("window.was_lost") and not alice.page.evaluate("window.was_stale")
    finally:
        robot.must(f"pkill -CONT {watches}")
    wait_for(lambda: not stopped & set(robot.run(f"pgrep {watches}").out.split()), "it goes on beside the other")


def test_a_connection_that_hangs_is_said_within_ten_seconds_and_is_back_by_itself(robot, alice):
    robot.must("pkill -STOP -u alice cockpit-bridge")
    lost(alice, "The robot does not answer", 10000)
    assert alice.page.is_visible("#stop-mapping")  # may still be tried
    robot.must("pkill -CONT -u alice cockpit-bridge")
    alice.wait_live()
    alice.wait_state("mapping", "RUNNING")
    assert not alice.page.evaluate("window.was_stale")


def test_the_bridge_killed_is_said_and_the_page_comes_back_to_the_login(robot, alice):
    robot.must("pkill -KILL -u alice cockpit-bridge")
    lost(alice, "The connection to the robot is lost")
    log_in_again(alice)


def test_the_server_killed_and_stopped_is_said_and_the_page_comes_back(robot, alice):
    robot.must("systemctl stop cockpit.socket; pkill -KILL cockpit-ws; systemctl stop cockpit.service")
    lost(alice, "The connection to the robot is lost")
    robot.must("systemctl reset-failed; systemctl start cockpit.socket")
    log_in_again(alice)


def test_the_executor_killed_changes_nothing(robot, alice):
    robot.must("systemctl kill -s KILL 'rovi_executor@*'; systemctl stop rovi_executor.socket")
    alice.tap("#switch-camera")
    alice.wait_state("camera", "RUNNING")
    robot.must("systemctl reset-failed; systemctl start rovi_executor.socket")
    assert not alice.page.evaluate("window.was_lost")


def test_a_gateway_that_restarts_is_seen_and_so_is_its_crash(robot, alice):
    robot.must(["systemctl", "restart", GATEWAY])
    alice.wait_state("gateway", "RUNNING")
    alice.wait_state("mapping", "RUNNING")
    robot.must(["systemctl", "kill", "-s", "KILL", GATEWAY])
    alice.wait_state("gateway", "FAILED")
    wait_for(lambda: robot.state("rovi-mapping.service") == "inactive", "mapping goes on")
    alice.wait_state("mapping", "STOPPED")
    robot.must(["systemctl", "start", GATEWAY])
    alice.wait_state("gateway", "RUNNING")


def test_a_start_under_way_goes_on_when_the_page_is_closed(robot, drop_in, people):
    robot.must("rm -f /tmp/ready")
    drop_in("camera", 'Environment="ROVI_READY_CHECK=test -e /tmp/ready"')
    alice = people("alice")
    alice.tap("#start-camera")
    alice.wait_state("camera", "STARTING")
    alice.close()
    robot.must("touch /tmp/ready")
    robot.wait_state("rovi-camera.service", "active")


def test_a_page_that_is_closed_leaves_no_process(robot, people):
    robot.must("loginctl terminate-user alice || true")
    alice = people("alice")
    wait_for(lambda: robot.run("pgrep -u alice -f 'rovictl watch'").out, "there is no rovictl watch")
    alice.close()
    wait_for(
        lambda: not robot.run("pgrep -u alice -f 'rovictl|journalctl|tail'").out,
        lambda: robot.run("ps -fu alice").out,
        40,
    )
