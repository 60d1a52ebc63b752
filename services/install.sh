#!/bin/bash
# install.sh: installs ROVI services, or brings an installation up to date. Idempotent: a second
# run changes nothing and restarts nothing. Everything is checked before the first change.
#
# Environment (the Makefile passes them on):
#   ROVI_USER         account of the gateway and the stacks   [as installed before, else rovi]
#   ROVI_ROS_WS_DIR   the colcon workspace with .env.robot    [as installed before, else this checkout]
#   PREFIX            for bin/ and lib/rovi/                  [/usr/local]
#   DESTDIR           stage into this directory and touch nothing outside it
# Exit codes: see rovi_lib.sh.
set -euo pipefail

SRC=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
# shellcheck source=services/rovi_lib.sh
source "$SRC/services/rovi_lib.sh"

DESTDIR=${DESTDIR-}
PREFIX=${PREFIX:-/usr/local}
LIB=$PREFIX/lib/rovi
UNITS=/etc/systemd/system
SITE=$UNITS/rovi-.service.d/50-site.conf
RULE=/etc/polkit-1/rules.d/50-rovi-stacks.rules
GROUP=rovi-ops
MANIFEST=$LIB/manifest # what uninstall.sh removes: paths, and the group if made here
umask 022

installed=() # paths, as they will stand in the manifest
stale=()     # paths that an earlier version has installed and this one has not
changed=0    # how many files differ from before

die() {
    printf 'install.sh: %s\n' "$2" >&2
    exit "$1"
}

# run COMMAND...: shows and runs a command that changes the system.
run() {
    printf '  %s\n' "$*"
    "$@"
}

# put MODE PATH: makes stdin, a text, the content of PATH below DESTDIR, if it is not already.
put() {
    local mode=$1 path=$2 text
    text=$(cat)
    installed+=("$path")
    if [[ -f $DESTDIR$path && $(<"$DESTDIR$path") == "$text" && $(stat -c %a "$DESTDIR$path") == "$mode" ]]; then
        return
    fi
    mkdir -p "$DESTDIR${path%/*}" # never install -d: rules.d keeps its distribution's mode
    printf '%s\n' "$text" >"$DESTDIR$path.rovi-new"
    chmod "$mode" "$DESTDIR$path.rovi-new"
    mv -f "$DESTDIR$path.rovi-new" "$DESTDIR$path"
    printf '  %s\n' "$DESTDIR$path"
    changed=$((changed + 1))
}

# site_value REGEX: prints what REGEX's group matches in the site drop-in of an earlier install.
site_value() {
    [[ ! -f $DESTDIR$SITE ]] || sed -nE "s|^$1\$|\1|p" "$DESTDIR$SITE"
}

