"""The other views: the log, the history, processes, doctor and the report."""

import re
import tarfile

import pytest

from harness.browser import PHONE
from harness.result import wait_for

BOX = "document.querySelector('.log').scrollTop"


@pytest.fixture
def alice(robot, people):
    """An operator, while mapping runs."""
    robot.must("rovictl start mapping", user="bob")
    return people("alice")


def lines(person):
    return person.page.locator(".log li").all_inner_texts()


def test_the_log_is_live_and_can_be_searched_and_held(robot, alice):
    alice.tap("#log-mapping")
    alice.page.wait_for_selector(".log li:has-text('[mapping_driver-1]')")
    robot.must("logger -t x hello")  # of no unit of ours: not shown
    robot.must("rovictl stop mapping && rovictl start mapping", user="bob")
    wait_for(lambda: sum("mapping_driver is up" in line for line in lines(alice)) == 2, lambda: lines(alice))
    assert not any("hello" in line for line in lines(alice))
    alice.page.fill("#log-search", "PLANNER IS UP")
    wait_for(lambda: len(lines(alice)) == 2, lambda: lines(alice))
    assert all("planner is up" in line for line in lines(alice))
    alice.page.fill("#log-search", "")
    alice.tap("#log-pause")
    held = lines(alice)
    other = alice.context.new_page()  # which is not held: when it has the end of the stop, so would the first one
    other.goto(alice.page.url)
    other.wait_for_selector(".log li:has-text('mapping_driver is up')")
    robot.must("rovictl stop mapping", user="bob")
    stopped = other.locator(".log li:has-text('Stopped')")
    wait_for(lambda: stopped.count() == 2, lambda: lines(alice))
    assert lines(alice) == held
    alice.tap("#log-pause")
    wait_for(lambda: len(lines(alice)) > len(held), "what was logged meanwhile does not come")


def test_no_node_has_its_lines_shown_as_of_another_unit(robot, drop_in, people):
    claim = r"printf 'MESSAGE=all is well\\nUNIT=rovi-gateway.service\\n' | logger --journald"
    drop_in("nav", f'ExecStartPost=/bin/sh -c "{claim}"')
    robot.must("rovictl start nav", user="bob")
    alice = people("alice")
    alice.view("log")
    line = alice.page.wait_for_selector(".log li:has-text('all is well')").inner_text()
    assert "nav all is well" in line and "gateway" not in line


def test_a_log_that_is_opened_first_knows_the_units_a_moment_later(alice):
    alice.view("log")
    alice.page.reload()
    alice.page.wait_for_selector("#log-unit option[value=nav]", state="attached")


def test_why_there_is_no_log_is_not_overwritten(robot, people):
    mallory = people("mallory")
    mallory.view("log")
    why = mallory.page.wait_for_selector("p[role=status]:has-text('systemd-journal')").inner_text()
    mallory.page.select_option("#log-level", "E")
    assert mallory.page.inner_text("main p[role=status]") == why


def test_the_log_of_one_node_and_of_one_level(robot, alice):
    alice.tap("#log-mapping")
    alice.page.wait_for_selector("#log-node option[value=mapping_driver]", state="attached")
    alice.page.select_option("#log-node", "mapping_driver")
    alice.page.wait_for_selector(".log li:has-text('mapping_driver is up')")
    assert all("mapping_driver" in line for line in lines(alice))
    nodes = alice.page.locator("#log-node option").all_inner_texts()
    assert not {"INFO", "ERROR"} & set(nodes), nodes  # levels, in what ros2 launch says itself


def test_errors_only_shows_what_a_node_calls_an_error(robot, alice):
    """The journal has one level for all lines of a launch; the node writes its own, as rcutils does."""
    words = "[ERROR] [1764460800.5] [mapping_driver]: no lidar"
    robot.switch("mapping", mapping_driver_does={"crash_after_s": 0.5, "words": words})
    robot.run("rovictl restart mapping", user="bob")
    robot.wait_state("rovi-mapping.service", "failed")
    alice.page.goto(alice.page.url.partition("#")[0] + "#/log/mapping")
    alice.page.wait_for_selector(".log li.level-E:has-text('[mapping_driver]: no lidar')")
    assert any("is up" in line for line in lines(alice))
    alice.page.select_option("#log-level", "E")
    wait_for(lambda: not any("is up" in line for line in lines(alice)), lambda: lines(alice))
    assert any("no lidar" in line for line in lines(alice))
    alice.page.select_option("#log-level", "")
    wait_for(lambda: any("is up" in line for line in lines(alice)), lambda: lines(alice))


