# shellcheck shell=bash
# help.sh: the verbs help, version and completion. verbs.sh says what each verb takes; here is what each verb does.
# rovictl(1) says more.

use rovictl.d/verbs rovictl.d/terminal

# verb_text VERB: sets summary, about (a longer text, may be empty) and examples.
verb_text() {
    about=''
    case $1 in
    start)
        summary='start a stack and wait until it runs'
        about='Refused with 75 if another stack is active, and with 69 if the gateway is not running.'
        examples=$'rovictl start mapping\nrovictl start nav --variant localization map:=lab1'
        ;;
    stop)
        summary='stop a stack, or the active one'
        about='ros2 launch gets SIGINT and passes it on to each node. Returns when the last process has ended.'
        examples=$'rovictl stop\nrovictl stop mapping --timeout 30'
        ;;
    kill)
        summary='end a stack, or the active one, by force'
        about='For a stop that is too slow. All processes of the stack get SIGKILL at once, so no node can save'
        about+=' anything or bring the robot to a halt. The stack is then FAILED, and its status says who has killed'
        about+=' it. If it runs, its motion guard is asked, as before a stop. On a terminal rovictl asks once.'
        examples=$'rovictl kill\nrovictl kill nav --yes'
        ;;
    restart)
        summary='stop a stack if it runs, and start it'
        about='Without --variant and NAME:=VALUE it starts with the defaults, whatever it ran with before; with --same'
        about+=' it asks again for what its last start was asked for.'
        examples=$'rovictl restart nav\nrovictl restart nav --same'
        ;;
    switch)
        summary='stop the active stack and start another'
        about='If the stop fails, nothing is started. If the start fails, a second line says what runs now.'
        about+=' Ctrl-C in the stop prevents the start. With --no-wait only the stop is waited for.'
        examples='rovictl switch nav'
        ;;
    clear)
        summary='forget that a stack, or each one, has failed'
        about='The stack is STOPPED then, and its reason is gone. Nothing is started or stopped.'
        examples=$'rovictl clear\nrovictl clear nav'
        ;;
    wait)
        summary='wait until a unit reaches a state'
        about='Exits with 1 if the unit fails meanwhile, and with 124 when the time is up.'
        examples=$'rovictl wait nav --timeout 30\nrovictl wait mapping --state stopped,failed --timeout infinity'
        ;;
    status)
        summary='show the gateway and all stacks, or some of them'
        about='Exits with 3 if one of the units, or without a name the gateway, is not running. "<" marks the active'
        about+=' stack.'
        examples=$'rovictl status\nrovictl status nav --json\nrovictl status -q mapping && echo "mapping runs"'
        ;;
    list)
        summary='list the installed stacks'
        about='Below a stack: its variants, and its parameters with the pattern of their values (an extended'
        about+=' regular expression), the default, and values to choose from.'
        examples=$'rovictl list\nrovictl list -q'
        ;;
    show)
        summary='show what a unit declares, and its command line'
        about='The command line is that of a start without --variant and NAME:=VALUE.'
        examples=$'rovictl show nav\nrovictl start nav map:=lab1 --dry-run'
        ;;
    enable | disable)
        summary='have a stack start at boot'
        [[ $1 == enable ]] || summary='have a stack no longer start at boot'
        about='For the administrator. Of several, the first by name runs; status and list show which start at boot.'
        examples="sudo rovictl $1 teleop"
        ;;
    watch)
        summary='show the state and every change of it'
        about='On a terminal it redraws the table of status. Elsewhere it prints one line for each change.'
        about+=' With --json it prints one object with the whole state, then one for each unit that changes.'
        about+=' With --field it shows these fields only: all of them once, then each one that changes.'
        about+=' A line has the id of the field and its word.'
        examples=$'rovictl watch\nrovictl watch nav --json\nrovictl watch --field svc_nav=service:rovi-nav --json'
        ;;
    field)
        summary='print the state of a service or process in one word'
        about="For a service: systemd's own word, such as active, inactive or failed. For a process, found by"
        about+=' the file name of its program or script: running or missing, or unknown if you may not see it.'
        examples=$'rovictl field service rovi-nav\nrovictl field process controller_server --service rovi-nav'
        ;;
    ps)
        summary='show the processes of a unit as a tree'
        examples='rovictl ps nav'
        ;;
    logs)
        summary='show the log of one unit, or of all'
        about='On a terminal it opens at the end, in a pager that wraps long lines; "q" leaves it, and "/" searches.'
        about+=' A run is one start of one unit. journalctl(1) explains times, levels and patterns further.'
        examples=$'rovictl logs mapping -n 50\nrovictl logs -f\nrovictl logs nav --run -1 -p warning'
        examples+=$'\nrovictl logs nav --since "10 min ago" --grep timeout'
        ;;
    history)
        summary='show the last runs: who, with what, and the end'
        about='From the journal alone. BY says who asked, and how, if not by rovictl. READY is how long'
        about+=' the start took, RAN the whole run. Below stand variant and parameters, and why a run has failed.'
        examples=$'rovictl history\nrovictl history nav -n 5 --json\nrovictl history --since "2 hours ago"'
        ;;
    doctor)
        summary='check the installation'
        about='Each line is ok, warn or fail; below a problem stands what to do. Changes nothing.'
        about+=' Exits with 1 if something fails. With sudo it checks more.'
        examples=$'rovictl doctor\nsudo rovictl doctor --json'
        ;;
    report)
        summary='write all that a bug report needs into one file'
        about='It has what doctor, status and history say, the units as systemd merges them, the logs of the last runs,'
        about+=' launch.log, the names of core dumps, and versions. The values of variables whose names look like a'
        about+=" secret's are masked. Read it before you send it. With -H it is written on that host."
        examples=$'rovictl report\nsudo rovictl report nav'
        ;;
    new)
        summary='make a stack of a launch file'
        about='For the administrator. It asks ROS, as the service user, whether package, file and arguments exist,'
        about+=' writes one unit file, and lets operators start the stack. What the launch file takes is'
        about+=' in that file as comments: to let operators choose an argument, remove the "#" of its line.'
        examples=$'sudo rovictl new explore my_robot explore.launch.py speed:=0.2'
        examples+=$'\nsudo rovictl new dock my_robot dock.launch.py --description "go to the dock"'
        ;;
    remove)
        summary='remove a stack that new has made'
        about='For the administrator. The stack must not run.'
        examples='sudo rovictl remove explore'
        ;;
    check)
        summary='say all that is wrong with a unit'
        about='For the administrator. UNIT is a stack, or gateway; without it, all are checked. FILE is a unit file'
        about+=' that is not installed yet, with a slash: ./rovi-dock.service. It looks at the keys and names in it, at'
        about+=' what systemd says, and asks ROS about the launch. Exits with 78 if something is wrong.'
        examples=$'sudo rovictl check\nsudo rovictl check explore\nsudo rovictl check ./rovi-dock.service'
        ;;
    gateway)
        summary='start, stop or restart the gateway'
        about='For the administrator; anybody may ask for status. stop also stops the stack that runs; restart brings'
        about+=' it back with what it ran with. Neither asks its motion guard.'
        about+=' enable and disable decide whether the gateway starts at boot.'
        examples=$'sudo rovictl gateway restart\nrovictl gateway status'
        ;;
    hardware)
        summary='make the drivers a process of their own'
        about='For the administrator; off by default. on and off change over at once: they stop the stack, which stays'
        about+=' stopped, and start the gateway again, without or with its drivers. If a step fails, everything is as'
        about+=' it was before. While it is on, hardware is a unit beside the gateway, and stacks run only while it'
        about+=' runs. restart asks no motion guard.'
        examples=$'sudo rovictl hardware on\nsudo rovictl hardware restart\nrovictl hardware status'
        ;;
    root)
        summary='manage other root file systems'
        about='For the administrator. A root has another release of ROS than the host. "add NAME SOURCE" makes one of a'
        about+=' directory tree, of an archive (docker export, or OCI) or of a disk image; "list" shows them,'
        about+=' "remove NAME" removes one.'
        about+=' "use STACK NAME" has the next start of a stack run in it, "use STACK host" in the host'\''s own.'
        about+=' "back STACK" takes back the last "use".'
        examples=$'sudo rovictl root add jazzy jazzy.tar\nsudo rovictl root use nav jazzy\nsudo rovictl root back nav'
        ;;
    completion)
        summary='print a completion script for a shell'
        about='The installer puts these scripts where bash, zsh and fish look for them.'
        examples='source <(rovictl completion bash)'
        ;;
    help)
        summary='say how to use rovictl, or one of its verbs'
        examples='rovictl help wait'
        ;;
    version)
        summary='print the version'
        examples='rovictl version'
        ;;
    esac
}

