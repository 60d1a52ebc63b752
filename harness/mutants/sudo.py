"""The mutants of sudo, which lets operators start and stop stacks where polkit has no JavaScript rules."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "sudo takes any mode",
        'ss rovi-$name.service replace"\n        done',
        'ss rovi-$name.service *"\n        done',
        "test_sudo and these_words",
    ),
    Mutant(
        "sudo takes any unit",
        "$method ss rovi-$name.service replace",
        "$method ss * replace",
        "test_sudo and these_words",
    ),
    Mutant(
        "sudo takes any method",
        "in StartUnit StopUnit RestartUnit; do",
        "in StartUnit StopUnit RestartUnit '*'; do",
        "test_sudo and these_words",
    ),
    Mutant(
        "sudo takes any arguments of busctl",
        'calls+=", \\\\"$\'\\n\'"    $call StartUnit ss rovi-guard@$name.service replace"',
        "calls+=', /usr/bin/busctl'",
        "test_sudo and (these_words or option)",
    ),
    Mutant("sudo is for everybody", "\n%$ROVI_GROUP ALL=", "\nALL ALL=", "test_sudo and outsider"),
    Mutant(
        "sudo keeps what an administrator keeps",
        "env_reset, !env_keep, !env_check,",
        "env_reset,",
        "test_sudo and callers_variable",
    ),
    Mutant(
        "sudo may keep the whole environment",
        "ROVI_STACKS env_reset, ",
        "ROVI_STACKS ",
        "test_sudo and callers_variable",
    ),
    Mutant("a variable on sudo's command line", "NOPASSWD: NOSETENV:", "NOPASSWD: SETENV:", "test_sudo and variable"),
    Mutant("sudo needs a terminal", "!requiretty, ", "", "test_sudo and terminal"),
    Mutant(
        "the sudoers file has a name that sudo does not read",
        "/etc/sudoers.d/rovi-stacks #",
        "/etc/sudoers.d/rovi.stacks #",
        "test_sudo and unnoticed",
    ),
    Mutant("everybody may read the sudoers file", "put 440", "put 444", "test_sudo and in_order"),
    Mutant("visudo does not look", 'visudo -cqf - <<<"$text" >/dev/null ||', "true ||", "test_sudo and neither"),
    Mutant("nobody asks sudo", "sudo -n -l -U", "true sudo -n -l -U", "test_sudo and neither"),
    Mutant(
        "0.105 has rules where there is a directory",
        "! rovi_polkit_answers ||",
        "true ||",
        "test_sudo and other_kind",
        base="debian:bullseye-slim",
    ),
    Mutant(
        "the other kind's file stays",
        'is_permit "$path" ||',
        '[[ $path == @("$RULE"|"$SUDOERS"|"$BY_SUDO") ]] ||',
        "test_sudo and other_kind",
    ),
    Mutant(
        "uninstall removes sudo's rule late", "|^/etc/sudoers\\.d/'", "'", "the_rule_first", base="debian:bullseye-slim"
    ),
    Mutant(
        "what may call sudo keeps every capability",
        "CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_SYS_RESOURCE CAP_AUDIT_WRITE",
        "CapabilityBoundingSet=~",
        "test_hardening and exposure",
        base="debian:bullseye-slim",
    ),
    Mutant(
        "root goes through sudo", "((EUID != 0)) && [[ -e $ROVI_LIB", "[[ -e $ROVI_LIB", "test_sudo and root_does_not"
    ),
    Mutant("sudo's denial is none", '*[Aa]" password is required"* | ', "", "test_sudo and outsider"),
    Mutant(
        "sudo is waited for",
        'kill "$ROVI_PID" 2>/dev/null #',
        'kill "$ROVI_PID"; wait "$ROVI_PID" #',
        "test_sudo and hangs",
        base="debian:bullseye-slim",
    ),
]
