"""What things cost: `make bench`. Prints a table, and writes the same as JSON to .cache/bench.json.

Everything is measured in one container in one run, in turns, and compared as ratios: machines are noisy.
Milliseconds are medians. Exits with 1 if a bound is broken. Nothing here is a test.

BEFORE=COMMIT: measures that version, too, in a container of its own, each part right before the same part of this one,
and prints its value and the ratio beside each row. The last line is for the history in docs/costs.md.
"""

import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from harness.result import Timeout, wait_for
from harness.robot import TOP, WORKSPACE, Robot
from harness.workspace import build, build_ros, list_bringup

BEFORE = os.environ.get("BEFORE", "")
IS_COMPARED = bool(BEFORE)
ROUNDS = 60
STARTS = 15
PACKAGES = 50
CHANGES = 200
WATCHED_S = 30
# An environment like that of a unit.
AS_A_UNIT = f"cd {WORKSPACE}; env -i HOME=/home/rovi PATH=/usr/bin:/bin ROVI_ENV=robot ROVI_ROS_WS_DIR={WORKSPACE}"


class Bench:
    """The rows of the table: name, value, unit, bound or None. before: another version's, or None."""

    def __init__(self, before=None):
        self.rows, self.before = {}, before

    def add(self, name, value, unit="ms", bound=None):
        number = sum(row["name"] == name for row in self.rows.values())  # "  at worst" comes more than once
        key = name, number
        self.rows[key] = row = {
            "name": name,
            "value": round(value, 2),
            "unit": unit,
            "bound": bound,
            "kept": bound is None or value <= bound,
        }
        line = f"{name:66} {value:8.2f} {unit:9}"
        if self.before and (old := self.before.rows.get(key)):
            row["before"] = old["value"]
            line += f" was {old['value']:8.2f}" + (f", {value / old['value']:5.2f} times that" if old["value"] else "")
        if bound is not None:
            line += f" {'<=' if row['kept'] else 'ABOVE'} {bound}"
        if self.before is not None or not IS_COMPARED:
            print(line, flush=True)

    def value(self, name):
        """The value of the first row of that name, or nan."""
        return self.rows.get((name, 0), {"value": float("nan")})["value"]


def in_turns(robot, *commands, rounds=ROUNDS, user="alice"):
    """The median of each command in ms."""
    lines = ["\t".join(command.split()) for command in commands]
    out = robot.must(["python3", "/opt/harness/in_turns.py", str(rounds), *lines], user=user, timeout_s=300)
    return [float(value) for value in out.split()]


def looking(robot, bench):
    robot.must("rovictl start mapping")
    status, units, version, json_ = in_turns(
        robot, "rovictl status", "systemctl list-units rovi-*", "rovictl version", "rovictl status --json"
    )
    bench.add("systemctl list-units 'rovi-*'", units)
    bench.add("rovictl status, gateway and five stacks", status)
    bench.add("  rovictl status to systemctl list-units", status / units, "times", 2.5)
    bench.add("rovictl status --json", json_)
    bench.add("  rovictl status --json to systemctl list-units", json_ / units, "times", 4)
    bench.add("rovictl version", version)
    trace = robot.must(
        "strace -f -e trace=execve -o /tmp/trace rovictl status >/dev/null; grep -c 'execve(.*= 0' /tmp/trace",
        user="alice",
    )
    bench.add("  programs that it runs, besides bash", int(trace) - 1, "processes", 2)

    for number in range(45):
        robot.put(
            f"/etc/systemd/system/rovi-more{number}.service",
            (TOP / "services/rovi-nav.service").read_text().replace("nav", f"more{number}"),
        )
    robot.must("systemctl daemon-reload")
    (many,) = in_turns(robot, "rovictl status")
    bench.add("rovictl status, gateway and 50 stacks", many)
    bench.add("  to its own cost with five", many / status, "times", 2)
    robot.must("rm /etc/systemd/system/rovi-more*.service; systemctl daemon-reload; rovictl stop")


