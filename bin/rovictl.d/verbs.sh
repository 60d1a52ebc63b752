# shellcheck shell=bash
# verbs.sh: the verbs and the options. Parsing, help and completion go by the two lists here; a test holds rovictl(1) to
# them.

use lib/contract

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
    'logs        logs        [UNIT]    --follow --json --lines'
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
    "-  --timeout    SEC    give up after SEC seconds, or never with \"infinity\"; $ROVI_TIMEOUT_S if not given"
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