# print_usage [short]: prints a line for each verb; short: for each that robots are driven with, to fit a terminal of 24
# lines.
print_usage() {
    local line name operand_name summary about examples
    printf 'rovictl - start, stop and show the stacks of a ROVI robot\n\n'
    for line in "${VERBS[@]}"; do
        IFS=' ' read -r name _ operand_name _ <<<"$line"
        [[ ! ${1-} || $name != @(check|completion|disable|enable|field|hardware|new|remove|root|version) ]] || continue
        verb_text "$name"
        operand_name=${operand_name//+/ }
        printf '  rovictl %-17s %s\n' "$name ${operand_name/#-/}" "$summary"
    done
    if [[ ${1-} ]]; then
        printf '\nOne stack is active at a time. Options and examples: rovictl help VERB.\n'
        printf "More verbs, other machines and exit codes: rovictl help\n"
        return
    fi
    cat <<'END'

One stack is active at a time. Options and examples: rovictl help VERB.
On other machines: -H [USER@]HOST over ssh, -M NAME for a local container.

Exit codes: 0 done, 1 the unit has failed, 2 wrong usage or unknown stack,
3 not running (status, ps), 4 not installed, or systemd or the host cannot be
reached, 69 the gateway or the hardware is not running, 75 another stack is
active, 77 not permitted, 78 wrong configuration, 79 refused by a guard,
124 not finished in time, 130 interrupted by Ctrl-C.
END
}

# cmd_help [VERB]: prints the help of VERB, or a line for each verb.
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
        "$(! takes_parameters "$options" || printf ' [NAME:=VALUE...]')"
    case $operand_name in
    'KIND NAME')
        printf '       KIND is one of: %s\n' "$KINDS"
        printf '       NAME is rovi-gateway, rovi-STACK or the name of a program\n'
        ;;
    ACTION) printf '       ACTION is one of: %s\n' "$ACTIONS" ;;
    TURN) printf '       TURN is one of: %s\n' "$TURNS" ;;
    ACTION...)
        printf '       ACTION is one of: list, add NAME SOURCE, remove NAME, use STACK NAME,\n'
        printf '       back STACK\n'
        ;;
    SHELL) printf '       SHELL is one of: %s\n' "$SHELLS" ;;
    *UNIT*) printf '       UNIT is the name of a stack, gateway, or hardware while that is on\n' ;;
    *STACK*) printf "       STACK is a name that 'rovictl list' shows, with its parameters\n" ;;
    esac
    [[ ! $about ]] || { indent '' 79 "$about" && printf '\n%s\n' "$ROVI_REPLY"; }
    printf '\noptions:\n'
    print_options " $options $COMMON_OPTIONS "
    printf '\nexamples:\n'
    printf '  %s\n' "${examples//$'\n'/$'\n  '}"
}

# print_options NAMES: prints the options in NAMES, a list with a blank before and after each.
print_options() {
    local line short long value text
    for line in "${OPTIONS[@]}"; do
        IFS=' ' read -r short long value text <<<"$line"
        [[ $1 == *" $long "* ]] || continue
        [[ $value == - ]] || long+=" $value"
        if [[ $short == - ]]; then short='    '; else short+=', '; fi
        printf -v long '  %s%-16s ' "$short" "$long"
        indent "$long" 79 "$text"
        printf '%s\n' "$ROVI_REPLY"
    done
}

cmd_version() {
    printf 'rovictl %s\n' "$VERSION"
}

# cmd_completion SHELL: prints the completion script.
cmd_completion() {
    cat "$ROVI_CTL/completion/rovictl.$1"
}
