#!/bin/bash
# stack_file.sh may-add NAME: fails unless a new stack may be named NAME.
# stack_file.sh add NAME: puts the unit file on standard input in place, as the stack NAME, and lets operators start it.
# stack_file.sh remove NAME: takes a stack away that was added like this.
#
# Run by `rovictl new` and `rovictl remove`, as root. All or nothing: if something fails, everything is as it was. Says
# on standard error what is wrong. Exit codes: see lib/contract.sh.
set -euo pipefail

DESTDIR=''
ROVI_LIB=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
PREFIX=${ROVI_LIB%/lib/rovi}
# shellcheck source=services/lib/use.sh
source "$ROVI_LIB/lib/use.sh"
use lib/contract lib/told lib/run lib/bus lib/stacks install/files install/permit
RULE_SOURCE=$ROVI_LIB/rovi-stacks.rules
OLD=.rovi-old # what a file that may change is also named meanwhile; neither systemd, polkit nor sudo reads such a name
umask 022

# may_add NAME: ends the program if NAME cannot be a new stack's name, or if there is such a unit.
may_add() {
    local dir file unit=rovi-$1.service
    local -a dirs
    rovi_valid_name "$1" || die "$ROVI_EX_USAGE" "that is no name for a stack"
    [[ $ROVI_RESERVED != *" $1 "* ]] || die "$ROVI_EX_USAGE" "ROVI services use the name $1 themselves: choose another"
    ! is_our_mask "$unit" || return 0
    IFS=: read -ra dirs <<<"$ROVI_UNIT_PATH"
    for dir in "${dirs[@]}"; do
        file=$dir/$unit
        ! rovi_is_stack "$file" "$1" || die "$ROVI_EX_USAGE" "there is a stack $1 already, $file: choose another name"
        [[ ! -e $file && ! -L $file ]] ||
            die "$ROVI_EX_USAGE" "$file is there already and is not a stack: choose another name"
    done
    # A transient unit, or a generator's. Not by LoadState=: while something still names a unit that was removed, it can
    # be "bad-setting" in place of "not-found", because of our drop-ins for the prefix (seen on 247 and 257).
    rovi_run systemctl show --property=FragmentPath --value -- "$unit" || die_of_systemd
    [[ ! $ROVI_REPLY ]] ||
        die "$ROVI_EX_USAGE" "systemd knows a unit $unit already: choose another name, or run 'systemctl cat $unit'"
}

# is_our_mask UNIT: whether STACKS= of the package has left UNIT out: the name is free then.
is_our_mask() {
    [[ -L $ROVI_SITE_UNITS/$1 && $(readlink "$ROVI_SITE_UNITS/$1") == /dev/null &&
    $(manifest_lines "^$ROVI_SITE_UNITS/$1\$") ]]
}

die_of_systemd() {
    die "$ROVI_EX_UNAVAILABLE" "systemd does not answer: $ROVI_REPLY"
}

# begin FILE: from here on, whatever happens before `finish`, `undo` makes FILE, and all else that changes, as it was.
begin() {
    local file
    touched=("$1" "$MANIFEST" "$LIB/checksums" "$ROVI_RULE" "$ROVI_SUDOERS" "$BY_SUDO")
    trap undo EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    for file in "${touched[@]}"; do
        rm -f "$file$OLD"
        [[ ! -e $file && ! -L $file ]] || ln -P "$file" "$file$OLD" # a second name needs no room on the disk
    done
}

# undo: see begin.
undo() {
    local status=$? file
    trap - EXIT
    trap '' INT TERM HUP
    set +e
    for file in "${touched[@]}"; do
        if [[ $file -ef $file$OLD ]]; then
            rm -f "$file$OLD"
        elif [[ -e $file$OLD || -L $file$OLD ]]; then
            mv -fT "$file$OLD" "$file"
        else
            rm -f "$file"
        fi
        rm -f "$file.rovi-new"
    done
    rovi_manager Reload
    [[ ! $enabled ]] || systemctl enable --quiet "$enabled"
    ((status != ROVI_EX_FAILED)) ||
        complain "cannot write all files, so everything is as it was: is there room on the disk?"
    exit "$status"
}

