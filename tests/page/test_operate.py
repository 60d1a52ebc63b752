"""What people do on the page, and its effect on systemd."""

import statistics
import time

import pytest

from harness.browser import PHONE
from harness.result import wait_for
from harness.robot import GATEWAY

NAV, MAPPING = "rovi-nav.service", "rovi-mapping.service"


def refusal(person, name):
    """The sentence with which the page says that what was asked of name was refused."""
    return person.page.wait_for_selector(f"#card-{name} [role=alert] p:not(:empty)").inner_text()


def test_an_operator_starts_and_stops_a_stack_each_by_one_tap(robot, alice):
    alice.tap("#start-mapping")
    alice.wait_state("mapping", "RUNNING")
    assert robot.state(MAPPING) == "active"
    assert alice.page.locator(".card").first.get_attribute("id") == "card-mapping"
    alice.page.wait_for_selector("#card-mapping dd:text-is('alice')")
    alice.tap("#stop-mapping")
    alice.wait_state("mapping", "STOPPED")
    assert robot.state(MAPPING) == "inactive"


def test_a_switch_is_one_tap_that_says_what_it_stops(robot, people):
    alice = people("alice", size=PHONE)
    alice.tap("#start-mapping")
    alice.wait_state("mapping", "RUNNING")
    assert "stops mapping" in alice.page.inner_text("#switch-nav")
    alice.page.locator("#switch-nav").tap()
    alice.wait_state("nav", "RUNNING")
    alice.wait_state("mapping", "STOPPED")
    assert (robot.state(NAV), robot.state(MAPPING)) == ("active", "inactive")


def test_a_stop_is_one_tap_away_in_every_view(robot, alice):
    alice.tap("#start-mapping")
    alice.wait_state("mapping", "RUNNING")
    for view in ("log", "history", "check"):
        alice.view(view)
        assert alice.page.locator("#bar-stop").is_visible(), view
    alice.tap("#bar-stop")
    wait_for(lambda: robot.state(MAPPING) == "inactive", "mapping goes on")
    alice.page.wait_for_selector("#bar", state="hidden")


def test_variant_and_parameter_are_picked_and_a_restart_keeps_them(robot, alice):
    alice.tap("#options-of-nav")
    alice.page.check("#options-nav input[value=slam]")
    alice.page.fill("#value-nav-map", "lab 2")
    assert alice.page.is_disabled("#start-nav-with")
    assert "must match" in alice.page.inner_text("#value-nav-map-wrong")
    alice.page.fill("#value-nav-map", "lab2")
    assert alice.page.get_attribute("#value-nav-map", "aria-invalid") == "false"
    alice.tap("#start-nav-with")
    alice.wait_state("nav", "RUNNING")
    assert robot.show(NAV, "StatusText") == "--variant slam map:=lab2"
    for text in ("slam", "lab2"):
        alice.page.wait_for_selector(f"#card-nav dd:text-is('{text}')")
    before = robot.show(NAV, "InvocationID")
    alice.tap("#restart-nav")
    wait_for(lambda: robot.show(NAV, "InvocationID") != before, "it is not restarted")
    alice.wait_state("nav", "RUNNING")
    wait_for(lambda: robot.show(NAV, "StatusText") == "--variant slam map:=lab2", "it has forgotten what it ran with")
    if not alice.page.locator("#options-nav").count():
        alice.tap("#options-of-nav")
    assert alice.page.is_checked("#options-nav input[value=slam]")
    assert alice.page.input_value("#value-nav-map") == "lab2"
    alice.page.fill("#value-nav-map", "lab3 ")  # as a phone's keyboard ends a word
    alice.tap("#restart-nav-with")
    wait_for(lambda: robot.show(NAV, "StatusText") == "--variant slam map:=lab3", "it has forgotten the variant")


