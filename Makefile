# SPDX-License-Identifier: AGPL-3.0-or-later
# run and test are the two commands; both set up what they need.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Nothing in here may depend on the caller's environment or terminal.
export PYTHONPATH :=
# Each of the many processes would compile every module again: two seconds for one that serves pages.
unexport PYTHONDONTWRITEBYTECODE

PIP := $(BIN)/pip install --quiet --disable-pip-version-check --no-compile

.PHONY: help setup pages servers run test check soak docs lock

help: ## what each target does
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: $(VENV)/.ready ## install the locked Python packages into .venv

$(VENV)/.ready: requirements.lock pyproject.toml frontend/package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Machimori needs Python 3.11 or newer; set PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
	  || { apt-get update -qq && apt-get install -y -qq python3-venv; }
	$(PYTHON) -m venv $(VENV)
# uv installs in ten seconds what takes pip one minute; where it cannot reach the registry, pip may.
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock >$(VENV)/uv.lock
	@$(PIP) --require-hashes --no-deps -r $(VENV)/uv.lock
	@index=$${PIP_INDEX_URL:-$$($(BIN)/pip config get global.index-url 2>/dev/null)}; \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python $${index:+--default-index "$$index"} \
	    --require-hashes --no-deps -r requirements.lock \
	  || $(PIP) --require-hashes --no-deps -r requirements.lock
	$(PIP) --no-build-isolation --no-deps --editable .
	@$(MAKE) --no-print-directory pages
	@touch $@

NPM := frontend/node_modules
STATIC := src/machimori/office/static_npm
PACKED := src/machimori/evidence/page/packed

pages: ## install what the office's pages take from npm, and their English
	@command -v npm >/dev/null \
	  || { apt-get update -qq && apt-get install -y -qq --no-install-recommends npm; }
	cd frontend && npm ci --ignore-scripts --no-audit --no-fund --silent
	@mkdir -p $(STATIC)/npm
	@cp $(NPM)/@digital-go-jp/design-tokens/dist/tokens.css $(STATIC)/npm/tokens.css
	@cp $(NPM)/htmx.org/dist/htmx.min.js $(STATIC)/npm/htmx.js
	@mkdir -p $(PACKED)
	$(BIN)/machimori evidence verifier --page $(NPM)/pyodide --out $(PACKED)/verify.html >/dev/null
	$(BIN)/pybabel --quiet compile --directory src/machimori/office/locale --domain django

servers: ## install the Debian packages whose servers the tests drive (needs root)
	@.ci/install-servers

run: setup ## five cities' schemes at http://localhost:8080, until Ctrl-C (ARGS=--fresh begins again)
	@$(BIN)/machimori demo $(ARGS)

test: setup ## everything; four at a time, because much of their time is waiting
	@$(MAKE) --no-print-directory -j 3 servers form collect
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder -m "not soak and not alone" $(ARGS)
# These wait: the types are checked beside them, with what they leave of two cores.
	@$(MAKE) --no-print-directory -j 2 types alone

check: setup ## the fast checks: format, lint, types, imports, documents
	@$(MAKE) --no-print-directory -j 3 types form collect

.PHONY: types form collect alone
# A process for each file: they wait for clocks, disks and lines, not for each other.
alone:
	$(BIN)/pytest -n 6 --dist loadfile -m "alone and not soak" \
	  $$(grep -rl --include='test_*.py' 'mark\.alone' tests) $(ARGS)
types:
	nice -n 19 $(BIN)/mypy
form:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/python docs/reference.py --check
# Beside the types, which take one core: what is compiled and read here is not by each tester again.
collect:
	@found=$$($(BIN)/pytest --collect-only -qq -m "not soak") || { echo "$$found"; exit 1; }

soak: setup servers ## the full-size runs of the sampled tests; hours
	$(BIN)/pytest -m soak --timeout=0 $(ARGS)

docs: setup ## write the generated pages of docs/ref
	$(BIN)/python docs/reference.py

lock: setup ## renew requirements.lock from pyproject.toml
	$(BIN)/uv pip compile --quiet --python-version 3.11 --universal --all-extras \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  pyproject.toml requirements.in -o requirements.lock
