# shellcheck shell=bash
# list.sh: the verb list.

use lib/contract lib/json lib/declared lib/request rovictl.d/say rovictl.d/ask

# cmd_list: prints the installed stacks, with their variants and parameters.
cmd_list() {
    local name text
    local -a units
    find_stacks
    units=("${stacks[@]/#/rovi-}")
    [[ ${option["--quiet"]-} ]] || try_look "$ROVI_GATEWAY" "${units[@]/%/.service}" || die_of_bus
    for name in "${stacks[@]}"; do
        if [[ ${option["--quiet"]-} ]]; then
            put "$name"
            continue
        fi
        text=${UNIT["rovi-$name.service/Description"]-}
        text=${text#"ROVI stack $name: "}
        read_declared "${UNIT["rovi-$name.service/Environment"]-}"
        if [[ ${option["--json"]-} ]]; then list_object "$name" "$text"; else list_line "$name" "$text"; fi
    done
}

# list_line NAME TEXT: prints a line for a person, and below it the variants and parameters.
list_line() {
    local name line text
    printf -v line '%-14s %s' "$1" "$2"
    ! starts_at_boot "$1" || line+=" (starts at boot)"
    put "$line"
    printf -v line '%-16s' ''
    request_names VARIANT
    [[ ! $ROVI_REPLY ]] || put "$line --variant ${ROVI_REPLY// / | }"
    request_names PARAMETER
    for name in $ROVI_REPLY; do
        request_values "$name"
        text=${DECLARED[ROVI_DEFAULT_$name]:+ (default: ${DECLARED[ROVI_DEFAULT_$name]})}
        text+=${ROVI_REPLY:+ (for example: $ROVI_REPLY)}
        put "$line $name:=${DECLARED[ROVI_PARAMETER_$name]}$text"
    done
}

# list_object NAME TEXT: prints an object for a program.
list_object() {
    local name variants parameters='' text boot
    json_string "$2"
    text=$ROVI_REPLY
    request_names VARIANT
    variants=${ROVI_REPLY:+\"${ROVI_REPLY// /\",\"}\"}
    request_names PARAMETER
    for name in $ROVI_REPLY; do
        json_string "${DECLARED[ROVI_PARAMETER_$name]}"
        parameters+="${parameters:+,}\"$name\":{\"pattern\":$ROVI_REPLY"
        json_string "${DECLARED[ROVI_DEFAULT_$name]-}"
        parameters+=",\"default\":$ROVI_REPLY"
        values_json "$name"
        parameters+=",\"values\":$ROVI_REPLY}"
    done
    boot=false
    ! starts_at_boot "$1" || boot=true
    put "{\"schema\":1,\"stack\":\"$1\",\"unit\":\"rovi-$1.service\",\"description\":$text,\
\"variants\":[$variants],\"parameters\":{$parameters},\"starts_at_boot\":$boot}"
}

# values_json NAME: sets ROVI_REPLY to an array of the values to choose from for the parameter.
values_json() {
    local value values=''
    local -a words
    request_values "$1"
    IFS=' ' read -ra words <<<"$ROVI_REPLY"
    for value in "${words[@]}"; do
        json_string "$value"
        values+=${values:+,}$ROVI_REPLY
    done
    ROVI_REPLY="[$values]"
}
