# shellcheck shell=bash
# session.sh: the session file, which says to others on the robot which stack runs.

use lib/contract lib/run

# launch_session SUBJECT OWNER: under the session lock, makes the session file hold SUBJECT, or
# removes it where SUBJECT is empty and OWNER wrote it (any owner where OWNER is empty, too).
# Fails with the failed command's words on stderr.
launch_session() {
    local subject=$1 owner=$2 lock
    local file=${HOME-}/$ROVI_SESSION
    rovi_make_lock "$ROVI_SESSION_LOCK" && exec {lock}<>"$ROVI_SESSION_LOCK" && flock -w 5 "$lock" || return
    if [[ $subject ]]; then
        # The owner first: if this is killed half way, the clean-up still knows its own.
        printf '%s\n' "$owner" >"$ROVI_SESSION_LOCK" && { [[ -d ${file%/*} ]] || mkdir -p "${file%/*}"; } &&
            { [[ ! -e $file.new && ! -L $file.new ]] || rm -f "$file.new"; } &&
            printf '%s\n' "$subject" >"$file.new" && mv -fT "$file.new" "$file" || return
    elif [[ -z $owner || $owner == "$(<"$ROVI_SESSION_LOCK")" ]]; then
        rm -f "$file" || return
    fi
    exec {lock}>&-
}
