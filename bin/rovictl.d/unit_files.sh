# shellcheck shell=bash
# unit_files.sh: unit files named rovi-NAME.service, and what is wrong with one that is no stack.

use lib/contract

OTHER_STACK='' # set by no_stack_because

# unit_file UNIT: sets ROVI_REPLY to the unit's file, the first that counts; fails if the caller cannot read it or it is
# masked.
unit_file() {
    local dir IFS=:
    for dir in $ROVI_UNIT_PATH; do
        ROVI_REPLY=$dir/$1
        [[ ! -e $ROVI_REPLY && ! -L $ROVI_REPLY ]] || break
    done
    [[ -f $ROVI_REPLY && -r $ROVI_REPLY ]]
}

# no_stack_because FILE NAME [SHOWN]: sets ROVI_REPLY to why FILE, the unit file of NAME, which people know as SHOWN, is
# no stack (rovi_is_stack), and OTHER_STACK to the stack that it starts instead, if that is the reason.
no_stack_because() {
    local text starts='ExecStart=/[^[:space:]]*/run_stack\.sh ([a-z0-9_-]+)'
    IFS= read -rd '' text <"$1"
    OTHER_STACK=''
    if [[ $text =~ $starts && ${BASH_REMATCH[1]} != "$2" ]]; then
        OTHER_STACK=${BASH_REMATCH[1]}
        ROVI_REPLY="${3-$1} starts the stack $OTHER_STACK"
    else
        ROVI_REPLY="${3-$1} is no stack, but by its name it gets the settings of one, such as the user and SIGINT"
    fi
}
