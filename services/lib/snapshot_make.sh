# shellcheck shell=bash
# snapshot_make.sh: makes a snapshot of the environment that ROS and the workspace make (snapshot.sh).
#
# It may only be kept if it would be the same each time. So first everything is looked at that the sourcing reads:
#
# - Each shell file that is sourced, as bash's own trace tells, has only lines of the forms that the templates of
#   ament_package, ament_cmake and colcon have (snapshot.forms): paths are added to lists, variables are set, other
#   files come next. A line that runs a command, writes a file or defines a function has another form.
# - The Python program of these templates that puts the packages in order uses nothing but files.
# - Each .dsv file that it reads has only operations that it knows, with plain values.
#
# If something else is found, the reason is kept in place of the environment, until a file changes. As a second look, it
# is sourced twice, which must give the same and print nothing.

use lib/text lib/snapshot

# How much a snapshot may depend on: what one command line can hold (execve(2)), by far.
readonly SNAPSHOT_BYTES=1000000
# A file that has changed in the last seconds could change again without another time of its change.
readonly SNAPSHOT_CALM_S=2

SNAPSHOT_REASON='' # why there can be no snapshot of this workspace
# By file: what the snapshot depends on. By test, as in a snapshot: what it has found.
declare -gA SNAPSHOT_FILES=() SNAPSHOT_TESTS=()

# ---- what the sourcing does -----------------------------------------------------------------------

# Run by a bash of its own: prints the environment before and after the sourcing, with a mark around what the sourcing
# itself prints. With "trace", bash says on stderr what it does.
# shellcheck disable=SC2016  # for that bash to expand
readonly SNAPSHOT_SOURCE='
    loader=$1 traced=${2-}
    ROVI_ENV_UNTIL=ros source "$loader" || exit
    ROVI_SETUP=$ROVI_ENV_ROS
    unset ROVI_ENV_ROS ROVI_ENV_UNTIL
    exec 3>&1
    printf "%s\0" "$ROVI_SETUP" && env -0 && printf "begin\0"
    if [[ $traced ]]; then
        exec 1>/dev/null
        PS4="+ "
        set -x
    else
        exec 2>&1
    fi
    snapshot_all() {
        set --
        source "$ROVI_SETUP"
        source "$ROVI_ROS_WS_DIR/install/setup.bash"
    }
    snapshot_all
    { set +x; } 2>/dev/null
    exec 1>&3
    printf "end\0" && env -0 && printf "done\0"'

# snapshot_source LOADER ARRAY: fills ARRAY with what SNAPSHOT_SOURCE prints. Fails if the sourcing does.
snapshot_source() {
    local -n into=$2
    mapfile -d '' -t into < <(exec "$BASH" -c "$SNAPSHOT_SOURCE" keep_env "$1" 2>/dev/null)
    [[ ${into[-1]-} == "done" ]]
}

# snapshot_trace LOADER: fills the caller's sourced with the files that the sourcing reads as shell.
snapshot_trace() {
    local line
    sourced=()
    while IFS= read -r line; do
        line=${line#*+ } line=${line#* }
        case $line in
        \'*) line=${line#\'} line=${line%%\'*} ;; # a name with blanks
        *) line=${line%% *} ;;
        esac
        sourced+=("$line")
    done < <("$BASH" -c "$SNAPSHOT_SOURCE" keep_env "$1" trace 2>&1 >/dev/null | grep -aE '^\++ (\.|source) ')
}

# ---- what it may do -------------------------------------------------------------------------------

# snapshot_refuse REASON: notes why there can be no snapshot; the first reason counts. It fails.
snapshot_refuse() {
    SNAPSHOT_REASON=${SNAPSHOT_REASON:-$1}
    return 1
}

