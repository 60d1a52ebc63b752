"""Takes each guard away, one at a time, and runs the tests that must then fail: `make mutants`.

usage: mutants.py [WORD]     only the mutants whose name contains WORD

A mutant is a copy of the checkout in which one line is other. Prints a line for each; exits with 1
if any survives, that is if its tests pass all the same.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP))

from harness.mutant import Mutant  # noqa: E402
from harness.mutants_answers import ANSWERS  # noqa: E402
from harness.mutants_attacks import ATTACKS  # noqa: E402
from harness.mutants_faults import FAULTS  # noqa: E402
from harness.mutants_fields import FIELDS  # noqa: E402
from harness.mutants_permit import PERMIT  # noqa: E402
from harness.mutants_stacks import STACKS  # noqa: E402
from harness.mutants_stops import STOPS  # noqa: E402

STACK_UNITS = "services/rovi-{teleop,mapping,localization,nav,camera}.service"

MUTANTS = [
    # a: install
    Mutant("install does not enable the gateway", "services/setup_lib.sh",
           'run systemctl enable --quiet "$ROVI_GATEWAY"', "true", "test_the_gateway_is_enabled"),
    Mutant("install enables a stack", "services/setup_lib.sh",
           'run systemctl enable --quiet "$ROVI_GATEWAY"', "systemctl enable $ROVI_GATEWAY rovi-nav.service",
           "test_the_gateway_is_enabled"),
    Mutant("install does not put the service user into the group", "services/setup_lib.sh",
           'run usermod -aG "$GROUP" "$ROVI_USER"', "true", "test_the_group_exists"),
    Mutant("install writes files that are right already", "services/install_lib.sh",
           '$(stat -c %a "$DESTDIR$path") == "$mode"', "1 == 2", "test_a_second_install"),
    Mutant("install reloads systemd without need", "services/setup_lib.sh",
           "if ((changed > 0)) ||", "if true ||", "test_a_second_install"),
    Mutant("install does not try the environment", "services/setup_lib.sh",
           "try_env \"$1\" ||", "true ||", "test_an_install_that_cannot_work"),
    Mutant("install does not look for the user", "services/setup_lib.sh",
           'id -u -- "$ROVI_USER" >/dev/null 2>&1 ||', "true ||", "test_an_install_that_cannot_work"),
    Mutant("install takes a foreign rovi-*.service for a stack", "services/setup_lib.sh",
           'check_unit_files "$DESTDIR$dir"', "true", "test_an_install_that_cannot_work"),
    Mutant("install pulls the ground from under a stack", "services/install.sh", '    check_running "$SRC/services"\n', "",
           "test_a_sixth_stack or test_another_service_user"),
    Mutant("every install starts the gateway", "services/setup_lib.sh", "[[ $first == no ]] || start_gateway",
           "start_gateway", "taken_down"),
    # b: start
    Mutant("other launch arguments", "services/run_stack.sh", "rviz:=false", "rviz:=true", "test_start_runs_the_contracts"),
    Mutant("READY before there is a node", "services/launch_lib.sh",
           'launch_notify --status="$LAUNCH', 'launch_notify --ready --status="$LAUNCH', "test_start_returns_only"),
    Mutant("systemd's start limit", "services/rovi-.service.d/10-launch.conf",
           "StartLimitIntervalSec=0", "", "as_often"),
    # c, d: exclusivity
    Mutant("rovictl does not look for another stack", "bin/rovictl_jobs.sh", 'if [[ $other ]]; then\n            show_json', 'if false; then\n            show_json',
           "test_rovictl_refuses_a_second"),
    Mutant("no lock", "services/run_stack.sh", "flock -n 9 && return", "return", "still_starting"),
    Mutant("the lock ends at the exec", "services/launch_lib.sh", 'exec ros2 launch rovi_bringup "$@"',
           'exec ros2 launch rovi_bringup "$@" 9>&-', "test_the_lock_lives"),
    Mutant("other active stacks are not looked at", "services/run_stack.sh",
           "other=$(other_stack active)", "other=", "test_a_lost_lock"),
    Mutant("a stack that has lost its lock while it stops is not waited for", "services/run_stack.sh",
           "other=$(other_stack deactivating)", "other=", "test_what_has_dropped_the_lock"),
    Mutant("stacks refuse each other", "services/run_stack.sh", "sleep 0.05\n", "break\n", "do_not_refuse_each_other"),
    Mutant("stacks own the runtime directory", STACK_UNITS, "Type=notify", "Type=notify\nRuntimeDirectory=rovi",
           "test_a_refused_start_does_not_open"),
    Mutant("the runtime directory goes with a crashed gateway", "services/rovi-gateway.service",
           "RuntimeDirectoryPreserve=yes", "", "test_after_a_crash_of_the_gateway"),
    Mutant("Type=simple", STACK_UNITS, "Type=notify", "Type=simple", "test_systemctl_is_refused"),
    # e, f: the gateway
    Mutant("Requires= instead of Requisite=", STACK_UNITS, "\nRequisite=", "\nRequires=", "test_systemctl_cannot_start"),
    Mutant("Requisite= on the gateway itself", STACK_UNITS, "\nRequisite=rovi-stacks.target",
           "\nRequisite=rovi-gateway.service", "test_an_operator_cannot_cancel_a_stop"),
    Mutant("flush may cancel the gateway's jobs", "services/rovi-.service.d/10-launch.conf", "IgnoreOnIsolate=yes", "",
           "test_an_operator_cannot_cancel"),
    Mutant("isolate stops the target", "services/rovi-stacks.target", "IgnoreOnIsolate=yes", "", "test_isolate"),
    Mutant("queued starts do not count", "bin/rovictl_ask.sh", "[[ $ROVI_REPLY != @(inactive|failed) ||", "[[ x ||",
           "a_start_that_is_queued", suite="bus"),
    Mutant("busctl's stderr is taken for its reply", "services/rovi_lib.sh", '2>&"$ROVI_PIPE"', "2>&1",
           "test_what_busctl_says"),
    Mutant("run_stack.sh does not ask for the gateway", "services/run_stack.sh",
           "[[ ${ROVI_ACTIVE_STATE[$ROVI_GATEWAY]-} == active ]] ||", "true ||", "test_no_job_mode"),
    Mutant("run_stack.sh does not ask for the target", "services/run_stack.sh",
           "[[ ${ROVI_ACTIVE_STATE[$ROVI_TARGET]-} == active ]] ||", "true ||", "without_its_target"),
    Mutant("rovictl does not ask for the gateway", "bin/rovictl_jobs.sh", "[[ ${ACTIVE[gateway]-} == active ]] ||", "true ||",
           "test_rovictl_says_that_the_gateway"),
    Mutant("the target is not bound to the gateway", "services/rovi-stacks.target", "BindsTo=", "Wants=",
           "test_a_killed_gateway"),
    Mutant("nothing ties the stacks to the gateway", STACK_UNITS, """Requisite=rovi-stacks.target
