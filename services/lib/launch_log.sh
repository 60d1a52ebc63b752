# shellcheck shell=bash
# launch_log.sh: reads launch.log, where ros2 launch writes down what becomes of its processes, and notes where it is.
#
# The file is $ROS_LOG_DIR/DATE-TIME-MICROS-HOST-PID/launch.log, with the PID of ros2 launch. It has a line for each
# event (launch/actions/execute_local.py and launch/logging in ROS 2's launch):
#
#   SECONDS [INFO] [NODE-1]: process started with pid [12]
#   SECONDS [ERROR] [NODE-1]: process has died [pid 12, exit code -9, cmd '…'].
#   SECONDS [INFO] [NODE-1]: sending signal 'SIGINT' to process[NODE-1]
#   SECONDS [WARNING] [launch]: user interrupted with ctrl-c (SIGINT)
#   SECONDS [ERROR] [launch]: Caught exception in launch (see debug for traceback): …
#   SECONDS [NODE-1] …      what the node prints, unless its output goes to the screen only
#
# No node can print a line of the other forms. But nodes run as the same user, so one that means to can write the file.

use lib/contract lib/text lib/status_text

readonly LAUNCH_LOG_EVENTS=2000 LAUNCH_LOG_S=5 # how many events count, the last ones; the limit of one search
readonly LAUNCH_LOG_END=4000000                # in so many bytes at the end are the last words of a node
readonly LAUNCH_WORDS=200                      # characters of what a node has said last
# In bytes: how far a search begins before the end of the one before, because that could end in the middle of a line;
# and how much must have come for it to be worth keeping that.
readonly LAUNCH_LOG_AGAIN=4096 LAUNCH_LOG_WORTH=250000

# Of the launch that launch_noted has found: its name, its PID and $ROS_LOG_DIR; the directories there of older
# processes that had this PID, as /DIRECTORY/DIRECTORY/; its invocation ID; and "yes" if its unit declares a health
# check. A node can write the note, so no command stands in it.
LAUNCH_NAME='' LAUNCH_PID='' LAUNCH_LOG_DIR='' LAUNCH_OLD_LOGS='' LAUNCH_INVOCATION='' LAUNCH_HAS_CHECK=''
# The lines of launch.log that say what became of its processes, and whether the last look has found more of them.
EVENTS=() EVENTS_NEW=''

# launch_note NAME: notes for launch_noted that this process, of the unit rovi-NAME.service, becomes ros2 launch. It is
# no matter if that fails: the failure is then told without the node.
launch_note() {
    local file=$ROVI_RUN/launch.$1 old
    [[ ! -e $file && ! -L $file ]] || [[ -f $file && ! -L $file ]] || rm -rf -- "$file"
    LAUNCH_OLD_LOGS=/
    # shellcheck disable=SC2231  # a PID is one word
    for old in "$ROS_LOG_DIR"/*-$$/; do
        old=${old%/}
        LAUNCH_OLD_LOGS+=${old##*/}/
    done
    printf '%s\n' $$ "$ROS_LOG_DIR" "$LAUNCH_OLD_LOGS" "${INVOCATION_ID-}" "${ROVI_HEALTH_CHECK:+yes}" \
        2>/dev/null >"$file" || rm -f -- "$file"
}

