#!/bin/bash
# install.sh: installs ROVI services, or brings an installation up to date. Idempotent: a second
# run changes nothing and restarts nothing. Everything is checked before the first change.
#
# Environment (the Makefile passes them on):
#   ROVI_USER         account of the gateway and the stacks   [as installed before, else rovi]
#   ROVI_ROS_WS_DIR   the colcon workspace with .env.robot    [as installed before, else this checkout]
#   STACKS            which of this project's stacks to install   [as installed before, else all]
#   PREFIX            for bin/ and lib/rovi/                  [as installed before, else /usr/local]
#   DESTDIR           stage into this directory and touch nothing outside it
# Exit codes: see lib/contract.sh.
set -euo pipefail

SRC=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
ROVI_LIB=$SRC/services
# shellcheck source=services/lib/use.sh
source "$ROVI_LIB/lib/use.sh"
use lib/contract install/files install/choose install/system
RULE_SOURCE=$SRC/polkit/rovi-stacks.rules
umask 022

# unit_text FILE: prints FILE with the place of the scripts and the service user of this installation.
unit_text() {
    sed "s|=/usr/local/lib/rovi/|=$LIB/|; s|,uid=rovi,|,uid=$ROVI_USER,|; s|^User=rovi$|User=$ROVI_USER|" "$1"
}

# put_tree FROM INTO FILE...: puts each FILE, a path in the folder FROM of this checkout, into the folder INTO.
put_tree() {
    local from=$1 into=$2 file mode
    shift 2
    for file in "$@"; do
        mode=644
        [[ ! -x $SRC/$from/$file ]] || mode=755
        put "$mode" "$into/$file" <"$SRC/$from/$file"
    done
}

put_files() {
    local file
    cd "$SRC/services"
    put_tree services "$LIB" {run_gateway,run_hardware,run_stack,check_health,end_stop,kill_stack,stack_file}.sh
    put_tree services "$LIB" {keep_env,executor,uninstall}.sh {lib,executor}/* install/{files,permit}.sh
    put_tree polkit "$LIB" rovi-stacks.rules
    [[ $PREFIX != /usr ]] || put_setup
    cd "$SRC/bin"
    put_tree bin "$LIB" {rovictl.d,completion}/*
    put_tree bin "$PREFIX/bin" rovictl
    put_tree . "$LIB" rovi_env.sh
    put_tree services "$LIB" root.conf
    put 644 "$PREFIX/share/bash-completion/completions/rovictl" <completion/rovictl.bash
    put 644 "$ZSH/_rovictl" <completion/rovictl.zsh
    # fish looks below PREFIX only if XDG_DATA_DIRS says so. Over ssh it mostly does not.
    put 644 "$FISH/rovictl.fish" <completion/rovictl.fish
    put_tree man "$PREFIX/share/man/man1" rovictl.1
    put_tree man "$PREFIX/share/man/man7" rovi-stack.7 rovi-executor.7
    cd "$SRC/services"
    for file in rovi[-_]*.{service,socket,target,timer} *.mount; do
        [[ $PREFIX == /usr ]] || ! is_left_out "$file" || continue
        put 644 "$UNITS/$file" < <(unit_text "$SRC/services/$file")
    done
    put_tree services "$UNITS" rovi[-_]*.d/*.conf
    put 644 "$PRESET" <50-rovi.preset
    put_catalog
    [[ ! -e $DESTDIR$COCKPIT_HERE ]] || put_page
}

# put_page: the page for Cockpit. The package rovi-services-cockpit brings it where the rest is a package.
put_page() {
    cd "$SRC/cockpit"
    put_tree cockpit "$PAGE" [a-z]*
}

put_catalog() {
    local before=$changed
    put 644 "$CATALOG" <rovi.catalog
    ((changed == before)) || catalog_changed=yes
}

# put_setup: puts setup.sh and its files in place, for the package, which does not have this script.
put_setup() {
    put_tree services "$LIB" setup.sh install/*
    put 644 "$LIB/lib/told.sh" <"$SRC/packaging/told.sh"
    put_tree man "$PREFIX/share/man/man8" rovi-services-setup.8
}

# check_layout: fails for PREFIX=/usr, the layout of the package, which only dpkg installs; and beside the package.
check_layout() {
    [[ $PREFIX != /usr || -n $DESTDIR ]] ||
        die "$ROVI_EX_CONFIG" "PREFIX=/usr is for the package: make it with 'make deb', or leave PREFIX= out"
    [[ ! -e $DESTDIR/usr/lib/rovi/setup.sh || $PREFIX == /usr ]] ||
        die "$ROVI_EX_CONFIG" "the package rovi-services is installed: remove it first (apt remove rovi-services)"
}

take_settings "$SRC"
check_names
check_layout
choose_stacks "$SRC/services"
if [[ -z $DESTDIR ]]; then
    [[ $ROVI_ROS_WS_DIR != "$SRC" || -e $SRC/install/setup.bash ]] || ((EUID != 0)) ||
        die "$ROVI_EX_CONFIG" "this checkout is not a built colcon workspace: name one with ROVI_ROS_WS_DIR="
    check_system "$SRC/rovi_env.sh"
    check_running "$SRC/services"
fi
check_unit_files "$SRC/services"
check_unit_dirs

printf 'installing ROVI services for user %s, workspace %s\n' "$ROVI_USER" "$ROVI_ROS_WS_DIR"
[[ -n $DESTDIR ]] || make_group
put_files
fit_system
