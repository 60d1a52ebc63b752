# shellcheck shell=bash
# ssh.sh: the command line, run on one robot over ssh(1) by the rovictl there.

use lib/contract lib/told lib/text lib/run rovictl.d/verbs rovictl.d/inventory

# Seconds within which a robot must accept the connection; half of the seconds after which a dead one counts as gone;
# and seconds for a verb without a --timeout beside others, whom one that hangs must not hold up for good.
readonly SSH_CONNECT_S=10 SSH_ALIVE_S=5 FAR_S=60

# on_host HOST [SSH_OPTION...]: runs the command line on HOST. Returns its exit code; ends rovictl if ssh does not get
# through.
on_host() {
    local host=$1 connect=$SSH_CONNECT_S timeout code
    local -a limit=() call
    shift
    find_way "$host"
    find_timeout
    if [[ $timeout != infinity ]]; then
        ((10#$timeout >= connect)) || connect=$((10#$timeout + 1))
        # The verb on HOST keeps to --timeout; this ends an ssh that does not.
        limit=(timeout --foreground --signal=KILL $((10#$timeout + connect + 2)))
    fi
    far_command
    call=("${limit[@]}" ssh -o ConnectTimeout="$connect" -o LogLevel=ERROR # else it says "Connection … closed."
        -o ServerAliveInterval="$SSH_ALIVE_S" -o ServerAliveCountMax=2 "$@" "${SSH_WORDS[@]}")
    if [[ -t 0 && -t 1 && ! $several ]]; then
        "${call[@]}" -t -- "$SSH_TO" "$ROVI_REPLY"
    else
        rovi_open_pipe
        # Its standard input never ends by itself: watch on HOST ends when the connection does.
        [[ ${option["--until-eof"]-} ]] || exec <&"$ROVI_PIPE"
        "${call[@]}" -- "$SSH_TO" "$ROVI_REPLY" <&0 &
        # shellcheck disable=SC2064  # the PID as it is now
        trap "kill $!; exit 130" INT
        # shellcheck disable=SC2064
        trap "kill $!; exit 143" TERM HUP
        wait $!
    fi
    code=$?
    rovi_printable "ssh ${SSH_WORDS[*]}${SSH_WORDS:+ }$SSH_TO true"
    case $code in
    255) die "$ROVI_EX_UNAVAILABLE" "cannot reach $host over ssh, see above: does '$ROVI_REPLY' work?" ;;
    137)
        [[ $timeout == infinity ]] ||
            die "$ROVI_EX_TIMEOUT" "$host did not answer within $timeout s: does '$ROVI_REPLY' work?"
        ;;
    127) die "$ROVI_EX_UNAVAILABLE" "there is no rovictl on $host: $ROVI_TOLD_THERE" ;;
    esac
    return "$code"
}

# find_timeout: sets the caller's timeout: seconds that the verb may take, or infinity. Beside other robots, each verb
# that comes to an end has a limit, because one robot must not hold up the others.
find_timeout() {
    timeout=${option["--timeout"]-}
    [[ ! $timeout ]] || return 0
    case $verb:${option["--follow"]-} in
    watch:* | *:yes) timeout=infinity ;;
    start:* | stop:* | kill:* | restart:* | switch:* | wait:* | gateway:*) timeout=$ROVI_TIMEOUT_S ;;
    hardware:*) timeout=$ROVI_TURN_TIMEOUT_S ;;
    *) timeout=$FAR_S ;;
    esac
    [[ $several ]] || timeout=infinity
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
        [[ " $SEVERAL_OPTIONS " != *" $long "* ]] || continue
        case $long in
        --host) continue ;;
        --machine) [[ ${option["--host"]-} ]] || continue ;;
        # The other end does not know this terminal, and colours would be control characters.
        --color) [[ ! $several ]] || continue ;;
        esac
        find_option "$long"
        case $long:$value_name in
        *:-) far+=("$long") ;;
        --field:*) far+=("${fields[@]/#/--field=}") ;;
        *) far+=("$long=${option[$long]}") ;;
        esac
    done
    [[ $verb != watch || -t 1 && ! $several || ! ${option["--host"]-} ]] || far+=(--until-eof)
    far+=("${operands[@]}" "${parameters[@]}")
}
