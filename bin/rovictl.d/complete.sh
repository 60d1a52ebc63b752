# shellcheck shell=bash
# complete.sh: what can come next on a command line, for the scripts in completion/.

use lib/contract lib/declared lib/request rovictl.d/verbs rovictl.d/help rovictl.d/ask

# complete_words WORD...: prints the words that the last WORD, which may be empty, can become. Each line has a word and,
# after a tab, what it is.
complete_words() {
    local word before='' value='' verb='' stack='' operand_kind=VERB verb_options='' front='' line long value_name
    (($#)) || set -- ''
    for word in "${@:1:$#-1}"; do
        if [[ $word == = && $before != *: ]]; then
            continue # bash splits --state=…
        elif [[ $word == @(:=|=) && $operand_kind == PARAMETER ]]; then
            value=:=${before%:} # and NAME:=…, into three words; or where : does not split, into others
        elif [[ $value ]]; then
            value=
        elif [[ $word == -* ]]; then
            find_option "${word%%=*}" && [[ $word != *=* && $value_name != @(-|\[*) ]] && value=$long
        elif [[ ! $verb ]]; then
            find_verb "$word" || return 0
        elif [[ $operand_kind == KIND+NAME && $word == service ]]; then
            operand_kind=SERVICE
        elif [[ $operand_kind == ACTION... ]]; then
            operand_kind=-
            [[ $word != @(use|back) ]] || operand_kind=STACK
        elif [[ " $verb_options " == *" --variant "* ]]; then
            stack=${stack:-$word} operand_kind=PARAMETER
        elif [[ $operand_kind != *...* ]]; then
            operand_kind=-
        fi
        before=$word
    done
    word=${*: -1}
    if [[ $word == --*=* ]] && find_option "${word%%=*}"; then # zsh and fish do not
        value=$long front=${word%%=*}= word=${word#*=}
    fi
    if [[ $operand_kind == PARAMETER && ! $value ]]; then
        if [[ $word == := || ($word == = && $before == *:) ]]; then
            value=:=${before%:} word=
        elif [[ $word == ?*:=* ]]; then # zsh and fish again
            value=:=${word%%:=*} front=${word%%:=*}:= word=${word#*:=}
        fi
    fi
    word=${word#=}
    if [[ $value == --state && $word == *,* ]]; then
        front+=${word%,*}, word=${word##*,}
    fi
    candidates "$word" "$value" | while IFS= read -r line; do
        [[ $line != "$word"* ]] || printf '%s\n' "$front$line"
    done
}

# candidates WORD OPTION: prints all values of OPTION; without OPTION the verb's options if WORD begins with "-", else
# operands. Not yet filtered by WORD.
candidates() {
    local line name short long text value summary about examples
    case $2 in
    --state) words_of state "$STATES" ;;
    --service) operand_kind=SERVICE && candidates '' '' ;;
    --variant) asked_of VARIANT variant ;;
    --priority) words_of level "$LEVELS" ;;
    :=*) values_of "${2#:=}" ;;
    --color) words_of colours "always never auto" ;;
    --*) return ;;
    esac
    [[ ! $2 ]] || return 0
    if [[ $1 == -* ]]; then
        for line in "${OPTIONS[@]}"; do
            IFS=' ' read -r short long value text <<<"$line"
            [[ $verb && " $verb_options $COMMON_OPTIONS " != *" $long "* ]] || printf '%s\t%s\n' "$long" "$text"
        done
        return
    fi
    case $operand_kind in
    *VERB*)
        for line in "${VERBS[@]}"; do
            IFS=' ' read -r name _ <<<"$line"
            verb_text "$name"
            printf '%s\t%s\n' "$name" "$summary"
        done
        ;;
    *UNIT*) find_stacks && words_of unit "${always[*]}" && words_of stack "${stacks[*]}" ;;
    *STACK*) find_stacks && words_of stack "${stacks[*]}" ;;
    KIND+NAME) words_of kind "$KINDS" ;;
    SERVICE) find_stacks && words_of service "${always[*]/#/rovi-} ${stacks[*]/#/rovi-}" ;;
    PARAMETER) asked_of PARAMETER parameter := ;;
    ACTION) words_of action "$ACTIONS" ;;
    TURN) words_of action "$TURNS" ;;
    ACTION...) words_of action "$ROOT_ACTIONS" ;;
    SHELL) words_of shell "$SHELLS" ;;
    esac
}

# values_of NAME: prints the values to choose from for that parameter of the stack that is typed already.
values_of() {
    [[ $1 == [A-Za-z_]*([A-Za-z0-9_]) ]] && read_stack || return 0
    request_values "$1"
    words_of value "$ROVI_REPLY"
}

# read_stack: fills DECLARED with what the unit of the stack declares that is typed already; fails if there is none.
read_stack() {
    local name=${stack#rovi-}
    name=${name%.service}
    rovi_valid_name "$name" && try_look "rovi-$name.service" || return
    read_declared "${UNIT["rovi-$name.service/Environment"]-}"
}

# asked_of KIND WHAT [END]: prints the variants or parameters, as KIND says, of the stack that is typed already, each
# with END.
asked_of() {
    local names
    read_stack || return 0
    request_names "$1"
    IFS=' ' read -ra names <<<"$ROVI_REPLY"
    words_of "$2" "${names[*]/%/${3-}}"
}

# words_of WHAT LIST: prints each word of LIST, and WHAT it is.
words_of() {
    local - word IFS=' '
    set -f # a value may be a pattern of the shell's
    for word in $2; do
        printf '%s\t%s\n' "$word" "$1"
    done
}
