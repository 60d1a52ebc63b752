# shellcheck shell=bash
# permit.sh: what lets operators start and stop stacks. It is a polkit rule. If polkit has no JavaScript rules
# (before 0.106: Debian 11, Ubuntu 22.04), it is a sudo rule, and rovictl goes through sudo. It is never both, and
# never a .pkla file, which cannot see unit names.

use lib/contract lib/bus lib/stacks install/files

BY_SUDO=$LIB/$ROVI_BY_SUDO # says to rovictl which of the two it is
UNBOUND=70-by-sudo.conf    # a drop-in of the units that start stacks themselves, see put_unbound
CLEAR=rovi_clear@.service  # see put_clear
PERMIT=                    # rule, sudoers, or nothing if neither is possible; see choose_permit
stale=()                   # paths that an earlier version has installed and this one has not

# stack_of FILE: prints NAME if FILE is the unit file of the stack NAME; else fails.
stack_of() {
    local name=${1##*/rovi-}
    name=${name%.service}
    rovi_is_stack "$1" "$name" && printf '%s' "$name"
}

# choose_permit: sets PERMIT by what this machine has.
choose_permit() {
    PERMIT=rule
    [[ -z $DESTDIR ]] || return 0 # the machine that it is for may have something else
    ! polkit_has_rules || return 0
    PERMIT=sudoers
    type -P sudo >/dev/null && type -P visudo >/dev/null || PERMIT=
}

# polkit_has_rules: whether polkit has JavaScript rules. 0.105 has none, even if the directory is there.
polkit_has_rules() {
    [[ -d ${ROVI_RULE%/*} ]] || return
    ! rovi_polkit_answers || rovi_polkit_has_rules
}

# is_permit PATH: whether PATH belongs to what put_permit will put in place.
is_permit() {
    case $PERMIT in
    rule) [[ $1 == "$ROVI_RULE" ]] ;;
    sudoers) [[ $1 == @("$ROVI_SUDOERS"|"$BY_SUDO") ]] ;;
    *) return 1 ;;
    esac
}

# put_unbound: if the permission is sudo's, the gateway, whose UI bridge starts stacks, the executor and rovi-ask@ must
# be able to run sudo. This takes NoNewPrivileges= away from them, and everything that implies it (systemd.exec(5)).
put_unbound() {
    local unit
    [[ $PERMIT == sudoers ]] || return 0
    for unit in "$ROVI_GATEWAY" "$ROVI_EXECUTOR@.service" rovi-ask@.service; do
        put 644 "$ROVI_SITE_UNITS/$unit.d/$UNBOUND" <<END
# Written by install.sh. polkit has no JavaScript rules here, so this unit starts stacks by sudo. NoNewPrivileges=
# would forbid that, and so would every setting that implies it (systemd.exec(5)).

[Service]
NoNewPrivileges=no
# What sudo needs: to become root, to raise limits (pam_limits), to write to the audit log.
CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_SYS_RESOURCE CAP_AUDIT_WRITE
RestrictSUIDSGID=no
RestrictAddressFamilies=
RestrictNamespaces=no
LockPersonality=no
SystemCallArchitectures=
SystemCallFilter=
END
    done
    put_clear
}

# put_clear: if the permission is sudo's, a stack's end cannot clear those that were refused because of it: it runs as
# the service user, with NoNewPrivileges=. So root does it. systemd runs no further ExecStopPost= once one has failed,
# and that is how a crash becomes a failure: hence the second way, OnFailure=.
put_clear() {
    local unit
    put 644 "$ROVI_SITE_UNITS/rovi-.service.d/$UNBOUND" <<END
# Written by install.sh. polkit has no JavaScript rules here, so root clears the stacks that were refused because of
# one that has ended. After a failure systemd does not run this ExecStopPost= (systemd.service(5)).

[Unit]
OnFailure=${CLEAR/@/@%N}

[Service]
ExecStopPost=+$LIB/run_stack.sh --clear %N
END
    for unit in rovi-guard@.service rovi-health@.service; do # these are no stacks
        put 644 "$ROVI_SITE_UNITS/$unit.d/$UNBOUND" <<<"# Written by install.sh. Nothing to clear."
    done
    put 644 "$ROVI_SITE_UNITS/$CLEAR" <<END
# Written by install.sh: see rovi-.service.d/$UNBOUND.

[Unit]
Description=Clears ROVI stacks that were refused because of %i
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=$LIB/run_stack.sh --clear %i
END
}

# put_permit: puts the rule in place. This comes last, when systemd knows every unit that the rule names.
put_permit() {
    local names
    names=$(stack_names)
    case $PERMIT in
    rule) put 644 "$ROVI_RULE" < <(rule_text "$names") ;;
    sudoers) put_sudoers "$names" ;;
    *)
        printf '%s: warning: polkit is not installed or has no JavaScript rules, and there is no sudo: %s\n' \
            "${0##*/}" "only root can start and stop stacks here. \
Install sudo (apt-get install sudo), then install again" >&2
        ;;
    esac
}

# stack_names: prints the names of the stacks that are installed now, a line each.
stack_names() {
    local file name
    for file in "$DESTDIR"{"$ROVI_SITE_UNITS","$UNITS"}/rovi-*.service; do
        ! is_hidden "$file" || continue
        name=$(stack_of "$file") || continue
        [[ " ${stale[*]} " == *" ${file#"$DESTDIR"} "* ]] || printf '%s\n' "$name"
    done | LC_ALL=C sort -u
}

# is_hidden FILE: whether FILE is one of the package's unit files that another, in /etc, stands before: an
# administrator's, or the link of put_masks, unless that link is about to go.
is_hidden() {
    local before=$ROVI_SITE_UNITS/${1##*/}
    [[ $UNITS != "$ROVI_SITE_UNITS" && $1 == "$UNITS"/* && (-e $before || -L $before) ]] &&
        [[ ! -L $before || " ${stale[*]} " != *" $before "* ]]
}

# rule_text NAMES: prints the polkit rule, RULE_SOURCE, with the exact unit names.
rule_text() {
    local name names=
    for name in $1; do
        names+="${names:+, }\"rovi-$name.service\""
    done
    sed "s|/\* @STACKS@ \*/|$names|" "$RULE_SOURCE"
}

# put_sudoers NAMES: puts sudo's rule in place. If a file has a mistake, sudo ignores that file, or even all of its
# configuration. So visudo checks the file before it is in place, and sudo itself afterwards.
put_sudoers() {
    local text
    text=$(sudoers_text "$1")
    visudo -cqf - <<<"$text" >/dev/null ||
        die "$ROVI_EX_CONFIG" "visudo does not accept the new $ROVI_SUDOERS: only root can start and stop stacks"
    put 440 "$ROVI_SUDOERS" <<<"$text"
    put 644 "$BY_SUDO" \
        <<<"polkit has no JavaScript rules here: rovictl starts and stops stacks by sudo, see $ROVI_SUDOERS"
    # shellcheck disable=SC2086  # the first name
    set -- $1
    (($#)) || return 0
    sudo -n -l -U "$ROVI_USER" -- "${ROVI_SUDO_CALL[@]}" StartUnit ss "rovi-$1.service" replace >/dev/null 2>&1 ||
        printf '%s: warning: sudo does not use %s: make sure that visudo shows the line "@includedir %s"\n' \
            "${0##*/}" "$ROVI_SUDOERS" "${ROVI_SUDOERS%/*}" >&2
}

# sudoers_text NAMES: prints one exact command for each stack and verb. The only pattern in them is the number of a
# request: twelve digits. The program is not a shell, and opens no pager and no editor. sudo joins a command's words
# with blanks before it compares them. So the same words in other groups pass, too, but busctl accepts none of these.
sudoers_text() {
    local name method call="${ROVI_SUDO_CALL[*]}" calls='' digits='            ' # twelve
    [[ $1 ]] || { printf '# Written by install.sh. No stack is installed, so operators may start none.\n' && return; }
    call=${call//=/\\=} # sudoers' way to write it
    for name in $1; do
        for method in StartUnit StopUnit RestartUnit; do
            calls+=", \\"$'\n'"    $call $method ss rovi-$name.service replace"
        done
        calls+=", \\"$'\n'"    $call ResetFailedUnit s rovi-$name.service"
        calls+=", \\"$'\n'"    $call StartUnit ss rovi-guard@$name.service replace"
        calls+=", \\"$'\n'"    $call StartUnit ss rovi_kill@$name.service replace"
        calls+=", \\"$'\n'"    $call StartUnit ss rovi-ask@$name-${digits// /[0123456789]}.service replace"
    done
    cat <<END
# Written by install.sh, because polkit has no JavaScript rules here. Operators are the members of group
# $ROVI_GROUP. By these exact commands of rovictl they may start, stop and restart ROVI stacks, clear a failure, ask
# whether one may be stopped (rovi-guard@), and end one by force (rovi_kill@). They may do nothing else, and nothing of
# their environment comes along.
Cmnd_Alias ROVI_STACKS = ${calls#, }
Defaults!ROVI_STACKS env_reset, !env_keep, !env_check, !setenv, secure_path="/usr/sbin:/usr/bin:/sbin:/bin"
# No terminal, because the UI bridge has none. Only root can end what sudo runs, so sudo itself ends it in time.
Defaults!ROVI_STACKS !requiretty, !use_pty, command_timeout=$((ROVI_BUS_TIMEOUT_S + 5))
%$ROVI_GROUP ALL=(root) NOPASSWD: NOSETENV: ROVI_STACKS
END
}
