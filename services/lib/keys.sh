# shellcheck shell=bash
# keys.sh: every key that a unit or .env.robot can set for ROVI services, ROVI_…, in one table: what may set it, and its
# form. run_stack.sh and run_gateway.sh refuse a start if a key is wrong, because a guard with a misspelt name would
# guard nothing. doctor shows all wrong keys before any start. A test compares rovi-stack(7) with the table.

use lib/text lib/declared lib/request lib/guard

# By key, whose name ends in NAME if the unit chooses that part: what may set it, that is the unit of a stack, of the
# gateway or of the hardware, or the env file; and its form, see keys_check_form.
declare -rgA KEYS=(
    [ROVI_LAUNCH]='stack,gateway,hardware launch'
    [ROVI_COMMAND]='stack,gateway,hardware program'
    [ROVI_VARIANT_NAME]='stack arguments'
    [ROVI_PARAMETER_NAME]='stack pattern'
    [ROVI_DEFAULT_NAME]='stack value'
    [ROVI_VALUES_NAME]='stack values'
    [ROVI_READY_CHECK]='stack,gateway,hardware command'
    [ROVI_HEALTH_CHECK]='stack,gateway,hardware command'
    [ROVI_HEALTH_CHECK_SEC]='stack,gateway,hardware period'
    [ROVI_MOTION_GUARD]='stack command'
    [ROVI_PROCESSES]='stack,gateway,hardware programs'
    [ROVI_DEVICES]='stack paths'
    [ROVI_MEMORY_NEED]='stack size'
    [ROVI_MEMORY_RESERVE]='stack,gateway,hardware size'
    [ROVI_ROOT]='stack path'
    [ROVI_PUBLISHES_ODOM_TF]='stack flag'
    [ROVI_ODOM_INTEGRATOR_PUBLISH_TF]='env flag'
    [ROVI_NETWORK_WAIT_SEC]='gateway,hardware,env seconds'
    [ROVI_HARDWARE_WAIT_SEC]='gateway,env seconds'
    [ROVI_ROS_ROOT]='env path'
    [ROVI_ENV_SNAPSHOT]='stack,gateway,hardware,env flag'
    [ROVI_ENV]='stack,gateway,hardware,env any'
    [ROVI_ROS_WS_DIR]='stack,gateway,hardware,env any'
)
# Arguments of ros2 launch that the contract sets, so that nothing else may. A unit that declares its own launch or
# command has no such arguments.
readonly KEYS_FIXED=' stack robot_mode gateway_enabled rviz '

# The longest launch or command, and what in one betrays that its author counts on a shell.
readonly KEYS_WORDS=4096 KEYS_OPERATORS='| || & && ; < > >> 2>&1'

PROBLEMS=() # what keys_problems has found, a sentence each

