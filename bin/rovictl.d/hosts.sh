# shellcheck shell=bash
# hosts.sh: what several robots print, in the order in which they were asked for; for status, as one table.

use rovictl.d/terminal

readonly HOST_LINES=500 # of one host in the table

# show_in_order: prints what the caller's hosts have printed, from the descriptors in the caller's results.
show_in_order() {
    local line fd LC_ALL=C
    for fd in "${results[@]}"; do
        while IFS= read -r line; do
            printf '%s\n' "$line"
        done <&"$fd"
    done
}

# show_as_table: prints it as one table with a column for the host. A line of which the host makes something else than a
# row has its host in front, too: no host can pose as another.
show_as_table() {
    local i line fd width height host_width=4 name_width=14 green='' yellow='' red='' bold='' plain=''
    local row='^([^ ]+) ([a-z][a-z0-9_-]*) +(RUNNING|STARTING|STOPPING|STOPPED|FAILED) +([^ ].*)$'
    local -a at=() said=()
    for i in "${!hosts[@]}"; do
        fd=${results[i]}
        ((${#hosts[i]} <= host_width)) || host_width=${#hosts[i]}
        while ((${#said[@]} < (i + 1) * HOST_LINES)) && IFS= read -ru "$fd" line; do
            line=${line#"${hosts[i]}: "}
            at+=("${hosts[i]}") said+=("$line")
            [[ ! $line =~ $row ]] || ((${#BASH_REMATCH[2]} <= name_width)) || name_width=${#BASH_REMATCH[2]}
        done
        exec {fd}<&-
    done
    find_width
    ! wants_colour || green=$'\e[32m' yellow=$'\e[33m' red=$'\e[31m' bold=$'\e[1m' plain=$'\e[0m'
    ((width == 0 || ${#said[@]} == 0)) ||
        host_row HOST "$bold" ' ' UNIT STATE 'FOR           PID   MEMORY  TASKS BOOT'
    for i in "${!said[@]}"; do
        host_line "${at[i]}" "${said[i]}"
    done
}

# host_line HOST LINE: prints a line of HOST. Uses the variables of show_as_table.
host_line() {
    local lead colour=''
    if [[ $2 =~ $row ]]; then
        case ${BASH_REMATCH[3]} in
        RUNNING) colour=$green ;;
        START* | STOPPING) colour=$yellow ;;
        FAILED) colour=$red ;;
        esac
        host_row "$1" "$colour" "${BASH_REMATCH[@]:1}"
        return
    fi
    printf -v lead '%-*s %s' "$host_width" "$1" "${2%%[! ]*}"
    indented "$lead" $((width ? width : 100000)) "${2#"${2%%[! ]*}"}"
}

# host_row HOST COLOUR DOT NAME STATE REST: prints a row. Uses the variables of show_as_table.
host_row() {
    local rest=$6 room=$((width - host_width - name_width - 13)) reset=${2:+$plain}
    ((width == 0)) || rest=${rest:0:room>0?room:0}
    printf '%-*s %s%s%s %-*s %s%-8s%s %s\n' "$host_width" "$1" "$2" "$3" "$reset" "$name_width" "$4" \
        "$2" "$5" "$reset" "$rest"
}
