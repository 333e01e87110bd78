# Two commands do everything: `make demo` shows plansync at work, `make test` proves it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help demo test quick thorough lint types imports journeys postgres browser lock clean

help:
	@echo "make demo   a GitHub on this machine, plansync beside it, and a plan from request to merge"
	@echo "make test   lint, types, import contracts, quick and thorough tests, PostgreSQL, journeys, browser"
	@echo "make quick  the tests that take less than a second or two each"
	@echo "make lock   pin the dependencies again after pyproject.toml changed"

demo: $(VENV)/.demo
	@$(BIN)/plansync demo $(ARGS)

test: $(VENV)/.test
	@$(BIN)/python -m tests.run $(ARGS)

quick thorough lint types imports journeys postgres browser: $(VENV)/.test
	@$(BIN)/python -m tests.run $@

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "plansync needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
	  echo "Install one and name it: make demo PYTHON=python3.12"; exit 1; }
	@echo "==> making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "This Python cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv"; \
	  rm -rf $(VENV); exit 1; }

$(VENV)/.demo: $(VENV)/bin/python requirements/demo.txt pyproject.toml
	@echo "==> installing plansync and what it needs (pinned, with hashes)"
	@$(PIP) install --require-hashes -r requirements/demo.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: $(VENV)/bin/python requirements/test.txt pyproject.toml
	@echo "==> installing plansync and its test tools (pinned, with hashes)"
	@$(PIP) install --require-hashes -r requirements/test.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.demo

lock:
	uv pip compile pyproject.toml --extra build --universal --python-version 3.11 \
	  --generate-hashes --no-header -o requirements/run.txt
	uv pip compile pyproject.toml --extra demo --extra build --universal --python-version 3.11 \
	  --generate-hashes --no-header -c requirements/run.txt -o requirements/demo.txt
	uv pip compile pyproject.toml --extra test --extra build --universal --python-version 3.11 \
	  --generate-hashes --no-header -c requirements/demo.txt -o requirements/test.txt

clean:
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
