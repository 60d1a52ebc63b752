# shellcheck shell=bash
# install_lib.sh: what install.sh and uninstall.sh share: where things are, and how to say and do.
# To be sourced after rovi_lib.sh.

DESTDIR=${DESTDIR-}
UNITS=/etc/systemd/system
# shellcheck disable=SC2034  # both scripts use it
GROUP=rovi-ops

# installed_prefix: prints the PREFIX of the installation below DESTDIR, if there is one.
installed_prefix() {
    [[ ! -f $DESTDIR$UNITS/$ROVI_GATEWAY ]] ||
        sed -nE 's|^ExecStart=(/.*)/lib/rovi/run_gateway\.sh$|\1|p' "$DESTDIR$UNITS/$ROVI_GATEWAY"
}

INSTALLED_PREFIX=$(installed_prefix)
PREFIX=${PREFIX:-$INSTALLED_PREFIX}
PREFIX=${PREFIX:-/usr/local}
LIB=$PREFIX/lib/rovi
# What uninstall.sh is to undo, a line each: a path, "dir PATH" for a directory that was made here,
# "group NAME" if the group was, "member USER" if the service user was put into it here.
# shellcheck disable=SC2034  # both scripts use it
MANIFEST=$LIB/manifest

# die CODE SENTENCE: ends with CODE, before or between changes.
die() {
    printf '%s: %s\n' "${0##*/}" "$2" >&2
    exit "$1"
}

# run COMMAND...: shows and runs a command that changes the system.
run() {
    printf '  %s\n' "$*"
    "$@"
}