@pytest.mark.parametrize("name", ["mapping", "camera"])  # camera is the first in any case, but its card grows
def test_what_has_just_moved_takes_no_tap_but_a_stop(robot, alice, name):
    alice.page.evaluate(
        """name => new MutationObserver(() => {
            if (window.taking || !document.querySelector(`.cards.moved #stop-${name}`)) return;
            const taking = [...document.querySelectorAll('.actions button')].filter(
                button => getComputedStyle(button).pointerEvents !== 'none');
            window.taking = taking.map(button => button.id);
        }).observe(document.body, { subtree: true, childList: true, attributes: true })""",
        name,
    )
    robot.must(f"rovictl start {name}", user="bob")
    alice.wait_state(name, "RUNNING")
    wait_for(lambda: alice.page.evaluate("window.taking"), "nothing has moved")
    assert alice.page.evaluate("window.taking") == [f"stop-{name}"]
    alice.page.wait_for_selector(".cards:not(.moved)")


def test_under_a_finger_that_is_down_nothing_changes(robot, alice):
    held = alice.page.evaluate(
        """() => {
            window.button = document.getElementById('start-mapping');
            window.dispatchEvent(new PointerEvent('pointerdown'));
            window.button.click();
            const held = window.button.isConnected;
            window.dispatchEvent(new PointerEvent('pointerup'));
            return held;
        }"""
    )
    assert held
    wait_for(lambda: not alice.page.evaluate("window.button.isConnected"), "the page stays as it was")
    alice.wait_state("mapping", "RUNNING")


def test_declared_values_are_there_to_tap(robot, drop_in, people):
    drop_in("nav", 'Environment="ROVI_VALUES_map=lab1 hall"')
    alice = people("alice")
    alice.tap("#options-of-nav")
    alice.tap("#options-nav button:text-is('hall')")
    alice.tap("#start-nav-with")
    alice.wait_state("nav", "RUNNING")
    assert robot.show(NAV, "StatusText") == "map:=hall"


def test_what_may_be_chosen_is_what_is_declared_now(robot, drop_in, alice):
    assert not alice.page.locator("#options-of-mapping").count()
    drop_in("nav", 'Environment="ROVI_VALUES_map=lab1 hall"')
    alice.tap("#options-of-nav")
    alice.page.wait_for_selector("#options-nav button:text-is('hall')")


@pytest.mark.parametrize("pattern", ["[[:graph:]]+", "[]a-z0-9]+", "a{,3}lab.", "lab[0-9\\\\]"])
def test_a_pattern_that_the_browser_reads_otherwise_locks_nothing(robot, drop_in, people, pattern):
    drop_in("nav", f'Environment="ROVI_PARAMETER_map={pattern}"')
    alice = people("alice")
    alice.tap("#options-of-nav")
    alice.page.fill("#value-nav-map", "lab1")
    alice.tap("#start-nav-with")
    alice.wait_state("nav", "RUNNING")
    assert robot.show(NAV, "StatusText") == "map:=lab1"


def test_another_operator_sees_a_start_within_half_a_second(robot, people):
    """The median of three, because the browsers of other tests run beside these two."""
    alice, bob = people("alice"), people("bob", size=PHONE)
    bob.page.evaluate(
        """() => new MutationObserver(() => {
            if (!window.seen && document.querySelector('#card-mapping.running')) window.seen = Date.now();
        }).observe(document.body, { subtree: true, childList: true, attributes: true })"""
    )
    late_s = []
    for _ in range(3):
        bob.page.evaluate("window.seen = null")
        alice.tap("#start-mapping")
        bob.wait_state("mapping", "RUNNING")
        active = int(robot.show(MAPPING, "ActiveEnterTimestampMonotonic")) / 1e6
        uptime, now = float(robot.must("cut -d' ' -f1 /proc/uptime")), time.time()
        late_s.append(bob.page.evaluate("window.seen") / 1000 - (now - uptime + active))
        bob.tap("#stop-mapping")
        alice.wait_state("mapping", "STOPPED")
    print(f"seen after {', '.join(f'{late:.3f}' for late in late_s)} s")
    assert statistics.median(late_s) < 0.5