# snapshot_needs FILE: the snapshot depends on FILE. Fails if its name is none for a line of text.
snapshot_needs() {
    SNAPSHOT_FILES["$1"]=yes
    [[ $1 == /* && $1 != *[[:cntrl:]]* ]] || snapshot_refuse "it has a file with an odd name"
}

# snapshot_asks KIND PATH: the snapshot depends on whether there is something of KIND at PATH; fails if there is not.
snapshot_asks() {
    snapshot_test "$1" "$2"
    SNAPSHOT_TESTS["$1$2"]=$ROVI_REPLY
    [[ $ROVI_REPLY == + ]]
}

# snapshot_forms: sets SNAPSHOT_HOOK and SNAPSHOT_SETUP to one expression each, for the lines of a package's hook and
# for those of a setup file.
snapshot_forms() {
    local form setup='' plain='[^]`;|\&<>()[]*' value="(\"[^\"\`;|\\&<>()]*\"|[^][:space:]\"'\`;|\\&<>()[]*)"
    SNAPSHOT_HOOK=''
    while IFS= read -r form; do
        [[ $form && $form != '#'* ]] || continue
        if [[ $form == setup ]]; then
            SNAPSHOT_HOOK=$setup
            continue
        fi
        form=${form//NAME/[A-Za-z_][A-Za-z0-9_]*}
        form=${form//VALUE/$value}
        setup+="${setup:+|}${form//PLAIN/$plain}"
    done <"$ROVI_LIB/lib/snapshot.forms"
    SNAPSHOT_HOOK="^($SNAPSHOT_HOOK)\$" SNAPSHOT_SETUP="^($setup)\$"
}

# snapshot_shell FILE: looks at the lines of FILE, which is sourced.
snapshot_shell() {
    local -a lines
    local LC_ALL=C line text n=0 any=$SNAPSHOT_HOOK
    if [[ ${1##*/} == @(setup|local_setup|package).@(sh|bash) ]]; then
        any=$SNAPSHOT_SETUP
    fi
    snapshot_needs "$1" || return
    mapfile -t lines <"$1"
    for line in "${lines[@]}"; do
        ((++n))
        line=${line#"${line%%[![:blank:]]*}"}
        line=${line%"${line##*[![:blank:]]}"}
        [[ $line && $line != '#'* ]] || continue
        text=${line//\\/}
        text=${text%"${text##*[![:blank:]]}"}
        if ! [[ $text =~ $any ]] || snapshot_reads_anew "$text"; then
            rovi_printable "${line:0:80}"
            snapshot_refuse "$1:$n may do something else each time: $ROVI_REPLY"
            return
        fi
        if [[ $text =~ \ AMENT_ENVIRONMENT_HOOKS\ \"\$AMENT_CURRENT_PREFIX(/.*)\"$ ]]; then
            snapshot_asks f "${1%/share/*}${BASH_REMATCH[1]}" || true # ament's setup files pass over what is not there
        fi
        [[ $any != "$SNAPSHOT_HOOK" ]] || snapshot_hook_asks "$1" "$text"
    done
}

# What bash itself sets anew each time; and "!", as in ${!NAME}, which can be any of them.
readonly SNAPSHOT_MOVING='@(RANDOM|SRANDOM|SECONDS|EPOCHSECONDS|EPOCHREALTIME|BASHPID|PPID|SHLVL|!)'

# snapshot_reads_anew LINE: whether LINE reads a variable that is another one in each start. Sourcing it twice does not
# show that: both times it is the same start.
snapshot_reads_anew() {
    local rest=$1
    while [[ $rest =~ \$\{?([A-Za-z_][A-Za-z0-9_]*|!)(.*)$ ]]; do
        # shellcheck disable=SC2053  # patterns
        [[ ${BASH_REMATCH[1]} != $SNAPSHOT_EACH && ${BASH_REMATCH[1]} != $SNAPSHOT_MOVING ]] || return 0
        rest=${BASH_REMATCH[2]}
    done
    return 1
}

# snapshot_hook_asks FILE LINE: if LINE of the hook FILE asks whether something is there in its prefix, the snapshot
# depends on that.
snapshot_hook_asks() {
    [[ $2 =~ \ -([def])\ \"\$\{?(AMENT|COLCON)_CURRENT_PREFIX\}?(.*)\"\  ]] || return 0
    snapshot_asks "${BASH_REMATCH[1]}" "${1%/share/*}${BASH_REMATCH[3]}" || true
}

# What betrays in a program what it uses.
SNAPSHOT_WORDS='^[[:blank:]]*(import|from) .*|\<(os|sys)\.[A-Za-z_.]+'
SNAPSHOT_WORDS+='|\<(open|exec|eval|compile|__import__|getattr)\([^)]*\)?|write_[a-z]+|unlink|mkdir|touch'
readonly SNAPSHOT_WORDS

# snapshot_python FILE: looks at the program of a prefix that puts its packages in order.
snapshot_python() {
    local LC_ALL=C word
    snapshot_needs "$1" || return
    while IFS= read -r word; do
        case $word in
        'import argparse' | 'import os' | 'import sys' | 'from collections import OrderedDict') ;;
        'from pathlib import Path') ;;
        os.environ | os.environ.get | os.path.* | os.pathsep | sys.argv | sys.stderr | sys.exit) ;;
        "open(dsv_path, 'r')") ;;
        *)
            rovi_printable "${word:0:80}"
            snapshot_refuse "$1 may do something else each time: $ROVI_REPLY"
            return
            ;;
        esac
    done < <(grep -aoE "$SNAPSHOT_WORDS" -- "$1")
}

# ---- what the program of a prefix reads -----------------------------------------------------------

# snapshot_prefix FILE: if FILE is the setup file of a prefix, looks at what the prefix's program reads.
snapshot_prefix() {
    local prefix=${1%/*} path name
    case ${1##*/} in
    setup.sh) # ament's: the prefixes below this one
        path=$prefix/share/ament_index/resource_index/parent_prefix_path
        snapshot_listing "$path" || return
        for path in "$path"/*; do
            [[ ! -f $path ]] || snapshot_parents "$path" || return
        done
        ;;
    local_setup.bash)
        if snapshot_asks f "$prefix/_local_setup_util_sh.py"; then
            snapshot_python "$prefix/_local_setup_util_sh.py" || return
            if grep -q -- --merged-install "$1"; then
                snapshot_packages "$prefix" share/colcon-core/packages || return
            else
                snapshot_isolated "$prefix" || return
            fi
        fi
        if snapshot_asks f "$prefix/_local_setup_util.py"; then
            snapshot_python "$prefix/_local_setup_util.py" || return
            path=share/ament_index/resource_index
            snapshot_packages "$prefix" "$path/packages" || return
            for name in "$prefix/$path/package_run_dependencies"/*; do
                [[ ! -f $name ]] || snapshot_needs "$name" || return
            done
            snapshot_listing "$prefix/$path/package_run_dependencies"
        fi
        ;;
    esac
}

# snapshot_listing DIR: the snapshot depends on what is in DIR, or on there being none.
snapshot_listing() {
    ! snapshot_asks d "$1" || snapshot_needs "$1"
}

# snapshot_parents FILE: the snapshot depends on the setup files of the prefixes that FILE lists.
snapshot_parents() {
    local text path
    local -a paths
    snapshot_needs "$1" || return
    text=$(<"$1")
    IFS=: read -rd '' -a paths <<<"$text"
    for path in "${paths[@]%$'\n'}"; do
        [[ $path == '{prefix}' || ! $path ]] || snapshot_asks f "$path/local_setup.bash" || true
    done
}

# snapshot_packages PREFIX DIR: looks at each package that is listed in DIR of PREFIX, which has all of them.
snapshot_packages() {
    local file
    snapshot_listing "$1/$2" || return
    for file in "$1/$2"/*; do
        [[ -f $file ]] || continue
        snapshot_needs "$file" && snapshot_package "$1" "${file##*/}" || return
    done
}

