# shellcheck shell=bash
# new_unit.sh: the unit file of a new stack, as text. Every word in it that comes from a command line or from ROS is
# written so that systemd reads it as that word.

use lib/contract lib/text rovictl.d/launch_args

readonly NEW_VALUE='[A-Za-z0-9_][A-Za-z0-9_.:+-]*' # what an operator may give for an argument without choices

# new_unit NAME LIB DESCRIPTION LAUNCH: prints the unit file of the stack NAME, whose ROVI_LAUNCH is LAUNCH. A test
# compares its keys with those of the stacks that come along.
new_unit() {
    local name=$1 lib=$2 description launch
    unit_word "$3" && description=$ROVI_REPLY
    unit_word "$4" && launch=$ROVI_REPLY
    cat <<END
$ROVI_NEW_MARK Yours to edit; 'man rovi-stack' explains each key. After a change:
# sudo systemctl daemon-reload; sudo rovictl check $name

[Unit]
Description=ROVI stack $name: $description
# Fails unless the gateway is active, and starts nothing. Requires= would start the gateway.
Requisite=rovi-stacks.target
# The stack stops with the gateway, also when the gateway crashes.
PartOf=rovi-gateway.service rovi-stacks.target
After=rovi-gateway.service rovi-stacks.target
# One makes sure that a stop comes to its end, the other looks at the health while the stack runs.
Wants=rovi_end@$name.service
Wants=rovi-health@$name.timer

[Service]
# A child of run_stack.sh sends READY=1 when ros2 launch has started its first process; this takes NotifyAccess=all.
Type=notify
NotifyAccess=all
ExecStart=$lib/run_stack.sh $name
ExecStopPost=$lib/run_stack.sh --stopped $name
# What it runs: ros2 launch with these words.
Environment="ROVI_LAUNCH=$launch"
END
    new_parameters "$name"
    cat <<'END'
TimeoutStartSec=90
# More than the 10 s that ros2 launch needs if a node ignores SIGINT.
TimeoutStopSec=20

[Install]
# Nothing enables it. An administrator may, so that this stack starts at boot.
WantedBy=multi-user.target
END
}

# new_parameters NAME: prints, as comments, what the launch file declares.
new_parameters() {
    local argument text title=''
    for argument in "${ARGUMENTS[@]}"; do
        [[ $argument == [A-Za-z_]*([A-Za-z0-9_]) && ${#argument} -le 64 ]] || continue # else it can be no key
        if [[ ! $title ]]; then
            title=yes
            printf '# What the launch file takes. Without the "#" before Environment=, operators may choose a value:\n'
            printf '#     rovictl start %s NAME:=VALUE\n' "$1"
        fi
        text=${ARGUMENT["$argument/text"]:-$argument}
        [[ ! ${ARGUMENT["$argument/default"]-} ]] || text+=" (default: ${ARGUMENT["$argument/default"]})"
        unit_comment "$argument: $text"
        printf '# %s\n#Environment=%s\n' "$ROVI_REPLY" "$(new_parameter "$argument")"
    done
}

# new_parameter ARGUMENT: prints the declaration that offers ARGUMENT: its choices, as far as they are known.
new_parameter() {
    local choices=${ARGUMENT["$1/choices"]-} default=${ARGUMENT["$1/default"]-} pattern=$NEW_VALUE
    [[ $choices || $default != @(true|false) ]] || choices=' true false '
    [[ $choices || $default != @(True|False) ]] || choices=' True False '
    choices=${choices# } choices=${choices% }
    if [[ $choices ]]; then
        pattern=${choices// /|} pattern=${pattern//./[.]} pattern=${pattern//+/[+]}
        printf '"ROVI_PARAMETER_%s=%s" "ROVI_VALUES_%s=%s"' "$1" "$pattern" "$1" "$choices"
        return
    elif [[ $default =~ ^-?[0-9]+([.][0-9]*)?$ ]]; then
        pattern='-?[0-9]+([.][0-9]+)?'
    fi
    printf '"ROVI_PARAMETER_%s=%s"' "$1" "$pattern"
}

# unit_word TEXT: sets ROVI_REPLY to TEXT as it has to stand in a unit file, between double quotes or not: without a
# specifier of systemd's. There are no quotes, backslashes and control characters in TEXT.
unit_word() {
    ROVI_REPLY=${1//%/%%}
}

# unit_comment TEXT: sets ROVI_REPLY to TEXT for a comment line: without backslashes, because before systemd 254 a
# comment that ends in one goes on in the next line.
unit_comment() {
    rovi_printable "$1"
    ROVI_REPLY=${ROVI_REPLY//\\/ }
    ROVI_REPLY=${ROVI_REPLY:0:240}
}
