# ROVI services. `make` alone says what there is to make.

SHELL := /bin/bash

# For install and uninstall; services/install.sh says what they mean. STACKS= is passed on, too, if it is given, even if
# it is empty.
export DESTDIR PREFIX ROVI_USER ROVI_ROS_WS_DIR
# The image that the container tests and the demo start from.
export BASE ?= debian:bookworm-slim
# Those of test-matrix, oldest first, and those of its virtual machines; then where a run's results are kept for
# docs/status.md. Debian testing's systemd takes cgroup v2, which a container has only if its host has it.
BASES ?= debian:bullseye-slim debian:bookworm-slim debian:bookworm-backports debian:trixie-slim
VM_BASES ?= debian:bookworm-slim debian:forky-slim
results = .cache/results/$(subst /,-,$(subst :,-,$(1))).xml
# The seed of all that is random in the tests.
export SEED ?= 1
# How many mutants run at the same time.
export WORKERS ?= 2

SCRIPTS := $(wildcard harness/*.sh packaging/*.sh packaging/p*[mt]) bin/completion/rovictl.bash rovi_env.sh
# shellcheck looks at each file of the product alone, and at all as one, for variables that one sets and another reads.
PRODUCT := bin/rovictl $(wildcard services/*.sh services/*/*.sh bin/rovictl.d/*.sh)
TEST_SCRIPTS := $(wildcard tests/plain/*.bats tests/plain/*.bash harness/inside/*.bash)
# All shell files, by name or by first line.
SHELL_FILES = $(shell .venv/bin/shfmt -f .)
# A key like [$unit/Job] without quotes: shfmt takes it for arithmetic and puts blanks into it.
BARE_KEY := [A-Za-z_]\[[^]" ]*(/[A-Za-z$$]|\.[A-Za-z]|--)[^]" ]*\][]=}:+-]
# The files of one width: all that people write but prose.
NARROW = git ls-files -z --cached --others --exclude-standard -- ':!*.md' ':!*.scd' ':!man/*.[0-9]' ':!docs' \
	':!packaging/copyright' ':!harness/requirements.txt' ':!harness/package-lock.json'

# All targets: the checkout may be the root of a colcon workspace, which has a folder install/.
.PHONY: help install uninstall deb demo check check-files tools lint lint-ansible shellcheck keys width format test \
	test-container test-security test-roots test-page test-kiosk test-mcp test-fleet test-matrix test-vm screenshots \
	demo-page status bench mutants man

help:
	@echo 'sudo make install    install on this robot (ROVI_USER=rovi ROVI_ROS_WS_DIR=$(CURDIR))'
	@echo '                     STACKS="nav camera": only these stacks; STACKS=: none; rovictl new adds your own'
	@echo 'sudo make uninstall  remove what install has installed'
	@echo 'make deb             make the Debian packages in dist/ (needs dpkg-deb)'
	@echo 'make demo            watch the main job in a terminal, on a real systemd in a container'
	@echo 'make demo-page       boot the robot and say how to open its page in a browser'
	@echo 'make check           lint, check the unit files, run the tests without a container: two minutes'
	@echo 'make lint            only lint and format; make format fixes what can be fixed automatically'
	@echo 'make test            run check, then the end-to-end tests on a real systemd in a container'
	@echo 'make test-container  only the end-to-end tests; test-security: only what an attacker could try'
	@echo 'make test-roots      the storm and these attacks, with two stacks in root file systems of their own'
	@echo 'make test-mcp        the tests of the MCP server; test-fleet: of many robots over ssh, ROBOTS= of them [3]'
	@echo 'make test-matrix     test on Debian 11 to 13 (BASES=), with 500 restarts, test-vm on 12 and testing, status'
	@echo 'make status          write docs/status.md and docs/status.json from the results that there are'
	@echo 'make test-vm         test in a virtual machine what needs a kernel: boots, power cuts, memory, devices'
	@echo 'make test-page       test the page for Cockpit in a browser; test-kiosk: on a screen of its own'
	@echo 'make screenshots     make the pictures of the page in docs/'
	@echo 'make bench           measure what things cost, as ratios'
	@echo 'make mutants         remove each guard and see its test fail; WORKERS= at a time [2], TESTS= part of a name'
	@echo 'make man             make the man pages from man/*.scd (needs scdoc)'
	@echo 'Also: PREFIX= and DESTDIR= for install; BASE= for demo, test and test-vm; TESTS= and SEED= for the tests;'
	@echo 'VM_CUTS= for test-vm: how many power cuts; OPERATIONS=: how many operations of the storm; RESTARTS=: how many'
	@echo 'restarts must leave nothing behind; STOPS=: how many starts are stopped while they are under way.'

install:
	@services/install.sh

uninstall:
	@services/uninstall.sh

deb:
	@packaging/deb.sh

demo:
	@harness/prepare.sh container
	@.venv/bin/python harness/demo.py

# The tests wait more than they compute, so the rest runs beside them; what it says comes after them.
check: tools
	@make --no-print-directory check-files >.cache/check.log 2>&1 & files=$$!; trap "kill $$files; exit 130" INT; \
	.venv/bin/pytest -n 4 --junitxml=.cache/check.xml tests/plain tests/bus --ignore=tests/bus/test_fuzz.py; \
	tests=$$?; wait $$files && tail -n 2 .cache/check.log || { cat .cache/check.log >&2; exit 1; }; exit $$tests

check-files: lint
	@harness/node_modules/bats/bin/bats tests/plain >.cache/bats.log || { grep -v '^ok ' .cache/bats.log >&2; exit 1; }
	@echo "bats: none of $$(grep -c '^ok ' .cache/bats.log) tests failed"
	@.venv/bin/python -m harness.mutants check

tools:
	@harness/prepare.sh check

lint: tools shellcheck keys width
	.venv/bin/shfmt -d $(SHELL_FILES)
	.venv/bin/ruff format --diff --quiet
	.venv/bin/ruff check --quiet

shellcheck: tools
	.venv/bin/shellcheck $(SCRIPTS)
	.venv/bin/shellcheck --exclude=SC2034,SC2153,SC2154 $(PRODUCT)
	.venv/bin/python harness/floors.py | .venv/bin/shellcheck --shell=bash -x --check-sourced --include=SC2034,SC2154 -
	.venv/bin/shellcheck --severity=warning $(TEST_SCRIPTS)

keys: tools
	@! grep -nE '$(BARE_KEY)' $(SHELL_FILES) || { echo 'keys: quote these, as in "$${UNIT["$$unit/Job"]}"' >&2; exit 1; }

width:
	@! $(NARROW) | LC_ALL=C.UTF-8 xargs -0 grep -d skip -nE '^.{121}' || \
		{ echo 'width: these lines have over 120 characters' >&2; exit 1; }

format: tools keys
	.venv/bin/shfmt -w $(SHELL_FILES)
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

man:
	for page in man/*.scd; do scdoc <$$page >$${page%.scd} || exit; done

test: check test-container

test-container:
	@harness/prepare.sh container
	@harness/prepare.sh roots
	.venv/bin/pytest -n 4 --dist worksteal --junitxml=$(call results,$(BASE)) \
		tests/bus/test_fuzz.py tests/container $(TESTS)

# What an attacker could try.
test-security:
	@harness/prepare.sh container
	.venv/bin/pytest -n 3 --dist worksteal --junitxml=.cache/security.xml \
		$(wildcard tests/container/test_attack_*.py) \
		$(patsubst %,tests/container/test_%.py,polkit sudo lock hardening executor request)

# The storm and the attacks with two stacks in other root file systems: see tests/container/conftest.py.
test-roots:
	@harness/prepare.sh container
	@harness/prepare.sh roots
	STACKS_IN_ROOTS=1 .venv/bin/pytest -n 3 --dist worksteal $(wildcard tests/container/test_attack_*.py) \
		$(patsubst %,tests/container/test_%.py,storm polkit sudo lock executor request) $(TESTS)

test-mcp:
	@harness/prepare.sh container
	.venv/bin/pytest -n 2 --dist worksteal tests/mcp $(TESTS)

# ROBOTS= robots on the platforms of FLEET_BASES=, in turn.
test-fleet: export ROBOTS ?= 3
test-fleet: export FLEET_BASES ?= debian:bookworm-slim debian:trixie-slim
test-fleet:
	@for base in $(FLEET_BASES); do BASE=$$base harness/prepare.sh container && \
		cp .cache/image .cache/image-$${base//[:\/]/-} || exit; done; harness/prepare.sh container
	@harness/prepare.sh roots
	$(MAKE) -s lint-ansible
	.venv/bin/pytest tests/fleet $(TESTS)

# In the place that Ansible looks for a collection of this name.
lint-ansible: tools
	@mkdir -p .cache/collections/ansible_collections/rovi
	@ln -sfn ../../../../ansible .cache/collections/ansible_collections/rovi/services
	cd ansible && PATH=$(CURDIR)/.venv/bin:$$PATH ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/.cache/collections \
		ansible-lint --offline -q --profile production

# Goes on after a platform that fails, and fails at the end.
test-matrix: export RESTARTS ?= 500
test-matrix: check
	failed=; for base in $(BASES); do $(MAKE) test-container BASE=$$base || failed+=" $$base"; done; \
	for base in $(VM_BASES); do $(MAKE) test-vm BASE=$$base || failed+=" test-vm:$$base"; done; $(MAKE) status; \
	[[ -z $$failed ]] || { echo "test-matrix: failed on$$failed" >&2; exit 1; }

status:
	python3 harness/matrix.py $(wildcard .cache/results/*.xml)

test-vm:
	@harness/prepare.sh vm
	.venv/bin/pytest --junitxml=$(call results,vm-$(BASE)) tests/vm $(TESTS)

# The page for Cockpit, in a real browser.
test-page:
	@harness/prepare.sh page
	.venv/bin/pytest -n 2 --dist worksteal -rfEP --junitxml=.cache/page.xml tests/page $(TESTS)

# The page alone on a screen: .cache/kiosk.png is its picture.
test-kiosk:
	@harness/prepare.sh kiosk
	.venv/bin/pytest tests/kiosk $(TESTS)

screenshots:
	@harness/prepare.sh page
	.venv/bin/python harness/screenshots.py

demo-page:
	@harness/prepare.sh page
	.venv/bin/python harness/demo_page.py

bench:
	@harness/prepare.sh check
	@harness/prepare.sh container
	.venv/bin/python harness/bench.py

mutants:
	@harness/prepare.sh check
	@harness/prepare.sh page
	@harness/prepare.sh roots
	.venv/bin/python -m harness.mutants run $(TESTS)
