"""The mutants of the executor."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "a connection to the executor counts as a stack",
        'rovi_is_loaded_stack "$unit" || continue # and not only named like one',
        "true",
        "no_active_stack",
    ),
    Mutant(
        "a masked socket ends the setup",
        '            printf "programs cannot',
        '            exit 1 # printf "programs cannot',
        "masked_socket",
    ),
    Mutant(
        "the executor has the network",
        "RestrictAddressFamilies=AF_UNIX\n",
        "",
        "no_network",
        file="rovi_executor@.service",
    ),
    Mutant("the log is in local time", "LC_ALL=C TZ=UTC", "LC_ALL=C", "in_utc"),
    Mutant("a socket that dpkg has changed stays as it was", "[[ $socket_changed == yes ]]", "false", "opened_anew"),
    Mutant("who is no operator any more may act", "    if may_act; then", "    if true; then", "outlived"),
    Mutant("everybody may connect", "SocketMode=0660", "SocketMode=0666", "outsider_cannot_connect"),
    Mutant("systemd's trigger limit", "TriggerLimitIntervalSec=0", "", "hammered"),
    Mutant(
        "failed connections are kept",
        "CollectMode=inactive-or-failed",
        "",
        "killed_leaves_nothing",
        file="rovi_executor@.service",
    ),
    Mutant("one user may have all connections", "((before >= CONNECTIONS_EACH))", "false", "one_user"),
    Mutant("every connection is logged", "LogLevelMax=notice", "", "leaves_nothing", file="rovi_executor@.service"),
    Mutant("actions are not logged", 'note "rovictl $what: done"', "true", "logged_with_who"),
    Mutant("a call of any size", "((${#ROVI_REPLY} < MESSAGE_MAX)) || return", "", "no_call_ends"),
    Mutant("a call may take for ever", '-t "$MESSAGE_S"', "-t 30", "come_to_its_end"),
    Mutant("a connection may idle for ever", '-t "$IDLE_S"', "-t 30", "nothing_happens"),
    Mutant("any number of calls a second", "rovi_nap 1", "true", "too_often"),
    Mutant("a oneway call is answered", '[[ $oneway ]] || send "{\\"parameters', 'send "{\\"parameters', "oneway"),
    Mutant("parameters that no method has", "! check_parameters $wanted ||", "", "not_of_the_interface"),
    Mutant(
        "names go to rovictl as they come", '&& ! rovi_valid_name "$stack"; then', "&& false; then", "no_such_stack"
    ),
    Mutant("Watch without more", "[[ $more ]] ||", "true ||", "not_of_the_interface"),
    Mutant("what a caller sends to a watch is noted", "        '') ;; #", "        ?'') ;; #", "goes_nowhere"),
    Mutant("a watch outlives its caller", "--until-eof ", "", "whole_state_and_then", file="executor/verbs.sh"),
    Mutant(
        "a new socket cuts connections",
        'run systemctl try-restart "$ROVI_EXECUTOR.socket"',
        'run systemctl try-restart "$ROVI_EXECUTOR.socket"; systemctl stop "$ROVI_EXECUTOR@*"',
        "does_not_cut",
    ),
    Mutant("every install opens the socket", "if [[ ! $socket_was ]]; then", "if true; then", "administrators_choice"),
    Mutant(
        "the executor says that there is no such stack",
        "    record wrong which\n",
        "    record wrong stack\n",
        "which_of_two",
    ),
    Mutant(
        "anybody's words are a record",
        'printf -v ROVI_RECORD_MARK \'\\036%08x%08x \' "$SRANDOM" "$SRANDOM"',
        "ROVI_RECORD_MARK='rovictl: '",
        "rovictl.bats",
    ),
    Mutant(
        "a wrong parameter is the variant",
        "REQUEST_WRONG=parameters",
        "REQUEST_WRONG=variant",
        "what_is_wrong_is_named",
    ),
    Mutant(
        "a wrong variant is a parameter",
        "REQUEST_WRONG=variant\n",
        "REQUEST_WRONG=parameters\n",
        "what_is_wrong_is_named",
    ),
    Mutant(
        "the old socket goes on", 'run systemctl stop "$old.socket" "$old@*.service"', "true", "executor and old_names"
    ),
    Mutant(
        "a socket that was disabled is enabled by an upgrade",
        """    elif [[ $(manifest_lines "/$old\\\\.socket\\$") ]]; then
        socket_was=there
""",
        "",
        "executor and old_names",
    ),
    Mutant(
        "a socket that was masked is enabled by an upgrade",
        "    if [[ -L $masked ]]; then\n        socket_was=there",
        "    if false; then\n        socket_was=there",
        "test_deb and old_names",
    ),
]