# stack_of FILE: prints NAME if FILE is a stack's unit file, rovi-NAME.service which runs
# `run_stack.sh NAME`; else fails. The one definition of what a stack is.
stack_of() {
    local name=${1##*/rovi-}
    name=${name%.service}
    rovi_valid_name "$name" && [[ $name != gateway ]] &&
        grep -Eq "^ExecStart=[^ ]*/run_stack\.sh $name\$" "$1" && printf '%s' "$name"
}

# check_unit_files DIR: fails if a rovi-*.service in DIR is neither the gateway nor a stack. It
# would get this project's drop-ins (another user, SIGINT) and the operators' rights.
check_unit_files() {
    local file
    for file in "$1"/rovi-*.service; do
        [[ -f $file && ${file##*/} != "$ROVI_GATEWAY" ]] || continue
        stack_of "$file" >/dev/null ||
            die "$ROVI_EX_CONFIG" "$file is not a stack (rovi-NAME.service needs ExecStart=$LIB/run_stack.sh NAME): rename or mend it"
    done
}

# check_names: the values that go into files, before anything else is done with them.
check_names() {
    [[ $ROVI_USER =~ ^[A-Za-z_][A-Za-z0-9_.-]*$ ]] ||
        die "$ROVI_EX_CONFIG" "ROVI_USER=$(rovi_quote "$ROVI_USER") is not a user name"
    [[ $ROVI_ROS_WS_DIR =~ ^/[A-Za-z0-9\ _./+@-]*$ ]] ||
        die "$ROVI_EX_CONFIG" "ROVI_ROS_WS_DIR=$(rovi_quote "$ROVI_ROS_WS_DIR"): give an absolute path of letters, digits, blanks and _./+@-"
    [[ $PREFIX =~ ^/[A-Za-z0-9_./+@-]*$ ]] ||
        die "$ROVI_EX_CONFIG" "PREFIX=$(rovi_quote "$PREFIX"): give an absolute path of letters, digits and _./+@-"
}

# check_system: what must be there before anything is changed.
check_system() {
    local why
    ((EUID == 0)) || die "$ROVI_EX_DENIED" "run it as root: sudo make install"
    [[ -d /run/systemd/system ]] ||
        die "$ROVI_EX_UNAVAILABLE" "systemd does not run here: set DESTDIR to stage into a directory"
    id -u -- "$ROVI_USER" >/dev/null 2>&1 ||
        die "$ROVI_EX_CONFIG" "there is no user $ROVI_USER: create it (useradd -m $ROVI_USER) or name another with ROVI_USER="
    [[ $(id -u -- "$ROVI_USER") != 0 ]] ||
        die "$ROVI_EX_CONFIG" "ROVI_USER=$ROVI_USER is root: stacks run as an ordinary user"
    why=$(try_env) || die "$ROVI_EX_CONFIG" "$why (workspace: ROVI_ROS_WS_DIR=$ROVI_ROS_WS_DIR)"
}

# try_env: loads the robot's environment as the service user would; on failure prints why. The
# loader goes along as text because the service user may not be able to read this checkout.
try_env() {
    local home
    home=$(getent passwd "$ROVI_USER" | cut -d: -f6)
    # shellcheck disable=SC2016  # for the inner bash to expand
    (cd / && runuser -u "$ROVI_USER" -- env -i HOME="$home" PATH=/usr/local/bin:/usr/bin:/bin \
        ROVI_ENV=robot ROVI_ROS_WS_DIR="$ROVI_ROS_WS_DIR" bash -c '
            source <(printf "%s\n" "$1") >/dev/null 2>&1 || { printf "%s" "$ROVI_ENV_ERROR"; exit 1; }
            type -P ros2 >/dev/null || { printf "there is no ros2 command: install ROS 2s ros2cli"; exit 1; }
        ' try_env "$(<"$SRC/rovi_env.sh")")
}

# unit_text FILE: FILE with this installation's place of the scripts.
unit_text() {
    sed "s|=/usr/local/lib/rovi/|=$LIB/|" "$1"
}

# site_text: the one drop-in that holds what differs from robot to robot.
site_text() {
    cat <<END
# Written by install.sh: which user, which workspace. To change it, install again with ROVI_USER=
# and ROVI_ROS_WS_DIR= set. %h would be root's home here, so paths are absolute.

[Service]
User=$ROVI_USER
WorkingDirectory=$ROVI_ROS_WS_DIR
Environment=ROVI_ENV=robot
Environment="ROVI_ROS_WS_DIR=$ROVI_ROS_WS_DIR"
# '-': if it is missing, run_gateway.sh and run_stack.sh say so in words.
EnvironmentFile=-$ROVI_ROS_WS_DIR/.env.robot
END
}

# rule_text: the polkit rule with the exact unit names of the stacks installed now.
rule_text() {
    local file name names=
    for file in "$DESTDIR$UNITS"/rovi-*.service; do
        name=$(stack_of "$file") || continue
        [[ " ${stale[*]} " != *" $UNITS/${file##*/} "* ]] || continue
        names+="${names:+, }\"rovi-$name.service\""
    done
    sed "s|/\* @STACKS@ \*/|$names|; s|@UNIT_DIR@|$UNITS|" "$SRC/polkit/rovi-stacks.rules"
}

put_files() {
    local file
    for file in services/{run_gateway,run_stack,uninstall}.sh; do
        put 755 "$LIB/${file##*/}" <"$SRC/$file"
    done
    for file in services/{rovi_lib,launch_lib}.sh bin/rovictl_{ask,tell}.sh rovi_env.sh; do
        put 644 "$LIB/${file##*/}" <"$SRC/$file"
    done
    put 755 "$PREFIX/bin/rovictl" <"$SRC/bin/rovictl"
    for file in "$SRC"/services/rovi-*.{service,target}; do
        put 644 "$UNITS/${file##*/}" < <(unit_text "$file")
    done
    put 644 "${SITE%/*}/10-launch.conf" <"$SRC/services/rovi-.service.d/10-launch.conf"
    put 644 "$SITE" < <(site_text)
}

# put_rule: last, when systemd knows every unit that it names.
put_rule() {
    if [[ -z $DESTDIR && ! -d ${RULE%/*} ]]; then
        printf 'install.sh: warning: there is no %s: this polkit has no JavaScript rules, so only root can start and stop stacks here\n' "${RULE%/*}" >&2
    else
        put 644 "$RULE" < <(rule_text)
    fi
}

# find_stale: fills stale, from the manifest of an earlier install.
find_stale() {
    local path
    [[ -f $DESTDIR$MANIFEST ]] || return 0
    while IFS= read -r path; do
        [[ $path != /* || $path == "$MANIFEST" || $path == "$RULE" || " ${installed[*]} " == *" $path "* ]] ||
            stale+=("$path")
    done <"$DESTDIR$MANIFEST"
}

# remove_stale: after the rule that names their units no more.
remove_stale() {
    local path
    ((${#stale[@]})) || return 0
    for path in "${stale[@]}"; do
        run rm -f "$DESTDIR$path"
    done
    changed=$((changed + 1))
    reload_systemd
}

# reload_systemd: only where a file has changed.
reload_systemd() {
    [[ -n $DESTDIR || $changed == 0 ]] || run systemctl daemon-reload
}

# put_manifest MADE_GROUP: notes what has been installed, for uninstall.sh.
put_manifest() {
    installed+=("$MANIFEST")
    local text
    text=$(printf '%s\n' "${installed[@]}" | sort -u)
    [[ $1 == 0 ]] || text+=$'\n'"group $GROUP"
    put 644 "$MANIFEST" <<<"$text"
}

# make_group: the operators' group, with the service user in it so that the UI bridge in the
# gateway may start stacks. polkit asks the user database: SupplementaryGroups= would not do.
make_group() {
    getent group "$GROUP" >/dev/null || { run groupadd --system "$GROUP" && made_group=1; }
    [[ " $(id -nG -- "$ROVI_USER") " == *" $GROUP "* ]] || run usermod -aG "$GROUP" "$ROVI_USER"
}

start_gateway() {
    systemctl is-enabled --quiet "$ROVI_GATEWAY" 2>/dev/null || run systemctl enable --quiet "$ROVI_GATEWAY"
    systemctl is-active --quiet "$ROVI_GATEWAY" || run systemctl start "$ROVI_GATEWAY" || {
        journalctl -u "$ROVI_GATEWAY" -n 20 --no-pager >&2
        die "$ROVI_EX_FAILED" "installed, but the gateway does not start: mend what its log says, then systemctl start $ROVI_GATEWAY"
    }
}

ROVI_USER=${ROVI_USER:-$(site_value 'User=(.*)')}
ROVI_USER=${ROVI_USER:-rovi}
ROVI_ROS_WS_DIR=${ROVI_ROS_WS_DIR:-$(site_value 'Environment="ROVI_ROS_WS_DIR=(.*)"')}
ROVI_ROS_WS_DIR=${ROVI_ROS_WS_DIR:-$SRC}
made_group=0
if [[ -f $DESTDIR$MANIFEST ]] && grep -qx "group $GROUP" "$DESTDIR$MANIFEST"; then
    made_group=1
fi

check_names
[[ -n $DESTDIR ]] || check_system
check_unit_files "$SRC/services"
check_unit_files "$DESTDIR$UNITS"

printf 'installing ROVI services for user %s, workspace %s\n' "$ROVI_USER" "$ROVI_ROS_WS_DIR"
[[ -n $DESTDIR ]] || make_group
put_files
find_stale
reload_systemd
put_rule
remove_stale
put_manifest "$made_group"
[[ -z $DESTDIR ]] || exit 0
start_gateway
if ((changed == 0)); then
    printf 'nothing to change\n'
else
    printf 'installed. What runs goes on as it is; a changed unit counts from its next start.\n'
fi
