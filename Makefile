# Ringback. `make` alone lists what can be made. Needs Python 3.11 or newer, make and a package index.

# The first Python that is new enough; `make PYTHON=/path/to/python3 ...` overrides it.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --no-input
# Whole files stay in one worker: their fixtures (a wheel, a server) are dear.
PYTEST_ARGS ?= -n 2 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help venv demo test lint bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(VENV)/.tools ## set up .venv with Ringback, the tests' tools and the linters

demo: $(VENV)/.runtime ## run the main job on the sample mailbox, in .demo
	$(BIN)/ringback demo --dir .demo

test: $(VENV)/.tools ## run all tests; PYTEST_ARGS='-k name' picks some
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.tools ## check style, types, imports, sizes and dead code
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -qq tests/unit/test_code_limits.py

bench: $(VENV)/.tools ## measure: runs every module of tests/bench
	@for module in $(subst /,.,$(basename $(wildcard tests/bench/[a-z]*.py))); do \
		echo "== $$module"; $(BIN)/python -m "$$module" || exit 1; done

clean: ## remove .venv, the demo's folder, builds and caches
	rm -rf .venv .demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	find assistant providers templates tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { \
		echo "Ringback needs Python 3.11 or newer; found: $$(python3 --version 2>/dev/null || echo none)." >&2; \
		echo "Install a newer one, or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is not Python 3.11 or newer. Name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) lacks the venv module. On Debian and Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV)

# The installed launcher is a copy, therefore a change of it installs anew.
$(VENV)/.runtime: pyproject.toml constraints.txt assistant/_launch.py assistant/_main.py | $(BIN)/python
	$(PIP) install -q 'pip>=25.1'  # the first that reads dependency groups
	$(PIP) install -q -c constraints.txt -e .
	@touch $@

$(VENV)/.tools: $(VENV)/.runtime
	$(PIP) install -q -c constraints.txt -e '.[google,exchange,microsoft365]' --group test --group lint
	@touch $@
