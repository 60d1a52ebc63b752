# shellcheck shell=bash
# rovictl_request.sh: the variant and parameters of a start, on rovictl's side; request_lib.sh says how
# they get to run_stack.sh. To be sourced by rovictl.

use declared_lib request_lib
request_file=

# check_request NAME: ends rovictl where the stack does not take what was asked for. The caller has
# looked at the unit by name. Sets REQUEST_TEXT.
check_request() {
    [[ ${UNIT[rovi-$1.service/LoadState]-} == loaded ]] || return 0 # systemd says more about that
    read_declared "${UNIT[rovi-$1.service/Environment]-}"
    request_resolve "$1" "${option[--variant]-}" "${parameters[@]}" || die $? "$ROVI_REPLY: see 'rovictl list'"
}

# make_request NAME: writes it down, before systemd is asked. However rovictl ends, it goes.
make_request() {
    local why
    trap drop_request EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    request_make "$1" "${option[--variant]-}" "${parameters[@]}" && request_file=$ROVI_REPLY && return
    why=$ROVI_REPLY
    look # it comes with the gateway
    refuse_without_gateway
    { request_is_mounted && [[ ! -w $REQUEST_DIR ]]; } || die "$ROVI_EX_UNAVAILABLE" "cannot tell $1 its parameters ($why): an administrator runs 'sudo systemctl restart run-rovi_requests.mount'"
    [[ " $(id -nG "$(id -un)") " != *" rovi-ops "* || " $(id -nG) " == *" rovi-ops "* ]] ||
        die "$ROVI_EX_DENIED" "not permitted yet: this session is older than your membership in rovi-ops: log in again"
    die_of_denial
}

drop_request() {
    [[ ! $request_file || ! -s $request_file ]] || rm -f -- "$request_file"
}

# bind_request NAME: for the start that systemd has just answered with, in ROVI_REPLY (o "/…/job/12").
bind_request() {
    local job=${ROVI_REPLY##*/}
    request_bind "$request_file" "${job%\"}" || request_is_not_used "$1"
    request_file=$REQUEST_DIR/${job%\"}
}

# await_use NAME: for --no-wait: waits until run_stack.sh has taken the request, or there is no start
# any more that could.
await_use() {
    while [[ -s $request_file ]] && ! is_late; do
        try_look "rovi-$1.service" || die_of_bus
        [[ ${UNIT[rovi-$1.service/Job]-} ]] || break
        rovi_nap 0.02
    done
    [[ ! -s $request_file ]] || request_is_not_used "$1"
}

request_is_not_used() {
    die "$ROVI_EX_BUSY" "$1 was started by somebody else at the same moment, without what you asked for: see 'rovictl status', then 'rovictl restart $1 …'"
}

# runs_as_asked NAME: whether the stack, which is active, runs with just what was asked for, in whatever order.
runs_as_asked() {
    local word runs=${UNIT[rovi-$1.service/StatusText]-}
    local -a asked
    IFS=' ' read -ra asked <<<"$REQUEST_TEXT"
    [[ ${#runs} == "${#REQUEST_TEXT}" ]] || return
    for word in "${asked[@]}"; do
        [[ " $runs " == *" $word "* ]] || return
    done
}
