# shellcheck shell=bash
# verbs.sh: what a call asks for goes the way of rovictl's command line, through the same files.

use lib/run rovictl.d/args executor/varlink

readonly OUTPUT_MAX=8388608 # bytes of what a verb may write

# What run_rovictl leaves: the exit code, JSON objects, the sentence, lines of a log.
code=0 objects=() reason='' log_lines=()

# rovictl WORD...: what the command `rovictl WORD...` does. Ends its shell where the command would end.
rovictl() {
    take_args "$@"
    do_verb
}

# run_rovictl WORD...: the same, in a shell of its own; sets code, objects, reason and log_lines.
run_rovictl() {
    local - out said line is_log=
    objects=() reason='' log_lines=()
    rovi_open_pipe
    exec {out}< <(rovi_hold && rovictl "$@" 2>&1)
    rovi_release
    IFS= read -rN "$OUTPUT_MAX" -u "$out" said
    exec {out}<&-
    wait $!
    code=$?
    [[ $1 != logs ]] || is_log=yes
    local IFS=$'\n' # not before: the verb would have it, too
    set -f
    for line in $said; do
        case $line in
        'rovictl: '*) reason+="${reason:+; }${line#rovictl: }" ;;
        'last lines of its log:') is_log=yes ;;
        *)
            if [[ $is_log ]]; then
                log_lines+=("$line")
            elif [[ $line == \{* ]]; then
                objects+=("$line")
            else
                note "$line"
            fi
            ;;
        esac
    done
}

# stream_rovictl WORD...: answers with each object of `rovictl watch WORD...` until the caller ends the
# connection: rovictl ends with it, because it is its standard input here. Comes back only where rovictl
# has ended by itself, with code and reason.
stream_rovictl() {
    local line watch
    rovi_open_pipe
    exec {watch}< <(rovi_hold && rovictl watch --json --until-eof "$@" 2>&1 <&"$connection")
    rovi_release
    reason='' objects=() log_lines=()
    while IFS= read -ru "$watch" line; do
        case $line in
        '{"schema":1,"units":'*) reply "${line/'"schema":1,'/}" continues ;; # the whole state
        '{"id":'*) reply "$line" continues ;;
        \{*) reply "{\"units\":[$line]}" continues ;;
        *) reason=${line#rovictl: } ;;
        esac
    done
    exec {watch}<&-
    wait $!
    code=$?
    ((code != 0)) || exit 0
}
