# shellcheck shell=bash
# show.sh: the verb show, and start --dry-run: what a start would do, without doing it.

use lib/contract lib/text lib/json lib/declared lib/request lib/command rovictl.d/say rovictl.d/ask

# cmd_show NAME: prints what the unit declares for us, and the command line of a start without a request.
cmd_show() {
    local name=$1 unit=rovi-$1.service key boot=no
    local -a keys
    need_unit "$name" gateway
    try_look "$unit" || die_of_bus
    read_declared "${UNIT["$unit/Environment"]-}"
    plain_command "$name"
    ! starts_at_boot "$name" || boot=yes
    mapfile -t keys < <(printf '%s\n' "${!DECLARED[@]}" | LC_ALL=C sort)
    if [[ ${option["--json"]-} ]]; then
        show_object "$name" "$boot" "${keys[@]}"
        return
    fi
    put "$name: ${UNIT["$unit/Description"]#"ROVI stack $name: "}"
    put "unit: $unit, starts at boot: $boot"
    put "command: $(quoted_words "${COMMAND[@]}")"
    for key in "${keys[@]}"; do
        [[ $key ]] || continue
        rovi_printable "${DECLARED["$key"]}"
        put "declares: $key=$ROVI_REPLY"
    done
}

# show_object NAME BOOT KEY...: prints the same as an object for a program.
show_object() {
    local name=$1 json key declared=''
    json="{\"schema\":1,\"stack\":\"$1\",\"unit\":\"rovi-$1.service\",\"starts_at_boot\":$2"
    ! rovi_runs_always "$1" || json=${json/"\"stack\":\"$1\""/'"stack":null'}
    json=${json/%no/false} json=${json/%yes/true}
    shift 2
    json_list_of_words "${COMMAND[@]}"
    json+=",\"command\":$ROVI_REPLY"
    for key in "$@"; do
        [[ $key ]] || continue
        json_string "${DECLARED["$key"]}"
        declared+="${declared:+,}\"$key\":$ROVI_REPLY"
    done
    put "$json,\"declared\":{$declared}}"
}

# json_list_of_words WORD...: sets ROVI_REPLY to an array of strings.
json_list_of_words() {
    local word list=
    for word in "$@"; do
        json_string "$word"
        list+=${list:+,}$ROVI_REPLY
    done
    ROVI_REPLY="[$list]"
}

# plain_command NAME: sets COMMAND to that of a start that asks for nothing. The caller has read what the unit declares.
# If a declaration is wrong, its start would be refused, and so is this.
plain_command() {
    local code
    if rovi_runs_always "$1"; then
        launch_command "$1"
    elif request_resolve "$1" ''; then
        launch_command "$1" "${REQUEST_ARGS[@]}"
    else
        code=$?
        die "$code" "$ROVI_REPLY"
    fi
}

# quoted_words WORD...: prints the words so that a shell reads them again.
quoted_words() {
    local word text=
    for word in "$@"; do
        printf -v word '%q' "$word"
        text+=${text:+ }$word
    done
    printf '%s' "$text"
}

# show_start NAME: for start --dry-run, after every check: prints the command line that the start would become. The
# caller has looked, and has checked what is asked for.
show_start() {
    if [[ ${option["--variant"]-} || ${parameters[0]-} ]]; then
        launch_command "$1" "${REQUEST_ARGS[@]}"
    else
        read_declared "${UNIT["rovi-$1.service/Environment"]-}"
        plain_command "$1"
    fi
    if [[ ${option["--json"]-} ]]; then
        json_list_of_words "${COMMAND[@]}"
        put "{\"schema\":1,\"stack\":\"$1\",\"command\":$ROVI_REPLY}"
    else
        say "$1 would start: $(quoted_words "${COMMAND[@]}")"
    fi
}
