"""The mutants of the entries in the journal and of history."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant("a start is not in the journal", '    note_job "$word" "$name"\n', "", "each_verb_is_in_the_journal"),
    Mutant(
        "the job of a request is not known",
        "            request_job=$reason\n",
        "            request_job=\n",
        "each_verb_is_in_the_journal",
    ),
    Mutant(
        "a newline in a field makes another field",
        "        [[ $field != *$'\\n'* ]] || return\n",
        "",
        "journal_note.bats",
    ),
    Mutant(
        "a launch does not say what it runs with",
        "take_request\nnote_run\n",
        "take_request\n",
        "what_it_runs_with",
    ),
    Mutant(
        "a writer is who he says",
        "    AUTHOR_UID=${ENTRY[_UID]-} AUTHOR_WAY=rovictl\n    [[",
        "    AUTHOR_UID=0 AUTHOR_WAY=executor\n    [[",
        "in_anothers_name",
    ),
    Mutant(
        "the executor takes the credit",
        "    AUTHOR_UID=${BASH_REMATCH[1]} AUTHOR_WAY=executor\n",
        "",
        "executors_caller_is_named",
    ),
    Mutant("an entry in advance counts", "((${word%%:*} < $3)) || break", "break", "made_in_advance"),
    Mutant(
        "anybody says how a unit ended",
        '[[ $run && ${ENTRY[_SYSTEMD_UNIT]-} == "rovi-${RUN["$run/stack"]}.service" ]] || return 0',
        "[[ $run ]] || run=$RUN_COUNT",
        "only_the_unit_itself",
    ),
    Mutant(
        "a reason controls the terminal",
        '    rovi_printable "${RUN["$1/why"]-}"\n',
        '    ROVI_REPLY=${RUN["$1/why"]-}\n',
        "cannot_control_the_terminal",
    ),
    Mutant(
        "a field that is there twice counts",
        "    [[ $rest == '}' ]] || return\n",
        "",
        "journal_read.bats",
    ),
    Mutant(
        "the end of the gateway stops nothing",
        "if ((gateway != run)) && gateway_ended",
        "if false && gateway_ended",
        "stop_with_the_gateway",
    ),
    Mutant("nothing starts at boot", "|| ASKED_WAY=boot\n", "|| true\n", "start_at_boot"),
    Mutant("a start by systemctl is nobody's", '! was_permitted "$run" start', "true", "uses_systemctl"),
    Mutant("a stop by systemctl is nobody's", '! was_permitted "$run" stop', "true", "uses_systemctl"),
    Mutant("a permission counts again and again", "((from >= $3)) || from=$3", "true", "for_one_start_and_one_stop"),
    Mutant("a permission counts for every verb", '[[ $verb == "$2" || $verb == restart ]]', "true", "for_one_start"),
    Mutant("the last of two counts", '[[ ${found:-$uid} == "$uid" ]] || return', "true", "of_two_who"),
    Mutant("anybody says whom polkit has let", '"_UID=$polkit" ', "", "nobody_but_polkit"),
    Mutant("polkit says everything", 'unit === stack && action.lookup("verb") !== "reset-failed"', "true", "say_more"),
    Mutant(
        "who cannot be logged may not start",
        "            } catch (error) {\n            }\n",
        "            } catch (error) {\n                return polkit.Result.NOT_HANDLED;\n            }\n",
        "if_nothing_can_be_logged",
    ),
    Mutant("an entry counts from when it was read", "$((taken - late))", "$taken", "journal_read.bats"),
    Mutant("an entry was sent whenever it says", "((late >= 0 && late < ENTRY_LATE))", "true", "journal_read.bats"),
    Mutant(
        "a cut start does not say by whom",
        '        [[ $ROVI_REPLY ]] || ! is_cut_short "$name" ||',
        "        true ||",
        "short_before_it_begins",
    ),
    Mutant(
        "a stopped start does not say by whom",
        '    ! is_cut_short "$name" || die',
        "    true || die",
        "start_that_is_cut_short_names",
    ),
    Mutant(
        "history is empty for who may not read it",
        '    may_read_journal || die "$ROVI_EX_DENIED" "not permitted to read the journal',
        '    true || die "$ROVI_EX_DENIED" "not permitted to read the journal',
        "who_may_not_read_the_journal_is_told",
    ),
    Mutant(
        "a new catalog is not read",
        "    [[ ! $catalog_changed ]] || read_catalog",
        "    true",
        "update_of_the_catalog",
    ),
    Mutant(
        "nobody but systemd makes a run",
        'matches=(_PID=1 "${units[@]}"',
        'matches=("${units[@]}"',
        "nobody_but_systemd_says",
    ),
]
