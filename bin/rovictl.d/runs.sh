# shellcheck shell=bash
# runs.sh: the runs of the gateway, the hardware and the stacks, put together from the journal alone.
#
# systemd's own entries (_PID=1) say when a unit has started and how it has ended; JOB_ID is the number of the job.
# Those of rovictl say who has asked for a job (lib/journal_note.sh), those of run_stack.sh what a start ran with and
# why it has ended. A start or stop of which none of ours speaks came by another way, and what else systemd did then
# says by which. If it was systemctl, or a call of systemd, polkit has said whom it has let do that. If polkit has said
# nothing, it need not have been root: a unit can pull in another, and polkit lets those who type root's password.

use lib/contract lib/journal_note rovictl.d/journal_read

# systemd's MESSAGE_IDs (sd-messages.h): the same on 247, 252 and 257. LAUNCHED: the system has finished its start.
readonly SAID_STARTING=7d4958e842da4a758f6c1cdc7b36dcc5 SAID_STARTED=39f53479d3a045ac8e11786248231fbf \
    SAID_STOPPING=de5b426a63be47a7b6ac3eaac82e2f6f SAID_STOPPED=9d1aaa27d60140bd96365438aad20286 \
    SAID_FAILED=d9b373ed55a64feb8242e02dbe79a49c SAID_ENDED=7ad2d189f7e94e70a38c781354912448 \
    SAID_LAUNCHED=b07a249cd024414a82dd00cd181378ff \
    SAID_LAUNCHED_INSIDE=eed00a68ffd84e31882105fd973abdd1 # in a container
readonly SHUTDOWN=shutdown.target
readonly ENTRIES_A_RUN=14 ENTRIES_MAX=10000   # how many to read at first, for each run; and at most
readonly NEAR=2000000 SHUTDOWN_TIME=300000000 # microseconds, see was_permitted and stop_way

# By "NUMBER/KEY", the oldest run is 1: stack, boot, invocation, job, stop_job; began, ready, stopping and ended in
# microseconds of the boot's clock, which does not jump; at and ended_at in microseconds since 1970; result; variant and
# parameters; code and why. RUN_COUNT: how many.
declare -gA RUN=()
RUN_COUNT=0
# By boot: when the system was starting, in words FROM:TO, and when it went down. By "BOOT/STACK/JOB": who has asked, in
# words like MICROSECONDS:UID:WAY. By "BOOT/STACK": whom polkit has let do what, in words like MICROSECONDS:VERB:UID.
declare -gA LAUNCHED=() WENT_DOWN=() ASKED=() PERMITTED=()
declare -gA run_of=() run_last=() # by invocation: the number; by stack: the number of the last
ASKED_UID='' ASKED_WAY=''