# Stops before the gateway stops; the target makes that hold for a crash of the gateway, too.
PartOf=rovi-gateway.service rovi-stacks.target
""", "", "test_a_killed_gateway or test_stopping_the_gateway"),
    Mutant("stacks are not ordered after the gateway", STACK_UNITS, "\nAfter=rovi-gateway.service", "",
           "test_stopping_the_gateway_stops"),
    Mutant("the target may be stopped by hand", "services/rovi-stacks.target", "RefuseManualStop=yes", "",
           "test_the_target_cannot"),
    Mutant("no limit to the wait for a network", "services/run_gateway.sh", "tries > 0", "1", "without_network"),
    # g, h: how a stack ends
    Mutant("KillMode=control-group", "services/rovi-.service.d/10-launch.conf", "KillMode=mixed", "", "one_sigint"),
    Mutant("KillSignal=SIGTERM", "services/rovi-.service.d/10-launch.conf", "KillSignal=SIGINT", "", "one_sigint"),
    Mutant("run_stack.sh ignores SIGINT while it prepares", "services/run_stack.sh", "launch_stop_on_sigint\n", "",
           "test_stop_while_starting"),
    Mutant("exit status 2 at a stop is a failure", "services/rovi-.service.d/10-launch.conf",
           "SuccessExitStatus=1 2 130", "SuccessExitStatus=130", "test_stop_while_starting"),
    Mutant("TimeoutStopSec= too short for ros2 launch", STACK_UNITS, "TimeoutStopSec=20", "TimeoutStopSec=7",
           "ignores_sigint"),
    Mutant("Restart=on-failure", "services/rovi-.service.d/10-launch.conf", "Restart=no", "Restart=on-failure",
           "test_a_crashing_stack"),
    Mutant("any exit status counts as a refusal", "bin/rovictl_tell.sh", '!= "ros2 launch "*', '!= "x"',
           "own_exit_status"),
    Mutant("an older end is taken for this one", "bin/rovictl_jobs.sh", '[[ $invocation == "$before" ]]', "[[ ! x ]]", "never_ran"),
    Mutant("a launch may end by itself with 0", "services/launch_lib.sh",
           "        [[ ! $LAUNCH_JOB ]] ||", "        return 0; [[ ! $LAUNCH_JOB ]] ||", "by_itself"),
    Mutant("colours and buffers", "services/rovi-.service.d/10-launch.conf", "Environment=", "#", "test_output_is_in"),
    Mutant("no real-time limits", "services/rovi-.service.d/10-launch.conf", "Limit", "#Limit", "test_real_time"),
    # i: the session file
    Mutant("no clean-up after a stack", STACK_UNITS, "ExecStopPost=", "#", "test_session_file_is"),
    Mutant("a refused stack clears the session of another", "services/launch_lib.sh",
           '[[ -z $owner || $owner == "$(<"$LAUNCH_SESSION_LOCK")" ]]', "true", "test_a_refused_stack_does_not_touch"),
    Mutant("the gateway leaves an old session file", "services/run_gateway.sh", "\nclear_old_session\n", "\n",
           "power_cut"),
    # j: polkit
    Mutant("the rule does not ask for the group", "polkit/rovi-stacks.rules", '!subject.isInGroup("rovi-ops")', "false",
           "test_an_outsider"),
    Mutant("the rule allows every verb", "polkit/rovi-stacks.rules", 'verbs.indexOf(action.lookup("verb")) < 0', "false",
           "administers_a_stack"),
    Mutant("the rule goes by prefix", "polkit/rovi-stacks.rules", 'stacks.indexOf(stack) < 0',
           'stack.indexOf("rovi-") !== 0', "touches_the_gateway"),
    Mutant("the rule is for every action", "polkit/rovi-stacks.rules",
           'NOT_HANDLED;\n    }\n    var unit', 'YES;\n    }\n    var unit', "administers_a_stack"),
    Mutant("the rule does not look for the unit file", "polkit/rovi-stacks.rules",
           'polkit.spawn(["/usr/bin/test", "-f", "/etc/systemd/system/" + file, "-o", "-f", "/usr/lib/systemd/system/" + file]);', "", "test_a_deleted_unit_file",
           base="debian:trixie-slim"),
    # k: the lock
    Mutant("everybody may open the lock", "services/rovi_lib.sh", "umask 077", "umask 022", "test_lock"),
    Mutant("everybody may write to the lock's directory", "services/rovi-gateway.service",
           "RuntimeDirectoryMode=0755", "RuntimeDirectoryMode=0777", "test_lock"),
    # l: the environment
    Mutant("the loader does not export", "rovi_env.sh", "declare -gx", "declare -g", "test_every_variable"),
    Mutant("the loader checks no line", "rovi_env.sh", '_rovi_env_take_line "$1:$_rovi_n" "$_rovi_line" || return', '_rovi_set+=("$_rovi_line")',
           "test_a_bad_line"),
    Mutant("carriage returns", "rovi_env.sh", r"if [[ $2 == *$'\r'* ]]", "if false", "rovi_env.bats"),
    Mutant("comments that go on", "rovi_env.sh", r"[[ $2 != *\\ ]] ||", "true ||", "rovi_env.bats"),
    Mutant("bash's own variables", "rovi_env.sh", "elif [[ $_rovi_key == @(BASH*", "elif [[ $_rovi_key == @(XBASH*", "rovi_env.bats"),
    Mutant("the loader keeps nounset on", "rovi_env.sh", "set +efu", "set +ef", "rovi_env.bats"),
    Mutant("the loader leaves options behind", "rovi_env.sh", "local - IFS", "local IFS", "rovi_env.bats"),
    Mutant("the loader leaves functions behind", "rovi_env.sh", "_rovi_env_find_ros _rovi_env_load _rovi_env_forget",
           "_rovi_env_find_ros", "rovi_env.bats"),
    Mutant("robot and PC share a graph", ".env.pc", "ROS_DOMAIN_ID=1", "ROS_DOMAIN_ID=0", "different_graphs"),
    # m: uninstall
    Mutant("uninstall removes the rule late", "services/uninstall.sh",
           "remove_rule\n[[ -n $DESTDIR ]] || stop_units\n", "[[ -n $DESTDIR ]] || stop_units\nremove_rule\n", "the_rule_first"),
    Mutant("uninstall stops nothing", "services/uninstall.sh", "[[ -n $DESTDIR ]] || stop_units\n", "",
           "test_uninstall_leaves"),
    Mutant("uninstall leaves /run/rovi", "services/uninstall.sh", "run rm -rf /run/rovi", "", "test_uninstall_leaves"),
    Mutant("a removed stack stays in the rule", "services/permit_lib.sh",
           '[[ " ${stale[*]} " == *" ${file#"$DESTDIR"} "* ]] ||', "", "test_a_sixth_stack"),
    # input
    Mutant("any name will do", "services/rovi_lib.sh", "[[ ${#1} -le 40 && $1 ==", "[[ x || $1 ==", "test_a_bad_name"),
    Mutant("names are not quoted", "services/rovi_lib.sh", """printf '%q' "${1:0:80}\"""", """printf '%s' "$1\"""",
           "test_a_bad_name"),
    Mutant("misspelt key", "services/rovi-.service.d/10-launch.conf", "KillMode=", "KilMode=", "units.bats"),
    Mutant("the first boot of an image enables every stack", "services/50-rovi.preset", "disable rovi-*.service", "", "first_boot"),
    # the ready check
    Mutant("a stack that is not ready counts as started", "services/launch_lib.sh", 'launch_await_ready "$launch" && launch_be_ready', "launch_be_ready",
           "returns_when_it_is_ready"),
    Mutant("a ready check leaves daemons behind", "services/launch_lib.sh", '    exec {log}>&-\n    launch_end_check\n', "    exec {log}>&-\n",
           "no_daemon_behind"),
    Mutant("a ready check may take for ever", "services/launch_lib.sh", 'exec timeout --kill-after=1 "$LAUNCH_CHECK_S"', "exec env",
           "one_that_hangs"),
    Mutant("a ready check may fill the disk", "services/launch_lib.sh", 'ulimit -f "$LAUNCH_CHECK_KB" &&', "true &&", "fill_the_disk"),
    # rovictl beside the fake systemd
    Mutant("a call to systemd has no limit", "services/rovi_lib.sh", '-t "$left" -u "$ROVI_OUT"', '-u "$ROVI_OUT"', "a_bus_that_hangs",
           suite="bus"),
    Mutant("--timeout does not limit a call", "services/rovi_lib.sh", "if [[ $ROVI_DEADLINE ]]; then", "if false; then",
           "a_bus_that_hangs", suite="bus"),
    Mutant("--timeout does not limit a wait", "bin/rovictl_await.sh", "((ROVI_REPLY >= ROVI_DEADLINE))", "false", "a_job_that_does_not_end",
           suite="bus"),
    Mutant("a bus that is away for a moment ends a wait", "bin/rovictl_await.sh", "bus_is_back || die_of_bus", "die_of_bus",
           "vanishes_half_way", suite="bus"),
    Mutant("switch starts all the same", "bin/rovictl_jobs.sh", 'say_what_runs "$name was not started" && exit "$code"', "true",
           "whose_stop_fails", suite="bus"),
    Mutant("switch stops for what cannot start", "bin/rovictl_jobs.sh", '        need_loaded "$name"\n', "", "will_not_load", suite="bus"),
    Mutant("an old failure ends a wait", "bin/rovictl_jobs.sh", "FAILED && $seen && $seen/$before", "FAILED && x/$before",
           "not_for_an_old_failure", suite="bus"),
    Mutant("a cancelled stop counts as one", "bin/rovictl_jobs.sh", "*/inactive | failed/failed)", "*/inactive | failed/failed | */active)",
           "a_stop_that_goes_wrong", suite="bus"),
    Mutant("an operator is not told of sudo", "bin/rovictl_ask.sh", "[[ $verb != gateway ]] ||", "true ||", "administrators", suite="bus"),
    Mutant("watch has a heartbeat", "bin/rovictl_watch.sh", '[[ ${shown[$1]-} != "$signs" ]] || return', "", "changes_only", suite="bus"),
    Mutant("watch leaves the cursor hidden", "bin/rovictl_watch.sh", """trap 'printf "\\e[?25h"' EXIT""", "true", "test_watch", suite="bus"),
    Mutant("watch outlives its reader", "bin/rovictl_watch.sh", "1) return 1 ;;", "1) rovi_nap 1 ;;", "until_eof", suite="bus"),
    Mutant("a node's status controls the terminal", "bin/rovictl_ask.sh", 'rovi_printable "${UNIT["$id/StatusText"]}"', "ROVI_REPLY=${UNIT[\"$id/StatusText\"]}",
           "of_a_node_is_text", suite="bus"),
    Mutant("the service user's files control root's terminal", "bin/rovictl_doctor.sh", 'rovi_printable "$3"', "ROVI_REPLY=$3", "roots_terminal"),
    Mutant("watch goes by what it has not seen", "bin/rovictl_watch.sh", "            looks=0 #", "            #", "first_look_fails", suite="bus"),
    Mutant("what is asked for and not awaited is said to be done", "bin/rovictl_jobs.sh", "[[ ! $other || ${option[\"--no-wait\"]-} ]] ||", "[[ ! $other ]] ||",
           "takes_along", suite="bus"),
    Mutant("doctor goes by the file, not by the gateway that runs", "bin/rovictl_doctor_env.sh", "|| owner=${ROVI_REPLY%%", "|| : ${ROVI_REPLY%%",
           "test_doctor and otherwise"),
    Mutant("a node's log controls the terminal", "bin/rovictl_tell.sh", 'rovi_printable "$line" #', 'ROVI_REPLY=$line #', "node_logs_does_not"),
    Mutant("NO_COLOR is not honoured", "bin/rovictl_tell.sh", "! ${NO_COLOR-} && ", "", "test_colours", suite="bus"),
    Mutant("a host can be an option of ssh", "bin/rovictl_args.sh", "--host) [[ $2 =~ ^$host(,$host)*$ ]] ||", "--host) true ||", "test_bad_usage"),
    Mutant("doctor takes what runs for left behind", "bin/rovictl_doctor.sh", "[[ $reachable || ", "[[ x || ", "cannot_know", suite="bus"),
    # the executor
    Mutant("a connection to the executor counts as a stack", "services/run_stack.sh", '! rovi_is_loaded_stack "$unit" || {', "true && {", "no_active_stack"),
    Mutant("an upgrade refuses an administrator's own unit", "packaging/preinst", " && ! grep -q '^ExecStart=/usr/lib/rovi/' \"$unit\"", "", "own_gateway_unit"),
    Mutant("the package reloads systemd before it looks", "packaging/postinst", "/usr/lib/rovi/setup.sh || {", "systemctl daemon-reload; /usr/lib/rovi/setup.sh || {",
           "opened_anew"),
    Mutant("who left the group ends the installer", "services/setup_lib.sh",
           '[[ " $(id -nG -- "${note#member }" 2>/dev/null) " != *" $GROUP "* ]] ||', "", "another_service_user"),
    Mutant("a masked socket ends the setup", "services/setup_lib.sh", "            printf 'programs cannot", "            exit 1 # printf 'programs cannot", "masked_socket"),
    Mutant("the executor has the network", "services/rovi-executor@.service.d/60-executor.conf", "RestrictAddressFamilies=\nRestrictAddressFamilies=AF_UNIX\n",
           "", "no_network"),
    Mutant("the log is in local time", "services/executor.sh", "LC_ALL=C TZ=UTC", "LC_ALL=C", "in_utc"),
    Mutant("the order of what is asked for counts", "bin/rovictl_request.sh", '[[ " $runs " == *" $word "* ]] || return', '[[ $runs == "$REQUEST_TEXT" ]] || return',
           "asked_for_again"),
    Mutant("part of what is asked for will do", "bin/rovictl_request.sh", '[[ ${#runs} == "${#REQUEST_TEXT}" ]] || return', "", "asked_for_again"),
    Mutant("a socket that dpkg has changed stays as it was", "services/setup_lib.sh", "[[ $socket_changed == yes ]]", "false", "opened_anew"),
    Mutant("the executor's drop-in is missing", "services/rovi-executor@.service.d/60-executor.conf", "Environment=\nWorkingDirectory=/\n", "",
           "service_users"),
    Mutant("who is no operator any more may act", "services/executor_lib.sh", "    if is_operator; then", "    if true; then", "outlived"),
    Mutant("everybody may connect", "services/rovi-executor.socket", "SocketMode=0660", "SocketMode=0666", "outsider_cannot_connect"),
    Mutant("systemd's trigger limit", "services/rovi-executor.socket", "TriggerLimitIntervalSec=0", "", "hammered"),
    Mutant("failed connections are kept", "services/rovi-executor@.service", "CollectMode=inactive-or-failed", "", "killed_leaves_nothing"),
    Mutant("one user may have all connections", "services/executor.sh", "((before >= CONNECTIONS_EACH))", "false", "one_user"),
    Mutant("every connection is logged", "services/rovi-executor@.service", "LogLevelMax=notice", "", "leaves_nothing"),
    Mutant("actions are not logged", "services/executor_lib.sh", "note \"rovictl $what: done\"", "true", "logged_with_who"),
    Mutant("a call of any size", "services/executor.sh", "((${#ROVI_REPLY} < MESSAGE_MAX)) || return", "", "no_call_ends"),
    Mutant("a call may take for ever", "services/executor.sh", '-t "$MESSAGE_S"', "-t 30", "come_to_its_end"),
    Mutant("a connection may idle for ever", "services/executor.sh", '-t "$IDLE_S"', "-t 30", "nothing_happens"),
    Mutant("any number of calls a second", "services/executor.sh", "rovi_nap 1", "true", "too_often"),
    Mutant("a oneway call is answered", "services/executor.sh", '[[ $oneway ]] || send "{\\"parameters', 'send "{\\"parameters', "oneway"),
    Mutant("parameters that no method has", "services/executor.sh", "! check_parameters $wanted ||", "", "not_of_the_interface"),
    Mutant("names go to rovictl as they come", "services/executor_lib.sh", 'rovi_valid_name "$stack" ||', "true ||", "no_such_stack"),
    Mutant("Watch without more", "services/executor_lib.sh", "[[ $more ]] ||", "true ||", "not_of_the_interface"),
    Mutant("a watch outlives its caller", "services/executor_lib.sh", "--until-eof ", "", "whole_state_and_then"),
    Mutant("control characters of a log", "services/executor_lib.sh", "//$'\\xc2'[$'\\x80'-$'\\x9f']/ }\" #", '}" #', "test_utf8", suite="bus"),
    Mutant("a line of a log has any length", "services/executor_lib.sh", 'cut_utf8 "$ROVI_REPLY" "$LINE_MAX"', ":", "control_characters"),
    Mutant("a new socket cuts connections", "services/setup_lib.sh", 'run systemctl try-restart "$EXECUTOR.socket"',
           'run systemctl try-restart "$EXECUTOR.socket"; systemctl stop "$EXECUTOR@*"', "does_not_cut"),
    Mutant("every install opens the socket", "services/setup_lib.sh", 'if [[ ! $socket_was ]]; then', "if true; then", "administrators_choice"),
    Mutant("names may come twice in JSON", "services/json_lib.sh", '[[ ! ${JSON_TYPE["$1"]+set} ]] ||', "true ||", "refuses_and_why", suite="bus"),
    Mutant("JSON of any depth", "services/json_lib.sh", "(($2 <= JSON_DEPTH)) ||", "true ||", "refuses_and_why", suite="bus"),
    Mutant("JSON that is not UTF-8", "services/json_lib.sh", "json_read_is_utf8 || return", "", "refuses_and_why", suite="bus"),
    Mutant("control characters in JSON", "services/json_lib.sh", "[[ $part != *[$'\\x01'-$'\\x1f']* ]] ||", "true ||", "refuses_and_why", suite="bus"),
    Mutant("what stands behind JSON", "services/json_lib.sh", "[[ ! $JSON_REST ]] ||", "true ||", "refuses_and_why", suite="bus"),
    Mutant("the env file may have a line of any length", "rovi_env.sh", "((${#2} < 100000)) ||", "true ||", "rovi_env.bats"),
    *ANSWERS,
    *ATTACKS,
    *FAULTS,
    *FIELDS,
    *PERMIT,
    *STACKS,
    *STOPS,
]


