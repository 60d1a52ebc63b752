# shellcheck shell=bash
# verbs.sh: the verbs and the options. Parsing, help and completion use these two lists; a test compares rovictl(1) with
# them.

use lib/contract

# Each verb: name, library, operand ([]: may be missing; -: none; +: several; ...: any number), options. A STACK is an
# installed stack, a UNIT is a stack, the gateway or, while it is on, the hardware. See takes_parameters, too.
readonly VERBS=(
    'start       jobs        STACK     --canary --dry-run --json --keep-going --no-wait --quiet --timeout --variant'
    'stop        jobs        [STACK]   --canary --force --json --keep-going --no-wait --quiet --timeout'
    'kill        kill        [STACK]   --force --json --quiet --timeout --yes'
    'restart     jobs        STACK     --force --json --no-wait --quiet --same --timeout --variant'
    'switch      jobs        STACK     --canary --force --json --keep-going --no-wait --quiet --timeout --variant'
    'clear       clear       [STACK]   --json --quiet'
    'wait        jobs        UNIT      --json --quiet --state --timeout'
    'status      status      [UNIT...] --json --quiet'
    'list        list        -         --json --quiet'
    'show        show        UNIT      --json'
    'watch       watch       [UNIT]    --field --json --until-eof'
    'field       field       KIND+NAME --service'
    'ps          ps          UNIT      --json'
    'logs        logs        [UNIT]    --follow --grep --json --lines --no-pager --priority --run --since --until'
    'history     history     [STACK]   --json --lines --since'
    'doctor      doctor      -         --json --quiet'
    'report      report      [STACK]'
    'root        root        ACTION... --json --quiet'
    'enable      boot        STACK     --json --quiet'
    'disable     boot        STACK     --json --quiet'
    'new         new         NAME+PACKAGE+FILE --description --quiet'
    'remove      new         STACK     --quiet'
    'check       check       [UNIT|FILE] --quiet'
    'gateway     jobs        ACTION    --json --no-wait --quiet --timeout'
    'hardware    hardware    TURN      --json --quiet --timeout'
    'completion  help        SHELL'
    'help        help        [VERB]'
    'version     help        -'
)
# Each option: short form or -, long form, its value or - ([]: may be missing), what it does.
readonly OPTIONS=(
    '-  --field      FIELD  show this field only: ID=service:rovi-NAME or ID=process:NAME[@rovi-NAME]; can be repeated'
    '-  --description TEXT  what the stack is for, in one line; "rovictl list" shows it'
    '-  --dry-run    -      check everything, print the command line of the start, and start nothing'
    '-  --canary     COUNT  do it on so many robots first, and on the others only if it worked there'
    '-f --follow     -      go on printing what is logged from now on'
    '-  --force      -      stop or kill the stack whatever its motion guard says; for the administrator only'
    '-g --grep       PATTERN show only lines that match this regular expression'
    '-  --json       -      print JSON, one object a line, for a program'
    '-  --keep-going -      go on to the other robots after one has failed'
    '-n --lines      COUNT  show the last COUNT lines of the log, or runs of the history'
    '-  --no-pager   -      print the log as it is, even on a terminal'
    '-  --no-wait    -      ask systemd and return at once; switch still waits for the stop'
    '-p --priority   LEVEL  show only lines of this level and above, for example warning or err; or a range, FROM..TO'
    '-q --quiet      -      print errors only; for list, names only; for doctor, no "ok" lines'
    '-  --run        [RUN]  show one run of the unit: the current or last one, or -1 for the one before, and so on'
    '-  --same       -      ask for what the last start was asked for'
    '-  --service    NAME   look for the process in this service only, for example rovi-nav'
    '-  --since      TIME   show only what was logged, or began, since then, for example "10 min ago" or today'
    '-  --state      STATE  running (the default), stopped, failed, starting or stopping; separate several with commas'
    "-  --timeout    SEC    give up after SEC seconds, or never with \"infinity\"; the default is \
$ROVI_TIMEOUT_S, for hardware $ROVI_TURN_TIMEOUT_S"
    '-  --variant    NAME   start the stack in this variant, one that "rovictl list" shows'
    '-  --until      TIME   show only what was logged until then'
    '-  --until-eof  -      end when standard input ends'
    '-y --yes        -      do not ask'
    '-  --color      WHEN   use colours always, never, or auto: on a terminal'
    '-H --host       HOST   run on the robot [USER@]HOST over ssh, or on several: a,b,@GROUP,!HOST (see the man page)'
    '-  --workers    COUNT  how many robots are asked at a time; 10 if not given'
    '-M --machine    NAME   run in the local container NAME (see machinectl list)'
    '-h --help       -      say how to use the verb'
)
readonly COMMON_OPTIONS='--color --host --workers --machine --help' # every verb takes them
readonly ACTIONS='status start stop restart enable disable' TURNS='status on off restart'
readonly ROOT_ACTIONS='list add remove use back'
readonly SHELLS='bash zsh fish' KINDS='service process'
readonly LEVELS='emerg alert crit err warning notice info debug' # of the journal, as in syslog(3)
readonly STATES='running stopped failed starting stopping'

# Those that say how several robots are worked on.
readonly SEVERAL_OPTIONS='--canary --keep-going --workers'
# What a robot may be called, and what -H takes, as extended regular expressions: robots and groups of the inventory.
readonly SSH_HOST='[A-Za-z0-9_.:%][A-Za-z0-9_.:%-]*'
readonly SSH_HOSTS="!?(@[A-Za-z0-9_][A-Za-z0-9_.-]*|([A-Za-z0-9_.:%][A-Za-z0-9_.:%-]*@)?$SSH_HOST)"

verb='' library='' operand='' # operand: the first of operands
operands=()
parameters=()         # of a start: each NAME:=VALUE
declare -gA option=() # by long form: the value, or "yes"
fields=()             # each value of --field

# find_verb NAME: sets verb, library, operand_kind and verb_options; fails if there is no such verb.
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

# names_several: whether --host names several robots, or a group, which may have one.
names_several() {
    [[ ${option["--host"]-} == *,* || ${option["--host"]-} == @* ]]
}

# takes_parameters OPTIONS: whether a verb with these options also takes NAME:=VALUE.
takes_parameters() {
    [[ " $1 " == *" --variant "* || " $1 " == *" --description "* ]]
}

# find_option WORD: sets long and value_name for the option with that short or long form; fails if there is none.
find_option() {
    local line short
    for line in "${OPTIONS[@]}"; do
        [[ $line == *" $1 "* || $line == "$1 "* ]] || continue
        IFS=' ' read -r short long value_name _ <<<"$line"
        [[ $1 != "$short" && $1 != "$long" ]] || return 0
    done
    return 1
}

# bad_usage SENTENCE: ends rovictl with the sentence and a hint at the help.
bad_usage() {
    die "$ROVI_EX_USAGE" "$1: see 'rovictl help${verb:+ $verb}'"
}
