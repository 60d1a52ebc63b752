# shellcheck shell=bash
# choose.sh: which of the stacks that this project brings are installed, by the setting STACKS.

use lib/contract lib/text install/files install/permit

LEFT_OUT=() # the names of those that are not, set by choose_stacks

# choose_stacks DIR: sets LEFT_OUT to the stacks in DIR that STACKS does not name; STACKS may be empty. Without STACKS,
# it is what the last 'make install' has left out, so that an upgrade brings none of it back; the package has its
# setting in a file. Ends the program if STACKS names a stack that is not in DIR.
choose_stacks() {
    local file name chosen=''
    local -a words=() known=()
    for file in "$1"/rovi-*.service; do
        name=$(stack_of "$file") || continue
        known+=("$name")
    done
    LEFT_OUT=()
    if [[ ! ${STACKS+given} ]]; then
        [[ $PREFIX == /usr ]] || mapfile -t LEFT_OUT < <(manifest_lines '^left_out ' | cut -d' ' -f2)
        return
    fi
    IFS=$' \t\n' read -rd '' -a words <<<"$STACKS" || true
    for name in "${words[@]}"; do
        [[ " ${known[*]} " == *" $name "* ]] || die "$ROVI_EX_CONFIG" \
            "STACKS= names $(rovi_quote "$name"), and there is no such stack: choose from ${known[*]}"
        chosen+=" $name "
    done
    for name in "${known[@]}"; do
        [[ $chosen == *" $name "* ]] || LEFT_OUT+=("$name")
    done
}

# is_left_out UNIT: whether UNIT, rovi-NAME.service, is one of LEFT_OUT.
is_left_out() {
    local name=${1#rovi-}
    [[ " ${LEFT_OUT[*]} " == *" ${name%.service} "* ]]
}

# put_masks: for the package: its unit files are dpkg's, so a link to nowhere, as `systemctl mask` makes it, hides each
# one that is left out. What an administrator has put in that place stays.
put_masks() {
    local name file
    [[ $PREFIX == /usr ]] || return 0
    for name in "${LEFT_OUT[@]}"; do
        file=$ROVI_SITE_UNITS/rovi-$name.service
        if [[ ! -e $file && ! -L $file ]]; then
            run ln -s /dev/null "$file"
            changed=$((changed + 1))
        elif [[ ! $(manifest_lines "^$file\$") || ! -L $file ]]; then
            continue
        fi
        installed+=("$file")
    done
}

# is_no_mask PATH: whether PATH, which the package's manifest lists, is a stack's unit file: put_masks has made a link
# there, and 'rovictl new' has then put a file of the administrator's in its place.
is_no_mask() {
    [[ $PREFIX == /usr && $1 == "$ROVI_SITE_UNITS"/rovi-*.service && ! -L $1 && -e $1 ]]
}
