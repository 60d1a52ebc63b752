# shellcheck shell=bash
# request.sh: what may be asked of a stack's start beyond its name, a variant and parameters, and how that gets from an
# operator's rovictl to run_stack.sh.
#
# A request belongs to exactly one start, that is one job of systemd:
#
#   1. rovictl writes it into a new file STACK-NUMBER in ROVI_REQUESTS and starts rovi-ask@STACK-NUMBER.service.
#   2. That unit, as the service user, takes the file away from where operators write, starts or restarts the
#      stack, and notes job, asker and request where nobody but the service user writes (request_note).
#   3. run_stack.sh uses the note if it names the job that it runs in (request_take).
#
# So a request cannot be there before its job, whoever writes which file, and any start that nobody has asked
# anything of has a job without a note: it uses the defaults. A restart that brings no request of its own,
# as that of the gateway, goes on with what the stack ran with (request_carry).

use lib/contract lib/text lib/run lib/declared lib/status_text

readonly REQUEST_BYTES=8192 REQUEST_VALUE=256 # the longest request, the longest value
readonly REQUEST_LOCK_S=20 # above what one call to systemd may take

REQUEST_ARGS=() # further arguments of ros2 launch, set by request_resolve
REQUEST_TEXT='' # the same in the words of rovictl, for StatusText and status
REQUEST_WRONG='' # after a request_resolve that failed with 2: variant or parameters

# request_resolve STACK VARIANT NAME:=VALUE...: holds what was asked for, VARIANT may be empty, against
# DECLARED, and sets REQUEST_ARGS and REQUEST_TEXT. Else fails with 2, or 78 where the declaration
# itself is broken, and ROVI_REPLY says why.
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
    for key in "${!DECLARED[@]}"; do # the defaults of what was not given, nor said by the variant
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
        [[ " $ROVI_REPLY " == *" $variant "* && $variant != *' '* ]] ||
            { ROVI_REPLY="$stack has no variant $(rovi_quote "$variant"): it has ${ROVI_REPLY:-none}" && return "$ROVI_EX_USAGE"; }
        IFS=' ' read -ra REQUEST_ARGS <<<"${DECLARED[ROVI_VARIANT_$variant]}"
    fi
    REQUEST_ARGS+=("$@") # the last one of a name counts
}

# request_check STACK WORD: whether WORD, given by an operator, is NAME:=VALUE of a parameter that
# the stack declares, and not one that is in the caller's value already. ROVI_REPLY says why not.
request_check() {
    local name=${2%%:=*} text=${2#*:=} pattern
    request_names PARAMETER
    if [[ $2 != ?*:=* || $name == *' '* || " $ROVI_REPLY " != *" $name "* ]]; then
        ROVI_REPLY="$1 has no parameter $(rovi_quote "$name"): it has ${ROVI_REPLY:-none}"
    elif [[ ${value[$name]-} ]]; then
        ROVI_REPLY="$name is given twice: say which"
    elif ! request_is_value "$text"; then
        ROVI_REPLY="$name:=$(rovi_quote "$text"): give 1 to $REQUEST_VALUE printable ASCII characters, no blank and no backslash"
    else
        pattern="^(${DECLARED[ROVI_PARAMETER_$name]})\$"
        [[ ! $text =~ $pattern ]] || return 0
        ROVI_REPLY="$name:=$(rovi_quote "$text") is not of the form that the unit of $1 declares, ${DECLARED[ROVI_PARAMETER_$name]}"
    fi
    return 1
}

# request_is_value TEXT: whether it can be a value, whatever the pattern. No blank and no backslash:
# it is shown in StatusText, which systemd takes backslashes out of.
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

# request_check_declared STACK: whether the unit's declarations are in order; ROVI_REPLY says what not.
request_check_declared() {
    local key name word
    local -a pairs
    for key in "${!DECLARED[@]}"; do
        [[ ${DECLARED[$key]} ]] || continue # a drop-in's way to take a declaration away
        name=${key#ROVI_*_}
        case $key in
        ROVI_VARIANT_*)
            IFS=' ' read -ra pairs <<<"${DECLARED[$key]}"
            for word in "${pairs[@]}"; do
                [[ $word == [A-Za-z_]*([A-Za-z0-9_]):=?* ]] || request_broken "$1" "$key" "write NAME:=VALUE of ros2 launch" || return
            done
            ;;
        ROVI_PARAMETER_*)
            [[ '' =~ ^(${DECLARED[$key]})$ ]]
            (($? != 2)) || request_broken "$1" "$key" "that is no regular expression" || return
            ;;
        ROVI_DEFAULT_*)
            [[ ${DECLARED[ROVI_PARAMETER_$name]-} ]] || request_broken "$1" "$key" "there is no ROVI_PARAMETER_$name" || return
            request_is_value "${DECLARED[$key]}" && [[ ${DECLARED[$key]} =~ ^(${DECLARED[ROVI_PARAMETER_$name]})$ ]] ||
                request_broken "$1" "$key" "it is not of the form of ROVI_PARAMETER_$name" || return
            ;;
        esac
    done
}

