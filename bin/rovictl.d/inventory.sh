# shellcheck shell=bash
# inventory.sh: which robots --host means, and how ssh reaches them: names, and the groups and variables of an Ansible
# inventory. ansible-inventory(1) reads that, whatever kind it is.

use lib/contract lib/text lib/run lib/json_read rovictl.d/verbs

# Limits of an inventory: seconds to read it, bytes and values of it as JSON; and of robots at a time.
readonly INVENTORY_S=30 INVENTORY_BYTES=4194304 INVENTORY_VALUES=50000 HOSTS_MOST=1000
# What one option of ssh's may be that the inventory names: without a value, and with one, in the same word or the next.
# With any of them ssh still connects and runs the command line. -o and -F can have it run a program here, too
# (ProxyCommand), and Ansible would run that as well.
readonly SSH_FLAG='^-[46AaCKkqvXxYy]+$' SSH_VALUED='^-[BbcDFIiJLlmopRSw]'
INVENTORY='' # not empty: it is read, and JSON has it

# find_hosts LIST: sets the caller's hosts to the robots that --host=LIST means, each once, in the order of LIST. With
# an @GROUP, or if ROVI_INVENTORY is set, the inventory is read. Ends rovictl if anything in LIST means no robot.
find_hosts() {
    local item name
    local -a items found
    local -A chosen=() without=() known=()
    IFS=, read -ra items <<<"$1"
    [[ $1 != @* && $1 != *[,!]@* && ! ${ROVI_INVENTORY-} ]] || read_inventory
    hosts=()
    for item in "${items[@]}"; do
        find_item "${item#!}"
        for name in "${found[@]}"; do
            if [[ $item == !* ]]; then
                without[$name]=$item
            elif [[ ! ${chosen[$name]-} ]]; then
                chosen[$name]=yes
                hosts+=("$name")
            fi
        done
    done
    take_out
    ((${#hosts[@]})) || bad_usage "--host $(rovi_quote "$1") leaves no robot"
    ((${#hosts[@]} <= HOSTS_MOST)) ||
        bad_usage "--host $(rovi_quote "$1") means ${#hosts[@]} robots: at most $HOSTS_MOST at a time"
    for name in "${hosts[@]}"; do
        find_way "$name"
    done
}

# find_item NAME|@GROUP: sets the caller's found to its robots.
find_item() {
    found=("$1")
    [[ $1 == @* ]] || return 0
    find_group "${1#@}"
    ((${#found[@]})) || die "$ROVI_EX_USAGE" "the group ${1#@} of the inventory has no hosts"
}

# take_out: takes the robots in the caller's without from its hosts. A robot that is not there, and that the inventory
# does not have either, is a slip, and would be started all the same.
take_out() {
    local name
    local -a rest=()
    for name in "${hosts[@]}"; do
        known[${name#*@}]=yes
        [[ ${without[$name]-}${without[${name#*@}]-} ]] || rest+=("$name")
    done
    for name in "${!without[@]}"; do
        [[ ${known[${name#*@}]-} || ${without[$name]} == !@* ]] || is_in_inventory "${name#*@}" ||
            bad_usage "${without[$name]} leaves out a robot that is not there"
    done
    hosts=("${rest[@]}")
}

# is_in_inventory HOST: whether the inventory has that host, in any group.
is_in_inventory() {
    local path
    for path in "${JSON_PATHS[@]}"; do
        [[ $path != top/*/hosts/* || ${JSON["$path"]} != "$1" ]] || return 0
    done
    return 1
}

# find_group GROUP: sets the caller's found to the hosts of GROUP and of the groups in it, as the inventory orders them.
# Ends rovictl if there is no such group, or a host has a name that ssh or a reader could take for something else.
find_group() {
    local group i
    local -a groups=("$1")
    local -A walked=()
    is_group "$1" || die_of_group "$1"
    found=()
    while ((${#groups[@]})); do
        group=${groups[0]}
        groups=("${groups[@]:1}")
        [[ ! ${walked["$group"]-} ]] || continue
        walked["$group"]=yes
        for ((i = 0; ; i++)); do
            [[ ${JSON_TYPE["top/$group/hosts/$i"]-} == string ]] || break
            check_host "${JSON["top/$group/hosts/$i"]}"
            found+=("${JSON["top/$group/hosts/$i"]}")
        done
        for ((i = 0; ; i++)); do
            [[ ${JSON_TYPE["top/$group/children/$i"]-} == string ]] || break
            groups+=("${JSON["top/$group/children/$i"]}")
        done
    done
}

# is_group NAME: whether the inventory has that group; one without hosts is only a child of another.
is_group() {
    local name
    [[ $1 != _meta ]] || return
    find_groups
    for name in "${ROVI_GROUPS[@]}"; do
        [[ $name != "$1" ]] || return 0
    done
    return 1
}

# find_groups: sets ROVI_GROUPS to the names of all groups.
find_groups() {
    local path
    local -A names=()
    for path in "${JSON_PATHS[@]}"; do
        case $path in
        top/_meta* | top) ;;
        top/*/children/*) names["${JSON["$path"]:-?}"]=yes ;;
        top/*/*) ;;
        top/*) names["${path#top/}"]=yes ;;
        esac
    done
    ROVI_GROUPS=("${!names[@]}")
}

# die_of_group NAME: ends rovictl because the inventory has no such group.
die_of_group() {
    local known near
    rovi_nearest "$1" "${ROVI_GROUPS[@]}"
    near=$ROVI_REPLY
    known=$(printf '%s\n' "${ROVI_GROUPS[@]}" | sort | head -n 20 | tr '\n' ' ')
    rovi_printable "${near:+: did you mean $near?} (it has ${known% })"
    die "$ROVI_EX_USAGE" "the inventory has no group $1$ROVI_REPLY"
}

# check_host NAME: ends rovictl unless NAME, which the inventory has, can be a robot's.
check_host() {
    local LC_ALL=C
    [[ $1 =~ ^$SSH_HOST$ ]] || die "$ROVI_EX_CONFIG" "the inventory has a host named $(rovi_quote "$1"), which cannot \
be the name of a robot: letters, digits and _.:%- only, no '-' in front"
}

# read_inventory: reads the inventory into JSON. Ends rovictl if that fails.
read_inventory() {
    local text code JSON_VALUES=$INVENTORY_VALUES LC_ALL=C source=${ROVI_INVENTORY:+"-i $ROVI_INVENTORY "} wait
    command -v ansible-inventory >/dev/null || die "$ROVI_EX_UNAVAILABLE" \
        "there is no ansible-inventory, which reads the inventory: install ansible-core, or name the robots by -H a,b"
    wait=${option["--timeout"]:-$INVENTORY_S}
    [[ $wait =~ ^[1-9][0-9]?$ && $wait -lt $INVENTORY_S ]] || wait=$INVENTORY_S
    source="'ansible-inventory $source--list'"
    rovi_open_pipe
    text=$(print_inventory "$wait")
    code=$?
    rovi_heard
    [[ ! $ROVI_REPLY =~ "Failed to parse inventory: "([^.]*) ]] || ROVI_REPLY=${BASH_REMATCH[1]}
    rovi_printable "${ROVI_REPLY##*\[ERROR\]: }"
    ((${#text} < INVENTORY_BYTES)) ||
        die "$ROVI_EX_CONFIG" "the inventory has over $INVENTORY_BYTES bytes: name a smaller one in ROVI_INVENTORY"
    case $code in
    0) ;;
    124 | 137) die "$ROVI_EX_TIMEOUT" "the inventory was not read within $wait s: does $source come to its end?" ;;
    *) die "$ROVI_EX_CONFIG" "ansible-inventory cannot read the inventory (${ROVI_REPLY:0:200}): see $source" ;;
    esac
    json_read "$text" || die "$ROVI_EX_CONFIG" "what $source prints cannot be read: $JSON_ERROR"
    INVENTORY=yes
}

# print_inventory SECONDS: prints the inventory as JSON, and the end of ansible's errors into ROVI_PIPE. timeout ends
# what the inventory runs, too: it makes a process group of its own.
print_inventory() {
    {
        # Ansible refuses any other encoding.
        LC_ALL=C.UTF-8 ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED=true ANSIBLE_NOCOLOR=1 timeout --kill-after=2 "$1" \
            ansible-inventory ${ROVI_INVENTORY:+"--inventory=$ROVI_INVENTORY"} --list 2>&1 >&3 3>&- </dev/null |
            tail -c 2000 >&"$ROVI_PIPE"
        exit "${PIPESTATUS[0]}"
    } 3>&1 | head -c "$INVENTORY_BYTES"
    exit "${PIPESTATUS[0]}"
}

# find_way HOST: sets SSH_TO to what ssh calls HOST, and SSH_WORDS to the options that the inventory has for it. Ends
# rovictl if one of these variables cannot be right.
find_way() {
    local name=${1##*@} user='' word
    SSH_TO=$1 SSH_WORDS=()
    [[ $INVENTORY && ${JSON_TYPE["top/_meta/hostvars/$name"]-} ]] || return 0
    [[ $1 != *@* ]] || user=${1%@*}
    host_value ansible_connection '^(ssh|smart|paramiko|paramiko_ssh)$' "something other than ssh"
    host_value ansible_host "^$SSH_HOST$" "no host"
    SSH_TO=${ROVI_REPLY:-$name}
    host_value ansible_port '^[1-9][0-9]{0,4}$' "no port"
    [[ ! $ROVI_REPLY ]] || SSH_WORDS+=(-p "$ROVI_REPLY")
    host_value ansible_user '^[A-Za-z0-9_.][A-Za-z0-9_.@\\+-]*$' "no user"
    [[ ! $user$ROVI_REPLY ]] || SSH_WORDS+=(-l "${user:-$ROVI_REPLY}")
    host_value ansible_ssh_private_key_file '^[^[:cntrl:]]+$' "no file"
    [[ ! $ROVI_REPLY ]] || SSH_WORDS+=(-i "$ROVI_REPLY")
    host_value ansible_ssh_common_args '^[^[:cntrl:]]+$' "not words for ssh"
    split_words "$ROVI_REPLY" || bad_value ansible_ssh_common_args "$ROVI_REPLY" "a quote that is not closed"
    check_words
}

# host_value VARIABLE PATTERN WHAT: sets ROVI_REPLY to what the inventory has for the caller's name, or to nothing. Ends
# rovictl unless it is like PATTERN.
host_value() {
    local LC_ALL=C path=top/_meta/hostvars/$name/$1
    ROVI_REPLY=${JSON["$path"]-}
    [[ ! $ROVI_REPLY || $ROVI_REPLY =~ $2 ]] || bad_value "$1" "$ROVI_REPLY" "$3"
}

# bad_value VARIABLE VALUE WHAT: ends rovictl because of a variable of the caller's name.
bad_value() {
    die "$ROVI_EX_CONFIG" "the inventory has $1=$(rovi_quote "$2") for $name, which is $3: correct it there"
}

# split_words TEXT: sets the caller's word to the words of TEXT, an array: quotes and backslashes count as in a shell,
# and nothing else does. Fails if a quote is not closed.
split_words() {
    local left=$1 one='' in_word='' part
    word=()
    while [[ $left ]]; do
        case $left in
        [$' \t']*)
            [[ ! $in_word ]] || word+=("$one")
            one='' in_word='' left=${left:1}
            continue
            ;;
        \'*\'* | \"*\"*)
            part=${left:1}
            part=${part%%"${left:0:1}"*}
            one+=$part left=${left:${#part}+2}
            ;;
        [\'\"]*) return 1 ;;
        \\*) one+=${left:1:1} left=${left:2} ;;
        *) one+=${left:0:1} left=${left:1} ;;
        esac
        in_word=yes
    done
    [[ ! $in_word ]] || word+=("$one")
}

# check_words: adds the caller's word to SSH_WORDS. Ends rovictl unless they are options of ssh's and their values: any
# other word would be the host.
check_words() {
    local i
    for ((i = 0; i < ${#word[@]}; i++)); do
        SSH_WORDS+=("${word[i]}")
        [[ ! ${word[i]} =~ $SSH_FLAG ]] || continue
        [[ ${word[i]} =~ $SSH_VALUED ]] || bad_value ansible_ssh_common_args "${word[i]}" "no option for a connection"
        if ((${#word[i]} == 2)); then
            i=$((i + 1))
            [[ ${word[i]-} ]] || bad_value ansible_ssh_common_args "${word[i - 1]}" "an option without its value"
            SSH_WORDS+=("${word[i]}")
        fi
    done
}
