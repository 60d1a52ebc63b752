# shellcheck shell=bash
# args.sh: takes a command line apart and hands over to its verb.

use lib/contract lib/text rovictl.d/verbs

# do_verb: hands over to the verb that take_args has found.
do_verb() {
    use "rovictl.d/$library"
    "cmd_$verb" "${operands[@]}"
}

# take_args ARG...: sorts the command line into verb, library, operands and option. Ends rovictl if the command line
# cannot be right on any robot.
take_args() {
    local operand_kind verb_options
    local -a words=()
    take_words "$@"
    if ((${#words[@]} == 0)); then
        [[ ! ${option["--help"]-} ]] || return 0
        use rovictl.d/help
        print_usage short >&2
        exit "$ROVI_EX_USAGE"
    fi
    find_verb "${words[0]}" || { use rovictl.d/slips && die_of_verb "${words[@]}"; }
    [[ ! ${option["--help"]-} ]] || return 0
    check_options
    check_operand
}

# take_words ARG...: fills option and the caller's words. Options may stand anywhere; a word after "--" is not an
# option.
take_words() {
    local word rest attached value long value_name
    while (($#)); do
        word=$1 rest='' attached=no
        shift
        case $word in
        --version) word=version ;;
        --) words+=("$@") && return ;;
        --*=*) attached=yes rest=${word#*=} word=${word%%=*} ;;
        --* | -) ;;
        -*) rest=${word:2} word=${word:0:2} ;;
        esac
        if [[ $word != -?* ]]; then
            words+=("$word")
            ((${#words[@]} > 1)) || ! is_verb "$word" || verb=$word # for error messages
            continue
        fi
        find_option "$word" || { use rovictl.d/slips && die_of_option "$word"; }
        if [[ $value_name != - ]]; then
            value=$rest
            if [[ $value_name == \[* && $attached == no ]]; then
                value=0
                [[ ${1-} != @(0|-[0-9]*) ]] || { value=$1 && shift; } # a name is none, and no option is a number
            elif [[ ! $rest && $attached == no ]]; then
                (($#)) || bad_usage "$long needs a value"
                value=$1
                shift
            fi
            check_value "$long" "$value"
            option["$long"]=$value
            [[ $long != --field ]] || fields+=("$value")
        else
            [[ $attached == no ]] || bad_usage "$long takes no value"
            option["$long"]=yes
            [[ ! $rest ]] || set -- "-$rest" "$@" # -fn5 means -f -n5
        fi
    done
}

# check_options: ends rovictl unless the verb takes all given options.
check_options() {
    local long
    for long in "${!option[@]}"; do
        [[ " $verb_options $COMMON_OPTIONS " == *" $long "* ]] || bad_usage "$verb has no option $long"
        [[ " $SEVERAL_OPTIONS " != *" $long "* ]] || names_several ||
            bad_usage "$long is for several robots: name them as -H a,b or -H @GROUP"
    done
}

# check_value OPTION VALUE: ends rovictl if VALUE cannot be right.
check_value() {
    local LC_ALL=C states="@(${STATES// /|})" levels="${LEVELS// /|}|[0-7]" takes=
    case $1 in
    --color) [[ $2 == @(always|auto|never) ]] || takes="always, auto or never" ;;
    --description) valid_description "$2" || takes="one line of up to 100 characters, without backslashes" ;;
    --field) use rovictl.d/field && valid_field "$2" ||
        takes="ID=service:rovi-NAME or ID=process:NAME[@rovi-NAME]; ID: up to 64 letters, digits, '_', '.' and '-'" ;;
    --grep) [[ $2 ]] || takes="a regular expression" ;;
    --lines) [[ $2 =~ ^[0-9]{1,6}$ ]] || takes="a number of lines, for example -n 50" ;;
    --priority) [[ $2 =~ ^($levels)(\.\.($levels))?$ ]] ||
        takes="one of $LEVELS, or 0 to 7, or FROM..TO" ;;
    --run) [[ $2 =~ ^(0|-[0-9]{1,3})$ ]] || takes="0 for the current or last run, -1 for the one before, and so on" ;;
    --service) use rovictl.d/field && valid_service "$2" ||
        takes="the name of a service without .service, for example rovi-nav" ;;
    --timeout) [[ $2 =~ ^([0-9]{1,6}|infinity)$ ]] || takes="a whole number of seconds, or infinity" ;;
    --since) [[ $2 =~ ^[A-Za-z0-9\ :.,@+-]{1,40}$ ]] || takes="a time, for example \"2 hours ago\"" ;;
    --state) [[ ",${2,,}" == +(,$states) ]] || takes="one of $STATES, or several with commas between them" ;;
    --host) [[ $2 =~ ^$SSH_HOSTS(,$SSH_HOSTS)*$ ]] ||
        takes="[USER@]HOST or @GROUP, or several with commas between them" ;;
    --canary | --workers) [[ $2 =~ ^[1-9][0-9]{0,2}$ ]] || takes="a number of robots from 1 to 999" ;;
    --variant) rovi_valid_variant "$2" || takes="the name of a variant that 'rovictl list' shows" ;;
    --machine) [[ $2 =~ ^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,63}$ ]] ||
        takes="the name of a container that 'machinectl list' shows" ;;
    esac
    [[ ! $takes ]] || bad_usage "$1 takes $takes, not $(rovi_quote "$2")"
}

