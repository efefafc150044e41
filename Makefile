# Two commands matter: `make demo` and `make test`. Both set up whatever is missing first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3.13
UV := .venv/bin/uv
RUN := .venv/bin
SYSTEM := .cache/system-packages
READY := .venv/.ready

.PHONY: help setup demo test lint unit sandbox down bench package requirements clean

help: ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY) $(SYSTEM) ## Debian's packages, the virtual environment; once

$(SYSTEM): infra/install-system-packages
	infra/install-system-packages
	@mkdir -p $(@D) && touch $@

# The C headers of Kerberos come with Debian's packages, so those come first.
$(READY): uv.lock pyproject.toml | $(SYSTEM)
	test -x $(RUN)/python || $(PYTHON) -m venv .venv
	test -x $(UV) || $(RUN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'
	UV_PYTHON_DOWNLOADS=never $(UV) sync --locked --all-extras --inexact --quiet
	@touch $@

demo: setup ## onboard three people, roll out to 2,000, prove it, take everything down
	$(RUN)/python -m sandbox.demo

test: lint ## everything that is checked, on the real parts
	$(RUN)/pytest -q

unit: setup ## what needs no sandbox
	$(RUN)/pytest -q tests/unit

lint: setup ## ruff, mypy, import-linter
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports

sandbox: setup ## everything up on this machine's loopback
	$(RUN)/python -m sandbox up

down: setup ## the sandbox down
	$(RUN)/python -m sandbox down

bench: setup ## the import; planning for a million people; people per second beside a script
	$(RUN)/python -m sandbox.bench

package: setup ## package.zip, as Azure runs it: the app and its locked libraries
	$(RUN)/python infra/build_package.py

requirements: setup ## requirements.txt and the worker's, from the lock
	$(UV) export --quiet --locked --no-dev --no-group sandbox --no-emit-project --extra app -o requirements.txt
	$(UV) export --quiet --locked --no-dev --no-group sandbox --no-emit-project --extra worker -o hybrid_worker/requirements.txt

clean: ## what can be made again
	rm -rf .venv .cache .sandbox
