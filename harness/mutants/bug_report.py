"""The mutants of `rovictl report`."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "a node has a file of the caller's in the report", "iflag=nofollow,nonblock bs=64K", "bs=64K", "private_file"
    ),
    Mutant("a report has secrets", "2>&1 | mask_secrets |", "2>&1 |", "no_secret_is_in_a_report"),
    Mutant(
        "a secret with blanks is half masked",
        '        -e "s/\\"($name:?=)$text\\"/',
        '        -e "s/\\"($name:=)$text\\"/',
        "mask.bats",
    ),
    Mutant(
        "a line that goes on is half masked",
        "        -e ':join' -e '/\\\\$/{N;s/\\\\\\n/ /;bjoin' -e '}'",
        "       ",
        "mask.bats",
    ),
    Mutant("others may read a report", "    umask 0077\n    { exec", "    { exec", "only_the_caller_may_read"),
    Mutant("a report is written through a link", "    set -C\n    umask", "    umask", "through_what_is_already_there"),
    Mutant(
        "root reads launch.log itself",
        "    if ((EUID == 0)) && [[ $user ]]; then\n        rovi_as",
        "    if false; then\n        rovi_as",
        "directory_of_logs_that_root_reads",
    ),
    Mutant(
        "what is left out is not named",
        '"$ROVI_EX_DENIED") rm -f -- "$file" && left_out+=("${file%.txt}") ;;',
        '"$ROVI_EX_DENIED") rm -f -- "$file" ;;',
        "left_out_and_named",
    ),
    Mutant(
        "a report leaves its files behind",
        "    trap 'rm -rf -- \"$report_dir\"' EXIT\n",
        "",
        "what_a_bug_report_needs",
    ),
]
