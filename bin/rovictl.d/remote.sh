# shellcheck shell=bash
# remote.sh: --host and --machine: the same command line, run by the rovictl on another machine.

use lib/contract lib/told lib/text lib/run lib/bus lib/json rovictl.d/verbs

# Seconds within which a robot must accept the connection; and half of the seconds after which a dead one counts as
# gone.
readonly SSH_CONNECT_S=10 SSH_ALIVE_S=5
# Bytes of a line from another machine, and values of an object: enough for 40 stacks, or for an entry of the journal.
readonly FAR_LINE=65536 FAR_VALUES=2000

# on_hosts: runs the command line on each host of --host, over ssh(1). With one host it is as if rovictl ran there. With
# several, all run at the same time, each line begins with its host, and the highest exit code counts. What they print
# comes in the order of the hosts; but at once if it goes on, or is an error.
on_hosts() {
    local host pid code worst=0 result
    local -a hosts pids=() far=() results=()
    [[ $verb != kill || ${option["--host"]} != *,* || ${option["--yes"]-} ]] ||
        bad_usage "kill on several hosts cannot ask there: add --yes"
    command -v ssh >/dev/null ||
        die "$ROVI_EX_UNAVAILABLE" "there is no ssh command: install the OpenSSH client"
    IFS=, read -ra hosts <<<"${option["--host"]}"
    if ((${#hosts[@]} == 1)); then
        on_host "${hosts[0]}"
        exit
    fi
    set -m # each in a process group of its own, which can be killed as a whole
    trap 'end_all 130' INT
    trap 'end_all 143' TERM HUP
    for host in "${hosts[@]}"; do
        if goes_on; then
            beside_others "$host" &
            pids+=($!)
        else
            begin_result "$host"
        fi
    done
    goes_on || show_results
    for pid in "${pids[@]}"; do
        wait "$pid"
        code=$?
        ((code <= worst)) || worst=$code
    done
    exit "$worst"
}

# goes_on: whether the verb goes on, so that nobody can wait for its end.
goes_on() {
    [[ $verb == watch || ${option["--follow"]-} ]]
}

# begin_result HOST: begins with HOST beside the others; adds to the caller's pids, and to its results the descriptor of
# what it prints.
begin_result() {
    local fd result other
    exec {fd}< <(:) # a pipe, to which a second end for writing is opened
    exec {result}>"/dev/fd/$fd"
    (
        for other in "$fd" "${results[@]}"; do
            exec {other}<&- # or no writer would see that the reader has gone
        done
        beside_others "$1" >&"$result" {result}>&-
    ) &
    pids+=($!)
    exec {result}>&-
    results+=("$fd")
}

# show_results: prints the caller's results.
show_results() {
    use rovictl.d/hosts
    if [[ $verb == status && ! ${option["--json"]-} ]]; then show_as_table; else show_in_order; fi
}

# end_all CODE: ends every ssh, and rovictl.
end_all() {
    local pid
    for pid in "${pids[@]}"; do
        kill -- "-$pid"
    done 2>/dev/null
    exit "$1"
}

# beside_others HOST: runs on_host with HOST in front of each line.
beside_others() {
    set +m
    # One pipeline for stderr and one for stdout, because bash waits for pipelines.
    {
        on_host "$1" -o BatchMode=yes 2>&1 >&3 3>&- | with_host "$1" >&2 3>&-
        exit "${PIPESTATUS[0]}"
    } \
        3>&1 | with_host "$1" ${option["--json"]:+json}
    exit "${PIPESTATUS[0]}"
}

# with_host HOST [json]: puts HOST in front of each line of stdin, or into each object as its first member. Anybody on
# HOST may have written the lines: they must not control the terminal or pose as another host.
with_host() {
    local line LC_ALL=C JSON_VALUES=$FAR_VALUES
    while IFS= read -rn "$FAR_LINE" line || [[ $line ]]; do # a longer line counts as several
        rovi_printable "$line"
        line=$ROVI_REPLY
        if [[ ! ${2-} ]]; then
            printf '%s: %s\n' "$1" "$line"
        elif is_far_object "$line"; then
            printf '{"host":"%s"%s\n' "$1" "$ROVI_REPLY"
        else
            json_string "$line"
            printf '{"host":"%s","line":%s}\n' "$1" "$ROVI_REPLY"
        fi
    done
}

# is_far_object LINE: whether LINE is an object without a member host of its own: without --host rovictl prints none.
# Sets ROVI_REPLY to what follows the first brace, with a comma before it if there is a member.
is_far_object() {
    json_read "$1" && [[ ${JSON_TYPE[top]} == object && ! ${JSON_TYPE["top/host"]+set} ]] || return
    ROVI_REPLY=${1#*\{}
    ((${#JSON_PATHS[@]} == 1)) || ROVI_REPLY=,$ROVI_REPLY
}

# on_host HOST [SSH_OPTION...]: runs the command line on HOST. Returns its exit code; ends rovictl if ssh does not get
# through.
on_host() {
    local host=$1 connect=$SSH_CONNECT_S timeout=${option["--timeout"]:-infinity} code
    local -a limit=() call
    shift
    if [[ $timeout != infinity ]]; then
        ((10#$timeout >= connect)) || connect=$((10#$timeout + 1))
        # The verb on HOST keeps to --timeout; this ends an ssh that does not.
        limit=(timeout --foreground --signal=KILL $((10#$timeout + connect + 2)))
    fi
    far_command
    call=("${limit[@]}" ssh -o ConnectTimeout="$connect" -o LogLevel=ERROR # else it says "Connection … closed."
        -o ServerAliveInterval="$SSH_ALIVE_S" -o ServerAliveCountMax=2 "$@")
    if [[ -t 0 && -t 1 && ${#hosts[@]} == 1 ]]; then
        "${call[@]}" -t -- "$host" "$ROVI_REPLY"
    else
        rovi_open_pipe
        # Its standard input never ends by itself: watch on HOST ends when the connection does.
        [[ ${option["--until-eof"]-} ]] || exec <&"$ROVI_PIPE"
        "${call[@]}" -- "$host" "$ROVI_REPLY" <&0 &
        # shellcheck disable=SC2064  # the PID as it is now
        trap "kill $!; exit 130" INT
        # shellcheck disable=SC2064
        trap "kill $!; exit 143" TERM HUP
        wait $!
    fi
    code=$?
    case $code in
    255) die "$ROVI_EX_UNAVAILABLE" "cannot reach $host over ssh, see above: does 'ssh $host true' work?" ;;
    137)
        [[ $timeout == infinity ]] ||
            die "$ROVI_EX_TIMEOUT" "$host did not answer within $timeout s: does 'ssh $host true' work?"
        ;;
    127) die "$ROVI_EX_UNAVAILABLE" "there is no rovictl on $host: $ROVI_TOLD_THERE" ;;
    esac
    return "$code"
}

# far_command: sets ROVI_REPLY to the command line for the other machine, quoted for its shell.
far_command() {
    far_arguments
    local word quote="'\\''"
    ROVI_REPLY=rovictl
    for word in "${far[@]}"; do
        ROVI_REPLY+=" '${word//\'/"$quote"}'"
    done
}

# far_arguments: sets far to the arguments of the command line without --host or, if there is no --host, --machine.
far_arguments() {
    local long value_name
    far=("$verb")
    for long in "${!option[@]}"; do
        [[ $long != --host && ($long != --machine || ${option["--host"]-}) ]] || continue
        # The other end does not know this terminal, and colours would be control characters.
        [[ $long != --color || ${#hosts[@]} -lt 2 ]] || continue
        find_option "$long"
        case $long:$value_name in
        *:-) far+=("$long") ;;
        --field:*) far+=("${fields[@]/#/--field=}") ;;
        *) far+=("$long=${option[$long]}") ;;
        esac
    done
    [[ $verb != watch || -t 1 && ${#hosts[@]} == 1 || ! ${option["--host"]-} ]] || far+=(--until-eof)
    far+=("${operands[@]}" "${parameters[@]}")
}

# in_container: runs the command line in the container of --machine, as its root: systemd-run(1) makes it a service
# there, with this terminal or these pipes.
in_container() {
    local name=${option["--machine"]} stdio=--pipe
    local -a far hosts=()
    command -v systemd-run >/dev/null ||
        die "$ROVI_EX_UNAVAILABLE" "there is no systemd-run: this machine does not run systemd"
    rovi_busctl --machine="$name" get-property \
        "$ROVI_SYSTEMD" /org/freedesktop/systemd1 "$ROVI_SYSTEMD.Manager" Version ||
        case $ROVI_REPLY in
        *[Aa]"ccess denied"* | *[Pp]"ermission denied"* | *[Aa]"uthentication required"*)
            die "$ROVI_EX_DENIED" \
                "not permitted to enter the container $name: an administrator runs 'sudo rovictl -M $name …'"
            ;;
        *)
            die "$ROVI_EX_UNAVAILABLE" "cannot reach systemd in container $name ($ROVI_REPLY): see 'machinectl list'"
            ;;
        esac
    far_arguments
    [[ ! -t 0 || ! -t 1 ]] || stdio=--pty
    # By default a service ignores SIGPIPE, and rovictl would complain about a reader that has gone.
    exec systemd-run --quiet --collect --wait "$stdio" --machine="$name" --property=IgnoreSIGPIPE=no \
        --setenv=TERM="${TERM-dumb}" --setenv=LANG="${LANG-C.UTF-8}" -- /usr/bin/env rovictl "${far[@]}"
}