# keys_problems WHOSE WHERE: sets PROBLEMS to what is wrong with the keys in DECLARED. WHOSE begins the sentence, as in
# "the unit of nav declares"; WHERE is stack, gateway, hardware or env.
keys_problems() {
    local key
    PROBLEMS=()
    for key in "${!DECLARED[@]}"; do
        keys_check "$1" "$2" "$key" || PROBLEMS+=("$ROVI_REPLY")
    done
    # bash keeps them in no order. A process only if it matters: every start comes here.
    ((${#PROBLEMS[@]} < 2)) || mapfile -t PROBLEMS < <(printf '%s\n' "${PROBLEMS[@]}" | LC_ALL=C sort)
}

# keys_exported: fills DECLARED with the variables of this process whose names begin with ROVI_, as systemd has set
# them.
keys_exported() {
    local key
    DECLARED=()
    for key in "${!ROVI_@}"; do
        [[ -v $key && ${!key@a} == *x* ]] && DECLARED["$key"]=${!key} # an empty array has no attributes to ask for
    done
}

# keys_check WHOSE WHERE KEY: whether KEY may be set there and its value is of its form; ROVI_REPLY says why not.
keys_check() {
    local where form
    if ! keys_find "$3"; then
        keys_nearest "$2" "$3"
        ROVI_REPLY="$1 $3, and there is no such key${ROVI_REPLY:+: did you mean $ROVI_REPLY?}"
    elif [[ ,$where, != *",$2,"* ]]; then
        keys_places "$where"
        ROVI_REPLY="$1 $3, which has no effect there: it belongs in $ROVI_REPLY"
    elif [[ ! ${DECLARED["$3"]} ]]; then
        return 0 # a drop-in takes a declaration away like this
    elif [[ $3 == ROVI_COMMAND && ${DECLARED[ROVI_LAUNCH]-} ]]; then
        ROVI_REPLY="$1 both ROVI_LAUNCH and ROVI_COMMAND: take one of them away"
    else
        keys_check_form "$form" "$3" && return
        ROVI_REPLY="$1 $3=$(rovi_quote "${DECLARED["$3"]}"): $ROVI_REPLY"
    fi
    return 1
}

# keys_find KEY: sets the caller's where and form from KEYS; fails if KEY is not there.
keys_find() {
    local key=$1 name=${1#ROVI_*_}
    [[ ${KEYS["$key"]-} || ! $name ]] || key=${key%"$name"}NAME
    where=${KEYS["$key"]-} form=${where#* }
    [[ $where ]] && where=${where% *}
}

# keys_places WHERE: sets ROVI_REPLY to the places in WHERE, a list of KEYS, in words.
keys_places() {
    local -A words=([stack]='the unit of a stack' [gateway]='the unit of the gateway'
        [hardware]='the unit of the hardware' [env]=.env.robot)
    local place places=''
    for place in ${1//,/ }; do
        places+="${places:+ or }${words["$place"]}"
    done
    ROVI_REPLY=$places
}

# keys_nearest WHERE KEY: sets ROVI_REPLY to the key that may be set there and whose name is most like KEY, or to
# nothing.
keys_nearest() {
    local name chosen=${2#ROVI_}
    local -a names=()
    chosen=${chosen#*_} # what may stand for NAME
    for name in "${!KEYS[@]}"; do
        [[ ,${KEYS["$name"]% *}, == *",$1,"* ]] || continue
        [[ $name != *_NAME ]] || name=${name%NAME}$chosen
        names+=("$name")
    done
    rovi_nearest "$2" "${names[@]}"
}

# keys_check_form FORM KEY: whether the value of KEY in DECLARED is of FORM; ROVI_REPLY says what to write.
keys_check_form() {
    local text=${DECLARED["$2"]} name=${2#ROVI_*_} word
    local -a words
    IFS=' ' read -ra words <<<"$text"
    case $1 in
    flag)
        ROVI_REPLY="write 0 or 1"
        [[ $text == [01] ]]
        ;;
    size)
        guard_bytes "$text" && return
        ROVI_REPLY="write a size as in 512M or 2G"
        return 1
        ;;
    seconds)
        ROVI_REPLY="write whole seconds, 0 to 60"
        [[ $text =~ ^([0-9]|[1-5][0-9]|60)$ ]]
        ;;
    period)
        ROVI_REPLY="write whole seconds, 10 to 86400"
        [[ $text =~ ^[1-9][0-9]{1,4}$ ]] && ((text <= 86400))
        ;;
    path | paths)
        ROVI_REPLY="write absolute paths"
        for word in "${words[@]}"; do
            [[ $word == /* ]] || return
        done
        ;;
    programs)
        ROVI_REPLY="write names of programs, without directories"
        [[ $text != */* ]]
        ;;
    command) keys_check_command "$text" ;;
    launch) keys_check_words "$text" && keys_check_launch "${words[@]}" ;;
    program)
        keys_check_words "$text" || return
        ROVI_REPLY="no shell reads it, so it has no use for $KEYS_OPERATORS"
        for word in "${words[@]}"; do
            [[ " $KEYS_OPERATORS " != *" $word "* ]] || return
        done
        ROVI_REPLY="write a program first, then its arguments"
        [[ ${words[0]-} == [A-Za-z0-9_/]* ]]
        ;;
    any) ;;
    arguments)
        for word in "${words[@]}"; do
            ! keys_fixed "${word%%:=*}" || return
        done
        request_check_key "$2"
        ;;
    pattern | value | values)
        ! keys_fixed "$name" || return
        request_check_key "$2"
        ;;
    esac
}

