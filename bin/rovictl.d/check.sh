# shellcheck shell=bash
# check.sh: the verb check: all that is wrong with a unit, before it is installed or after.

use lib/contract lib/text lib/run lib/stacks lib/declared lib/keys lib/root lib/command rovictl.d/say rovictl.d/ask \
    rovictl.d/new rovictl.d/launch_args rovictl.d/unit_files rovictl.d/unit_environment

readonly VERIFY_S=20         # how long systemd-analyze may take
readonly VERIFY_BYTES=200000 # the longest unit file

# cmd_check [UNIT|FILE]: exits with 78 if something is wrong.
cmd_check() {
    local name bad='' user='' home='' workspace='' private=''
    local -a names=()
    need_root
    find_stacks
    need_service_user
    private=$(mktemp -d 2>/dev/null) || die "$ROVI_EX_FAILED" "cannot make a temporary directory: is the disk full?"
    # shellcheck disable=SC2064  # now: the variable is local
    trap "rm -rf -- $(printf %q "$private")" EXIT
    if [[ ${1-} == */* ]]; then
        check_file "$1"
    else
        mapfile -t names < <(printf '%s\n' "${!stack_file[@]}" | grep -v @ | LC_ALL=C sort)
        for name in ${1-"${names[@]}"}; do
            [[ $name != hardware || ${1-} || -e $ROVI_HARDWARE_ON ]] || continue # it is not used
            check_installed "$name"
        done
    fi
    [[ ! $bad ]] || exit "$ROVI_EX_CONFIG"
}

# check_file FILE: checks a unit file that is not installed, in a copy: others may write where it lies.
check_file() {
    local file=${1##*/} name
    local -a wrong=()
    local -A DECLARED=()
    name=${file#rovi-}
    name=${name%.service}
    { [[ $file == rovi-*.service ]] && rovi_valid_name "$name"; } ||
        die "$ROVI_EX_USAGE" "$(rovi_quote "$1") is not named as a stack is: rovi-NAME.service, NAME in lower case"
    { [[ -f $1 ]] && rovi_read_file "$1" "$((VERIFY_BYTES + 1))"; } ||
        die "$ROVI_EX_USAGE" "$(rovi_quote "$1") is no file that can be read"
    ((${#ROVI_REPLY} <= VERIFY_BYTES)) || die "$ROVI_EX_CONFIG" "$(rovi_quote "$1") is too long for a unit file"
    printf '%s\n' "$ROVI_REPLY" >"$private/$file" || die "$ROVI_EX_FAILED" "cannot write in $private: is the disk full?"
    read_unit_environment "$ROVI_REPLY"
    check_unit "$name" "$private/$file" "$1"
}

# check_installed NAME: checks the unit of the stack NAME, or the gateway, as systemd has it.
check_installed() {
    local unit=rovi-$1.service file
    local -a wrong=()
    local -A DECLARED=()
    [[ ${stack_file["$1"]+set} ]] || die_of_name "$1" gateway
    unit_file "$unit" || { say "$1 is masked" && return; }
    file=$ROVI_REPLY
    try_look "$unit" || die_of_bus
    [[ ${UNIT["$unit/NeedDaemonReload"]-} != yes ]] ||
        wrong+=("$file, or a drop-in of it, has changed since systemd read it: run 'sudo systemctl daemon-reload'")
    read_declared "${UNIT["$unit/Environment"]-}"
    check_unit "$1" "$file" "$file"
}

# check_unit NAME FILE SHOWN: says all that is wrong with the unit file FILE, which people know as SHOWN; DECLARED has
# what it declares, and the caller's wrong what is known already. Sets the caller's bad.
check_unit() {
    local problem where=stack whose="the unit of $1 declares"
    if rovi_runs_always "$1"; then
        where=$1 whose="the unit of the $1 declares"
    elif ! rovi_is_stack "$2" "$1"; then
        no_stack_because "$2" "$1" "$3"
        wrong+=("$ROVI_REPLY${OTHER_STACK:+: write $1 in place of $OTHER_STACK everywhere in it}")
    fi
    systemd_problems "$2" "$3"
    keys_problems "$whose" "$where"
    wrong+=("${PROBLEMS[@]}")
    ((${#PROBLEMS[@]})) || launch_problems "$1"
    for problem in "${wrong[@]}"; do
        bad=yes
        rovi_printable "$problem"
        complain "$1: $ROVI_REPLY"
    done
    ((${#wrong[@]})) || say "$1: nothing is wrong"
}

# systemd_problems FILE SHOWN: adds to wrong what systemd-analyze says about FILE.
systemd_problems() {
    local line
    while IFS= read -r line; do
        [[ $line == *"${1##*/}"* ]] || continue
        wrong+=("systemd-analyze verify: ${line//"$1"/"$2"}")
    done < <(LC_ALL=C timeout --signal=KILL "$VERIFY_S" systemd-analyze verify --man=no "$1" 2>&1)
}

# launch_problems NAME: adds to wrong what ROS says about what the unit starts, by DECLARED.
launch_problems() {
    local key name words
    local -a LAUNCH_FILE LAUNCH_ARGS arguments
    if [[ ${DECLARED[ROVI_ROOT]-} ]]; then # its ROS is there, and is not asked
        ! root_problem "${DECLARED[ROVI_ROOT]}" || wrong+=("$ROVI_REPLY")
        return
    fi
    launch_command "$1"
    if [[ ${DECLARED[ROVI_COMMAND]-} ]]; then
        ask_program "${COMMAND[0]}" || wrong+=("$ROVI_REPLY")
        return
    fi
    launch_split
    arguments=("${LAUNCH_ARGS[@]}")
    ask_launch "${LAUNCH_FILE[@]}" || { wrong+=("$ROVI_REPLY") && return; }
    for key in "${!DECLARED[@]}"; do
        name=${key#ROVI_*_}
        case $key in
        ROVI_PARAMETER_*) [[ ! ${DECLARED["$key"]} ]] || arguments+=("$name:=") ;;
        ROVI_VARIANT_*)
            IFS=' ' read -ra words <<<"${DECLARED["$key"]}"
            arguments+=("${words[@]}")
            ;;
        esac
    done
    wrong_arguments "${LAUNCH_FILE[*]: -1}" "${arguments[@]}"
}
