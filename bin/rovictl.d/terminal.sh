# shellcheck shell=bash
# terminal.sh: what a terminal needs: width, colours, sizes, lines that are broken between words.

# find_width [FD]: sets width and height to the terminal's. If FD, or else stdout, is not a terminal, nothing is cut
# and width is 0.
find_width() {
    width=0 height=24
    [[ -t ${1:-1} ]] || return 0
    shopt -s checkwinsize
    (:) # bash asks the terminal for COLUMNS and LINES after a child
    width=${COLUMNS:-80}
    height=${LINES:-24}
    [[ $width =~ ^[1-9][0-9]{1,3}$ ]] || width=80
    [[ $height =~ ^[1-9][0-9]{0,3}$ ]] || height=24
}

# wants_colour: whether to use colours, by --color, NO_COLOR and the terminal that find_width has found.
wants_colour() {
    local when=${option["--color"]:-auto}
    [[ $when == always || ($when == auto && $width != 0 && ! ${NO_COLOR-} && ${TERM-dumb} != dumb) ]]
}

# human_size BYTES: sets ROVI_REPLY to BYTES in K, M or G (powers of 1024) with one decimal; or to nothing.
human_size() {
    local bytes=$1 unit=1024 letter=K tenths
    ROVI_REPLY=
    [[ $bytes == +([0-9]) && ${#bytes} -lt 16 ]] || return 0 # "[not set]", or 2^64-1
    ((bytes < 1024 ** 2)) || unit=$((1024 ** 2)) letter=M
    ((bytes < 1024 ** 3)) || unit=$((1024 ** 3)) letter=G
    tenths=$((bytes * 10 / unit))
    ROVI_REPLY=$((tenths / 10)).$((tenths % 10))$letter
}

# indent LEAD WIDTH TEXT: sets ROVI_REPLY to TEXT after LEAD, broken between words to fit WIDTH.
indent() {
    local word line=$1 - IFS=' '
    set -f
    ROVI_REPLY=
    for word in $3; do
        if ((${#line} > ${#1} && ${#line} + ${#word} > $2)); then
            ROVI_REPLY+=${line% }$'\n'
            printf -v line '%*s' ${#1} ''
        fi
        line+="$word "
    done
    ROVI_REPLY+=${line% }
}
