"""`rovictl report`: one archive for a bug report, without secrets."""

import io
import re
import tarfile

import pytest

from harness.robot import WORKSPACE

NAV = "rovi-nav.service"
SECRETS = ("hunter2", "s3cr3t", "b0bby", "t0ps3cret")


@pytest.fixture
def folder(robot):
    """An empty folder of alice's."""
    robot.must("rm -rf /tmp/report && mkdir -m 755 /tmp/report && chown alice /tmp/report")
    return "/tmp/report"


def report(robot, folder, arguments="", user="alice"):
    """Makes a report; returns the Result and its files, a dict of name to text."""
    result = robot.run(f"cd {folder} && rovictl report {arguments}", user=user, timeout_s=120)
    assert result.status == 0, result
    (archive,) = re.findall(r"^wrote (\S+) on \S+$", result.out, re.M)
    assert archive.startswith(f"{folder}/rovi-report-"), result
    data = bytes.fromhex(robot.must(["od", "-An", "-v", "-tx1", archive]).replace("\n", " "))
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        files = {m.name.split("/", 1)[1]: tar.extractfile(m).read().decode() for m in tar.getmembers() if m.isfile()}
    return result, files


def test_a_report_has_what_a_bug_report_needs(robot, folder):
    robot.rovictl("start mapping")
    robot.rovictl("switch nav map:=lab1")
    robot.must(f"kill -KILL {robot.show(NAV, 'MainPID')}")
    robot.wait_state(NAV, "failed")
    result, files = report(robot, folder, user="root")
    assert result.err == "", result
    assert "ok " in files["doctor.txt"] and re.search(r"^\S* ?nav +FAILED", files["status.txt"], re.M)
    assert '"stack":"nav"' in files["status.json"]
    assert "navigate in a map" in files["list.txt"]
    assert (
        "10-launch.conf" in files["units.txt"]
        and "ExecStart=/usr/local/lib/rovi/run_stack.sh nav" in files["units.txt"]
    )
    assert "InvocationID=" in files["properties.txt"]
    assert "ros2 launch was ended by SIGKILL" in files["history.txt"]
    assert "process started with pid" in files["launch.log.txt"]
    assert "map:=lab1" in files["run-1-nav.log.txt"] and "run-2-mapping.log.txt" in files
    assert "rovi-services" in files["versions.txt"] and "systemd 2" in files["versions.txt"]
    assert "core_pattern" in files["cores.txt"]
    assert "ROS_DOMAIN_ID" in files["env.robot.txt"]
    assert robot.must("ls -A /tmp | grep -c '^tmp' || true").strip() == "0"


def test_no_secret_is_in_a_report(robot, folder):
    robot.put(
        "/run/systemd/system/rovi-nav.service.d/secret.conf",
        '[Service]\nEnvironment=MAP_API_KEY=hunter2 "DB_PASSWORD=s3cr3t with blanks"\n'
        'Environment="cloud_token=b0bby \\\nt0ps3cret"\nEnvironment=URL=https://bob:hunter2@example.org/\n',
    )
    before = robot.must(["cat", f"{WORKSPACE}/.env.robot"])
    robot.put(f"{WORKSPACE}/.env.robot", before + "UPLOAD_SECRET=t0ps3cret\n", user="rovi")
    robot.must("systemctl daemon-reload")
    try:
        robot.rovictl("start nav")
        _, files = report(robot, folder, user="root")
        found = [(name, secret) for name, text in files.items() for secret in SECRETS if secret in text]
        assert found == []
        assert "MAP_API_KEY=(masked)" in files["units.txt"] and "DB_PASSWORD=(masked)" in files["properties.txt"]
        assert "UPLOAD_SECRET=(masked)" in files["env.robot.txt"]
    finally:
        robot.must("rm -r /run/systemd/system/rovi-nav.service.d; systemctl daemon-reload")
        robot.put(f"{WORKSPACE}/.env.robot", before, user="rovi")


def test_what_the_caller_may_not_read_is_left_out_and_named(robot, folder):
    robot.must(f"chown mallory {folder}; chmod 600 {WORKSPACE}/.env.robot")
    try:
        result, files = report(robot, folder, user="mallory")
    finally:
        robot.must(f"chmod 644 {WORKSPACE}/.env.robot")
    assert "left out, because you may not read it: env.robot" in result.err
    assert len(result.err.splitlines()) == 1
    assert {"env.robot", "history", "logs of the units"} <= set(files["left_out.txt"].splitlines())
    assert not {"history.txt", "env.robot.txt", "gateway.log.txt"} & files.keys()
    assert "doctor.txt" in files


def test_no_node_has_a_private_file_of_the_callers_in_the_report(robot, folder):
    robot.must("echo 'dear diary' >/home/alice/private; chown alice /home/alice/private; chmod 600 /home/alice/private")
    robot.must("mkdir -p ~/.ros/log/x && ln -s /home/alice/private ~/.ros/log/x/launch.log", user="rovi")
    for user in ("alice", "root"):
        assert "dear diary" not in "".join(report(robot, folder, user=user)[1].values())
        robot.must(f"rm {folder}/*")  # another one of the same second would have its name


def test_only_the_caller_may_read_a_report(robot, folder):
    report(robot, folder)
    assert robot.must(f"stat -c '%a %U' {folder}/rovi-report-*").strip() == "600 alice"


def test_a_report_needs_a_folder_that_can_be_written(robot):
    result = robot.run("cd / && rovictl report", user="alice")
    assert (result.status, result.out) == (1, ""), result
    assert re.fullmatch(r"rovictl: cannot write /+rovi-report-\S+: change to a directory of your own .*\n", result.err)


def test_a_report_is_never_written_through_what_is_already_there(robot, folder):
    """Somebody has put a link in the place of each archive of this minute."""
    robot.must(f"chmod 1777 {folder}")
    robot.must(
        f"now=$EPOCHSECONDS; for s in {{0..90}}; do ln -s /tmp/planted "
        f'{folder}/rovi-report-$HOSTNAME-$(date -d "@$((now + s))" +%Y%m%d-%H%M%S).tar.gz; done',
        user="mallory",
    )
    result = robot.run(f"cd {folder} && rovictl report", user="alice")
    assert result.status == 1, result
    assert robot.run(["test", "-e", "/tmp/planted"]).status == 1


def test_a_log_that_root_reads_for_a_report_is_no_way_to_other_files(robot, folder):
    robot.rovictl("start nav")
    robot.must(["rm", "-rf", "/home/rovi/.ros/log"])
    robot.must("mkdir -p /home/rovi/.ros/log/x; ln -s /etc/shadow /home/rovi/.ros/log/x/launch.log", user="rovi")
    _, files = report(robot, folder, user="root")
    assert "root:" not in files["launch.log.txt"]


def test_a_directory_of_logs_that_root_reads_is_no_way_to_other_files(robot, folder):
    robot.must("mkdir -pm 700 /root/private/log/x; cp /etc/shadow /root/private/log/x/launch.log")
    robot.must("rm -rf /home/rovi/.ros; ln -s /root/private /home/rovi/.ros")
    try:
        _, files = report(robot, folder, user="root")
        assert "root:" not in files["launch.log.txt"]
    finally:
        robot.must("rm -r /home/rovi/.ros /root/private")
