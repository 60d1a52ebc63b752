"""A stack in another root file system: it is the same stack, its ROS is another; and what cannot be a root says so."""

import json
import re

import pytest

from harness.result import wait_for
from harness.robot import GATEWAY, SESSION, SOURCE

NAV, MAPPING = "rovi-nav.service", "rovi-mapping.service"
ROOTS = "/var/lib/rovi/roots"
DROP_IN = "/run/systemd/system/rovi-nav.service.d/99-test.conf"
# What a node in a root does with what is the host's.
CROSSES = """
import mmap, socket
with open("/dev/shm/from_host", "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
    assert memory[:] == b"of the host\\n"
    memory[:] = b"a stack was\\n"
with socket.socket(socket.AF_UNIX) as there:
    there.connect("/tmp/from_host.socket")
    there.send(b"hello")
"""
PLACES = "/etc/systemd/system/rovi-{,health@,guard@}nav.service.d/60-root.conf"


@pytest.fixture
def roots(robot):
    """The robot, on which stacks may be set to roots: afterwards each runs in the host's own again."""
    yield robot
    robot.must(f"rovictl stop -q; rm -rf {DROP_IN} /etc/systemd/system/rovi-*.service.d/60-root.conf {ROOTS}/.before.*")
    robot.must(f"rm -rf /root/tree* /tmp/from_* /dev/shm/from_* {ROOTS}/tiny* {ROOTS}/.new.* {ROOTS}/.old.*")
    robot.must("systemctl daemon-reload")


@pytest.fixture(params=["bookworm", "trixie"])
def suite(roots, request):
    """The root that nav is set to."""
    roots.add_root(request.param)
    assert roots.rovictl(f"root use nav {request.param}", user="root").status == 0
    return request.param


@pytest.fixture
def tiny(roots):
    """A function that adds a root with the programs' names and nothing in them, and sets nav to it."""
    roots.must(f"install -d -m 700 {ROOTS}")
    roots.must("bash /opt/harness/tiny_root.bash /root/tree && rovictl root add tiny /root/tree")
    roots.must("rovictl root use nav tiny")
    return roots


def root_of(robot, unit):
    """Which directory is the root file system of the unit's main process."""
    lines = robot.must(["cat", f"/proc/{robot.show(unit, 'MainPID')}/mountinfo"]).splitlines()
    return next(line.split()[3] for line in lines if line.split()[4] == "/")


def declare(robot, *lines):
    robot.put(DROP_IN, "[Service]\n" + "".join(f"Environment={line}\n" for line in lines))
    robot.must("systemctl daemon-reload")


def root_names(robot):
    return robot.must(["find", ROOTS, "-mindepth", "1", "-maxdepth", "1", "-printf", "%f\n"]).split()


# ---- it is the same stack


def test_a_stack_runs_in_another_root_as_it_would_in_the_hosts(roots, suite):
    result = roots.rovictl("start nav --variant slam map:=lab1")
    assert result.status == 0 and result.out == "nav runs\n", result
    assert "left-over process" not in roots.journal(NAV)
    assert root_of(roots, NAV).endswith(f"/roots/{suite}") and "/roots/" not in root_of(roots, GATEWAY)
    assert roots.must(["cat", SESSION]) == "rovi_bringup/nav.launch.py\n"
    assert "--variant slam map:=lab1" in roots.rovictl("status nav").out
    assert f"declares: ROVI_ROOT={ROOTS}/{suite}\n" in roots.rovictl("show nav").out
    other = roots.rovictl("start mapping")
    assert other.status == 75 and "stack nav is active" in other.err, other
    assert roots.rovictl("stop").status == 0
    told = [node for _, node, event in roots.events("nav") if event == "SIGINT"]
    assert sorted(told) == sorted(set(told)) and len(told) == 3, roots.events("nav")
    assert roots.run(["cat", SESSION]).status != 0
    assert roots.state(NAV) == "inactive", roots.report(NAV)


def test_it_comes_down_with_the_gateway_and_its_failure_names_the_node(roots, suite):
    assert roots.rovictl("start nav").status == 0
    roots.must(["systemctl", "kill", "--signal=KILL", GATEWAY])
    roots.wait_state(NAV, "inactive", "failed")
    wait_for(lambda: not roots.processes(NAV), "nodes are left")
    roots.must(["systemctl", "restart", GATEWAY])
    roots.switch("nav", nav_driver_does={"crash_after_s": 0.3})
    roots.rovictl("start nav")
    roots.wait_state(NAV, "failed")
    assert "nav_driver died (exit code 3)" in roots.rovictl("status nav").out, roots.report(NAV)


