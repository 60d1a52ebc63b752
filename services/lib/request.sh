# shellcheck shell=bash
# request.sh: requests. A request is what an operator asks of a stack's start beyond its name: a variant and parameters.
# Here is what may be asked, and how it gets from the operator's rovictl to run_stack.sh.
#
# A request belongs to exactly one start, that is one job of systemd:
#
#   1. rovictl writes it into a new file STACK-NUMBER in ROVI_REQUESTS and starts rovi-ask@STACK-NUMBER.service.
#   2. That unit runs as the service user. It moves the file away from where operators write, starts or restarts the
#      stack, and notes the job, the asker and the request where only the service user writes (request_note).
#   3. run_stack.sh uses the note if the note names the job of this start (request_take).
#
# So no request can be there before its job, whoever writes which file. A start without a request has a job without
# a note, and uses the defaults. A restart without a request of its own, for example by a restart of the gateway,
# goes on with what the stack ran with (request_carry).

use lib/contract lib/text lib/run lib/declared lib/status_text

readonly REQUEST_BYTES=8192 REQUEST_VALUE=256 # the longest request, the longest value
readonly REQUEST_LOCK_S=20                    # more than one call to systemd may take

REQUEST_ARGS=()  # further arguments of ros2 launch, set by request_resolve
REQUEST_TEXT=''  # the same in the words of rovictl, for StatusText and status
REQUEST_WRONG='' # after a request_resolve that failed with 2: variant or parameters

