# shellcheck shell=bash
# report.sh: the verb report: one archive for a bug report, without secrets.

use lib/contract lib/run lib/bus rovictl.d/say rovictl.d/ask rovictl.d/journal rovictl.d/runs \
    rovictl.d/mask rovictl.d/service_user

# Of each part: how long it may take, and how many bytes of it come along: the last, because they say how it ended.
readonly PART_S=60 PART_BYTES=4194304
readonly LOG_MAX=50000                # lines of a unit's log
readonly REPORT_RUNS=50 REPORT_LOGS=3 # runs of the history; of them, and of launch.log, the last so many in full

report_dir='' # where its files are made

# cmd_report [STACK]: writes rovi-report-HOST-DATE.tar.gz into the current directory, and says so. Each part is what a
# command prints to this caller; what the caller may not see is left out, and named.
cmd_report() {
    local name archive rovictl left_out=()
    if [[ ${1-} ]]; then need_unit "$1" gone; else find_stacks; fi
    printf -v name 'rovi-report-%s-%(%Y%m%d-%H%M%S)T' "${HOSTNAME//[!A-Za-z0-9.-]/-}" -1
    archive=$PWD/$name.tar.gz
    rovictl=$(realpath -- "${BASH_SOURCE[-1]}") # the directory changes below
    report_dir=$(mktemp -d 2>/dev/null) || die "$ROVI_EX_FAILED" "cannot make a temporary directory: is the disk full?"
    trap 'rm -rf -- "$report_dir"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    { mkdir "$report_dir/$name" && take_archive "$archive"; } || die "$ROVI_EX_FAILED" \
        "cannot write $archive: change to a directory of your own that has room"
    cd "$report_dir/$name" || exit "$ROVI_EX_FAILED"
    gather ${1+"$1"}
    if ! tar -cf - -C "$report_dir" "$name" | gzip -9 >&"$archive_fd"; then
        rm -f -- "$archive"
        die "$ROVI_EX_FAILED" "cannot write $archive: is the disk full?"
    fi
    say "wrote $archive on $HOSTNAME"
    ((${#left_out[@]} == 0)) || say_left_out
}

# say_left_out: says what the report lacks.
say_left_out() {
    local list
    printf -v list ', %s' "${left_out[@]}"
    complain "left out, because you may not read it: ${list:2}; 'sudo rovictl report' has all"
}

# take_archive FILE: makes FILE, which must not be there yet, readable for the caller alone; opens it as archive_fd.
take_archive() {
    local - mask
    mask=$(umask)
    set -C
    umask 0077
    { exec {archive_fd}>"$1"; } 2>/dev/null
    local status=$?
    umask "$mask"
    return "$status"
}

# gather [STACK]: makes the files of the report in the current directory, some by the caller's rovictl.
gather() {
    local user='' workspace='' home='' name
    local -a units=("${always[@]/#/rovi-}" "${stacks[@]/#/rovi-}")
    units=("${units[@]/%/.service}" "$ROVI_TARGET" "$ROVI_EXECUTOR.socket" "$ROVI_EXECUTOR@.service"
        rovi-guard@.service rovi-ask@.service rovi_end@.service "$ROVI_MOUNT")
    find_service_user
    part versions.txt versions
    part doctor.txt "$rovictl" doctor --color never
    part status.txt "$rovictl" status ${1+"$1"} --color never
    part status.json "$rovictl" status ${1+"$1"} --json
    part list.txt "$rovictl" list
    part units.txt systemctl --no-pager cat "${units[@]}"
    part properties.txt systemctl --no-pager show "${always[@]/#/rovi-}" "${stacks[@]/#/rovi-}"
    part env.robot.txt env_file
    part cores.txt cores
    part launch.log.txt launch_logs
    if may_read_journal; then
        part history.txt "$rovictl" history ${1+"$1"} --lines="$REPORT_RUNS"
        part history.json "$rovictl" history ${1+"$1"} --lines="$REPORT_RUNS" --json
        for name in "${always[@]}"; do
            part "$name.log.txt" journalctl --quiet --no-pager --lines="$LOG_MAX" --unit="rovi-$name.service"
        done
        run_logs ${1+"$1"}
    else
        left_out+=(history "logs of the units")
    fi
    ((${#left_out[@]} == 0)) || printf '%s\n' "${left_out[@]}" >left_out.txt
}

# part FILE COMMAND...: makes FILE of what COMMAND prints, a program or a function here, without secrets, control
# characters and what is too much. A COMMAND that exits with 77 has found that the caller may not see it.
part() {
    local file=$1 code
    shift
    if declare -F "$1" >/dev/null; then
        "$@"
    else
        timeout --signal=KILL "$PART_S" "$@"
    fi </dev/null 2>&1 | mask_secrets | tail -c "$PART_BYTES" >"$file"
    code=${PIPESTATUS[0]}
    case $code in
    "$ROVI_EX_DENIED") rm -f -- "$file" && left_out+=("${file%.txt}") ;;
    137) printf '(ended after %s s)\n' "$PART_S" >>"$file" ;;
    esac
}

# as_service_user COMMAND...: runs COMMAND as the service user, if root asks; else as the caller.
as_service_user() {
    if ((EUID == 0)) && [[ $user ]]; then
        rovi_as "$user" "$PART_S" "$@"
    else
        timeout --signal=KILL "$PART_S" "$@" 2>/dev/null
    fi
}

versions() {
    local file
    printf 'rovi-services %s in %s\nbash %s\n' "$VERSION" "$ROVI_LIB" "$BASH_VERSION"
    timeout "$PART_S" systemctl --version
    if rovi_polkit_answers; then
        printf 'polkit %s\n' "$ROVI_REPLY"
    fi
    for file in /etc/os-release /proc/version /proc/uptime /proc/meminfo; do
        printf '\n%s:\n' "$file"
        head -n 12 "$file"
    done
    [[ ! -d /opt/ros ]] || printf '\n/opt/ros: %s\n' "$(cd /opt/ros && printf '%s ' *)"
}

env_file() {
    rovi_read_file "$workspace/.env.robot" "$PART_BYTES" || return "$ROVI_EX_DENIED"
    printf '%s\n' "$ROVI_REPLY"
}

# cores: prints the core dumps by name.
cores() {
    printf 'core_pattern: %s\n' "$(</proc/sys/kernel/core_pattern)"
    ! type -P coredumpctl >/dev/null || timeout "$PART_S" coredumpctl --no-pager list
    [[ ! -d /var/lib/systemd/coredump ]] ||
        timeout "$PART_S" find /var/lib/systemd/coredump -type f -printf '%TF %TR %s %f\n'
}

# launch_logs: prints the last of ros2 launch's own logs.
launch_logs() {
    local dir=$home/.ros/log line file
    local -a files
    if rovi_read_file "$workspace/.env.robot" "$PART_BYTES"; then
        while IFS= read -r line; do
            [[ $line != ROS_LOG_DIR=* ]] || dir=${line#*=} dir=${dir#[\"\']} dir=${dir%[\"\']}
        done <<<"$ROVI_REPLY"
    fi
    [[ $dir == /* ]] || dir=$workspace/$dir # where a launch runs
    mapfile -t files < <(
        as_service_user find "$dir" -mindepth 2 -maxdepth 2 -name launch.log -printf '%T@ %p\n' |
            sort -rn | head -n "$REPORT_LOGS"
    )
    ((${#files[@]})) || [[ $EUID == 0 || -r $dir ]] || return "$ROVI_EX_DENIED"
    for file in "${files[@]}"; do
        printf '==> %s\n' "${file#* }"
        # Not by tail alone: a node may put a link to a file of the caller's in its place.
        # shellcheck disable=SC2016  # for the inner bash to expand
        as_service_user /bin/bash -c 'dd if="$1" iflag=nofollow,nonblock bs=64K status=none | tail -c "$2"' \
            launch_logs "${file#* }" $((PART_BYTES / REPORT_LOGS))
    done
}

# run_logs [STACK]: makes a file of each of the last runs, with what it and systemd have logged.
run_logs() {
    local number count=0
    local -a wanted=("$@")
    (($#)) || wanted=("${stacks[@]}")
    find_runs "$REPORT_LOGS" '' "${wanted[@]}" || return 0
    for ((number = RUN_COUNT; number > 0 && count < REPORT_LOGS; number--)); do
        ! rovi_runs_always "${RUN["$number/stack"]}" || continue
        count=$((count + 1))
        part "run-$count-${RUN["$number/stack"]}.log.txt" journalctl --quiet --no-pager --lines="$LOG_MAX" \
            "_SYSTEMD_INVOCATION_ID=${RUN["$number/invocation"]}" + "INVOCATION_ID=${RUN["$number/invocation"]}"
    done
}
