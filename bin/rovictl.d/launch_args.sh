# shellcheck shell=bash
# launch_args.sh: what ROS says about a launch file: whether it is there and loads, and which arguments it takes. ROS
# and the workspace are the service user's, so root never runs them: they run as that user, and what they say is data.

use lib/contract lib/text lib/run

readonly ASK_S=20                   # how long ROS may take
readonly ASK_MOST=200 ASK_WORDS=160 # how many arguments are read, and how much of a description

ARGUMENTS=() # the names of the arguments, in ROS's order
# By "NAME/WHAT": what is "text", the description; "default", a value that is known, else not set; "choices", with a
# blank before and after each, if they are known and plain; "needed", not empty if a launch without it fails.
declare -gA ARGUMENT=()
declare -gA ASKED=() # what ROS has said about a launch, with the exit status first, by the launch: it is asked once

# What runs as the service user: $1 is the text of the loader, the rest a launch. Its exit statuses 78 and 127 are ours.
# shellcheck disable=SC2016  # for the inner bash to expand
readonly ASK_PROGRAM='
    source <(printf "%s\n" "$1") >/dev/null 2>&1 || { printf "%s" "$ROVI_ENV_ERROR"; exit 78; }
    type -P "$2" >/dev/null || exit 127
    shift
    [[ $1 == ros2 ]] || exit 0
    exec "$@" --show-args 2>&1'

# ask_launch WORD...: asks ROS about the launch WORD..., PACKAGE FILE or a path, and sets ARGUMENTS and ARGUMENT. If it
# fails, ROVI_REPLY says why, and the status is the contract's: 2 if there is no such package or file, 78 if the launch
# file or the robot's environment is wrong, 124 if ROS does not answer. The caller's user, home and workspace say where.
ask_launch() {
    local said status
    if [[ ! ${ASKED["$*"]+set} ]]; then
        said=$(in_robot_env ros2 launch "$@")
        ASKED["$*"]="$? $said"
    fi
    status=${ASKED["$*"]%% *} said=${ASKED["$*"]#* }
    if [[ $status == @(78|127|137) ]]; then
        ask_failed "$status" "$said" ros2
    elif ((status)) || ! read_arguments "$said"; then
        launch_wrong "$said" "$@"
    fi
}

# ask_program PROGRAM: whether PROGRAM is in the PATH of the robot's environment; fails as ask_launch does.
ask_program() {
    local said
    said=$(in_robot_env "$1") || ask_failed $? "$said" "$1"
}

# in_robot_env PROGRAM WORD...: prints what ASK_PROGRAM says, without NUL bytes.
in_robot_env() {
    local loader=$ROVI_LIB/rovi_env.sh
    [[ -e $loader ]] || loader=$ROVI_LIB/../rovi_env.sh
    rovi_as "$user" "$ASK_S" env -i HOME="$home" USER="$user" LOGNAME="$user" PATH=/usr/local/bin:/usr/bin:/bin \
        ROVI_ENV=robot ROVI_ROS_WS_DIR="$workspace" bash -c "$ASK_PROGRAM" ask_launch "$(<"$loader")" "$@" | tr -d '\0'
}

# ask_failed STATUS SAID PROGRAM: sets ROVI_REPLY to why ROS could not even be asked; fails with the contract's status.
ask_failed() {
    case $1 in
    137)
        ROVI_REPLY="ROS took longer than $ASK_S s, and was ended: does 'ros2 launch … --show-args' end as user $user?"
        return "$ROVI_EX_TIMEOUT"
        ;;
    127)
        ROVI_REPLY="there is no program $3 in the PATH of ROS and the workspace"
        [[ $3 != ros2 ]] || ROVI_REPLY="there is no ros2 command: install the package ros2cli of ROS 2"
        ;;
    *)
        rovi_printable "${2:0:500}"
        ROVI_REPLY=${ROVI_REPLY:-the setup.bash files of ROS and of the workspace fail}
        ;;
    esac
    return "$ROVI_EX_CONFIG"
}

