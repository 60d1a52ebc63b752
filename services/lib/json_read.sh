# shellcheck shell=bash
# json_read.sh: reads JSON as RFC 8259 has it, and nothing else.
#
# The text that is read comes from anybody. It never becomes an array's bare subscript, part of an
# arithmetic expression, a format or an unquoted pattern: bash would evaluate it.

# How deep a text may be nested and how many values it may have, because reading costs. A caller that reads longer texts
# sets JSON_VALUES.
readonly JSON_DEPTH=16
JSON_VALUES=500

# What json_read has found, by path: the text of a string or number, "true" or "false"; and its type:
# object, array, string, number, bool or null. The text itself is "top", and a member of it
# "top/NAME", with "~0" for a "~" in NAME and "~1" for a "/" (RFC 6901), so that no two are the same.
declare -gA JSON=() JSON_TYPE=()
JSON_PATHS=() # all paths, in the order of the text
JSON_ERROR=   # why json_read has failed
# What is still to be read: its beginning, and pieces. bash copies a variable whenever it looks at it, so a walk
# through 64 KiB character by character would take a quarter of a minute.
JSON_REST='' JSON_PIECES=() JSON_NEXT=0
readonly JSON_PIECE=512 JSON_AHEAD=64 # bytes; JSON_AHEAD is more than a number or an escape has

