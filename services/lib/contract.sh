# shellcheck shell=bash
# contract.sh: what others rely on, each in one place only: exit codes, names, states, paths, the group, time limits.

# Exit codes. 3 and 4 are those of LSB and systemctl, 69 to 78 resemble those of sysexits.h, 124 is timeout(1)'s.
readonly ROVI_EX_FAILED=1 ROVI_EX_USAGE=2 ROVI_EX_STOPPED=3 ROVI_EX_UNAVAILABLE=4 \
    ROVI_EX_NO_GATEWAY=69 ROVI_EX_BUSY=75 ROVI_EX_DENIED=77 ROVI_EX_CONFIG=78 \
    ROVI_EX_GUARD=79 ROVI_EX_TIMEOUT=124

# Units. A stack's is rovi-NAME.service.
readonly ROVI_GATEWAY=rovi-gateway.service ROVI_HARDWARE=rovi-hardware.service ROVI_TARGET=rovi-stacks.target \
    ROVI_MOUNT=run-rovi_requests.mount ROVI_EXECUTOR=rovi_executor # .socket and @.service
readonly ROVI_ALWAYS='@(gateway|hardware)'                         # a pattern: what runs always and is no stack
# Where systemd looks for unit files, in this order. The variable is systemd's own; if it ends with a colon, the usual
# places come after it (systemd.unit(5)).
ROVI_UNIT_PATH=/etc/systemd/system:/run/systemd/system:/usr/local/lib/systemd/system:/usr/lib/systemd/system
[[ -L /lib ]] || ROVI_UNIT_PATH+=:/lib/systemd/system # else it is /usr/lib
if [[ ${SYSTEMD_UNIT_PATH-} == *: ]]; then
    ROVI_UNIT_PATH=$SYSTEMD_UNIT_PATH$ROVI_UNIT_PATH
elif [[ ${SYSTEMD_UNIT_PATH-} ]]; then
    ROVI_UNIT_PATH=$SYSTEMD_UNIT_PATH
fi
readonly ROVI_UNIT_PATH
# The administrator's unit files and drop-ins, and those of 'make install'.
readonly ROVI_SITE_UNITS=/etc/systemd/system
readonly ROVI_SITE=rovi-.service.d/50-site.conf # the drop-in that names the service user and the workspace

# The hardware is a process of its own while this file is there: the one place that says so, to systemd and to us. With
# it, the target of the stacks is bound to the hardware. bin/rovictl.d/hardware.sh writes and removes it.
readonly ROVI_HARDWARE_ON=$ROVI_SITE_UNITS/$ROVI_TARGET.d/60-hardware.conf
# root's lock of a change of that. It says how things were before a change that is under way or was cut off.
readonly ROVI_HARDWARE_LOCK=/run/rovi_hardware
# The first line of a unit file that 'rovictl new' has made; what else is named rovi-…, so that no new stack may be; and
# the lock of 'rovictl new' and 'remove', which is root's.
readonly ROVI_NEW_MARK="# Made by 'rovictl new'."
readonly ROVI_RESERVED=' gateway hardware stacks guard ask health executor end kill '
readonly ROVI_NEW_LOCK=/run/rovi_new.lock

# Who may start and stop stacks, and the files that permit it.
readonly ROVI_GROUP=rovi-ops
readonly ROVI_RULE=/etc/polkit-1/rules.d/50-rovi-stacks.rules
readonly ROVI_SUDOERS=/etc/sudoers.d/rovi-stacks # a name without a dot, because sudo reads no other
readonly ROVI_BY_SUDO=by_sudo                    # in ROVI_LIB: install.sh makes it if operators need sudo

# The gateway's directory. It has the lock of the stacks; the lock of the session file, which holds the invocation ID
# ($INVOCATION_ID, systemd.exec(5)) of the start that has written the session file; notes of requests (request.STACK),
# their lock, and answers (answer.STACK-NUMBER); and the note of run_gateway.sh.
readonly ROVI_RUN=/run/rovi
readonly ROVI_LOCK=$ROVI_RUN/stack.lock
readonly ROVI_SESSION_LOCK=$ROVI_RUN/session.lock
readonly ROVI_REQUEST_LOCK=$ROVI_RUN/request.lock
# The ROVI_ODOM_INTEGRATOR_PUBLISH_TF that the gateway was started with, "0" or "1". .env.robot may say something else
# by now, but the gateway reads it only when it starts.
readonly ROVI_GATEWAY_TF=$ROVI_RUN/gateway_publishes_odom_tf
# Where operators put requests: a small file system of its own (run-rovi_requests.mount), so that no operator can fill
# /run.
readonly ROVI_REQUESTS=/run/rovi_requests
# Where kill_stack.sh notes, by stack, the invocation ID of the start that it has killed, and who has asked for it. It
# is root's, and made by rovi_kill@.service.
readonly ROVI_KILLED=/run/rovi_killed
# Grows whenever something changes, see lib/changes.sh. Made by end_stop.sh for root and the service user to write.
readonly ROVI_CHANGES=/run/rovi_changes
# Root file systems in which stacks can run; and the drop-in of a unit that runs in one.
readonly ROVI_ROOTS=/var/lib/rovi/roots ROVI_ROOT_CONF=60-root.conf
readonly ROVI_SESSION=.ros/rovi/session/current_launch # in the service user's home
readonly ROVI_SNAPSHOTS=.ros/rovi/env                  # there, too: kept environments, see snapshot.sh