def test_shared_memory_and_sockets_cross_the_roots_both_ways(roots, suite):
    roots.must("echo of the host >/dev/shm/from_host", user="rovi")
    listener = "socat -u UNIX-LISTEN:/tmp/from_host.socket,fork OPEN:/tmp/from_stack,creat,append"
    roots.must(f"systemd-run --quiet --collect --uid=rovi --unit=from_host {listener}")
    wait_for(lambda: roots.run(["test", "-S", "/tmp/from_host.socket"]).status == 0, "no socket")
    roots.put("/tmp/from_check.py", CROSSES)
    declare(roots, '"ROVI_READY_CHECK=test -e /.rovi-root && python3 /tmp/from_check.py"')
    result = roots.rovictl("start nav --timeout 30")
    roots.run(["systemctl", "stop", "from_host"])
    assert result.status == 0, f"{result}\n{roots.report(NAV)}"
    assert roots.must(["cat", "/dev/shm/from_host"]) == "a stack was\n"
    assert roots.must(["cat", "/tmp/from_stack"]).startswith("hello")


def test_checks_run_in_the_root_and_its_own_build_of_the_workspace_counts(roots, suite):
    workspace = f"{ROOTS}/{suite}/home/rovi/rovi_ros_ws"
    roots.must(f"mkdir -p {workspace} && cp -a /home/rovi/rovi_ros_ws/install {workspace}/")
    roots.must(f"echo export BUILD_OF=the_root >>{workspace}/install/setup.bash; rovictl root use nav {suite}")
    declare(
        roots,
        '"ROVI_HEALTH_CHECK=echo $BUILD_OF in $(cat /etc/debian_version); false"',
        '"ROVI_MOTION_GUARD=echo $BUILD_OF in $(cat /etc/debian_version); false"',
    )
    try:
        assert roots.rovictl("start nav").status == 0
        seen = f"the_root in {({'bookworm': '12', 'trixie': '13'})[suite]}."
        stop = roots.rovictl("stop")
        assert stop.status == 79 and f"motion guard: {seen}" in stop.err, stop
        wait_for(lambda: seen in roots.rovictl("status nav").out, lambda: roots.report("rovi-*"), 40)
    finally:
        roots.run("rovictl stop --force")
        roots.must(f"rm -rf {ROOTS}/{suite}/.rovi-install && rovictl root use nav {suite}")


# ---- set to one, and back


def test_what_runs_is_not_touched_and_the_one_before_is_a_command_away(tiny):
    tiny.must("rovictl root use nav host")
    assert tiny.rovictl("start nav").status == 0
    pid = tiny.show(NAV, "MainPID")
    result = tiny.rovictl("root use nav tiny", user="root")
    assert result.out == "nav runs, and goes on where it is: its next start is in the root tiny\n", result
    assert tiny.show(NAV, "MainPID") == pid and tiny.show(NAV, "RootDirectory") == f"{ROOTS}/tiny"
    assert tiny.rovictl("root back nav", user="root").status == 0
    assert tiny.show(NAV, "RootDirectory") == "" and tiny.run(f"ls {PLACES}").status != 0
    assert tiny.rovictl("restart nav").status == 0 and "/roots/" not in root_of(tiny, NAV)
    assert tiny.rovictl("root back nav", user="root").out.endswith("its next start is in the root tiny\n")
    assert tiny.show(NAV, "RootDirectory") == f"{ROOTS}/tiny"
    back = tiny.rovictl("root back camera", user="root")
    assert back.status == 2 and "not known what camera ran in before" in back.err, back


def test_a_root_is_not_removed_while_a_stack_uses_it(roots, suite):
    assert roots.rovictl("start nav").status == 0
    remove = f"root remove {suite}"
    for before, said in (
        ("true", f"the root {suite} is used by nav"),
        ("rovictl root use nav host", f"a process still runs in the root {suite}"),
    ):
        roots.must(before)
        result = roots.rovictl(remove, user="root")
        assert result.status == 75 and said in result.err, result
        assert roots.run(["test", "-x", f"{ROOTS}/{suite}/usr/bin/bash"]).status == 0
    assert roots.rovictl("stop").status == 0