# valid_description TEXT: whether TEXT can stand in a unit file's Description=, and on a terminal.
valid_description() {
    local LC_ALL=C
    rovi_printable "$1"
    [[ $1 == *[!\ ]* && ${#1} -le 100 && $1 != *\\* && $1 == "$ROVI_REPLY" ]]
}

# check_operand: sets operands, and operand to the first of them, from words. Ends rovictl if there are too few or too
# many words, or if an operand cannot be right on any robot.
check_operand() {
    local least=0 most=1 allowed='' name
    take_parameters
    [[ $operand_kind == @(\[*|-) ]] || least=1
    [[ $operand_kind != - ]] || most=0
    name=${operand_kind//[!+]/}
    [[ ! $name ]] || least=$((${#name} + 1)) most=$((${#name} + 1))
    [[ $operand_kind != *...* ]] || most=${#words[@]}
    ((${#words[@]} > least)) || bad_usage "$verb needs $(operand_words)"
    ((most || ${#words[@]} == 1)) || bad_usage "$verb takes no name"
    ((${#words[@]} <= most + 1)) ||
        bad_usage "$verb takes at most $most name$( ((most == 1)) || printf s), not $((${#words[@]} - 1))"
    [[ ${words[1]+set} ]] || return 0
    operands=("${words[@]:1}") operand=${words[1]}
    case $operand_kind in
    KIND+NAME) use rovictl.d/field && check_field "${operands[@]}" ;;
    NAME+PACKAGE+FILE) ;;
    '[UNIT|FILE]') [[ $operand == */* ]] || { operands=() && take_name "$operand" && operand=${operands[0]}; } ;;
    ACTION) allowed=$ACTIONS ;;
    TURN) allowed=$TURNS ;;
    ACTION...) use rovictl.d/root && check_root "${operands[@]}" ;;
    SHELL) allowed=$SHELLS ;;
    '[VERB]') is_verb "$operand" || { use rovictl.d/slips && die_of_verb "$operand"; } ;;
    *)
        operands=()
        for name in "${words[@]:1}"; do
            take_name "$name"
        done
        operand=${operands[0]}
        ;;
    esac
    [[ ! $allowed || " $allowed " == *" ${operand/ /_} "* ]] ||
        bad_usage "$verb takes one of $allowed, not $(rovi_quote "$operand")"
    [[ $operand_kind != *STACK* || $operand != gateway ]] ||
        die_of_operand "the gateway is not a stack: an administrator runs 'sudo rovictl gateway start|stop|restart'"
    [[ $operand_kind != *STACK* || $operand != hardware ]] ||
        die_of_operand "the hardware is not a stack: an administrator runs 'sudo rovictl hardware on|off|restart'"
}

# take_name WORD: adds the name of a stack or unit to operands. rovi-NAME and rovi-NAME.service are NAME, unless a stack
# itself is named rovi-NAME; only the machine on which it is installed knows. A program, by the executor, has to say the
# name itself. Ends rovictl if WORD cannot be a name.
take_name() {
    local name=$1
    [[ $name != rovi-?*.service ]] || name=${name%.service}
    if [[ $name == rovi-?* && ! $ROVI_RECORDS ]] && rovi_valid_name "${name#rovi-}" && ! is_far; then
        use rovictl.d/ask
        find_stacks
        [[ ${stack_file[$name]-} ]] || name=${name#rovi-}
    fi
    rovi_valid_name "$name" || rovi_valid_name "${name#rovi-}" || die_of_stack_name "$1"
    operands+=("$name")
}

# is_far: whether the verb runs on another machine.
is_far() {
    [[ ${option["--host"]-}${option["--machine"]-} ]]
}

# die_of_stack_name WORD: ends rovictl because WORD cannot be the name of a stack.
die_of_stack_name() {
    local name=${1#rovi-} LC_ALL=C
    name=${name%.service}
    [[ ${#name} -le 40 ]] || die_of_operand "a stack's name has 40 letters at most, \
and $(rovi_quote "${1:0:40}")… has ${#1}: 'rovictl list' shows the stacks"
    ROVI_REPLY=
    if ! is_far; then
        use rovictl.d/ask rovictl.d/slips
        find_stacks
        [[ $operand_kind == *UNIT* ]] || always=()
        did_you_mean "${name,,}" "${always[@]}" "${stacks[@]}"
    fi
    die_of_operand "no stack is named $(rovi_quote "$1")${ROVI_REPLY:-: 'rovictl list' shows the stacks}"
}

# die_of_operand SENTENCE: ends rovictl because the operand cannot be a stack.
die_of_operand() {
    record wrong stack
    die "$ROVI_EX_USAGE" "$1"
}

# take_parameters: moves each NAME:=VALUE from words to parameters, if the verb takes parameters. Ends rovictl if a word
# is NAME=VALUE, which no name of a stack can be.
take_parameters() {
    local word LC_ALL=C
    local -a rest=()
    takes_parameters "$verb_options" || return 0
    for word in "${words[@]}"; do
        if [[ $word == *:=* ]]; then
            parameters+=("$word")
        elif [[ $word == [A-Za-z_]*([A-Za-z0-9_])=* ]]; then
            use rovictl.d/slips
            die_of_equals "$word"
        else
            rest+=("$word")
        fi
    done
    words=("${rest[@]}")
}

# operand_words: prints what operand_kind means, for a message.
operand_words() {
    case $operand_kind in
    STACK) printf "the name of a stack ('rovictl list' shows them)" ;;
    NAME+PACKAGE+FILE) printf "a name, a package and a launch file, for example 'new nav my_robot nav.launch.py'" ;;
    UNIT) printf "the name of a stack, or gateway ('rovictl list' shows the stacks)" ;;
    KIND+NAME) printf "service or process, and a name, for example 'field service rovi-nav'" ;;
    ACTION) printf 'one of %s' "$ACTIONS" ;;
    TURN) printf 'one of %s' "$TURNS" ;;
    ACTION...) printf 'one of %s' "$ROOT_ACTIONS" ;;
    SHELL) printf 'one of %s' "$SHELLS" ;;
    esac
}
