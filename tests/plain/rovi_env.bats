#!/usr/bin/env bats
# rovi_env.sh: what it accepts, what it refuses, and that it leaves a person's shell alone.

load helper
setup() { workspace; }

# load_env [BASH_CODE]: sources the loader in a new bash and runs BASH_CODE.
load_env() { bash -c "source '$TOP/rovi_env.sh' || exit; ${1:-:}"; }

@test "the values of the file, of ROS and of the workspace are there" {
    run load_env 'echo "$ROS_DOMAIN_ID $RMW_IMPLEMENTATION $ROS_DISTRO $AMENT_PREFIX_PATH"'
    [[ $status == 0 ]]
    [[ $output == "0 rmw_cyclonedds_cpp jazzy $ROVI_ROS_WS_DIR/install/rovi_bringup:/opt/ros/jazzy" ]]
}

@test "ROVI_ENV chooses the file" {
    ROVI_ENV=pc run load_env 'echo "$ROS_DOMAIN_ID $ROS_LOCALHOST_ONLY"'
    [[ $output == "1 1" ]]
}

@test "it leaves no function, option, alias or variable of its own behind" {
    run bash -c '
        set -o noglob; set -o errexit; shopt -s nullglob
        state() { declare -F; set +o; shopt; alias; trap; compgen -v | sort; }
        before=$(state); after=x BASH_REMATCH=x
        before=$(state)
        source "'"$TOP"'/rovi_env.sh" one two
        after=$(state)
        diff <(echo "$before") <(echo "$after")'
    echo "$output"
    # nothing but what the file, ROS and the workspace set
    expected='AMENT_PREFIX_PATH|COLCON_PREFIX_PATH|RMW_IMPLEMENTATION|RO(S|VI)_[A-Z_]*|OSTYPE'
    [[ -z $(grep '^[<>]' <<<"$output" | grep -vE "^> ($expected)\$") ]]
}

@test "it survives set -u, set -e and set -f, and keeps them" {
    for options in u e f euf; do
        run bash -c "set -$options; before=\$-; source '$TOP/rovi_env.sh'; [[ \$- == \"\$before\" ]] && echo \$-"
        echo "$options: $output"
        [[ $status == 0 && $output == *"${options:0:1}"* ]]
    done
}

@test "it does not take the arguments of the script that sources it for its own" {
    run bash -c "source '$TOP/rovi_env.sh'; echo \"\$1\"" name --extend
    [[ $output == --extend ]]
}

@test "it works in a shell with an odd IFS" {
    run bash -c "IFS=/; source '$TOP/rovi_env.sh'; echo \"\$ROS_DOMAIN_ID\""
    [[ $status == 0 && $output == 0 ]]
}

@test "sourced twice is as sourced once" {
    run load_env "source '$TOP/rovi_env.sh'; echo \"\$PATH\" | tr : '\n' | grep -c /opt/ros/jazzy/bin"
    [[ $output == 1 ]]
}

@test "the file wins over what the shell had" {
    ROS_DOMAIN_ID=7 run load_env 'echo "$ROS_DOMAIN_ID"'
    [[ $output == 0 ]]
}

@test "run instead of sourced it says so" {
    fails 78 "source it, do not run it" bash "$TOP/rovi_env.sh"
}

@test "from another shell than bash it says so" {
    command -v dash || skip "there is no dash here"
    fails 78 "source it from bash" dash -c ". '$TOP/rovi_env.sh'"
}

# refuse LINE WORDS: LINE at the end of the file is refused by file, line number and WORDS, and
# no variable of the file is set.
refuse() {
    printf '%b' "$1" >>"$ENV_FILE"
    local n
    n=$(wc -l <"$TOP/.env.robot")
    fails 78 "rovi_env.sh: $ENV_FILE:$((n + 1)): $2" load_env
    run bash -c "unset ROS_DOMAIN_ID; source '$TOP/rovi_env.sh' 2>/dev/null
        echo \"\$? \${ROS_DOMAIN_ID-unset} \$ROVI_ENV_ERROR\""
    [[ $output == "78 unset $ENV_FILE:"* ]]
}

