# Two commands set everything up on a fresh machine: `make demo` (needs Python 3.11+ only) and `make test`.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$p -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
SECONDS ?= 60
PREBUILT := pinfuse/stub/prebuilt

.PHONY: help demo test lint payload payload-check fuzz bench system clean

help:
	@echo "make demo           build, verify and probe the demo app against two local TLS servers"
	@echo "make test           all tests (installs Debian packages when root, else says which)"
	@echo "make lint           ruff and mypy"
	@echo "make payload        rebuild the native stub and the shim into $(PREBUILT)"
	@echo "make payload-check  rebuild them elsewhere and compare bit for bit"
	@echo "make fuzz           fuzz the C core under ASan and UBSan (SECONDS=600 for each target)"
	@echo "make bench          ratios to zipalign and apksigner"

demo: $(VENV)/.demo
	$(BIN)/python examples/demo/run.py

test: system $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS)

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --explicit-package-bases tools examples/demo benchmarks tests/conftest.py tests/oracles tests/integration

payload: system $(VENV)/.test
	$(BIN)/python -m pinfuse.stub.build

payload-check: system $(VENV)/.test
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(BIN)/python -m pinfuse.stub.build --out "$$folder" && \
	diff -r -x __pycache__ "$$folder" $(PREBUILT) && echo "the rebuilt payload is bit for bit the committed one"

fuzz: system $(VENV)/.test
	$(BIN)/python tests/fuzz/run.py $(SECONDS)

bench: system $(VENV)/.test
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/shim.py

system: $(BIN)/python
	@$(BIN)/python tools/setup.py

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later with its venv module is needed (Debian: python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[proof]'
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[test]'
	@touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) .cache out .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
