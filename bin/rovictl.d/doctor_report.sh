# shellcheck shell=bash
# doctor_report.sh: how doctor's checks report what they have found.

use lib/text lib/json

ok() { report ok "$green" "$1" ''; }

warn() { report warn "$yellow" "$1" "$2" && warned=$((warned + 1)); }

fail() { report fail "$red" "$1" "$2" && failed=$((failed + 1)); }

# skip_unreadable PATH: skips a check of what the caller may not see; cmd_doctor says how many. Root gets a warning: it
# should see everything, unless a file system like NFS shuts it out.
skip_unreadable() {
    local way
    if ((EUID != 0)); then
        skipped=$((skipped + 1))
    else
        printf -v way 'namei -l %q' "$1"
        warn "you cannot read $1" "$way"
    fi
}

# report LEVEL COLOUR TEXT REMEDY: prints what the check in $check has found. Control characters, ASCII and C1, become
# blanks: the texts may contain what the service user has written, and root's terminal would obey them.
report() {
    local json
    rovi_printable "$3"
    set -- "$1" "$2" "$ROVI_REPLY" "$4"
    rovi_printable "$4"
    set -- "$1" "$2" "$3" "$ROVI_REPLY"
    if [[ ${option["--json"]-} ]]; then
        json="{\"schema\":1,\"check\":\"$check\",\"level\":\"$1\",\"text\":"
        json_string "$3"
        json+="$ROVI_REPLY,\"remedy\":"
        json_string "$4"
        printf '%s\n' "$json$ROVI_REPLY}"
    elif [[ $1 != ok || ! ${option["--quiet"]-} ]]; then
        printf '%s%-4s%s %s\n' "$2" "$1" "$plain" "$3"
        [[ ! $4 ]] || printf '     -> %s\n' "$4"
    fi
}