@test "refused: export" { refuse 'export A=1' 'write KEY=value'; }
@test "refused: blank around =" { refuse 'A = 1' 'write KEY=value'; }
@test "refused: indented assignment" { refuse ' A=1' 'write KEY=value'; }
@test "refused: no =" { refuse 'just words' 'write KEY=value'; }
@test "refused: a name that starts with a digit" { refuse '1A=1' 'write KEY=value'; }
@test "refused: a name with a dash" { refuse 'A-B=1' 'write KEY=value'; }
@test "refused: +=" { refuse 'A+=1' 'write KEY=value'; }
@test "refused: array element" { refuse 'A[0]=1' 'write KEY=value'; }
@test "refused: semicolon comment" { refuse '; comment' 'write KEY=value'; }
@test "refused: variable" { refuse 'A=$HOME' 'quote a value'; }
@test "refused: variable in double quotes" { refuse 'A="$HOME"' 'quote a value'; }
@test "refused: command substitution" { refuse 'A=$(touch /tmp/x)' 'quote a value'; }
@test "refused: backticks" { refuse 'A=`id`' 'quote a value'; }
@test "refused: backslash" { refuse 'A=a\\\\b' 'quote a value'; }
@test "refused: continued line" { refuse 'A=a\\\\\nB=b' 'quote a value'; }
@test "refused: tilde" { refuse 'A=~/x' 'quote a value'; }
@test "refused: unquoted blank" { refuse 'A=a b' 'quote a value'; }
@test "refused: comment after a value" { refuse 'A=a # no' 'put the comment on a line of its own'; }
@test "refused: glob" { refuse 'A=*' 'quote a value'; }
@test "refused: semicolon" { refuse 'A=a;id' 'quote a value'; }
@test "refused: open quote" { refuse 'A="a' 'quote a value'; }
@test "refused: two quoted parts" { refuse 'A="a""b"' 'quote a value'; }
@test "refused: text after the quote" { refuse 'A="a"b' 'quote a value'; }
@test "refused: the other quote inside" { refuse "A=\"it's\"" 'quote a value'; }
@test "refused: braces" { refuse 'A={a,b}' 'quote a value'; }
@test "refused: not ASCII" { refuse 'A="\xc3\xa4"' 'only printable ASCII'; }
@test "refused: control character" { refuse 'A="\x01"' 'only printable ASCII'; }
@test "refused: Windows line end" { refuse 'A=b\r\n' 'has a carriage return'; }
@test "refused: carriage return in a comment" { refuse '# a\rEVIL=1\n' 'has a carriage return'; }
@test "refused: comment that ends in a backslash" {
    refuse '# a \\\\\nEVIL=1\n' 'a comment must not end in a backslash'
}
@test "refused: a variable that bash keeps for itself" { refuse 'UID=0' 'bash keeps UID for itself'; }
@test "refused: BASH_ENV" { refuse 'BASH_ENV=/tmp/x' 'bash keeps BASH_ENV for itself'; }

@test "refused: variables that would change the shell itself" {
    for name in PROMPT_COMMAND TMOUT GLOBIGNORE POSIXLY_CORRECT PS4 HISTFILE; do
        cp "$TOP/.env.robot" "$ENV_FILE"
        refuse "$name=x" "bash keeps $name for itself"
    done
}

@test "refused: ROBOT in a shell that ignores case" {
    ROVI_ENV=ROBOT fails 78 "ROVI_ENV is 'ROBOT'" bash -O nocasematch -c "source '$TOP/rovi_env.sh'"
}

@test "refused: a NUL byte, a byte order mark, a directory, a missing or unreadable file" {
    printf 'A=\0b\n' >"$ENV_FILE"
    fails 78 "contains a NUL byte" load_env
    printf '\xef\xbb\xbfA=b\n' >"$ENV_FILE"
    fails 78 "$ENV_FILE:1: starts with a byte order mark" load_env
    rm "$ENV_FILE"
    fails 78 "$ENV_FILE is missing: copy .env.robot" load_env
    mkdir "$ENV_FILE"
    fails 78 "$ENV_FILE is not a file that $(id -un) can read" load_env
}

