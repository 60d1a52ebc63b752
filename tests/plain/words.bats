#!/usr/bin/env bats
# The words of rovictl: help, man page and completion say the same.

load helper
setup() {
    stage
    rovictl=$STAGE/usr/local/bin/rovictl
    export SYSTEMD_UNIT_PATH=$STAGE/etc/systemd/system
    # The lists themselves, without the program.
    house rovictl.d/verbs
}

# shows WORDS...: the output must contain them all.
shows() {
    local word
    for word in "$@"; do
        [[ $output == *"$word"* ]] || {
            printf "'%s' is not in:\n%s\n" "$word" "$output"
            return 1
        }
    done
}

@test "each verb: help and man page say the same operand and options" {
    for line in "${VERBS[@]}"; do
        IFS=' ' read -r verb _ operand options <<<"$line"
        operand=${operand//+/ }
        run "$rovictl" help "$verb"
        # shellcheck disable=SC2086  # several
        shows "rovictl $verb - " "usage: rovictl $verb ${operand/#-/}" $options $COMMON_OPTIONS "examples:" \
            "rovictl $verb"
        [[ $status == 0 ]]
        output=$(grep -E "^\*$verb\*" "$TOP/man/rovictl.1.scd" | tr -d '_*')
        expected=$verb
        [[ $operand == - ]] || expected+=" $operand"
        ! takes_parameters "$options" || expected+=" [NAME:=VALUE...]"
        for option in $options; do
            case $option in
            --canary) expected+=" [--canary COUNT]" ;;
            --description) expected+=" [--description TEXT]" ;;
            --field) expected+=" [--field FIELD]" ;;
            --grep) expected+=" [--grep PATTERN]" ;;
            --lines) expected+=" [--lines COUNT]" ;;
            --priority) expected+=" [--priority LEVEL]" ;;
            --run) expected+=" [--run [RUN]]" ;;
            --since | --until) expected+=" [$option TIME]" ;;
            --service) expected+=" [--service NAME]" ;;
            --state) expected+=" [--state STATE]" ;;
            --timeout) expected+=" [--timeout SEC]" ;;
            --variant) expected+=" [--variant NAME]" ;;
            *) expected+=" [$option]" ;;
            esac
        done
        [[ $output == "$expected" ]] || {
            printf 'man:  %s\nlist: %s\n' "$output" "$expected"
            return 1
        }
    done
    run grep -cE '^\*[a-z]+\*( .*)?$' <(sed -n '/^# VERBS/,/^# OPTIONS/p' "$TOP/man/rovictl.1.scd")
    [[ $output == "${#VERBS[@]}" ]]
}

@test "each option: the man page has it, with its value" {
    for line in "${OPTIONS[@]}"; do
        IFS=' ' read -r short long value _ <<<"$line"
        expected="*$long*"
        [[ $short == - ]] || expected="*$short*, $expected"
        [[ $value == - ]] || expected+=" _${value}_"
        grep -Fxq -- "$expected" "$TOP/man/rovictl.1.scd" || {
            echo "not in the man page: $expected"
            return 1
        }
    done
}

@test "each exit code: help and man page have it" {
    codes=$(sed -n '/^readonly ROVI_EX_/,/[0-9]$/p' "$TOP/services/lib/contract.sh" | grep -oE '=[0-9]+' | tr -d =)
    [[ $codes == *124* ]]
    run "$rovictl" help
    for code in $codes; do
        grep -qE "^(\[\[|\|) +\*$code\*" "$TOP/man/rovictl.1.scd" || {
            echo "not in the man page: $code"
            return 1
        }
        [[ $output =~ (^|[^0-9])$code\  ]] || {
            echo "not in the help: $code"
            return 1
        }
    done
}

@test "each exit code has a meaning in the MCP server, and no other" {
    codes=$(sed -n '/^readonly ROVI_EX_/,/[0-9]$/p' "$TOP/services/lib/contract.sh" | grep -oE '=[0-9]+' | tr -d =)
    known=$(sed -n '/^CODES = {/,/^}/s/^ *\([0-9]*\): .*/\1/p' "$TOP/harness/mcp_server.py")
    diff <(printf '%s\n' 0 $codes | sort) <(sort <<<"$known")
}