def test_list_says_what_there_is_and_who_uses_it(tiny):
    table = tiny.rovictl("root list", user="root")
    assert re.search(r"^tiny +tree +\S+ +jazzy +nav$", table.out, re.M), table
    line = next(line for line in tiny.rovictl("root list --json", user="root").out.splitlines() if '"tiny"' in line)
    said = json.loads(line)
    assert said.pop("bytes") > 100000
    assert said == {
        "schema": 1,
        "root": "tiny",
        "path": f"{ROOTS}/tiny",
        "problem": None,
        "kind": "tree",
        "ros": ["jazzy"],
        "used_by": ["nav"],
    }


def test_operators_are_told_who_may_do_that(robot):
    for arguments in ("root list", "root add x /tmp", "root remove x", "root use nav x", "root back nav"):
        result = robot.rovictl(arguments)
        assert result.status == 77 and f"only an administrator may do that: 'sudo rovictl {arguments}'" in result.err


# ---- a root that is missing or broken

BREAK = {
    "missing": ("mv ../tiny ../tiny-away", "the root tiny is missing: 'sudo rovictl root list'"),
    "link": ("mv ../tiny ../tiny-away && ln -s tiny-away ../tiny", "is a link"),
    "file": ("mv ../tiny ../tiny-away && touch ../tiny", "the root tiny is not a directory"),
    "writable": ("chmod o+w .", f"users other than root can write in {ROOTS}/tiny"),
    "of the service user": ("chown rovi .", f"users other than root can write in {ROOTS}/tiny"),
    "roots are writable": ("chmod 777 ..", f"users other than root can write in {ROOTS}:"),
    "without bash": ("rm usr/bin/bash", "the root tiny lacks bash (Debian's packages: bash): install that in it"),
    "without systemd": ("rm usr/bin/*ctl", "the root tiny lacks busctl, systemctl (Debian's packages: systemd)"),
    "without ROS": ("rm -r opt/ros", "the root tiny lacks a ROS 2 (/opt/ros/NAME/setup.bash): install that in it"),
    "another processor": (
        r"printf '\xf3\x00' | dd of=usr/bin/bash bs=1 seek=18 conv=notrunc status=none",
        "the root tiny is for another processor (riscv64) than this robot's",
    ),
    "a link out of it": (
        "rm bin usr/bin/bash && ln -s /usr/bin bin && ln -s /../../../usr/bin/bash usr/bin/bash",
        "the root tiny lacks bash",
    ),
    "not of ours": ("rm .rovi-root", "the root tiny was not made by 'sudo rovictl root add'"),
    "no place for /run": ("touch run", f"systemd cannot make {ROOTS}/tiny its root file system"),
}


@pytest.mark.parametrize("how", BREAK)
def test_a_broken_root_refuses_the_start_in_a_sentence(tiny, how):
    command, sentence = BREAK[how]
    tiny.must(f"cd {ROOTS}/tiny && {command}")
    try:
        result = tiny.rovictl("start nav")
        assert result.status == 78 and sentence in result.err, f"{result}\n{tiny.report(NAV)}"
        status = tiny.rovictl("status nav").out
        assert sentence.split(":")[0][:40] in " ".join(status.split()) and "226" not in result.err + status
        said = json.loads(tiny.rovictl("status nav --json").out)
        assert said["state"] == "FAILED" and sentence in said["status_text"], said
        if how != "no place for /run":
            doctor = tiny.rovictl("doctor", user="root")
            assert doctor.status == 1 and sentence in " ".join(doctor.out.split()), doctor
        assert tiny.rovictl("start mapping").status == 0  # it is in nobody's way
    finally:
        tiny.run(f"chmod 700 {ROOTS}; rovictl stop")


def test_a_declared_root_that_nothing_makes_the_root_refuses_the_start(robot, roots):
    declare(roots, "ROVI_ROOT=/var/lib/rovi/roots/tiny")
    result = roots.rovictl("start nav")
    assert result.status == 78 and "declares ROVI_ROOT, but does not run there" in result.err, result
    assert "the root tiny is missing" in roots.rovictl("doctor", user="root").out


