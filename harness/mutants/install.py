"""The mutants of install, uninstall and what they set up."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "a stack may be where operators cannot start it", '! stack_of "$file" >/dev/null ||', "true ||", "install.bats"
    ),
    Mutant(
        "uninstall leaves what wakes who watches",
        '"$ROVI_NEW_LOCK" "$ROVI_CHANGES"',
        '"$ROVI_NEW_LOCK"',
        "uninstall_leaves_nothing",
    ),
    Mutant(
        "uninstall leaves kept environments",
        '[[ ! $user ]] || remove_snapshots "$user"\n',
        "",
        "uninstall_leaves_nothing",
    ),
    Mutant(
        "install does not enable the gateway",
        'run systemctl enable --quiet "$ROVI_GATEWAY"',
        "true",
        "test_the_gateway_is_enabled",
    ),
    Mutant(
        "install enables a stack",
        'run systemctl enable --quiet "$ROVI_GATEWAY"',
        "systemctl enable $ROVI_GATEWAY rovi-nav.service",
        "test_the_gateway_is_enabled",
    ),
    Mutant(
        "install does not put the service user into the group",
        'run usermod -aG "$ROVI_GROUP" "$ROVI_USER"',
        "true",
        "test_the_group_exists",
    ),
    Mutant(
        "install writes files that are right already",
        '[[ $ROVI_REPLY != "$mode" ]] || return 0',
        "true",
        "test_a_second_install",
    ),
    Mutant("install does not mend a mode", ' mode_of "$path"\n', " ROVI_REPLY=$mode\n", "install.bats"),
    Mutant(
        "install writes through a link that lies beside a file",
        "[[ ! -e $new && ! -L $new ]] || rm -f",
        "true",
        "install.bats",
    ),
    Mutant("install takes what has a NUL for a text", "[[ $status != 1 ||", "[[", "install.bats"),
    Mutant("install takes what cannot be read for the text before", "|| ! ${ROVI_REPLY+set} ]]", "]]", "install.bats"),
    Mutant("install reloads systemd without need", "if ((changed > 0)) ||", "if true ||", "test_a_second_install"),
    Mutant("install does not try the environment", 'try_env "$1" ||', "true ||", "test_an_install_that_cannot_work"),
    Mutant(
        "install does not look for the user",
        'id -u -- "$ROVI_USER" >/dev/null 2>&1 ||',
        "true ||",
        "test_an_install_that_cannot_work",
    ),
    Mutant(
        "install takes a foreign rovi-*.service for a stack",
        'check_unit_files "$DESTDIR$dir"',
        "true",
        "test_an_install_that_cannot_work",
    ),
    Mutant(
        "install pulls the ground from under a stack",
        '    check_running "$SRC/services"\n',
        "",
        "test_a_sixth_stack or test_another_service_user",
    ),
    Mutant("every install starts the gateway", "[[ $first == no ]] || start_gateway", "start_gateway", "taken_down"),
    Mutant(
        "uninstall removes the rule late",
        "remove_rule\n[[ -n $DESTDIR ]] || stop_units\n",
        "[[ -n $DESTDIR ]] || stop_units\nremove_rule\n",
        "the_rule_first",
    ),
    Mutant("uninstall stops nothing", "[[ -n $DESTDIR ]] || stop_units\n", "", "test_uninstall_leaves"),
    Mutant("uninstall leaves /run/rovi", 'run rm -rf "$ROVI_RUN"', "", "test_uninstall_leaves"),
    Mutant("the first boot of an image enables every stack", "disable rovi-*.service", "", "first_boot"),
    Mutant(
        "who left the group ends the installer",
        '[[ " $(id -nG -- "${note#member }" 2>/dev/null) " != *" $ROVI_GROUP "* ]] ||',
        "",
        "another_service_user",
    ),
    Mutant(
        "systemd itself reads the workspace's env file",
        "# No EnvironmentFile=: systemd",
        # Without the keys that the units may not set, or the first start would already be refused.
        "EnvironmentFile=-$ROVI_ROS_WS_DIR/.env.robot\n"
        "UnsetEnvironment=ROVI_ODOM_INTEGRATOR_PUBLISH_TF ROVI_NETWORK_WAIT_SEC\n# No EnvironmentFile=: systemd",
        "does_not_hang_systemd",
    ),
    Mutant("a second uninstall fails", "    exit 0\n}", "    exit 4\n}", "install.bats"),
    Mutant(
        "uninstall under another prefix finds nothing",
        '[[ $INSTALLED_PREFIX && $INSTALLED_PREFIX != "$PREFIX" ]]',
        "false",
        "install.bats",
    ),
    Mutant(
        "another user's requests stay mounted",
        '            run systemctl restart "$ROVI_MOUNT"',
        "            true",
        "test_install and another_service_user",
    ),
]
