# shellcheck shell=bash
# system.sh: the second half of an installation: fits the system to the files that are in place. install.sh runs it
# after it has put them there, setup.sh after the package has. Expects ROVI_USER and ROVI_ROS_WS_DIR, see take_settings.

use lib/contract lib/text lib/told lib/run install/files install/permit install/choose

readonly TRY_ENV_S=60 # how long the setup.bash files may take

# ---- what is checked before the first change -----------------------------------------------

# take_settings WORKSPACE: if ROVI_USER or ROVI_ROS_WS_DIR is empty, sets it as installed before, or else to the
# default, which is WORKSPACE for the latter.
take_settings() {
    ROVI_USER=${ROVI_USER:-$(site_value 'User=(.*)')}
    ROVI_USER=${ROVI_USER:-rovi}
    ROVI_ROS_WS_DIR=${ROVI_ROS_WS_DIR:-$(site_value 'Environment="ROVI_ROS_WS_DIR=(.*)"')}
    ROVI_ROS_WS_DIR=${ROVI_ROS_WS_DIR:-$1}
    ROVI_ROS_WS_DIR=${ROVI_ROS_WS_DIR%/}
    first=no # until the manifest names files, an install is not complete
    [[ $(manifest_lines '^/') ]] || first=yes
    site_before='' socket_was='' socket_changed=''
    [[ ! -f $DESTDIR$SITE ]] || site_before=$(<"$DESTDIR$SITE")
    [[ $first == yes || ! -f $UNITS/$ROVI_EXECUTOR.socket ]] || socket_was=there
}

# check_names: checks the values that go into files, before anything else uses them.
check_names() {
    [[ $ROVI_USER =~ ^[A-Za-z_][A-Za-z0-9_.-]*$ ]] ||
        die "$ROVI_EX_CONFIG" "ROVI_USER=$(rovi_quote "$ROVI_USER") is not a user name"
    [[ $ROVI_ROS_WS_DIR =~ ^/[A-Za-z0-9\ _./+@-]*$ ]] ||
        die "$ROVI_EX_CONFIG" "ROVI_ROS_WS_DIR=$(rovi_quote "$ROVI_ROS_WS_DIR"): \
give an absolute path of letters, digits, blanks and _./+@-"
    [[ $PREFIX =~ ^/[A-Za-z0-9_./+@-]*$ ]] ||
        die "$ROVI_EX_CONFIG" "PREFIX=$(rovi_quote "$PREFIX"): give an absolute path of letters, digits and _./+@-"
    [[ ${INSTALLED_PREFIX:-$PREFIX} == "$PREFIX" ]] ||
        die "$ROVI_EX_CONFIG" "ROVI services are installed under $INSTALLED_PREFIX: \
leave PREFIX= out, or run 'make uninstall' first"
}

