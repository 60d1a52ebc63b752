# shellcheck shell=bash
# text.sh: text that comes from others, made fit for a message or a terminal.

# rovi_quote TEXT: prints TEXT for one line of a message: quoted if it is unusual, without control characters, cut. What
# can stand in single quotes as it was written does: a pattern with backslashes before its brackets is hard to read.
rovi_quote() {
    local text=${1:0:80} quoted
    printf -v quoted '%q' "$text"
    [[ $quoted == "$text" || ! $text || $text == *[![:print:]]* || $text == *[![:ascii:]]* || $text == *\'* ]] ||
        quoted="'$text'"
    printf '%s' "$quoted$( ((${#1} <= 80)) || printf …)"
}

# rovi_printable TEXT: sets ROVI_REPLY to TEXT as UTF-8, with blanks in place of what a terminal obeys: control
# characters, ASCII and C1, and bidi marks, which make it show text in another order.
rovi_printable() {
    local LC_ALL=C
    rovi_utf8 "${1//[[:cntrl:]]/ }"
    [[ $ROVI_REPLY == *[$'\xc2\xd8\xe2']* ]] || return 0
    ROVI_REPLY=${ROVI_REPLY//$'\xc2'[$'\x80'-$'\x9f']/ }
    ROVI_REPLY=${ROVI_REPLY//$'\xd8\x9c'/ }                             # U+061C
    ROVI_REPLY=${ROVI_REPLY//$'\xe2\x80'[$'\x8e\x8f'$'\xaa'-$'\xae']/ } # U+200E, U+200F, U+202A to U+202E
    ROVI_REPLY=${ROVI_REPLY//$'\xe2\x81'[$'\xa6'-$'\xa9']/ }            # U+2066 to U+2069
}

# rovi_utf8 TEXT: sets ROVI_REPLY to TEXT with U+FFFD in place of bytes that are not UTF-8 (RFC 3629).
rovi_utf8() {
    local LC_ALL=C rest=$1 mask=$1 good bad tail=[$'\x80'-$'\xbf']
    ROVI_REPLY=
    if [[ $mask == *[$'\x80'-$'\xff']* ]]; then
        # In mask, blanks replace the bytes of each good character. The other bytes above ASCII are bad. A good
        # character cannot begin within another, so the order does not matter.
        mask=${mask//[$'\xc2'-$'\xdf']$tail/  }
        mask=${mask//$'\xe0'[$'\xa0'-$'\xbf']$tail/   }
        mask=${mask//[$'\xe1'-$'\xec'$'\xee'$'\xef']$tail$tail/   }
        mask=${mask//$'\xed'[$'\x80'-$'\x9f']$tail/   }
        mask=${mask//$'\xf0'[$'\x90'-$'\xbf']$tail$tail/    }
        mask=${mask//[$'\xf1'-$'\xf3']$tail$tail$tail/    }
        mask=${mask//$'\xf4'[$'\x80'-$'\x8f']$tail$tail/    }
    fi
    while [[ $mask == *[$'\x80'-$'\xff']* ]]; do
        good=${mask%%[$'\x80'-$'\xff']*}
        mask=${mask:${#good}}
        bad=${mask%%[!$'\x80'-$'\xff']*}
        mask=${mask:${#bad}}
        ROVI_REPLY+=${rest:0:${#good}}$'\xef\xbf\xbd'
        rest=${rest:${#good}+${#bad}}
    done
    ROVI_REPLY+=$rest
}

# rovi_nearest WORD CANDIDATE...: sets ROVI_REPLY to the candidate that differs from WORD in the fewest characters (edit
# distance), if these are no more than a third of WORD; else to nothing.
rovi_nearest() {
    local word=$1 best candidate distance
    shift
    ROVI_REPLY='' best=$((${#word} / 3 + 1))
    for candidate in "$@"; do
        rovi_distance "$word" "$candidate"
        ((distance >= best)) || best=$distance ROVI_REPLY=$candidate
    done
}

# rovi_distance ONE TWO: sets the caller's distance to how many characters must be added, removed or replaced.
rovi_distance() {
    local i j left above
    local -a row
    for ((j = 0; j <= ${#2}; j++)); do
        row[j]=$j
    done
    for ((i = 1; i <= ${#1}; i++)); do
        left=$((i - 1)) row[0]=$i # left: what stood above to the left
        for ((j = 1; j <= ${#2}; j++)); do
            above=${row[j]}
            [[ ${1:i-1:1} == "${2:j-1:1}" ]] || left=$((left + 1))
            row[j]=$left
            ((row[j] <= above + 1)) || row[j]=$((above + 1))
            ((row[j] <= row[j - 1] + 1)) || row[j]=$((row[j - 1] + 1))
            left=$above
        done
    done
    distance=${row[${#2}]}
}
