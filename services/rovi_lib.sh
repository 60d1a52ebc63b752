# shellcheck shell=bash
# rovi_lib.sh: what run_gateway.sh, run_stack.sh and rovictl share. To be sourced: it defines
# functions and constants named rovi_* and ROVI_*, sets no shell option and runs nothing.

# Exit codes, a contract with whoever calls rovictl or run_stack.sh. 3 and 4 are those of LSB and
# systemctl, 69 to 78 near those of sysexits.h, 124 is timeout(1)'s.
# shellcheck disable=SC2034  # each is used by some of the sourcing scripts
readonly ROVI_EX_FAILED=1 ROVI_EX_USAGE=2 ROVI_EX_STOPPED=3 ROVI_EX_UNAVAILABLE=4 \
    ROVI_EX_NO_GATEWAY=69 ROVI_EX_BUSY=75 ROVI_EX_DENIED=77 ROVI_EX_CONFIG=78 \
    ROVI_EX_GUARD=79 ROVI_EX_TIMEOUT=124

readonly ROVI_GATEWAY=rovi-gateway.service ROVI_TARGET=rovi-stacks.target
readonly ROVI_NO_GATEWAY="the gateway is not running: an administrator runs 'sudo systemctl start rovi-gateway'"
readonly ROVI_NO_TARGET="$ROVI_TARGET is not active: an administrator runs 'sudo systemctl restart rovi-gateway'"
# Where unit files are looked for, in this order; the variable is systemd's own (systemd.unit(5)).
ROVI_UNIT_PATH=/etc/systemd/system:/run/systemd/system:/usr/local/lib/systemd/system:/usr/lib/systemd/system
[[ -L /lib ]] || ROVI_UNIT_PATH+=:/lib/systemd/system # else it is /usr/lib
readonly ROVI_UNIT_PATH=${SYSTEMD_UNIT_PATH:-$ROVI_UNIT_PATH}
readonly ROVI_SYSTEMD=org.freedesktop.systemd1
readonly ROVI_BUS_TIMEOUT_S=10
readonly ROVI_AS_BYTES=1048576 # what rovi_as takes from another user
# What sudo lets operators run, with a method and its arguments after it, where polkit has no JavaScript rules
# (permit_lib.sh). Word for word: it stands in sudo's configuration.
readonly -a ROVI_SUDO_CALL=(/usr/bin/busctl --system --timeout="$ROVI_BUS_TIMEOUT_S" call
    "$ROVI_SYSTEMD" /org/freedesktop/systemd1 "$ROVI_SYSTEMD.Manager")

ROVI_REPLY=     # what the functions below answer
ROVI_DEADLINE=  # the uptime in 1/100 s at which rovi_run gives up; empty: none but its own limit
ROVI_PIPE=      # a descriptor, see rovi_open_pipe
ROVI_WAITED=0   # see rovi_receive
ROVI_OUT='' ROVI_PID='' # of what rovi_send has started: its stdout, a descriptor, and PID
declare -gA ROVI_ACTIVE_STATE=() ROVI_JOB=() # by unit, filled by rovi_list_units

