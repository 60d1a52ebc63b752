# shellcheck shell=bash
# request.sh: the variant and parameters of a start, on rovictl's side; lib/request.sh says how they reach run_stack.sh.

use lib/contract lib/text lib/run lib/declared lib/request lib/status_text rovictl.d/ask rovictl.d/await \
    rovictl.d/progress

request_name='' # the request that this rovictl has made
request_job=''  # the job of its start, if rovi-ask@ has said it

# check_request NAME: ends rovictl if the stack does not take what was asked for. Sets REQUEST_TEXT. The caller has
# looked at the unit by name.
check_request() {
    local code
    [[ ${UNIT["rovi-$1.service/LoadState"]-} == loaded ]] || return 0 # systemd says more about it
    read_declared "${UNIT["rovi-$1.service/Environment"]-}"
    request_resolve "$1" "${option["--variant"]-}" "${parameters[@]}" && return
    code=$?
    record wrong "$REQUEST_WRONG"
    die "$code" "$ROVI_REPLY: see 'rovictl list'"
}

# take_last_request NAME: for restart --same: asks for what the last start of the stack was asked for, as run_stack.sh
# has noted it (request_note); for nothing if that asked for nothing. check_request then checks it again. It takes no
# lock, because the note is only replaced as a whole.
take_last_request() {
    local -a NOTE
    request_noted "$1"
    ((${#NOTE[@]})) || return 0
    [[ ! ${NOTE[3]} ]] || option["--variant"]=${NOTE[3]}
    parameters=("${NOTE[@]:4}")
}

# ask_for NAME VERB: starts or restarts the stack, as VERB says, with exactly what this command line asks for. Sets
# ROVI_REPLY to the job, or to nothing. Ends rovictl if that is refused. lib/request.sh explains how.
ask_for() {
    local unit
    trap drop_request EXIT
    trap '(leave_request); interrupted' INT
    trap 'exit 143' TERM HUP
    make_request "$1" "$2"
    unit=ask@$request_name
    ask_for_job StartUnit "rovi-$unit.service" || die_of_bus
    settle "$unit" "$1" "$1 was not ${2}ed: its request was not taken"
    take_answer
    # Without another look, the state from before could be taken for the end of the start.
    try_look_all "rovi-$1.service" || die_of_bus
    ROVI_REPLY=$request_job
}

# make_request NAME VERB: writes the request, before systemd is asked. drop_request removes it, however rovictl ends.
make_request() {
    local why
    if request_make "$1" "$2" "${ROVI_CALLER-}" "${option["--variant"]-}" "${parameters[@]}"; then
        request_name=$ROVI_REPLY
        return
    fi
    why=$ROVI_REPLY
    look # the directory of requests comes with the gateway
    refuse_without_gateway
    { request_is_mounted && [[ ! -w $ROVI_REQUESTS ]]; } ||
        die "$ROVI_EX_UNAVAILABLE" "cannot tell $1 its parameters ($why): \
an administrator runs 'sudo systemctl restart run-rovi_requests.mount'"
    rovi_is_operator || ! rovi_is_operator "$(id -un)" ||
        die "$ROVI_EX_DENIED" \
            "not permitted yet: this session is older than your membership in $ROVI_GROUP: log in again"
    use rovictl.d/refusal
    die_of_denial
}

# drop_request: removes the request that this rovictl has made.
drop_request() {
    [[ ! $request_name ]] || rm -f -- "$ROVI_REQUESTS/$request_name"
}

# leave_request: for Ctrl-C: takes the request back; if it was taken already, waits until its start or restart has its
# job, because what is said then must be true. In a subshell, as interrupted says.
leave_request() {
    local tries unit=rovi-ask@$request_name.service
    ROVI_DEADLINE=
    drop_request
    for ((tries = 100; tries > 0; tries--)); do
        try_look "$unit" || return 0
        [[ ${UNIT["$unit/Job"]-} || ${UNIT["$unit/ActiveState"]} == activating ]] || return 0
        rovi_nap 0.1
    done
}

# take_answer: takes the job from the answer of rovi-ask@. Ends rovictl if it has refused, or was not able to answer.
take_answer() {
    local code reason
    if rovi_read_file "$ROVI_RUN/answer.$request_name" "$REQUEST_BYTES"; then
        code=${ROVI_REPLY%%$'\n'*}
        rovi_printable "${ROVI_REPLY#*$'\n'}"
        reason=$ROVI_REPLY
        if [[ $code == 0 ]]; then
            request_job=$reason
            return
        fi
        [[ $code == [1-9]?([0-9])?([0-9]) ]] || code=$ROVI_EX_FAILED
        [[ $code != "$ROVI_EX_USAGE" ]] || record wrong parameters
        die "$code" "$reason"
    fi
    [[ ! -e $ROVI_REQUESTS/$request_name ]] ||
        die "$ROVI_EX_FAILED" "nobody has taken the request $request_name: \
an administrator looks at 'journalctl -u rovi-ask@$request_name'"
}

# runs_otherwise NAME: ends rovictl because the stack runs, but not with what was asked for.
runs_otherwise() {
    local text=${UNIT["rovi-$1.service/StatusText"]-}
    record active "$1"
    die "$ROVI_EX_BUSY" "$1 runs with ${text:-its defaults}, not as you asked: \
it was started or restarted again meanwhile: see 'rovictl status', then 'rovictl restart $1 …'"
}

# runs_as_asked NAME: whether the active stack runs with exactly what was asked for, in any order.
runs_as_asked() {
    local word text=${UNIT["rovi-$1.service/StatusText"]-}
    local -a asked
    IFS=' ' read -ra asked <<<"$REQUEST_TEXT"
    status_read_run "$text" || return
    [[ ${#text} == "${#REQUEST_TEXT}" ]] || return
    for word in "${asked[@]}"; do
        [[ " $text " == *" $word "* ]] || return
    done
}
