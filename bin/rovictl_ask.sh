# shellcheck shell=bash
# rovictl_ask.sh: what rovictl knows of the robot: which stacks are installed and what systemd
# says of them. To be sourced by rovictl.

stacks=() # names of the installed stacks, filled by find_stacks
# Of the unit that read_properties has read last.
# shellcheck disable=SC2034  # rovictl_tell.sh reads it
declare -A property=()

# find_stacks: fills stacks from the unit files. Exits where the gateway is not installed.
find_stacks() {
    local dir file name installed=no
    local -a dirs
    local -A seen=()
    IFS=: read -ra dirs <<<"$ROVI_UNIT_PATH"
    for dir in "${dirs[@]}"; do
        [[ ! -f $dir/$ROVI_GATEWAY ]] || installed=yes
        for file in "$dir"/rovi-*.service; do
            name=${file##*/rovi-}
            name=${name%.service}
            [[ -e $file && -z ${seen[$name]-} ]] || continue # the first directory counts
            seen[$name]=1
            ! rovi_is_stack "$file" "$name" || stacks+=("$name")
        done
    done
    [[ $installed == yes ]] ||
        die "$ROVI_EX_UNAVAILABLE" "ROVI services are not installed here: run 'sudo make install' in the checkout"
}

# die_of_bus: turns busctl's words in ROVI_REPLY into one sentence and the code to exit with.
die_of_bus() {
    local user
    user=$(id -un)
    case $ROVI_REPLY in
    *polkit*)
        die "$ROVI_EX_DENIED" "polkit does not run, so only root may: an administrator looks at 'systemctl status polkit'" ;;
    *[Aa]"ccess denied"* | *[Aa]"uthentication required"* | *[Pp]"ermission denied"*)
        [[ " $(id -nG "$user") " == *" rovi-ops "* ]] ||
            die "$ROVI_EX_DENIED" "not permitted: $user is not in group rovi-ops: an administrator runs 'sudo usermod -aG rovi-ops $user'"
        die "$ROVI_EX_DENIED" "not permitted, though $user is in group rovi-ops: an administrator runs 'sudo make install' again" ;;
    *[Tt]"imed out"* | *[Tt]"imeout"*)
        die "$ROVI_EX_TIMEOUT" "systemd did not answer within $ROVI_BUS_TIMEOUT_S s: try again" ;;
    *destructive*)
        die "$ROVI_EX_TIMEOUT" "another job that cannot be replaced is under way: see 'systemctl list-jobs', and try again" ;;
    *" not found"* | *"masked"* | *"bad unit file setting"*)
        die "$ROVI_EX_UNAVAILABLE" "systemd will not load the unit (${ROVI_REPLY#Call failed: }): an administrator looks at 'systemctl cat'" ;;
    *)
        die "$ROVI_EX_UNAVAILABLE" "cannot reach systemd (${ROVI_REPLY//$'\n'/ }): is this the robot, and does D-Bus run?" ;;
    esac
}

# look: asks systemd for the states of the gateway and of all stacks, in one call that also
# loads unit files which nothing has needed yet.
look() {
    local -a units=(gateway "${stacks[@]}")
    units=("${units[@]/#/rovi-}")
    units=("${units[@]/%/.service}" "$ROVI_TARGET")
    command -v busctl >/dev/null ||
        die "$ROVI_EX_UNAVAILABLE" "there is no busctl: this machine does not run systemd"
    rovi_list_units ListUnitsByNames as "${#units[@]}" "${units[@]}" || die_of_bus
}

# state_of NAME: prints the ActiveState that look has seen.
state_of() {
    printf '%s' "${ROVI_ACTIVE_STATE[rovi-$1.service]-inactive}"
}

# active_stack [NAME]: prints the stack, other than NAME, that is active; else one that is
# stopping; else one that is starting, which may yet be refused.
active_stack() {
    local name state
    for state in active reloading deactivating activating; do
        for name in "${stacks[@]}"; do
            [[ $name == "${1-}" || $(state_of "$name") != "$state" ]] || { printf '%s' "$name" && return; }
        done
    done
}

# read_properties UNIT: fills property, all that status and the messages need, in one call.
read_properties() {
    local key escaped
    property=()
    rovi_object_path "$1"
    rovi_busctl call "$ROVI_SYSTEMD" "$ROVI_REPLY" org.freedesktop.DBus.Properties GetAll s '' || die_of_bus
    for key in LoadState ActiveState SubState UnitFileState Result ExecMainCode ExecMainStatus \
        MainPID StateChangeTimestamp ExecMainExitTimestamp MemoryCurrent TasksCurrent StatusText; do
        if [[ $ROVI_REPLY =~ \"$key\"\ [a-z]\ \"(([^\"\\]|\\.)*)\" ]]; then
            escaped=${BASH_REMATCH[1]//%/%%} # busctl escapes as C does, and so does printf
            # shellcheck disable=SC2059  # the format is the text, see above
            printf -v "property[$key]" "$escaped"
        elif [[ $ROVI_REPLY =~ \"$key\"\ [a-z]\ ([0-9]+) ]]; then
            property[$key]=${BASH_REMATCH[1]}
        fi
    done
    # Any node may set it, and it goes to a terminal.
    property[StatusText]=${property[StatusText]//[[:cntrl:]]/ }
    [[ $ROVI_REPLY =~ \"InvocationID\"\ ay\ 16\ (([0-9]+ ){15}[0-9]+) ]] || return 0
    # shellcheck disable=SC2034,SC2086  # sixteen numbers; rovictl_tell.sh reads them
    printf -v "property[InvocationID]" '%02x' ${BASH_REMATCH[1]}
}

# settle UNIT: waits until UNIT has no job and is neither starting nor stopping, SETTLE_S at most.
settle() {
    local end object
    rovi_uptime
    end=$((ROVI_REPLY + SETTLE_S))
    rovi_object_path "$1"
    object=$ROVI_REPLY
    while rovi_busctl get-property "$ROVI_SYSTEMD" "$object" "$ROVI_SYSTEMD.Unit" ActiveState Job || die_of_bus; do
        [[ $ROVI_REPLY == *'"activating"'* || $ROVI_REPLY == *'"deactivating"'* || $ROVI_REPLY != *'(uo) 0 '* ]] || return 0
        rovi_uptime
        ((ROVI_REPLY < end)) ||
            die "$ROVI_EX_TIMEOUT" "$1 has not settled within $SETTLE_S s: see 'rovictl status'"
        sleep 0.03
    done
}
