# shellcheck shell=bash
# watch.sh: the verb watch.

use lib/run lib/changes rovictl.d/ask rovictl.d/tell rovictl.d/table rovictl.d/processes
[[ ! ${option["--json"]-} ]] || use rovictl.d/json
[[ ! ${option["--field"]-} ]] || use rovictl.d/field

# In ms: how soon watch looks again after a change; how often it counts processes while nothing changes; and after how
# long it looks all the same, because nobody tells of unit files and masks. If it cannot listen: how often it looks.
readonly WATCH_FIRST_MS=30 WATCH_CALM_MS=2000 WATCH_MS=15000 WATCH_BLIND_MS=400

# cmd_watch [NAME]: shows every change until it is interrupted. On a terminal it redraws the table in place; elsewhere
# it prints a line for each change. With --json it prints an object with the whole state, then one for each change. With
# --field it shows fields instead of units.
cmd_watch() {
    local show=lines lost='' looks=0
    local -a names=()
    local -A shown=() static=()
    if [[ ${1-} ]]; then need_unit "$1" gateway; fi
    find_layout
    if [[ ${option["--field"]-} ]]; then
        check_fields "${1-}"
        show=fields
    elif [[ ${option["--json"]-} ]]; then
        export TZ=UTC
        show=objects
    elif ((width)) && [[ ${TERM-dumb} != dumb ]]; then
        show=screen
        open_screen
    fi
    while true; do
        changes_open
        find_stacks
        if watch_look "${1-}"; then
            lost=
            "watch_$show"
        else
            bus_is_back || die_of_bus
        fi
        watch_nap || return 0
    done
}

# watch_look [NAME]: looks; sets names. The first look, every tenth, and one after a stack was installed or removed are
# by name, so that systemd loads every unit. static keeps what is known only then.
watch_look() {
    local name key unit
    local -a wanted=("$1") units=()
    if ((looks % 10 == 0)); then
        units=("$1")
        [[ $1 ]] || units=("${always[@]}" "${stacks[@]}")
        units=("${units[@]/#/rovi-}")
    fi
    try_look_all "${units[@]/%/.service}" || return
    [[ $1 ]] || wanted=("${always[@]}" "${stacks[@]}") # with those that are gone
    if [[ "${wanted[*]}" != "${names[*]}" ]]; then
        names=("${wanted[@]}") shown=()
        ((looks % 10 == 0)) || {
            looks=0 && watch_look "$1"
            return
        }
    fi
    if ((looks++ % 10 == 0)); then
        for name in "${names[@]}"; do
            for key in LoadState UnitFileState; do
                static["$name/$key"]=${UNIT["rovi-$name.service/$key"]-}
            done
        done
        return
    fi
    for name in "${names[@]}"; do
        unit=rovi-$name.service
        [[ ! ${UNIT["$unit/Id"]-} ]] || continue
        UNIT["$unit/ActiveState"]=inactive
        UNIT["$unit/SubState"]=dead
        UNIT["$unit/Result"]=success
        for key in LoadState UnitFileState; do
            UNIT["$unit/$key"]=${static["$name/$key"]}
        done
    done
}

# watch_nap: waits until the next look: until something changes, or a process of a unit that runs comes or goes, which
# nobody tells, or WATCH_MS have passed. With --until-eof, fails when standard input has ended.
watch_nap() {
    local calm=0 began processes left
    rovi_uptime
    began=$ROVI_REPLY
    watch_processes
    processes=$ROVI_REPLY
    while true; do
        changes_nap "$WATCH_FIRST_MS" "$WATCH_CALM_MS" "$WATCH_BLIND_MS"
        ! is_at_end || return 1
        rovi_uptime
        printf -v left '0.%02d' $((ROVI_REPLY - began < 10 ? began + 10 - ROVI_REPLY : 0))
        [[ ! $CHANGES_HEARD || $left == 0.00 ]] || rovi_nap "$left" # who writes the file may never stop
        [[ ! $CHANGES_HEARD && $CHANGES_FD ]] && ((CHANGES_PAUSE > WATCH_CALM_MS)) || return 0
        calm=$((calm + WATCH_CALM_MS))
        watch_processes
        [[ $ROVI_REPLY == "$processes" ]] && ((calm < WATCH_MS)) || return 0
    done
}

