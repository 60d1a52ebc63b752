# shellcheck shell=bash
# json.sh: the pieces of JSON that others write.

# json_string TEXT: sets ROVI_REPLY to TEXT as a JSON string, or null if it is empty. Bidi marks stay,
# although rovi_printable takes them out: a program reads this, and the one that shows it decides.
json_string() {
    # shellcheck disable=SC1003  # backslashes, not escapes
    local one='\' two='\\' quote='\"'
    ROVI_REPLY=$1
    if [[ $1 == *[\"\\[:cntrl:]]* ]]; then
        ROVI_REPLY=${1//"$one"/"$two"}
        ROVI_REPLY=${ROVI_REPLY//\"/"$quote"}
        ROVI_REPLY=${ROVI_REPLY//[[:cntrl:]]/ }
    fi
    ROVI_REPLY=${1:+\"$ROVI_REPLY\"}
    ROVI_REPLY=${ROVI_REPLY:-null}
}

# json_number TEXT: sets ROVI_REPLY to TEXT, or null if it is no number ("[not set]") or systemd's
# own "not set", 2^64-1.
json_number() {
    ROVI_REPLY=$1
    [[ $1 == +([0-9]) && $1 != 18446744073709551615 ]] || ROVI_REPLY=null
}

# json_time TIMESTAMP: sets ROVI_REPLY to systemctl's TIMESTAMP in the form of RFC 3339, or null.
json_time() {
    ROVI_REPLY=null
    [[ ! $1 =~ ([0-9-]+)\ ([0-9:]+)\ UTC$ ]] || ROVI_REPLY="\"${BASH_REMATCH[1]}T${BASH_REMATCH[2]}Z\""
}
