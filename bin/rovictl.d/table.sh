# shellcheck shell=bash
# table.sh: the table that status and watch show.

use rovictl.d/say rovictl.d/ask rovictl.d/tell rovictl.d/terminal

readonly INDENT='    ' # of the text below a line

# find_layout: sets width, the colours and the dots.
find_layout() {
    local locale=${LC_ALL:-${LC_CTYPE:-${LANG-}}}
    green='' yellow='' red='' bold='' plain='' running='*' other='-' failed='x'
    find_width
    ! wants_colour || green=$'\e[32m' yellow=$'\e[33m' red=$'\e[31m' bold=$'\e[1m' plain=$'\e[0m'
    [[ ${locale^^} != *UTF*8* ]] || running='●' other='○' failed='×'
}

# table NAME...: prints a line for each unit, and on a terminal a header. If the columns do not fit, the last are left
# out. Below a line stands, indented, why the unit has failed or what it waits for.
table() {
    local name name_width=14 format active LC_ALL=C
    for name in "$@"; do
        ((${#name} <= name_width)) || name_width=${#name}
    done
    find_format $((width ? width - name_width - 12 : 80))
    ((width == 0)) || row "$bold" ' ' UNIT STATE SINCE PID MEMORY TASKS ''
    active_stack
    active=$ROVI_REPLY
    for name in "$@"; do
        unit_row "$name"
    done
}

# find_format ROOM: sets format for the columns after the state. ROOM is how wide they and the mark may be. %.0s leaves
# a column out.
find_format() {
    local column room=$(($1 - 2)) # the mark
    format=
    for column in ' %-19s' ' %7s' ' %8s' ' %6s'; do
        ((room -= ${column//[!0-9]/} + 1))
        ((room >= 0)) || column=%.0s
        format+=$column
    done
}

# unit_row NAME: prints the unit's line, and the text below it.
unit_row() {
    local unit=rovi-$1.service state colour='' dot=$other since pid memory tasks mark='' why=''
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
        reason "$1"
        why=$ROVI_REPLY
        ;;
    esac
    [[ ${UNIT["$unit/LoadState"]-loaded} == loaded ]] ||
        why="systemd does not load it (${UNIT["$unit/LoadState"]}): 'systemctl status rovi-$1' says why"
    [[ ! ${gone[$1]-} ]] || why="its unit file is ${gone[$1]}: it can be stopped, but not started again"
    since=${UNIT["$unit/StateChangeTimestamp"]-}
    since=${since#* } # the day of the week
    since=${since% *} # the time zone
    pid=${UNIT["$unit/MainPID"]-}
    tasks=${UNIT["$unit/TasksCurrent"]-}
    [[ $tasks == [1-9]*([0-9]) && ${#tasks} -lt 10 ]] || tasks=
    human_size "${UNIT["$unit/MemoryCurrent"]-}"
    memory=$ROVI_REPLY
    [[ $1 != "$active" ]] || mark=' <'
    row "$colour" "$dot" "$1" "$state" "$since" "${pid/#0/}" "${memory/#0.0K/}" "$tasks" "$mark"
    [[ ! $why ]] || indented "$INDENT" $((width ? width : 100000)) "$why"
}

# row COLOUR DOT NAME STATE SINCE PID MEMORY TASKS MARK: prints a line of the table. MARK ends the line of the active
# stack. If nothing is cut, "-" stands for an empty field.
row() {
    local line empty=- colour=$1 reset=${1:+$plain}
    ((width == 0)) || empty=
    # shellcheck disable=SC2059  # format is a format
    printf -v line "%s%s%s %s%-*s%s %s%-8s%s$format%s" "$colour" "$2" "$reset" \
        "${9:+$bold}" "$name_width" "$3" "${9:+$plain}" "$colour" "$4" "$reset" \
        "${5:-$empty}" "${6:-$empty}" "${7:-$empty}" "${8:-$empty}" "$9"
    ((width == 0)) || line=${line%"${line##*[! ]}"}
    put "$line"
}
