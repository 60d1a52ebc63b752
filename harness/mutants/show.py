"""The mutants of show, start --dry-run, restart --same, enable and disable."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant("a dry run starts", '        show_start "$1"\n', '        bring_up StartUnit "$1"\n', "dry_run_checks"),
    Mutant("a dry run does not look for another stack", '        refuse_other "$1"\n', "", "dry_run_checks"),
    Mutant(
        "a dry run does not look for the gateway",
        "        refuse_without_gateway\n        need_loaded",
        "        need_loaded",
        "dry_run_checks",
    ),
    Mutant("status does not know what is enabled", "[[ ! -L $link ]] || boot", "true || boot", "what_starts_at_boot"),
    Mutant("a dry run asks no guard", '        refuse_by_guards "$1"\n        use', "        use", "asks_the_guards"),
    Mutant(
        "show calls the gateway a stack",
        r"""json=${json/"\"stack\":\"$1\""/'"stack":null'}""",
        "true",
        "show_is_what_runs",
    ),
    Mutant("show does not say for programs what starts at boot", "json=${json/%no/false} ", "", "show_is_what_runs"),
    Mutant("show says for programs that nothing starts at boot", "json=${json/%yes/true}", "true", "starts_at_boot"),
    Mutant(
        "a program cannot read what a unit declares",
        '        json_string "${DECLARED["$key"]}"\n',
        '        ROVI_REPLY="\\"${DECLARED["$key"]}\\""\n',
        "word_for_word",
    ),
    Mutant("a tab in what a unit declares is a t", "[[ $piece != [abfnrtv] ]] ||", "true ||", "word_for_word"),
    Mutant("the same is the default", '    parameters=("${NOTE[@]:4}")', "    :", "test_the_same_again"),
    Mutant("the same and more", "! has_request || bad_usage", "true ||", "test_the_same_again"),
    Mutant("who comes first at boot is not said", '[[ $first == "$name" ]] ||', "true ||", "what_starts_at_boot"),
]
