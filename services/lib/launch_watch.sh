# shellcheck shell=bash
# launch_watch.sh: watches in the background while a launch starts, and makes sure that a start ends if it is stopped.

use lib/contract lib/run lib/bus lib/status_text lib/launch_log

# How often launch_watch_start looks. Once the launch is ready: after how many looks without a new process all processes
# are there, and after how many looks it ends at the latest.
readonly LAUNCH_LOOK_S=0.25 LAUNCH_CALM=8 LAUNCH_LOOKS=40

# Whether the launch is ros2 launch, which writes launch.log and passes SIGINT on. Any other program gets SIGINT once,
# from systemd.
LAUNCH_HAS_LOG=yes

# launch_watch_start PID ANNOUNCER UNIT: while UNIT starts, ends the start in two cases. The gateway is gone, or the
# hardware: systemd cannot end the start if an operator has queued it in mode replace-irreversibly. ANNOUNCER is gone:
# nobody would ever say READY=1. It also makes sure that a stop reaches ros2 launch, PID, and its nodes, until PID has
# started no process for LAUNCH_CALM looks: systemd runs no ExecStop= before READY=1, and READY=1 comes with the first
# process. If the gateway goes just before READY=1, systemd stops the unit; if it cannot, as above, this ends it.
launch_watch_start() {
    local launch=$1 announcer=$2 unit=$3 needs_gateway='' children='' calm=0 looks=0 orphan=0 lacking=0
    local -a units=("$unit" "$ROVI_GATEWAY")
    rovi_runs_always "${unit:5:-8}" || needs_gateway=yes
    [[ ! -e $ROVI_HARDWARE_ON ]] || units+=("$ROVI_HARDWARE")
    launch_own_pipe
    while rovi_nap "$LAUNCH_LOOK_S" && [[ -d /proc/$launch ]]; do
        rovi_list_units ListUnitsByNames as "${#units[@]}" "${units[@]}" || continue # for example during daemon-reexec
        case ${ROVI_ACTIVE_STATE[$unit]} in
        activating)
            [[ -d /proc/$announcer ]] || orphan=$((orphan + 1))
            if ((orphan > 2)); then # systemd may not have heard its last word at once
                launch_refuse "$launch" "$ROVI_EX_FAILED" "the process that waits for it to be ready was killed"
            elif [[ $needs_gateway ]] && launch_lacks; then
                kill "$announcer" 2>/dev/null # it would replace our StatusText with its own
                launch_refuse "$launch" "$ROVI_EX_NO_GATEWAY" "$ROVI_REPLY"
            else
                continue
            fi
            ;;
        deactivating) ;;
        active)
            if [[ $needs_gateway ]] && launch_lacks; then
                lacking=$((lacking + 1))
                ((lacking > 2)) || continue
                launch_refuse "$launch" "$ROVI_EX_NO_GATEWAY" "$ROVI_REPLY"
            else
                [[ $LAUNCH_HAS_LOG ]] || return
                launch_children "$launch"
                calm=$((calm + 1)) looks=$((looks + 1))
                [[ $ROVI_REPLY == "$children" ]] || calm=0 children=$ROVI_REPLY
                ((calm < LAUNCH_CALM && looks < LAUNCH_LOOKS)) || return
                continue
            fi
            ;;
        *) return ;;
        esac
        launch_bring_down "$launch"
        return
    done
}

# launch_lacks: whether the gateway is not active, or the hardware if stacks need it, by the last rovi_list_units; sets
# ROVI_REPLY to a sentence about it.
launch_lacks() {
    ROVI_REPLY=$ROVI_NO_GATEWAY
    [[ ${ROVI_ACTIVE_STATE[$ROVI_GATEWAY]-} == active ]] || return 0
    rovi_lacks_hardware "${ROVI_ACTIVE_STATE[$ROVI_HARDWARE]-}"
}

# launch_bring_down PID: ends ros2 launch, PID, which has got SIGINT from systemd while it was starting. Upstream's
# launch sometimes loses that signal. Before it has its handler, the signal is lost, and the nodes come up afterwards.
# While it starts a process, it can forget that process: it waits for it and sends it nothing. So this sends SIGINT
# again until launch.log says that it was heard; launch ignores a second one. Then this sends SIGINT to each child that
# the log does not name.
launch_bring_down() {
    local launch=$1 round heard=0 pid
    local -A told=() # by PID: which children have got SIGINT
    [[ $LAUNCH_HAS_LOG ]] || return 0
    for ((round = 1; ; round++)); do
        rovi_nap "$LAUNCH_LOOK_S"
        [[ -d /proc/$launch ]] || return 0
        if ! launch_read_log "$launch"; then
            ((round % 2)) || kill -s INT "$launch" 2>/dev/null
            continue
        fi
        heard=$((heard + 1))
        ((heard > 3)) || continue # by then, the log names each child that it tells
        launch_children "$launch"
        for pid in $ROVI_REPLY; do
            [[ ! ${told[$pid]-} ]] || continue
            told[$pid]=yes
            printf 'ros2 launch has sent no SIGINT to its process %s, so %s sends it\n' "$pid" "${0##*/}" >&2
            kill -s INT "$pid" 2>/dev/null
        done
    done
}

# launch_read_log PID: whether the launch.log of ros2 launch, PID, says that it has heard a SIGINT. Notes in the
# caller's told the processes that it has sent one.
launch_read_log() {
    local line
    local -a lines
    local started='\[([^][]+)\]: process started with pid \[([0-9]+)\]'
    local sent="sending signal 'SIGINT' to process\[([^][]+)\]"
    local -A pid_of=()
    launch_log_file "$ROS_LOG_DIR" "$1" || return
    mapfile -t lines < <(launch_log_events "$ROVI_REPLY" 1)
    [[ ${lines[*]} == *'user interrupted with ctrl-c (SIGINT)'* ]] || return
    for line in "${lines[@]}"; do
        if [[ $line =~ $started ]]; then
            pid_of[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
        elif [[ $line =~ $sent && ${pid_of[${BASH_REMATCH[1]}]-} ]]; then
            told[${pid_of[${BASH_REMATCH[1]}]}]=yes
        fi
    done
}

# launch_children PID: sets ROVI_REPLY to the processes in PID's control group whose parent is PID.
launch_children() {
    local pid stat parent children=
    rovi_cgroup_dir "$1" || return 0
    while read -r pid; do
        stat=
        # Without a process of its own, because it is read often.
        IFS= read -rd '' stat <"/proc/$pid/stat" || [[ $stat ]] || continue
        read -r _ parent _ <<<"${stat##*) }" # 12 (name) S 1 …
        [[ $parent != "$1" ]] || children+="$pid "
    done 2>/dev/null <"$ROVI_REPLY/cgroup.procs"
    ROVI_REPLY=$children
}

# launch_refuse PID CODE REASON: refuses the start of ros2 launch, PID, which runs already, and sends it SIGINT.
launch_refuse() {
    launch_say_refused "$2" "$3"
    kill -s INT "$1" 2>/dev/null
}

# launch_own_pipe: for a new subshell: closes the pipe that it has inherited, which is its parent's.
launch_own_pipe() {
    [[ ! $ROVI_PIPE ]] || exec {ROVI_PIPE}>&-
    ROVI_PIPE=
}
