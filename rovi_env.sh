# shellcheck shell=bash
# rovi_env.sh: the one loader of ROVI's environment, for ~/.bashrc and for the units alike.
#
#     export ROVI_ROS_WS_DIR=~/rovi_ros_ws ROVI_ENV=robot
#     source /usr/local/lib/rovi/rovi_env.sh
#
# Loads $ROVI_ROS_WS_DIR/.env.$ROVI_ENV (ROVI_ENV is robot or pc), then ROS 2, then the
# workspace. ROS 2 is /opt/ros/$ROS_DISTRO, or without ROS_DISTRO the only one in /opt/ros.
# ROVI_ROS_ROOT replaces /opt/ros.
#
# The file's variables are exported and replace those of the shell. Returns 0, or 78 with one sentence on stderr and
# in ROVI_ENV_ERROR. Leaves nothing else behind: no function, no shell option, no variable but those of the file, of
# ROS and of the workspace.
#
# For a caller that only wants to know: with ROVI_ENV_UNTIL=file it stops after the file; with ROVI_ENV_UNTIL=ros it
# stops after the search for ROS 2, whose setup.bash is then named by ROVI_ENV_ROS. ROVI_ENV_COPY is a copy of the file
# to read in its place. ROVI_ENV_TAKEN is a command: it succeeds with each name that the file must not set.
# ROVI_ENV_INSTEAD is a command: with ROS's setup.bash as its argument, it may set what ROS and the workspace would; if
# it fails, they are sourced.
#
# The file is read, not run. Its grammar is what systemd's EnvironmentFile= (systemd.exec(5))
# and bash read the same way: empty lines, lines that start with '#', and
#     KEY=value                     letters, digits and _ . , : / @ % + = -
#     KEY="value" or KEY='value'    printable ASCII, but none of " ' ` $ \

if [ -z "${BASH_VERSION-}" ]; then
    echo "rovi_env.sh: source it from bash" >&2
    return 78