# request_broken STACK KEY WHY: sets ROVI_REPLY to the sentence, and fails.
request_broken() {
    ROVI_REPLY="the unit of $1 declares $2=$(rovi_quote "${DECLARED[$2]}"): $3"
    return 1
}

# ---- rovictl's side ---------------------------------------------------------------------------

# request_is_mounted: whether requests can be made; what is below the mount has no sticky bit.
request_is_mounted() {
    [[ -d $ROVI_REQUESTS && -k $ROVI_REQUESTS ]]
}

# request_make STACK VERB CALLER VARIANT NAME:=VALUE...: writes a request to start or restart STACK and sets
# ROVI_REPLY to its name, STACK-NUMBER; or fails and sets it to why. CALLER is the uid for whom the service user
# asks, else empty. The file is new, whatever another operator may have put in its way, and readable for the
# service user by the directory's group.
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

# request_claim NAME: takes the request NAME out of ROVI_REQUESTS, whole, into a directory where no operator can
# reach it, and reads it there. Sets REQUEST to its lines and REQUEST_BY to whose it is. Fails if it is no
# request; ROVI_REPLY says why.
request_claim() {
    local dir file owner links
    REQUEST=() REQUEST_BY=''
    dir=$(mktemp -d -p "$ROVI_REQUESTS" 2>&1) || { ROVI_REPLY="there is no room in $ROVI_REQUESTS" && return 1; }
    file=$dir/request
    if ! mv -T -- "$ROVI_REQUESTS/$1" "$file" 2>/dev/null; then # no operator's directory can be moved
        ROVI_REPLY="there is no file $ROVI_REQUESTS/$1 that can be taken"
    elif [[ -L $file || ! -f $file ]]; then
        ROVI_REPLY="it is no plain file"
    elif ! { read -r owner links < <(stat -c '%u %h' -- "$file") && rovi_read_file "$file" $((REQUEST_BYTES + 1)); }; then
        ROVI_REPLY="it cannot be read"
    elif ((${#ROVI_REPLY} > REQUEST_BYTES || links != 1)); then # by a second name it could be somebody else's words
        ROVI_REPLY="it is too long, or has a second name"
    else
        mapfile -t REQUEST <<<"$ROVI_REPLY"
        REQUEST_BY=$owner
        # The service user's executor asks for others, and says for whom.
        [[ $owner != "$EUID" || ${REQUEST[1]-} != +([0-9]) ]] || REQUEST_BY=${REQUEST[1]}
        ROVI_REPLY="it is not of the form of a request"
        [[ ${#REQUEST[@]} -lt 3 || ${REQUEST[0]} != @(start|restart) ]] || ROVI_REPLY=
    fi
    rm -rf -- "$dir"
    [[ ! $ROVI_REPLY ]]
}

# request_lock: takes the lock that orders notes and jobs, until request_unlock or the end of this process.
request_lock() {
    { rovi_make_lock "$ROVI_REQUEST_LOCK" && exec {REQUEST_FD}<>"$ROVI_REQUEST_LOCK" && flock -w "$REQUEST_LOCK_S" "$REQUEST_FD"; } 2>/dev/null
}

request_unlock() {
    exec {REQUEST_FD}>&-
}

# request_note STACK JOB INVOCATION BY VARIANT NAME:=VALUE...: notes what JOB is to start STACK with. INVOCATION
# is the start that has taken it, or empty. With the lock.
request_note() {
    local file=$ROVI_RUN/request.$1
    rm -rf -- "$file.new" && printf '%s\n' "${@:2}" >"$file.new" && mv -fT -- "$file.new" "$file"
}

# request_noted STACK: sets NOTE to the lines of STACK's note, or to none. With the lock.
request_noted() {
    NOTE=()
    [[ -f $ROVI_RUN/request.$1 ]] && rovi_read_file "$ROVI_RUN/request.$1" $((2 * REQUEST_BYTES)) || return 0
    mapfile -t NOTE <<<"$ROVI_REPLY"
    [[ ${#NOTE[@]} -ge 4 && ${NOTE[0]} == +([0-9]) ]] || NOTE=()
}

# ---- the side of run_stack.sh -------------------------------------------------------------------

# request_take STACK JOB INVOCATION: sets REQUEST to what JOB is to start STACK with: whose request it is, variant,
# parameters; or to nothing. Fails if that cannot be told.
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

# request_carry STACK JOB INVOCATION: for the end of the start INVOCATION, when JOB restarts STACK: it goes on with the
# same, unless something has been asked of JOB itself.
request_carry() {
    local -a NOTE
    request_lock || return
    request_noted "$1"
    if [[ ${NOTE[1]-} == "$3" && ${NOTE[0]} != "$2" ]]; then
        request_note "$1" "$2" '' "${NOTE[@]:2}"
    fi
    request_unlock
}
