#!/bin/bash
# uninstall.sh: removes what install.sh has installed, also while a stack runs. The workspace,
# the service user, its logs and unit files that others have written stay. The package runs it, too, and then
# dpkg removes the files; the group stays until the package is purged.
#
# Environment: PREFIX and DESTDIR as for install.sh. Exit codes: see lib/contract.sh.
set -uo pipefail

ROVI_LIB=${BASH_SOURCE[0]%/*}
# shellcheck source=services/lib/use.sh
source "$ROVI_LIB/lib/use.sh"
use lib/contract lib/told install/files

# installed PATTERN: prints the manifest's lines that match the extended regular expression.
installed() {
    [[ ! -f $DESTDIR$MANIFEST ]] || grep -E "$1" "$DESTDIR$MANIFEST"
}

# check_installed: comes back if there is something to remove. Nothing at all is no failure, what is somewhere else is.
check_installed() {
    local package=$DESTDIR/usr/lib/rovi/setup.sh
    [[ ! -f $DESTDIR$MANIFEST ]] || return 0
    [[ $PREFIX != /usr || ! -e $package ]] || return 0
    if [[ -e $package ]]; then
        die "$ROVI_EX_CONFIG" "it is installed by the package rovi-services: remove that (apt remove rovi-services)"
    elif [[ $INSTALLED_PREFIX && $INSTALLED_PREFIX != "$PREFIX" ]]; then
        die "$ROVI_EX_CONFIG" "it is installed under $DESTDIR$INSTALLED_PREFIX: leave PREFIX= out"
    elif [[ $INSTALLED_PREFIX || -e $DESTDIR$LIB/uninstall.sh ]]; then
        die "$ROVI_EX_UNAVAILABLE" "$DESTDIR$MANIFEST, which says what is installed, is missing: $ROVI_TOLD_FILES first"
    fi
    printf 'nothing is installed%s\n' "${DESTDIR:+ below $DESTDIR}"
    exit 0
}

# remove_rule: before everything else, polkit's or sudo's. A rule that allows a name whose unit file is gone lets an
# operator make a unit of that name (StartTransientUnit, from systemd 256 on).
remove_rule() {
    local path
    installed '^/.*\.rules$|^/etc/sudoers\.d/' | while read -r path; do
        run rm -f "$DESTDIR$path"
    done
}

# stop_units: nobody is to ask for anything any more, then the stacks, and what an administrator has
# enabled is disabled.
stop_units() {
    local -a units
    if [[ -e $UNITS/$ROVI_EXECUTOR.socket ]]; then
        run systemctl disable --quiet --now "$ROVI_EXECUTOR.socket"
        run systemctl stop "$ROVI_EXECUTOR@*.service"
    fi
    mapfile -t units < <(installed_units)
    run systemctl disable --quiet --now "${units[@]}"
    run systemctl stop 'rovi-guard@*.service' 'rovi-ask@*.service' 'rovi_end@*.service'
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
    printf '  removed what was listed in %s\n' "$DESTDIR$MANIFEST"
}

# keep_group: for the package: a manifest that has nothing but the group and who was put into it.
keep_group() {
    [[ $undo ]] || return 0
    mkdir -p "${MANIFEST%/*}"
    printf '%s\n' "$undo" >"$MANIFEST"
}

check_installed
[[ -n $DESTDIR ]] || ((EUID == 0)) || die "$ROVI_EX_DENIED" "run it as root: sudo make uninstall"

undo=$(installed '^(group|member) ')
remove_rule
[[ -n $DESTDIR ]] || stop_units
remove_files
[[ -z $DESTDIR ]] || exit 0
run systemctl daemon-reload
systemctl reset-failed 'rovi-*' 2>/dev/null
run rm -rf "$ROVI_RUN"
if [[ $PREFIX == /usr ]]; then
    keep_group
elif [[ $undo == *"group $ROVI_GROUP"* ]]; then
    run groupdel "$ROVI_GROUP" # and with it who was in it
elif [[ $undo == "member "* ]]; then
    run gpasswd -d "${undo#member }" "$ROVI_GROUP"
fi
printf 'uninstalled. The workspace, the logs and unit files put there by hand are as they were.\n'