readonly ROVI_SYSTEMD=org.freedesktop.systemd1
# The limit of a verb that waits, without --timeout. It is more than a restart can take: 20 s by TimeoutStopSec=, 90 s
# by TimeoutStartSec= and, if the start fails, 20 s again.
readonly ROVI_TIMEOUT_S=150
readonly ROVI_TURN_TIMEOUT_S=300 # of a change of the hardware: two starts and two stops

readonly ROVI_NO_GATEWAY="the gateway is not running: an administrator runs 'sudo rovictl gateway start'"
readonly ROVI_NO_TARGET="$ROVI_TARGET is not active: an administrator runs 'sudo rovictl gateway restart'"

readonly ROVI_HARDWARE_OFF="the hardware is a part of the gateway here: to make it a process of its own, \
an administrator runs 'sudo rovictl hardware on'"
readonly ROVI_NO_HARDWARE="the hardware is not running: an administrator runs 'sudo rovictl hardware restart'"

# rovi_runs_always NAME: whether NAME is that of the gateway or the hardware, and so can be no stack's.
rovi_runs_always() {
    # shellcheck disable=SC2053  # a pattern
    [[ $1 == $ROVI_ALWAYS ]]
}

# rovi_lacks_hardware ACTIVE_STATE: whether no stack can run because the hardware is a process of its own, and is in
# ACTIVE_STATE; sets ROVI_REPLY to a sentence about it.
rovi_lacks_hardware() {
    [[ -e $ROVI_HARDWARE_ON && $1 != active ]] || return
    ROVI_REPLY=$ROVI_NO_HARDWARE
    [[ $1 != activating ]] ||
        ROVI_REPLY="the hardware is still starting: 'rovictl status hardware' says what it waits for"
}

# rovi_is_operator [USER]: whether USER, a name or +UID, is a member of the group in the user database. Without USER:
# whether this session is a member. A session keeps the groups that it began with.
rovi_is_operator() {
    local group
    while IFS= read -rd '' group; do
        [[ $group != "$ROVI_GROUP" ]] || return 0
    done < <(id -nGz -- "$@" 2>/dev/null)
    return 1
}

# rovi_valid_name NAME: whether NAME can be a stack's name: a lower-case letter, then lower-case
# letters, digits, '-' and '_', 40 characters at most.
rovi_valid_name() {
    # All letters, because the locale decides what a range like [a-z] contains.
    local letters=abcdefghijklmnopqrstuvwxyz
    [[ ${#1} -le 40 && $1 == [$letters]*([${letters}0123456789_-]) ]]
}

# rovi_name_of UNIT: sets ROVI_REPLY to the NAME of the unit rovi-NAME.service.
rovi_name_of() {
    ROVI_REPLY=${1#rovi-}
    ROVI_REPLY=${ROVI_REPLY%.service}
}

# rovi_valid_variant NAME: whether a stack's variant may have this name.
rovi_valid_variant() {
    [[ $1 =~ ^[A-Za-z0-9_]{1,40}$ ]]
}

# rovi_active ACTIVE_STATE: sets ROVI_REPLY to systemd's ActiveState, with one word for every state that is active.
rovi_active() {
    ROVI_REPLY=$1
    [[ $1 != @(reloading|refreshing) ]] || ROVI_REPLY=active
}

# rovi_state ACTIVE_STATE: sets ROVI_REPLY to the word that people see for ACTIVE_STATE, which rovi_active has set.
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
# and what to do. NAME is empty if it is not known.
rovi_busy() {
    case $2 in
    deactivating) printf "stack %s is still stopping: try again when it has stopped" "$1" ;;
    *) printf "%s is active: stop it first with 'rovictl stop%s'" "${1:+stack }${1:-another stack}" "${1:+ $1}" ;;
    esac
}
