# shellcheck shell=bash
# failure.sh: the first process of a launch that died, for a program.

use lib/json lib/status_text

# failure_json TEXT: sets ROVI_REPLY to the failure in TEXT, see status_text.sh, as an object; or to null.
failure_json() {
    local json
    if ! failure_read "$1"; then
        ROVI_REPLY=null
        return
    fi
    json_string "$FAILURE_SIGNAL"
    json="{\"process\":\"$FAILURE_PROCESS\",\"exit_code\":${FAILURE_CODE:-null},\"signal\":$ROVI_REPLY"
    json_string "$FAILURE_LINE"
    ROVI_REPLY="$json,\"line\":$ROVI_REPLY}"
}