# keys_fixed NAME: whether the contract sets the argument NAME of the unit's launch; ROVI_REPLY then says so.
keys_fixed() {
    ROVI_REPLY="the contract sets $1"
    [[ $KEYS_FIXED == *" $1 "* && ! ${DECLARED[ROVI_LAUNCH]-}${DECLARED[ROVI_COMMAND]-} ]]
}

# keys_check_words TEXT: whether TEXT is words that need no shell; ROVI_REPLY says what to write.
keys_check_words() {
    ROVI_REPLY="write $KEYS_WORDS characters at most"
    ((${#1} <= KEYS_WORDS)) || return
    ROVI_REPLY="no shell reads it, so write words without quotes, dollars, backslashes and control characters"
    [[ $1 != *[\"\'\`\$\\[:cntrl:]]* ]]
}

# keys_check_launch WORD...: whether they are PACKAGE FILE, or the path of a launch file, and arguments after that;
# ROVI_REPLY says what to write.
keys_check_launch() {
    local word
    ROVI_REPLY="write PACKAGE FILE, or the path of a launch file, then NAME:=VALUE"
    if [[ ${1-} == /* ]]; then
        [[ $1 == +([A-Za-z0-9_./@+-]) ]] || return
        shift
    else
        [[ ${1-} == [A-Za-z0-9]*([A-Za-z0-9_.-]) && ${2-} == [A-Za-z0-9_]*([A-Za-z0-9_./-]) ]] || return
        shift 2
    fi
    for word in "$@"; do
        [[ $word == [A-Za-z_]*([A-Za-z0-9_]):=* ]] || return
    done
}

# keys_check_command TEXT [loaded]: whether the program that TEXT, a line for bash, begins with is there. Without
# "loaded", that is, without the environment of ROS and its PATH, only if the program is named by its path. If it is
# not there, ROVI_REPLY says so.
keys_check_command() {
    local word
    read -r word _ <<<"$1"
    ROVI_REPLY="there is no program $word"
    [[ $word == +([A-Za-z0-9_./+-]) ]] || return 0 # a variable or a parenthesis: bash knows more
    if [[ $word == /* ]]; then
        [[ -f $word && -x $word ]]
    elif [[ ${2-} ]]; then
        type "$word" >/dev/null 2>&1
    fi
}

# keys_check_env FILE: whether the env file FILE, which the loader has accepted and loaded, sets no wrong key, and each
# check that the unit declares has its program. If not, sets PROBLEMS. It goes by the names in the file, because the
# workspace may export variables of its own.
keys_check_env() {
    local key line
    DECLARED=()
    while IFS= read -r line || [[ $line ]]; do
        key=${line%%=*}
        [[ $key != "$line" && $key == ROVI_+([A-Za-z0-9_]) ]] && DECLARED["$key"]=${!key-}
    done <"$1"
    keys_problems "$1 sets" env
    ((${#PROBLEMS[@]} == 0)) || return
    for key in ROVI_READY_CHECK ROVI_HEALTH_CHECK ROVI_MOTION_GUARD; do
        keys_check_command "${!key-}" loaded ||
            PROBLEMS=("the unit declares $key=$(rovi_quote "${!key}"): $ROVI_REPLY")
    done
    ((${#PROBLEMS[@]} == 0))
}