def expand(pattern):
    """The files of a pattern with one pair of braces, or the one file."""
    if "{" not in pattern:
        return [pattern]
    head, rest = pattern.split("{")
    names, tail = rest.split("}")
    return [head + name + tail for name in names.split(",")]


def copy_checkout(target):
    names = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=TOP,
                           check=True, capture_output=True).stdout
    subprocess.run(["xargs", "-0", "cp", "--parents", "-t", target], cwd=TOP, input=names, check=True)
    for tool in (".venv", ".cache", "harness/node_modules"):
        (Path(target) / tool).symlink_to(TOP / tool)
    subprocess.run("git init -q && git add -A", shell=True, cwd=target, check=True)


def outdated(mutant):
    """The files that do not contain what the mutant takes away."""
    return [name for name in expand(mutant.file) if mutant.old not in (TOP / name).read_text()]


def apply(mutant, target):
    for name in expand(mutant.file):
        file = Path(target) / name
        file.write_text(file.read_text().replace(mutant.old, mutant.new))


def killed(mutant, target):
    """Whether a test fails. Raises if none ran."""
    if mutant.tests.endswith(".bats"):
        command = ["harness/node_modules/bats/bin/bats", f"tests/plain/{mutant.tests}"]
    else:
        command = [".venv/bin/pytest", "-q", "-x", f"tests/{mutant.suite}", "-k", mutant.tests]
    result = subprocess.run(command, cwd=target, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": target})
    if result.returncode not in (0, 1):
        sys.exit(f"mutants: '{mutant.name}': no test ran\n{result.stdout}{result.stderr}")
    return result.returncode == 1


def main():
    word = " ".join(sys.argv[1:])
    chosen = [mutant for mutant in MUTANTS
              if word in mutant.name and mutant.base in ("", os.environ.get("BASE"))]
    if not chosen:
        sys.exit(f"mutants: no name contains '{word}'")
    if stale := {mutant.name: outdated(mutant) for mutant in chosen if outdated(mutant)}:
        sys.exit(f"mutants: not found any more: {stale}")
    survivors = []
    for number, mutant in enumerate(chosen, 1):
        print(f"{number:2}/{len(chosen)} {mutant.name} ... ", end="", flush=True)
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as target:
            copy_checkout(target)
            apply(mutant, target)
            if killed(mutant, target):
                print(f"killed by {mutant.tests} ({time.monotonic() - began:.0f} s)", flush=True)
            else:
                print(f"SURVIVED {mutant.tests}", flush=True)
                survivors.append(mutant.name)
    print(f"{len(chosen) - len(survivors)} killed, {len(survivors)} survived")
    sys.exit(1 if survivors else 0)


main()
