#!/usr/bin/env bats
# lib/run.sh: other programs, and a limit for each.

load helper

# read: bash's own, but for the first answer it does what that does when somebody sets the clock forward
# meanwhile: it ends as after its time limit, with a part of what there is.
read() {
    if [[ $1 != -rN || -e $BATS_TEST_TMPDIR/jumped ]]; then
        builtin read "$@"
    else
        : >"$BATS_TEST_TMPDIR/jumped"
        builtin read -rN 3 -u "$ROVI_OUT" ROVI_REPLY
        return 142
    fi
}

@test "a long text without a line's end is read in time" {
    house lib/run
    : >"$BATS_TEST_TMPDIR/jumped"
    export LC_ALL=C.UTF-8
    began=$SECONDS
    rovi_run bash -c 'head -c 800000 /dev/zero | tr "\0" x' || return
    ((${#ROVI_REPLY} == 800000 && SECONDS - began < 6))
}

@test "a clock that is set forward does not end the wait for an answer" {
    house lib/run
    rovi_run bash -c 'echo one two; sleep 0.2; echo three' || return
    [[ -e $BATS_TEST_TMPDIR/jumped && $ROVI_REPLY == $'one two\nthree' ]]
}

@test "a command that does not answer is given up in time, a deadline that has passed notwithstanding" {
    house lib/run
    : >"$BATS_TEST_TMPDIR/jumped"
    rovi_uptime
    began=$ROVI_REPLY
    # shellcheck disable=SC2034  # rovi_run goes by it
    ROVI_DEADLINE=$began
    ! rovi_run sleep 100 || return
    ! rovi_run bash -c 'echo one; exec sleep 20' || return
    rovi_uptime
    ((ROVI_REPLY - began >= 100 && ROVI_REPLY - began < 800))
}

@test "each question of systemctl and busctl to systemd has a limit, and their answer comes whole" {
    house lib/run
    : >"$BATS_TEST_TMPDIR/jumped"
    for command in systemctl busctl; do
        printf '#!/bin/bash\nprintf "%%s " "$SYSTEMD_BUS_TIMEOUT"; sleep 0.1; echo "$1"\n' >"$BATS_TEST_TMPDIR/$command"
        chmod +x "$BATS_TEST_TMPDIR/$command"
        PATH=$BATS_TEST_TMPDIR:$PATH rovi_run "$command" show || return
        [[ $ROVI_REPLY == "$ROVI_BUS_TIMEOUT_S show" ]] || return
    done
}

@test "a deadline that is near holds for a systemctl that hangs in the middle of its answer" {
    house lib/run
    : >"$BATS_TEST_TMPDIR/jumped"
    printf '#!/bin/bash\necho one; exec sleep 20\n' >"$BATS_TEST_TMPDIR/systemctl"
    chmod +x "$BATS_TEST_TMPDIR/systemctl"
    rovi_uptime
    began=$ROVI_REPLY
    # shellcheck disable=SC2034  # rovi_run goes by it
    ROVI_DEADLINE=$((began + 100))
    ! PATH=$BATS_TEST_TMPDIR:$PATH rovi_run systemctl show || return
    rovi_uptime
    ((ROVI_REPLY - began < 700))
}

@test "a file is read without a process only in a directory of this user's, and only a plain one" {
    house lib/run
    local own=$BATS_TEST_TMPDIR/own other=/etc/passwd file
    : >"$BATS_TEST_TMPDIR/jumped"
    mkdir "$own" && printf 'one\ntwo\n' >"$own/file" && : >"$own/empty" && ln -s file "$own/link"
    if ((EUID == 0)); then
        other=$BATS_TEST_TMPDIR/other/file && cp -r "$own" "${other%/*}" && chown 65534 "${other%/*}"
    fi
    mkfifo "$own/pipe" && truncate -s 500M "$own/large"
    rovi_run() { asked+="$2 " && return 1; }
    asked=
    rovi_read_file "$own/file" 100 "$own" && [[ $ROVI_REPLY == $'one\ntwo' ]] || return
    rovi_read_file "$own/file" 2 "$own" && [[ $ROVI_REPLY == on ]] || return
    rovi_read_file "$own/empty" 2 "$own" && [[ ! $ROVI_REPLY && ! $asked ]] || return
    began=$SECONDS
    rovi_read_file "$own/large" 100 "$own" && [[ ! $ROVI_REPLY && ! $asked ]] && ((SECONDS - began < 4)) || return
    for file in "$own/link" "$own/pipe" "$own" "$own/none" "$other"; do
        ! rovi_read_file "$file" 100 "${file%/*}" || return
    done
    ! rovi_read_file "$own/file" 100 || return
    [[ $asked == "if=$own/link if=$own/pipe if=$own if=$own/none if=$other if=$own/file " ]]
}

# Bash loses the exit status of a process substitution that ends while bash still notes it down, some once in a
# thousand times where processes outnumber processors.
@test "a command that ends at once has an exit status, on a busy machine, too" {
    local shells=()
    for ((shell = 0; shell < 8; shell++)); do
        bash -c 'shopt -s extglob && ROVI_LIB=$1 && source "$1/lib/use.sh" && use lib/run &&
            for ((i = 0; i < 1000; i++)); do rovi_run true || exit; done' - "$TOP/services" &
        shells+=($!)
    done
    for shell in "${shells[@]}"; do
        wait "$shell" || return
    done
}

@test "what the shell that is gone had begun is not done" {
    # The wait for it is over; in a shell of its own, because bats has -e set, which would end it, too.
    run bash -c 'shopt -s extglob && ROVI_LIB=$1 && source "$1/lib/use.sh" && use lib/run
        read() { [[ $1 != -rt ]] && builtin read "$@"; }
        rovi_release() { :; }
        rovi_run touch "$2"' - "$TOP/services" "$BATS_TEST_TMPDIR/ran"
    [[ $status == 1 && ! -e $BATS_TEST_TMPDIR/ran ]]
}

@test "the control group of a process that is gone is not there, and nothing is said of it" {
    house lib/run
    sleep 0 &
    gone=$!
    wait "$gone"
    run rovi_cgroup_dir "$gone"
    [[ $status == 1 && ! $output ]]
    ROVI_REPLY=old
    ! rovi_cgroup_dir "$gone" || return
    [[ ! $ROVI_REPLY ]]
    mkdir "$BATS_TEST_TMPDIR/ends" && : >"$BATS_TEST_TMPDIR/ends/cgroup" # one that ends before it is read
    ! rovi_cgroup_dir "..$BATS_TEST_TMPDIR/ends" || return
    rovi_cgroup_dir $$ && [[ -d $ROVI_REPLY || ! -d /sys/fs/cgroup ]] && [[ $ROVI_REPLY == /sys/fs/cgroup* ]]
}

@test "how long ago systemd's time was" {
    run bash -c '
        declare -A option=()
        ROVI_LIB=$1/services && source "$ROVI_LIB/lib/use.sh" && use rovictl.d/table
        rovi_uptime() { ROVI_REPLY=100000000; } # 1000000 s
        for usec in 0 "" 2x 999999999999 999988000000 999000000000 996399000000 800000000000 1000001000000; do
            age "$usec"
            printf "%s|" "$ROVI_REPLY"
        done' _ "$TOP"
    [[ $output == '|||0s|12s|16min 40s|1h 0min|2d 7h|0s|' ]]
}