# watch_processes: sets ROVI_REPLY to the PIDs of all units that run, by their control groups, as far as this user sees
# them. It starts no process.
watch_processes() {
    local name group file
    local -a pids
    ROVI_REPLY=
    for name in "${names[@]}"; do
        group=${UNIT["rovi-$name.service/ControlGroup"]-}
        [[ $group == /?* ]] || continue
        for file in "/sys/fs/cgroup$group/cgroup.procs" "/sys/fs/cgroup/systemd$group/cgroup.procs"; do
            [[ -r $file ]] || continue
            mapfile -t pids 2>/dev/null <"$file"
            ROVI_REPLY+=" $name ${pids[*]}"
            break
        done
    done
}

# is_at_end: with --until-eof, whether standard input has ended. What comes there is read, but not as fast as it comes,
# and with --json an empty line answers a "?": so a program finds out that this has not been stopped by SIGSTOP.
is_at_end() {
    local said
    [[ ${option["--until-eof"]-} ]] && read -t 0 || return
    read -rN 4096 -t 0.01 said
    (($? != 1)) || return 0
    [[ $said != *'?'* || ! ${option["--json"]-} ]] || echo
    return 1
}

# has_changed NAME: whether the unit has changed since it was last shown. Memory and the number of tasks change all the
# time and do not count.
has_changed() {
    local unit=rovi-$1.service key signs=${ACTIVE[$1]-inactive}/${UNIT["rovi-$1.service/UnitFileState"]-}
    # systemd may unload a stopped unit at any time, and then knows nothing else about it.
    if [[ $signs != inactive/* ]]; then
        for key in SubState Result MainPID StatusText InvocationID; do
            signs+="/${UNIT["$unit/$key"]-}"
        done
        check_processes "$1"
        signs+=/$ROVI_REPLY
        trouble "$1"
        signs+=/$ROVI_REPLY
    fi
    [[ ${shown[$1]-} != "$signs" ]] || return
    shown[$1]=$signs
}

# watch_lines: prints a line for each unit that has changed: the time, and what status says about it.
watch_lines() {
    local name time
    for name in "${names[@]}"; do
        has_changed "$name" || continue
        printf -v time '%(%F %T)T' -1
        state "$name"
        printf '%s %s %s' "$time" "$name" "$ROVI_REPLY"
        if [[ $ROVI_REPLY == FAILED ]]; then
            reason "$name"
            printf ': %s' "$ROVI_REPLY"
        elif [[ $ROVI_REPLY == STARTING && ${UNIT["rovi-$name.service/StatusText"]-} ]]; then
            printf ': %s' "${UNIT["rovi-$name.service/StatusText"]}"
        else
            trouble "$name"
            [[ ! $ROVI_REPLY ]] || printf ': degraded: %s' "$ROVI_REPLY"
        fi
        printf '\n'
    done
}

# watch_objects: prints {"schema":1,"units":[…]} at first and after a stack was installed or removed; else the object
# of each unit that has changed.
watch_objects() {
    local name all=
    if ((${#shown[@]} == 0)); then
        for name in "${names[@]}"; do
            has_changed "$name"
            unit_json "$name"
            all+=${all:+,}$ROVI_REPLY
        done
        printf '{"schema":1,"units":[%s]}\n' "$all"
        return
    fi
    for name in "${names[@]}"; do
        ! has_changed "$name" || print_json "$name"
    done
}

# open_screen: hides the cursor, and shows it again however rovictl ends. A resize is only noted, because the signal may
# come in the middle of a function that has another locale.
open_screen() {
    screen='' resized=''
    trap 'printf "\e[?25h"' EXIT
    trap 'echo; exit 130' INT
    trap 'exit 143' TERM
    trap 'printf "\e[?25h"; kill -s STOP $$' TSTP # Ctrl-Z
    trap 'resized=yes; changes_wake' WINCH CONT
    printf '\e[?25l\e[2J'
}

# watch_screen: draws the table if it differs from what is on the screen, or if the terminal was resized.
watch_screen() {
    local new
    if [[ $resized ]]; then
        resized='' screen=''
        find_layout
        printf '\e[?25l'
    fi
    new=$(table_on_screen)
    [[ $new != "$screen" ]] || return 0
    screen=$new
    printf '\e[H%s\e[J' "${new//$'\n'/$'\e[K\n'}"$'\e[K\n'
}

# table_on_screen: prints the lines of the table that fit on the screen. If some do not, the last says how many units
# they show.
table_on_screen() {
    local line room=$((height - 1)) more=0
    local -a lines
    mapfile -t lines < <(table "${names[@]}")
    if ((${#lines[@]} > room)); then
        for line in "${lines[@]:room-1}"; do
            [[ $line == "$INDENT"* ]] || more=$((more + 1))
        done
        lines=("${lines[@]:0:room-1}" "$( ((more == 0)) || printf '+%s more' "$more")")
    fi
    printf '%s\n' "${lines[@]}"
}