def test_a_log_of_many_lines_stands_at_its_end_above_the_bar(robot, people):
    robot.must("rovictl start mapping", user="bob")
    alice = people("alice", size=PHONE)
    alice.tap("#log-mapping")
    alice.page.wait_for_selector(".log li:has-text('mapping_driver is up')")
    alice.page.reload()
    alice.page.wait_for_selector(".log li:has-text('mapping_driver is up')")
    assert alice.page.input_value("#log-unit") == "mapping"
    wait_for(lambda: alice.page.evaluate(BOX) > 0, "it does not scroll in its box")
    box, bar = (alice.page.locator(name).bounding_box() for name in (".log", "#bar"))
    assert box["y"] + box["height"] <= bar["y"], (box, bar)


def test_history_is_a_table_and_a_picture_in_which_a_failure_is_marked(robot, alice):
    robot.switch("mapping", mapping_driver_does={"crash_after_s": 0.1, "words": "no laser"})
    robot.run("rovictl restart mapping", user="bob")
    robot.wait_state("rovi-mapping.service", "failed")
    alice.view("history")
    alice.page.wait_for_selector("tbody tr.failed:has-text('no laser')")
    rows = alice.page.locator("tbody tr").all_inner_texts()
    assert len(rows) == 2 and all("bob" in row for row in rows)
    assert "× failed" in rows[0]
    label = alice.page.get_attribute(".lane svg", "aria-label")
    assert label == "mapping: 2 runs in the last 24 hours, 1 of them failed"
    assert alice.page.locator(".lane .failed text:text-is('×')").count() == 1


LATER = "Date.now = (now => () => now() + 3 * 3600 * 1000)(Date.now)"


def test_what_runs_counts_on_in_the_history(alice):
    alice.page.evaluate(LATER)
    alice.view("history")
    alice.page.wait_for_selector("tbody tr.running td:has-text('3 h')")


def test_how_long_a_state_lasts_counts_on_though_nothing_runs(robot, alice):
    robot.must("systemctl kill --signal=KILL rovi-gateway")
    alice.wait_state("gateway", "FAILED")
    alice.wait_state("mapping", "STOPPED")
    alice.page.evaluate(LATER)
    alice.page.wait_for_selector("#card-gateway .state:has-text('3 h')")


def test_processes_are_a_tree_and_of_the_run_that_is_shown(robot, alice):
    wait_for(lambda: len(robot.events("mapping")) == 3, "three nodes have not started")
    alice.tap("#processes-of-mapping")
    alice.page.wait_for_selector("#card-mapping .tree > ul > li > code:has-text('ros2 launch')")
    assert alice.page.locator("#card-mapping .tree ul ul li").count() == 3
    robot.must("rovictl restart mapping", user="bob")
    main = robot.show("rovi-mapping.service", "MainPID")
    alice.page.wait_for_selector(f"#card-mapping .tree > ul > li > p:has-text('PID {main} ')")


def test_doctor_lists_what_is_wrong_with_the_way_out(robot, alice):
    robot.must("touch /etc/systemd/system/rovi-nonsense.service")
    alice.view("check")
    alice.page.wait_for_selector("p[role=status]:has-text('in order')", timeout=60000)
    robot.must("rm /etc/systemd/system/rovi-nonsense.service")
    said = robot.rovictl("doctor --json").out.count('"level":"ok"')
    assert abs(alice.page.locator(".doctor li.ok").count() - said) <= 1
    assert alice.page.locator(".doctor li:not(.ok) .remedy").count() >= 1


def test_the_report_is_a_file(robot, alice):
    alice.view("check")
    with alice.page.expect_download(timeout=60000) as download:
        alice.tap("#report")
    assert re.fullmatch(r"rovi-report-\d{8}-\d{6}\.tar\.gz", download.value.suggested_filename)
    with tarfile.open(download.value.path()) as archive:
        names = [name.rsplit("/", 1)[-1] for name in archive.getnames()]
    assert {"doctor.txt", "status.json", "history.txt"} <= set(names)
    assert robot.run("find /tmp /home/alice -name 'rovi-report*'").out == ""