# request_resolve STACK VARIANT NAME:=VALUE...: checks what was asked for against DECLARED, and sets REQUEST_ARGS and
# REQUEST_TEXT. VARIANT may be empty. Fails with 2 if the request is wrong, and with 78 if the declaration itself is
# wrong; ROVI_REPLY then says why.
request_resolve() {
    local stack=$1 variant=$2 word key LC_ALL=C
    local -A value=()
    shift 2
    REQUEST_WRONG=parameters
    request_check_declared "$stack" || return "$ROVI_EX_CONFIG"
    for word in "$@"; do
        request_check "$stack" "$word" || return "$ROVI_EX_USAGE"
        value[${word%%:=*}]=${word#*:=}
    done
    for key in "${!DECLARED[@]}"; do # the defaults, unless the request or the variant sets the parameter
        [[ $key == ROVI_DEFAULT_* && ${DECLARED[$key]} && ! ${value[${key#ROVI_DEFAULT_}]-} ]] || continue
        [[ ! $variant || " ${DECLARED[ROVI_VARIANT_$variant]-} " != *" ${key#ROVI_DEFAULT_}:="* ]] || continue
        set -- "${key#ROVI_DEFAULT_}:=${DECLARED[$key]}" "$@"
    done
    REQUEST_ARGS=()
    status_run "$variant" "$@"
    REQUEST_TEXT=$ROVI_REPLY
    if [[ $variant ]]; then
        REQUEST_WRONG=variant
        request_names VARIANT
        if [[ " $ROVI_REPLY " != *" $variant "* || $variant == *' '* ]]; then
            ROVI_REPLY="$stack has no variant $(rovi_quote "$variant"): it has ${ROVI_REPLY:-none}"
            return "$ROVI_EX_USAGE"
        fi
        IFS=' ' read -ra REQUEST_ARGS <<<"${DECLARED[ROVI_VARIANT_$variant]}"
    fi
    REQUEST_ARGS+=("$@") # of each name, the last one counts
}

# request_check STACK WORD: whether WORD, which an operator has given, is NAME:=VALUE of a parameter that the stack
# declares and that is not in the caller's value already. If not, ROVI_REPLY says why.
request_check() {
    local name=${2%%:=*} text=${2#*:=} pattern
    request_names PARAMETER
    if [[ $2 != ?*:=* || $name == *' '* || " $ROVI_REPLY " != *" $name "* ]]; then
        ROVI_REPLY="$1 has no parameter $(rovi_quote "$name"): it has ${ROVI_REPLY:-none}"
    elif [[ ${value[$name]-} ]]; then
        ROVI_REPLY="$name is given twice: give it once"
    elif ! request_is_value "$text"; then
        ROVI_REPLY="$name:=$(rovi_quote "$text"): \
give 1 to $REQUEST_VALUE printable ASCII characters, no blank and no backslash"
    else
        pattern="^(${DECLARED[ROVI_PARAMETER_$name]})\$"
        [[ ! $text =~ $pattern ]] || return 0
        ROVI_REPLY="$name:=$(rovi_quote "$text") does not match what the unit of $1 declares, \
${DECLARED[ROVI_PARAMETER_$name]}"
    fi
    return 1
}

# request_is_value TEXT: whether TEXT can be a value, whatever the pattern says. No blank and no backslash, because
# StatusText shows it, and systemd takes backslashes out of that.
request_is_value() {
    local LC_ALL=C
    [[ $1 && ${#1} -le $REQUEST_VALUE && $1 != *[!!-~]* && $1 != *\\* ]]
}

# request_names KIND: sets ROVI_REPLY to the names of all VARIANTs or PARAMETERs that DECLARED has.
request_names() {
    local key
    ROVI_REPLY=
    for key in "${!DECLARED[@]}"; do
        [[ $key != "ROVI_$1_"* || ! ${DECLARED[$key]} ]] || ROVI_REPLY+="${ROVI_REPLY:+ }${key#"ROVI_$1_"}"
    done
}

# request_values NAME: sets ROVI_REPLY to the values that DECLARED offers for the parameter NAME, with blanks between
# them: a list to choose from. Others that match the pattern are as good. Nothing of it is ever run. If a unit offers
# what is no value, its starts are refused; here it is left out.
request_values() {
    local word found=''
    local -a words
    IFS=' ' read -ra words <<<"${DECLARED[ROVI_VALUES_$1]-}"
    for word in "${words[@]}"; do
        ! request_is_value "$word" || found+="${found:+ }$word"
    done
    ROVI_REPLY=$found
}

# request_check_declared STACK: whether what the unit declares for requests is correct. If not, ROVI_REPLY says what is
# wrong.
request_check_declared() {
    local key
    for key in "${!DECLARED[@]}"; do
        [[ ${DECLARED[$key]} ]] || continue # a drop-in takes a declaration away like this
        request_check_key "$key" && continue
        ROVI_REPLY="the unit of $1 declares $key=$(rovi_quote "${DECLARED[$key]}"): $ROVI_REPLY"
        return 1
    done
}

# request_check_key KEY: whether the value of KEY in DECLARED is of its form. If not, ROVI_REPLY says why.
request_check_key() {
    local name=${1#ROVI_*_} text=${DECLARED[$1]} word
    local -a pairs
    case $1 in
    ROVI_VARIANT_*)
        ROVI_REPLY="write NAME:=VALUE, as for ros2 launch"
        IFS=' ' read -ra pairs <<<"$text"
        for word in "${pairs[@]}"; do
            [[ $word == [A-Za-z_]*([A-Za-z0-9_]):=?* ]] || return
        done
        ;;
    ROVI_PARAMETER_*)
        ROVI_REPLY="that is not a regular expression"
        [[ '' =~ ^($text)$ ]]
        (($? != 2))
        ;;
    ROVI_DEFAULT_*)
        ROVI_REPLY="there is no ROVI_PARAMETER_$name"
        [[ ${DECLARED[ROVI_PARAMETER_$name]-} ]] || return
        ROVI_REPLY="it does not match ROVI_PARAMETER_$name"
        request_is_value "$text" && [[ $text =~ ^(${DECLARED[ROVI_PARAMETER_$name]})$ ]]
        ;;
    ROVI_VALUES_*)
        ROVI_REPLY="there is no ROVI_PARAMETER_$name"
        [[ ${DECLARED[ROVI_PARAMETER_$name]-} ]] || return
        IFS=' ' read -ra pairs <<<"$text"
        for word in "${pairs[@]}"; do
            ROVI_REPLY="$(rovi_quote "$word") does not match ROVI_PARAMETER_$name"
            request_is_value "$word" && [[ $word =~ ^(${DECLARED[ROVI_PARAMETER_$name]})$ ]] || return
        done
        ;;
    esac
}

# ---- rovictl's side ---------------------------------------------------------------------------

# request_is_mounted: whether requests can be made. The directory below the mount has no sticky bit.
request_is_mounted() {
    [[ -d $ROVI_REQUESTS && -k $ROVI_REQUESTS ]]
}

# request_make STACK VERB CALLER VARIANT NAME:=VALUE...: writes a request to start or restart STACK and sets
# ROVI_REPLY to its name, STACK-NUMBER. If it fails, ROVI_REPLY says why. CALLER is the uid for which the service
# user asks, or empty. The file is always new, whatever another operator has put in its place. The service user can
# read it by the directory's group.
request_make() {
    local name _
    request_is_mounted || { ROVI_REPLY="$ROVI_REQUESTS is not mounted" && return 1; }
    for _ in 1 2 3; do
        printf -v name '%s-%06d%06d' "$1" $((SRANDOM % 1000000)) $((SRANDOM % 1000000))
        if ROVI_REPLY=$(umask 027 && printf '%s\n' "${@:2}" |
            dd of="$ROVI_REQUESTS/$name" conv=excl status=none 2>&1); then
            ROVI_REPLY=$name
            return
        fi
        [[ -e $ROVI_REQUESTS/$name ]] || return
    done
    return 1
}

# ---- the side of rovi-ask@STACK-NUMBER.service, the service user's ------------------------------

# request_claim NAME: moves the request NAME from ROVI_REQUESTS, as a whole, into a directory that no operator can
# reach, and reads it there. Sets REQUEST to its lines and REQUEST_BY to the uid that asks. Fails if it is not a
# request; ROVI_REPLY says why.
request_claim() {
    local dir file owner links
    REQUEST=() REQUEST_BY=''
    dir=$(mktemp -d -p "$ROVI_REQUESTS" 2>&1) || { ROVI_REPLY="there is no room in $ROVI_REQUESTS" && return 1; }
    file=$dir/request
    if ! mv -T -- "$ROVI_REQUESTS/$1" "$file" 2>/dev/null; then # a directory of an operator cannot be moved
        ROVI_REPLY="there is no file $ROVI_REQUESTS/$1 that can be taken"
    elif [[ -L $file || ! -f $file ]]; then
        ROVI_REPLY="it is not a plain file"
    elif ! read -r owner links < <(stat -c '%u %h' -- "$file") ||
        ! rovi_read_file "$file" $((REQUEST_BYTES + 1)); then
        ROVI_REPLY="it cannot be read"
    elif ((${#ROVI_REPLY} > REQUEST_BYTES || links != 1)); then # with a second name, it could be somebody else's file
        ROVI_REPLY="it is too long, or has a second name"
    else
        mapfile -t REQUEST <<<"$ROVI_REPLY"
        REQUEST_BY=$owner
        # The executor, which is the service user's, asks for others and says for whom.
        [[ $owner != "$EUID" || ${REQUEST[1]-} != +([0-9]) ]] || REQUEST_BY=${REQUEST[1]}
        ROVI_REPLY="it does not have the form of a request"
        [[ ${#REQUEST[@]} -lt 3 || ${REQUEST[0]} != @(start|restart) ]] || ROVI_REPLY=
    fi
    rm -rf -- "$dir"
    [[ ! $ROVI_REPLY ]]
}

# request_lock: takes the lock that keeps notes and jobs in order, until request_unlock or the end of this process.
request_lock() {
    {
        rovi_make_lock "$ROVI_REQUEST_LOCK" && exec {REQUEST_FD}<>"$ROVI_REQUEST_LOCK" &&
            flock -w "$REQUEST_LOCK_S" "$REQUEST_FD"
    } 2>/dev/null
}

request_unlock() {
    exec {REQUEST_FD}>&-
}

# request_note STACK JOB INVOCATION BY VARIANT NAME:=VALUE...: notes what JOB must start STACK with. INVOCATION
# is the start that has taken it, or empty. The caller has the lock.
request_note() {
    local file=$ROVI_RUN/request.$1
    rm -rf -- "$file.new" && printf '%s\n' "${@:2}" >"$file.new" && mv -fT -- "$file.new" "$file"
}

# request_noted STACK: sets NOTE to the lines of STACK's note, or to none. The caller has the lock.
request_noted() {
    NOTE=()
    [[ -f $ROVI_RUN/request.$1 ]] || return 0
    rovi_read_file "$ROVI_RUN/request.$1" $((2 * REQUEST_BYTES)) "$ROVI_RUN" || return 0
    mapfile -t NOTE <<<"$ROVI_REPLY"
    [[ ${#NOTE[@]} -ge 4 && ${NOTE[0]} == +([0-9]) ]] || NOTE=()
}

# ---- the side of run_stack.sh -------------------------------------------------------------------

# request_take STACK JOB INVOCATION: sets REQUEST to what JOB must start STACK with: the uid that asks, the variant
# and the parameters; or to nothing. Fails if it cannot find that out.
request_take() {
    local -a NOTE
    REQUEST=()
    request_lock || return
    request_noted "$1"
    if [[ ${NOTE[0]-} == "$2" ]]; then
        request_note "$1" "$2" "$3" "${NOTE[@]:2}" || return
        REQUEST=("${NOTE[@]:2}")
    elif [[ ${NOTE[0]-} && $2 == +([0-9]) ]] && ((NOTE[0] < $2)); then
        rm -f -- "$ROVI_RUN/request.$1" # its start is over; a later job's stays
    fi
    request_unlock
}

# request_carry STACK JOB INVOCATION: for the end of the start INVOCATION, if JOB restarts STACK: JOB gets the same
# request, unless it has one of its own.
request_carry() {
    local -a NOTE
    request_lock || return
    request_noted "$1"
    [[ ${NOTE[1]-} != "$3" ]] || request_note "$1" "$2" '' "${NOTE[@]:2}"
    request_unlock
}
