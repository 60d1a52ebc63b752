# shellcheck shell=bash
# help.sh: the verbs help, version and completion. What each verb takes stands in verbs.sh; here is what it is for.
# rovictl(1) says it at length.

use rovictl.d/verbs rovictl.d/terminal

# verb_text VERB: sets summary, about (more words, may be empty) and examples.
verb_text() {
    about=''
    case $1 in
    start)
        summary='start a stack and wait until it runs'
        about='Refused with 75 while another stack is active, and with 69 while the gateway is not.'
        examples=$'rovictl start mapping\nrovictl start nav --variant localization map:=lab1' ;;
    stop)
        summary='stop a stack, or the one that is active'
        about='ros2 launch gets SIGINT and passes it on to each node. Done when the last one has ended.'
        examples=$'rovictl stop\nrovictl stop mapping --timeout 30' ;;
    restart)
        summary='stop a stack if it runs, and start it'
        about='Without --variant and NAME:=VALUE it starts with the defaults, however it ran before.'
        examples='rovictl restart nav' ;;
    switch)
        summary='stop the active stack and start another'
        about='If the stop fails, nothing is started; if the start fails, it says what runs now.'
        examples='rovictl switch nav' ;;
    wait)
        summary='wait until a unit has reached a state'
        about='Ends with 1 when the unit fails meanwhile, and with 124 when the time is over.'
        examples=$'rovictl wait nav --timeout 30\nrovictl wait mapping --state stopped,failed --timeout infinity' ;;
    status)
        summary='show the gateway and all stacks, or one of them'
        about='Exits with 3 where what was asked for does not run; without a name, the gateway. The active stack is marked with "<".'
        examples=$'rovictl status\nrovictl status nav --json\nrovictl status -q mapping && echo "mapping runs"' ;;
    list)
        summary='list the stacks that are installed'
        about='Below a stack: its variants, and its parameters with the form of their values, an extended regular expression.'
        examples=$'rovictl list\nrovictl list -q' ;;
    watch)
        summary='show the state, and every change of it'
        about='On a terminal the table of status, else a line a change; with --json one object with the whole state, then one for each unit that changes. With --field only these fields, at first and at each change: their ids and what the verb field prints.'
        examples=$'rovictl watch\nrovictl watch nav --json\nrovictl watch --field svc_nav=service:rovi-nav --json' ;;
    field)
        summary='say in one word how a service or process is'
        about="Of a service: systemd's own word, as in active, inactive or failed. Of a process, by the name of its program or script: running or missing, or unknown if you may not see it."
        examples=$'rovictl field service rovi-nav\nrovictl field process controller_server --service rovi-nav' ;;
    ps)
        summary='show the processes of a unit as a tree'
        examples='rovictl ps nav' ;;
    logs)
        summary='show the log of one unit, or of all'
        examples=$'rovictl logs mapping -n 50\nrovictl logs -f' ;;
    doctor)
        summary='look for what is not as it should be'
        about='Each line is ok, warn or fail, with the way out. Changes nothing. Exits with 1 if something fails. sudo sees more.'
        examples=$'rovictl doctor\nsudo rovictl doctor --json' ;;
    gateway)
        summary="the administrator's verb for the gateway"
        about='stop takes the stack that runs with it, restart brings it back as it ran; enable and disable say whether the gateway starts at boot.'
        examples=$'sudo rovictl gateway restart\nrovictl gateway status' ;;
    completion)
        summary='print a completion script for a shell'
        about='The installer puts them where bash, zsh and fish look for them.'
        examples='source <(rovictl completion bash)' ;;
    help)
        summary='how to use rovictl, or one of its verbs'
        examples='rovictl help wait' ;;
    version)
        summary='print the version'
        examples='rovictl version' ;;
    esac
}

# print_usage: the verbs in short.
print_usage() {
    local line name operand_name summary about examples
    printf 'rovictl - start, stop and show the stacks of a ROVI robot\n\n'
    for line in "${VERBS[@]}"; do
        IFS=' ' read -r name _ operand_name _ <<<"$line"
        verb_text "$name"
        operand_name=${operand_name//+/ }
        printf '  rovictl %-20s %s\n' "$name ${operand_name/#-/}" "$summary"
    done
    cat <<'END'

One stack is active at a time. Options and examples: rovictl help VERB.
On other machines: -H [USER@]HOST over ssh, -M NAME for a local container.

Exit codes: 0 done, 1 the unit failed, 2 usage or unknown stack, 3 not running
(status, ps), 4 not installed or out of reach, 69 the gateway is not running,
75 another stack is active, 77 not permitted, 78 bad configuration, 79 refused
by a guard, 124 not settled in time.
END
}

# cmd_help [VERB]
cmd_help() {
    local line name operand_name options summary about examples
    if [[ ! ${1-} ]]; then
        print_usage
        return
    fi
    for line in "${VERBS[@]}"; do
        IFS=' ' read -r name _ operand_name options <<<"$line"
        [[ $name != "$1" ]] || break
    done
    verb_text "$name"
    printf 'rovictl %s - %s\n\n' "$name" "$summary"
    [[ $operand_name != - ]] || operand_name=
    operand_name=${operand_name//+/ }
    printf 'usage: rovictl %s%s [OPTION...]\n' "$name${operand_name:+ $operand_name}" \
        "$([[ " $options " != *" --variant "* ]] || printf ' [NAME:=VALUE...]')"
    case $operand_name in
    'KIND NAME') printf '       KIND is one of: %s\n       NAME is rovi-gateway, rovi-STACK or the name of a program\n' "$KINDS" ;;
    ACTION) printf '       ACTION is one of: %s\n' "$ACTIONS" ;;
    SHELL) printf '       SHELL is one of: %s\n' "$SHELLS" ;;
    *UNIT*) printf '       UNIT is the name of a stack, or gateway\n' ;;
    *STACK*) printf "       STACK is a name that 'rovictl list' shows, and what it takes\n" ;;
    esac
    [[ ! $about ]] || { printf '\n' && indented '' 79 "$about"; }
    printf '\noptions:\n'
    print_options " $options $COMMON_OPTIONS "
    printf '\nexamples:\n'
    printf '  %s\n' "${examples//$'\n'/$'\n  '}"
}

# print_options NAMES: the options that are in NAMES, a list with blanks around each.
print_options() {
    local line short long value text
    for line in "${OPTIONS[@]}"; do
        IFS=' ' read -r short long value text <<<"$line"
        [[ $1 == *" $long "* ]] || continue
        [[ $value == - ]] || long+=" $value"
        if [[ $short == - ]]; then short='    '; else short+=', '; fi
        printf -v long '  %s%-15s ' "$short" "$long"
        indented "$long" 79 "$text"
    done
}

cmd_version() {
    printf 'rovictl %s\n' "$VERSION"
}

# cmd_completion SHELL
cmd_completion() {
    cat "$ROVI_CTL/completion/rovictl.$1"
}
