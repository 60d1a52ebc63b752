# shellcheck shell=bash
# declared.sh: what a unit file declares for us, Environment=ROVI_…, drop-ins included, as systemd tells it to everybody.

# By variable: what a unit declares.
declare -gA DECLARED=()

# read_declared TEXT: fills DECLARED from what `systemctl show` prints as a unit's Environment: words
# with blanks between them, in double quotes where they have any special character (quotes,
# dollars and backslashes in them then have a backslash in front).
read_declared() {
    local rest=$1 word piece
    DECLARED=()
    while [[ $rest ]]; do
        word=
        if [[ $rest == \"* ]]; then
            rest=${rest:1}
            while [[ $rest == *[\"\\]* ]]; do
                piece=${rest%%[\"\\]*}
                rest=${rest:${#piece}}
                word+=$piece
                [[ $rest != \"* ]] || break
                word+=${rest:1:1} rest=${rest:2}
            done
            rest=${rest:1}
        else
            word=${rest%% *} rest=${rest:${#word}}
        fi
        rest=${rest# }
        [[ $word != ROVI_*=* ]] || DECLARED[${word%%=*}]=${word#*=}
    done
}
