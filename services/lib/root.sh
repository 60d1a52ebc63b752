# shellcheck shell=bash
# root.sh: other root file systems than the host's, in which stacks can run (ROVI_ROOT of a unit). Each is a directory
# tree, ROVI_ROOTS/NAME. Only root can look into them: a setuid program there is nobody's way to more rights.

use lib/contract lib/text lib/launch

# What it was made of and its size in bytes, on a line; in the tree, so that both come and go together.
readonly ROOT_NOTE=.rovi-root
# In the tree: its own build of the workspace. The host's home covers the place where it was built.
readonly ROOT_BUILD=.rovi-install
# Where programs are, as systemd's PATH names them.
readonly ROOT_PATH='usr/local/sbin usr/local/bin usr/sbin usr/bin sbin bin'
# What runs in the root: run_stack.sh, check_health.sh and what they run.
readonly ROOT_NEEDS="bash cut logger mkdir sleep sort $LAUNCH_NEEDS"
# By the machine number of an ELF header: processors that robots have.
declare -grA ROOT_PROCESSORS=([3e00]=x86_64 [b700]=aarch64 [2800]=arm [f300]=riscv64 [0300]=i386)

# root_units STACK: sets the caller's units to those that run the ROS of STACK. The stack itself comes last.
root_units() {
    units=("rovi-health@$1.service" "rovi-guard@$1.service" "rovi-$1.service")
}

# root_find TREE PATH: sets ROVI_REPLY to where PATH is, with every link taken as it would be with TREE as the root file
# system. Fails if it is not there.
root_find() {
    local tree=$1 rest=$2/ at='' part link hops=0
    while [[ $rest ]]; do
        part=${rest%%/*} rest=${rest#*/}
        case $part in
        '' | .) continue ;;
        ..) at=${at%/*} && continue ;;
        esac
        if [[ ! -L $tree$at/$part ]]; then
            at+=/$part
            [[ -e $tree$at ]] || return
            continue
        fi
        ((++hops < 40)) && link=$(readlink -- "$tree$at/$part") || return
        [[ $link != /* ]] || at=
        rest=$link/$rest
    done
    ROVI_REPLY=$tree$at
}

# root_program TREE NAME: sets ROVI_REPLY to the program NAME in TREE. Fails if there is none.
root_program() {
    local place
    for place in $ROOT_PATH; do
        [[ -e $1/$place/$2 || -L $1/$place/$2 || -L $1/$place ]] || continue
        root_find "$1" "$place/$2" && [[ -f $ROVI_REPLY && -x $ROVI_REPLY ]] && return
    done
    return 1
}

# root_ros TREE: sets ROVI_REPLY to the names of the ROS 2 releases in TREE, with blanks between them.
root_ros() {
    local ros name names=''
    root_find "$1" opt/ros && ros=$ROVI_REPLY || ros=$1/none
    for name in "$ros"/*; do
        name=${name##*/}
        [[ $name == +([A-Za-z0-9_.-]) ]] || continue
        ! root_find "$1" "opt/ros/$name/setup.bash" || [[ ! -f $ROVI_REPLY ]] || names+="${names:+ }$name"
    done
    ROVI_REPLY=$names
}

# root_lacks TREE: sets ROVI_REPLY to all that TREE lacks, as the object of a sentence, or to nothing.
root_lacks() {
    local need missing='' packages='' lacks=''
    for need in $ROOT_NEEDS; do
        ! root_program "$1" "$need" || continue
        missing+="${missing:+, }$need"
        root_package "$need"
        [[ " $packages " == *" $ROVI_REPLY "* ]] || packages+="${packages:+ }$ROVI_REPLY"
    done
    lacks=${missing:+"$missing (Debian's packages: $packages)"}
    root_ros "$1"
    [[ $ROVI_REPLY ]] || lacks+="${lacks:+ and }a ROS 2 (/opt/ros/NAME/setup.bash)"
    ROVI_REPLY=$lacks
}