def test_doctor_sees_drop_ins_that_differ_from_what_root_use_writes(tiny):
    assert "stacks are set to roots that are fit: nav" in tiny.rovictl("doctor", user="root").out
    for unit in (NAV, "rovi-guard@nav.service"):
        file = f"/etc/systemd/system/{unit}.d/60-root.conf"
        tiny.must(f"sed -i 's|^BindPaths=/run|BindPaths=/run/lock|' {file}; systemctl daemon-reload")
        result = tiny.rovictl("doctor", user="root")
        assert result.status == 1 and "sudo rovictl root use nav tiny" in result.out, result
        assert tiny.rovictl("root use nav tiny", user="root").status == 0
        assert tiny.run(f"grep -q '^BindPaths=/run ' {file}").status == 0


# ---- what is added


def add(robot, source, name="tiny2"):
    return robot.rovictl(["root", "add", name, source], user="root")


def test_what_is_added_gives_nobody_more_rights(roots):
    roots.must(
        "bash /opt/harness/tiny_root.bash /root/tree && cd /root/tree && cp /bin/true usr/bin/gain && "
        "chmod 6755 usr/bin/gain && mknod -m 666 usr/disk b 7 0 && mknod -m 666 usr/kmsg c 1 11 && mkfifo usr/fifo && "
        "install -d -o rovi -m 2777 srv && install -o rovi -m 666 /dev/null srv/file && "
        "ln -s /etc/shadow etc/passwd && "
        "mkdir dev && mknod dev/null c 1 3 && chmod 1777 var/tmp && tar -cf /root/tree.tar ."
    )
    for source, kind in (("/root/tree", "tree"), ("/root/tree.tar", "tar")):
        assert add(roots, source).status == 0
        assert roots.must(f"cat {ROOTS}/tiny2/.rovi-root").startswith(f"{kind} ")
        odd = r"\( -type b -o -type c -o -type p -o ! -user root -o ! -group root -o ! -type l -perm /6022 \)"
        assert roots.must(f"find {ROOTS}/tiny2 {odd} -printf '%P '") == "var/tmp "
        assert roots.must(f"stat -c %A {ROOTS}/tiny2/var/tmp {ROOTS}/tiny2/usr/bin/gain").split() == [
            "drwxrwxrwt",
            "-rwxr-xr-x",
        ]
        assert roots.must(f"stat -c '%F %s' {ROOTS}/tiny2/etc/passwd").strip() == "regular empty file 0"
        assert roots.run(["ls", ROOTS], user="rovi").status != 0, "others may look into the roots"
        assert roots.rovictl("root remove tiny2", user="root").status == 0
    assert root_names(roots).count("tiny2") == 0


def test_a_tree_is_made_harmless_whatever_has_unpacked_it(roots):
    """umoci, for one, keeps owners and setuid bits."""
    roots.must(
        "bash /opt/harness/tiny_root.bash /root/tree && cd /root/tree && "
        "install -o rovi -m 6777 /bin/true usr/bin/gain && install -d -o rovi -m 777 srv && mknod -m 666 usr/disk b 7 0"
    )
    program = "ROVI_LIB=/usr/local/lib/rovi; . $ROVI_LIB/lib/use.sh; use rovictl.d/root_add; make_harmless /root/tree"
    roots.must(["bash", "-c", program])
    odd = r"\( -type b -o ! -user root -o ! -group root -o ! -type l -perm /6022 \)"
    assert roots.must(f"find /root/tree {odd} -printf '%P '") == "var/tmp "
    assert roots.run(["test", "-x", "/root/tree/usr/bin/gain"]).status == 0


def test_an_archive_cannot_write_outside_of_its_tree(roots):
    roots.must("bash /opt/harness/tiny_root.bash /root/tree")
    program = (
        "import io, tarfile\n"
        "t = tarfile.open('/root/tree.tar', 'w'); t.add('/root/tree', '.')\n"
        "def put(name, text=b'', **keys):\n"
        "    i = tarfile.TarInfo(name); i.size = len(text); [setattr(i, k, v) for k, v in keys.items()]\n"
        "    t.addfile(i, io.BytesIO(text))\n"
        "put('../../escaped', b'x'); put('/etc/escaped', b'x'); put('usr/../../../etc/escaped', b'x')\n"
        "put('out', type=tarfile.SYMTYPE, linkname='/etc'); put('out/escaped', b'x')\n"
        "put('up', type=tarfile.SYMTYPE, linkname='../../../../etc'); put('up/escaped', b'x')\n"
        "put('hard', type=tarfile.LNKTYPE, linkname='/etc/shadow')\n"
        "t.close()\n"
    )
    before = roots.listing("/etc")
    roots.must(["python3", "-c", program])
    add(roots, "/root/tree.tar")
    assert roots.listing("/etc") == before
    assert roots.must(f"find / -xdev -name escaped -not -path '{ROOTS}/*'") == ""
    assert roots.must(f"find {ROOTS} -samefile /etc/shadow") == ""


