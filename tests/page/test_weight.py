"""What the page weighs: bytes, time to the first state, and CPU while nothing changes."""

import time

from harness.result import wait_for
from harness.robot import TOP

SEEN = """new MutationObserver(() => {
    if (!window.first_state && document.querySelector('.card .state')) window.first_state = performance.now();
}).observe(document, { subtree: true, childList: true })"""
# A line for each process that runs for the page: its command, and the ticks of 10 ms that it and those it has waited
# for have used.
TICKS = """for p in $(pgrep -u alice) $(pgrep cockpit-ws) $(pgrep cockpit-tls); do
    echo "$p $(tr '\\0' ' ' </proc/$p/cmdline)#$(cut -d')' -f2- /proc/$p/stat | cut -d' ' -f13-16)"
done"""
IDLE_S = 60


def test_all_of_it_is_at_most_60_kb():
    size = sum(file.stat().st_size for file in (TOP / "cockpit").iterdir())
    print(f"{size} bytes")
    assert size <= 60 * 1024


def test_the_first_state_is_there_within_a_second_of_the_login(robot, alice, record_property):
    alice.page.add_init_script(SEEN)
    times = []
    for _ in range(5):
        alice.page.reload()
        alice.wait_live()
        times.append(alice.page.evaluate("window.first_state") / 1000)
    print("first state after " + ", ".join(f"{seconds:.2f} s" for seconds in times))
    assert sorted(times)[2] < 1


def test_a_page_that_shows_no_change_takes_less_than_half_a_percent_of_a_core(robot, people):
    robot.must("rovictl start mapping", user="bob")
    robot.must("loginctl terminate-user alice || true")  # whose earlier pages may still end
    wait_for(lambda: not robot.run("pgrep -u alice").out, "alice's sessions do not end", 30)
    alice = people("alice")
    alice.wait_state("mapping", "RUNNING")

    def used():
        lines = (line.rsplit("#", 1) for line in robot.must(TICKS).splitlines())
        return {command: sum(map(int, ticks.split())) for command, ticks in lines}

    def looks():
        return "history" in robot.run("pgrep -au alice rovictl").out

    seen = []

    def rests():
        """Whether nothing was used since twenty looks ago: what the login itself costs has come to its end."""
        seen.append(used())
        return not looks() and seen[-20:].count(seen[-1]) == 20

    wait_for(rests, "the page does not come to rest", 60)
    before, began = used(), time.monotonic()
    time.sleep(IDLE_S)  # what is measured
    after = used()
    share = (sum(after.values()) - sum(before.values())) / 100 / (time.monotonic() - began)
    print(f"{share:.2%} of a core")
    assert share < 0.005, {command: (before.get(command), ticks) for command, ticks in after.items()}
