# shellcheck shell=bash
# hosts.sh: what several robots print, in the order in which they were asked for; for status, as one table.

use rovictl.d/terminal

readonly HOST_LINES=500 # of one host in the table
# The table so far: its header is printed; the width of the names; and for the summary, how many robots run a stack, by
# name, and the robots that have one that FAILED, whose gateway does not run, or that have no row.
TABLE_BEGUN='' TABLE_NAME=14
declare -gA TABLE_RUNS=() TABLE_NOT=()

# is_table: whether what the hosts print becomes one table.
is_table() {
    [[ $verb == status && ! ${option["--json"]-} && ! ${option["--quiet"]-} ]]
}

# show_in_turn: prints what the caller's hosts have printed, up to the first that has not ended. A table waits for all.
show_in_turn() {
    ! is_table || return 0
    while [[ ${codes[turn]-} ]]; do
        show_lines "$turn"
        turn=$((turn + 1))
    done
}

# show_what_there_is: prints what the hosts that have ended have printed, although others have not ended.
show_what_there_is() {
    local place
    local -a ready=()
    for place in "${!codes[@]}"; do
        [[ ${shown[place]-} ]] || ready+=("$place")
    done
    ((${#ready[@]})) || return 0
    if is_table; then
        show_rows "${ready[@]}"
    else
        for place in "${ready[@]}"; do
            show_lines "$place"
        done
    fi
}

# show_rest: prints what is left at the end, for a table the hosts without a row, and a summary.
show_rest() {
    show_what_there_is
    ! is_table || show_end
}

# show_lines PLACE: prints the lines of one host, once.
show_lines() {
    local line LC_ALL=C
    [[ ! ${shown[$1]-} ]] || return 0
    shown[$1]=yes
    while IFS= read -r line; do
        printf '%s\n' "$line"
    done <"/dev/fd/${results[$1]}"
    fd=${results[$1]}
    exec {fd}>&-
}

# show_rows PLACE...: prints rows of the table, with a column for the host. A line of which the host makes something
# else than a row has its host in front, too: no host can pose as another.
show_rows() {
    local i line place count active rows width height host_width=4 green='' yellow='' red='' bold='' plain=''
    local row='^([^ ]+) ([a-z][a-z0-9_-]*) +(RUNNING|STARTING|STOPPING|STOPPED|FAILED) +([^ ].*)$'
    local -a at=() said=()
    for line in "${hosts[@]}"; do
        ((${#line} <= host_width)) || host_width=${#line}
    done
    for place in "$@"; do
        shown[place]=yes count=0
        active='' rows=0
        while ((count < HOST_LINES)) && IFS= read -r line; do
            line=${line#"${hosts[place]}: "} count=$((count + 1))
            at+=("${hosts[place]}") said+=("$line")
            [[ ! $line =~ $row ]] || note_row "${hosts[place]}" "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}"
        done <"/dev/fd/${results[place]}"
        if ((rows == 0)); then
            TABLE_NOT[row]+=" ${hosts[place]}"
        else
            TABLE_RUNS[${active:-/}]=$((${TABLE_RUNS[${active:-/}]-0} + 1)) # "/": none
        fi
        fd=${results[place]}
        exec {fd}>&-
    done
    find_width
    ! wants_colour || green=$'\e[32m' yellow=$'\e[33m' red=$'\e[31m' bold=$'\e[1m' plain=$'\e[0m'
    ((width == 0 || ${#said[@]} == 0)) || [[ $TABLE_BEGUN ]] ||
        host_row HOST "$bold" ' ' UNIT STATE 'FOR           PID   MEMORY  TASKS BOOT'
    ((${#said[@]} == 0)) || TABLE_BEGUN=yes
    for i in "${!said[@]}"; do
        host_line "${at[i]}" "${said[i]}"
    done
}

# note_row HOST NAME STATE: notes a row for the width and the summary. Uses the variables of show_rows.
note_row() {
    rows=$((rows + 1))
    ((${#2} <= TABLE_NAME)) || TABLE_NAME=${#2}
    case $2:$3 in
    gateway:RUNNING | hardware:*) ;;
    gateway:*) TABLE_NOT[gateway]+=" $1" ;;
    *:FAILED) TABLE_NOT[failed]+=" $1 ($2)" ;;
    *:STOPPED) ;;
    *) active=$2 ;;
    esac
}

# host_line HOST LINE: prints a line of HOST. Uses the variables of show_rows.
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
    indent "$lead" $((width ? width : 100000)) "${2#"${2%%[! ]*}"}"
    printf '%s\n' "$ROVI_REPLY"
}

# host_row HOST COLOUR DOT NAME STATE REST: prints a row. Uses the variables of show_rows.
host_row() {
    local rest=$6 room=$((width - host_width - TABLE_NAME - 13)) reset=${2:+$plain}
    ((width == 0)) || rest=${rest:0:room>0?room:0}
    printf '%-*s %s%s%s %-*s %s%-8s%s %s\n' "$host_width" "$1" "$2" "$3" "$reset" "$TABLE_NAME" "$4" \
        "$2" "$5" "$reset" "$rest"
}

# show_end: prints a row for each host that has none, with the reason in short, and the summary.
show_end() {
    local host name place text='' rest='' host_width=4 width height
    find_width
    ((width)) || width=100000
    for host in "${hosts[@]}"; do
        ((${#host} <= host_width)) || host_width=${#host}
    done
    for place in "${!hosts[@]}"; do
        [[ " ${TABLE_NOT[row]-} " == *" ${hosts[place]} "* ]] || continue
        rest+=" ${hosts[place]}"
        case ${codes[place]} in
        4) name="no answer, or no rovictl there" ;;
        124 | 137) name="no answer in time" ;;
        *) name="no status (exit code ${codes[place]})" ;;
        esac
        printf -v text '%-*s - %s' "$host_width" "${hosts[place]}" "$name"
        printf '%s\n' "${text:0:width}"
    done
    text=
    for name in "${!TABLE_RUNS[@]}"; do
        [[ $name == / ]] || text+="; $name on ${TABLE_RUNS[$name]}"
    done
    [[ ! ${TABLE_RUNS["/"]-} || $operand ]] || text+="; no stack on ${TABLE_RUNS["/"]}"
    [[ ! ${TABLE_NOT[failed]-} ]] || text+="; FAILED:${TABLE_NOT[failed]}"
    [[ ! ${TABLE_NOT[gateway]-} ]] || text+="; gateway not running:${TABLE_NOT[gateway]}"
    [[ ! $rest ]] || text+="; no status:$rest"
    name=robots
    ((${#hosts[@]} > 1)) || name=robot
    indent '' "$width" "${#hosts[@]} $name${text/#;/:}"
    printf '%s\n' "$ROVI_REPLY"
}