# root_package PROGRAM: sets ROVI_REPLY to Debian's package of a program in ROOT_NEEDS.
root_package() {
    case $1 in
    busctl | systemctl | systemd-notify) ROVI_REPLY=systemd ;;
    flock) ROVI_REPLY=util-linux ;;
    logger) ROVI_REPLY=bsdutils ;;
    bash | grep) ROVI_REPLY=$1 ;;
    *) ROVI_REPLY=coreutils ;;
    esac
}

# root_processor FILE: sets ROVI_REPLY to the processor that the program FILE is for. Fails if it is no ELF program.
root_processor() {
    local -a byte
    # Not < <(…), here and below: bash does not wait for that, and systemd would find it left over from ExecStartPre=.
    read -ra byte <<<"$(od -An -tx1 -w20 -N20 -- "$1")"
    [[ ${byte[*]:0:4} == '7f 45 4c 46' && ${byte[19]-} ]] || return
    ROVI_REPLY=${byte[18]}${byte[19]}
    ROVI_REPLY=${ROOT_PROCESSORS["$ROVI_REPLY"]:-"number 0x${byte[19]}${byte[18]}"}
}

# root_check TREE NAME: whether a stack can run in TREE, which a sentence calls NAME. If not, ROVI_REPLY says why.
root_check() {
    local here program
    if ! root_program "$1" bash; then
        root_lacks "$1"
        ROVI_REPLY="$2 lacks $ROVI_REPLY: install that in it"
        return 1
    fi
    program=$ROVI_REPLY
    root_processor /bin/bash && here=$ROVI_REPLY || here=unknown
    root_processor "$program" || ROVI_REPLY=unknown
    if [[ $ROVI_REPLY != "$here" ]]; then
        ROVI_REPLY="$2 is for another processor ($ROVI_REPLY) than this robot's ($here): make it of an image for $here"
        return 1
    fi
    root_lacks "$1"
    [[ $ROVI_REPLY ]] || return 0
    ROVI_REPLY="$2 lacks $ROVI_REPLY: install that in it"
    return 1
}

# root_safe DIR: whether nobody but root can put anything into the place of DIR or directly into it. If not, ROVI_REPLY
# says why.
root_safe() {
    local dir=$1 owner mode
    local -a dirs=(/)
    ROVI_REPLY="$dir, or a directory above it, is a link: put a directory there, or mount one"
    [[ $(realpath -e -- "$dir" 2>/dev/null) == "$dir" ]] || return
    while [[ $dir ]]; do
        dirs+=("$dir")
        dir=${dir%/*}
    done
    while read -r owner mode dir; do
        ROVI_REPLY="users other than root can write in $dir: run 'sudo chown root $dir', then 'sudo chmod go-w $dir'"
        [[ $owner == 0 ]] && (((8#$mode & 8#22) == 0)) || return
    done <<<"$(stat -c '%u %a %n' -- "${dirs[@]}")"
}

# root_problem ROOT: for root: whether something is wrong with ROOT, the value of a ROVI_ROOT. If so, ROVI_REPLY says
# what, with what to do; else it fails.
root_problem() {
    local name=${1##*/}
    if [[ $1 != "$ROVI_ROOTS/$name" ]] || ! rovi_valid_name "$name"; then
        ROVI_REPLY="ROVI_ROOT=$(rovi_quote "$1") is not below $ROVI_ROOTS: 'sudo rovictl root add' puts it there"
    elif [[ ! -e $1 && ! -L $1 ]]; then
        ROVI_REPLY="the root $name is missing: 'sudo rovictl root list' shows which there are, \
and 'sudo rovictl root use' sets another"
    elif [[ ! -L $1 && ! -d $1 ]]; then
        ROVI_REPLY="the root $name is not a directory: 'sudo rm $1', and add it again"
    elif ! root_safe "$1"; then
        return 0
    elif [[ ! -f $1/$ROOT_NOTE || -L $1/$ROOT_NOTE ]]; then
        ROVI_REPLY="the root $name was not made by 'sudo rovictl root add': move it elsewhere, and add it from there"
    else
        ! root_check "$1" "the root $name"
    fi
}
