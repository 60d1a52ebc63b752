"""The name of a platform in docs/status.md, by what the platform says of itself."""

import pytest

from harness.facts import platform_name

DEBIAN_12 = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nID=debian\n'
TESTING = 'PRETTY_NAME="Debian GNU/Linux forky/sid"\n\nVERSION_CODENAME=forky\nID=debian\n'


@pytest.mark.parametrize(
    ("os_release", "systemd", "name"),
    [
        (DEBIAN_12, "systemd 252 (252.39-1~deb12u1)\n+PAM", "Debian 12"),
        (DEBIAN_12, "systemd 254 (254.26-1~bpo12+1)\n+PAM", "Debian 12, backports"),
        (TESTING, "systemd 262 (262-1)\n+PAM", "Debian forky"),
    ],
)
def test_platforms_have_names_of_their_own(os_release, systemd, name):
    assert platform_name(os_release, systemd) == name
