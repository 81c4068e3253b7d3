# Every target works on a fresh machine that has Python 3.11+, git, make and the usual package registries.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
CODE := provider tools tests $(wildcard examples bench)

# Python is the machine's own: uv's builds of it come from outside the package registries.
export UV_PYTHON_DOWNLOADS := never

.PHONY: help setup environment cli browser pictures demo bench test test-all docs generate check format-check lint spelling types contracts format recover clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: environment cli ## prepare the environment and a `pulumi` command: .venv/bin/pulumi
	@echo "Ready. Next: make demo, or . .venv/bin/activate and pulumi up."

environment:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else "Python 3.11 or newer is needed, $(PYTHON) is %d.%d. Name another one: make PYTHON=python3.12 ..." % v[:2])'
	@$(PYTHON) tools/setup_environment.py
	@touch $(READY)

$(READY): pyproject.toml uv.lock tools/setup_environment.py
	@$(MAKE) --no-print-directory environment

cli: $(READY)
	@$(BIN)/python tools/pulumi_cli.py

demo: cli ## the whole story on an embedded Azure: preview, up, drift, repair, destroy
	@$(BIN)/python tools/demo.py

bench: cli ## side by side with OpenTofu + azapi; N=100 for one size, LATENCY=2 for one of operations, PEER=0 without the peer
	@PYTHONPATH=tools $(BIN)/python -m bench.fleet $(if $(N),--machines $(N)) $(if $(LATENCY),--seconds $(LATENCY)) \
	  $(if $(REPEAT),--repeat $(REPEAT)) $(if $(RESULTS),--results $(RESULTS)) $(if $(filter 0,$(PEER)),--without-peer)

test: cli ## the tests, end to end with the real engine included; a few slow ones are left out
	$(BIN)/pytest -m "not slow" --numprocesses 2

browser: cli ## find or install a Chromium: what `test-all` and `pictures` look at pages with
	@$(BIN)/python tools/browser.py

test-all: browser ## all tests, with many more generated examples
	HYPOTHESIS_PROFILE=thorough $(BIN)/pytest --numprocesses 2

docs: $(READY) ## the documentation site in build/site, with every link checked
	@PYTHONPATH=tools $(BIN)/zensical build --strict --clean

generate: $(READY) ## write what tools write of docs/: rules, reference, diagrams
	@cd tools && for page in rules reference rollout track; do ../$(BIN)/python generate_$$page.py; done
	@$(BIN)/python tools/draw_diagrams.py

check: format-check lint spelling types contracts ## format, lint, spelling, types, import contracts

format-check: $(READY)
	$(BIN)/ruff format --check .

lint: $(READY)
	$(BIN)/ruff check .

spelling: $(READY)
	$(BIN)/codespell

types: $(READY)
	$(BIN)/mypy $(CODE)
	$(BIN)/pyright

contracts: $(READY)
	$(BIN)/lint-imports --no-logo

format: $(READY) ## write what `check` wants of the format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

pictures: browser ## take the pictures of the documentation anew
	@$(BIN)/python tools/take_pictures.py

recover: cli ## free a stack whose CLI was killed: make recover STACK=dev
	@$(BIN)/python tools/recover.py $(STACK)

clean: ## remove what runs and tools left here; the environment and the cached CLI stay
	rm -rf .cache .work .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist build
