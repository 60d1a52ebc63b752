# shellcheck shell=bash
# slips.sh: slips of the tongue: what somebody who typed something else may have meant. Read only when something is
# wrong.

use lib/contract lib/text rovictl.d/verbs

readonly SLIP_LETTERS=40 # the longest word that is compared: it takes time

# did_you_mean WORD CANDIDATE...: sets ROVI_REPLY to ": did you mean …?" with the candidates that WORD is the beginning
# of, three at most, or else the one that it is with two letters swapped, or most like; or to nothing.
did_you_mean() {
    local word=$1 candidate found='' number=0 i
    shift
    ROVI_REPLY=
    [[ $word && ${#word} -le $SLIP_LETTERS ]] || return 0
    for candidate in "$@"; do
        [[ $candidate != "$word"* ]] || { found+="${found:+ or }$candidate" && number=$((number + 1)); }
    done
    if ((number == 0 || number > 3)); then
        rovi_nearest "$word" "$@"
        for ((i = 0; i < ${#word} - 1; i++)); do
            candidate=${word:0:i}${word:i+1:1}${word:i:1}${word:i+2}
            [[ $ROVI_REPLY || " $* " != *" $candidate "* ]] || ROVI_REPLY=$candidate
        done
        found=$ROVI_REPLY
    fi
    ROVI_REPLY=${found:+: did you mean $found?}
}

# die_of_verb WORD...: ends rovictl because the first WORD is no verb.
die_of_verb() {
    local line name=${1#rovi-} operand_kind='' verb_options library
    local -a names=()
    name=${name%.service}
    if [[ ${2-} ]] && rovi_valid_name "$name" && find_verb "$2" && [[ $operand_kind == @(*STACK*|*UNIT*) ]]; then
        die "$ROVI_EX_USAGE" "there is no verb $(rovi_quote "$1"): did you mean 'rovictl $2 $name'?"
    fi
    verb=''
    for line in "${VERBS[@]}"; do
        names+=("${line%% *}")
    done
    did_you_mean "$1" "${names[@]}"
    [[ ! $ROVI_REPLY ]] || die "$ROVI_EX_USAGE" "there is no verb $(rovi_quote "$1")$ROVI_REPLY"
    bad_usage "there is no verb $(rovi_quote "$1")"
}

# die_of_option WORD: ends rovictl because WORD is no option.
die_of_option() {
    local line long
    local -a names=()
    for line in "${OPTIONS[@]}"; do
        IFS=' ' read -r _ long _ <<<"$line"
        names+=("$long")
    done
    ROVI_REPLY=
    [[ $1 != --?* ]] || did_you_mean "$1" "${names[@]}"
    [[ ! $ROVI_REPLY ]] || die "$ROVI_EX_USAGE" "there is no option $(rovi_quote "$1")$ROVI_REPLY"
    bad_usage "there is no option $(rovi_quote "$1")"
}

# die_of_equals NAME=VALUE: ends rovictl because that is no parameter.
die_of_equals() {
    die "$ROVI_EX_USAGE" \
        "$verb takes no $(rovi_quote "$1"): did you mean $(rovi_quote "${1%%=*}:=${1#*=}")?"
}