LACKING = {
    "nothing in it": ("mkdir /root/tree", "it has no directories etc and usr, as a root file system has"),
    "much is missing": (
        "bash /opt/harness/tiny_root.bash /root/tree; cd /root/tree/usr/bin; rm busctl flock; rm -r ../../opt",
        "/root/tree lacks busctl, flock (Debian's packages: systemd util-linux) and a ROS 2 (/opt/ros/NAME/setup.bash)",
    ),
    "no bash": ("bash /opt/harness/tiny_root.bash /root/tree; rm /root/tree/usr/bin/bash", "/root/tree lacks bash"),
    "another processor": (
        "bash /opt/harness/tiny_root.bash /root/tree; "
        r"printf '\xf3\x00' | dd of=/root/tree/usr/bin/bash bs=1 seek=18 conv=notrunc status=none",
        "/root/tree is for another processor (riscv64)",
    ),
    "everybody writes": ("install -d -m 777 /root/tree", "everybody can write in /root/tree"),
    "a script for bash": (
        "bash /opt/harness/tiny_root.bash /root/tree; echo '#!/bin/sh' >/root/tree/usr/bin/bash",
        "another processor (unknown)",
    ),
}


@pytest.mark.parametrize("how", LACKING)
def test_a_tree_that_cannot_be_a_root_is_refused_and_leaves_nothing(roots, how):
    command, sentence = LACKING[how]
    roots.must(f"install -d -m 700 {ROOTS}; {command}")
    before = root_names(roots)
    result = add(roots, "/root/tree")
    assert result.status == 78 and sentence in result.err, result
    assert root_names(roots) == before


@pytest.mark.parametrize("how", ["at a member", "in a member", "gzip", "no archive"])
def test_an_image_that_is_cut_short_is_refused_and_leaves_nothing(roots, how):
    roots.must(
        f"install -d -m 700 {ROOTS}; bash /opt/harness/tiny_root.bash /root/tree; cd /root/tree; tar -cf ../tree.tar ."
    )
    before = root_names(roots)
    roots.must(
        {
            # The end of an archive is at least two blocks of zeros, and tar pads that to 10,240 bytes.
            "at a member": "cd /root; size=$(tar -tRf tree.tar | tail -n 1 | grep -o '[0-9]*' | head -n 1); "
            "truncate -s $((size * 512)) tree.tar",
            "in a member": "truncate -s 300000 /root/tree.tar",
            "gzip": "gzip /root/tree.tar; mv /root/tree.tar.gz /root/tree.tar; truncate -s 100000 /root/tree.tar",
            "no archive": "head -c 100000 /dev/urandom >/root/tree.tar",
        }[how]
    )
    result = add(roots, "/root/tree.tar")
    sentence = {
        "at a member": "/root/tree.tar is cut short: copy or make it again",
        "no archive": "it is neither a tar archive nor a disk image of one file system that can be mounted here",
    }.get(how, "/root/tree.tar")
    assert result.status == 78 and sentence in result.err and result.err.count("\n") == 1, result
    assert root_names(roots) == before


def test_an_image_with_layers_says_what_unpacks_it(roots):
    roots.must("mkdir /root/tree && echo '{}' >/root/tree/oci-layout && tar -C /root/tree -cf /root/tree.tar .")
    result = add(roots, "/root/tree.tar")
    assert result.status == 78 and "sudo apt install skopeo umoci" in result.err, result


def test_a_root_for_which_there_is_no_room_leaves_nothing(fresh_robot):
    robot = fresh_robot
    assert robot.install().status == 0
    robot.must(f"mkdir -p {ROOTS} && mount -t tmpfs -o size=600k,mode=700 tmpfs {ROOTS}")
    robot.must("bash /opt/harness/tiny_root.bash /root/tree")
    result = add(robot, "/root/tree")
    assert result.status == 1 and "there is no room for it in" in result.err, result
    assert root_names(robot) == []
    robot.must(f"umount {ROOTS}")


