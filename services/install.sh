#!/bin/bash
# install.sh: installs ROVI services, or brings an installation up to date. Idempotent: a second
# run changes nothing and restarts nothing. Everything is checked before the first change.
#
# Environment (the Makefile passes them on):
#   ROVI_USER         account of the gateway and the stacks   [as installed before, else rovi]
#   ROVI_ROS_WS_DIR   the colcon workspace with .env.robot    [as installed before, else this checkout]
#   PREFIX            for bin/ and lib/rovi/                  [as installed before, else /usr/local]
#   DESTDIR           stage into this directory and touch nothing outside it
# Exit codes: see rovi_lib.sh.
set -euo pipefail

SRC=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
# shellcheck source=services/rovi_lib.sh
source "$SRC/services/rovi_lib.sh"
# shellcheck source=services/install_lib.sh
source "$SRC/services/install_lib.sh"
# shellcheck source=services/permit_lib.sh
source "$SRC/services/permit_lib.sh"
# shellcheck source=services/setup_lib.sh
source "$SRC/services/setup_lib.sh"
RULE_SOURCE=$SRC/polkit/rovi-stacks.rules
umask 022

# unit_text FILE: FILE with this installation's place of the scripts, and its service user.
unit_text() {
    sed "s|=/usr/local/lib/rovi/|=$LIB/|; s|,uid=rovi,|,uid=$ROVI_USER,|" "$1"
}

put_files() {
    local file
    cd "$SRC"
    for file in services/{run_gateway,run_stack,end_stop,executor,uninstall}.sh; do
        put 755 "$LIB/${file##*/}" <"$SRC/$file"
    done
    for file in services/{rovi,launch,declared,request,guard,install,executor,json}_lib.sh \
        services/org.{rovi.Executor,varlink.service}.varlink rovi_env.sh; do
        put 644 "$LIB/${file##*/}" <"$SRC/$file"
    done
    for file in "$SRC"/bin/rovictl_*.sh; do
        put 644 "$LIB/${file##*/}" <"$file"
    done
    for file in "$SRC"/bin/completion/*; do
        put 644 "$LIB/completion/${file##*/}" <"$file"
    done
    put 644 "$PREFIX/share/bash-completion/completions/rovictl" <"$SRC/bin/completion/rovictl.bash"
    put 644 "$ZSH/_rovictl" <"$SRC/bin/completion/rovictl.zsh"
    # fish looks below PREFIX only where XDG_DATA_DIRS says so, which over ssh it mostly does not.
    put 644 "$FISH/rovictl.fish" <"$SRC/bin/completion/rovictl.fish"
    put 644 "$PREFIX/share/man/man1/rovictl.1" <"$SRC/man/rovictl.1"
    for file in rovi-stack.7 rovi-executor.7; do
        put 644 "$PREFIX/share/man/man7/$file" <"$SRC/man/$file"
    done
    put 755 "$PREFIX/bin/rovictl" <"$SRC/bin/rovictl"
    for file in "$SRC"/services/{rovi[-_]*.{service,socket,target},*.mount}; do
        put 644 "$UNITS/${file##*/}" < <(unit_text "$file")
    done
    put 644 "$PRESET" <"$SRC/services/50-rovi.preset"
    for file in services/rovi-*.service.d/*.conf; do
        put 644 "$UNITS/${file#services/}" <"$SRC/$file"
    done
    [[ $PREFIX != /usr ]] || put_setup
}

# put_setup: for the package, where this script does not come along.
put_setup() {
    local file
    put 755 "$LIB/setup.sh" <"$SRC/services/setup.sh"
    put 644 "$PREFIX/share/man/man8/rovi-services-setup.8" <"$SRC/man/rovi-services-setup.8"
    for file in services/{permit,setup}_lib.sh polkit/rovi-stacks.rules; do
        put 644 "$LIB/${file##*/}" <"$SRC/$file"
    done
}

# check_layout: PREFIX=/usr is the layout of the package, and dpkg's to install.
check_layout() {
    [[ $PREFIX != /usr || -n $DESTDIR ]] ||
        die "$ROVI_EX_CONFIG" "PREFIX=/usr is the package's: make that with 'make deb', or leave PREFIX= out"
    [[ ! -e $DESTDIR/usr/lib/rovi/setup.sh || $PREFIX == /usr ]] ||
        die "$ROVI_EX_CONFIG" "it is installed by the package rovi-services: remove that first (apt remove rovi-services)"
}

take_settings "$SRC"
check_names
check_layout
if [[ -z $DESTDIR ]]; then
    [[ $ROVI_ROS_WS_DIR != "$SRC" || -e $SRC/install/setup.bash ]] || ((EUID != 0)) ||
        die "$ROVI_EX_CONFIG" "this checkout is not a built colcon workspace: say where that is with ROVI_ROS_WS_DIR="
    check_system "$SRC/rovi_env.sh"
    check_running "$SRC/services"
fi
check_unit_files "$SRC/services"
check_unit_dirs

printf 'installing ROVI services for user %s, workspace %s\n' "$ROVI_USER" "$ROVI_ROS_WS_DIR"
[[ -n $DESTDIR ]] || make_group
put_files
fit_system