# launch_wrong SAID WORD...: sets ROVI_REPLY to what is wrong with the launch WORD..., by what ros2 launch has said;
# fails with the contract's status.
launch_wrong() {
    local said=$1 where="the package $2"
    shift
    if [[ $said == *[Pp]"ackage '"*"' not found"* || $said == *"No launch file supplied"* ]]; then
        ROVI_REPLY="there is no launch file $1: check its path, and whether user $user can read it"
        [[ $1 == /* ]] || ROVI_REPLY="there is no package $1 in ROS or in the workspace $workspace: \
check the name, or build it there with colcon"
        return "$ROVI_EX_USAGE"
    elif [[ $said == *"was not found in the share directory"* ]]; then
        ROVI_REPLY="$where has no launch file ${2-}: check the name, or whether the package installs the file"
        return "$ROVI_EX_USAGE"
    elif [[ $said == *"was found more than once"* ]]; then
        ROVI_REPLY="$where has several files ${2-}: rename all but one"
        return "$ROVI_EX_USAGE"
    fi
    exception_line "$said"
    ROVI_REPLY="the launch file $* does not load: ${ROVI_REPLY:-ros2 launch --show-args says nothing}"
    return "$ROVI_EX_CONFIG"
}

# exception_line SAID: sets ROVI_REPLY to the line of a Python traceback that names the cause: the first exception, as
# later ones are made of it; else the last line.
exception_line() {
    local line last='' found='' name='[A-Za-z_]+(Error|Exception|Interrupt)'
    while IFS= read -r line; do
        [[ ! $line ]] || last=$line
        [[ $line =~ ^(\ -\ )?($name:.*)$ ]] && found=${BASH_REMATCH[2]} && break
    done <<<"$1"
    found=${found:-$last}
    rovi_printable "${found:0:200}"
}

# read_arguments SAID: sets ARGUMENTS and ARGUMENT from what `ros2 launch … --show-args` prints; fails if it does not
# have that form. What a launch file prints itself may stand before it.
read_arguments() {
    local line name='' seen='' rest=$1 start="Arguments (pass arguments as '<name>:=<value>'):"
    ARGUMENTS=() ARGUMENT=()
    while IFS= read -r line; do
        if [[ ! $seen ]]; then
            [[ $line != "$start" ]] || seen=yes
        elif [[ ${#line} -lt ASK_WORDS && $line =~ ^\ {4}\'(.*)\':(\*?)$ ]]; then
            name=${BASH_REMATCH[1]}
            # No other name can be given on a command line of ours.
            [[ $name != *[!A-Za-z0-9_.-]* && ${#ARGUMENTS[@]} -lt ASK_MOST ]] || { name='' && continue; }
            ARGUMENTS+=("$name")
            [[ ${BASH_REMATCH[2]} ]] || ARGUMENT["$name/needed"]=yes
        elif [[ $name ]]; then
            read_argument_line "$name" "$line"
        fi
    done <<<"$rest"
    [[ $seen ]]
}

# read_argument_line NAME LINE: takes what LINE says about the argument NAME: its description, its choices or its
# default, each as launch's DeclareLaunchArgument writes it.
read_argument_line() {
    local text=${2:0:4000} choices
    text=${text#"${text%%[! ]*}"}
    if [[ $text == '(default: '* ]]; then
        ARGUMENT["$1/needed"]='' # not by unset, which would expand the name once more
        text=${text#'(default: '} text=${text%')'}
        [[ $text != \'*\' || ${text:1:-1} == *\'* ]] || ARGUMENT["$1/default"]=${text:1:-1}
        return
    fi
    if [[ $text =~ (^One of|Valid choices are):\ \[(.*)\]$ ]]; then
        choices=${BASH_REMATCH[2]}
        text=${text%"${BASH_REMATCH[0]}"} text=${text% }
        choices=" ${choices//, / } "
        choices=${choices//\' / } choices=${choices// \'/ }
        [[ $choices == *[!A-Za-z0-9_.:/+\ -]* ]] || ARGUMENT["$1/choices"]=$choices
    fi
    [[ $text && $text != 'no description given' && ! ${ARGUMENT["$1/text"]-} ]] || return 0
    rovi_printable "${text:0:ASK_WORDS}"
    ARGUMENT["$1/text"]=$ROVI_REPLY
}

# wrong_arguments WHAT ARG:=VALUE...: adds to the caller's wrong what ROS would not take, a sentence each. WHAT is the
# launch in words, which ask_launch has asked about. An empty VALUE is not known yet.
wrong_arguments() {
    local what=$1 word name value given=' '
    shift
    for word in "$@"; do
        name=${word%%:=*} value=${word#*:=}
        if [[ " ${ARGUMENTS[*]} " != *" $name "* ]]; then
            [[ $given != *" $name "* ]] || continue # said already
            rovi_nearest "$name" "${ARGUMENTS[@]}"
            rovi_printable "$what has no argument $name${ROVI_REPLY:+: did you mean $ROVI_REPLY?}"
            wrong+=("$ROVI_REPLY$(argument_names "$ROVI_REPLY")")
        elif [[ $value && ${ARGUMENT["$name/choices"]-} && ${ARGUMENT["$name/choices"]} != *" $value "* ]]; then
            wrong+=("$what does not take $name:=$(rovi_quote "$value"): choose from${ARGUMENT["$name/choices"]% }")
        fi
        given+="$name "
    done
    for name in "${ARGUMENTS[@]}"; do
        [[ ${ARGUMENT["$name/needed"]-} && $given != *" $name "* ]] || continue
        rovi_printable "$what needs the argument $name: add $name:=VALUE"
        wrong+=("${ROVI_REPLY:0:300}")
    done
}

# argument_names SENTENCE: prints which arguments there are, unless SENTENCE already asks about one of them.
argument_names() {
    [[ $1 != *'?' ]] || return 0
    rovi_printable "${ARGUMENTS[*]:-none}"
    printf ' (it has %s)' "${ROVI_REPLY:0:300}"
}
