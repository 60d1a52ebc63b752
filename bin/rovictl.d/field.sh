# shellcheck shell=bash
# field.sh: the verb field, and watch --field: the state of a service or the presence of a process in one word, for the
# status fields of a UI.

use lib/contract lib/text rovictl.d/verbs rovictl.d/say rovictl.d/ask rovictl.d/processes

declare -gA told=() # by id: the text that watch_fields showed last

# split_field FIELD: sets the caller's id, kind, name and service from ID=service:NAME or
# ID=process:NAME[@SERVICE].
split_field() {
    id=${1%%=*} service=
    kind=${1#*=}
    name=${kind#*:} kind=${kind%%:*}
    [[ $kind != process || $name != *@* ]] || service=${name##*@} name=${name%@*}
}

# valid_field FIELD: whether FIELD can be right on some robot.
valid_field() {
    local id kind name service LC_ALL=C
    split_field "$1"
    [[ $id =~ ^[A-Za-z0-9_.-]{1,64}$ && $1 != *@ ]] || return
    [[ ! $service ]] || valid_service "$service" || return
    case $kind in
    service) valid_service "$name" ;;
    process) valid_process "$name" ;;
    *) return 1 ;;
    esac
}

# valid_service NAME: whether NAME can be the name of a service, without .service.
valid_service() {
    [[ $1 == rovi-* ]] && rovi_valid_name "${1#rovi-}"
}

# valid_process NAME: whether NAME can be the name of a program, as running_programs finds it.
valid_process() {
    local LC_ALL=C
    [[ $1 && ${#1} -le 255 && $1 != @(-*|*/*|*[[:cntrl:]]*) ]]
}

# check_field KIND NAME: ends rovictl if the verb's operands cannot be right on any robot.
check_field() {
    case $1 in
    service)
        [[ ! ${option["--service"]-} ]] || bad_usage "--service is for 'field process' only"
        valid_service "$2" || die_of_service "$2"
        ;;
    process)
        valid_process "$2" || die "$ROVI_EX_USAGE" \
            "no process is named $(rovi_quote "$2"): use the file name of a program or script, without directories"
        ;;
    *) bad_usage "$verb takes one of $KINDS, not $(rovi_quote "$1")" ;;
    esac
}

# die_of_service NAME: ends rovictl because NAME cannot be the name of a service. With rovi- and without .service it may
# be one, but what a UI shows should be named as systemd names it.
die_of_service() {
    local name=${1%.service}
    ROVI_REPLY=
    if [[ ! ${option["--host"]-}${option["--machine"]-} ]]; then
        use rovictl.d/slips
        find_stacks
        did_you_mean "rovi-${name#rovi-}" "${always[@]/#/rovi-}" "${stacks[@]/#/rovi-}"
    fi
    ROVI_REPLY=${ROVI_REPLY:-: use rovi-gateway, or rovi-STACK for a stack, without .service}
    die "$ROVI_EX_USAGE" "no service is named $(rovi_quote "$1")$ROVI_REPLY"
}

# check_fields [NAME]: ends rovictl if watch cannot show all fields, or if it is asked for the unit NAME as well.
check_fields() {
    local field id kind name service
    local -A taken=()
    [[ ! ${1-} ]] || bad_usage "watch takes the name of a unit or --field, not both"
    find_stacks
    for field in "${fields[@]}"; do
        split_field "$field"
        [[ ! ${taken[$id]-} ]] || bad_usage "two fields have the id $id"
        taken[$id]=yes
        [[ $kind != service ]] || service=$name
        need_service "$service"
    done
}

# need_service SERVICE: ends rovictl unless SERVICE belongs to the gateway, to the hardware or to a stack that
# find_stacks has found, or is empty. A UI may show the hardware always; while it is off, it is inactive.
need_service() {
    if [[ ! $1 || $1 == rovi-$ROVI_ALWAYS || ${stack_file[${1#rovi-}]-} ]]; then
        return 0
    fi
    use rovictl.d/slips
    did_you_mean "$1" "${always[@]/#/rovi-}" "${stacks[@]/#/rovi-}"
    die "$ROVI_EX_USAGE" \
        "no service is named $(rovi_quote "$1")$ROVI_REPLY (known: ${always[*]/#/rovi-} ${stacks[*]/#/rovi-})"
}

# cmd_field KIND NAME: prints the word. The exit code does not depend on whether the service or process runs.
cmd_field() {
    local service=${option["--service"]-}
    local -A programs=() unseen=()
    find_stacks
    need_service "$service"
    [[ $1 != service ]] || need_service "$2"
    look
    field_text "$1" "$2" "$service"
    put "$ROVI_REPLY"
}

# watch_fields: prints a line or an object for each field whose text has changed since it was last shown. Reads UNIT.
watch_fields() {
    local field id kind name service
    local -A programs=() unseen=()
    for field in "${fields[@]}"; do
        split_field "$field"
        field_text "$kind" "$name" "$service"
        [[ ${told[$id]-} != "$ROVI_REPLY" ]] || continue
        told[$id]=$ROVI_REPLY
        if [[ ${option["--json"]-} ]]; then
            put "{\"id\":\"$id\",\"type\":\"text\",\"text\":\"$ROVI_REPLY\"}"
        else
            put "$id $ROVI_REPLY"
        fi
    done
}

# field_text KIND NAME SERVICE: sets ROVI_REPLY to the ActiveState of the service NAME, or to whether the process NAME
# is there: in SERVICE or, if that is empty, in any service. Uses the caller's programs and unseen.
field_text() {
    local hidden=''
    local -a where=("${3#rovi-}")
    [[ $3 ]] || where=("${always[@]}" "${stacks[@]}")
    if [[ $1 == service ]]; then
        ROVI_REPLY=${UNIT["$2.service/ActiveState"]:-inactive} # inactive: systemd has not loaded it
    elif is_running "$2" "${where[@]}"; then
        ROVI_REPLY=running
    elif [[ $hidden ]]; then
        ROVI_REPLY=unknown
    else
        ROVI_REPLY=missing
    fi
}

# is_running PROCESS NAME...: whether PROCESS is in the control group of one of these units. Sets the caller's hidden if
# one of them has a process that the caller may not see. Each unit is read once per look: the caller's programs keeps
# what was found, by unit, as "/PROGRAM/PROGRAM/", and unseen keeps hidden.
is_running() {
    local process=$1 name list some=''
    shift
    for name in "$@"; do
        if [[ ! ${programs[$name]-} ]]; then
            local -A present=()
            hidden=
            running_programs "$name"
            printf -v list '%s/' "${!present[@]}"
            programs[$name]=/$list unseen[$name]=$hidden
        fi
        [[ ${programs[$name]} != */"$process"/* ]] || return 0
        some+=${unseen[$name]}
    done
    hidden=$some
    return 1
}