# snapshot_isolated PREFIX: looks at each package of PREFIX, each of which has a directory of its own.
snapshot_isolated() {
    local dir name
    snapshot_needs "$1" || return
    for dir in "$1"/*/; do
        dir=${dir%/} name=${dir##*/}
        [[ -d $dir ]] || continue
        if snapshot_asks f "$dir/share/colcon-core/packages/$name"; then
            snapshot_needs "$dir/share/colcon-core/packages/$name" && snapshot_package "$dir" "$name" || return
        fi
    done
}

# snapshot_package PREFIX NAME: looks at what the package NAME in PREFIX adds.
snapshot_package() {
    local base=$1/share/$2 ext
    if snapshot_asks e "$base/package.dsv"; then
        snapshot_dsv "$base/package.dsv" "$1"
        return
    fi
    for ext in bash sh; do # without that file, ament's program has one of these sourced
        snapshot_asks e "$base/local_setup.$ext" || true
    done
}

# snapshot_dsv FILE PREFIX: looks at the operations of FILE, and at the files that it names.
snapshot_dsv() {
    local LC_ALL=C line n=0 base value
    local -a words
    [[ ! ${SNAPSHOT_FILES["$1"]-} ]] || return 0
    snapshot_needs "$1" || return
    while IFS= read -r line || [[ $line ]]; do
        ((++n))
        [[ $line && $line != '#'* ]] || continue
        IFS=';' read -ra words <<<"$line"
        case ${words[0]} in
        source) [[ $line =~ ^source\;[A-Za-z0-9_./+-]+\.[a-z0-9]+$ ]] ;;
        set | set-if-unset) [[ $line =~ ^[a-z-]+\;[A-Za-z_][A-Za-z0-9_]*\;[A-Za-z0-9_./:@%+=,~\ -]*$ ]] ;;
        append-non-duplicate | prepend-non-duplicate | prepend-non-duplicate-if-exists)
            [[ $line =~ ^[a-z-]+\;[A-Za-z_][A-Za-z0-9_]*(\;[A-Za-z0-9_./:@%+=,~\ -]*)*$ ]]
            ;;
        *) false ;;
        esac || {
            rovi_printable "${line:0:80}"
            snapshot_refuse "$1:$n has no operation that is known: $ROVI_REPLY"
            return
        }
        case ${words[0]} in
        source)
            base=${words[1]%.*}
            [[ $base == /* ]] || base=$2/$base
            if snapshot_asks e "$base.dsv"; then
                snapshot_dsv "$base.dsv" "$2" || return
            fi
            ;;
        prepend-non-duplicate-if-exists | set*)
            for value in "${words[@]:2}"; do
                [[ $value == /* ]] || value=$2/$value
                snapshot_asks e "$value" || true
            done
            ;;
        esac
    done <"$1"
}

# ---- the snapshot ---------------------------------------------------------------------------------

# snapshot_look LOADER: fills SNAPSHOT_FILES and SNAPSHOT_TESTS with what the sourcing depends on. Fails and sets
# SNAPSHOT_REASON if it may not be the same each time.
snapshot_look() {
    local file
    local -a sourced
    local -A seen=()
    snapshot_forms
    snapshot_trace "$1"
    for file in "${sourced[@]}"; do
        [[ ! ${seen["$file"]-} ]] || continue
        seen["$file"]=yes
        rovi_printable "$file"
        [[ -f $file ]] || snapshot_refuse "it sources ${ROVI_REPLY:0:200}, which is no plain file" || return
        snapshot_shell "$file" && snapshot_prefix "$file" || return
    done
    ((${#sourced[@]} > 1)) || snapshot_refuse "bash does not say what it sources"
}

# snapshot_stamps: sets ROVI_REPLY to the stamps of the caller's files. Fails if one is gone, or has changed after the
# caller's calm, a time in seconds.
snapshot_stamps() {
    local changed text
    text=$(LC_ALL=C stat -L --printf="$SNAPSHOT_STAMP" -- "${files[@]}" 2>/dev/null) || return
    while read -r _ _ _ _ _ _ changed; do
        ((${changed%.*} < calm)) || return
    done <<<"$text"
    ROVI_REPLY=$text
}

# snapshot_changes ARRAY: sets the caller's changes to what differs in ARRAY, of snapshot_source, after the sourcing.
snapshot_changes() {
    local -n from=$1
    local i name state=before
    local -A before=() after=()
    for ((i = 1; i < ${#from[@]} - 1; i++)); do
        name=${from[i]%%=*}
        if [[ $state == before && ${from[i]} == begin ]]; then
            state=after
            rovi_printable "${from[++i]%end}"
            [[ ! $ROVI_REPLY ]] || snapshot_refuse "it prints something: ${ROVI_REPLY:0:80}" || return
        elif [[ $state == before ]]; then
            before["$name"]=${from[i]}
        else
            after["$name"]=${from[i]}
        fi
    done
    changes=()
    for name in "${!after[@]}"; do
        [[ ${before["$name"]-} != "${after["$name"]}" ]] || continue
        [[ $name == [A-Za-z_]*([A-Za-z0-9_]) ]] || snapshot_refuse "it exports a function" || return
        [[ ${after["$name"]} != *$'\n'* ]] || snapshot_refuse "it gives $name more than one line" || return
        changes+=("${after["$name"]}")
    done
    for name in "${!before[@]}"; do
        [[ ${after["$name"]+set} ]] || changes+=("$name")
    done
}

# snapshot_make NAME LOADER: makes the snapshot of rovi-NAME.service, with the environment of this process. Fails if
# that cannot be done yet: something fails, has just changed or changes meanwhile.
snapshot_make() {
    local key stamps file test workspace calm=$((EPOCHSECONDS - SNAPSHOT_CALM_S))
    local -a once twice changes=() files tests=()
    shopt -u nullglob dotglob nocasematch
    snapshot_source "$2" once || return
    snapshot_key "${once[0]}"
    key=$ROVI_REPLY
    workspace=${ROVI_ROS_WS_DIR-}
    snapshot_needs "$workspace/.env.robot"
    snapshot_look "$2" || [[ $SNAPSHOT_REASON ]] || return
    files=("${!SNAPSHOT_FILES[@]}")
    [[ ${files[*]} ]] && ((${#files[@]} > 1)) || return
    file=${files[*]}
    ((${#file} < SNAPSHOT_BYTES)) || snapshot_refuse "it has too many files"
    snapshot_stamps || return
    stamps=$ROVI_REPLY
    snapshot_source "$2" twice || return
    if [[ ${once[*]@Q} != "${twice[*]@Q}" ]]; then
        snapshot_refuse "sourcing it twice gives two environments"
    fi
    [[ $SNAPSHOT_REASON ]] || snapshot_changes once
    snapshot_stamps && [[ $ROVI_REPLY == "$stamps" ]] || return
    for test in "${!SNAPSHOT_TESTS[@]}"; do
        snapshot_test "${test:0:1}" "${test:1}"
        [[ $ROVI_REPLY == "${SNAPSHOT_TESTS["$test"]}" ]] || return
        # What has a stamp is there.
        [[ $ROVI_REPLY == + && ${SNAPSHOT_FILES["${test:1}"]-} ]] || tests+=("$ROVI_REPLY$test")
    done
    snapshot_write "$1" "$SNAPSHOT_MARK" "$key" "$SNAPSHOT_REASON" "${#files[@]} ${#tests[@]}" "$stamps" \
        "${files[@]}" "${tests[@]}" "${changes[@]}" "$SNAPSHOT_END"
}

# snapshot_write NAME RECORD...: replaces the snapshot of NAME as a whole, in a directory that only this user can enter.
snapshot_write() {
    local file dir
    snapshot_file "$1"
    file=$ROVI_REPLY dir=${ROVI_REPLY%/*}
    shift
    [[ ! -L $dir ]] && mkdir -p -- "$dir" && [[ -O $dir ]] && chmod 0700 -- "$dir" && rm -rf -- "$file.new" || return
    umask 0077
    (set -C && printf '%s\n' "$@" >"$file.new") && mv -fT -- "$file.new" "$file" && return
    rm -f -- "$file.new"
    return 1
} 2>/dev/null
