# `make demo` shows what marginrules does, `make test` runs the suite, `make check` is what CI adds to it.
# The interpreter that makes .venv: make PYTHON=python3.12 test

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

EXAMPLE := examples/hyperliquid-account/payload.json --from hyperliquid

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench venues conformance clean

help:
	@echo "make demo         evaluate, explain and compare a Hyperliquid account"
	@echo "make test         run the tests"
	@echo "make check        lint, formatting, types, direction of imports"
	@echo "make bench        run the benchmarks"
	@echo "make venues       write docs/venues.md anew from the policies"
	@echo "make conformance  write docs/conformance.md anew from the published figures"
	@echo "make clean        remove what was built and cached (not $(VENV))"

$(BIN)/python:
	@command -v "$(PYTHON)" >/dev/null || { \
	  echo "There is no interpreter \`$(PYTHON)\`." >&2; \
	  echo "help: name one of Python 3.11 or later: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "marginrules needs Python 3.11 or later; \`$(PYTHON)\` is $$("$(PYTHON)" --version 2>&1)." >&2; \
	  echo "help: name a later one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -m venv --clear $(VENV) || { \
	  rm -rf $(VENV); \
	  echo "\`$(PYTHON) -m venv\` failed, see above." >&2; \
	  echo "help: some systems package it apart (python3-venv), or choose another: make PYTHON=…" >&2; exit 1; }

# hatchling first, then no build isolation: the build too is held to the versions in constraints.txt.
$(STAMP): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing marginrules and its tools into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt hatchling
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
	  --no-build-isolation -e '.[dev]'
	@touch $@

setup: $(STAMP)

demo: setup
	$(BIN)/marginrules evaluate $(EXAMPLE) --policy hyperliquid
	$(BIN)/marginrules explain $(EXAMPLE) --policy hyperliquid --why liquidatable:cross
	$(BIN)/marginrules compare $(EXAMPLE) --policy hyperliquid

test: setup
	$(BIN)/python -m pytest

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup
	$(BIN)/python -m benchmarks

venues: $(STAMP)
	@{ printf '# The shipped policies, side by side\n\nMade by `marginrules describe --markdown`: every row follows from the rules.\n\n'; \
	  $(BIN)/marginrules describe --markdown $$(ls rules/*.margin | sed 's|rules/||; s|\.margin||' | LC_ALL=C sort); } > docs/venues.md

conformance: $(STAMP)
	$(BIN)/marginrules test --cases tests/cases --markdown > docs/conformance.md

clean:
	rm -rf build dist out *.egg-info $(STAMP)
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .grimp_cache .benchmarks
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +
