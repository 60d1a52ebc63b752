# shellcheck shell=bash
# refusal.sh: ends rovictl after systemd or one of its commands has said no: who can change that, and how. It is read
# only then.

use lib/contract lib/told lib/run lib/bus

# die_of_answer: ends rovictl. Turns the error text of systemd's commands, in ROVI_REPLY, into one sentence and an exit
# code.
die_of_answer() {
    local message=${ROVI_REPLY#Call failed: }
    case $message in
    *[Aa]" password is required"* | *"may not run sudo"* | *"not allowed to execute"*) die_of_denial ;;
    *sudo*)
        message="sudo, which rovictl needs here, does not run ($message)"
        die "$ROVI_EX_DENIED" "not permitted: $message: an administrator runs '$ROVI_TOLD_SETUP'"
        ;;
    *polkit* | *PolicyKit*) die_of_polkit ;;
    *[Aa]"ccess denied"* | *[Aa]"uthentication required"* | *[Pp]"ermission denied"*) die_of_denial ;;
    *[Tt]"imed out"* | *[Tt]"imeout"*)
        die "$ROVI_EX_TIMEOUT" "systemd did not answer within $(waited) s: see 'rovictl status', and try again"
        ;;
    *destructive*)
        die "$ROVI_EX_TIMEOUT" "systemd is busy with a start or stop that cannot be interrupted: \
see 'systemctl list-jobs', and try again"
        ;;
    *" not found"* | *masked* | *"bad unit file setting"* | *"failed to load"*)
        die "$ROVI_EX_UNAVAILABLE" \
            "systemd does not load the unit ($message): an administrator runs 'sudo rovictl doctor'"
        ;;
    *connect* | *"not provided"* | *"not activatable"* | *"without replying"* | *"not running"* | *"Host is down"*)
        die "$ROVI_EX_UNAVAILABLE" "cannot reach systemd ($message): is this the robot, and is D-Bus running?"
        ;;
    *) die "$ROVI_EX_UNAVAILABLE" "systemd refused ($message): see 'systemctl status' and 'systemctl list-jobs'" ;;
    esac
}

# waited: prints how many seconds rovictl waited for the call that has failed.
waited() {
    printf '%s' $((ROVI_WAITED < 150 ? 1 : (ROVI_WAITED + 50) / 100))
}

# die_of_denial: ends rovictl after systemd has said no, and says who can change that.
die_of_denial() {
    local user
    user=$(id -un)
    if [[ $verb == @(enable|disable) ]] || rovi_runs_always "$verb"; then
        die "$ROVI_EX_DENIED" "not permitted: only an administrator may do that: 'sudo rovictl $verb $operand'"
    fi
    rovi_is_operator "$user" ||
        die "$ROVI_EX_DENIED" "not permitted: $user is not in group $ROVI_GROUP: \
an administrator runs 'sudo usermod -aG $ROVI_GROUP $user'"
    # sudo and polkit 126 go by the groups that the session began with, polkit 122 by the user database.
    rovi_is_operator ||
        die "$ROVI_EX_DENIED" "not permitted: $user is in group $ROVI_GROUP, but this session is not: log in again"
    rovi_by_sudo || rovi_polkit_answers || die_of_polkit # without polkit systemd says the same
    die "$ROVI_EX_DENIED" \
        "not permitted, though $user is in group $ROVI_GROUP: an administrator runs '$ROVI_TOLD_SETUP' again"
}

die_of_polkit() {
    die "$ROVI_EX_DENIED" \
        "polkit does not run, so only root may do that: an administrator looks at 'systemctl status polkit'"
}
