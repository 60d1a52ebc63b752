# shellcheck shell=bash
# logs.sh: the verb logs.

use lib/contract rovictl.d/ask rovictl.d/journal

# cmd_logs [NAME]: hands over to journalctl.
cmd_logs() {
    local -a args=(--quiet) # journalctl adds no lines; what it would warn about is said here
    if [[ ${1-} ]]; then need_unit "$1" gateway; else find_stacks; fi
    may_read_journal ||
        die "$ROVI_EX_DENIED" "not permitted to read the log: $(journal_hint)"
    [[ ! ${option["--follow"]-} ]] || args+=(--follow)
    [[ ! ${option["--json"]-} ]] || args+=(--output=json)
    [[ ! ${option["--lines"]-} ]] || args+=(--lines=$((10#${option["--lines"]})))
    exec journalctl "${args[@]}" --unit="rovi-${1:-*}.service"
}
