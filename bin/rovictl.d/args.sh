# shellcheck shell=bash
# args.sh: takes a command line apart and hands over to its verb.

use lib/contract lib/text rovictl.d/verbs

# do_verb: hands over to the verb that take_args has found.
do_verb() {
    use "rovictl.d/$library"
    "cmd_$verb" ${operand:+"$operand"} ${second:+"$second"}
}

# take_args ARG...: sorts the command line into verb, library, operand and option. Ends rovictl if the command line
# cannot be right on any robot.
take_args() {
    local operand_kind verb_options
    local -a words=()
    take_words "$@"
    if ((${#words[@]} == 0)); then
        [[ ! ${option["--help"]-} ]] || return 0
        use rovictl.d/help
        print_usage >&2
        exit "$ROVI_EX_USAGE"
    fi
    find_verb "${words[0]}" || bad_usage "there is no verb $(rovi_quote "${words[0]}")"
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
        find_option "$word" || bad_usage "there is no option $(rovi_quote "$word")"
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
    done
}

# check_value OPTION VALUE: ends rovictl if VALUE cannot be right.
check_value() {
    local LC_ALL=C states="@(${STATES// /|})" levels="${LEVELS// /|}|[0-7]" takes=
    local host='[A-Za-z0-9_.:@%][A-Za-z0-9_.:@%-]*'
    case $1 in
    --color) [[ $2 == @(always|auto|never) ]] || takes="always, auto or never" ;;
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
    --state) [[ ",${2,,}" == +(,$states) ]] || takes="one of $STATES, or several with commas between them" ;;
    --host) [[ $2 =~ ^$host(,$host)*$ ]] || takes="[USER@]HOST, or several with commas between them" ;;
    --variant) rovi_valid_variant "$2" || takes="the name of a variant that 'rovictl list' shows" ;;
    --machine) [[ $2 =~ ^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,63}$ ]] ||
        takes="the name of a container that 'machinectl list' shows" ;;
    esac
    [[ ! $takes ]] || bad_usage "$1 takes $takes, not $(rovi_quote "$2")"
}

# check_operand: sets operand and second from words. Ends rovictl if there are too few or too many words, or if an
# operand cannot be right on any robot.
check_operand() {
    local least=0 most=1 allowed=
    take_parameters
    [[ $operand_kind == @(\[*|-) ]] || least=1
    [[ $operand_kind != - ]] || most=0
    [[ $operand_kind != *+* ]] || least=2 most=2
    ((${#words[@]} > least)) || bad_usage "$verb needs $(operand_words)"
    ((most || ${#words[@]} == 1)) || bad_usage "$verb takes no name"
    ((${#words[@]} <= most + 1)) ||
        bad_usage "$verb takes at most $most name$( ((most == 1)) || printf s), not $((${#words[@]} - 1))"
    [[ ${words[1]+set} ]] || return 0
    operand=${words[1]}
    case $operand_kind in
    KIND+NAME) use rovictl.d/field && second=${words[2]} && check_field "$operand" "$second" ;;
    ACTION) allowed=$ACTIONS ;;
    SHELL) allowed=$SHELLS ;;
    '[VERB]') is_verb "$operand" || verb='' bad_usage "there is no verb $(rovi_quote "$operand")" ;;
    *) rovi_valid_name "$operand" ||
        die_of_operand "no stack is named $(rovi_quote "$operand"): 'rovictl list' shows the stacks" ;;
    esac
    [[ ! $allowed || " $allowed " == *" ${operand/ /_} "* ]] ||
        bad_usage "$verb takes one of $allowed, not $(rovi_quote "$operand")"
    [[ $operand_kind != *STACK* || $operand != gateway ]] ||
        die_of_operand "the gateway is not a stack: an administrator runs 'sudo rovictl gateway start|stop|restart'"
}

# die_of_operand SENTENCE: ends rovictl because the operand cannot be a stack.
die_of_operand() {
    record wrong stack
    die "$ROVI_EX_USAGE" "$1"
}

# take_parameters: moves each NAME:=VALUE from words to parameters, if the verb takes parameters.
take_parameters() {
    local word
    local -a rest=()
    [[ " $verb_options " == *" --variant "* ]] || return 0
    for word in "${words[@]}"; do
        if [[ $word == *:=* ]]; then parameters+=("$word"); else rest+=("$word"); fi
    done
    words=("${rest[@]}")
}

# operand_words: prints what operand_kind means, for a message.
operand_words() {
    case $operand_kind in
    STACK) printf "the name of a stack ('rovictl list' shows them)" ;;
    UNIT) printf "the name of a stack, or gateway ('rovictl list' shows the stacks)" ;;
    KIND+NAME) printf "service or process, and a name, for example 'field service rovi-nav'" ;;
    ACTION) printf 'one of %s' "$ACTIONS" ;;
    SHELL) printf 'one of %s' "$SHELLS" ;;
    esac
}
