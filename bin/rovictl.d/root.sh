# shellcheck shell=bash
# root.sh: the verb root: other root file systems for stacks. What a root is, and whether it is fit: lib/root.sh.

use lib/contract lib/text lib/run lib/bus lib/declared lib/json lib/root rovictl.d/verbs rovictl.d/say rovictl.d/ask \
    rovictl.d/root_files

readonly ROOT_HOST=host # stands for the host's own root

# check_root ACTION WORD...: ends rovictl if the operands cannot be right on any robot.
check_root() {
    local action=$1 words
    case $action in
    list) words=0 ;;
    add) words=2 ;;
    remove) words=1 ;;
    use) words=2 ;;
    back) words=1 ;;
    *) bad_usage "root takes one of $ROOT_ACTIONS, not $(rovi_quote "$action")" ;;
    esac
    shift
    (($# == words)) || bad_usage "root $action takes $words word$( ((words == 1)) || printf s), not $#"
    [[ $action == list || ! ${option["--json"]-} ]] || bad_usage "--json is for 'root list' only"
    case $action in
    add | remove) check_root_name "$1" ;;
    use) [[ $2 == "$ROOT_HOST" ]] || check_root_name "$2" ;;
    esac
}

# check_root_name NAME: ends rovictl unless NAME can be a root's.
check_root_name() {
    rovi_valid_name "$1" && [[ $1 != "$ROOT_HOST" ]] ||
        die "$ROVI_EX_USAGE" "no root can be named $(rovi_quote "$1"): use a lower-case letter, \
then lower-case letters, digits, '-' and '_'; '$ROOT_HOST' is the host's own"
}

cmd_root() {
    local action=$1
    shift
    ((EUID == 0)) ||
        die "$ROVI_EX_DENIED" "not permitted: only an administrator may do that: 'sudo rovictl root $action${*:+ $*}'"
    find_stacks
    "root_$action" "$@"
}

