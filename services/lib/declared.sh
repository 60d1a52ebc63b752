# shellcheck shell=bash
# declared.sh: what a unit file and its drop-ins declare for us, Environment=ROVI_…, as systemd tells everybody.

# By variable: what a unit declares.
declare -gA DECLARED=()

# read_declared TEXT: fills DECLARED from what `systemctl show` prints as a unit's Environment: words
# with blanks between them. A word with a special character is in double quotes; quotes, dollars and
# backslashes in it then have a backslash in front, and a tab or the like is written as in C.
read_declared() {
    local LC_ALL=C rest=$1 word piece # C: bash is faster with bytes
    DECLARED=()
    while [[ $rest ]]; do
        if [[ $rest != \"* ]]; then
            word=${rest%% *} rest=${rest:${#word}+1}
        else
            word='' rest=${rest:1}
            while [[ $rest == *[\"\\]* ]]; do
                piece=${rest%%[\"\\]*}
                rest=${rest:${#piece}}
                word+=$piece
                [[ $rest != \"* ]] || break
                piece=${rest:1:1}
                [[ $piece != [abfnrtv] ]] || printf -v piece '%b' "\\$piece"
                word+=$piece rest=${rest:2}
            done
            rest=${rest:2}
        fi
        [[ $word != ROVI_*=* ]] || DECLARED[${word%%=*}]=${word#*=}
    done
}
