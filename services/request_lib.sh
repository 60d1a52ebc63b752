# shellcheck shell=bash
# request_lib.sh: what may be asked of a stack's start beyond its name, a variant and parameters, and
# how that gets from an operator's rovictl to run_stack.sh. To be sourced after rovi_lib.sh
# and declared_lib.sh, whose DECLARED it reads.
#
# A request belongs to exactly one start, that is one job of systemd. rovictl writes a file
# STACK.SOMETHING before it calls StartUnit, and links it to the id of the job that systemd answers
# with. run_stack.sh knows its own job's id: it takes the file of that name, and waits for it only
# while there is one of the first kind. Any other start has another job, so it uses the defaults.
# In place of a file that it has taken it leaves an empty one: nobody else can bind to that job. An empty one
# says nothing: systemd runs a start that is under way again, as the same job, where it is asked for a restart.

# A small file system of its own (run-rovi_requests.mount): the operators write in it, and whatever
# one of them writes cannot fill /run. Its owner, the service user, removes what has been used.
readonly REQUEST_DIR=/run/rovi_requests
readonly REQUEST_BYTES=8192 REQUEST_VALUE=256 # the longest request, the longest value
readonly REQUEST_WAIT=500                     # 1/100 s for a request that has been announced

REQUEST_ARGS=() # further arguments of ros2 launch, set by request_resolve
REQUEST_TEXT='' # the same in the words of rovictl, for StatusText and status

# request_resolve STACK VARIANT NAME:=VALUE...: holds what was asked for, VARIANT may be empty, against
# DECLARED, and sets REQUEST_ARGS and REQUEST_TEXT. Else fails with 2, or 78 where the declaration
# itself is broken, and ROVI_REPLY says why.
request_resolve() {
    local stack=$1 variant=$2 word key LC_ALL=C
    local -A value=()
    shift 2
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
    REQUEST_ARGS=() REQUEST_TEXT="${variant:+--variant $variant }$*"
    REQUEST_TEXT=${REQUEST_TEXT% }
    if [[ $variant ]]; then
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

# request_is_mounted: whether requests can be made; what is below the mount has no sticky bit.
request_is_mounted() {
    [[ -d $REQUEST_DIR && -k $REQUEST_DIR ]]
}

# request_make STACK VARIANT NAME:=VALUE...: writes a request that is not bound to a job yet, and sets
# ROVI_REPLY to its file, or fails and sets it to why. The file is new, whatever another operator
# may have put in its way, and readable for the service user by the directory's group.
request_make() {
    local file=$REQUEST_DIR/$1.$BASHPID-$RANDOM
    request_is_mounted || { ROVI_REPLY="$REQUEST_DIR is not mounted" && return 1; }
    ROVI_REPLY=$(umask 027 && printf '%s\n' "$@" | dd of="$file" conv=excl status=none 2>&1) || return
    ROVI_REPLY=$file
}

# request_bind FILE JOB: makes the request that of JOB, the id of a job of systemd. Fails if that
# has a request already.
request_bind() {
    ln -T -- "$1" "$REQUEST_DIR/$2" 2>/dev/null
    local status=$?
    rm -f -- "$1"
    return "$status"
}

# request_take STACK JOB: for run_stack.sh: sets REQUEST to the lines of the request that is bound to
# JOB, and ROVI_REPLY to whose it is, or REQUEST to none; removes it. What it says is an operator's:
# nothing about it is sure. Fails if there is one that cannot be read; ROVI_REPLY says why.
request_take() {
    local tries file=$REQUEST_DIR/$2
    local -a pending
    REQUEST=()
    for ((tries = REQUEST_WAIT; tries > 0; tries--)); do
        pending=("$REQUEST_DIR/$1".*) # looked for first: once it is bound it has the other name
        [[ ! -e $file && ! -L $file ]] || break
        [[ -e ${pending[0]} || -L ${pending[0]} ]] || return 0
        ((tries != REQUEST_WAIT - 5)) || launch_notify --status="waiting for the request of this start"
        rovi_nap 0.01
    done
    [[ ! -f $file || -L $file || -s $file ]] || return 0
    if [[ ! -e $file && ! -L $file ]]; then
        rm -rf -- "${pending[@]}" # their rovictl was killed, or has another job; the next start need not wait
        return 0
    fi
    # nofollow, nonblock: a symlink leads nowhere, a pipe holds up nobody.
    if ! rovi_run dd if="$file" iflag=nofollow,nonblock,fullblock bs=$((REQUEST_BYTES + 1)) count=1 status=none; then
        request_drop "$file"
        ROVI_REPLY="the request for this start is not a file that can be read"
        return 1
    fi
    mapfile -t REQUEST <<<"$ROVI_REPLY"
    if ((${#ROVI_REPLY} > REQUEST_BYTES || ${#REQUEST[@]} < 2)) || [[ ${REQUEST[0]} != "$1" ]]; then
        request_drop "$file"
        ROVI_REPLY="the request for this start is not one for $1"
        return 1
    fi
    ROVI_REPLY=$(stat -c %U -- "$file")
    request_drop "$file"
}

# request_drop FILE: puts an empty file in its place, and removes what nobody has come back for: older
# than 3 minutes, by a time that its owner cannot set.
request_drop() {
    {
        find "$REQUEST_DIR" -mindepth 1 -cmin +3 -delete
        rm -rf -- "$1.taken"
        { : >"$1.taken" && mv -fT -- "$1.taken" "$1"; } || rm -rf -- "$1"
    } 2>/dev/null
}