def test_a_guard_refuses_in_its_own_words_where_it_was_asked(robot, drop_in, alice):
    drop_in("mapping", "Environment=ROVI_MEMORY_NEED=900G")
    alice.tap("#start-mapping")
    assert "memory" in refusal(alice, "mapping")
    assert robot.state(MAPPING) != "active"
    alice.tap("#dismiss-mapping")
    assert not alice.page.locator("#card-mapping [role=alert]").count()


def test_the_motion_guard_refuses_a_stop_and_says_why(robot, drop_in, alice):
    robot.put("/usr/local/bin/stands", "#!/bin/sh\necho the robot drives at 0.4 m/s\nexit 1\n", mode=0o755)
    drop_in("mapping", 'Environment="ROVI_MOTION_GUARD=/usr/local/bin/stands"')
    alice.tap("#start-mapping")
    alice.wait_state("mapping", "RUNNING")
    alice.tap("#stop-mapping")
    assert "the robot drives at 0.4 m/s" in refusal(alice, "mapping")
    assert robot.state(MAPPING) == "active"
    robot.must("rm /usr/local/bin/stands")
    robot.must(f"systemctl kill --signal=KILL {MAPPING}")  # later, and for another reason
    alice.wait_state("mapping", "FAILED")
    alice.page.wait_for_selector("#card-mapping .failure")
    assert not alice.page.locator("#card-mapping [role=alert]").count()


def test_a_start_that_another_one_has_overtaken_is_refused_with_75_in_words(robot, alice):
    # Held back by the signal, the page does not see it in time.
    robot.must("pkill -STOP -u alice -f 'rovictl watch'")
    robot.must("rovictl start camera", user="bob")
    alice.tap("#start-mapping")
    assert "stack camera is active" in refusal(alice, "mapping")
    robot.must("pkill -CONT -u alice -f 'rovictl watch'")
    alice.wait_state("camera", "RUNNING")
    assert robot.state(MAPPING) == "inactive"


def test_a_configuration_that_is_wrong_is_refused_with_its_file_and_line(robot, alice):
    robot.must("cp -p /home/rovi/rovi_ros_ws/.env.robot /tmp/env; echo 'A=$(x)' >>/home/rovi/rovi_ros_ws/.env.robot")
    alice.tap("#start-mapping")
    assert ".env.robot:" in refusal(alice, "mapping")
    robot.must("cp -p /tmp/env /home/rovi/rovi_ros_ws/.env.robot")
    alice.wait_state("mapping", "FAILED")


def test_a_right_that_is_not_there_any_more_is_refused_with_77_in_words(robot, alice):
    robot.must(f"mv {robot.permit} /root/ && systemctl restart polkit")
    try:
        alice.tap("#start-mapping")
        words = refusal(alice, "mapping")
    finally:
        robot.must(f"mv /root/{robot.permit.rsplit('/', 1)[1]} {robot.permit} && systemctl restart polkit")
    assert "not permitted" in words
    assert robot.state(MAPPING) == "inactive"


def test_a_failure_is_the_first_node_that_died_with_its_words_and_leads_to_its_lines(robot, alice):
    robot.switch("mapping", mapping_driver_does={"crash_after_s": 0.5, "words": "cannot open /dev/lidar"})
    alice.tap("#start-mapping")
    alice.wait_state("mapping", "FAILED")
    text = alice.card("mapping").inner_text()
    assert "mapping_driver died with exit code 3" in text and "cannot open /dev/lidar" in text
    first = alice.page.locator(".card").first
    assert first.get_attribute("id") == "card-mapping"  # before those that are merely stopped
    robot.must("rovictl start teleop", user="bob")
    alice.wait_state("teleop", "RUNNING")
    wait_for(lambda: first.get_attribute("id") == "card-teleop", lambda: first.get_attribute("id"))
    alice.tap("#lines-mapping")
    alice.page.wait_for_selector(".log li:has-text('[mapping_driver-1] cannot open /dev/lidar')")
    assert alice.page.input_value("#log-node") == "mapping_driver"


