"""The mutants of root: that a root is fit before a stack starts in it, and that nothing bad gets into one."""

from harness.mutants.mutant import Mutant

ROOT, ADD, FILES, LIB = "rovictl.d/root.sh", "rovictl.d/root_add.sh", "rovictl.d/root_files.sh", "lib/root.sh"

MUTANTS = [
    Mutant(
        "a start does not check its root",
        '! root_problem "$2" || launch_die "$ROVI_EX_CONFIG"',
        "true || launch_die 1",
        "broken_root and missing",
    ),
    Mutant("the clean-up runs in the root", "RootDirectoryStartOnly=yes\n", "", "broken_root and missing"),
    Mutant("/dev is not the host's", "MountAPIVFS=yes", "MountAPIVFS=no\nPrivateDevices=yes", "sockets_cross"),
    Mutant("/tmp is the root's", "BindPaths=/run /tmp ", "BindPaths=/run ", "sockets_cross and trixie"),
    Mutant(
        "a root's own build does not count",
        'BindReadOnlyPaths=@ROOT@/@BUILD@:"@WORKSPACE@/install"\n',
        "",
        "own_build and trixie",
    ),
    Mutant(
        "status 226 is not explained",
        "if [[ ${SERVICE_RESULT-}/$status == exit-code/226 &&",
        "if [[ '' &&",
        "broken_root and place",
    ),
    Mutant(
        "a root may be a link",
        '[[ $(realpath -e -- "$dir" 2>/dev/null) == "$dir" ]] || return\n    while',
        "while",
        "broken_root and link",
    ),
    Mutant(
        "others may write in a root",
        "[[ $owner == 0 ]] && (((8#$mode & 8#22) == 0)) || return",
        "true",
        "broken_root and writable",
    ),
    Mutant(
        "a root is of any processor",
        'if [[ $ROVI_REPLY != "$here" ]]; then',
        "if false; then",
        "broken_root and processor",
    ),
    Mutant(
        "a root needs no programs", '! root_program "$1" "$need" || continue', "continue", "broken_root and systemd"
    ),
    Mutant("a root needs no ROS", "[[ $ROVI_REPLY ]] || lacks+=", "true || lacks+=", "broken_root and ROS"),
    Mutant(
        "a link leads out of a root",
        "[[ $link != /* ]] || at=\n",
        "[[ $link != /* ]] || tree= at=\n",
        "broken_root and out",
    ),
    Mutant(
        "a root may be anybody's make",
        "elif [[ ! -f $1/$ROOT_NOTE || -L $1/$ROOT_NOTE ]]; then",
        "elif false; then",
        "broken_root and ours",
    ),
    Mutant(
        "a root is declared and not used",
        "[[ -f /$ROOT_NOTE ]] ||",
        "true ||",
        "nothing_makes_the_root",
    ),
    Mutant(
        "doctor does not look at roots",
        'elif root_problem "$root"; then',
        "elif false; then",
        "broken_root and missing",
    ),
    Mutant(
        "doctor does not look at drop-ins",
        'elif ! root_is_written "$name" "$root"; then',
        "elif false; then",
        "drop_ins_that_differ",
    ),
    Mutant(
        "operators use root",
        "    ((EUID == 0)) ||\n",
        "    true ||\n",
        "operators_are_told",
        file=ROOT,
    ),
    Mutant("a root is removed under a stack", "[[ ! ${used[$1]-} ]] || die", "true || die", "not_removed"),
    Mutant("a root is removed under a process", '    ! root_runs "$1" ||', "    true ||", "not_removed"),
    Mutant("back knows nothing", '[[ $before == "$root" ]] || printf', "true || printf", "command_away"),
    Mutant("two change the roots", 'flock -n "$lock" || die', "true || die", "interrupted_add", file=FILES),
    Mutant("others look into the roots", 'mkdir -m 700 "$ROVI_ROOTS"', 'mkdir -m 755 "$ROVI_ROOTS"', "more_rights"),
    Mutant(
        "a root keeps devices",
        'find "$1" -xdev \\( -type b -o -type c -o -type p -o -type s \\) -delete &&\n        ',
        "",
        "more_rights",
    ),
    Mutant("a root keeps owners", 'chown -hR 0:0 -- "$1" && ', "", "made_harmless"),
    Mutant(
        "a root keeps setuid and what others may write",
        'find "$1" -xdev ! -type l -perm /6022 -exec chmod ug-s,go-w {} + || return',
        "true",
        "made_harmless",
    ),
    Mutant(
        "a root keeps its own names of users", "[[ -f $file && ! -L $file ]] || { rm", "true || { rm", "more_rights"
    ),
    Mutant("an archive writes with absolute names", 'tar -xf "$1"', 'tar -Pxf "$1"', "outside_of_its_tree"),
    Mutant(
        "an archive may lack its end",
        "tr -d '\\0' | head -c 1",
        "head -c 0",
        "cut_short and at_a_member or cut_short and member",
    ),
    Mutant("a tree that everybody writes", "(((8#$mode & 8#2) == 0)) ||", "true ||", "cannot_be_a_root and everybody"),
    Mutant(
        "a tree that is no root",
        "if [[ ! -d $1/etc || -L $1/etc || ! -d $1/usr || -L $1/usr ]]; then",
        "if false; then",
        "cannot_be_a_root and nothing",
    ),
    Mutant(
        "what is refused stays",
        """    trap "rm -rf --one-file-system -- '$new'" EXIT\n""",
        "",
        "cannot_be_a_root and no_bash or cannot_be_a_root and bash",
    ),
    Mutant(
        "what was interrupted stays",
        'rm -rf --one-file-system -- "$ROVI_ROOTS"/.new.* "$ROVI_ROOTS"/.old.*',
        "true",
        "interrupted_add",
    ),
    Mutant(
        "the root of all is copied",
        '[[ $ROVI_ROOTS/ != "${tree%/}"/* && $tree/ != "$ROVI_ROOTS"/* ]] ||',
        "true ||",
        "wrong_words and tiny2",
    ),
    Mutant(
        "uninstall leaves the drop-ins", 'run rm -f "$file"', "true", "takes_the_drop_ins", file="services/uninstall.sh"
    ),
]
