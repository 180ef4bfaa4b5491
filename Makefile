# Every target makes what it needs first. `make up` on a fresh clone is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DOCS_READY := $(VENV)/.docs
COMPILE := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header
INSTALL := $(BIN)/python -m pip install -q --disable-pip-version-check
LOCKED := --require-hashes --only-binary :all: --no-deps
# Tests that hold what is made from the code and published: schemas and references.
PUBLISHED := tests/reading/test_schema.py tests/reading/test_glue_words.py tests/rendering/test_families.py tests/running/test_manifest.py \
	tests/layers/test_agent_api.py tests/docs/test_references.py

.PHONY: setup places up preview down test check dist regen docs e2e-docker bench hostile chaos mutants lock clean

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "l9stack needs Python 3.11 or later; set PYTHON=…"; exit 2; }
	@echo "setup: making $(VENV) from requirements.lock (about a minute, once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(INSTALL) $(LOCKED) -r requirements.lock
	@$(INSTALL) --no-build-isolation --no-deps -e .
	@$(MAKE) --no-print-directory places
	@touch $(READY)
	@echo "setup: done; the command is $(BIN)/l9"

# pip writes the clone's path into the environment. Where it has a space, or is long, launchers let a shell read it, which
# takes `$` and quotes for its own; and where it has an umlaut, Python does not start under LC_ALL=C. So both go by their
# own place instead.
places:
	@for file in $(VENV)/lib/python*/site-packages/*_l9stack.pth; do \
		realpath --relative-to="$${file%/*}" . > "$$file"; done
	@grep -lIs "^'''exec' " $(BIN)/* | xargs -r sed -i \
		'2s|^\x27\x27\x27exec\x27 .*|\x27\x27\x27exec\x27 "$$(dirname "$$(readlink -f "$$0")")/python" "$$0" "$$@"|'

up: setup
	@$(BIN)/l9 up

preview: setup
	@$(BIN)/l9 preview

down: setup
	@$(BIN)/l9 down

test: setup
	@echo "test: unit, property, golden, component and end-to-end tests (a few minutes; the engine is obtained first)"
	@$(BIN)/l9 engine
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup
	@echo "check: format, lint, types, layers, tests"
	@$(BIN)/ruff format --check l9stack tests docs/conf.py __main__.py
	@$(BIN)/ruff check l9stack tests docs/conf.py __main__.py
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(MAKE) --no-print-directory test

dist: setup
	@$(BIN)/python -m hatchling build --clean -d dist

regen: setup
	@$(BIN)/python -m pytest -q tests/golden $(PUBLISHED) --regen
	@git --no-pager diff --stat -- tests/golden schemas docs || true

docs: $(DOCS_READY)
	@$(BIN)/python -m sphinx -q -E -W --keep-going -c docs -d build/doctrees . build/docs
	@echo "docs: build/docs/index.html"

$(DOCS_READY): $(READY) docs/requirements.lock
	@echo "docs: installing what builds pages, once"
	@$(INSTALL) $(LOCKED) -r docs/requirements.lock
	@touch $(DOCS_READY)

e2e-docker: setup
	@echo "e2e-docker: stacks on this machine's Docker engine, from images made here (ended after $(or $(SECONDS),5400) s)"
	@$(BIN)/l9 engine
	@$(BIN)/python -m tests.e2e.images || test $$? = 2
	@timeout --signal=INT --kill-after=300 $(or $(SECONDS),5400) $(BIN)/python -m pytest --docker tests/e2e_docker $(ARGS)

bench: setup
	@$(BIN)/l9 engine
	@$(BIN)/python -m tests.bench

hostile: setup
	@echo "hostile: payloads in every field of schemas, glue, answers and meta templates (ten minutes; SECONDS=… for more)"
	@$(BIN)/python -m tests.hostile --seconds $(or $(SECONDS),600) $(ARGS)

chaos: setup
	@echo "chaos: kills and edits at random moments, a full disk, two runs at once (over an hour)"
	@$(BIN)/python -m tests.chaos $(ARGS)

mutants: setup
	@echo "mutants: slips in generated code, each run against the generated tests (a few minutes)"
	@$(BIN)/python -m tests.mutants $(ARGS)

lock:
	@$(COMPILE) requirements.in -o requirements.lock
	@$(COMPILE) -c requirements.lock docs/requirements.in -o docs/requirements.lock

clean:
	@rm -rf $(VENV)
