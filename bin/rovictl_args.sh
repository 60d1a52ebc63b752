# shellcheck shell=bash
# rovictl_args.sh: the verbs and options, and how a command line is taken apart. To be sourced by
# rovictl. Parsing, help and completion go by the two lists here; a test holds rovictl(1) to them.

# Each verb: name, library, operand (in brackets: may be missing; -: none; +: two of them), options. A
# STACK is an installed stack, a UNIT a stack or the gateway. What takes --variant takes NAME:=VALUE.
readonly VERBS=(
    'start       jobs        STACK     --json --no-wait --quiet --timeout --variant'
    'stop        jobs        [STACK]   --force --json --no-wait --quiet --timeout'
    'restart     jobs        STACK     --force --json --no-wait --quiet --timeout --variant'
    'switch      jobs        STACK     --force --json --quiet --timeout --variant'
    'wait        jobs        UNIT      --json --quiet --state --timeout'
    'status      status      [UNIT]    --json --quiet'
    'list        list        -         --json --quiet'
    'watch       watch       [UNIT]    --field --json --until-eof'
    'field       field       KIND+NAME --service'
    'ps          ps          UNIT      --json'
    'logs        ps          [UNIT]    --follow --json --lines'
    'doctor      doctor      -         --json --quiet'
    'gateway     jobs        ACTION    --json --no-wait --quiet --timeout'
    'completion  help        SHELL'
    'help        help        [VERB]'
    'version     help        -'
)
# Each option: short form or -, long form, its value or -, what it does.
readonly OPTIONS=(
    '-  --field      FIELD  show this field only, ID=service:rovi-NAME or ID=process:NAME[@rovi-NAME]; may be given several times'
    '-f --follow     -      go on with what is logged from now on'
    '-  --force      -      stop it whatever its motion guard says; the administrator only'
    '-  --json       -      print JSON, one object a line, for a program'
    '-n --lines      COUNT  the last COUNT lines of the log'
    '-  --no-wait    -      ask systemd and return at once'
    '-q --quiet      -      print errors only; for list, names only; for doctor, no "ok" lines'
    '-  --service    NAME   look for the process in this service only, as in rovi-nav'
    '-  --state      STATE  wait for running (the default), stopped, failed, starting or stopping; several by commas'
    '-  --timeout    SEC    give up after SEC seconds, or never with "infinity"; 150 if not given'
    '-  --variant    NAME   a variant of the stack, one that "rovictl list" shows'
    '-  --until-eof  -      end when standard input does'
    '-  --color      WHEN   colours: always, never, or auto, that is on a terminal'
    '-H --host       HOST   on the robot [USER@]HOST, over ssh; several by commas'
    '-M --machine    NAME   in the local container NAME (machinectl list)'
    '-h --help       -      how to use the verb'
)
readonly COMMON_OPTIONS='--color --host --machine --help' # every verb takes them
readonly ACTIONS='status start stop restart enable disable' SHELLS='bash zsh fish' KINDS='service process'
readonly STATES='running stopped failed starting stopping'

verb='' library='' operand='' second='' # second: of two operands
parameters=()                           # of a start: NAME:=VALUE
declare -gA option=() # by long form: the value, or "yes"
fields=()             # each value of --field

# find_verb NAME: sets verb, library, operand_kind and verb_options.
find_verb() {
    local line
    [[ $1 == +([a-z]) ]] || return
    for line in "${VERBS[@]}"; do
        [[ $line == "$1 "* ]] || continue
        IFS=' ' read -r verb library operand_kind verb_options <<<"$line"
        return
    done
    return 1
}

# is_verb NAME: whether there is such a verb; sets nothing.
is_verb() {
    local verb library operand_kind verb_options
    find_verb "$1"
}

# find_option WORD: sets long and value_name for the option with that short or long form.
find_option() {
    local line short
    for line in "${OPTIONS[@]}"; do
        IFS=' ' read -r short long value_name _ <<<"$line"
        [[ $1 != "$short" && $1 != "$long" ]] || return 0
    done
    return 1
}

# bad_usage SENTENCE: ends rovictl; the sentence gets the way to the help.
bad_usage() {
    die "$ROVI_EX_USAGE" "$1: see 'rovictl help${verb:+ $verb}'"
}

