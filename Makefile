# ROVI services. `make` alone says what there is to make.

SHELL := /bin/bash

# For install and uninstall; what they mean is in services/install.sh.
export DESTDIR PREFIX ROVI_USER ROVI_ROS_WS_DIR
# The image that the container tests and the demo start from.
export BASE ?= debian:bookworm-slim
# Those of test-matrix, oldest first, and where a run's results are kept for docs/status.md.
BASES ?= debian:bullseye-slim debian:bookworm-slim debian:trixie-slim
results = .cache/results/$(subst /,-,$(subst :,-,$(1))).xml
# Of all that is random in the tests.
export SEED ?= 1

EXECUTOR := services/json_lib.sh services/executor_lib.sh services/executor.sh
SCRIPTS := $(filter-out $(EXECUTOR),$(wildcard services/*.sh harness/*.sh packaging/*.sh packaging/p*[mt])) \
	bin/completion/rovictl.bash rovi_env.sh
# rovictl and the executor read their libraries when they run; shellcheck gets them as one.
LIBRARIES := $(patsubst %,services/%_lib.sh,rovi declared request guard) bin/rovictl_use.sh \
	$(filter-out %_use.sh,$(wildcard bin/rovictl_*.sh))
TEST_SCRIPTS := $(wildcard tests/plain/*.bats tests/plain/*.bash harness/inside/*.bash)

# All of them: the checkout may be the root of a colcon workspace, which has a folder install/.
.PHONY: help install uninstall deb demo check test test-container test-security test-matrix test-vm status bench mutants man

help:
	@echo 'sudo make install    install on this robot (ROVI_USER=rovi ROVI_ROS_WS_DIR=$(CURDIR))'
	@echo 'sudo make uninstall  remove what install has installed'
	@echo 'make deb             make a Debian package in dist/ (needs dpkg-deb)'
	@echo 'make demo            see the main job in a terminal, on a real systemd in a container'
	@echo 'make check           lint, unit files, tests without a container: a minute'
	@echo 'make test            check, then the end-to-end tests on a real systemd in a container'
	@echo 'make test-container  of these, the end-to-end tests; test-security: of these, what an attacker could try'
	@echo 'make test-matrix     test on Debian 11, 12 and 13 (BASES=), with 500 restarts, then status'
	@echo 'make status          docs/status.md and docs/status.json, of the results that there are'
	@echo 'make test-vm         what takes a kernel: boots, power cuts, memory, devices; in a virtual machine'
	@echo 'make bench           what things cost, as ratios'
	@echo 'make mutants         take each guard away and see its test fail'
	@echo 'make man             make the man pages from man/*.scd (needs scdoc)'
	@echo 'Also: PREFIX= and DESTDIR= for install, BASE= for demo and test, TESTS= and SEED= for test and test-vm,'
	@echo 'VM_CUTS= for test-vm: how many power cuts; OPERATIONS= and RESTARTS=: how long the storm, and how many'
	@echo 'restarts are to leave nothing behind; STOPS=: how many starts are taken back under way.'

install:
	@services/install.sh

uninstall:
	@services/uninstall.sh

deb:
	@packaging/deb.sh

demo:
	@harness/prepare.sh container
	@.venv/bin/python harness/demo.py

check:
	@harness/prepare.sh check
	.venv/bin/shellcheck $(SCRIPTS)
	printf 'source %s\n' $(LIBRARIES) bin/rovictl | .venv/bin/shellcheck --shell=bash -x --check-sourced -
	printf 'source %s\n' $(LIBRARIES) $(EXECUTOR) | .venv/bin/shellcheck --shell=bash -x --check-sourced -
	.venv/bin/shellcheck --severity=warning $(TEST_SCRIPTS)
	harness/node_modules/bats/bin/bats tests/plain
	.venv/bin/pytest -n 4 tests/bus --ignore=tests/bus/test_fuzz.py

man:
	for page in man/*.scd; do scdoc <$$page >$${page%.scd} || exit; done

test: check test-container

test-container:
	@harness/prepare.sh container
	.venv/bin/pytest -n 4 --dist worksteal --junitxml=$(call results,$(BASE)) tests/bus/test_fuzz.py tests/container $(TESTS)

# What an attacker could try.
test-security:
	@harness/prepare.sh container
	.venv/bin/pytest -n 4 --dist worksteal $(wildcard tests/container/test_attack_*.py) \
		$(patsubst %,tests/container/test_%.py,polkit sudo lock hardening executor request)

# Goes on after a platform that fails, and fails at the end.
test-matrix: export RESTARTS ?= 500
test-matrix: check
	failed=; for base in $(BASES); do $(MAKE) test-container BASE=$$base || failed+=" $$base"; done; $(MAKE) status; \
	[[ -z $$failed ]] || { echo "test-matrix: failed on$$failed" >&2; exit 1; }

status:
	python3 harness/matrix.py $(wildcard .cache/results/*.xml)

test-vm:
	@harness/prepare.sh vm
	.venv/bin/pytest --junitxml=$(call results,vm) tests/vm $(TESTS)

bench:
	@harness/prepare.sh check
	@harness/prepare.sh container
	.venv/bin/python harness/bench.py

mutants:
	@harness/prepare.sh check
	@harness/prepare.sh container
	.venv/bin/python harness/mutants.py $(TESTS)
