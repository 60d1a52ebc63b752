# shellcheck shell=bash
# files.sh: what install.sh, setup.sh and uninstall.sh share: where things are, and how to run commands and write files.

use lib/contract

DESTDIR=${DESTDIR-}

# installed_prefix: prints the PREFIX of the installation below DESTDIR, if there is one.
installed_prefix() {
    [[ ! -f $DESTDIR$ROVI_SITE_UNITS/$ROVI_GATEWAY ]] ||
        sed -nE 's|^ExecStart=(/.*)/lib/rovi/run_gateway\.sh$|\1|p' "$DESTDIR$ROVI_SITE_UNITS/$ROVI_GATEWAY"
}

INSTALLED_PREFIX=$(installed_prefix)
PREFIX=${PREFIX:-$INSTALLED_PREFIX}
PREFIX=${PREFIX:-/usr/local}
LIB=$PREFIX/lib/rovi
# What uninstall.sh must undo, a line each: a path; "dir PATH" for a directory that was made here; "group NAME"
# if the group was made here; "member USER" if the service user was put into it here. And "left_out NAME" for a stack
# that STACKS= has left out.
MANIFEST=$LIB/manifest
UNITS=$ROVI_SITE_UNITS PRESET=/etc/systemd/system-preset/50-rovi.preset
CATALOG=$PREFIX/lib/systemd/catalog/rovi.catalog # journalctl looks for it with PREFIX=/usr/local and /usr only
FISH=/etc/fish/completions ZSH=$PREFIX/share/zsh/site-functions
# Cockpit looks for pages with PREFIX=/usr/local and /usr only. It is here if it has its own library.
PAGE=$PREFIX/share/cockpit/rovi COCKPIT_HERE=/usr/share/cockpit/base1
SITE=$ROVI_SITE_UNITS/$ROVI_SITE
# PREFIX=/usr is the layout of the package. Its files are below /usr and are dpkg's; the manifest lists what
# setup.sh adds to them.
if [[ $PREFIX == /usr ]]; then
    MANIFEST=/var/lib/rovi-services/manifest
    UNITS=/usr/lib/systemd/system PRESET=/usr/lib/systemd/system-preset/50-rovi.preset
    FISH=/usr/share/fish/vendor_completions.d ZSH=/usr/share/zsh/vendor-completions
    # The package has a default site drop-in. The one in /etc has the same name and counts instead.
    [[ ! $DESTDIR ]] || SITE=$UNITS/$ROVI_SITE
fi

installed=() # paths, as they will stand in the manifest
notes=()     # the manifest's other lines
changed=0    # how many files differ from before
catalog_changed=

# site_value REGEX: prints what REGEX's group matches in the site drop-in of an earlier install.
site_value() {
    [[ ! -f $DESTDIR$SITE ]] || sed -nE "s|^$1\$|\1|p" "$DESTDIR$SITE"
}

# manifest_lines REGEX: prints the lines of an earlier install's manifest that match.
manifest_lines() {
    [[ ! -f $DESTDIR$MANIFEST ]] || grep -E "$1" "$DESTDIR$MANIFEST" || true
}

# installed_units: prints the names of the unit files that are installed, the gateway's and others.
installed_units() {
    local file
    if [[ $PREFIX != /usr ]]; then
        [[ ! -f $DESTDIR$MANIFEST ]] || sed -nE 's#^/.*/(rovi-[^/@]*\.service|[^/]*\.mount)$#\1#p' "$DESTDIR$MANIFEST"
        return
    fi
    for file in "$UNITS"/{rovi-*.service,run-rovi_*.mount}; do
        [[ $file == *@* || ! -f $file ]] || printf '%s\n' "${file##*/}"
    done
}

# run COMMAND...: shows and runs a command that changes the system.
run() {
    printf '  %s\n' "$*"
    "$@"
}

# read_catalog: makes journalctl -x know what is in CATALOG now. A journal that does not is no reason to fail.
read_catalog() {
    run journalctl --update-catalog || true
}

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

# make_dir PATH: makes a directory below DESTDIR, and its parents, if they are missing; uninstall
# removes them again. Never by install -d, so that rules.d keeps its distribution's mode.
make_dir() {
    [[ $1 || ! $DESTDIR ]] || mkdir -p "$DESTDIR"
    [[ ! -d $DESTDIR$1 ]] || return 0
    make_dir "${1%/*}"
    mkdir "$DESTDIR$1"
    notes+=("dir $1")
}