@test "completion offers each verb, its options, and what is installed" {
    run "$rovictl" __complete ''
    for line in "${VERBS[@]}"; do
        IFS=' ' read -r verb _ operand options <<<"$line"
        shows "$verb"$'\t'
        # shellcheck disable=SC2086  # several
        [[ $("$rovictl" __complete "$verb" -- | cut -f1 | sort) == "$(printf '%s\n' $options $COMMON_OPTIONS | sort)" ]]
    done
    [[ $("$rovictl" __complete start '' | cut -f1 | xargs) == "camera localization mapping nav teleop" ]]
    [[ $("$rovictl" __complete status '' | cut -f1 | xargs) == "gateway camera localization mapping nav teleop" ]]
    [[ $("$rovictl" __complete --json stop n | cut -f1 | xargs) == nav ]]
    [[ $("$rovictl" __complete stop nav '') == "" ]]
    [[ $("$rovictl" __complete wait --state = st | cut -f1 | xargs) == "stopped starting stopping" ]]
    [[ $("$rovictl" __complete wait --state=r | cut -f1) == --state=running ]]
    [[ $("$rovictl" __complete wait --state running,f | cut -f1) == running,failed ]]
    [[ $("$rovictl" __complete gateway re | cut -f1) == restart ]]
    [[ $("$rovictl" __complete hardware o | cut -f1 | xargs) == "on off" ]]
    [[ $("$rovictl" __complete root '' | cut -f1 | xargs) == "list add remove use back" ]]
    [[ $("$rovictl" __complete root use n | cut -f1) == nav && $("$rovictl" __complete root add '') == "" ]]
    [[ $("$rovictl" __complete field '' | cut -f1 | xargs) == "service process" ]]
    [[ $("$rovictl" __complete field service rovi-m | cut -f1) == rovi-mapping ]]
    [[ $("$rovictl" __complete field process '') == "" && $("$rovictl" __complete field service rovi-nav '') == "" ]]
    [[ $("$rovictl" __complete field process x --service rovi- | cut -f1 | xargs) == rovi-gateway* ]]
    [[ $("$rovictl" __complete help dix) == "" && $("$rovictl" __complete help doc | cut -f1) == doctor ]]
}

@test "bash completes" {
    # shellcheck disable=SC2016  # for the inner bash
    PATH=$STAGE/usr/local/bin:$PATH run bash -c '
        source <(rovictl completion bash)
        COMP_WORDS=(rovictl switch m) COMP_CWORD=2
        _rovictl
        printf "%s\n" "${COMPREPLY[@]}"'
    [[ $status == 0 && $output == mapping ]]
}

@test "the man pages are those of their sources" {
    for page in rovictl.1 rovi-stack.7 rovi-executor.7 rovi-services-setup.8; do
        # All but the line with the date.
        diff <(scdoc <"$TOP/man/$page.scd" | grep -v '^\.TH') <(grep -v '^\.TH' "$TOP/man/$page")
    done
}

@test "every line of help fits a terminal of 80 columns" {
    for verb in "" $(printf '%s\n' "${VERBS[@]}" | cut -d' ' -f1); do
        # shellcheck disable=SC2086  # none or one
        run "$rovictl" help $verb
        for line in "${lines[@]}"; do
            ((${#line} <= 80)) || {
                echo "${#line}: $line"
                return 1
            }
        done
    done
}

@test "each key of a unit: the man page has it, and no other" {
    use lib/keys
    mapfile -t keys < <(for key in "${!KEYS[@]}"; do
        [[ ${KEYS["$key"]} != *stack* || $key == ROVI_ENV || $key == ROVI_ROS_WS_DIR ]] || echo "$key"
    done | sort)
    diff <(printf '%s\n' "${keys[@]}") <(grep -oE '^\*ROVI_[A-Z_]+\*,' "$TOP/man/rovi-stack.7.scd" | tr -d '*,' | sort)
}