def history(robot, bench):
    """history reads what is indexed: the lines that nodes have logged between two runs cost nothing."""
    robot.must("rovictl start nav && rovictl stop && rovictl start nav && rovictl stop")
    (few,) = in_turns(robot, "rovictl history", rounds=ROUNDS // 4)
    robot.must(
        "systemd-run --quiet --wait --unit=rovi-chatter -p LogRateLimitIntervalSec=0 -p DynamicUser=no "
        "bash -c 'for ((i = 0; i < 10000; i++)); do echo \"a line of log, number $i\"; done'; journalctl --sync"
    )
    robot.must("rovictl start nav && rovictl stop")
    lines = int(robot.must("journalctl -q -o cat -u rovi-chatter -g 'a line of log' | wc -l"))
    (many,) = in_turns(robot, "rovictl history", rounds=ROUNDS // 4)
    bench.add("rovictl history, two runs", few)
    bench.add("rovictl history, three runs and 10,000 lines between them", many, bound=500)
    bench.add("  to its own cost before", many / few, "times", 2)
    bench.add("  lines that the journal really has", lines, "lines")


def late(robot, command, unit, stamp):
    """How many ms after the unit's timestamp the command has returned."""
    returned = int(robot.must(["python3", "/opt/harness/then_clock.py", *command.split()], user="alice"))
    return (returned - int(robot.show(unit, stamp))) / 1000


def waiting(robot, bench):
    unit = "rovi-mapping.service"
    starts, stops = [], []
    # Keeps the unit loaded, so that it still knows when it became inactive.
    robot.put("/run/systemd/system/keep.service", f"[Unit]\nAfter={unit}\n[Service]\nExecStart=/bin/sleep infinity\n")
    robot.must("systemctl daemon-reload; systemctl start keep")
    for _ in range(STARTS):
        starts.append(late(robot, "rovictl start mapping", unit, "ActiveEnterTimestampMonotonic"))
        stops.append(late(robot, "rovictl stop", unit, "InactiveEnterTimestampMonotonic"))
    bench.add("rovictl start returns after the unit is active", statistics.median(starts), bound=15)
    bench.add("  the slowest", max(starts), bound=60)
    bench.add("rovictl stop returns after the unit is inactive", statistics.median(stops), bound=15)
    bench.add("  the slowest", max(stops), bound=60)


def starting(robot, bench):
    """run_stack.sh, beside other ways to start a launch, with a ros2 that only notes when it is there."""
    robot.must("mv /opt/ros/jazzy/bin/ros2 /opt/ros/jazzy/bin/ros2.real")
    robot.must("install -m 755 /opt/harness/noting_ros2.bash /opt/ros/jazzy/bin/ros2")
    unit = "[Service]\nUser=rovi\nExecStart=/opt/ros/jazzy/bin/ros2\nKillMode=mixed\nKillSignal=SIGINT\n"
    robot.put("/run/systemd/system/bare.service", unit)
    robot.put("/run/systemd/system/rovi-bare.service", unit)  # by its name it has our drop-ins
    robot.must("systemctl daemon-reload")
    bare, boxed = (
        statistics.median(until_exec(robot, name) for _ in range(STARTS))
        for name in ("bare.service", "rovi-bare.service")
    )
    bench.add("a bare unit: ExecStart= to ros2", bare)
    bench.add("  with rovi-.service.d, above all the sandbox, which systemd makes", boxed)
    robot.must("systemctl stop bare rovi-bare; rm /run/systemd/system/{,rovi-}bare.service; systemctl daemon-reload")
    robot.must(f"echo ROVI_ENV_SNAPSHOT=0 >>{WORKSPACE}/.env.robot")
    for packages in (1, 50, 200):
        build(robot, f"{WORKSPACE}/install", packages)
        # The first and the last line of what is sourced say when.
        robot.must(
            "sed -i '1i printf %s \"$EPOCHREALTIME\" >~/source_at' /opt/ros/jazzy/setup.bash; "
            f"echo 'printf %s \"$EPOCHREALTIME\" >~/sourced_at' >>{WORKSPACE}/install/setup.bash"
        )
        whole, sourcing = [], []
        for _ in range(STARTS):
            whole.append(until_exec(robot, "rovi-nav.service"))
            sourcing.append(noted(robot, "sourced_at") - noted(robot, "source_at"))
        bench.add(
            f"sourcing ROS and a workspace of {packages} package{'s'[: packages > 1]}", statistics.median(sourcing)
        )
        bench.add("  ExecStart= to ros2, with run_stack.sh", statistics.median(whole))
        own = statistics.median(map(float.__sub__, whole, sourcing)) - boxed
        bench.add("  what run_stack.sh adds to that, the sourcing apart", own, bound=25)
        robot.must("systemctl stop rovi-nav; sed -i 1d /opt/ros/jazzy/setup.bash")
    robot.must(f"sed -i '/^ROVI_ENV_SNAPSHOT=/d' {WORKSPACE}/.env.robot")
    kept(robot, bench, boxed)
    robot.must("mv /opt/ros/jazzy/bin/ros2.real /opt/ros/jazzy/bin/ros2")


def sandbox(robot, bench):
    """What each key of the sandbox adds to a start: a unit with all keys, beside one without that key."""
    keys = re.findall(r"^\w+=.*$", (TOP / "services/rovi-.service.d/20-hardening.conf").read_text(), re.M)
    for number, key in enumerate(["", *keys, "none"]):
        lines = [] if key == "none" else [line for line in keys if line != key]
        unit = ["[Service]", "Type=oneshot", "User=rovi", "ExecStart=/bin/true", *lines, ""]
        robot.put(f"/run/systemd/system/box{number}.service", "\n".join(unit))
    robot.must("systemctl daemon-reload")
    commands = [f"systemctl start box{number}" for number in range(len(keys) + 2)]
    whole, *without, none = in_turns(robot, *commands, rounds=ROUNDS // 2, user="root")
    bench.add("systemctl start of a program that ends at once, without the sandbox", none)
    bench.add("  with it", whole)
    for key, left in zip(keys, without):
        bench.add(f"  {key[:60]} adds", whole - left)
    robot.must("rm /run/systemd/system/box*.service; systemctl daemon-reload")


def kept(robot, bench, boxed):
    """The environment from a snapshot, beside the sourcing that it replaces."""
    if not keeps_environment(robot):
        return
    build_ros(robot, "/opt/ros/jazzy")
    for packages in (1, 50, 200):
        build(robot, f"{WORKSPACE}/install", packages)
        warm_up(robot, lambda: until_exec(robot, "rovi-nav.service"))
        robot.must(f"until ({AS_A_UNIT} /usr/local/lib/rovi/keep_env.sh bench); do sleep 0.2; done", user="rovi")
        used, sourced = [], []
        for _ in range(STARTS):
            for times, switch in ((used, ""), (sourced, "ROVI_ENV_SNAPSHOT=0")):
                times.append(environment_ms(robot, switch))
        bench.add(f"the environment of {packages} package{'s'[: packages > 1]} by sourcing", statistics.median(sourced))
        bench.add("  from a snapshot", statistics.median(used))
        bench.add("  to the sourcing", statistics.median(used) / statistics.median(sourced), "times", 0.2)
        whole = statistics.median(until_exec(robot, "rovi-nav.service") for _ in range(STARTS))
        bench.add("  ExecStart= to ros2, with run_stack.sh and the snapshot", whole)
        bench.add("  what run_stack.sh adds, the environment apart", whole - boxed - statistics.median(used), bound=25)
        robot.must("systemctl stop rovi-nav")


def environment_ms(robot, switch):
    """How long a start takes for its environment."""
    out = robot.must(
        f"{AS_A_UNIT} {switch} bash /opt/harness/kept_env.bash bench /usr/local/lib/rovi", user="rovi"
    ).split("\0")
    return float(out[3]) / 1000


def until_exec(robot, unit):
    """How many ms ros2 comes after the main process of the unit."""
    robot.must(
        f"systemctl stop {unit}; rm -f /home/rovi/exec_at; systemctl start --no-block {unit}; "
        "until [ -s /home/rovi/exec_at ]; do sleep 0.02; done"
    )
    began = robot.must(
        [
            "busctl",
            "get-property",
            "org.freedesktop.systemd1",
            "/org/freedesktop/systemd1/unit/" + unit.replace("-", "_2d").replace(".", "_2e"),
            "org.freedesktop.systemd1.Service",
            "ExecMainStartTimestamp",
        ]
    ).split()[1]
    return noted(robot, "exec_at") - int(began) / 1000


def noted(robot, file):
    """The time in ms that a file in rovi's home holds."""
    return float(robot.must(f"cat /home/rovi/{file}")) * 1000


def executor(robot, bench):
    """The executor's calls beside rovictl's verbs, each on a connection of its own; and how soon a watcher sees a
    change."""
    robot.must("rovictl start mapping")
    for method, parameters, verb, limit in (
        ("GetStatus", {"stack": "mapping"}, "status mapping --json", 1.5),
        ("GetStatus", {}, "status --json", 1.5),
        ("ListStacks", {}, "list --json", None),
        ("Start", {"stack": "mapping"}, "start mapping --json", 3),
        ("ReadLog", {"stack": "mapping", "lines": 20}, "logs mapping -n 20", 3),
    ):
        called, typed = map(
            float,
            robot.must(
                [
                    "python3",
                    "/opt/harness/executor_times.py",
                    str(ROUNDS // 2),
                    method,
                    json.dumps(parameters),
                    *verb.split(),
                ],
                user="alice",
                timeout_s=300,
            ).split(),
        )
        bench.add(f"executor: {method}({', '.join(parameters)})", called)
        bench.add(f"  to rovictl {verb}", called / typed, "times", limit)
    robot.must("rovictl stop")
    seen = list(
        map(
            float,
            robot.must(["python3", "/opt/harness/executor_watch.py", str(STARTS)], user="alice", timeout_s=300).split(),
        )
    )
    bench.add("executor: a watcher sees that a unit is active after", statistics.median(seen[:-1]), bound=300)
    bench.add("  at worst", max(seen[:-1]), bound=300)
    bench.add("  the processor's time that a watch takes", seen[-1], "percent", 0.3)


def watching(robot, bench):
    """What watches cost while nothing changes, and how soon they see a change."""
    for count, bound in ((1, 0.3), (10, 1)):
        cost = float(robot.must(["python3", "/opt/harness/watch_cost.py", str(count), str(WATCHED_S)], timeout_s=300))
        bench.add(f"{count} rovictl watch while nothing changes", cost, "percent", bound)
    for name, shells, rounds in (("nothing else happens", 0, CHANGES // 4), ("eight shells operate", 8, CHANGES // 16)):
        words = ["python3", "/opt/harness/watch_late.py", str(rounds), str(shells), "1", "0.5"]
        seen = json.loads(robot.must(words, timeout_s=600))
        bench.add(f"rovictl watch shows a change, while {name}", statistics.median(seen["late"]), bound=100)
        bench.add(f"  at worst, of {len(seen['late'])}", max(seen["late"]), bound=300)
        bench.add("  states of 0.5 s and more that it has not shown", len(seen["lost"]), "states", 0)
        for ms, stack, state in seen["latest"]:
            print(f"    late: {stack} {state}, {ms:.0f} ms")
        for stack, state, seconds in seen["lost"]:
            print(f"    lost: {stack} {state} for {seconds} s")
    robot.must("systemctl reset-failed")


def whole_way(robot, bench):
    """From the command to a stack that runs, and back; with the stand-in for ros2, and setup files like ROS's own."""
    build_ros(robot, "/opt/ros/jazzy")
    build(robot, f"{WORKSPACE}/install", PACKAGES)
    list_bringup(robot, f"{WORKSPACE}/install")
    warm_up(robot, lambda: robot.must("systemctl start rovi-nav"))
    seconds = {"rovictl": [], "systemctl": [], "by hand": []}
    for _ in range(STARTS):
        for way in ("rovictl", "systemctl"):
            start = robot.must(
                [
                    "python3",
                    "-c",
                    "import subprocess, time\nt = time.perf_counter()\n"
                    f"subprocess.run(['{way}', 'start', '{'nav' if way == 'rovictl' else 'rovi-nav'}'], check=True, "
                    "stdout=subprocess.DEVNULL)\nprint(time.perf_counter() - t)",
                ]
            )
            seconds[way].append(float(start) * 1000)
            robot.must("systemctl stop rovi-nav")
        out = robot.must(
            "began=$EPOCHREALTIME; source /opt/ros/jazzy/setup.bash; "
            f"source {WORKSPACE}/install/setup.bash; exec python3 /opt/harness/by_hand.py $began",
            user="rovi",
        )
        seconds["by hand"].append(float(out))
    bench.add("rovictl start: the whole way until the stack runs", statistics.median(seconds["rovictl"]))
    bench.add("systemctl start: the same", statistics.median(seconds["systemctl"]))
    hand = statistics.median(seconds["by hand"])
    bench.add(f"by hand, with {PACKAGES} packages to source, until the first node", hand)
    bench.add("  rovictl start to that", statistics.median(seconds["rovictl"]) / hand, "times", 1)


def warm_up(robot, start_nav):
    """Starts nav until a start uses a snapshot of the environment, if this version makes any."""
    for _ in range(20):
        start_nav()
        # A stop ends what makes the snapshot.
        robot.must("while pgrep -f 'keep_env[.]sh nav'; do sleep 0.2; done; systemctl stop rovi-nav")
        if not keeps_environment(robot) or robot.must("cat /run/rovi/env.nav") == "used\n":
            return
    sys.exit("bench: no start uses a snapshot of the environment: " + robot.must("cat /run/rovi/env.nav"))


def keeps_environment(robot):
    return robot.run("test -e /usr/local/lib/rovi/keep_env.sh").status == 0


def resident(robot, bench):
    robot.must("rovictl start nav")

    def ours():
        """Those of ours. What watches the start goes on for some seconds."""
        return [
            process.args
            for process in robot.processes()
            if any("rovi/" in word or "rovictl" in word for word in process.args[:2])
            and "/lib/rovi_bringup/" not in " ".join(process.args)
        ]

    with contextlib.suppress(Timeout):
        wait_for(lambda: not ours(), "they do not end", 20)
    bench.add("our processes while a stack runs", len(ours()), "processes", 0)
    for process in robot.processes("rovi-nav.service"):
        print(f"    {process.pid:7} {' '.join(process.args)[:100]}")
    robot.must("rovictl stop")


def checking(robot, bench):
    """A motion guard that does nothing. A health check costs the same: both run in the environment of the launch."""
    build_ros(robot, "/opt/ros/jazzy")
    build(robot, f"{WORKSPACE}/install", 200)
    list_bringup(robot, f"{WORKSPACE}/install")
    sourcing = statistics.median(environment_ms(robot, "ROVI_ENV_SNAPSHOT=0") for _ in range(STARTS))
    drop_in = "/run/systemd/system/rovi-nav.service.d/99-bench.conf"
    robot.put(drop_in, "[Service]\nEnvironment=ROVI_MOTION_GUARD=true\n")
    robot.must("systemctl daemon-reload; rovictl start nav")
    (asked,) = in_turns(robot, "systemctl start rovi-guard@nav.service", rounds=STARTS, user="root")
    bench.add("sourcing a workspace of 200 packages", sourcing)
    bench.add("asking a motion guard there that does nothing", asked)
    bench.add("  to the sourcing", asked / sourcing, "times")
    robot.must(f"rm {drop_in}; systemctl daemon-reload; rovictl stop")


PARTS = (looking, history, executor, watching, waiting, whole_way, resident, starting, sandbox, checking)


@contextlib.contextmanager
def installed(checkout=TOP):
    with Robot() as robot:
        if robot.install(checkout=checkout).status:
            sys.exit("bench: make install failed")
        robot.must("usermod -aG rovi-ops alice")
        yield robot


@contextlib.contextmanager
def version_before():
    """A checkout of BEFORE."""
    with tempfile.TemporaryDirectory() as folder:
        for words in (["clone", "-q", "--no-checkout", str(TOP), folder], ["-C", folder, "checkout", "-q", BEFORE]):
            if subprocess.run(["git", *words]).returncode:
                sys.exit(f"bench: {BEFORE} is no commit of this checkout")
        yield Path(folder)


def line_of_history(bench):
    """A row for docs/costs.md: ratios, and what a watch takes."""
    version = subprocess.run(["git", "describe", "--always"], cwd=TOP, capture_output=True, text=True).stdout.strip()
    figures = [
        bench.value("rovictl start: the whole way until the stack runs")
        / bench.value(f"by hand, with {PACKAGES} packages to source, until the first node"),
        bench.value("  rovictl status to systemctl list-units"),
        bench.value("  rovictl status --json to systemctl list-units"),
        bench.value("1 rovictl watch while nothing changes"),
        bench.value("10 rovictl watch while nothing changes"),
    ]
    return f"| {version} | " + " | ".join(f"{figure:.2f}" for figure in figures) + " |"


def main():
    bench = Bench(Bench() if IS_COMPARED else None)
    parts = [part for part in PARTS if not sys.argv[1:] or part.__name__ in sys.argv[1:]]
    with contextlib.ExitStack() as stack:
        robot = stack.enter_context(installed())
        if IS_COMPARED:
            old = stack.enter_context(installed(stack.enter_context(version_before())))
        for part in parts:
            if IS_COMPARED:
                print(f"measuring {part.__name__} of {BEFORE} ...", flush=True)
                part(old, bench.before)
            part(robot, bench)
    rows = list(bench.rows.values())
    (TOP / ".cache/bench.json").write_text(json.dumps({"schema": 1, "rows": rows}, indent=1) + "\n")
    broken = [row["name"].strip() for row in rows if not row["kept"]]
    print(f"written to .cache/bench.json; {len(broken)} bounds broken" + "".join(f"\n  {name}" for name in broken))
    print(line_of_history(bench))
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