elif [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    echo "rovi_env.sh: source it, do not run it: source ${BASH_SOURCE[0]}" >&2
    exit 78
fi

# _rovi_env_fail SENTENCE: prints SENTENCE, keeps it for the caller, and fails.
_rovi_env_fail() {
    # shellcheck disable=SC2034  # for the caller
    ROVI_ENV_ERROR=$1
    printf 'rovi_env.sh: %s\n' "$1" >&2
    return 78
}

# _rovi_env_check_file FILE SOURCE: fails unless SOURCE, FILE or its copy, is a readable text file.
_rovi_env_check_file() {
    local _rovi_text LC_ALL=C _rovi_dir=${2%/*}
    while [[ ! -e $2 && $_rovi_dir && ! -e $_rovi_dir ]]; do
        _rovi_dir=${_rovi_dir%/*} # a directory in one that is closed is not seen, either
    done
    if [[ ! -e $2 && -d $_rovi_dir && ! -x $_rovi_dir ]]; then
        _rovi_env_fail "$(id -un) cannot look for $1 in $_rovi_dir: its owner runs 'chmod a+x $_rovi_dir'"
    elif [[ ! -e $2 ]]; then
        _rovi_env_fail "$1 is missing: copy ${1##*/} there from the ROVI services checkout"
    elif [[ ! -f $2 || ! -r $2 ]]; then
        _rovi_env_fail "$1 is not a file that $(id -un) can read: fix its type, owner or mode"
    elif IFS= read -rd '' _rovi_text <"$2"; then
        _rovi_env_fail "$1 contains a NUL byte: make it a plain text file"
    elif [[ $_rovi_text == $'\xef\xbb\xbf'* ]]; then
        _rovi_env_fail "$1:1: starts with a byte order mark: save it as plain text"
    fi
}

# _rovi_env_take_line WHERE LINE: adds LINE to the caller's _rovi_set if it is an assignment. Fails, and names
# WHERE, if LINE is not of the grammar above. It uses patterns, because regular expressions would cost more here
# than all the rest.
_rovi_env_take_line() {
    local LC_ALL=C _rovi_key _rovi_value _rovi_text
    # With a longer environment variable no program could start (MAX_ARG_STRLEN, execve(2)).
    ((${#2} < 100000)) || _rovi_env_fail "$1: the line is longer than 100000 characters: shorten it" || return
    _rovi_key=${2%%=*} _rovi_value=${2#*=} _rovi_text=${2#"${2%%[![:blank:]]*}"}
    _rovi_value=${_rovi_value%"${_rovi_value##*[![:blank:]]}"}
    if [[ $2 == *$'\r'* ]]; then
        # For systemd, it ends a line even in the middle of a comment.
        _rovi_env_fail "$1: has a carriage return: save the file with Unix line endings"
    elif [[ ! $_rovi_text ]]; then
        return 0
    elif [[ $_rovi_text == '#'* ]]; then
        # Before systemd 254, such a comment goes on in the next line.
        [[ $2 != *\\ ]] || _rovi_env_fail "$1: a comment must not end in a backslash"
    elif [[ $2 != [A-Za-z_]*=* || $_rovi_key == *[!A-Za-z0-9_]* ]]; then
        _rovi_env_fail "$1: write KEY=value, without export and without blanks around KEY"
    elif _rovi_env_is_bash "$_rovi_key"; then
        _rovi_env_fail "$1: bash keeps $_rovi_key for itself: use another name"
    elif [[ $_rovi_taken ]] && "$_rovi_taken" "$_rovi_key"; then
        _rovi_env_fail "$1: ROVI's own scripts use the name $_rovi_key: use another name"
    elif [[ $_rovi_value == *[!$'\t'\ -~]* ]]; then
        _rovi_env_fail "$1: only printable ASCII is allowed in a value"
    elif [[ ${_rovi_value%%[\"\']*} == *[[:blank:]]'#'* ]]; then
        _rovi_env_fail "$1: put the comment on a line of its own"
    elif [[ ! $_rovi_value || $_rovi_value != *[!A-Za-z0-9_.,:/@%+=-]* ]] || _rovi_env_is_quoted "$_rovi_value"; then
        _rovi_set+=("$_rovi_key=$_rovi_value")
    else
        _rovi_env_fail "$1: quote a value with characters other than letters, digits and _.,:/@%+=-; \
it cannot have a dollar, backtick, backslash or second kind of quote, because nothing is expanded"
    fi
}

# _rovi_env_is_bash NAME: whether bash keeps the variable NAME for itself.
_rovi_env_is_bash() {
    case $1 in
    BASH* | _ | DIRSTACK | EPOCH* | EUID | FUNCNAME | GLOBIGNORE | GROUPS | HIST* | IFS | LINENO | OLDPWD) ;;
    OPTARG | OPTIND | POSIXLY_CORRECT | PPID | PROMPT_COMMAND | PS[0-4] | PWD | RANDOM | SECONDS) ;;
    SHELLOPTS | SHLVL | SRANDOM | TMOUT | UID) ;;
    *) return 1 ;;
    esac
}

# _rovi_env_is_quoted VALUE: whether VALUE is in quotes of one kind, and systemd and bash read it the same way.
_rovi_env_is_quoted() {
    [[ ${#1} -ge 2 && ($1 == \"*\" || $1 == \'*\') && ${1:1:-1} != *[\"\'\`\$\\]* ]]
}

# _rovi_env_read FILE SOURCE: checks the whole of FILE, which is read from SOURCE, then exports its variables.
_rovi_env_read() {
    local _rovi_line _rovi_value _rovi_n=0
    local -a _rovi_set=()
    _rovi_env_check_file "$1" "$2" || return
    while IFS= read -r _rovi_line || [[ $_rovi_line ]]; do
        ((++_rovi_n))
        _rovi_env_take_line "$1:$_rovi_n" "$_rovi_line" || return
    done <"$2"
    for _rovi_line in ${_rovi_set[@]+"${_rovi_set[@]}"}; do
        _rovi_value=${_rovi_line#*=}
        [[ $_rovi_value != [\"\']* ]] || _rovi_value=${_rovi_value:1:-1}
        declare -gx "${_rovi_line%%=*}=$_rovi_value" ||
            _rovi_env_fail "$1: ${_rovi_line%%=*} is read-only in this shell" || return
    done
}

# _rovi_env_find_ros: sets the caller's _rovi_setup to ROS 2's setup.bash. The caller's _rovi_file
# is the env file.
_rovi_env_find_ros() {
    local _rovi_root=${ROVI_ROS_ROOT:-/opt/ros}
    local -a _rovi_found=()
    # No path and no pattern: one of many stars would keep bash busy for minutes.
    [ -z "${ROS_DISTRO-}" ] || [ -z "${ROS_DISTRO//[A-Za-z0-9_.-]/}" ] ||
        _rovi_env_fail "ROS_DISTRO is '$ROS_DISTRO': write a name, as in jazzy, in $_rovi_file" || return
    for _rovi_setup in "$_rovi_root"/${ROS_DISTRO:-*}/setup.bash; do
        [[ ! -r $_rovi_setup ]] || _rovi_found+=("$_rovi_setup")
    done
    _rovi_setup=${_rovi_found[0]-}
    case ${#_rovi_found[@]} in
    0)
        _rovi_env_fail "there is no ROS 2 in $_rovi_root${ROS_DISTRO:+/$ROS_DISTRO}: install it, \
or set ROS_DISTRO or ROVI_ROS_ROOT in $_rovi_file"
        ;;
    1) ;;
    *) _rovi_env_fail "there is more than one ROS 2 in $_rovi_root: set ROS_DISTRO in $_rovi_file" ;;
    esac
}

# _rovi_env_load: does everything, in order. `local -` undoes the shell options that this and ROS's
# files set. ROS's files fail under -u, and their exit status means nothing.
_rovi_env_load() {
    local - IFS=$' \t\n' _rovi_setup _rovi_file _rovi_source _rovi_until=${ROVI_ENV_UNTIL-}
    local _rovi_instead=${ROVI_ENV_INSTEAD-} _rovi_taken=${ROVI_ENV_TAKEN-} # before the file, which could set them
    set +efu
    # `[`, because `case` and `[[` may have been told to ignore case (shopt nocasematch).
    [ "${ROVI_ENV-}" = robot ] || [ "${ROVI_ENV-}" = pc ] ||
        _rovi_env_fail "ROVI_ENV is '${ROVI_ENV-}': set it to robot or pc" || return
    [[ ${ROVI_ROS_WS_DIR-} == /* ]] ||
        _rovi_env_fail "ROVI_ROS_WS_DIR is '${ROVI_ROS_WS_DIR-}': set it to the workspace's absolute path" || return
    _rovi_file=$ROVI_ROS_WS_DIR/.env.$ROVI_ENV
    _rovi_source=${ROVI_ENV_COPY:-$_rovi_file}
    _rovi_env_read "$_rovi_file" "$_rovi_source" || return
    [[ $ROVI_ROS_WS_DIR/.env.$ROVI_ENV == "$_rovi_file" ]] ||
        _rovi_env_fail "$_rovi_file: its ROVI_ROS_WS_DIR and ROVI_ENV name another file: leave them out" || return
    [ "$_rovi_until" != file ] || return 0
    _rovi_env_find_ros || return
    # shellcheck disable=SC2034  # for the caller
    [ "$_rovi_until" != ros ] || { ROVI_ENV_ROS=$_rovi_setup && return 0; }
    if [[ $_rovi_instead && -r $ROVI_ROS_WS_DIR/install/setup.bash ]] && "$_rovi_instead" "$_rovi_setup"; then
        return 0
    fi
    set --
    # shellcheck disable=SC1090  # ROS's own file
    source "$_rovi_setup"
    [[ -r $ROVI_ROS_WS_DIR/install/setup.bash ]] ||
        _rovi_env_fail "$ROVI_ROS_WS_DIR has no install/setup.bash: build the workspace with colcon" || return
    # shellcheck disable=SC1091  # colcon's own file
    source "$ROVI_ROS_WS_DIR/install/setup.bash"
    return 0
}

# _rovi_env_forget: removes the functions above and itself.
_rovi_env_forget() {
    unset -f _rovi_env_fail _rovi_env_check_file _rovi_env_take_line _rovi_env_is_bash _rovi_env_is_quoted \
        _rovi_env_read _rovi_env_find_ros _rovi_env_load _rovi_env_forget
}

unset ROVI_ENV_ERROR
if _rovi_env_load; then
    _rovi_env_forget
else
    _rovi_env_forget
    return 78
fi
