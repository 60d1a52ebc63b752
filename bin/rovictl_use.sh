# shellcheck shell=bash
# rovictl_use.sh: how rovictl's libraries are read, and how they end and speak. To be sourced by what
# has verbs done, rovictl and executor.sh. ROVI_LIB is where the libraries are.

# shellcheck disable=SC2034  # both use it
readonly VERSION=0.2.0

# use LIBRARY...: sources lib/rovi/LIBRARY.sh, once. Reading them is half of what a fast verb costs: each
# verb reads what it needs, and in the C locale, which is faster.
used=()
use() {
    local library LC_ALL=C
    for library in "$@"; do
        [[ " ${used[*]-} " != *" $library "* ]] || continue
        used+=("$library")
        # shellcheck source=/dev/null
        source "$ROVI_LIB/$library.sh"
    done
}

# die CODE SENTENCE: ends rovictl, before or instead of a change.
die() {
    printf 'rovictl: %s\n' "$2" >&2
    exit "$1"
}

# say TEXT: tells a person that what was asked for is done.
say() {
    [[ ${option["--quiet"]-}${option["--json"]-} ]] || put "$1"
}

# put LINE: prints what was asked for; ends rovictl where that fails.
put() {
    { printf '%s\n' "$1"; } 2>/dev/null ||
        die "$ROVI_EX_FAILED" "cannot write to standard output: is the disk full, or the reader gone?"
}

# do_verb: hands over to the verb that take_args has found.
do_verb() {
    use "rovictl_$library"
    "cmd_$verb" ${operand:+"$operand"} ${second:+"$second"}
}