def test_an_interrupted_add_leaves_nothing_that_counts(roots):
    roots.must(f"install -d -m 700 {ROOTS}; bash /opt/harness/tiny_root.bash /root/tree")
    before = root_names(roots)
    waits = '#!/bin/bash\n/bin/cp "$@"\necho $(ps -o ppid= -p $PPID) $PPID $$ >/root/tree-slow/pid\nexec sleep 60\n'
    roots.put("/root/tree-slow/cp", waits, mode=0o755)
    slow = roots.begin("PATH=/root/tree-slow:$PATH rovictl root add tiny2 /root/tree", user="root")
    pids = wait_for(lambda: roots.run(["cat", "/root/tree-slow/pid"]).out.strip(), "it does not begin")
    busy = add(roots, "/root/tree")
    assert busy.status == 75 and "another 'rovictl root' is at work" in busy.err, busy
    roots.must(f"kill -KILL {pids}")  # rovictl itself first, so that it cleans nothing up
    slow.ended()
    assert "tiny2" not in root_names(roots) and "tiny2" not in roots.rovictl("root list", user="root").out
    assert add(roots, "/root/tree").status == 0
    assert sorted(root_names(roots)) == sorted([*before, "tiny2"])


BAD_WORDS = [
    (["add", "../up", "/root/tree"], "no root can be named ../up:"),
    (["add", "host", "/root/tree"], "no root can be named host"),
    (["add", "-", "/root/tree"], "no root can be named -"),
    (["add", "a\x1b[31m\nb", "/root/tree"], "no root can be named"),
    (["add", "a" * 41, "/root/tree"], "no root can be named"),
    (["add", "tiny2", "/root/none"], "there is no /root/none"),
    (["add", "tiny2", "/dev/null"], "is neither a directory nor a plain file"),
    (["add", "tiny2", "/"], "/ contains /var/lib/rovi/roots"),
    (["add", "tiny2", "/root/tree-link"], "/root/tree-link is a link"),
    (["remove", "none"], "there is no root none"),
    (["use", "none", "host"], "no stack is named none"),
    (["use", "gateway", "host"], "no stack is named gateway"),
    (["use", "nav"], "root use takes 2 words, not 1"),
    (["steal", "nav"], "root takes one of list add remove use back, not steal"),
    (["add", "tiny2", "/root/tree", "--json"], "--json is for 'root list' only"),
]


@pytest.mark.parametrize("words, sentence", BAD_WORDS, ids=[" ".join(words)[:20] for words, _ in BAD_WORDS])
def test_wrong_words_are_named(roots, words, sentence):
    roots.must(f"install -d -m 700 {ROOTS}; mkdir -p /root/tree; ln -sfT tree /root/tree-link")
    before = root_names(roots), roots.listing("/etc/systemd/system")
    result = roots.rovictl(["root", *words], user="root")
    assert result.status == 2 and sentence in result.err, result
    assert "\x1b" not in result.err and result.err.count("\n") == 1
    assert (root_names(roots), roots.listing("/etc/systemd/system")) == before


def test_a_root_that_is_missing_cannot_be_set(roots):
    before = roots.listing("/etc/systemd/system")
    result = roots.rovictl("root use nav tiny2", user="root")
    assert result.status == 78 and "the root tiny2 is missing" in result.err, result
    assert roots.listing("/etc/systemd/system") == before


def test_uninstall_takes_the_drop_ins_and_leaves_the_roots(fresh_robot):
    robot = fresh_robot
    before = robot.listing("/etc/systemd/system")
    assert robot.install().status == 0
    robot.must("bash /opt/harness/tiny_root.bash /root/tree && rovictl root add tiny /root/tree")
    robot.must("rovictl root use nav tiny")
    result = robot.run(f"make -C {SOURCE} uninstall")
    assert result.status == 0 and f"the roots in {ROOTS} stay: sudo rm -rf /var/lib/rovi" in result.out, result
    assert robot.listing("/etc/systemd/system") == before
    assert robot.run(["test", "-e", f"{ROOTS}/tiny/usr/bin/bash"]).status == 0
