# shellcheck shell=bash
# permit.sh: what lets operators start and stop stacks. Polkit's rule; where polkit has no JavaScript
# rules (before 0.106: Debian 11, Ubuntu 22.04) sudo's, which rovictl then goes through; never both, and
# never a .pkla file, which cannot see unit names.

use lib/contract lib/bus lib/stacks install/files

BY_SUDO=$LIB/$ROVI_BY_SUDO         # says to rovictl which of the two it is
UNBOUND=70-by-sudo.conf            # a drop-in of the units that start stacks themselves, see put_unbound
PERMIT=                            # rule, sudoers, or nothing where neither can be; see choose_permit
stale=()                           # paths that an earlier version has installed and this one has not

# stack_of FILE: prints NAME if FILE is the unit file of the stack NAME; else fails.
stack_of() {
    local name=${1##*/rovi-}
    name=${name%.service}
    rovi_is_stack "$1" "$name" && printf '%s' "$name"
}

# choose_permit: sets PERMIT.
choose_permit() {
    PERMIT=rule
    [[ -z $DESTDIR ]] || return 0 # what is there is not what will be
    ! polkit_has_rules || return 0
    PERMIT=sudoers
    type -P sudo >/dev/null && type -P visudo >/dev/null || PERMIT=
}

# polkit_has_rules: whether polkit has JavaScript rules. 0.105 has none, whoever has made the directory.
polkit_has_rules() {
    [[ -d ${ROVI_RULE%/*} ]] || return
    ! rovi_polkit_answers || [[ $ROVI_REPLY != 's "0.'@([0-9]|[0-9][0-9]|10[0-5])[!0-9]* ]]
}

# is_permit PATH: whether PATH belongs to what will be put in place.
is_permit() {
    case $PERMIT in
    rule) [[ $1 == "$ROVI_RULE" ]] ;;
    sudoers) [[ $1 == @("$ROVI_SUDOERS"|"$BY_SUDO"|*/"$UNBOUND") ]] ;;
    *) return 1 ;;
    esac
}

# put_unbound: where sudo it is, the gateway, whose UI bridge starts stacks, the executor and rovi-ask@ must be able
# to call it: without NoNewPrivileges= and all that brings that along (systemd.exec(5)).
put_unbound() {
    local unit
    [[ $PERMIT == sudoers ]] || return 0
    for unit in "$ROVI_GATEWAY" "$ROVI_EXECUTOR@.service" rovi-ask@.service; do
        put 644 "$ROVI_SITE_UNITS/$unit.d/$UNBOUND" <<END
# Written by install.sh: polkit has no JavaScript rules here, so who starts stacks does it by sudo, which
# NoNewPrivileges= and what brings that along would forbid (systemd.exec(5)).

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
ProtectHostname=no
ProtectKernelModules=no
ProtectKernelLogs=no
END
    done
}

# put_permit: last, when systemd knows every unit that it names.
put_permit() {
    local names
    names=$(stack_names)
    case $PERMIT in
    rule) put 644 "$ROVI_RULE" < <(rule_text "$names") ;;
    sudoers) put_sudoers "$names" ;;
    *)
        printf '%s: warning: polkit is not installed or has no JavaScript rules, and there is no sudo: only root can start and stop stacks here. Install sudo (apt-get install sudo), then install again\n' "${0##*/}" >&2
        ;;
    esac
}

# stack_names: prints the names of the stacks that are installed now, a line each.
stack_names() {
    local file name
    for file in "$DESTDIR"{"$ROVI_SITE_UNITS","$UNITS"}/rovi-*.service; do
        name=$(stack_of "$file") || continue
        [[ " ${stale[*]} " == *" ${file#"$DESTDIR"} "* ]] || printf '%s\n' "$name"
    done | LC_ALL=C sort -u
}

# rule_text NAMES: the polkit rule, RULE_SOURCE, with the exact unit names.
rule_text() {
    local name names=
    for name in $1; do
        names+="${names:+, }\"rovi-$name.service\""
    done
    sed "s|/\* @STACKS@ \*/|$names|" "$RULE_SOURCE"
}

# put_sudoers NAMES: sudo ignores a file with a mistake, or worse, all of its configuration: visudo looks
# at it before it is put in place, and sudo itself afterwards.
put_sudoers() {
    local text
    text=$(sudoers_text "$1")
    visudo -cqf - <<<"$text" >/dev/null ||
        die "$ROVI_EX_CONFIG" "visudo does not accept what is to be $ROVI_SUDOERS: only root can start and stop stacks"
    put 440 "$ROVI_SUDOERS" <<<"$text"
    put 644 "$BY_SUDO" <<<"polkit has no JavaScript rules here: rovictl starts and stops stacks by sudo, see $ROVI_SUDOERS"
    # shellcheck disable=SC2086  # the first name
    set -- $1
    sudo -n -l -U "$ROVI_USER" -- "${ROVI_SUDO_CALL[@]}" StartUnit ss "rovi-$1.service" replace >/dev/null 2>&1 ||
        printf '%s: warning: sudo does not go by %s: see to it that visudo shows the line "@includedir %s"\n' "${0##*/}" "$ROVI_SUDOERS" "${ROVI_SUDOERS%/*}" >&2
}

# sudoers_text NAMES: one exact command for each stack and verb. The one pattern in them is the number of a request:
# twelve characters, each a digit. The program is not a shell, opens no pager and no editor. sudo joins a command's
# words with blanks before it compares: words that are run together differently pass, and busctl takes none of them.
sudoers_text() {
    local name method call="${ROVI_SUDO_CALL[*]}" calls='' digits='            ' # twelve
    call=${call//=/\\=} # sudoers' way to write it
    for name in $1; do
        for method in StartUnit StopUnit RestartUnit; do
            calls+=", \\"$'\n'"    $call $method ss rovi-$name.service replace"
        done
        calls+=", \\"$'\n'"    $call StartUnit ss rovi-guard@$name.service replace"
        calls+=", \\"$'\n'"    $call StartUnit ss rovi-ask@$name-${digits// /[0123456789]}.service replace"
    done
    cat <<END
# Written by install.sh, for polkit here has no JavaScript rules. Operators, the members of group
# $ROVI_GROUP, may have systemd start, stop and restart ROVI stacks, by these exact commands of rovictl, and
# may ask whether one may be stopped (rovi-guard@). Nothing else, and with nothing of their environment.
Cmnd_Alias ROVI_STACKS = ${calls#, }
Defaults!ROVI_STACKS env_reset, !env_keep, !env_check, !setenv, secure_path="/usr/sbin:/usr/bin:/sbin:/bin"
# No terminal: the UI bridge has none. Nobody but root can end what sudo runs, so sudo does.
Defaults!ROVI_STACKS !requiretty, !use_pty, command_timeout=$((ROVI_BUS_TIMEOUT_S + 5))
%$ROVI_GROUP ALL=(root) NOPASSWD: NOSETENV: ROVI_STACKS
END
}