# take_args ARG...: sorts the command line into verb, library, operand and option, and ends
# rovictl where it cannot be right on any robot.
take_args() {
    local operand_kind verb_options
    local -a words=()
    take_words "$@"
    if ((${#words[@]} == 0)); then
        [[ ! ${option["--help"]-} ]] || return 0
        use rovictl_help
        print_usage >&2
        exit "$ROVI_EX_USAGE"
    fi
    find_verb "${words[0]}" || bad_usage "no verb is named $(rovi_quote "${words[0]}")"
    [[ ! ${option["--help"]-} ]] || return 0
    check_options
    check_operand
}

# take_words ARG...: fills option and the caller's words. Options may stand anywhere; what comes
# after "--" is none.
take_words() {
    local word rest attached value long value_name
    while (($#)); do
        word=$1 rest='' attached=no
        shift
        case $word in
        --version) word=version ;;&
        --) words+=("$@") && return ;;
        --*=*) attached=yes rest=${word#*=} word=${word%%=*} ;;
        --* | -) ;;
        -*) rest=${word:2} word=${word:0:2} ;;
        esac
        if [[ $word != -?* ]]; then
            words+=("$word")
            ((${#words[@]} > 1)) || ! is_verb "$word" || verb=$word # for a sentence
            continue
        fi
        find_option "$word" || bad_usage "no option is named $(rovi_quote "$word")"
        if [[ $value_name != - ]]; then
            value=$rest
            if [[ ! $rest && $attached == no ]]; then
                (($#)) || bad_usage "$long needs a value"
                value=$1
                shift
            fi
            check_value "$long" "$value"
            option[$long]=$value
            [[ $long != --field ]] || fields+=("$value")
        else
            [[ $attached == no ]] || bad_usage "$long takes no value"
            option[$long]=yes
            [[ ! $rest ]] || set -- "-$rest" "$@" # -fn5 is -f -n5
        fi
    done
}

# check_options: ends rovictl if verb does not take them all.
check_options() {
    local long
    for long in "${!option[@]}"; do
        [[ " $verb_options $COMMON_OPTIONS " == *" $long "* ]] || bad_usage "$verb has no option $long"
    done
}

# check_value OPTION VALUE: ends rovictl where VALUE cannot be right.
check_value() {
    local LC_ALL=C states="@(${STATES// /|})" host='[A-Za-z0-9_.:@%][A-Za-z0-9_.:@%-]*' takes=
    case $1 in
    --color) [[ $2 == @(always|auto|never) ]] || takes="always, auto or never" ;;
    --field) use rovictl_field && valid_field "$2" ||
        takes="ID=service:rovi-NAME or ID=process:NAME[@rovi-NAME], with an ID of 64 letters, digits, '_', '.' or '-' at most" ;;
    --lines) [[ $2 =~ ^[0-9]{1,6}$ ]] || takes="a number of lines, as in -n 50" ;;
    --service) use rovictl_field && valid_service "$2" || takes="the name of a service without .service, as in rovi-nav" ;;
    --timeout) [[ $2 =~ ^([0-9]{1,6}|infinity)$ ]] || takes="whole seconds or infinity" ;;
    --state) [[ ",${2,,}" == +(,$states) ]] || takes="one of $STATES, or several by commas" ;;
    --host) [[ $2 =~ ^$host(,$host)*$ ]] || takes="[USER@]HOST, or several by commas" ;;
    --variant) rovi_valid_variant "$2" || takes="the name of a variant, as 'rovictl list' shows it" ;;
    --machine) [[ $2 =~ ^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,63}$ ]] || takes="the name of a container, as 'machinectl list' shows it" ;;
    esac
    [[ ! $takes ]] || bad_usage "$1 takes $takes, not $(rovi_quote "$2")"
}

# check_operand: sets operand and second from words; ends rovictl where there are too few or too many of
# them, or it cannot be right on any robot.
check_operand() {
    local least=0 most=1 allowed=
    take_parameters
    [[ $operand_kind == @(\[*|-) ]] || least=1
    [[ $operand_kind != - ]] || most=0
    [[ $operand_kind != *+* ]] || least=2 most=2
    ((${#words[@]} > least)) || bad_usage "$verb needs $(operand_words)"
    ((${#words[@]} <= most + 1)) || bad_usage "$verb takes $most name$( ((most == 1)) || printf s), not $((${#words[@]} - 1))"
    [[ ${words[1]+set} ]] || return 0
    operand=${words[1]}
    case $operand_kind in
    KIND+NAME) use rovictl_field && second=${words[2]} && check_field "$operand" "$second" ;;
    ACTION) allowed=$ACTIONS ;;
    SHELL) allowed=$SHELLS ;;
    '[VERB]') is_verb "$operand" || verb='' bad_usage "no verb is named $(rovi_quote "$operand")" ;;
    *) rovi_valid_name "$operand" ||
        die "$ROVI_EX_USAGE" "nothing is named $(rovi_quote "$operand"): 'rovictl list' shows the stacks" ;;
    esac
    [[ ! $allowed || " $allowed " == *" ${operand/ /_} "* ]] ||
        bad_usage "$verb takes one of $allowed, not $(rovi_quote "$operand")"
    [[ $operand_kind != *STACK* || $operand != gateway ]] ||
        die "$ROVI_EX_USAGE" "the gateway is not a stack: an administrator runs 'sudo rovictl gateway start|stop|restart'"
}

# take_parameters: moves what looks like NAME:=VALUE from words to parameters, where verb takes that.
take_parameters() {
    local word
    local -a rest=()
    [[ " $verb_options " == *" --variant "* ]] || return 0
    for word in "${words[@]}"; do
        if [[ $word == *:=* ]]; then parameters+=("$word"); else rest+=("$word"); fi
    done
    words=("${rest[@]}")
}

# operand_words: prints what operand_kind is, for a message.
operand_words() {
    case $operand_kind in
    STACK) printf "the name of a stack ('rovictl list' shows them)" ;;
    UNIT) printf "the name of a stack, or gateway ('rovictl list' shows the stacks)" ;;
    KIND+NAME) printf "service or process, and a name, as in 'field service rovi-nav'" ;;
    ACTION) printf 'one of %s' "$ACTIONS" ;;
    SHELL) printf 'one of %s' "$SHELLS" ;;
    esac
}