# rovi_valid_name NAME: whether NAME can be a stack's name: a lower-case letter, then lower-case
# letters, digits, '-' and '_', 40 characters at most.
rovi_valid_name() {
    # All letters, because what a range like [a-z] has in it depends on the locale.
    local letters=abcdefghijklmnopqrstuvwxyz
    [[ ${#1} -le 40 && $1 == [$letters]*([${letters}0123456789_-]) ]]
}

# rovi_valid_variant NAME: whether a stack's variant may have this name.
rovi_valid_variant() {
    [[ $1 =~ ^[A-Za-z0-9_]{1,40}$ ]]
}

# rovi_is_stack FILE NAME: whether FILE, rovi-NAME.service, is a stack's unit file: it runs
# `run_stack.sh NAME`. The one definition of what a stack is.
rovi_is_stack() {
    local text
    rovi_valid_name "$2" && [[ $2 != gateway && -f $1 && -r $1 ]] || return
    IFS= read -rd '' text <"$1"
    [[ $'\n'$text$'\n' == *$'\n'ExecStart=/*([!$' \n'])"/run_stack.sh $2"$'\n'* ]]
}

# rovi_was_stack NAME LOAD_STATE EXEC_START: whether rovi-NAME.service, which is not stopped, is a stack though its
# unit file is none any more: by its ExecStart= as systemctl shows it. After a daemon-reload systemd itself has
# forgotten that; then it counts as one: rather one start too many refused than two stacks at once.
rovi_was_stack() {
    rovi_valid_name "$1" && [[ $1 != gateway ]] || return
    [[ $3 == *"argv[]="/*([!' '])"/run_stack.sh $1 ;"* || (! $3 && $2 != loaded) ]]
}

# rovi_is_loaded_stack UNIT: whether UNIT, which is not stopped, is a stack: by its unit file, else by systemd.
rovi_is_loaded_stack() {
    local dir key value load='' exec='' name=${1#rovi-} IFS=:
    name=${name%.service}
    rovi_valid_name "$name" && [[ $name != gateway ]] || return
    for dir in $ROVI_UNIT_PATH; do
        [[ -e $dir/$1 || -L $dir/$1 ]] || continue
        rovi_is_stack "$dir/$1" "$name" && return
        break # the first counts
    done
    rovi_run systemctl --system --property=LoadState,ExecStart -- show "$1" || return 0 # as above
    while IFS='=' read -r key value; do
        case $key in
        LoadState) load=$value ;;
        ExecStart) exec=$value ;;
        esac
    done <<<"$ROVI_REPLY"
    rovi_was_stack "$name" "$load" "$exec"
}

# rovi_quote TEXT: TEXT fit for one line of a message: quoted if odd, no control characters.
rovi_quote() {
    printf '%q' "${1:0:80}"
}

# rovi_uptime: sets ROVI_REPLY to the time since boot in 1/100 s, a clock that does not jump.
rovi_uptime() {
    local seconds rest
    IFS=' .' read -r seconds rest _ </proc/uptime
    ROVI_REPLY=$((seconds * 100 + 10#$rest))
}

# rovi_open_pipe: opens ROVI_PIPE, a pipe with both ends in this shell: reading from it while it is
# empty sleeps without a process, and commands can write their errors into it.
rovi_open_pipe() {
    local here
    [[ ! $ROVI_PIPE ]] || return 0
    exec {here}<<<'' # a pipe, from bash 5.1 on; before, a file
    exec {ROVI_PIPE}<>"/dev/fd/$here" {here}<&-
    [[ -p /dev/fd/$ROVI_PIPE ]] || exec {ROVI_PIPE}<> <(:)
}

# rovi_printable TEXT: sets ROVI_REPLY to TEXT with blanks in place of what a terminal obeys: control characters,
# ASCII and C1, and bidi marks, which have it show text in another order; and as UTF-8.
rovi_printable() {
    local LC_ALL=C
    rovi_utf8 "${1//[[:cntrl:]]/ }"
    [[ $ROVI_REPLY == *[$'\xc2\xd8\xe2']* ]] || return 0
    ROVI_REPLY=${ROVI_REPLY//$'\xc2'[$'\x80'-$'\x9f']/ }
    ROVI_REPLY=${ROVI_REPLY//$'\xd8\x9c'/ }                               # U+061C
    ROVI_REPLY=${ROVI_REPLY//$'\xe2\x80'[$'\x8e\x8f'$'\xaa'-$'\xae']/ } # U+200E, U+200F, U+202A to U+202E
    ROVI_REPLY=${ROVI_REPLY//$'\xe2\x81'[$'\xa6'-$'\xa9']/ }             # U+2066 to U+2069
}

# rovi_utf8 TEXT: sets ROVI_REPLY to TEXT with U+FFFD in place of bytes that are no UTF-8 (RFC 3629).
rovi_utf8() {
    local LC_ALL=C rest=$1 mask=$1 good bad tail=[$'\x80'-$'\xbf']
    ROVI_REPLY=
    if [[ $mask == *[$'\x80'-$'\xff']* ]]; then
        # In mask each good character is as many blanks; what else is there is bad. A good one cannot begin
        # within another: the order does not matter.
        mask=${mask//[$'\xc2'-$'\xdf']$tail/  }
        mask=${mask//$'\xe0'[$'\xa0'-$'\xbf']$tail/   }
        mask=${mask//[$'\xe1'-$'\xec'$'\xee'$'\xef']$tail$tail/   }
        mask=${mask//$'\xed'[$'\x80'-$'\x9f']$tail/   }
        mask=${mask//$'\xf0'[$'\x90'-$'\xbf']$tail$tail/    }
        mask=${mask//[$'\xf1'-$'\xf3']$tail$tail$tail/    }
        mask=${mask//$'\xf4'[$'\x80'-$'\x8f']$tail$tail/    }
    fi
    while [[ $mask == *[$'\x80'-$'\xff']* ]]; do
        good=${mask%%[$'\x80'-$'\xff']*}
        mask=${mask:${#good}}
        bad=${mask%%[!$'\x80'-$'\xff']*}
        mask=${mask:${#bad}}
        ROVI_REPLY+=${rest:0:${#good}}$'\xef\xbf\xbd'
        rest=${rest:${#good}+${#bad}}
    done
    ROVI_REPLY+=$rest
}

# rovi_read_file FILE BYTES: sets ROVI_REPLY to the first BYTES of FILE, in whose place somebody else may put
# what he likes: opened once, no link is followed, a pipe holds nobody up. Fails where that is no file, and
# sets ROVI_REPLY to dd's words.
rovi_read_file() {
    rovi_run dd if="$1" iflag=nofollow,nonblock,fullblock,count_bytes bs=4096 count="$2" status=none
}

# rovi_make_lock FILE: makes a lock file that only the service user can open: flock(2) needs no
# more than read access, and any local user could block every stack. Fails where something else is in its
# place: a link leads elsewhere, and who reads a FIFO waits for ever.
rovi_make_lock() {
    [[ -e $1 || -L $1 ]] || (umask 077 && : >>"$1")
    [[ -f $1 && ! -L $1 ]]
}

# rovi_as USER SECONDS COMMAND...: root runs COMMAND as USER, whose other processes may trace it and do as it: the only
# way in which anything here becomes another user. A session of its own, so that no terminal is there to type into
# (TIOCSTI); no descriptor of the caller's, so that none is there to read; no word of the caller's environment; and an
# end after SECONDS, whoever is stopped or keeps the pipe. Prints what COMMAND says, ROVI_AS_BYTES of it at most, without
# its stderr, and fails as it does. What it says is USER's word, no more.
rovi_as() {
    local - status user=$1 seconds=$2
    shift 2
    set +e
    (
        for descriptor in /proc/self/fd/*; do
            descriptor=${descriptor##*/}
            ((descriptor < 3)) || exec {descriptor}>&-
        done
        cd / && exec env -i LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin \
            setsid --wait timeout --signal=KILL "$seconds" runuser -u "$user" -- "$@"
    ) | timeout "$((seconds + 2))" head -c "$ROVI_AS_BYTES"
    status=${PIPESTATUS[0]}
    return "$status"
} </dev/null 2>/dev/null

# rovi_nap SECONDS: sleeps.
rovi_nap() {
    rovi_open_pipe
    rovi_heard
    read -rt "$1" -u "$ROVI_PIPE" || true
}

# rovi_heard: sets ROVI_REPLY to what is in the pipe, on one line.
rovi_heard() {
    local line
    ROVI_REPLY=
    while read -rt 0 -u "$ROVI_PIPE" && IFS= read -rt 0.1 -u "$ROVI_PIPE" line; do
        ROVI_REPLY+=${line:+${ROVI_REPLY:+ }$line}
    done
}

# rovi_hold: in a process substitution, waits for rovi_release in the shell that started it, which has opened
# ROVI_PIPE before. Fails where that does not come: that shell is gone, nothing may be done in its name. Bash
# has no exit status of one that ends before it has noted it down: `wait $!` then says -1, some once in 2,000
# times on a busy machine (5.1 and 5.2).
rovi_hold() {
    read -rt "$ROVI_BUS_TIMEOUT_S" -u "$ROVI_PIPE"
}

rovi_release() {
    echo >&"$ROVI_PIPE"
}

# rovi_run COMMAND...: runs one of systemd's commands, in the C locale, for ROVI_BUS_TIMEOUT_S or
# until ROVI_DEADLINE at most: their own time limits do not cover a bus that accepts a connection
# and then says nothing. Sets ROVI_REPLY to its stdout, or to its words where it fails.
rovi_run() {
    rovi_send "$@"
    rovi_receive
}

# rovi_send COMMAND...: the first half of rovi_run, for who has something to do meanwhile.
rovi_send() {
    rovi_open_pipe
    rovi_heard # stderr apart: a warning beside a good reply must not be taken for a part of it
    exec {ROVI_OUT}< <(
        rovi_hold || exit
        export LC_ALL=C SYSTEMD_LOG_LEVEL=err SYSTEMD_LOG_TARGET=console SYSTEMD_LOG_COLOR=no
        exec "$@" 2>&"$ROVI_PIPE"
    )
    ROVI_PID=$!
    rovi_release
}

# rovi_receive: the second half. Where it fails, ROVI_WAITED is for how long it has waited, in 1/100 s.
rovi_receive() {
    local status began end left text=''
    rovi_uptime
    began=$ROVI_REPLY
    end=$((ROVI_REPLY + ROVI_BUS_TIMEOUT_S * 100))
    if [[ $ROVI_DEADLINE ]]; then
        left=$((ROVI_DEADLINE < ROVI_REPLY + 50 ? ROVI_REPLY + 50 : ROVI_DEADLINE)) # a last look is always possible
        end=$((left < end ? left : end))
    fi
    left=$((end - ROVI_REPLY))
    while true; do
        printf -v left '%d.%02d' $((left / 100)) $((left % 100))
        IFS= read -rN 8388608 -t "$left" -u "$ROVI_OUT" ROVI_REPLY
        status=$?
        text+=$ROVI_REPLY
        ((status > 128)) || break
        # read goes by a clock that people set: set forward, it ends too early, and what it has already
        # fetched goes to the next read, which must be of this. So not rovi_uptime, which reads, too.
        left=$(</proc/uptime) left=${left%% *}
        left=$((end - 10#${left/./}))
        ((left > 0)) || break
    done
    exec {ROVI_OUT}<&-
    if ((status > 128)); then
        kill "$ROVI_PID" 2>/dev/null # not waited for: sudo takes no signal of its caller's, it has a limit of its own
        mapfile </dev/null           # has bash forget what the read had fetched
        rovi_uptime
        ROVI_WAITED=$((ROVI_REPLY - began))
        ROVI_REPLY='Timed out'
        return 1
    fi
    wait "$ROVI_PID" && ROVI_REPLY=${text%$'\n'} && return
    rovi_uptime
    ROVI_WAITED=$((ROVI_REPLY - began))
    rovi_heard
    return 1
}

# rovi_busctl ARG...: busctl(1) on the system bus, never asking for a password; as rovi_run.
rovi_busctl() {
    rovi_run busctl --system --timeout="$ROVI_BUS_TIMEOUT_S" --allow-interactive-authorization=false "$@"
}

# rovi_manager METHOD [SIGNATURE ARG...]: calls a method of systemd's Manager object
# (org.freedesktop.systemd1(5)).
rovi_manager() {
    if [[ $1 == @(StartUnit|StopUnit|RestartUnit) ]] && rovi_by_sudo; then
        rovi_run sudo -n -- "${ROVI_SUDO_CALL[@]}" "$@"
    else
        rovi_busctl call "$ROVI_SYSTEMD" /org/freedesktop/systemd1 "$ROVI_SYSTEMD.Manager" "$@"
    fi
}

# rovi_by_sudo: whether the caller needs sudo to start and stop stacks: install.sh has left a mark where polkit
# has no JavaScript rules. A service with NoNewPrivileges= cannot use sudo, nor one with any of the settings
# that imply it (systemd.exec(5)); there the gateway and the executor have none of them.
rovi_by_sudo() {
    ((EUID != 0)) && [[ ${ROVI_LIB-} && -e $ROVI_LIB/by_sudo ]]
}

# rovi_polkit_answers: whether it does; sets ROVI_REPLY to its version.
rovi_polkit_answers() {
    rovi_busctl get-property org.freedesktop.PolicyKit1 /org/freedesktop/PolicyKit1/Authority \
        org.freedesktop.PolicyKit1.Authority BackendVersion
}

# rovi_list_units METHOD SIGNATURE ARG...: calls one of the Manager's ListUnits methods and
# fills ROVI_ACTIVE_STATE, as rovi_active has it, and ROVI_JOB, the id of the job that is queued or under way
# or nothing, anew. Fails as rovi_busctl does.
rovi_list_units() {
    # shellcheck disable=SC1003  # two backslashes, not an escape
    local i two='\\' quote='\"'
    local -a field
    ROVI_ACTIVE_STATE=() ROVI_JOB=()
    rovi_manager "$@" || return
    [[ $ROVI_REPLY == 'a(ssssssouso) '* ]] || return
    # The reply is one line, a(ssssssouso). With escaped backslashes and quotes gone, every
    # second field between quotes is a string: nine strings a unit, and its job id unquoted.
    ROVI_REPLY=${ROVI_REPLY//"$two"/}
    IFS='"' read -ra field <<<"${ROVI_REPLY//"$quote"/}"
    for ((i = 1; i + 16 < ${#field[@]}; i += 18)); do
        rovi_active "${field[i + 6]}"
        ROVI_ACTIVE_STATE[${field[i]}]=$ROVI_REPLY
        ROVI_JOB[${field[i]}]=${field[i + 16]##*/}
    done
}

# rovi_object_path UNIT: sets ROVI_REPLY to UNIT's D-Bus object path (sd_bus_path_encode(3)).
rovi_object_path() {
    local i
    ROVI_REPLY=/org/freedesktop/systemd1/unit/
    for ((i = 0; i < ${#1}; i++)); do
        case ${1:i:1} in
        [[:alnum:]]) ROVI_REPLY+=${1:i:1} ;;
        *) printf -v ROVI_REPLY '%s_%02x' "$ROVI_REPLY" "'${1:i:1}" ;;
        esac
    done
}

# rovi_unit_time UNIT PROPERTY: sets ROVI_REPLY to one of UNIT's timestamps, in microseconds (org.freedesktop.systemd1(5)).
rovi_unit_time() {
    rovi_object_path "$1"
    rovi_busctl get-property "$ROVI_SYSTEMD" "$ROVI_REPLY" "$ROVI_SYSTEMD.Unit" "$2" || return
    [[ $ROVI_REPLY == 't '+([0-9]) ]] && ROVI_REPLY=${ROVI_REPLY#t }
}

# rovi_cgroup_dir PID: sets ROVI_REPLY to the directory of PID's control group, on cgroup v1, v2 and both. Fails,
# and sets it to nothing, where PID is gone.
rovi_cgroup_dir() {
    local controllers path
    ROVI_REPLY=
    while IFS=: read -r _ controllers path; do
        case $controllers in
        name=systemd) ROVI_REPLY=/sys/fs/cgroup/systemd$path && break ;;
        '') ROVI_REPLY=/sys/fs/cgroup$path ;;
        esac
    done 2>/dev/null <"/proc/$1/cgroup" # in this order: there may be no such file
    [[ $ROVI_REPLY ]]
}

# rovi_active ACTIVE_STATE: sets ROVI_REPLY to systemd's ActiveState, with one word for all that is active.
rovi_active() {
    ROVI_REPLY=$1
    [[ $1 != @(reloading|refreshing) ]] || ROVI_REPLY=active
}

# rovi_state ACTIVE_STATE: sets ROVI_REPLY to the word that people see for it, as rovi_active has it.
rovi_state() {
    case $1 in
    active) ROVI_REPLY=RUNNING ;;
    activating) ROVI_REPLY=STARTING ;;
    deactivating) ROVI_REPLY=STOPPING ;;
    failed) ROVI_REPLY=FAILED ;;
    *) ROVI_REPLY=STOPPED ;;
    esac
}

# rovi_busy NAME ACTIVE_STATE: prints why no other stack can start while NAME is in ACTIVE_STATE,
# and what to do. NAME is empty where it is not known.
rovi_busy() {
    case $2 in
    deactivating) printf "stack %s is still stopping: try again when it has stopped" "$1" ;;
    *) printf "%s is active: stop it first with 'rovictl stop%s'" "${1:+stack }${1:-another stack}" "${1:+ $1}" ;;
    esac
}
