#!/usr/bin/env bats
# What rovictl new and check read: the words of `ros2 launch --show-args`, and Environment= of a unit file.

load helper
setup() { house rovictl.d/launch_args rovictl.d/new_unit rovictl.d/unit_environment; }

SAID="a line that the launch file prints
Arguments (pass arguments as '<name>:=<value>'):

    'plain':
        no description given

    'mode':
        One of: ['real', 'sim']
        (default: 'real')

    'side':
        Which side. Valid choices are: ['left', 'right']
        (default: LocalSubstitution('SIDE'))

    'sometimes':*
        Only with a condition
        and on two lines

    'odd \$(touch x)':
        none
        (default: 'x')

* argument(s) which are only used if specific conditions occur"

@test "arguments: names, texts, choices, defaults, and which are needed" {
    read_arguments "$SAID"
    [[ ${ARGUMENTS[*]} == "plain mode side sometimes" ]]
    [[ ${ARGUMENT["plain/needed"]} && ! ${ARGUMENT["plain/text"]-} && ! ${ARGUMENT["plain/choices"]-} ]]
    [[ ! ${ARGUMENT["mode/needed"]} && ${ARGUMENT["mode/default"]} == real ]]
    [[ ${ARGUMENT["mode/choices"]} == *' real sim '* ]]
    [[ ${ARGUMENT["side/choices"]} == *' left right '* && ! ${ARGUMENT["side/default"]-} ]]
    [[ ${ARGUMENT["side/text"]} == 'Which side.' && ! ${ARGUMENT["side/needed"]} ]]
    [[ ! ${ARGUMENT["sometimes/needed"]-} && ${ARGUMENT["sometimes/text"]} == 'Only with a condition' ]]
}

@test "arguments: none is an answer, and other words are none" {
    read_arguments "Arguments (pass arguments as '<name>:=<value>'):

  No arguments."
    ((${#ARGUMENTS[@]} == 0))
    if read_arguments "usage: ros2 launch" || read_arguments ''; then return 1; fi
}

@test "the line of a traceback that names the cause" {
    exception_line 'Traceback (most recent call last):
  File "x", line 1, in <module>
NameError: name '"'y'"' is not defined

The above exception was the direct cause of the following exception:

launch.invalid_launch_file_error.InvalidLaunchFileError: Caught multiple exceptions when trying to load file'
    [[ $ROVI_REPLY == "NameError: name 'y' is not defined" ]]
    exception_line 'launch.invalid_launch_file_error.InvalidLaunchFileError: Caught multiple exceptions:
 - SyntaxError: invalid syntax (a.launch.py, line 3)
 - InvalidFrontendLaunchFileError: The launch file may have a syntax error'
    [[ $ROVI_REPLY == "SyntaxError: invalid syntax (a.launch.py, line 3)" ]]
}

@test "a pattern for each kind of argument" {
    read_arguments "$SAID"
    [[ $(new_parameter mode) == '"ROVI_PARAMETER_mode=real|sim" "ROVI_VALUES_mode=real sim"' ]]
    [[ $(new_parameter plain) == "\"ROVI_PARAMETER_plain=$NEW_VALUE\"" ]]
}

@test "Environment= of a unit file, as systemd reads it" {
    read_unit_environment '[Unit]
Environment=ROVI_A=no
[Service]
# Environment=ROVI_B=no
Environment = ROVI_C=one "ROVI_D=two words" '"'ROVI_E=it is \"so\"'"' OTHER=x
Environment=ROVI_F="in the middle" \
  # a comment between
  ROVI_G=50%% ROVI_H=a\ b
Environment="ROVI_I=\"q\" \\ 100%%"
Environment="ROVI_J=never closed
[Install]
Environment=ROVI_K=no'
    [[ ${DECLARED[ROVI_C]} == one && ${DECLARED[ROVI_D]} == 'two words' && ${DECLARED[ROVI_E]} == 'it is "so"' ]]
    [[ ${DECLARED[ROVI_F]} == 'in the middle' && ${DECLARED[ROVI_G]} == '50%' && ${DECLARED[ROVI_H]} == 'a b' ]]
    [[ ${DECLARED[ROVI_I]} == '"q" \ 100%' && ! ${DECLARED[ROVI_A]+x}${DECLARED[ROVI_B]+x}${DECLARED[ROVI_K]+x} ]]
    [[ ! ${DECLARED[OTHER]+x} ]]
    read_unit_environment $'[Service]\nEnvironment=ROVI_A=1\nEnvironment=\nEnvironment=ROVI_B=2'
    [[ ${!DECLARED[*]} == ROVI_B ]]
}

@test "100 KB in one line hold nothing up" {
    long=$(head -c 100000 /dev/zero | tr '\0' x)
    read_unit_environment "[Service]"$'\n'"Environment=\"ROVI_A=$long\""
    ((${#DECLARED[ROVI_A]} == 100000))
    read_arguments "$SAID"$'\n'"    'long':"$'\n'"        $long"$'\n'"        (default: '$long')"
    [[ ! ${ARGUMENT["long/needed"]} && ${#ARGUMENT["long/text"]} == "$ASK_WORDS" ]]
}
