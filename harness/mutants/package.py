"""The mutants of the Debian package."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "an upgrade refuses an administrator's own unit",
        " && ! grep -q '^ExecStart=/usr/lib/rovi/' \"$unit\"",
        "",
        "own_gateway_unit",
        file="preinst",
    ),
    Mutant(
        "the package reloads systemd before it looks",
        "/usr/lib/rovi/setup.sh || {",
        "systemctl daemon-reload; /usr/lib/rovi/setup.sh || {",
        "opened_anew",
    ),
    Mutant("an upgrade stops what runs", '[ "$1" = remove ] || exit 0\n', "", "test_deb and upgrade_stops"),
    Mutant(
        "the package does not set itself up",
        "/usr/lib/rovi/setup.sh ||",
        "true ||",
        "test_deb and masked_socket",
        file="postinst",
    ),
    Mutant("a robot that is not ready breaks dpkg", "setup.sh || {", "setup.sh\n{", "test_deb and not_ready"),
    Mutant(
        "a package without a site runs as root",
        'SITE" < <(site_text)',
        'SITE" < <(site_text | grep -v User=)',
        "test_deb and not_ready",
    ),
    Mutant(
        "remove takes the group along",
        "if [[ $PREFIX == /usr ]]; then\n    keep_group\nelif",
        "if",
        "test_deb and test_remove",
    ),
    Mutant("purge leaves the group", 'groupdel "$name" || true', "true", "test_deb and purge"),
    Mutant(
        "purge takes away what make install uses",
        "if installed_otherwise; then",
        "if false; then",
        "test_deb and make_install_uses",
    ),
    Mutant(
        "purge ends at a mount",
        "/var/lib/rovi ||\n            echo",
        "/var/lib/rovi\n            echo",
        "test_deb and whatever_is_mounted",
    ),
    Mutant(
        "another user's mount",
        "if [[ $PREFIX != /usr || $ROVI_USER == rovi ]]; then",
        "if true; then",
        "test_deb and another_user",
    ),
    Mutant("both can be installed, the package second", "exit 1", "exit 0", "test_deb and do_not_mix", file="preinst"),
    Mutant(
        "both can be installed, the package first",
        "! -e $DESTDIR/usr/lib/rovi/setup.sh ||",
        "x ||",
        "test_deb and do_not_mix",
    ),
    Mutant(
        "an administrator's stack does not count beside the package",
        '{"$ROVI_SITE_UNITS","$UNITS"}',
        '{"$UNITS",}',
        "test_deb and administrators",
    ),
]
