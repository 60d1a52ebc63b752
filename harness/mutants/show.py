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
    Mutant("status does not know what is enabled", "[[ ! -L $link ]] || return 0", "true", "what_starts_at_boot"),
    Mutant("a dry run asks no guard", '        refuse_by_guards "$1"\n        use', "        use", "asks_the_guards"),
    Mutant("the same is the default", '    parameters=("${NOTE[@]:4}")', "    :", "test_the_same_again"),
    Mutant("the same and more", "! has_request || bad_usage", "true ||", "test_the_same_again"),
    Mutant("who comes first at boot is not said", '[[ $first == "$name" ]] ||', "true ||", "what_starts_at_boot"),
]
