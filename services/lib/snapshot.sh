# shellcheck shell=bash
# snapshot.sh: the environment that ROS and the workspace make is kept, so that a start need not source them again.
#
# A snapshot is a file of the service user's, one for each unit: ~/.ros/rovi/env/NAME. It is data, never run. Its lines:
#
#   SNAPSHOT_MARK
#   KEY       what the sourcing begins with, see snapshot_key
#   REASON    why this workspace must be sourced each time, or nothing
#   N M       the number of files, and of tests
#   STAMP     N lines: what stat(1) says of each file
#   FILE      N lines: each file and directory that the sourcing reads
#   TEST      M lines, as in +d/opt/ros/jazzy/bin: the sourcing has looked whether there is such a directory (d), file
#             (f) or anything (e), and found it (+) or not (-)
#   CHANGE    NAME=VALUE for a variable that the sourcing sets, NAME for one that it removes
#   SNAPSHOT_END
#
# It is used while all of this is as it was. A stamp has the file's inode, size and times in nanoseconds, among them the
# time of its last change, which nobody can set back. Else the start sources, and in the background keep_env.sh makes
# another snapshot for the next start (snapshot_make.sh). Root never reads one.

use lib/contract lib/run

readonly SNAPSHOT_MARK='rovi environment 1' SNAPSHOT_END=end
# The device, inode, type and mode, owner, size, and the times of the last modification and change, which have a comma
# in some locales.
readonly SNAPSHOT_STAMP='%d %i %f %u %s %.9Y %.9Z\n'
readonly SNAPSHOT_FILE_MODE=8180 SNAPSHOT_DIR_MODE=41c0 # a plain file, 0600; a directory, 0700
# What systemd sets anew for each start (systemd.exec(5)). If a setup file reads one of these, there is no snapshot.
SNAPSHOT_EACH='@(INVOCATION_ID|JOURNAL_STREAM|SYSTEMD_EXEC_PID|NOTIFY_SOCKET|MAINPID|WATCHDOG_*|LISTEN_*|TRIGGER_*|_)'
readonly SNAPSHOT_EACH

SNAPSHOT_WHY='' # why the last snapshot_use has not used one
SNAPSHOT_OLD='' # whether that snapshot is of no use, so that another one is worth making

# snapshot_file NAME: sets ROVI_REPLY to the snapshot of rovi-NAME.service.
snapshot_file() {
    ROVI_REPLY=${HOME-}/$ROVI_SNAPSHOTS/$1
}

