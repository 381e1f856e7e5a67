# `make demo` and `make test` set up everything themselves, in .venv, with Python 3.11 or newer.
# Another Python: `make demo PYTHON=python3.13`. Where uv is installed, it does the installing.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

ifdef UV
create := $(UV) venv --quiet --python "$$(command -v $(PYTHON))" $(VENV)
install := $(UV) pip install --quiet --python $(BIN)/python
else
create := $(PYTHON) -m venv $(VENV)
install := $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif

.DEFAULT_GOAL := demo
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: demo test torture bench format docs clean

demo: $(VENV)/.runtime
	@$(BIN)/indsats demo

# The report on domain/ speaks only when a branch is missing, so that pytest has the last word.
test: $(VENV)/.test
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist worksteal --cov --cov-report=term
	@$(BIN)/coverage report --include='src/indsats/domain/*' --fail-under=100 >$(VENV)/domain-coverage \
	  || { cat $(VENV)/domain-coverage; echo 'make test: domain/ must be covered to the last branch' >&2; exit 1; }

torture: $(VENV)/.test
	$(BIN)/pytest -m torture --hypothesis-profile=torture

bench: $(VENV)/.test
	@for file in benchmarks/bench_*.py; do echo "$$file"; $(BIN)/python -m "benchmarks.$$(basename "$$file" .py)" || exit 1; done

format: $(VENV)/.test
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(VENV)/.runtime
	@mkdir -p docs/reference
	$(BIN)/indsats model docs >docs/reference/models.md.new
	mv docs/reference/models.md.new docs/reference/models.md

clean:
	rm -rf $(VENV) build dist .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "indsats needs Python 3.11 or newer, but $(PYTHON) is: $$($(PYTHON) --version 2>&1)" >&2; \
	  echo "Name another one: make $(or $(MAKECMDGOALS),demo) PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(create) || { rm -rf $(VENV); exit 1; }

# A stamp each for the runtime and the tests: nothing is installed again until pyproject.toml changes.
$(VENV)/.runtime: pyproject.toml | $(BIN)/python
	@echo 'Installing indsats into $(VENV) (once) ...'
	@$(install) --editable .
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	@echo 'Installing indsats and its test tools into $(VENV) (once) ...'
	@$(install) --editable '.[test]'
	@touch $@ $(VENV)/.runtime
