# shellcheck shell=bash
# hold_point.bash: holds one of our scripts before one of its commands. bash(1) reads it first, through BASH_ENV.
#
# /tmp/hold, a file of the service user's, has a pattern. The first script that comes to a command that matches it moves
# the file to /tmp/held, and goes on when that is gone.

# hold_step COMMAND: before each command of a script.
hold_step() {
    # shellcheck disable=SC2053  # a pattern
    [[ $1 == $hold_before ]] && mv -T /tmp/hold /tmp/held 2>/dev/null || return 0
    while [[ -e /tmp/held ]]; do sleep 0.05; done
}

# Not in a function: before bash 5.2 a trap of DEBUG ends with the function that has set it.
hold_before=
if [[ -e /tmp/hold ]] && IFS= read -r hold_before </tmp/hold && [[ $hold_before ]]; then
    set -o functrace
    trap 'hold_step "$BASH_COMMAND"' DEBUG
fi
