# shellcheck shell=bash
# session.sh: the session file, which tells others on the robot which stack runs.

use lib/contract lib/run

# launch_session SUBJECT OWNER: under the session lock, writes SUBJECT into the session file. If SUBJECT is empty,
# removes the file if OWNER wrote it; if OWNER is empty, too, removes it whoever wrote it. If it fails, the failed
# command has said why on stderr.
launch_session() {
    local subject=$1 owner=$2 lock
    local file=${HOME-}/$ROVI_SESSION
    rovi_make_lock "$ROVI_SESSION_LOCK" && exec {lock}<>"$ROVI_SESSION_LOCK" && flock -w 5 "$lock" || return
    if [[ $subject ]]; then
        # The owner comes first: if this is killed halfway, the clean-up still recognizes its own file.
        printf '%s\n' "$owner" >"$ROVI_SESSION_LOCK" && { [[ -d ${file%/*} ]] || mkdir -p "${file%/*}"; } &&
            { [[ ! -e $file.new && ! -L $file.new ]] || rm -f "$file.new"; } &&
            printf '%s\n' "$subject" >"$file.new" && mv -fT "$file.new" "$file" || return
    elif [[ -z $owner || $owner == "$(<"$ROVI_SESSION_LOCK")" ]]; then
        rm -f "$file" || return
    fi
    exec {lock}>&-
}