# check_unit_files DIR: fails if a rovi-*.service in DIR is neither a stack nor one of ours. Such a
# unit would get this project's drop-ins: another user, SIGINT.
check_unit_files() {
    local file
    for file in "$1"/rovi-*.service; do
        [[ -f $file ]] || continue
        [[ ${file##*/} != rovi-@(executor|guard|ask|health)@.service ]] || continue
        [[ ${file##*/} != rovi-$ROVI_ALWAYS.service ]] || { check_reserved "$file" && continue; }
        stack_of "$file" >/dev/null ||
            die "$ROVI_EX_CONFIG" "$file is not a stack (rovi-NAME.service, NAME in lower case, \
with ExecStart=$LIB/run_stack.sh NAME): rename or fix it"
    done
}

# check_no_stacks DIR: fails if there is a stack in DIR, where the rule for operators does not look.
check_no_stacks() {
    local file
    for file in "$1"/rovi-*.service; do
        ! stack_of "$file" >/dev/null ||
            die "$ROVI_EX_CONFIG" "$file is a stack that operators could not start there: move it to $ROVI_SITE_UNITS"
    done
}

# check_reserved FILE: fails if FILE is a stack of the administrator's that has one of our own names: a later version
# may take a name that was free.
check_reserved() {
    local name=${1##*/rovi-}
    name=${name%.service}
    ! grep -qs "^ExecStart=/.*/run_stack\.sh $name\$" "$1" ||
        die "$ROVI_EX_CONFIG" "$1 is a stack, and $name is a name of ours now: rename it, everywhere in the file"
}

# check_unit_dirs: check_unit_files in each directory where systemd looks for unit files.
check_unit_dirs() {
    local dir
    local -a dirs
    IFS=: read -ra dirs <<<"$ROVI_UNIT_PATH"
    for dir in "${dirs[@]}"; do
        check_unit_files "$DESTDIR$dir"
        [[ $dir == @("$ROVI_SITE_UNITS"|"$UNITS") ]] || check_no_stacks "$DESTDIR$dir"
    done
}

# check_running DIR: fails if the installation would take away what a running stack needs: the stack's unit
# file is no longer in DIR, or STACKS= leaves it out, or the service user would change.
check_running() {
    local unit
    while IFS= read -r unit; do
        [[ $unit == rovi-*.service && $unit != rovi-$ROVI_ALWAYS.service ]] || continue
        [[ $(systemctl is-active "$unit") == @(active|activating|deactivating|reloading) ]] || continue
        [[ -e $1/$unit ]] ||
            die "$ROVI_EX_BUSY" \
                "$unit runs and is no longer in this checkout: stop it first with 'systemctl stop $unit'"
        ! is_left_out "$unit" ||
            die "$ROVI_EX_BUSY" "$unit runs and is not in STACKS=: stop it first with 'systemctl stop $unit'"
        [[ $(site_value 'User=(.*)') == "$ROVI_USER" ]] ||
            die "$ROVI_EX_BUSY" "$unit runs as $(site_value 'User=(.*)'): \
stop it first with 'systemctl stop $unit', then change ROVI_USER"
    done < <(installed_units)
}

# check_system LOADER: checks what must be there before the first change. LOADER is rovi_env.sh.
check_system() {
    ((EUID == 0)) || die "$ROVI_EX_DENIED" "run it as root: $ROVI_TOLD_SETUP"
    [[ -d /run/systemd/system ]] ||
        die "$ROVI_EX_UNAVAILABLE" "systemd does not run here: set DESTDIR to stage into a directory"
    id -u -- "$ROVI_USER" >/dev/null 2>&1 ||
        die "$ROVI_EX_CONFIG" \
            "there is no user $ROVI_USER: create it (useradd -m $ROVI_USER) or name another with ROVI_USER="
    [[ $(id -u -- "$ROVI_USER") != 0 ]] ||
        die "$ROVI_EX_CONFIG" "ROVI_USER=$ROVI_USER is root: stacks run as an ordinary user"
    try_env "$1" || die "$ROVI_EX_CONFIG" "$ROVI_REPLY (workspace: ROVI_ROS_WS_DIR=$ROVI_ROS_WS_DIR)"
}

# try_env LOADER: loads the robot's environment as the service user would; on failure sets ROVI_REPLY to why. The
# loader goes along as text, because the service user may not be able to read this checkout. The code that runs is the
# workspace's, so what it says is the service user's word.
try_env() {
    local said home
    home=$(getent passwd "$ROVI_USER" | cut -d: -f6)
    # shellcheck disable=SC2016  # for the inner bash to expand
    if said=$(rovi_as "$ROVI_USER" "$TRY_ENV_S" env -i HOME="$home" PATH=/usr/local/bin:/usr/bin:/bin \
        ROVI_ENV=robot ROVI_ROS_WS_DIR="$ROVI_ROS_WS_DIR" bash -c '
            source <(printf "%s\n" "$1") >/dev/null 2>&1 || { printf "%s" "$ROVI_ENV_ERROR"; exit 1; }
            type -P ros2 >/dev/null && exit
            printf "there is no ros2 command: install the package ros2cli of ROS 2"
            exit 1
        ' try_env "$(<"$1")"); then
        return
    fi
    rovi_printable "${said:0:1000}"
    ROVI_REPLY=${ROVI_REPLY:-the setup.bash files of ROS and of the workspace fail, or take more than $TRY_ENV_S s}
    return 1
}

# ---- what fits the system to the files -----------------------------------------------------

# fit_system: does all of it; the files are in place.
fit_system() {
    put_site
    [[ -z $DESTDIR || $PREFIX != /usr ]] || return 0 # the rest is for the machine that gets the package
    choose_permit
    put_unbound
    put_masks
    find_stale
    reload_systemd
    put_permit
    [[ $DESTDIR ]] || leave_old_executor
    remove_stale
    put_checksums
    put_manifest
    [[ -z $DESTDIR ]] || return 0
    [[ ! $catalog_changed ]] || read_catalog # for the package, dpkg does
    start_executor
    [[ $first == no ]] || start_gateway
    start_mount
    start_watch
    say_what_is_next
}

# put_site: writes what differs from robot to robot. The package's other units are dpkg's, so they get drop-ins.
put_site() {
    put 644 "$SITE" < <(site_text)
    if [[ $PREFIX != /usr || $ROVI_USER == rovi ]]; then
        return
    fi
    put 644 "$ROVI_SITE_UNITS/$ROVI_EXECUTOR@.service.d/${ROVI_SITE##*/}" < <(
        printf '[Service]\nUser=%s\n' "$ROVI_USER"
    )
    put 644 "$ROVI_SITE_UNITS/$ROVI_MOUNT.d/${ROVI_SITE##*/}" < <(
        printf '[Mount]\n'
        sed -n "s|,uid=rovi,|,uid=$ROVI_USER,|; /^Options=/p" "$UNITS/$ROVI_MOUNT"
    )
}

# make_group: makes the operators' group and puts the service user into it, so that the UI bridge in the gateway
# may start stacks. polkit asks the user database, so SupplementaryGroups= would not be enough.
make_group() {
    local note
    if ! getent group "$ROVI_GROUP" >/dev/null; then
        run groupadd --system "$ROVI_GROUP"
        notes+=("group $ROVI_GROUP")
    fi
    if [[ " $(id -nG -- "$ROVI_USER") " != *" $ROVI_GROUP "* ]]; then
        run usermod -aG "$ROVI_GROUP" "$ROVI_USER"
        notes+=("member $ROVI_USER")
    fi
    while IFS= read -r note; do # what an earlier install has done still counts
        if [[ $note == "member "* && $note != "member $ROVI_USER" ]]; then
            [[ " $(id -nG -- "${note#member }" 2>/dev/null) " != *" $ROVI_GROUP "* ]] ||
                run gpasswd -d "${note#member }" "$ROVI_GROUP" # no longer the service user
        else
            notes+=("$note")
        fi
    done < <(manifest_lines '^(group|member) ')
}

# site_text: prints the drop-in that has what differs from robot to robot. Its comments stay as they are: a changed
# text means another user or workspace, see say_what_is_next.
site_text() {
    cat <<END
# Written by install.sh: which user, which workspace. To change it, install again with ROVI_USER=
# and ROVI_ROS_WS_DIR= set. %h would be root's home here, so paths are absolute.

[Service]
User=$ROVI_USER
# '-': if it is missing, run_gateway.sh and run_stack.sh say so in words.
WorkingDirectory=-$ROVI_ROS_WS_DIR
Environment=ROVI_ENV=robot
Environment="ROVI_ROS_WS_DIR=$ROVI_ROS_WS_DIR"
# No EnvironmentFile=: systemd's own process would read it, as root and without a limit. The workspace is the
# service user's, and a FIFO in the place of .env.robot would hang systemd, the whole machine with it.
# run_gateway.sh and run_stack.sh load .env.robot as the service user.
END
}

# find_stale: fills stale, from the manifest of an earlier install.
find_stale() {
    local path
    while IFS= read -r path; do
        [[ $path == @("$MANIFEST"|"$LIB/checksums") || " ${installed[*]} " == *" $path "* ]] ||
            is_permit "$path" || is_no_mask "$path" || stale+=("$path")
    done < <(manifest_lines '^/')
}

# remove_stale: removes what is stale, after the rule that no longer names these units.
remove_stale() {
    local path
    ((${#stale[@]})) || return 0
    for path in "${stale[@]}"; do
        # It fails if somebody has removed the file.
        [[ $DESTDIR || $path != *.service || -L $path ]] || run systemctl disable --quiet "${path##*/}" || true
        run rm -f "$DESTDIR$path"
        [[ $path != *.service.d/* ]] || rmdir "$DESTDIR${path%/*}" 2>/dev/null || true # others may have a drop-in there
    done
    changed=$((changed + 1))
    reload_systemd
}

# reload_systemd: reloads only if a file has changed, or if a unit file was put in place by hand or by dpkg.
reload_systemd() {
    local -a names=("$ROVI_SITE_UNITS"/rovi-*[!@].service) # a template has no properties
    [[ $UNITS == "$ROVI_SITE_UNITS" ]] || names+=("$UNITS"/rovi-*[!@].service)
    [[ -z $DESTDIR ]] || return 0
    names+=("$ROVI_EXECUTOR.socket")
    if ((changed > 0)) || systemctl show --property=NeedDaemonReload "${names[@]##*/}" | grep -q yes; then
        socket_changed=$(systemctl show --property=NeedDaemonReload --value "$ROVI_EXECUTOR.socket")
        run systemctl daemon-reload
    fi
}

# put_checksums: writes what `rovictl doctor` compares the installed files with.
put_checksums() {
    local -a files=()
    if [[ $DESTDIR || $PREFIX == /usr ]]; then # a package has its own
        return
    fi
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
    ((${#LEFT_OUT[@]} == 0)) || mapfile -t -O ${#notes[@]} notes < <(printf 'left_out %s\n' "${LEFT_OUT[@]}")
    put 644 "$MANIFEST" < <(printf '%s\n' "${installed[@]}" "${notes[@]}" | sort -u)
}

# start_gateway: enables and starts the gateway, at the first install. Later the administrator's choice counts.
start_gateway() {
    run systemctl enable --quiet "$ROVI_GATEWAY"
    run systemctl start "$ROVI_GATEWAY" && return
    journalctl -u "$ROVI_GATEWAY" -n 20 --no-pager >&2
    die "$ROVI_EX_FAILED" "installed, but the gateway does not start: \
fix what its log says, then run 'systemctl start $ROVI_GATEWAY'"
}

# start_mount: mounts again if the mount is another service user's; mounts if an earlier version's gateway runs, which
# has not asked for it.
start_mount() {
    if systemctl is-active --quiet "$ROVI_MOUNT"; then
        [[ $(stat -c '%U %G' "$(systemctl show -p Where --value "$ROVI_MOUNT")") == "$ROVI_USER $ROVI_GROUP" ]] ||
            run systemctl restart "$ROVI_MOUNT"
    elif systemctl is-active --quiet "$ROVI_GATEWAY"; then
        run systemctl start "$ROVI_MOUNT"
    fi
}

# start_watch: starts the watch over the stops of what this install has brought; a start of the gateway does so, too.
start_watch() {
    ((changed == 0)) || ! systemctl is-active --quiet "$ROVI_GATEWAY" || run systemctl start rovi_end.service
}

# leave_old_executor: removes the executor's units of up to version 0.2, which were named rovi-executor. The
# administrator's choice for them holds for the new ones. A connection ends, because its program would no longer find
# its files.
leave_old_executor() {
    local old=rovi-executor enabled masked
    enabled=$ROVI_SITE_UNITS/sockets.target.wants/$old.socket
    masked=$ROVI_SITE_UNITS/$old.socket
    if [[ -L $masked ]]; then
        socket_was=there
    elif [[ -L $enabled ]]; then
        socket_was=''
    elif [[ $(manifest_lines "/$old\\.socket\$") ]]; then
        socket_was=there
    fi
    [[ ! $(systemctl list-units --all --plain --no-legend "$old.socket" "$old@*.service") ]] ||
        run systemctl stop "$old.socket" "$old@*.service"
    if [[ -L $enabled || -L $masked ]]; then
        [[ ! -L $masked ]] || run rm -f "$masked"
        run rm -f "$enabled"
        run systemctl daemon-reload
    fi
}

# start_executor: enables and starts the executor if this install has brought it; later the administrator's choice
# counts. If its socket has changed, systemd opens it again; connections go on.
start_executor() {
    if [[ ! $socket_was ]]; then
        # If that fails, because it is masked, for example, the gateway must start all the same.
        run systemctl enable --quiet --now "$ROVI_EXECUTOR.socket" ||
            printf "programs cannot use the executor: run 'sudo systemctl enable --now %s.socket'\n" \
                "$ROVI_EXECUTOR" >&2
    elif [[ $socket_changed == yes ]]; then
        run systemctl try-restart "$ROVI_EXECUTOR.socket"
    fi
}

# say_what_is_next: what the administrator does next: after the first install for the operators, after an update what is
# still to be done. The last lines are commands.
say_what_is_next() {
    if ((changed == 0)); then
        printf 'nothing to change\n'
    else
        printf 'installed. Nothing that runs was restarted.\n'
    fi
    if ! systemctl is-active --quiet "$ROVI_GATEWAY"; then
        printf "The gateway is not active: run 'sudo rovictl gateway start'\n"
    elif [[ $site_before && $site_before != "$(site_text)" ]]; then
        printf "The gateway still runs with the old user or workspace: run 'sudo rovictl gateway restart'\n"
    fi
    ((changed > 0)) || return 0
    printf 'Next:\n'
    [[ $first == no ]] ||
        printf '%-36s # for each operator, who then logs in again\n' "sudo usermod -aG $ROVI_GROUP USER"
    printf '%-36s # checks the installation\n' 'sudo rovictl doctor'
    [[ $first == no ]] || printf '%-36s # as an operator; then: rovictl start NAME\n' 'rovictl list'
}