def test_what_a_start_waits_for_is_a_line_that_moves(robot, drop_in, alice):
    robot.must("rm -f /tmp/ready")
    drop_in("mapping", 'Environment="ROVI_READY_CHECK=test -e /tmp/ready"')
    alice.tap("#start-mapping")
    alice.wait_state("mapping", "STARTING")
    alice.page.wait_for_selector("#card-mapping .waiting p:has-text('waiting for')")
    assert alice.page.evaluate("document.querySelector('.line').getAnimations({ subtree: true }).length") == 1
    robot.must("touch /tmp/ready; chmod 644 /tmp/ready")
    alice.wait_state("mapping", "RUNNING")
    assert not alice.page.locator(".waiting").count()


def test_missing_processes_and_what_is_degraded_are_said(robot, alice):
    robot.switch("nav", on_exit="ignore", controller_server_does={"crash_after_s": 0.7, "words": "no costmap"})
    alice.tap("#start-nav")
    alice.page.wait_for_selector("#card-nav .warn:has-text('Missing: controller_server')")
    robot.must("systemctl start rovi-health@nav.service")
    alice.page.wait_for_selector("#card-nav.running.degraded .warn:has-text('Degraded')")


def test_an_outsider_is_offered_nothing_and_told_why(robot, people):
    robot.must("rovictl start mapping", user="alice")
    mallory = people("mallory")
    mallory.wait_state("mapping", "RUNNING")
    assert "rovi-ops" in mallory.page.inner_text("#why-not")
    for verb in ("start", "stop", "switch", "restart", "bar"):
        assert not mallory.page.locator(f"button[id^={verb}-]").count(), verb
    mallory.view("history")
    mallory.page.wait_for_selector(".note:has-text('not permitted')")
    assert robot.state(MAPPING) == "active"


def test_an_operator_is_not_offered_the_gateway(alice):
    for verb in ("start", "stop", "restart"):
        assert not alice.page.locator(f"#{verb}-gateway").count()
    assert alice.page.locator("#card-gateway .state:has-text('RUNNING')").count() == 1


def test_an_administrator_restarts_and_stops_the_gateway_with_administrative_access_only(robot, people):
    people("carol").page.wait_for_selector("#why-not")
    carol = people("carol", wants_admin=True)
    carol.tap("#start-mapping")
    carol.wait_state("mapping", "RUNNING")
    before = robot.show(GATEWAY, "InvocationID")
    assert "mapping starts again" in carol.page.inner_text("#restart-gateway")
    carol.tap("#restart-gateway")
    wait_for(lambda: robot.show(GATEWAY, "InvocationID") != before, "it is not restarted", 30)
    carol.wait_state("gateway", "RUNNING")
    carol.wait_state("mapping", "RUNNING")
    carol.tap("#stop-gateway")
    carol.wait_state("gateway", "STOPPED")
    assert robot.state(MAPPING) == "inactive"
    carol.tap("#start-gateway")
    carol.wait_state("gateway", "RUNNING")


def test_without_a_gateway_no_start_is_offered_and_that_is_said(robot, alice):
    robot.must(["systemctl", "stop", GATEWAY])
    alice.page.wait_for_selector("#no-gateway")
    assert not alice.page.locator("button[id^=start-]").count()
    robot.must(["systemctl", "start", GATEWAY])
    alice.page.wait_for_selector("#start-mapping")


def test_hardware_has_a_card_while_it_is_on_and_the_administrator_restarts_it(robot, people):
    alice, carol = people("alice"), people("carol", wants_admin=True)
    assert not alice.card("hardware").count()
    robot.must("rovictl hardware on", timeout_s=90)
    try:
        alice.wait_state("hardware", "RUNNING")
        assert not alice.page.locator("#restart-hardware").count()
        before = robot.show("rovi-hardware.service", "InvocationID")
        carol.tap("#restart-hardware")
        wait_for(lambda: robot.show("rovi-hardware.service", "InvocationID") != before, "it is not restarted", 30)
        carol.wait_state("hardware", "RUNNING")
    finally:
        robot.must("rovictl hardware off", timeout_s=90)
    alice.page.wait_for_selector("#card-hardware", state="detached")
