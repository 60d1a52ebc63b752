#!/usr/bin/env bats
# lib/snapshot_make.sh: which setup files do the same each time.

load helper

setup() {
    house lib/snapshot_make
    snapshot_forms
    file=$BATS_TEST_TMPDIR/install/one/share/one/hook/odd.sh
    mkdir -p "${file%/*}"
}

# reason FUNCTION TEXT: prints why FUNCTION refuses a file with that text; fails if it does not.
reason() {
    printf '%s\n' "$2" >"$file"
    SNAPSHOT_REASON='' SNAPSHOT_FILES=() SNAPSHOT_TESTS=()
    ! "$1" "$file" "$BATS_TEST_TMPDIR/install/one" || return
    printf '%s' "$SNAPSHOT_REASON"
}

@test "a hook with a line that may do something else each time is named" {
    lines=('date >>~/side' 'export NOW=$(date +%N)' 'export NOW=`date +%N`' 'export NOW=1; touch ~/side' 'touch ~/side'
        'odd() { :; }' 'export -f ament_append_value' 'alias ll=ls' 'umask 077' 'ulimit -n 100' 'cd /tmp' 'eval $ODD'
        '. /opt/odd.sh' 'source /opt/odd.sh' 'read -r ODD </proc/uptime' 'if [ /tmp -nt /opt ]; then' 'trap : EXIT'
        'if [ -d /tmp ]; then' 'if [ -d "$HOME/x" ]; then' 'if test -d /tmp; then' 'A=1 touch ~/side' '$ODD'
        'export A=1 || touch ~/side' 'unset A; touch ~/side' 'echo $(touch ~/side)' 'echo x > ~/side' 'set -a'
        'export "$(date)"' 'export A="`date`"' 'export A=<(date)' 'export A=1 &' 'while true; do' 'exec sleep 1'
        'for i in $(seq 9); do' ': ${A:=$(date)}' ': > ~/side' 'shopt -s extglob' 'local A=1' 'declare -gx A=1'
        'ament_odd_value A B' 'python3 -c 1' "export A='\$(date)'" $'export A=1\r; date' 'if [ -z "$(date)" ]; then'
        'export A="/log/$INVOCATION_ID"' 'A=$EPOCHSECONDS' 'export A="x${B:-$SECONDS}"' 'A=$PPID' 'export A=${!B}'
        'export A="${B}$TRIGGER_UNIT"')
    for line in "${lines[@]}"; do
        said=$(reason snapshot_shell "export FIRST=1"$'\n'"  $line") || return
        [[ $said == "$file:2 may do something else each time: "* ]] || {
            echo "$line: $said"
            return 1
        }
    done
}

@test "a hook of the known forms may be kept, and what it asks for counts" {
    printf '%s\n' '# comment' '' 'export A="b c:$D"' 'A=$B' \
        'ament_prepend_unique_value PATH "$AMENT_CURRENT_PREFIX/bin"' \
        'if [ -d "$AMENT_CURRENT_PREFIX/share" ]; then' '  unset A B' \
        'elif [ ! -e "$COLCON_CURRENT_PREFIX/no" ]; then' \
        'else' 'fi' 'if [ "$A" = "b" ]; then' 'return 0' 'fi' 'if [ -z "$A" ]; then' 'echo "no A" 1>&2' 'fi' >"$file"
    snapshot_shell "$file" || { echo "$SNAPSHOT_REASON" && return 1; }
    [[ ${SNAPSHOT_FILES["$file"]} && ${SNAPSHOT_TESTS["d$BATS_TEST_TMPDIR/install/one/share"]} == + ]] || return
    [[ ${SNAPSHOT_TESTS["e$BATS_TEST_TMPDIR/install/one/no"]} == - ]]
}

@test "a .dsv file with an operation or a value that is not plain is named" {
    # shellcheck disable=SC2016  # that is the point
    for line in 'set;NOW;$(date)' 'set;NOW;`date`' 'set;NOW;"x' 'odd;PATH;bin' 'no operation' 'set;A B;c' 'set;A;b\' \
        'prepend-non-duplicate;PATH;$HOME' 'source;../../x;y' 'source;$HOME/x.sh' 'set'; do
        said=$(reason snapshot_dsv "set;FIRST;1"$'\n'"$line") || return
        [[ $said == "$file:2 has no operation that is known: $line" ]] || {
            echo "$line: $said"
            return 1
        }
    done
}

@test "a program of a prefix that uses more than files is named" {
    for line in 'import subprocess' 'from os import system' "os.system('date')" "x = open('/etc/hostname')" \
        "p.write_text('x')" "exec('x')" 'os.getpid()' 'sys.stdin.read()' "getattr(os, 'x')"; do
        said=$(reason snapshot_python "import os"$'\n'"$line") || return
        [[ $said == "$file may do something else each time: "* ]] || {
            echo "$line: $said"
            return 1
        }
    done
}

@test "a hook that ament passes over because it is not there counts" {
    mkdir -p "$BATS_TEST_TMPDIR/one/share/one"
    file=$BATS_TEST_TMPDIR/one/share/one/local_setup.sh
    echo 'ament_append_value AMENT_ENVIRONMENT_HOOKS "$AMENT_CURRENT_PREFIX/share/one/environment/later.sh"' >"$file"
    snapshot_shell "$file" || { echo "$SNAPSHOT_REASON" && return 1; }
    [[ ${SNAPSHOT_TESTS["f$BATS_TEST_TMPDIR/one/share/one/environment/later.sh"]} == - ]]
}

@test "a file is found in bash's trace if its name has blanks" {
    local -a sourced
    workspace
    mkdir "$BATS_TEST_TMPDIR/a b"
    mv "$ROVI_ROS_WS_DIR" "$BATS_TEST_TMPDIR/a b/ws"
    ROVI_ROS_WS_DIR="$BATS_TEST_TMPDIR/a b/ws"
    snapshot_trace "$TOP/rovi_env.sh"
    [[ ${sourced[-1]} == "$ROVI_ROS_WS_DIR/install/setup.bash" ]] || { echo "${sourced[@]}" && return 1; }
}

@test "a locale with a decimal comma gives the same stamps" {
    localedef -c -i de_DE -f UTF-8 "$BATS_TEST_TMPDIR/de_DE.UTF-8" 2>/dev/null || true
    [[ -e $BATS_TEST_TMPDIR/de_DE.UTF-8 ]] || skip "localedef has no source for de_DE on this machine"
    export LOCPATH=$BATS_TEST_TMPDIR LC_ALL=de_DE.UTF-8
    # shellcheck disable=SC2034  # of snapshot_make.sh
    files=(/bin/sh) calm=$((EPOCHSECONDS + 9))
    snapshot_stamps
    [[ $ROVI_REPLY != *,* ]]
}