# finish: what was done stays.
finish() {
    trap - EXIT
    rm -f "${touched[@]/%/$OLD}"
}

# permit: makes the rule for operators, polkit's or sudo's, whichever is installed, name the stacks that there are.
permit() {
    local path=$ROVI_RULE sum
    PERMIT=rule
    [[ ! -e $BY_SUDO ]] || PERMIT=sudoers path=$ROVI_SUDOERS
    [[ -e $path ]] || PERMIT='' # only root starts stacks here
    ROVI_USER=$(site_value 'User=(.*)')
    put_permit
    [[ $PERMIT && -f $LIB/checksums ]] || return 0
    sum=$(sha256sum -- "$path")
    put 644 "$LIB/checksums" < <(sed "s|^[0-9a-f]*  $path\$|$sum|" "$LIB/checksums")
}

# reload: has systemd read the unit files again.
reload() {
    rovi_manager Reload || die_of_systemd
}

# add NAME: puts standard input in place.
add() {
    local unit=rovi-$1.service file=$ROVI_SITE_UNITS/rovi-$1.service
    begin "$file"
    if [[ -L $file ]]; then
        rm -f "$file"
        put 644 "$MANIFEST" < <(grep -vxF "$file" "$MANIFEST")
    fi
    put 644 "$file"
    reload
    rovi_run systemctl show --property=LoadState --value -- "$unit" || die_of_systemd
    [[ $ROVI_REPLY == loaded ]] || die "$ROVI_EX_CONFIG" "systemd does not take the unit, it says $ROVI_REPLY"
    permit
    finish
}

# remove NAME: takes it away, the right to start it first: see uninstall.sh.
remove() {
    local unit=rovi-$1.service file=$ROVI_SITE_UNITS/rovi-$1.service line=''
    ! [[ -f $file && ! -L $file ]] || IFS= read -r line <"$file" || true
    [[ $line == "$ROVI_NEW_MARK"* ]] ||
        die "$ROVI_EX_USAGE" "'rovictl new' has not made the stack $1: if it came with ROVI services, \
leave it out by STACKS=; if not, remove its file, then run '$ROVI_TOLD_SETUP'"
    stale=("$file")
    begin "$file"
    permit
    rovi_list_units ListUnitsByNames as 1 "$unit" || die_of_systemd
    [[ ${ROVI_ACTIVE_STATE["$unit"]} == @(inactive|failed) && ! ${ROVI_JOB["$unit"]} ]] ||
        die "$ROVI_EX_BUSY" "$1 runs: stop it first with 'rovictl stop $1'"
    if systemctl is-enabled --quiet "$unit"; then
        enabled=$unit
        systemctl disable --quiet "$unit"
    fi
    rm -f "$file"
    if [[ $UNITS != "$ROVI_SITE_UNITS" && -e $UNITS/$unit ]]; then # it stood in the place of one that was left out
        ln -s /dev/null "$file"
        put 644 "$MANIFEST" < <(sort -u "$MANIFEST" - <<<"$file")
    fi
    reload
    finish
    systemctl reset-failed "$unit" 2>/dev/null || true
}

touched=() enabled=''
if [[ $# != 2 || $1 != @(may-add|add|remove) ]]; then
    die "$ROVI_EX_USAGE" "usage: stack_file.sh may-add|add|remove NAME"
elif [[ $ROVI_LIB != */lib/rovi ]]; then
    die "$ROVI_EX_UNAVAILABLE" "this is a checkout: use the rovictl that is installed"
fi
{ rovi_make_lock "$ROVI_NEW_LOCK" && exec {lock}<>"$ROVI_NEW_LOCK" && flock -n "$lock"; } 2>/dev/null ||
    die "$ROVI_EX_BUSY" "another 'rovictl new' or 'rovictl remove' is under way: try again when it has ended"
case $1 in
may-add) may_add "$2" ;;
add)
    may_add "$2"
    add "$2"
    ;;
remove)
    rovi_valid_name "$2" || die "$ROVI_EX_USAGE" "that is no name for a stack"
    remove "$2"
    ;;
esac
