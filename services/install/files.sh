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
MODES_READ=  # not empty: MODE has the modes of what was installed before, by path, as in 644
declare -gA MODE=()
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

# read_text: sets ROVI_REPLY to stdin, a text, without the newlines at its end, as $(cat), but without a process. Fails,
# and ROVI_REPLY is empty, if stdin cannot be read to its end or is no text.
read_text() {
    local status=0
    unset ROVI_REPLY # read leaves it so if it fails; at the end of the text it returns 1, and 0 for a NUL
    IFS= read -rd '' ROVI_REPLY || status=$?
    if [[ $status != 1 || ! ${ROVI_REPLY+set} ]]; then
        ROVI_REPLY=
        return 1
    fi
    while [[ $ROVI_REPLY == *$'\n' ]]; do
        ROVI_REPLY=${ROVI_REPLY%$'\n'}
    done
}

# mode_of PATH: sets ROVI_REPLY to the mode of the file PATH below DESTDIR. One process looks at all that the manifest
# names, instead of one for each file.
mode_of() {
    local mode path
    local -a paths
    if [[ ! $MODES_READ ]]; then
        MODES_READ=yes
        mapfile -t paths < <(manifest_lines ^/)
        while read -rd '' mode path; do
            MODE["${path#"$DESTDIR"}"]=$mode
        done < <(stat --printf='%a %n\0' -- "${paths[@]/#/"$DESTDIR"}" 2>/dev/null)
    fi
    ROVI_REPLY=${MODE["$1"]-}
    [[ $ROVI_REPLY ]] || ROVI_REPLY=$(stat -c %a "$DESTDIR$1")
}

# put MODE PATH: makes stdin, a text, the content of PATH below DESTDIR, if it is not already.
put() {
    local mode=$1 path=$2 text new=$DESTDIR$2.rovi-new
    read_text || die "$ROVI_EX_CONFIG" "the text for $path cannot be read, or is no text"
    text=$ROVI_REPLY
    installed+=("$path")
    if [[ -L $DESTDIR$path ]]; then
        printf '  %s is a link, perhaps masked: left as it is\n' "$DESTDIR$path"
        return
    fi
    if [[ -f $DESTDIR$path ]] && read_text <"$DESTDIR$path" && [[ $ROVI_REPLY == "$text" ]]; then
        mode_of "$path"
        [[ $ROVI_REPLY != "$mode" ]] || return 0
    fi
    make_dir "${path%/*}"
    [[ ! -e $new && ! -L $new ]] || rm -f "$new" # whatever it is: nothing is written through a link
    printf '%s\n' "$text" >"$new"
    chmod "$mode" "$new"
    mv -f "$new" "$DESTDIR$path"
    MODE["$path"]=$mode
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
