"""The mutants of which units are stacks, and those whose unit file is gone."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "any rovi unit counts as a stack",
        'rovi_is_loaded_stack "$unit" || continue # and not only named like one',
        "true",
        "test_gone and excludes_none",
    ),
    Mutant(
        "what has no unit file never was a stack",
        '    [[ $3 == *"argv[]="/*',
        '    false && [[ $3 == *"argv[]="/*',
        "test_gone and sees_it",
    ),
    Mutant(
        "what was forgotten is no stack",
        "|| (! $3 && $2 != loaded) ]]",
        "]]",
        "forgotten or masked or shown",
        suite="bus",
    ),
    Mutant(
        "what has no unit file was a stack", '"argv[]="/*([!\' \'])"/run_stack.sh $1 ;"*', "*", "never_was", suite="bus"
    ),
    Mutant("a word of a command makes it a stack", '"argv[]="/*([!\' \'])"/run', '"/run', "never_was", suite="bus"),
    Mutant(
        "a stack that has ended is gone, too",
        "[[ $ROVI_REPLY == @(inactive|failed) || ${stack_file",
        "[[ ${stack_file",
        "test_gone and is_nothing",
        suite="bus",
    ),
    Mutant(
        "status --json asks for templates, too",
        '! rovi_valid_name "$name" || names+="$name "',
        'names+="$name "',
        "test_gone and seems_to_run",
    ),
    Mutant(
        "status --json does not ask again for what it has missed",
        '        [[ ${UNIT["rovi-$name.service/Id"]-} ]] || { try_look "${units[@]}" || die_of_bus; }\n',
        "",
        "test_gone and seems_to_run",
    ),
    Mutant(
        "what is gone can be started", "[[ ${2-} ]] && try_look", "try_look", "test_gone and not_listed", suite="bus"
    ),
    Mutant(
        "what is gone cannot be stopped",
        'need_unit "$name" gone',
        'need_unit "$name"',
        "test_gone and sees_it",
        file="rovictl.d/jobs.sh",
    ),
    Mutant(
        "status does not say that it is gone", "[[ ! ${gone[$1]-} ]] ||", "true ||", "test_gone and shown", suite="bus"
    ),
    Mutant(
        "watch does not look for what is gone",
        '("${always[@]}" "${stacks[@]}") # with',
        '("${names[@]:-gateway}") # with',
        "test_gone and as_long",
        suite="bus",
    ),
]
