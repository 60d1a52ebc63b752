"""The version: what cannot read it from its one place says the same."""

import re
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent
VERSION = re.search(r"^readonly VERSION=(\S+)$", (TOP / "services/lib/use.sh").read_text(), re.M)[1]


@pytest.mark.parametrize(
    "file, says",
    [
        ("ansible/galaxy.yml", r"^version: (.+)$"),
        ("ansible/CHANGELOG.md", r"\A# Changes\n\n## (.+)$"),
        ("ansible/roles/robot/defaults/main.yml", r"rovi-services_(.+)_all\.deb"),
    ],
)
def test_the_collection_has_the_version_of_the_product(file, says):
    assert re.findall(says, (TOP / file).read_text(), re.M) == [VERSION]
