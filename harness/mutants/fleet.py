"""The mutants of groups, of many robots, and of what an inventory may say."""

from harness.mutants.mutant import Mutant


def row(name, old, new, tests, **more):
    return Mutant(name, old, new, f"test_fleet and {tests}", suite="bus", **more)


MUTANTS = [
    row("a group is its own hosts only", 'groups+=("${JSON["top/$group/children/$i"]}")', "true", "once_in_order"),
    row("a robot counts twice", "elif [[ ! ${chosen[$name]-} ]]; then", "else", "once_in_order"),
    row("a robot that is left out is not", '|| rest+=("$name")', '; rest+=("$name")', "once_in_order"),
    row("a slip leaves out nobody", 'is_in_inventory "${name#*@}" ||', "true ||", "bad_input"),
    row("an unknown group is empty", 'is_group "$1" || die_of_group "$1"', "true", "bad_input"),
    row(
        "a host of the inventory is an option", '[[ $1 =~ ^$SSH_HOST$ ]] || die "$ROVI_EX_CONFIG"', ": ||", "bad_input"
    ),
    row("a variable of a host may be anything", "[[ ! $ROVI_REPLY || $ROVI_REPLY =~ $2 ]] ||", "true ||", "bad_input"),
    row("any word is an option of ssh", "[[ ${word[i]} =~ $SSH_VALUED ]] ||", "true ||", "bad_input"),
    row("quotes in words for ssh count for nothing", "\\'*\\'* | \\\"*\\\"*)", "none)", "as_words"),
    row("an inventory may hang", 'timeout --kill-after=2 "$1" \\\n', "\\\n", "inventory_that_hangs"),
    row("what an inventory runs goes on", "timeout --kill-after=2", "timeout --foreground", "inventory_that_hangs"),
    row("an inventory has no end", "((${#text} < INVENTORY_BYTES)) ||", "true ||", "without_end"),
    row("a half-read inventory is one", "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED=true ", "", "bad_input"),
    row("all robots at a time", "((busy < workers)) && may_begin", "may_begin", "so_many_at_a_time"),
    row("who is late holds up the others", "((next < $2)) || show_what_there_is", "true", "holds_up_nobody"),
    row("who is dead is not named", "! is_table || show_end", "true", "comes_last"),
    row("who is killed is waited for", "            find_lost\n", "", "not_waited_for"),
    row("a canary may die", "[[ ${2-} && $verb != stop && ", "[[ '' && ", "canary"),
    row("nobody waits for the canary", 'run_hosts 0 "$first" canary', "first=0", "canary"),
    row(
        "a failed canary with --keep-going is none",
        "[[ $halted || ($first != 0 && $worst != 0) ]]",
        "[[ $halted ]]",
        "canary",
    ),
    row("an interrupted rollout says nothing", "        find_lost\n        tell_what_was_done\n", ":\n", "interrupted"),
    row("what goes on counts as not begun", "/*) on[cut]+=", "/*) on[later]+=", "interrupted"),
    row("it goes on after a failure", '[[ ${option["--keep-going"]-} ]] || halted=yes', "true", "first_failure"),
    row(
        "a robot may take as long as it likes",
        "limit=(timeout --foreground --signal=KILL",
        "limit=(timeout --foreground --signal=CONT",
        "after_its_time",
    ),
    Mutant(
        "a rollout goes on after a robot that is lost",
        "that: upgrade_lost | length == 0",
        "that: true",
        "is_lost_or_fails",
        file="playbooks/upgrade.yml",
        suite="plain",
    ),
]