# launch_noted NAME: sets LAUNCH_NAME, LAUNCH_PID and the others to what launch_note has noted. Fails if there is no
# note.
launch_noted() {
    local -a lines
    [[ -f $ROVI_RUN/launch.$1 && ! -L $ROVI_RUN/launch.$1 ]] && mapfile -t lines <"$ROVI_RUN/launch.$1" || return
    ((${#lines[@]} == 5)) || return
    LAUNCH_NAME=$1
    LAUNCH_PID=${lines[0]} LAUNCH_LOG_DIR=${lines[1]} LAUNCH_OLD_LOGS=${lines[2]} LAUNCH_INVOCATION=${lines[3]}
    LAUNCH_HAS_CHECK=${lines[4]}
}

# launch_log_file DIR PID: sets ROVI_REPLY to the launch.log of ros2 launch, PID, in DIR; fails if there is none yet. It
# does not go by the date in the name: a robot without a battery for its clock often boots in the past.
launch_log_file() {
    local directory
    for ROVI_REPLY in "$1"/*-"$2"/launch.log; do
        directory=${ROVI_REPLY%/*}
        [[ $LAUNCH_OLD_LOGS == *"/${directory##*/}/"* || ! -f $ROVI_REPLY ]] || return 0
    done
    return 1
}

# launch_failure: after launch_noted: sets FAILURE to the first process that has died, was not started again and had
# not been told to end, see status_text.sh. FAILURE_OTHERS is how many other processes the launch has had. For a launch
# file that does not load, FAILURE_LINE is the exception and FAILURE_PROCESS is empty. Fails if there is no such thing.
launch_failure() {
    launch_log_file "$LAUNCH_LOG_DIR" "$LAUNCH_PID" && launch_events "$ROVI_REPLY" && launch_first_dead "$ROVI_REPLY"
}

# launch_first_dead FILE: launch_failure, by the EVENTS of the launch.log FILE.
launch_first_dead() {
    local file=$1 line node text
    local died='process has died \[pid ([0-9]+), exit code (-?[0-9]+), cmd '
    local -A status=() pid=() told=()
    local -a order=()
    failure_clear
    FAILURE_OTHERS=0
    for line in "${EVENTS[@]}"; do
        [[ $line =~ ^[0-9.]+\ \[[A-Z]+\]\ \[([^][]+)\]:\ (.*)$ ]] || continue
        node=${BASH_REMATCH[1]} text=${BASH_REMATCH[2]}
        if [[ $text == 'process started with pid '* ]]; then
            unset "status[\$node]" "told[\$node]"
            pid["$node"]=
        elif [[ $text == "sending signal '"* ]]; then
            told["$node"]=yes
        elif [[ $text =~ $died && ! ${told["$node"]-} ]]; then
            status["$node"]=${BASH_REMATCH[2]} pid["$node"]=${BASH_REMATCH[1]} order+=("$node")
        elif [[ $node == launch && $text == 'user interrupted '* ]]; then
            break # what dies from now on was asked to
        elif [[ $node == launch && $text == 'Caught exception in launch'* ]]; then
            launch_words "${text#*: }"
            FAILURE_LINE=$ROVI_REPLY
        fi
    done
    for node in "${order[@]}"; do
        [[ ${status["$node"]-} ]] || continue
        launch_last_words "$file" "$node" "${pid["$node"]}"
        failure_set "$node" "${status["$node"]}" "$ROVI_REPLY"
        FAILURE_OTHERS=$((${#pid[@]} - 1))
        return
    done
    [[ $FAILURE_LINE ]]
}

# launch_events FILE: sets EVENTS to those of the launch.log FILE, and EVENTS_NEW to "yes" if the last call has not
# found all of them. That of a gateway grows for weeks and is looked at every few seconds. So /run/rovi/events.NAME
# keeps what was found and how far, and only the rest is read. ROVI_REPLY is FILE. Fails if there is no such file.
launch_events() {
    local keep size from=1 common
    local -a kept=() found=()
    launch_events_file
    keep=$ROVI_REPLY
    size=$(stat -c %s -- "$1" 2>/dev/null) || return
    [[ ! -f $keep || -L $keep ]] || mapfile -t kept <"$keep"
    if [[ ${kept[0]-} == "$1" && ${kept[1]-} == [1-9]*([0-9]) && ${#kept[1]} -lt 16 ]] && ((kept[1] <= size)); then
        from=$((kept[1] > LAUNCH_LOG_AGAIN ? kept[1] - LAUNCH_LOG_AGAIN : 1))
    else
        kept=("$1" 0)
    fi
    EVENTS=("${kept[@]:2}") EVENTS_NEW=''
    mapfile -t found < <(launch_log_events "$1" "$from")
    wait $! || size=0                 # it took too long
    common=$((LAUNCH_LOG_AGAIN / 32)) # an event is longer than that
    ((common <= ${#found[@]})) || common=${#found[@]}
    ((common <= ${#EVENTS[@]})) || common=${#EVENTS[@]}
    while ((common)) && [[ "${EVENTS[*]: -common}" != "${found[*]:0:common}" ]]; do
        common=$((common - 1))
    done
    ((common == ${#found[@]})) || EVENTS_NEW=yes
    EVENTS+=("${found[@]:common}")
    ((${#EVENTS[@]} <= LAUNCH_LOG_EVENTS)) || EVENTS=("${EVENTS[@]: -LAUNCH_LOG_EVENTS}")
    if [[ $EVENTS_NEW ]] || ((size - kept[1] > LAUNCH_LOG_WORTH)); then
        ((size == 0)) || launch_keep_events "$keep" "$1" "$size" "${EVENTS[@]}"
    fi
    ROVI_REPLY=$1
}

# launch_events_file: sets ROVI_REPLY to where launch_events keeps what it has found.
launch_events_file() {
    ROVI_REPLY=$ROVI_RUN/events.$LAUNCH_NAME
}

# launch_keep_events KEEP LINE...: makes the file KEEP. It is no matter if that fails: the next look then reads more.
launch_keep_events() {
    [[ ! -e $1 && ! -L $1 ]] || [[ -f $1 && ! -L $1 ]] || rm -rf -- "$1"
    printf '%s\n' "${@:2}" 2>/dev/null >"$1" || rm -f -- "$1"
}

# launch_log_events FILE FROM: prints the lines of launch.log that launch_first_dead knows, from the byte FROM on, or
# the line that begins after it. A last line that is not whole yet, which the mark at the end shows, does not count.
# Some may be long: nodes write them. Fails if FILE was not read to its end.
launch_log_events() {
    local what="process (started|has died) |sending signal '|user interrupted |Caught exception in launch" mark=$'\1'
    {
        timeout "$LAUNCH_LOG_S" tail -c "+$2" -- "$1" 2>/dev/null && printf '%s' "$mark"
    } | {
        (($2 == 1)) || IFS= read -r _
        grep -aE "^[0-9.]+ \[[A-Z]+\] \[[^]]+\]: ($what)[^$mark]*\$" | tail -n "$LAUNCH_LOG_EVENTS" | cut -c -1000
    }
    return "${PIPESTATUS[0]}"
}

# launch_last_words FILE NODE PID: sets ROVI_REPLY to the last line that the process has printed, or to nothing. Its
# output can come after the line that says that it has died. If its output goes to the screen only, what it has logged
# counts: $ROS_LOG_DIR/PROGRAM_PID_MILLISECONDS.log (rcl_logging_spdlog), the first one since the launch began: others
# have had this PID before.
launch_last_words() {
    local line last='' file='' log stamp began best=''
    while IFS= read -r line; do
        [[ $line =~ ^[0-9.]+\ (.*)$ && ${BASH_REMATCH[1]} == "[$2] "* ]] || continue
        launch_words "${BASH_REMATCH[1]#"[$2] "}"
        last=${ROVI_REPLY:-$last}
    done < <(timeout "$LAUNCH_LOG_S" tail -c "$LAUNCH_LOG_END" -- "$1" 2>/dev/null | grep -aF -- " [$2] " |
        tail -n 20 | cut -c -1000)
    ROVI_REPLY=$last
    [[ ! $last ]] || return 0
    IFS=. read -r began _ <"$1"
    for log in "$LAUNCH_LOG_DIR"/*_"$3"_*.log; do
        stamp=${log##*_} stamp=${stamp%.log}
        [[ $stamp == [1-9]*([0-9]) && $began == [1-9]*([0-9]) && ${#stamp} -lt 18 && ${#began} -lt 15 ]] || continue
        ((stamp >= began * 1000 && (${best:-stamp} >= stamp))) && best=$stamp file=$log
    done
    [[ -f $file && ! -L $file ]] || return 0
    IFS= read -r line < <(timeout "$LAUNCH_LOG_S" tail -n 1 -- "$file" | cut -c -1000)
    launch_words "$line"
}

# launch_words TEXT: sets ROVI_REPLY to a line of a node without colours and without what ROS puts in front of it, as in
# "[ERROR] [1700000000.123] [controller]: ". It is cut.
launch_words() {
    local text=$1
    while [[ $text =~ $'\e'\[[0-9\;]*m ]]; do
        text=${text/"${BASH_REMATCH[0]}"/}
    done
    [[ ! $text =~ ^\[[A-Z]+\]\ \[[0-9.]+\]\ \[[^]]*\]:\ (.*)$ ]] || text=${BASH_REMATCH[1]}
    rovi_printable "${text:0:LAUNCH_WORDS}"
    text=${ROVI_REPLY#"${ROVI_REPLY%%[! ]*}"}
    ROVI_REPLY=${text%"${text##*[! ]}"}
}