# find_runs COUNT SINCE STACK...: fills RUN with the last COUNT runs of the STACKs, and those of gateway and hardware
# meanwhile. SINCE is a time for journalctl, or nothing. Fails as rovi_run does.
find_runs() {
    local count=$1 since=$2 size line starts polkit
    local -a lines units matches ours
    shift 2
    units=("${@/#/UNIT=rovi-}")
    units=("${units[@]/%/.service}" "UNIT=$ROVI_GATEWAY" "UNIT=$ROVI_HARDWARE")
    ours=("${JOURNAL_ID[@]/#/MESSAGE_ID=}")
    matches=(_PID=1 "${units[@]}" MESSAGE_ID="$SAID_STARTING" MESSAGE_ID="$SAID_STARTED" MESSAGE_ID="$SAID_STOPPING"
        MESSAGE_ID="$SAID_STOPPED" MESSAGE_ID="$SAID_FAILED" MESSAGE_ID="$SAID_ENDED"
        + _PID=1 MESSAGE_ID="$SAID_LAUNCHED" MESSAGE_ID="$SAID_LAUNCHED_INSIDE"
        + _PID=1 MESSAGE_ID="$SAID_STARTED" "UNIT=$SHUTDOWN"
        + "${ours[@]}" ROVI_STACK=gateway ROVI_STACK=hardware "${@/#/ROVI_STACK=}")
    # The uid is journald's own word. It does not always find the unit of a process as short as logger.
    polkit=$(id -u "$JOURNAL_POLKIT_USER" 2>/dev/null) &&
        matches+=(+ "_UID=$polkit" "SYSLOG_IDENTIFIER=$JOURNAL_POLKIT")
    [[ ! $since ]] || matches+=("--since=$since")
    size=$((count * ENTRIES_A_RUN + 20))
    while true; do
        ((size < ENTRIES_MAX)) || size=$ENTRIES_MAX
        read_entries "$size" "${matches[@]}" || return
        starts=0
        for line in "${lines[@]}"; do
            [[ $line != *"\"MESSAGE_ID\":\"$SAID_STARTING\""* ||
                $line == *'"UNIT":"rovi-'$ROVI_ALWAYS'.service"'* ]] || starts=$((starts + 1))
        done
        ((${#lines[@]} == size && starts <= count && size < ENTRIES_MAX)) || break
        size=$((size * 4))
    done
    put_together
}

# put_together: fills RUN from lines, the newest first. An entry with a MESSAGE_ID of systemd's is systemd's: find_runs
# has asked for no others, and entry_read takes none that has two.
put_together() {
    local i when
    RUN=() RUN_COUNT=0 LAUNCHED=() WENT_DOWN=() ASKED=() PERMITTED=() run_of=() run_last=()
    for ((i = ${#lines[@]} - 1; i >= 0; i--)); do
        entry_read "${lines[i]}" || continue
        entry_when || continue
        when=$ROVI_REPLY
        case ${ENTRY[MESSAGE_ID]-} in
        "$SAID_LAUNCHED" | "$SAID_LAUNCHED_INSIDE") take_launched ;;
        "$SAID_STARTING" | "$SAID_STARTED" | "$SAID_STOPPING" | "$SAID_STOPPED" | "$SAID_FAILED" | "$SAID_ENDED")
            take_systemd
            ;;
        "${JOURNAL_ID[run]}" | "${JOURNAL_ID[end]}") take_launch ;;
        '') take_permitted ;;
        *) take_asked ;;
        esac
    done
}

# The functions take_… note what ENTRY says, which was sent at the caller's when.

# take_launched: notes when the system has started. A container has the boot ID of its host, and so may start several
# times in one boot.
take_launched() {
    local took=${ENTRY[USERSPACE_USEC]-}
    [[ $took == +([0-9]) ]] || return 0
    LAUNCHED["${ENTRY[_BOOT_ID]}"]+=" $((when - took)):$when"
}

# was_launching BOOT WHEN: whether the system was starting then.
was_launching() {
    local word
    for word in ${LAUNCHED["$1"]-}; do
        (($2 < ${word%:*} || $2 > ${word#*:})) || return 0
    done
    return 1
}

# take_systemd: notes what systemd has said in ENTRY.
take_systemd() {
    local unit=${ENTRY[UNIT]-} id=${ENTRY[INVOCATION_ID]-} run
    if [[ $unit == "$SHUTDOWN" ]]; then
        WENT_DOWN["${ENTRY[_BOOT_ID]}"]=$when
        return
    fi
    [[ $id ]] || return 0
    if [[ ${ENTRY[MESSAGE_ID]} == "$SAID_STARTING" ]]; then
        run=$((++RUN_COUNT))
        run_of["$id"]=$run run_last["${unit:5:-8}"]=$run
        RUN["$run/stack"]=${unit:5:-8} RUN["$run/boot"]=${ENTRY[_BOOT_ID]} RUN["$run/invocation"]=$id
        RUN["$run/job"]=${ENTRY[JOB_ID]-} RUN["$run/began"]=$when RUN["$run/at"]=${ENTRY[__REALTIME_TIMESTAMP]}
        return
    fi
    run=${run_of["$id"]-}
    # It has run for so long that the journal has lost its start.
    if [[ ! $run && $unit == rovi-$ROVI_ALWAYS.service ]]; then
        run=$((++RUN_COUNT))
        run_of["$id"]=$run RUN["$run/stack"]=${unit:5:-8} RUN["$run/boot"]=${ENTRY[_BOOT_ID]}
    fi
    [[ $run ]] || return 0
    case ${ENTRY[MESSAGE_ID]} in
    "$SAID_STARTED") RUN["$run/ready"]=$when ;;
    "$SAID_STOPPING") RUN["$run/stopping"]=$when RUN["$run/stop_job"]=${ENTRY[JOB_ID]-} ;;
    "$SAID_STOPPED") # 247 says nothing of a stop that begins while the unit starts
        RUN["$run/stop_job"]=${RUN["$run/stop_job"]:-${ENTRY[JOB_ID]-}}
        ;;
    *)
        RUN["$run/ended"]=$when RUN["$run/ended_at"]=${ENTRY[__REALTIME_TIMESTAMP]}
        RUN["$run/result"]=${ENTRY[UNIT_RESULT]:-success}
        ;;
    esac
}

