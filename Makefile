# Everything a newcomer needs: `make run` serves the product, `make test` passes the tests.
# Both set up .venv first when it is missing or older than the lock.

PORT     ?= 8000
DATA_DIR ?= ./data
PYTHON   ?= python3
WORKERS  ?= auto

BIN     := .venv/bin
STAMP   := .venv/.in-step-with-lock
IN_IMAGE = postgres redis ollama gemini anthropic openai otel
SOURCES := $(wildcard src tests scripts bench)
COMPILE  = $(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url \
           --no-emit-find-links --custom-compile-command 'make lock'

# uv from the PATH when there is one, else the one that pip puts into the virtual environment.
UV := $(shell command -v uv || echo $(BIN)/uv)

.DEFAULT_GOAL := help
.PHONY: help setup run test check format bench drills mutants lock build clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) ## Make .venv with everything in it (the others do it when it is needed)
	@echo 'Ready: $(BIN)/antiphon'

run: $(STAMP) ## Serve on http://127.0.0.1:8000 (PORT=8000 DATA_DIR=./data)
	@exec $(BIN)/antiphon serve --port $(PORT) --data $(DATA_DIR)

test: check ## Check, then run the tests (WORKERS=auto)
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal

check: $(STAMP) ## Lint, types and import fences, without the tests
	@$(BIN)/lint-imports --no-logo & fences=$$!; \
	$(BIN)/ruff check --quiet --output-format concise . & lint=$$!; \
	$(BIN)/mypy $(SOURCES); failed=$$?; \
	$(BIN)/ruff format --check --quiet --output-format concise . || failed=1; \
	wait $$lint || failed=1; \
	wait $$fences || failed=1; \
	exit $$failed

format: $(STAMP) ## Format the code and repair what ruff can repair
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: $(STAMP) ## Measure speed and memory
	@$(BIN)/python -m bench

drills: $(STAMP) ## Long recovery drills: deaths, full disks, outages, bursts (DRILL_SECONDS=300)
	@$(BIN)/pytest -m drill tests/recovery

mutants: $(STAMP) ## Break the source on purpose and see that the tests notice
	@$(BIN)/python scripts/mutants.py

lock: $(STAMP) ## Compile the lock files again (ARGS=--upgrade for newer versions)
	$(COMPILE) $(ARGS) --all-extras pyproject.toml --output-file requirements-dev.lock
	$(COMPILE) $(ARGS) --constraint requirements-dev.lock pyproject.toml --output-file requirements.lock
	$(COMPILE) $(ARGS) --constraint requirements-dev.lock $(IN_IMAGE:%=--extra %) pyproject.toml --output-file requirements-image.lock

build: $(STAMP) ## Build the wheel into dist/
	@$(BIN)/python -m hatchling build --target wheel

clean: ## Remove .venv, caches and build results, but no data
	@rm -rf .venv dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find src tests scripts bench -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# uv does not read pip's configuration: where only pip knows the way to the packages, pip installs the same lock.
# The hashes are checked either way. Some systems split pip from venv; then the outer pip fills the environment.
$(STAMP): requirements-dev.lock
	@set -eu; export PIP_DISABLE_PIP_VERSION_CHECK=1; \
	for python in $(PYTHON) python3.13 python3.12 python3.11 none; do \
	    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	done; \
	test "$$python" != none || { echo 'Python 3.11 or later is needed: make $(MAKECMDGOALS) PYTHON=/path/to/it' >&2; exit 1; }; \
	test -x $(BIN)/python || "$$python" -m venv .venv || "$$python" -m venv --clear --without-pip .venv; \
	echo "Setting up .venv with $$($(BIN)/python --version)"; \
	pip="$(BIN)/python -m pip"; $$pip --version >/dev/null 2>&1 || pip="$$python -m pip --python $(BIN)/python"; \
	test -x "$(UV)" || $$pip install --quiet uv || echo 'No uv; pip will do.'; \
	{ $(UV) pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements-dev.lock \
	    && $(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .; } \
	|| { echo 'uv could not; pip tries.'; \
	    $$pip install --quiet --require-hashes --requirement requirements-dev.lock \
	    && $$pip install --quiet --no-deps --no-build-isolation --editable .; }; \
	$(BIN)/python scripts/seed_vectors.py 2>/dev/null || echo 'The first start will encode the packs.'; \
	touch $@
