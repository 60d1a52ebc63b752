# shellcheck shell=bash
# use.sh: how every script here gets what it uses, and how one ends. The first that an entry point sources; it sets
# ROVI_LIB before, the directory of this folder's parent, as installed or in the checkout.

readonly VERSION=0.2.0
# rovictl.d lies beside lib where it is installed, and in bin/ in the checkout.
ROVI_CTL=$ROVI_LIB
[[ -d $ROVI_CTL/rovictl.d ]] || ROVI_CTL=$ROVI_LIB/../bin

# What a function with an answer sets. The next one sets it, too.
ROVI_REPLY=

# use FILE...: sources FILE.sh, once, as in `use lib/bus rovictl.d/ask`. Each file says by it, first, what it uses. To
# read files is half of what a fast verb costs, so this is in the C locale, which is faster.
used=' lib/use '
use() {
    local file LC_ALL=C
    for file in "$@"; do
        [[ $used != *" $file "* ]] || continue
        used+="$file "
        if [[ $file == rovictl.d/* ]]; then
            # shellcheck source=/dev/null
            source "$ROVI_CTL/$file.sh"
        else
            # shellcheck source=/dev/null
            source "$ROVI_LIB/$file.sh"
        fi
    done
}

# die CODE SENTENCE: ends the program with CODE, before or instead of a change.
die() {
    complain "$2"
    exit "$1"
}

# complain SENTENCE: tells a person what is wrong; or the executor, if that has the verb done.
complain() {
    if [[ $ROVI_RECORDS ]]; then
        record reason "$1"
    else
        printf '%s: %s\n' "${0##*/}" "$1" >&2
    fi
}

# The executor has verbs done and must know more of their end than a person reads. It sets these: a descriptor for
# records, and the mark that each begins with, which nobody else knows.
ROVI_RECORDS='' ROVI_RECORD_MARK=''
readonly RECORD_BYTES=5000 # the longest value

# record KEY VALUE: notes one such thing: "reason" (several are joined), "log" (a line), "wrong" (what the caller has given
# that cannot be: stack, which, variant or parameters), "guard" and "guard_reason", "active" (a stack).
record() {
    [[ ! $ROVI_RECORDS ]] || printf '%s%s %s\n' "$ROVI_RECORD_MARK" "$1" "${2:0:RECORD_BYTES}" >&"$ROVI_RECORDS"
}
