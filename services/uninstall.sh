#!/bin/bash
# uninstall.sh: removes what install.sh has installed, also while a stack runs. The workspace,
# the service user, its logs and unit files that others have written stay.
#
# Environment: PREFIX and DESTDIR as for install.sh. Exit codes: see rovi_lib.sh.
set -uo pipefail

# shellcheck source=services/rovi_lib.sh
source "${BASH_SOURCE[0]%/*}/rovi_lib.sh"

DESTDIR=${DESTDIR-}
PREFIX=${PREFIX:-/usr/local}
LIB=$PREFIX/lib/rovi
MANIFEST=$DESTDIR$LIB/manifest

die() {
    printf 'uninstall.sh: %s\n' "$2" >&2
    exit "$1"
}

run() {
    printf '  %s\n' "$*"
    "$@"
}

# installed PATTERN: prints the manifest's lines that match the extended regular expression.
installed() {
    grep -E "$1" "$MANIFEST"
}

# remove_rule: before everything else. A rule that allows a name whose unit file is gone lets an
# operator make a unit of that name (facts: StartTransientUnit from systemd 256 on).
remove_rule() {
    local path
    installed '^/.*\.rules$' | while read -r path; do
        run rm -f "$DESTDIR$path"
    done
}

# stop_units: the stacks first, and what an administrator has enabled is disabled.
stop_units() {
    local -a units
    mapfile -t units < <(installed '/rovi-[^/]*\.service$' | sed 's|.*/||')
    run systemctl disable --quiet --now "${units[@]}"
}

remove_files() {
    local path
    local -a paths
    mapfile -t paths < <(installed '^/')
    for path in "${paths[@]}"; do
        rm -f "$DESTDIR$path"
    done
    # Only directories of this project's own: rules.d, for one, stays, empty or not.
    rmdir "$DESTDIR$LIB" "$DESTDIR/etc/systemd/system/rovi-.service.d" 2>/dev/null
    printf '  removed what was listed in %s\n' "$MANIFEST"
}

[[ -f $MANIFEST ]] || die "$ROVI_EX_UNAVAILABLE" "nothing is installed under $DESTDIR$PREFIX: give the PREFIX= of the installation"
[[ -n $DESTDIR ]] || ((EUID == 0)) || die "$ROVI_EX_DENIED" "run it as root: sudo make uninstall"

made_group=$(installed '^group ')
remove_rule
[[ -n $DESTDIR ]] || stop_units
remove_files
[[ -z $DESTDIR ]] || exit 0
run systemctl daemon-reload
systemctl reset-failed 'rovi-*' 2>/dev/null
run rm -rf /run/rovi
[[ -z $made_group ]] || run groupdel "${made_group#group }"