@test "refused: a file that leads to another file" {
    echo ROVI_ROS_WS_DIR=/elsewhere >>"$ENV_FILE"
    fails 78 "name another file: leave them out" load_env
}

@test "a variable that is read-only in the shell is named" {
    fails 78 "ROS_DOMAIN_ID is read-only" bash -c "readonly ROS_DOMAIN_ID=5
        source '$TOP/rovi_env.sh' 2> >(grep -v 'readonly variable' >&2)"
}

@test "refused: no or wrong ROVI_ENV, no workspace" {
    ROVI_ENV=laptop fails 78 "ROVI_ENV is 'laptop': set it to robot or pc" load_env
    ROVI_ENV='' fails 78 "ROVI_ENV is ''" load_env
    ROVI_ROS_WS_DIR='' fails 78 "ROVI_ROS_WS_DIR is ''" load_env
    ROVI_ROS_WS_DIR=here fails 78 "set it to the workspace's absolute path" load_env
}

@test "no ROS 2, more than one, and the one that ROS_DISTRO names" {
    mkdir "$ROVI_ROS_ROOT/humble"
    cp "$ROVI_ROS_ROOT/jazzy/setup.bash" "$ROVI_ROS_ROOT/humble"
    fails 78 "more than one ROS 2 in $ROVI_ROS_ROOT: set ROS_DISTRO in $ENV_FILE" load_env
    ROS_DISTRO=jazzy run load_env
    [[ $status == 0 ]]
    ROS_DISTRO=foxy fails 78 "there is no ROS 2 in $ROVI_ROS_ROOT/foxy" load_env
    for name in '*' '../ros/jazzy' '*/*/*' 'jazzy '; do
        ROS_DISTRO=$name fails 78 "ROS_DISTRO is '$name': write a name, as in jazzy" load_env
    done
    rm -r "$ROVI_ROS_ROOT"
    fails 78 "there is no ROS 2 in $ROVI_ROS_ROOT: install it" load_env
}

@test "a line that no program could be started with" {
    printf 'LONG=%0100000d\n' 0 >>"$ENV_FILE"
    fails 78 ": the line is longer than 100000 characters" load_env
}

@test "where ROS is, for a caller that wants no more" {
    rm "$ROVI_ROS_WS_DIR/install/setup.bash"
    ROVI_ENV_UNTIL=ros run load_env 'echo "$ROVI_ENV_ROS ${AMENT_PREFIX_PATH-}"'
    [[ $status == 0 && $output == "$ROVI_ROS_ROOT/jazzy/setup.bash " ]]
    rm -r "$ROVI_ROS_ROOT"
    ROVI_ENV_UNTIL=ros fails 78 "there is no ROS 2 in $ROVI_ROS_ROOT: install it" load_env
}

@test "only the values, for a caller that wants no more" {
    rm "$ROVI_ROS_WS_DIR/install/setup.bash"
    ROVI_ENV_UNTIL="file" run load_env
    [[ $status == 0 ]]
    echo 'A = b' >>"$ENV_FILE"
    ROVI_ENV_UNTIL="file" fails 78 "write KEY=value" load_env
    printf 'COPIED=b\nA = b\n' >"$BATS_TEST_TMPDIR/copy" # in the place of the file, but in its name
    ROVI_ENV_UNTIL="file" ROVI_ENV_COPY=$BATS_TEST_TMPDIR/copy fails 78 "$ENV_FILE:2: write KEY=value" load_env
    ROVI_ENV_UNTIL="file" ROVI_ENV_COPY=$BATS_TEST_TMPDIR/none fails 78 "$ENV_FILE is missing" load_env
}

@test "a workspace that is not built" {
    rm "$ROVI_ROS_WS_DIR/install/setup.bash"
    fails 78 "build the workspace with colcon" load_env
}

@test "the env file cannot name a command that replaces the sourcing" {
    workspace
    printf 'ROVI_ENV_INSTEAD=true\n' >>"$ENV_FILE"
    # shellcheck source=rovi_env.sh
    source "$TOP/rovi_env.sh"
    [[ $COLCON_PREFIX_PATH == "$ROVI_ROS_WS_DIR/install" ]]
}
