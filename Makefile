# Every target does all its own set-up. The plain pip commands behind it are in README.md.
PYTHON ?= python3
VENV ?= .venv
DATA ?= ../shared/data
OUT ?= demo
WEB ?= aesmap.html
PHOTOS ?=
BIN := $(VENV)/bin

.PHONY: demo test test-slow check format axe web web-runtime clean

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

# Core install and the sample photographs only: no torch.
$(VENV)/.demo: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet -e '.[demo]'
	touch $@

# All that tests, checks and training need (torch among it: about 5.5 GB).
$(VENV)/.dev: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet -e '.[dev]'
	touch $@ $(VENV)/.demo

demo: $(VENV)/.demo ## score, explain and crop sample photographs, or PHOTOS=folder
	$(BIN)/python scripts/demo.py --output $(OUT) $(if $(PHOTOS),--photos '$(PHOTOS)')

# The accessibility checker of the browser tests; they skip without it, and without Chromium.
AXE := .cache/node_modules/axe-core/axe.min.js
$(AXE):
	npm install --silent --no-save --no-package-lock --ignore-scripts --prefix .cache axe-core@4
axe: $(AXE)

# The runtime of the page without a service, of one version: `aesmap web build` checks its hashes.
WEB_RUNTIME := .cache/web/node_modules/onnxruntime-web/package.json
$(WEB_RUNTIME):
	npm install --silent --no-save --no-package-lock --ignore-scripts --prefix .cache/web onnxruntime-web@1.30.0
web-runtime: $(WEB_RUNTIME)

web: $(VENV)/.demo $(WEB_RUNTIME) ## the page as one file: aesmap.html
	$(BIN)/aesmap web build --output $(WEB)

test: $(VENV)/.dev ## the fast suite
	$(BIN)/python -m pytest

test-slow: $(VENV)/.dev ## browsers, kills, loads, long training
	$(BIN)/python -m pytest -m slow

check: $(VENV)/.dev ## lint, types, layers, docs in step with the code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/generate_docs.py --check

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python scripts/generate_docs.py

clean:
	rm -rf $(VENV) $(OUT) .cache build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
