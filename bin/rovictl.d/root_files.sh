# shellcheck shell=bash
# root_files.sh: what the verb root and doctor share: the directory of the roots, and the drop-ins of a stack that runs
# in one.

use lib/contract lib/told lib/text lib/run lib/declared lib/root rovictl.d/ask

# need_roots: makes ROVI_ROOTS if it is missing. Ends rovictl if others could put something there, or if another rovictl
# is changing something there; a lock then keeps others out.
need_roots() {
    local lock
    [[ -e $ROVI_ROOTS || -L $ROVI_ROOTS ]] ||
        (umask 022 && mkdir -p "${ROVI_ROOTS%/*}" && mkdir -m 700 "$ROVI_ROOTS") ||
        die "$ROVI_EX_FAILED" "cannot make the directory $ROVI_ROOTS"
    root_safe "$ROVI_ROOTS" || die "$ROVI_EX_CONFIG" "$ROVI_REPLY"
    exec {lock}<"$ROVI_ROOTS"
    flock -n "$lock" || die "$ROVI_EX_BUSY" "another 'rovictl root' is at work: try again when it has ended"
}

# root_text ROOT HOME WORKSPACE: sets ROVI_REPLY to the drop-in of a unit that runs in ROOT. Fails if it cannot.
root_text() {
    local line text=
    while IFS= read -r line; do
        [[ $line != *@BUILD@* || -d $1/$ROOT_BUILD ]] || continue
        line=${line//@ROOT@/"$1"} line=${line//@HOME@/"$2"} line=${line//@WORKSPACE@/"$3"}
        line=${line//@BUILD@/"$ROOT_BUILD"}
        text+=${text:+$'\n'}${line//@LIB@/"$ROVI_LIB"}
    done <"$ROVI_LIB/root.conf" || return
    ROVI_REPLY=$text
}

# root_site STACK: sets the caller's home and workspace to the service user's home and the workspace, as systemd knows
# them. Fails, with the reason in ROVI_REPLY, if one of these cannot stand in a unit file.
root_site() {
    local path='^/[A-Za-z0-9 _./+@-]*$'
    rovi_run systemctl show --property=User --value -- "rovi-$1.service" || return
    home=$(getent passwd "$ROVI_REPLY" | cut -d: -f6)
    read_declared "${UNIT["rovi-$1.service/Environment"]-}"
    workspace=${DECLARED[ROVI_ROS_WS_DIR]-}
    ROVI_REPLY="the home of the service user, $(rovi_quote "$home"), or the workspace, $(rovi_quote "$workspace"), \
is not a path of letters, digits, blanks and _./+@-"
    [[ $home =~ $path && $workspace =~ $path ]]
}

# text_for UNIT: sets ROVI_REPLY to the caller's text, of root_text, as it is for UNIT. A look at the health comes
# every 10 s, and has nobody to tell why it cannot run; so it does not check the root.
text_for() {
    ROVI_REPLY=$text
    [[ $1 != rovi-health@* ]] || ROVI_REPLY=${text%$'\n'"# '+':"*}
}

# keep_build ROOT WORKSPACE: moves ROOT's own build of the workspace to where nothing of the host's covers it. Ends
# rovictl if that would lead out of ROOT.
keep_build() {
    local build=$1$2/install
    [[ -e $build || -L $build ]] || return 0
    [[ $(realpath -e -- "$build" 2>/dev/null) == "$build" && -d $build ]] ||
        die "$ROVI_EX_CONFIG" "$build is a link or below one: make the root of an image in which it is a directory"
    rm -rf -- "${1:?}/$ROOT_BUILD"
    mv -T -- "$build" "$1/$ROOT_BUILD" || die "$ROVI_EX_FAILED" "cannot move $build: is there no room?"
}

# put_root STACK ROOT: writes the drop-ins. Each file is replaced as a whole; the stack's own comes last.
put_root() {
    local unit dir text home workspace
    local -a units
    root_site "$1" || die "$ROVI_EX_CONFIG" "$ROVI_REPLY"
    keep_build "$2" "$workspace"
    root_text "$2" "$home" "$workspace" || die "$ROVI_EX_UNAVAILABLE" "cannot read $ROVI_LIB/root.conf: $ROVI_TOLD_HERE"
    text=$ROVI_REPLY
    root_units "$1"
    for unit in "${units[@]}"; do
        dir=$ROVI_SITE_UNITS/$unit.d
        text_for "$unit"
        (umask 022 && mkdir -p "$dir" && printf '%s\n' "$ROVI_REPLY" >"$dir/$ROVI_ROOT_CONF.new" &&
            mv -fT "$dir/$ROVI_ROOT_CONF.new" "$dir/$ROVI_ROOT_CONF") ||
            die "$ROVI_EX_FAILED" "cannot write $dir/$ROVI_ROOT_CONF, so $1 may be set in part: \
make room, and run it again"
    done
}

# drop_root STACK: removes the drop-ins; the stack's own comes first.
drop_root() {
    local i dir
    local -a units
    root_units "$1"
    for ((i = ${#units[@]} - 1; i >= 0; i--)); do
        dir=$ROVI_SITE_UNITS/${units[i]}.d
        rm -f -- "$dir/$ROVI_ROOT_CONF" || die "$ROVI_EX_FAILED" "cannot remove $dir/$ROVI_ROOT_CONF"
        rmdir -- "$dir" 2>/dev/null || true
    done
}
