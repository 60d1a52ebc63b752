# shellcheck shell=bash
# use.sh: how every script here loads what it uses, and how it ends. An entry point sources it first. Before that, it
# sets ROVI_LIB to the parent of this folder, as installed or in the checkout.

readonly VERSION=0.2.0
# rovictl.d is beside lib if this is installed, and in bin/ in the checkout.
ROVI_CTL=$ROVI_LIB
[[ -d $ROVI_CTL/rovictl.d ]] || ROVI_CTL=$ROVI_LIB/../bin

# Each function with an answer sets this, and so replaces the answer before.
ROVI_REPLY=

# use FILE...: sources each FILE.sh once, as in `use lib/bus rovictl.d/ask`. Each file begins with it, and so says what
# it uses. Reading files is half the cost of a fast verb, so this is in the C locale, which is faster.
ROVI_USED=' lib/use '
use() {
    local file LC_ALL=C
    for file in "$@"; do
        [[ $ROVI_USED != *" $file "* ]] || continue
        ROVI_USED+="$file "
        if [[ $file == rovictl.d/* ]]; then
            # shellcheck source=/dev/null
            source "$ROVI_CTL/$file.sh"
        else
            # shellcheck source=/dev/null
            source "$ROVI_LIB/$file.sh"
        fi
    done
}

# die CODE SENTENCE: says what is wrong and ends the program with CODE, before or instead of a change.
die() {
    complain "$2"
    exit "$1"
}

# complain SENTENCE: tells a person what is wrong, or the executor if that runs the verb.
complain() {
    if [[ $ROVI_RECORDS ]]; then
        record reason "$1"
    else
        printf '%s: %s\n' "${0##*/}" "$1" >&2
    fi
}

# The executor runs verbs, and must know more about their end than a person reads. It sets these: a descriptor for
# records, and the mark at the beginning of each record, which nobody else knows.
ROVI_RECORDS='' ROVI_RECORD_MARK=''
ROVI_PROGRESS=''           # not empty: it wants records of progress, too
readonly RECORD_BYTES=5000 # the longest value

# record KEY VALUE: writes a record: "reason" (several are joined), "log" (a line), "wrong" (which of the caller's words
# is wrong: stack, which, variant or parameters), "guard" and "guard_reason", "active" (a stack), "progress" (STACK
# STATE SECONDS TEXT; STATE is "-" while another unit is asked about the stack).
record() {
    [[ ! $ROVI_RECORDS ]] || printf '%s%s %s\n' "$ROVI_RECORD_MARK" "$1" "${2:0:RECORD_BYTES}" >&"$ROVI_RECORDS"
}
