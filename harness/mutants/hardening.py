"""The mutants of what a launch may not do."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant("a launch has no limit of tasks", "TasksMax=2048\n", "", "limit_of_its_own_for_tasks"),
    Mutant("nodes make setuid files", "RestrictSUIDSGID=yes\n", "", "test_hardening", file="20-hardening.conf"),
    Mutant(
        "nodes open sockets of any family", "RestrictAddressFamilies=", "#", "test_hardening", file="20-hardening.conf"
    ),
    Mutant("nodes change the personality", "LockPersonality=yes\n", "", "test_hardening", file="20-hardening.conf"),
    Mutant("nodes keep capabilities", "CapabilityBoundingSet=\n", "", "test_hardening", file="20-hardening.conf"),
    Mutant("nodes cannot have DDS", "AF_INET AF_INET6 ", "", "test_hardening"),
]
