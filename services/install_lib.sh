# shellcheck shell=bash
# install_lib.sh: what install.sh and uninstall.sh share: where things are, and how to say, do and write.
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

# ---- what install.sh puts in place ---------------------------------------------------------

installed=() # paths, as they will stand in the manifest
notes=()     # the manifest's other lines
changed=0    # how many files differ from before

# put MODE PATH: makes stdin, a text, the content of PATH below DESTDIR, if it is not already.
put() {
    local mode=$1 path=$2 text
    text=$(cat)
    installed+=("$path")
    if [[ -L $DESTDIR$path ]]; then
        printf '  %s is a link, perhaps masked: left as it is\n' "$DESTDIR$path"
        return
    fi
    if [[ -f $DESTDIR$path && $(<"$DESTDIR$path") == "$text" && $(stat -c %a "$DESTDIR$path") == "$mode" ]]; then
        return
    fi
    make_dir "${path%/*}"
    printf '%s\n' "$text" >"$DESTDIR$path.rovi-new"
    chmod "$mode" "$DESTDIR$path.rovi-new"
    mv -f "$DESTDIR$path.rovi-new" "$DESTDIR$path"
    printf '  %s\n' "$DESTDIR$path"
    changed=$((changed + 1))
}

# make_dir PATH: makes a directory below DESTDIR, and its parents, where they are missing; uninstall
# removes those again. Never install -d: rules.d keeps its distribution's mode.
make_dir() {
    [[ $1 || ! $DESTDIR ]] || mkdir -p "$DESTDIR"
    [[ ! -d $DESTDIR$1 ]] || return 0
    make_dir "${1%/*}"
    mkdir "$DESTDIR$1"
    notes+=("dir $1")
}
