# shellcheck shell=bash
# say.sh: what a verb prints for a person.

use lib/contract

# say TEXT: tells a person that it is done.
say() {
    [[ ${option["--quiet"]-}${option["--json"]-} ]] || put "$1"
}

# put LINE: prints what was asked for; ends rovictl if that fails.
put() {
    { printf '%s\n' "$1"; } 2>/dev/null ||
        die "$ROVI_EX_FAILED" "cannot write to standard output: is the disk full, or has the reader gone?"
}
