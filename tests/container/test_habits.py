"""What is installed beside rovictl: completions that the shells find."""

import pytest


@pytest.mark.parametrize(
    "typed, expected",
    [
        ("rovictl sw", ["switch"]),
        ("rovictl switch ma", ["mapping"]),
        ("rovictl status ga", ["gateway"]),
        ("rovictl wait nav --state ru", ["running"]),
        ("rovictl stop --no", ["--no-wait"]),
        ("rovictl gateway re", ["restart"]),
        ("rovictl start nav m", ["map:="]),
        ("rovictl restart nav --variant lo", ["localization"]),
    ],
)
class TestCompletion:
    def test_bash(self, robot, typed, expected):
        # bash-completion loads the file by the command's name; here by hand.
        script = (
            'source /usr/local/share/bash-completion/completions/rovictl; read -ra COMP_WORDS <<<"$0"; '
            "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _rovictl; printf '%s\\n' \"${COMPREPLY[@]}\""
        )
        assert robot.must(["bash", "-c", script, typed], user="alice").split() == expected

    def test_zsh(self, robot, typed, expected):
        # fpath has the folder by default on Debian; _describe is zsh's own and shows its array.
        script = (
            "autoload -Uz compinit; compinit -D; [[ $_comps[rovictl] == _rovictl ]] || exit 9; autoload +X _rovictl; "
            "_describe() { print -rl -- ${${${(P)2}%:*}//\\\\:/:} }; words=(${=1}); CURRENT=$#words; _rovictl"
        )
        # Autoloaded, the first call defines and runs it.
        assert robot.must(["zsh", "-fc", script, "zsh", typed], user="alice").split() == expected

    def test_fish(self, robot, typed, expected):
        out = robot.must(["fish", "-c", f"complete -C'{typed}'"], user="alice")
        assert [line.split("\t")[0] for line in out.splitlines()] == expected
