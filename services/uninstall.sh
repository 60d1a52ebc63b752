#!/bin/bash
# uninstall.sh: removes what install.sh has installed, even while a stack runs. The workspace, the service user,
# its logs and unit files that others have written stay. The package runs it, too; then dpkg removes the files,
# and the group stays until the package is purged.
#
# Environment: PREFIX and DESTDIR as for install.sh. Exit codes: see lib/contract.sh.
set -uo pipefail

ROVI_LIB=${BASH_SOURCE[0]%/*}
# shellcheck source=services/lib/use.sh
source "$ROVI_LIB/lib/use.sh"
use lib/contract lib/told lib/run install/files

# installed PATTERN: prints the manifest's lines that match the extended regular expression.
installed() {
    [[ ! -f $DESTDIR$MANIFEST ]] || grep -E "$1" "$DESTDIR$MANIFEST"
}

# check_installed: returns if there is something to remove. It is a failure if that is somewhere else, but not if
# nothing is installed at all.
check_installed() {
    local package=$DESTDIR/usr/lib/rovi/setup.sh
    [[ ! -f $DESTDIR$MANIFEST ]] || return 0
    [[ $PREFIX != /usr || ! -e $package ]] || return 0
    if [[ -e $package ]]; then
        die "$ROVI_EX_CONFIG" "the package rovi-services is installed: remove it instead (apt remove rovi-services)"
    elif [[ $INSTALLED_PREFIX && $INSTALLED_PREFIX != "$PREFIX" ]]; then
        die "$ROVI_EX_CONFIG" "ROVI services are installed under $DESTDIR$INSTALLED_PREFIX: leave PREFIX= out"
    elif [[ $INSTALLED_PREFIX || -e $DESTDIR$LIB/uninstall.sh ]]; then
        die "$ROVI_EX_UNAVAILABLE" \
            "$DESTDIR$MANIFEST, which says what is installed, is missing: run '$ROVI_TOLD_FILES' first"
    fi
    printf 'nothing is installed%s\n' "${DESTDIR:+ below $DESTDIR}"
    exit 0
}

# remove_rule: removes polkit's or sudo's rule, before everything else. A rule that allows a name whose unit file is
# gone lets an operator make a unit of that name (StartTransientUnit, from systemd 256 on).
remove_rule() {
    local path
    installed '^/.*\.rules$|^/etc/sudoers\.d/' | while read -r path; do
        run rm -f "$DESTDIR$path"
    done
}

# stop_units: stops the executor first, so that nobody can ask for anything any more, then the stacks. Disables what
# an administrator has enabled.
stop_units() {
    local unit
    local -a units
    if [[ -e $UNITS/$ROVI_EXECUTOR.socket ]]; then
        run systemctl disable --quiet --now "$ROVI_EXECUTOR.socket"
        run systemctl stop "$ROVI_EXECUTOR@*.service"
    fi
    mapfile -t units < <(installed_units)
    run systemctl stop "${units[@]}"
    for unit in "${units[@]}"; do # not all at once: if one was removed by hand, systemctl would disable none
        run systemctl disable --quiet "$unit"
    done
    run systemctl stop 'rovi-health@*' 'rovi-guard@*.service' 'rovi-ask@*.service' 'rovi_end@*.service' \
        'rovi_kill@*.service' 'rovi_clear@*.service'
}

# remove_switch: removes what 'rovictl hardware on' has written.
remove_switch() {
    [[ ! -e $ROVI_HARDWARE_ON ]] || run rm -f "$ROVI_HARDWARE_ON"
    rmdir "${ROVI_HARDWARE_ON%/*}" 2>/dev/null
}

remove_files() {
    local path
    local -a paths dirs
    mapfile -t paths < <(installed '^/')
    mapfile -t dirs < <(installed '^dir ' | cut -d' ' -f2- | sort -r)
    for path in "${paths[@]}"; do
        rm -f "$DESTDIR$path"
    done
    # Only directories that install has made: rules.d, for one, stays, empty or not.
    for path in "${dirs[@]}"; do
        rmdir "$DESTDIR$path" 2>/dev/null
    done
    printf '  removed what %s lists\n' "$DESTDIR$MANIFEST"
}

# remove_roots: removes the drop-ins of stacks that are set to another root, which 'rovictl root use' has written. The
# roots themselves are data, and stay.
remove_roots() {
    local file
    for file in "$ROVI_SITE_UNITS"/rovi-*.service.d/"$ROVI_ROOT_CONF"; do
        [[ -e $file ]] || continue
        run rm -f "$file"
        rmdir "${file%/*}" 2>/dev/null
    done
    [[ ! -d $ROVI_ROOTS ]] || printf '  the roots in %s stay: sudo rm -rf %s\n' "$ROVI_ROOTS" "${ROVI_ROOTS%/*}"
}

# remove_snapshots USER: removes the environments that starts have kept, as the service user, who can have put anything
# in their place.
remove_snapshots() {
    local home dir
    home=$(getent passwd -- "$1" | cut -d: -f6)
    dir=$home/$ROVI_SNAPSHOTS
    [[ $home ]] && rovi_as "$1" 10 test -e "$dir" || return 0
    printf '  rm -rf %s\n' "$dir"
    rovi_as "$1" 10 rm -rf -- "$dir"
}

# keep_group: for the package: keeps a manifest of nothing but the group and the member that was put into it.
keep_group() {
    [[ $undo ]] || return 0
    mkdir -p "${MANIFEST%/*}"
    printf '%s\n' "$undo" >"$MANIFEST"
}

check_installed
[[ -n $DESTDIR ]] || ((EUID == 0)) || die "$ROVI_EX_DENIED" "run it as root: sudo make uninstall"

undo=$(installed '^(group|member) ')
user=$(site_value 'User=(.*)')
remove_rule
[[ -n $DESTDIR ]] || stop_units
[[ -n $DESTDIR ]] || remove_switch
remove_files
[[ -z $DESTDIR ]] || exit 0
remove_roots
[[ ! $user ]] || remove_snapshots "$user"
[[ $PREFIX == /usr ]] || read_catalog
run systemctl daemon-reload
systemctl reset-failed 'rovi[-_]*' 2>/dev/null
run rm -rf "$ROVI_RUN" "$ROVI_KILLED" "$ROVI_HARDWARE_LOCK" "$ROVI_NEW_LOCK" "$ROVI_CHANGES"
if [[ $PREFIX == /usr ]]; then
    keep_group
elif [[ $undo == *"group $ROVI_GROUP"* ]]; then
    run groupdel "$ROVI_GROUP" # its members are then in no such group
elif [[ $undo == "member "* ]]; then
    run gpasswd -d "${undo#member }" "$ROVI_GROUP"
fi
printf 'uninstalled. The workspace, the logs and unit files put there by hand are as they were.\n'