# take_launch: notes what a launch has said in ENTRY about its own run, and no other: the first words about what it runs
# with, before a node of it can say anything, and the last about why it has ended.
take_launch() {
    local run=${run_of["${ENTRY[_SYSTEMD_INVOCATION_ID]-none}"]-}
    [[ $run && ${ENTRY[_SYSTEMD_UNIT]-} == "rovi-${RUN["$run/stack"]}.service" ]] || return 0
    if [[ ${ENTRY[MESSAGE_ID]} == "${JOURNAL_ID[end]}" ]]; then
        RUN["$run/why"]=${ENTRY[ROVI_WHY]-} RUN["$run/code"]=${ENTRY[ROVI_CODE]-}
    elif [[ ! ${RUN["$run/variant"]+set} ]]; then
        RUN["$run/variant"]=${ENTRY[ROVI_VARIANT]-} RUN["$run/parameters"]=${ENTRY[ROVI_PARAMETERS]-}
    fi
}

# take_asked: notes who has written ENTRY, and so has asked for the job in it.
take_asked() {
    local stack=${ENTRY[ROVI_STACK]-} job=${ENTRY[ROVI_JOB]-}
    entry_author
    [[ $AUTHOR_UID == +([0-9]) && $job == +([0-9]) ]] && rovi_valid_name "$stack" || return 0
    ASKED["${ENTRY[_BOOT_ID]}/$stack/$job"]+=" $when:$AUTHOR_UID:$AUTHOR_WAY"
}

# take_permitted: notes whom polkit has let do what. find_runs has asked for no other entry without a MESSAGE_ID.
take_permitted() {
    local stack verb
    [[ ${ENTRY[MESSAGE]-} =~ ^(.+)\ may\ (start|stop|restart)\ rovi-([^ ]+)\.service$ ]] || return 0
    verb=${BASH_REMATCH[2]} stack=${BASH_REMATCH[3]}
    uid_of "${BASH_REMATCH[1]}"
    PERMITTED["${ENTRY[_BOOT_ID]}/$stack"]+=" $when:$verb:$ROVI_REPLY"
}