# look_at_roots: fills the caller's used, by root: the stacks that are set to it.
look_at_roots() {
    local name root
    try_look "$ROVI_GATEWAY" "${stacks[@]/#/rovi-}" || die_of_bus
    used=()
    for name in "${stacks[@]}"; do
        read_declared "${UNIT["rovi-$name.service/Environment"]-}"
        root=${DECLARED[ROVI_ROOT]-}
        root=${root##*/}
        [[ ! $root ]] || used["$root"]+="${used["$root"]:+ }$name"
    done
}

# root_of STACK: sets ROVI_REPLY to the root that STACK is set to, or to "host".
root_of() {
    try_look "rovi-$1.service" || die_of_bus
    read_declared "${UNIT["rovi-$1.service/Environment"]-}"
    ROVI_REPLY=${DECLARED[ROVI_ROOT]-}
    ROVI_REPLY=${ROVI_REPLY##*/}
    ROVI_REPLY=${ROVI_REPLY:-"$ROOT_HOST"}
}

# root_runs NAME: whether a process runs in the root NAME. /proc/PID/mountinfo (proc_pid_mountinfo(5)) says of a mount
# which directory of its file system it shows; the roots may have a file system of their own.
root_runs() {
    local shows at file
    for file in /proc/[0-9]*/mountinfo; do
        while read -r _ _ _ shows at _; do
            [[ $at != / || $shows != @(*/roots|)/"$1" ]] || return 0
        done <"$file"
    done 2>/dev/null
    return 1
}

# ---- list, remove ---------------------------------------------------------------------------------

root_list() {
    local path name kind size ros problem
    local -A used=()
    look_at_roots
    [[ ${option["--json"]-} ]] || put "$(printf '%-20s %-7s %8s  %-16s %s' NAME KIND SIZE ROS 'USED BY')"
    for path in "$ROVI_ROOTS"/*; do
        name=${path##*/}
        rovi_valid_name "$name" || continue
        kind=- size=0 problem=''
        [[ ! -d $path ]] || ! rovi_read_file "$path/$ROOT_NOTE" 100 || read -r kind size <<<"$ROVI_REPLY"
        [[ $kind == +([a-z]) && $size == +([0-9]) ]] || kind=- size=0
        ! root_problem "$path" || problem=$ROVI_REPLY
        root_ros "$path"
        ros=$ROVI_REPLY
        root_line
    done
}

# root_line: prints the root that the caller's variables describe.
root_line() {
    local json
    if [[ ! ${option["--json"]-} ]]; then
        size=$(numfmt --to=iec "$size" 2>/dev/null)
        put "$(printf '%-20s %-7s %8s  %-16s %s' "$name" "$kind" "$size" "${ros:--}" "${used[$name]:--}")"
        [[ ! $problem ]] || put "    $problem"
        return
    fi
    json_string "$problem"
    [[ $problem ]] || ROVI_REPLY=null
    json="\"problem\":$ROVI_REPLY"
    json_string "$path"
    json="{\"schema\":1,\"root\":\"$name\",\"path\":$ROVI_REPLY,\"kind\":\"$kind\",\"bytes\":$size,$json"
    root_words "$ros"
    json+=",\"ros\":$ROVI_REPLY"
    root_words "${used[$name]-}"
    put "$json,\"used_by\":$ROVI_REPLY}"
}

# root_words LIST: sets ROVI_REPLY to an array of the words in LIST, none of which has to be escaped.
root_words() {
    ROVI_REPLY="[${1:+\"${1// /\",\"}\"}]"
}

root_remove() {
    local path=$ROVI_ROOTS/$1 old
    local -A used=()
    need_roots
    [[ -e $path || -L $path ]] ||
        die "$ROVI_EX_USAGE" "there is no root $1: 'sudo rovictl root list' shows which there are"
    look_at_roots
    [[ ! ${used[$1]-} ]] || die "$ROVI_EX_BUSY" "the root $1 is used by ${used[$1]// / and }: \
'sudo rovictl root use ${used[$1]%% *} $ROOT_HOST' takes it back to the host's own"
    ! root_runs "$1" ||
        die "$ROVI_EX_BUSY" "a process still runs in the root $1: stop the stack first with 'rovictl stop'"
    # First its name, then the rest: whatever interrupts this, no half root counts.
    if ! old=$(mktemp -d "$ROVI_ROOTS/.old.XXXXXX") || ! mv -T -- "$path" "$old/root" ||
        ! rm -rf --one-file-system -- "$old"; then
        die "$ROVI_EX_FAILED" "cannot remove all of the root $1: see 'sudo ls -la $ROVI_ROOTS'"
    fi
    say "the root $1 is removed"
}

# root_add NAME SOURCE
root_add() {
    use rovictl.d/root_add
    add_root "$@"
}

# ---- use, back ------------------------------------------------------------------------------------

# root_use STACK NAME: has STACK start in the root NAME from the next start on.
root_use() {
    local stack=$1 root=$2 before
    need_unit "$stack"
    need_roots
    root_of "$stack"
    before=$ROVI_REPLY
    if [[ $root == "$ROOT_HOST" ]]; then
        drop_root "$stack"
    else
        ! root_problem "$ROVI_ROOTS/$root" || die "$ROVI_EX_CONFIG" "$ROVI_REPLY"
        put_root "$stack" "$ROVI_ROOTS/$root"
    fi
    [[ $before == "$root" ]] || printf '%s\n' "$before" >"$ROVI_ROOTS/.before.$stack" ||
        complain "cannot note in $ROVI_ROOTS what $stack ran in before: 'root back' will not know it"
    rovi_manager Reload || die_of_bus
    root_of "$stack"
    [[ $ROVI_REPLY == "$root" ]] || die "$ROVI_EX_CONFIG" "$stack is still set to $ROVI_REPLY: \
a drop-in of your own sets ROVI_ROOT or RootDirectory=; 'systemctl cat rovi-$stack' shows it"
    [[ $root == "$ROOT_HOST" ]] && root="the host's own root" || root="the root $root"
    case ${ACTIVE[$stack]-} in
    active | *ing) say "$stack runs, and goes on where it is: its next start is in $root" ;;
    *) say "$stack starts in $root" ;;
    esac
}

# root_back STACK: takes STACK back to the root that it was set to before.
root_back() {
    need_unit "$1"
    rovi_read_file "$ROVI_ROOTS/.before.$1" 60 || ROVI_REPLY=
    rovi_valid_name "$ROVI_REPLY" ||
        die "$ROVI_EX_USAGE" "it is not known what $1 ran in before: say it with 'sudo rovictl root use $1 NAME'"
    root_use "$1" "$ROVI_REPLY"
}
