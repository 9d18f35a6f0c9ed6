# Every target does its own set-up in .venv; the second run of a set-up costs nothing.
# A fresh Debian or Ubuntu with Python 3.11 or newer, git and make is enough.

PYTHON ?= python3
WORKERS ?= 3
PYTEST_ARGS ?=

BIN := .venv/bin
PIP_INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --quiet --quiet --no-build-isolation --use-pep517
DEBIAN_PACKAGES_FOR_TESTS := golang-go golang-golang-x-mod-dev chromium chromium-driver postgresql
APT_GET := DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=0 -o Acquire::http::Timeout=20 -o Dpkg::Use-Pty=0

.DEFAULT_GOAL := help
.PHONY: help demo demo-cli screenshots test check fix lock words packages-for-tests
.DELETE_ON_ERROR:

help:
	@echo 'make demo    the web application with 60 composite people, ready accounts and a walk round'
	@echo 'make demo-cli  the same people on the command line; ends with a report in HTML'
	@echo 'make test    every test (WORKERS=n processes, default 3; PYTEST_ARGS="-k word" narrows)'
	@echo 'make check   lint, format, types, import ladder, architecture tests, accuracy on a small set'
	@echo 'make fix     lint and format, repaired in place'
	@echo 'make words   collect what the pages say, for the translations in src/assent/web/locales'
	@echo 'make lock    pin the requirements anew (needs the network)'
	@echo
	@echo 'PYTHON=python3.13 chooses the interpreter for a new .venv; 3.11 is the oldest that works.'

demo: $(BIN)/.runs
	@$(BIN)/assent demo-site

demo-cli: $(BIN)/.runs
	@$(BIN)/assent demo

test: $(BIN)/.tests packages-for-tests
	@$(BIN)/python -m pytest --numprocesses=$(WORKERS) --dist=worksteal $(PYTEST_ARGS)

screenshots: $(BIN)/.tests packages-for-tests
	@PYTHONPATH=tests $(BIN)/python -m browser.take_screenshots docs/screenshots

words: $(BIN)/.tests
	@PYTHONPATH=tests $(BIN)/python -m catalogues.extracting

check: $(BIN)/.tests
	@failed=""; \
	for step in "ruff check --quiet ." "ruff format --quiet --check ." "mypy --no-error-summary" "lint-imports --no-logo" \
	    "python -m pytest --quiet -p no:cacheprovider tests/architecture tests/accuracy"; do \
	  echo "· $$step"; $(BIN)/$$step || failed="$$failed\n  $$step"; \
	done; \
	if [ -n "$$failed" ]; then printf "Not passed:$$failed\n"; exit 1; fi; \
	echo "All checks passed."

fix: $(BIN)/.tests
	@$(BIN)/ruff check --quiet --fix . ; status=$$?; $(BIN)/ruff format --quiet . && exit $$status

# What a user needs. The package itself is linked, not copied, so that a pull needs no new installation.
$(BIN)/.runs: $(BIN)/.made requirements.txt pyproject.toml
	@echo 'Installing what Assent runs on (once, a minute or two) ...'
	@$(PIP_INSTALL) --require-hashes -r requirements.txt
	@$(PIP_INSTALL) --no-deps --editable .
	@touch $@

# What a developer needs besides.
$(BIN)/.tests: $(BIN)/.runs requirements-dev.txt
	@echo 'Installing what tests and checks need (once) ...'
	@$(PIP_INSTALL) --require-hashes -r requirements-dev.txt
	@touch $@

$(BIN)/.made: requirements-build.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'Assent needs Python 3.11 or newer; "$(PYTHON)" is missing or older.'; \
	  echo 'Name another one: make PYTHON=python3.12'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  package=$$($(PYTHON) -c 'import sys; print(f"python3.{sys.version_info[1]}-venv")'); \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing $$package ..."; \
	    { $(APT_GET) update && $(APT_GET) install --yes "$$package"; } >/dev/null 2>&1 || { \
	      echo "Installing $$package failed; install it by hand, then run make again."; exit 1; }; \
	  else \
	    echo "Virtual environments are missing here. Run: sudo apt-get install $$package"; exit 1; \
	  fi; }
	@$(PYTHON) -m venv .venv
	@$(PIP_INSTALL) --require-hashes -r requirements-build.txt
	@touch $@

# Never fails: a test whose Debian package is missing is skipped and says so.
packages-for-tests:
	@missing=""; \
	for package in $(DEBIAN_PACKAGES_FOR_TESTS); do \
	  dpkg-query --show --showformat='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing for the tests:$$missing ..."; \
	  { $(APT_GET) update && $(APT_GET) install --yes --no-install-recommends $$missing; } >/dev/null 2>&1 && exit 0; \
	  echo "Could not install$$missing; the tests that need them (Go's verifier, the browser) are left out."; \
	else \
	  echo "Not installed:$$missing; the tests that need them (Go's verifier, the browser) are left out."; \
	  echo "To include them: sudo apt-get install$$missing"; \
	fi

# Hosts of registries and paths of the machine stay out of the files; versions and hashes are what pins.
COMPILE = build/lock/bin/pip-compile --quiet --generate-hashes --strip-extras --no-header --no-annotate \
  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links
lock:
	@$(PYTHON) -m venv build/lock && build/lock/bin/pip install --quiet --quiet pip-tools
	@echo 'setuptools>=77' > build/lock/build.in
	@$(COMPILE) --allow-unsafe --output-file build/lock/build.txt build/lock/build.in 2>/dev/null
	@$(COMPILE) --output-file build/lock/run.txt pyproject.toml 2>/dev/null
	@$(COMPILE) --extra dev --unsafe-package assent --constraint build/lock/run.txt --output-file build/lock/dev.txt pyproject.toml 2>/dev/null
	@for pair in build:requirements-build run:requirements dev:requirements-dev; do \
	  to=$${pair#*:}.txt; { head -n 1 $$to; grep -v -E '^(#|$$)' build/lock/$${pair%%:*}.txt; } > build/lock/new && cp build/lock/new $$to; \
	done
