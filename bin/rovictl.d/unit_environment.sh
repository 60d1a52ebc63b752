# shellcheck shell=bash
# unit_environment.sh: what a unit file declares for us, before systemd has read it: Environment=ROVI_… in [Service].

use lib/declared

# read_unit_environment TEXT: fills DECLARED from the text of a unit file, as systemd does (systemd.syntax(7),
# systemd.exec(5)), without drop-ins. A specifier other than %% stays as it is.
read_unit_environment() {
    local LC_ALL=C part line='' section=''
    DECLARED=()
    while IFS= read -r part; do
        part=${part#"${part%%[![:blank:]]*}"}
        [[ $part != [#\;]* ]] || continue
        line+=$part
        if [[ $line == *\\ ]]; then # it goes on in the next one
            line=${line%\\}' '
            continue
        fi
        if [[ $line == \[*\] ]]; then
            section=$line
        elif [[ $section == '[Service]' && $line == Environment*([[:blank:]])=* ]]; then
            line=${line#*=}
            take_assignments "${line#"${line%%[![:blank:]]*}"}"
        fi
        line=
    done <<<"$1"
}

# take_assignments TEXT: adds the assignments in TEXT, the value of an Environment=, to DECLARED. Quotes may stand
# anywhere in a word. An empty TEXT takes back all that was assigned before.
take_assignments() {
    local rest=$1 word
    [[ $rest ]] || DECLARED=()
    while rest=${rest#"${rest%%[![:blank:]]*}"} && [[ $rest ]]; do
        word=
        while [[ $rest && $rest != [[:blank:]]* ]]; do
            take_piece
        done
        [[ $word != ROVI_*=* ]] || DECLARED[${word%%=*}]=${word#*=}
    done
}

# take_piece: moves the next piece of the caller's rest to its word: one that is quoted, escaped or neither.
take_piece() {
    local piece quote=
    if [[ $rest == [\"\']* ]]; then
        quote=${rest:0:1} rest=${rest:1}
        while [[ $rest && $rest != "$quote"* ]]; do
            piece=${rest%%["$quote"\\]*}
            word+=${piece//%%/%}
            rest=${rest:${#piece}}
            [[ $rest != \\* ]] || { word+=${rest:1:1} && rest=${rest:2}; }
        done
        rest=${rest:1}
    elif [[ $rest == \\* ]]; then
        word+=${rest:1:1} rest=${rest:2}
    else
        piece=${rest%%[[:blank:]\"\'\\]*}
        word+=${piece//%%/%}
        rest=${rest:${#piece}}
    fi
}
