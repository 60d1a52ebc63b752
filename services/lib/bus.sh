# shellcheck shell=bash
# bus.sh: the one way to systemd's manager over D-Bus, by busctl(1).

use lib/contract lib/run

declare -gA ROVI_ACTIVE_STATE=() ROVI_JOB=() # by unit, filled by rovi_list_units

# What sudo lets operators run, followed by a method and its arguments, if polkit has no JavaScript rules
# (install/permit.sh). sudo's configuration has it word for word.
readonly -a ROVI_SUDO_CALL=(/usr/bin/busctl --system --timeout="$ROVI_BUS_TIMEOUT_S" call
    "$ROVI_SYSTEMD" /org/freedesktop/systemd1 "$ROVI_SYSTEMD.Manager")
# What busctl(1) is told besides: it never asks for a password.
readonly -a ROVI_BUSCTL=(busctl --system --timeout="$ROVI_BUS_TIMEOUT_S" --allow-interactive-authorization=false)

# rovi_busctl ARG...: busctl(1) on the system bus, as rovi_run.
rovi_busctl() {
    rovi_run "${ROVI_BUSCTL[@]}" "$@"
}

# rovi_manager METHOD [SIGNATURE ARG...]: calls a method of systemd's Manager object
# (org.freedesktop.systemd1(5)).
rovi_manager() {
    if [[ $1 == @(StartUnit|StopUnit|RestartUnit|ResetFailedUnit) ]] && rovi_by_sudo; then
        rovi_run sudo -n -- "${ROVI_SUDO_CALL[@]}" "$@"
    else
        rovi_busctl call "$ROVI_SYSTEMD" /org/freedesktop/systemd1 "$ROVI_SYSTEMD.Manager" "$@"
    fi
}

# rovi_by_sudo: whether the caller needs sudo to start and stop stacks: install.sh leaves a mark if polkit has no
# JavaScript rules. A service with NoNewPrivileges=, or with a setting that implies it (systemd.exec(5)), cannot use
# sudo. With that mark, the gateway and the executor have none of these settings.
rovi_by_sudo() {
    ((EUID != 0)) && [[ -e $ROVI_LIB/$ROVI_BY_SUDO ]]
}

# rovi_polkit_answers: whether polkit answers; sets ROVI_REPLY to its version.
rovi_polkit_answers() {
    rovi_busctl get-property org.freedesktop.PolicyKit1 /org/freedesktop/PolicyKit1/Authority \
        org.freedesktop.PolicyKit1.Authority BackendVersion
}

# rovi_polkit_has_rules: after rovi_polkit_answers: whether that version has JavaScript rules.
rovi_polkit_has_rules() {
    [[ $ROVI_REPLY != 's "0.'@([0-9]|[0-9][0-9]|10[0-5])[!0-9]* ]]
}

# rovi_list_units METHOD SIGNATURE ARG...: calls one of the Manager's ListUnits methods. By its answer alone, fills
# ROVI_ACTIVE_STATE, with the words of rovi_active, and ROVI_JOB: the ID of the job that is queued or under way, or
# nothing. Fails as rovi_busctl does.
rovi_list_units() {
    # shellcheck disable=SC1003  # two backslashes, not an escape
    local - i two='\\' quote='\"'
    local -a field
    ROVI_ACTIVE_STATE=() ROVI_JOB=()
    rovi_manager "$@" || return
    [[ $ROVI_REPLY == 'a(ssssssouso) '* ]] || return
    # The reply is one line, a(ssssssouso). With escaped backslashes and quotes gone, every
    # second field between quotes is a string: nine strings a unit, and its job id unquoted.
    ROVI_REPLY=${ROVI_REPLY//"$two"/}
    local IFS='"'
    set -f
    # shellcheck disable=SC2206  # not by `read`, which would ask the kernel for each byte
    field=(${ROVI_REPLY//"$quote"/})
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

# rovi_unit_time UNIT PROPERTY: sets ROVI_REPLY to a timestamp of UNIT in microseconds (org.freedesktop.systemd1(5)).
rovi_unit_time() {
    rovi_object_path "$1"
    rovi_busctl get-property "$ROVI_SYSTEMD" "$ROVI_REPLY" "$ROVI_SYSTEMD.Unit" "$2" || return
    [[ $ROVI_REPLY == 't '+([0-9]) ]] && ROVI_REPLY=${ROVI_REPLY#t }
}
