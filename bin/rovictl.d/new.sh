# shellcheck shell=bash
# new.sh: the verbs new and remove: an administrator's own stacks. stack_file.sh makes the changes.

use lib/contract lib/text lib/request lib/keys rovictl.d/verbs rovictl.d/say rovictl.d/ask \
    rovictl.d/service_user rovictl.d/launch_args rovictl.d/new_unit

# cmd_new NAME PACKAGE FILE: makes the stack NAME of a launch file, with the arguments in parameters.
cmd_new() {
    local name=$1 package=$2 file=$3 launch text='' user='' home='' workspace='' lib
    local -a wrong=()
    need_root
    check_new_words
    find_stacks
    stack_file may-add "$name"
    need_service_user
    ask_launch "$package" "$file" || die $? "$ROVI_REPLY"
    wrong_arguments "$file of $package" "${parameters[@]}"
    ((${#wrong[@]} == 0)) || die "$ROVI_EX_USAGE" "${wrong[0]}"
    lib=$(cd "$ROVI_LIB" && pwd)
    launch="$package $file${parameters[0]+ ${parameters[*]}}"
    text=$(new_unit "$name" "$lib" "${option["--description"]:-$package $file}" "$launch")
    stack_file add "$name" "$text"
    say "made the stack $name: $ROVI_SITE_UNITS/rovi-$name.service"
    [[ $text != *$'\n#Environment='* ]] ||
        say "  to let operators choose an argument, remove the \"#\" of its line there"
    say "Next: rovictl start $name"
}

# cmd_remove NAME: takes away what cmd_new has made.
cmd_remove() {
    local unit=rovi-$1.service
    need_root
    [[ -f $ROVI_SITE_UNITS/$unit ]] || need_unit "$1" # an edit may have made something else of it
    try_look "$unit" || die_of_bus
    [[ ${ACTIVE["$1"]} == @(inactive|failed) ]] ||
        die "$ROVI_EX_BUSY" "$1 runs: stop it first with 'rovictl stop $1'"
    stack_file remove "$1"
    say "removed the stack $1"
    [[ ! -d $ROVI_SITE_UNITS/$unit.d ]] || say "  its drop-ins are still there: $ROVI_SITE_UNITS/$unit.d"
}

# need_root: ends rovictl unless root runs it.
need_root() {
    ((EUID == 0)) || die "$ROVI_EX_DENIED" "not permitted: only an administrator may do that: 'sudo rovictl $verb …'"
}

# need_service_user: finds user, home and workspace; ends rovictl if there is nobody who could be asked about ROS.
need_service_user() {
    find_service_user
    [[ $user && $home && $workspace ]] ||
        die "$ROVI_EX_UNAVAILABLE" "cannot find out the service user and the workspace: 'sudo rovictl doctor' says why"
    [[ $(id -u -- "$user" 2>/dev/null) != 0 ]] ||
        die "$ROVI_EX_CONFIG" "the service user is root: ROS is not run as root"
}

# check_new_words: ends rovictl if the caller's name, package and file, or parameters, cannot be right anywhere.
check_new_words() {
    local word
    rovi_valid_name "$name" || bad_usage "$(rovi_quote "$name") is no name for a stack: take a lower-case letter, \
then up to 39 lower-case letters, digits, '-' and '_'"
    [[ $package == [A-Za-z]*([A-Za-z0-9_-]) && ${#package} -le 100 ]] ||
        bad_usage "$(rovi_quote "$package") is no name of a ROS package"
    [[ $file == [A-Za-z0-9_]*([A-Za-z0-9_.-]) && ${#file} -le 100 ]] ||
        bad_usage "$(rovi_quote "$file") is no name of a launch file: give it without a directory"
    for word in "${parameters[@]}"; do
        { [[ ${word%%:=*} == [A-Za-z_]*([A-Za-z0-9_]) ]] && request_is_value "${word#*:=}" &&
            keys_check_words "$word"; } ||
            bad_usage "$(rovi_quote "$word") is no argument: write NAME:=VALUE, \
with up to $REQUEST_VALUE printable ASCII characters, no blank, quote, dollar or backslash"
    done
    keys_check_words "$package $file ${parameters[*]}" || bad_usage "that is too long: $ROVI_REPLY"
}

# stack_file ACTION NAME [TEXT]: has stack_file.sh do it; ends rovictl with its sentence if it fails.
stack_file() {
    local status
    ROVI_REPLY=$("$ROVI_LIB/stack_file.sh" "$1" "$2" 2>&1 >/dev/null <<<"${3-}")
    status=$?
    ROVI_REPLY=${ROVI_REPLY##*stack_file.sh: } # before it, there may be words of the programs that it runs
    rovi_printable "${ROVI_REPLY%%$'\n'*}"
    ((status == 0)) || die "$status" "$ROVI_REPLY"
    [[ ! $ROVI_REPLY ]] || complain "$ROVI_REPLY"
}
