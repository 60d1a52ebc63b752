# shellcheck shell=bash
# table.sh: the table that status and watch show.

use lib/contract lib/run rovictl.d/say rovictl.d/ask rovictl.d/terminal

readonly INDENT='    ' # of the text below a line

laid_out='' header='' name_width=14 format='' # see lay_out: the names for which it was called, and what it has found
declare -gA stopped_row=()

# find_layout: sets width, the colours and the dots.
find_layout() {
    local locale=${LC_ALL:-${LC_CTYPE:-${LANG-}}}
    green='' yellow='' red='' bold='' plain='' running='*' other='-' failed='x' cut='...'
    find_width
    ! wants_colour || green=$'\e[32m' yellow=$'\e[33m' red=$'\e[31m' bold=$'\e[1m' plain=$'\e[0m'
    [[ ${locale^^} != *UTF*8* ]] || running='●' other='○' failed='×' cut='…'
}

# table NAME...: prints a line for each unit, and on a terminal a header. If the columns do not fit, the last are left
# out. Below a line stands, indented, why the unit has failed or what it waits for. In a table of several units a
# refusal is cut to one line, because it is no trouble of the unit itself.
table() {
    local name active whole='' lines LC_ALL=C
    (($# > 1)) || whole=yes
    [[ $laid_out == "$*" ]] || lay_out "$@"
    laid_out='' lines=$header
    active_stack
    active=$ROVI_REPLY
    for name in "$@"; do
        if [[ ${UNIT["rovi-$name.service/Id"]-} || ${UNIT["rovi-$name.service/LoadState"]-loaded} != loaded ]]; then
            unit_row "$name" # watch remembers a LoadState
        else
            lines+=${stopped_row[$name]}
        fi
    done
    [[ ! $lines ]] || put "${lines%$'\n'}"
}

# lay_out NAME...: what table can do before systemd has answered: the columns, the header, and the line of each unit if
# systemd does not know it, which means that it is stopped. status does this while systemd answers.
lay_out() {
    local name boot lines='' LC_ALL=C
    name_width=14 stopped_row=()
    for name in "$@"; do
        ((${#name} <= name_width)) || name_width=${#name}
    done
    find_format $((width ? width - name_width - 12 : 80))
    ((width == 0)) || row "$bold" ' ' UNIT STATE FOR PID MEMORY TASKS BOOT ''
    header=$lines
    for name in "$@"; do
        [[ ! ${UNIT["rovi-$name.service/Id"]-} ]] || continue
        lines='' boot=''
        ! starts_at_boot "$name" || boot=yes
        row '' "$other" "$name" STOPPED '' '' '' '' "$boot" ''
        stopped_row[$name]=$lines
    done
    laid_out="$*"
}

# find_format ROOM: sets format for the columns after the state. ROOM is how wide they and the mark may be. %.0s leaves
# a column out.
find_format() {
    local column room=$(($1 - 2)) # the mark
    format=
    for column in ' %-9s' ' %7s' ' %8s' ' %6s' ' %-4s'; do
        ((room -= ${column//[!0-9]/} + 1))
        ((room >= 0)) || column=%.0s
        format+=$column
    done
}

# unit_row NAME: adds the unit's line, and the text below it, to the caller's lines.
unit_row() {
    local unit=rovi-$1.service state colour='' dot=$other age pid memory tasks boot='' mark='' why='' one_line=''
    state "$1"
    state=$ROVI_REPLY
    case $state in
    RUNNING)
        dot=$running colour=$green why=${UNIT["$unit/StatusText"]-} # a variant, parameters
        if [[ ${UNIT["$unit/Environment"]-} == *ROVI_PROCESSES=* ]]; then
            use rovictl.d/processes
            check_processes "$1"
            [[ ! $ROVI_REPLY ]] || colour=$yellow why=$ROVI_REPLY${why:+; $why}
        fi
        trouble "$1"
        [[ ! $ROVI_REPLY ]] || colour=$yellow why="degraded: $ROVI_REPLY${why:+; $why}"
        ;;
    STARTING)
        dot=$running colour=$yellow why=${UNIT["$unit/StatusText"]-}
        if [[ ${UNIT["$unit/ActiveState"]-} != activating ]]; then
            use rovictl.d/why
            waits_for "$1"
            why=$ROVI_REPLY
        fi
        ;;
    STOPPING) dot=$running colour=$yellow ;;
    FAILED)
        dot=$failed colour=$red
        use rovictl.d/tell
        reason "$1"
        why=$ROVI_REPLY
        [[ ! ${UNIT["$unit/RefusedWith"]-} || $whole ]] || one_line=yes
        ;;
    esac
    [[ ${UNIT["$unit/LoadState"]-loaded} == loaded ]] ||
        why="systemd does not load it (${UNIT["$unit/LoadState"]}): 'systemctl status rovi-$1' says why"
    [[ ! ${gone[$1]-} ]] || why="its unit file is ${gone[$1]}: it can be stopped, but not started again"
    age "${UNIT["$unit/StateChangeTimestampMonotonic"]-}"
    age=$ROVI_REPLY
    pid=${UNIT["$unit/MainPID"]-}
    tasks=${UNIT["$unit/TasksCurrent"]-}
    [[ $tasks == [1-9]*([0-9]) && ${#tasks} -lt 10 ]] || tasks=
    human_size "${UNIT["$unit/MemoryCurrent"]-}"
    memory=$ROVI_REPLY
    ! starts_at_boot "$1" || boot=yes
    [[ $1 != "$active" ]] || mark=' <'
    row "$colour" "$dot" "$1" "$state" "$age" "${pid/#0/}" "${memory/#0.0K/}" "$tasks" "$boot" "$mark"
    if [[ ! $why ]]; then
        return 0
    elif [[ $one_line && $width -gt 20 && ${#why} -gt $((width - ${#INDENT})) ]]; then
        lines+=$INDENT${why:0:width-${#INDENT}-${#cut}}$cut$'\n'
    else
        indent "$INDENT" $((width ? width : 100000)) "$why"
        lines+=$ROVI_REPLY$'\n'
    fi
}

# trouble NAME: sets ROVI_REPLY to what is wrong with the unit if it runs, or to nothing.
trouble() {
    ROVI_REPLY=
    if [[ ${ACTIVE[$1]-} == active && -e $ROVI_RUN/health.$1 ]]; then
        use lib/health
        health_read "$1" "${UNIT["rovi-$1.service/InvocationID"]-}"
        health_text
    fi
}

# age USEC: sets ROVI_REPLY to how long ago systemd's monotonic time USEC was, in words; or to nothing. (Time in suspend
# counts here and not there.)
age() {
    local usec=$1 seconds
    ROVI_REPLY=
    [[ $usec == [1-9]*([0-9]) && ${#usec} -lt 17 ]] || return 0
    rovi_uptime
    seconds=$(((ROVI_REPLY - usec / 10000) / 100))
    if ((seconds < 60)); then
        ROVI_REPLY="$((seconds < 0 ? 0 : seconds))s"
    elif ((seconds < 3600)); then
        ROVI_REPLY="$((seconds / 60))min $((seconds % 60))s"
    elif ((seconds < 86400)); then
        ROVI_REPLY="$((seconds / 3600))h $((seconds / 60 % 60))min"
    else
        ROVI_REPLY="$((seconds / 86400))d $((seconds / 3600 % 24))h"
    fi
}

# row COLOUR DOT NAME STATE AGE PID MEMORY TASKS BOOT MARK: adds a line of the table to the caller's lines. MARK ends
# the line of the active stack. If nothing is cut, "-" stands for an empty field.
row() {
    local line empty=- colour=$1 reset=${1:+$plain}
    ((width == 0)) || empty=
    # shellcheck disable=SC2059  # format is a format
    printf -v line "%s%s%s %s%-*s%s %s%-8s%s$format%s" "$colour" "$2" "$reset" \
        "${10:+$bold}" "$name_width" "$3" "${10:+$plain}" "$colour" "$4" "$reset" \
        "${5:-$empty}" "${6:-$empty}" "${7:-$empty}" "${8:-$empty}" "${9:-$empty}" "${10}"
    ((width == 0)) || line=${line%"${line##*[! ]}"}
    lines+=$line$'\n'
}