# asked_for NUMBER JOB WHEN: sets ASKED_UID and ASKED_WAY to who has asked for JOB of that run's stack, whose work began
# WHEN. It is the first who has said so afterwards, which rovictl does at once; else, as a job may wait, the last
# before. So an entry that somebody has made in advance counts only if there is no other.
asked_for() {
    local word found=''
    ASKED_UID='' ASKED_WAY=''
    for word in ${ASKED["${RUN["$1/boot"]}/${RUN["$1/stack"]}/$2"]-}; do
        found=$word
        ((${word%%:*} < $3)) || break
    done
    [[ $found ]] || return
    found=${found#*:}
    ASKED_UID=${found%:*} ASKED_WAY=${found#*:}
}

# was_permitted NUMBER VERB AFTER UNTIL: sets ASKED_UID and ASKED_WAY to whom polkit has let start, stop or restart that
# run's stack, as VERB says, at most NEAR before UNTIL and AFTER that. Fails if that is nobody, or more than one.
was_permitted() {
    local word verb uid found='' from=$(($4 - NEAR))
    ASKED_UID='' ASKED_WAY=systemctl
    ((from >= $3)) || from=$3
    for word in ${PERMITTED["${RUN["$1/boot"]}/${RUN["$1/stack"]}"]-}; do
        IFS=: read -r when verb uid <<<"$word"
        ((when >= from && when <= $4)) && [[ $verb == "$2" || $verb == restart ]] || continue
        [[ ${found:-$uid} == "$uid" ]] || return
        found=$uid
    done
    [[ $found == +([0-9]) ]] || return # "-": nobody knows them any more
    ASKED_UID=$found
}

# start_way NUMBER: sets ASKED_UID, which may be empty, and ASKED_WAY to who has started the run, by which way.
start_way() {
    local run=$1 before=$1 boot=${RUN["$1/boot"]} after=0
    ! asked_for "$run" "${RUN["$run/job"]}" "${RUN["$run/began"]}" || return 0
    while ((--before > 0)); do
        [[ ${RUN["$before/stack"]} == "${RUN["$run/stack"]}" ]] || continue
        [[ ${RUN["$before/boot"]} == "$boot" ]] || break
        after=${RUN["$before/stopping"]:-${RUN["$before/ended"]:-${RUN["$before/began"]}}}
        [[ ${RUN["$before/stop_job"]-} == "${RUN["$run/job"]}" ]] || break
        stop_way "$before" # a restart is one job
        return
    done
    ! was_permitted "$run" start "$after" "${RUN["$run/began"]}" || return 0
    ! was_launching "$boot" "${RUN["$run/began"]}" || ASKED_WAY=boot
}

# stop_way NUMBER: the same for who has stopped the run, which has a stop_job: a shutdown stops everything, and the
# gateway takes its stack along, and so does the hardware.
stop_way() {
    local run=$1 boot=${RUN["$1/boot"]} from=${RUN["$1/stopping"]:-${RUN["$1/ended"]:-${RUN["$1/began"]}}} gateway end
    ! asked_for "$run" "${RUN["$run/stop_job"]}" "$from" || return 0
    ! was_permitted "$run" stop "${RUN["$run/began"]}" "$from" || return 0
    end=${RUN["$run/ended"]:-$from}
    if ((${WENT_DOWN["$boot"]:-0} >= from && ${WENT_DOWN["$boot"]:-0} - end < SHUTDOWN_TIME)); then
        ASKED_WAY=shutdown
        return
    fi
    for ((gateway = RUN_COUNT; gateway > 0; gateway--)); do
        rovi_runs_always "${RUN["$gateway/stack"]}" && [[ ${RUN["$gateway/boot"]} == "$boot" ]] || continue
        if ((gateway != run)) && gateway_ended "$gateway" $((from - NEAR)) $((end + NEAR)); then
            [[ ! ${RUN["$gateway/stop_job"]-} ]] ||
                asked_for "$gateway" "${RUN["$gateway/stop_job"]}" "${RUN["$gateway/stopping"]:-0}"
            ASKED_WAY=${RUN["$gateway/stack"]}
            return
        fi
    done
    ASKED_WAY=systemctl
}

# gateway_ended NUMBER FROM TO: whether that run of gateway or hardware began to stop, or ended, between two times.
gateway_ended() {
    local when
    for when in "${RUN["$1/stopping"]:-0}" "${RUN["$1/ended"]:-0}"; do
        ((when < $2 || when > $3)) || return 0
    done
    return 1
}
