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

SITE=$UNITS/rovi-.service.d/50-site.conf
PRESET=/etc/systemd/system-preset/50-rovi.preset
RULE=/etc/polkit-1/rules.d/50-rovi-stacks.rules
umask 022
stale=() # paths that an earlier version has installed and this one has not

# site_value REGEX: prints what REGEX's group matches in the site drop-in of an earlier install.
site_value() {
    [[ ! -f $DESTDIR$SITE ]] || sed -nE "s|^$1\$|\1|p" "$DESTDIR$SITE"
}

# stack_of FILE: prints NAME if FILE is the unit file of the stack NAME; else fails.
stack_of() {
    local name=${1##*/rovi-}
    name=${name%.service}
    rovi_is_stack "$1" "$name" && printf '%s' "$name"
}

# check_unit_files DIR: fails if a rovi-*.service in DIR is neither the gateway nor a stack. It
# would get this project's drop-ins: another user, SIGINT.
check_unit_files() {
    local file
    for file in "$1"/rovi-*.service; do
        [[ -f $file && ${file##*/} != "$ROVI_GATEWAY" ]] || continue
        stack_of "$file" >/dev/null ||
            die "$ROVI_EX_CONFIG" "$file is not a stack (rovi-NAME.service, NAME in lower case, with ExecStart=$LIB/run_stack.sh NAME): rename or mend it"
    done
}

# check_running: fails if what is to change would pull the ground from under a stack that runs: its
# unit file is no longer in the checkout, or the service user is to be another.
check_running() {
    local path unit
    while IFS= read -r path; do
        unit=${path##*/}
        [[ $unit == rovi-*.service && $unit != "$ROVI_GATEWAY" ]] || continue
        [[ $(systemctl is-active "$unit") == @(active|activating|deactivating|reloading) ]] || continue
        [[ -e $SRC/services/$unit ]] ||
            die "$ROVI_EX_BUSY" "$unit runs and is no longer in this checkout: stop it first with 'systemctl stop $unit'"
        [[ $(site_value 'User=(.*)') == "$ROVI_USER" ]] ||
            die "$ROVI_EX_BUSY" "$unit runs as $(site_value 'User=(.*)'): stop it first with 'systemctl stop $unit', then change ROVI_USER"
    done < <(manifest_lines '^/')
}

# manifest_lines REGEX: prints the lines of an earlier install's manifest that match.
manifest_lines() {
    [[ ! -f $DESTDIR$MANIFEST ]] || grep -E "$1" "$DESTDIR$MANIFEST" || true
}

# check_names: the values that go into files, before anything else is done with them.
check_names() {
    [[ $ROVI_USER =~ ^[A-Za-z_][A-Za-z0-9_.-]*$ ]] ||
        die "$ROVI_EX_CONFIG" "ROVI_USER=$(rovi_quote "$ROVI_USER") is not a user name"
    [[ $ROVI_ROS_WS_DIR =~ ^/[A-Za-z0-9\ _./+@-]*$ ]] ||
        die "$ROVI_EX_CONFIG" "ROVI_ROS_WS_DIR=$(rovi_quote "$ROVI_ROS_WS_DIR"): give an absolute path of letters, digits, blanks and _./+@-"
    [[ $PREFIX =~ ^/[A-Za-z0-9_./+@-]*$ ]] ||
        die "$ROVI_EX_CONFIG" "PREFIX=$(rovi_quote "$PREFIX"): give an absolute path of letters, digits and _./+@-"
    [[ ${INSTALLED_PREFIX:-$PREFIX} == "$PREFIX" ]] ||
        die "$ROVI_EX_CONFIG" "it is installed under $INSTALLED_PREFIX: leave PREFIX= out, or 'make uninstall' first"
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
    [[ $ROVI_ROS_WS_DIR != "$SRC" || -e $SRC/install/setup.bash ]] ||
        die "$ROVI_EX_CONFIG" "this checkout is not a built colcon workspace: say where that is with ROVI_ROS_WS_DIR="
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
# '-' here and below: if it is missing, run_gateway.sh and run_stack.sh say so in words.
WorkingDirectory=-$ROVI_ROS_WS_DIR
Environment=ROVI_ENV=robot
Environment="ROVI_ROS_WS_DIR=$ROVI_ROS_WS_DIR"
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
    for file in services/{rovi,launch,install}_lib.sh rovi_env.sh; do
        put 644 "$LIB/${file##*/}" <"$SRC/$file"
    done
    for file in "$SRC"/bin/rovictl_*.sh; do
        put 644 "$LIB/${file##*/}" <"$file"
    done
    for file in "$SRC"/bin/completion/*; do
        put 644 "$LIB/completion/${file##*/}" <"$file"
    done
    put 644 "$PREFIX/share/bash-completion/completions/rovictl" <"$SRC/bin/completion/rovictl.bash"
    put 644 "$PREFIX/share/zsh/site-functions/_rovictl" <"$SRC/bin/completion/rovictl.zsh"
    # fish looks below PREFIX only where XDG_DATA_DIRS says so, which over ssh it mostly does not.
    put 644 /etc/fish/completions/rovictl.fish <"$SRC/bin/completion/rovictl.fish"
    put 644 "$PREFIX/share/man/man1/rovictl.1" <"$SRC/man/rovictl.1"
    put 644 "$PREFIX/share/man/man7/rovi-stack.7" <"$SRC/man/rovi-stack.7"
    put 755 "$PREFIX/bin/rovictl" <"$SRC/bin/rovictl"
    for file in "$SRC"/services/rovi-*.{service,target}; do
        put 644 "$UNITS/${file##*/}" < <(unit_text "$file")
    done
    put 644 "$PRESET" <"$SRC/services/50-rovi.preset"
    put 644 "${SITE%/*}/10-launch.conf" <"$SRC/services/rovi-.service.d/10-launch.conf"
    put 644 "$SITE" < <(site_text)
}

# put_rule: last, when systemd knows every unit that it names.
put_rule() {
    if [[ -z $DESTDIR && ! -d ${RULE%/*} ]]; then
        printf 'install.sh: warning: there is no %s: polkit is not installed or has no JavaScript rules, so only root can start and stop stacks here\n' "${RULE%/*}" >&2
    else
        put 644 "$RULE" < <(rule_text)
    fi
}

# find_stale: fills stale, from the manifest of an earlier install.
find_stale() {
    local path
    while IFS= read -r path; do
        [[ $path == "$LIB"/@(manifest|checksums) || $path == "$RULE" || " ${installed[*]} " == *" $path "* ]] || stale+=("$path")
    done < <(manifest_lines '^/')
}

# remove_stale: after the rule that names their units no more.
remove_stale() {
    local path
    ((${#stale[@]})) || return 0
    for path in "${stale[@]}"; do
        [[ $DESTDIR || $path != *.service ]] || run systemctl disable --quiet "${path##*/}"
        run rm -f "$DESTDIR$path"
    done
    changed=$((changed + 1))
    reload_systemd
}

# reload_systemd: only where a file has changed, or a unit file was put in place by hand.
reload_systemd() {
    local -a units=("$UNITS"/rovi-*.service)
    [[ -z $DESTDIR ]] || return 0
    if ((changed > 0)) || systemctl show --property=NeedDaemonReload "${units[@]##*/}" | grep -q yes; then
        run systemctl daemon-reload
    fi
}

# put_checksums: what `rovictl doctor` holds the installed files against.
put_checksums() {
    local -a files=()
    [[ ! $DESTDIR ]] || return 0 # a package has its own
    mapfile -t files < <(printf '%s\n' "${installed[@]}" | sort -u)
    put 644 "$LIB/checksums" < <(sha256sum -- "${files[@]}")
}

# put_manifest: notes what has been installed, for uninstall.sh.
put_manifest() {
    local note
    installed+=("$MANIFEST")
    while IFS= read -r note; do # directories that an earlier install has made
        notes+=("$note")
    done < <(manifest_lines '^dir ')
    put 644 "$MANIFEST" < <(printf '%s\n' "${installed[@]}" "${notes[@]}" | sort -u)
}

# make_group: the operators' group, with the service user in it so that the UI bridge in the
# gateway may start stacks. polkit asks the user database: SupplementaryGroups= would not do.
make_group() {
    local note
    if ! getent group "$GROUP" >/dev/null; then
        run groupadd --system "$GROUP"
        notes+=("group $GROUP")
    fi
    if [[ " $(id -nG -- "$ROVI_USER") " != *" $GROUP "* ]]; then
        run usermod -aG "$GROUP" "$ROVI_USER"
        notes+=("member $ROVI_USER")
    fi
    while IFS= read -r note; do # what an earlier install has done still counts
        if [[ $note == "member "* && $note != "member $ROVI_USER" ]]; then
            run gpasswd -d "${note#member }" "$GROUP" # no longer the service user
        else
            notes+=("$note")
        fi
    done < <(manifest_lines '^(group|member) ')
}

# start_gateway: at the first install. Later the administrator's own choice counts.
start_gateway() {
    run systemctl enable --quiet "$ROVI_GATEWAY"
    run systemctl start "$ROVI_GATEWAY" && return
    journalctl -u "$ROVI_GATEWAY" -n 20 --no-pager >&2
    die "$ROVI_EX_FAILED" "installed, but the gateway does not start: mend what its log says, then 'systemctl start $ROVI_GATEWAY'"
}

# say_what_is_next: after an update, what the administrator may have to do.
say_what_is_next() {
    if ((changed == 0)); then
        printf 'nothing to change\n'
    else
        printf 'installed. Nothing that runs was restarted.\n'
    fi
    if ! systemctl is-active --quiet "$ROVI_GATEWAY"; then
        printf 'The gateway is not active: sudo systemctl start rovi-gateway\n'
    elif [[ $site_before && $site_before != "$(site_text)" ]]; then
        printf 'The gateway still runs with the user and workspace of before: sudo systemctl restart rovi-gateway\n'
    fi
}

ROVI_USER=${ROVI_USER:-$(site_value 'User=(.*)')}
ROVI_USER=${ROVI_USER:-rovi}
ROVI_ROS_WS_DIR=${ROVI_ROS_WS_DIR:-$(site_value 'Environment="ROVI_ROS_WS_DIR=(.*)"')}
ROVI_ROS_WS_DIR=${ROVI_ROS_WS_DIR:-$SRC}
ROVI_ROS_WS_DIR=${ROVI_ROS_WS_DIR%/}
first=no # until the manifest is there, an install is not complete
[[ -f $DESTDIR$MANIFEST ]] || first=yes
site_before=
[[ ! -f $DESTDIR$SITE ]] || site_before=$(<"$DESTDIR$SITE")

check_names
if [[ -z $DESTDIR ]]; then
    check_system
    check_running
fi
check_unit_files "$SRC/services"
IFS=: read -ra unit_dirs <<<"$ROVI_UNIT_PATH"
for dir in "${unit_dirs[@]}"; do
    check_unit_files "$DESTDIR$dir"
done

printf 'installing ROVI services for user %s, workspace %s\n' "$ROVI_USER" "$ROVI_ROS_WS_DIR"
[[ -n $DESTDIR ]] || make_group
put_files
find_stale
reload_systemd
put_rule
remove_stale
put_checksums
put_manifest
[[ -z $DESTDIR ]] || exit 0
[[ $first == no ]] || start_gateway
say_what_is_next