# json_read TEXT: reads TEXT into JSON, JSON_TYPE and JSON_PATHS; fails with JSON_ERROR.
json_read() {
    local LC_ALL=C i # bytes
    JSON=() JSON_TYPE=() JSON_PATHS=() JSON_ERROR='' JSON_REST='' JSON_PIECES=() JSON_NEXT=0
    for ((i = 0; i < ${#1}; i += JSON_PIECE)); do
        JSON_PIECES+=("${1:i:JSON_PIECE}")
    done
    json_read_is_utf8 || return
    json_read_value top 1 || return
    json_read_space
    [[ ! $JSON_REST ]] || json_read_fail "there is something behind its end"
}

# json_read_fail SENTENCE: notes the first reason, and fails.
json_read_fail() {
    JSON_ERROR=${JSON_ERROR:-$1}
    return 1
}

# json_read_is_utf8: whether JSON_PIECES are UTF-8 (RFC 3629): no overlong forms, no surrogates.
json_read_is_utf8() {
    local piece rest='' ascii tail=[$'\x80'-$'\xbf']
    for piece in "${JSON_PIECES[@]}" ''; do # the empty piece at the end finds an unfinished character
        rest+=$piece
        while [[ $rest == *[$'\x80'-$'\xff']* ]]; do
            ascii=${rest%%[$'\x80'-$'\xff']*}
            rest=${rest:${#ascii}}
            case $rest in
            [$'\xc2'-$'\xdf']$tail*) rest=${rest:2} ;;
            $'\xe0'[$'\xa0'-$'\xbf']$tail* | $'\xed'[$'\x80'-$'\x9f']$tail* | \
                [$'\xe1'-$'\xec'$'\xee'$'\xef']$tail$tail*) rest=${rest:3} ;;
            $'\xf0'[$'\x90'-$'\xbf']$tail$tail* | $'\xf4'[$'\x80'-$'\x8f']$tail$tail* | \
                [$'\xf1'-$'\xf3']$tail$tail$tail*) rest=${rest:4} ;;
            *)
                [[ $piece && ${#rest} -lt 4 ]] || json_read_fail "it is not UTF-8" || return
                continue 2
                ;;
            esac
        done
        rest=
    done
}

# json_read_ahead: adds to JSON_REST if it has become short.
json_read_ahead() {
    ((${#JSON_REST} < JSON_AHEAD && JSON_NEXT < ${#JSON_PIECES[@]})) || return
    JSON_REST+=${JSON_PIECES[JSON_NEXT]}
    JSON_NEXT=$((JSON_NEXT + 1))
}

# json_read_space: takes white space off JSON_REST.
json_read_space() {
    local space
    while json_read_ahead || [[ $JSON_REST == [$' \t\n\r']* ]]; do
        space=${JSON_REST%%[!$' \t\n\r']*}
        JSON_REST=${JSON_REST:${#space}}
    done
}

# json_read_value PATH DEPTH: takes one value off JSON_REST and notes it as PATH.
json_read_value() {
    json_read_space
    [[ ! ${JSON_TYPE["$1"]+set} ]] || json_read_fail "a name comes twice" || return
    ((${#JSON_PATHS[@]} < JSON_VALUES)) || json_read_fail "it has more than $JSON_VALUES values" || return
    (($2 <= JSON_DEPTH)) || json_read_fail "it is nested more than $JSON_DEPTH deep" || return
    JSON_PATHS+=("$1")
    case $JSON_REST in
    \{*) json_read_object "$1" "$2" ;;
    \[*) json_read_array "$1" "$2" ;;
    \"*) json_read_string && json_read_note "$1" string "$ROVI_REPLY" ;;
    [-0-9]*) json_read_number "$1" ;;
    true*) JSON_REST=${JSON_REST:4} && json_read_note "$1" bool true ;;
    false*) JSON_REST=${JSON_REST:5} && json_read_note "$1" bool false ;;
    null*) JSON_REST=${JSON_REST:4} && json_read_note "$1" null '' ;;
    *) json_read_fail "a value is missing" ;;
    esac
}

# json_read_note PATH TYPE TEXT: notes a value.
json_read_note() {
    JSON_TYPE["$1"]=$2
    JSON["$1"]=$3
}

# json_read_object PATH DEPTH: takes {"NAME":VALUE,…} off JSON_REST.
json_read_object() {
    local name
    json_read_note "$1" object ''
    JSON_REST=${JSON_REST:1}
    json_read_space
    if [[ $JSON_REST == \}* ]]; then
        JSON_REST=${JSON_REST:1}
        return
    fi
    while true; do
        json_read_space
        [[ $JSON_REST == \"* ]] || json_read_fail "a name is missing" || return
        json_read_string || return
        name=${ROVI_REPLY//\~/"~0"}
        name=${name//\//"~1"}
        json_read_space
        [[ $JSON_REST == :* ]] || json_read_fail "a colon is missing" || return
        JSON_REST=${JSON_REST:1}
        json_read_value "$1/$name" $(($2 + 1)) || return
        json_read_next '}' || return
        [[ $ROVI_REPLY == , ]] || return 0
    done
}

# json_read_array PATH DEPTH: takes [VALUE,…] off JSON_REST; the first is PATH/0.
json_read_array() {
    local index=0
    json_read_note "$1" array ''
    JSON_REST=${JSON_REST:1}
    json_read_space
    if [[ $JSON_REST == \]* ]]; then
        JSON_REST=${JSON_REST:1}
        return
    fi
    while true; do
        json_read_value "$1/$index" $(($2 + 1)) || return
        json_read_next ']' || return
        [[ $ROVI_REPLY == , ]] || return 0
        index=$((index + 1))
    done
}

# json_read_next END: takes a comma or END off JSON_REST; sets ROVI_REPLY to it.
json_read_next() {
    json_read_space
    ROVI_REPLY=${JSON_REST:0:1}
    [[ $ROVI_REPLY == , || $ROVI_REPLY == "$1" ]] || json_read_fail "a comma or $1 is missing" || return
    JSON_REST=${JSON_REST:1}
}

# json_read_number PATH: takes a number off JSON_REST. It stays text: it may be larger than bash's.
json_read_number() {
    local number=${JSON_REST%%[!-+.0-9eE]*}
    [[ ${#number} -le 60 && $number =~ ^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$ ]] ||
        json_read_fail "a number is not valid" || return
    JSON_REST=${JSON_REST:${#number}}
    json_read_note "$1" number "$number"
}

# json_read_string: takes a string off JSON_REST; sets ROVI_REPLY to its text.
json_read_string() {
    local text='' part
    JSON_REST=${JSON_REST:1}
    while true; do
        json_read_ahead
        part=${JSON_REST%%[\"\\]*}
        [[ $part != *[$'\x01'-$'\x1f']* ]] || json_read_fail "a control character is in a string" || return
        text+=$part
        JSON_REST=${JSON_REST:${#part}}
        case $JSON_REST in
        \"*)
            JSON_REST=${JSON_REST:1} ROVI_REPLY=$text
            return
            ;;
        \\*)
            json_read_ahead
            json_read_escape || return
            ;;
        *)
            ((JSON_NEXT < ${#JSON_PIECES[@]})) || json_read_fail "a string does not end" || return
            ROVI_REPLY=
            ;;
        esac
        text+=$ROVI_REPLY
    done
}

# json_read_escape: takes what begins with a backslash off JSON_REST; sets ROVI_REPLY to what it means.
json_read_escape() {
    local escape=${JSON_REST:1:1}
    case $escape in
    [\"\\/]) ROVI_REPLY=$escape ;;
    b) ROVI_REPLY=$'\b' ;;
    f) ROVI_REPLY=$'\f' ;;
    n) ROVI_REPLY=$'\n' ;;
    r) ROVI_REPLY=$'\r' ;;
    t) ROVI_REPLY=$'\t' ;;
    u)
        json_read_unicode
        return
        ;;
    *) json_read_fail "an escape is unknown" || return ;;
    esac
    JSON_REST=${JSON_REST:2}
}

# json_read_unicode: as json_read_escape, for \uXXXX and for the two of a surrogate pair.
json_read_unicode() {
    local code hex='[0-9a-fA-F]' high='\\u([dD][89abAB]..)' low='\\u([dD][c-fC-F]..)'
    [[ ${JSON_REST:0:6} =~ ^\\u($hex$hex$hex$hex)$ ]] || json_read_fail "an escape is unknown" || return
    code=$((16#${BASH_REMATCH[1]}))
    if [[ ${JSON_REST:0:12} =~ ^$high$low$ && ${JSON_REST:8:4} == $hex$hex$hex$hex ]]; then
        code=$((0x10000 + (code - 0xd800 << 10) + 16#${BASH_REMATCH[2]} - 0xdc00))
        JSON_REST=${JSON_REST:6}
    elif ((code >= 0xd800 && code <= 0xdfff)); then
        json_read_fail "half of a surrogate pair is missing" || return
    fi
    ((code != 0)) || json_read_fail "a string has a NUL" || return # which bash cannot hold
    JSON_REST=${JSON_REST:6}
    json_read_encode "$code"
}

# json_read_encode CODE: sets ROVI_REPLY to the character in UTF-8.
json_read_encode() {
    local code=$1 bytes last=$((0x80 | $1 & 0x3f)) middle=$((0x80 | $1 >> 6 & 0x3f))
    if ((code < 0x80)); then
        printf -v bytes '\\x%02x' "$code"
    elif ((code < 0x800)); then
        printf -v bytes '\\x%02x' $((0xc0 | code >> 6)) "$last"
    elif ((code < 0x10000)); then
        printf -v bytes '\\x%02x' $((0xe0 | code >> 12)) "$middle" "$last"
    else
        printf -v bytes '\\x%02x' $((0xf0 | code >> 18)) $((0x80 | code >> 12 & 0x3f)) "$middle" "$last"
    fi
    printf -v ROVI_REPLY '%b' "$bytes"
}
