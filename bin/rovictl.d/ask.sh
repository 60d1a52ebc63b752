# shellcheck shell=bash
# shellcheck disable=SC2119,SC2120  # the arguments of try_look_all come from other files
# ask.sh: what rovictl knows about the robot: which stacks are installed, and what systemd says about them.

use lib/contract lib/run lib/stacks rovictl.d/look

stacks=()     # names of the installed stacks, from find_stacks; find_gone adds those that are gone
always=()     # names of the units that always run: gateway, and hardware while that is a process of its own
boot_links='' # the unit files that have a link, between blanks, see starts_at_boot; find_stacks empties it
# UNIT: what systemd says about units, by "UNIT/PROPERTY"; look fills it. For a unit that was refused it also has
# RefusedWith, RefusedBy and RefusedWhy, see status_read. ACTIVE: the ActiveState by stack, or "gateway"; a unit that is
# down counts as activating if its start is queued. (-g, because this file is sourced inside a function.)
declare -gA UNIT=() ACTIVE=()
declare -gA stack_file=() gone=() # by name, see find_stacks and find_gone

find_stacks() {
    local file name installed='' IFS=: LC_ALL=C
    shopt -s nullglob
    stacks=() stack_file=() gone=() always=(gateway) boot_links=''
    [[ ! -e $ROVI_HARDWARE_ON ]] || always+=(hardware)
    # shellcheck disable=SC2231  # to be split at the colons
    for file in ${ROVI_UNIT_PATH//:/\/rovi-*.service:}/rovi-*.service; do
        name=${file##*/rovi-}
        name=${name%.service}
        [[ ! ${stack_file[$name]+set} ]] || continue # the first directory counts
        stack_file[$name]=
        if [[ $name == gateway ]]; then
            installed=yes
        elif rovi_is_stack "$file" "$name"; then
            stack_file[$name]=$file
            stacks+=("$name")
        fi
    done
    shopt -u nullglob
    if [[ ! $installed ]]; then
        use lib/told
        die "$ROVI_EX_UNAVAILABLE" "ROVI services are not installed here: $ROVI_TOLD_HERE"
    fi
}

# need_unit NAME [gateway|gone]: ends rovictl unless NAME is an installed stack. With a second word it accepts a stack
# that is gone, too; with "gateway" also what always runs.
need_unit() {
    find_stacks
    # A look is needed to know which stacks are gone.
    is_unit "$@" || { [[ ${2-} ]] && try_look_all && is_unit "$@"; } || die_of_name "$@"
}

# is_unit NAME [gateway|gone]: whether need_unit accepts NAME, without another look.
is_unit() {
    [[ ${stack_file[$1]-}${gone[$1]-} || (${2-} == gateway && " ${always[*]} " == *" $1 "*) ]]
}

# die_of_name NAME [gateway|gone]: ends rovictl after is_unit has failed.
die_of_name() {
    local -a known=("${stacks[@]}")
    [[ ${2-} != gateway ]] || known=("${always[@]}" "${stacks[@]}")
    record wrong stack
    [[ $1 != hardware ]] || die "$ROVI_EX_USAGE" "$ROVI_HARDWARE_OFF"
    use lib/text rovictl.d/slips
    did_you_mean "$1" "${known[@]}"
    die "$ROVI_EX_USAGE" "no stack is named $(rovi_quote "$1")$ROVI_REPLY (known: ${known[*]:-none})"
}

# die_of_bus: ends rovictl after a call to systemd has failed, with one sentence made of ROVI_REPLY.
die_of_bus() {
    use rovictl.d/refusal
    die_of_answer
}

# try_look UNIT...: fills UNIT and ACTIVE again, by the look at these units that was sent early, if there is one; fails
# as rovi_run does. A pattern finds only units that are not inactive, and a stack that is not found is stopped; for a
# name systemd loads the unit. It runs systemctl, because a busctl can read only one unit, and has it use the bus,
# because root's systemctl would not.
try_look() {
    [[ $LOOK_SENT == "$ROVI_PID $*" ]] || send_look "$@"
    receive_look || try_again "$@"
}

# try_look_all [UNIT...]: try_look at the target, what always runs and all stacks, and at these units.
try_look_all() {
    try_look "${OURS[@]}" "$@"
}

# try_again UNIT...: after a look has failed: looks again if systemd was in the middle of daemon-reexec.
try_again() {
    local lost=''
    while is_reexec && bus_is_back; do
        send_look "$@"
        ! receive_look || return 0
    done
    return 1
}

# is_reexec: whether ROVI_REPLY is what the bus says if systemd drops a call while it executes itself again. systemd may
# or may not have taken the call. The text is the same on 247, 252 and 257.
is_reexec() {
    [[ $ROVI_REPLY == *"disconnected from message bus without replying"* ]]
}

# bus_is_back: after a call in a loop has failed: whether to try again. Uses the caller's lost, the uptime when the
# first failed call began.
bus_is_back() {
    local message=$ROVI_REPLY
    rovi_uptime
    lost=${lost:-$((ROVI_REPLY - ROVI_WAITED))}
    ROVI_WAITED=$((ROVI_REPLY - lost))
    ((ROVI_WAITED < ROVI_BUS_TIMEOUT_S * 100)) || { ROVI_REPLY=$message && return 1; }
    [[ ! $ROVI_DEADLINE || $ROVI_REPLY -lt $ROVI_DEADLINE ]] || { ROVI_REPLY="Timed out" && return 1; }
    rovi_nap "0.$((RANDOM % 20 + 10))" # out of step with whatever makes this happen again and again
    ROVI_REPLY=$message
}

# receive_look: the second half of try_look.
receive_look() {
    local - IFS=$'\n' LC_ALL=C rest block line id # C: bash is faster with bytes
    LOOK_SENT=
    rovi_receive || return
    set -f
    UNIT=() ACTIVE=() rest=$ROVI_REPLY
    while [[ $rest ]]; do # an empty line between units
        block=${rest%%$'\n\n'*}
        rest=${rest:${#block}+2}
        [[ $block =~ (^|$'\n')Id=([^$'\n']+) ]] || continue
        id=${BASH_REMATCH[2]}
        for line in $block; do
            UNIT["$id/${line%%=*}"]=${line#*=}
        done
        [[ $id == rovi-*.service ]] || continue
        if [[ ${UNIT["$id/StatusText"]-} ]]; then
            use lib/text lib/status_text
            rovi_printable "${UNIT["$id/StatusText"]}" # any node may set it, and it goes to a terminal
            status_read "$ROVI_REPLY"
            UNIT["$id/StatusText"]=${STATUS_GUARD:+$STATUS_GUARD guard: }$STATUS_WHY
            UNIT["$id/RefusedWith"]=$STATUS_CODE
            UNIT["$id/RefusedBy"]=$STATUS_GUARD
            UNIT["$id/RefusedWhy"]=$STATUS_WHY
        fi
        rovi_active "${UNIT["$id/ActiveState"]}"
        [[ $ROVI_REPLY != @(inactive|failed) || ! ${UNIT["$id/Job"]-} ]] || ROVI_REPLY=activating
        ACTIVE["${id:5:-8}"]=$ROVI_REPLY
        [[ $ROVI_REPLY == @(inactive|failed) || ${stack_file["${id:5:-8}"]-} ]] || find_gone "${id:5:-8}"
    done
}

# find_gone NAME: for a unit that is not stopped and not an installed stack: adds it to stacks if it is a stack whose
# unit file was removed or masked. It can be shown and stopped. gone says which of the two, by name.
find_gone() {
    local unit=rovi-$1.service
    [[ ! ${gone[$1]-} ]] && rovi_was_stack "$1" "${UNIT["$unit/LoadState"]}" "${UNIT["$unit/ExecStart"]-}" || return 0
    gone[$1]=gone
    [[ ${UNIT["$unit/LoadState"]} != masked ]] || gone[$1]=masked
    stacks+=("$1")
}

# look: fills UNIT and ACTIVE with what systemd says about the gateway, the target and all stacks, with one process.
look() {
    try_look_all || die_of_bus
}

# active_stack [NAME]: sets ROVI_REPLY to the active stack, apart from NAME; if none is, to one that is stopping; else
# to one that is starting, which may still be refused; else to nothing.
active_stack() {
    local name found='' best=9 rank
    for name in "${stacks[@]}"; do
        [[ $name != "${1-}" ]] || continue
        rovi_state "${ACTIVE[$name]-}"
        case $ROVI_REPLY in
        RUNNING) rank=1 ;;
        STOPPING) rank=2 ;;
        STARTING) rank=3 ;;
        *) continue ;;
        esac
        ((rank >= best)) || best=$rank found=$name
    done
    ROVI_REPLY=$found
}

# need_no_other NAME: ends rovictl if NAME and another stack are active: rovictl does not guess which one is meant.
need_no_other() {
    active_stack "$1"
    [[ ${ACTIVE[${1:-none}]-} == active ]] || return 0
    [[ ${ACTIVE[${ROVI_REPLY:-none}]-} == active ]] || return 0
    record wrong which
    die "$ROVI_EX_USAGE" "$1 and $ROVI_REPLY are both active: say which one to stop: 'rovictl stop NAME'"
}

# refuse_without_gateway: ends rovictl unless look has seen that gateway, hardware and target are active.
refuse_without_gateway() {
    need_gateway
    ! rovi_lacks_hardware "${ACTIVE[hardware]-}" || die "$ROVI_EX_NO_GATEWAY" "$ROVI_REPLY"
    [[ ${UNIT["$ROVI_TARGET/ActiveState"]-} == active ]] || die "$ROVI_EX_NO_GATEWAY" "$ROVI_NO_TARGET"
}

# need_gateway: ends rovictl unless look has seen that the gateway is active.
need_gateway() {
    [[ ${ACTIVE[gateway]-} == active ]] || die "$ROVI_EX_NO_GATEWAY" "$ROVI_NO_GATEWAY"
}

# starts_at_boot NAME: whether the unit starts at boot. The hardware starts with the gateway. A look by
# pattern leaves out a unit that is stopped; then the links count that systemctl enable makes.
starts_at_boot() {
    local name=${1/%hardware/gateway} known link
    known=${UNIT["rovi-$name.service/UnitFileState"]-}
    [[ $known != enabled ]] || return 0
    [[ ! $known ]] || return
    if [[ ! $boot_links ]]; then
        boot_links=' '
        for link in "$ROVI_SITE_UNITS"/*.{wants,requires,upholds}/rovi-*.service; do
            [[ ! -L $link ]] || boot_links+="${link##*/} "
        done
    fi
    [[ $boot_links == *" rovi-$name.service "* ]]
}

# state NAME: sets ROVI_REPLY to the word for the unit's state.
state() {
    rovi_state "${ACTIVE[$1]-inactive}"
}