# snapshot_key SETUP: sets ROVI_REPLY to what the sourcing begins with, apart from files: the account, the directory,
# ROS's setup file SETUP, and the environment that this process was started with.
snapshot_key() {
    local word
    local -a words
    mapfile -d '' -t words </proc/self/environ
    ROVI_REPLY=$EUID$'\t'$PWD$'\t'$1
    for word in "${words[@]}"; do
        # shellcheck disable=SC2053  # a pattern
        [[ ${word%%=*} == $SNAPSHOT_EACH ]] || ROVI_REPLY+=$'\t'$word
    done
    ROVI_REPLY=${ROVI_REPLY//$'\n'/$'\t'}
}

# snapshot_use NAME SETUP: sets the environment of rovi-NAME.service as sourcing SETUP and the workspace would. If that
# cannot be done, fails, has changed nothing, and says why in SNAPSHOT_WHY.
snapshot_use() {
    local LC_ALL=C fd=''
    local -a record=()
    SNAPSHOT_WHY='' SNAPSHOT_OLD=''
    if [[ ${ROVI_ENV_SNAPSHOT-} == 0 ]]; then
        SNAPSHOT_WHY='ROVI_ENV_SNAPSHOT=0'
        return 1
    fi
    SNAPSHOT_OLD=yes SNAPSHOT_WHY='something that it depends on has changed'
    snapshot_open "$1" || return
    mapfile -t record <&"$fd" # lines, because for any other delimiter bash reads byte by byte
    snapshot_is_good "$2"
    set -- $?
    exec {fd}<&-
    (($1 == 0)) && snapshot_apply
}

# snapshot_open NAME: opens the snapshot of NAME on the caller's fd. Fails if there is none that may be read. What is
# opened is looked at by snapshot_is_good.
snapshot_open() {
    snapshot_file "$1"
    SNAPSHOT_WHY='no snapshot yet'
    [[ -f $ROVI_REPLY && ! -L $ROVI_REPLY && ! -L ${ROVI_REPLY%/*} ]] || return
    SNAPSHOT_WHY="$ROVI_REPLY cannot be read"
    { exec {fd}<"$ROVI_REPLY"; } 2>/dev/null
}

# snapshot_is_good SETUP: whether the caller's record, read from its fd, is a snapshot of this account's that is still
# true. One process looks at the open file, its directory and all files that the snapshot depends on.
snapshot_is_good() {
    local IFS=$'\n' n m said stamp test
    SNAPSHOT_WHY='the snapshot is damaged'
    [[ ${record[0]-} == "$SNAPSHOT_MARK" && ${record[-1]} == "$SNAPSHOT_END" ]] || return
    [[ ${record[3]-} =~ ^([0-9]{1,6})\ ([0-9]{1,6})$ ]] || return
    n=${BASH_REMATCH[1]} m=${BASH_REMATCH[2]}
    ((${#record[@]} >= 2 * n + m + 5)) || return
    SNAPSHOT_WHY='the unit or the environment that the start begins with has changed'
    snapshot_key "$1"
    [[ $ROVI_REPLY == "${record[1]}" ]] || return
    SNAPSHOT_WHY='files that it depends on have changed'
    said=$(LC_ALL=C exec stat -L --printf="$SNAPSHOT_STAMP" -- "/proc/self/fd/$fd" "${HOME-}/$ROVI_SNAPSHOTS" \
        "${record[@]:4+n:n}" 2>/dev/null) || return
    SNAPSHOT_WHY='the snapshot is not a file that only its owner can read and write'
    for stamp in $SNAPSHOT_FILE_MODE $SNAPSHOT_DIR_MODE; do
        [[ $said == +([0-9])' '+([0-9])" $stamp $EUID "* ]] || return
        said=${said#*$'\n'}
    done
    SNAPSHOT_WHY='files that it depends on have changed'
    [[ $said == "${record[*]:4:n}" ]] || return
    for test in "${record[@]:4+2*n:m}"; do
        snapshot_test "${test:1:1}" "${test:2}"
        [[ $ROVI_REPLY == "${test:0:1}" ]] || return
    done
    SNAPSHOT_OLD='' SNAPSHOT_WHY=${record[2]}
    [[ ! $SNAPSHOT_WHY ]]
}

# snapshot_test KIND PATH: sets ROVI_REPLY to "+" if there is something of KIND (d, f or e) at PATH, or else to "-".
snapshot_test() {
    ROVI_REPLY=-
    case $1 in
    d) [[ ! -d $2 ]] || ROVI_REPLY=+ ;;
    f) [[ ! -f $2 ]] || ROVI_REPLY=+ ;;
    *) [[ ! -e $2 ]] || ROVI_REPLY=+ ;;
    esac
}

# snapshot_apply: sets and removes the variables that the caller's record says. Fails, and has changed nothing, if one
# of them is none that can be set here.
snapshot_apply() {
    local snapshot_change snapshot_n snapshot_m
    SNAPSHOT_WHY='the snapshot sets a variable that this shell keeps for itself'
    snapshot_n=${record[3]% *} snapshot_m=${record[3]#* }
    record=("${record[@]:4+2*snapshot_n+snapshot_m}")
    unset 'record[-1]'
    for snapshot_change in "${record[@]%%=*}"; do
        [[ $snapshot_change == [A-Za-z_]*([A-Za-z0-9_]) && ${!snapshot_change@a} != *[raA]* ]] || return
    done
    for snapshot_change in "${record[@]}"; do
        if [[ $snapshot_change == *=* ]]; then
            declare -gx "$snapshot_change"
        else
            unset -v "$snapshot_change"
        fi
    done
    SNAPSHOT_WHY=''
}

# snapshot_make_later NAME: has keep_env.sh make the snapshot of NAME, in the background, at the lowest priority, with
# the environment that this process was started with, with nothing of the caller's open, and not as a child of the
# caller.
snapshot_make_later() {
    local -a words
    mapfile -d '' -t words </proc/self/environ
    (
        (
            rovi_close_others
            exec env -i "${words[@]}" nice -n 19 "$ROVI_LIB/keep_env.sh" "$1"
        ) &
    ) </dev/null >/dev/null 2>&1
}

# snapshot_note NAME: notes for doctor what snapshot_use has found.
snapshot_note() {
    local file=$ROVI_RUN/env.$1
    [[ ! -e $file && ! -L $file ]] || [[ -f $file && ! -L $file ]] || rm -rf -- "$file"
    printf '%s\n' "${SNAPSHOT_WHY:-used}" >"$file" || true
} 2>/dev/null
