# Two commands matter: `make demo` and `make test`. Both set up whatever is missing first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# Two processes for each of two cores, since the tests wait more than half of their time; each has
# sandboxes of its own, of about 1 GB of memory.
TESTS_AT_ONCE ?= 4
# What make starts does not outlive it, however it ends.
WITH_MAKE := exec setpriv --pdeathsig TERM
RUN := .venv/bin
UV := $(RUN)/uv
# Which Python 3.13 to take, where it is not one on the path: make demo PYTHON=/path/to/python3.13
export PYTHON
# Where root came by `su`, the administrator's programs are not on the path.
export PATH := $(PATH):/usr/sbin:/sbin

.PHONY: help setup root demo test lint unit sandbox down bench release package snapshots requirements clean

help: ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## Debian's packages, the virtual environment, npm's packages: whatever is missing
	@infra/set-up

root:
	@test "$$(id -u)" = 0 || { echo "The domain controller listens on ports that only root may open: sudo make $(MAKECMDGOALS)"; exit 1; }

demo: root setup ## onboard three people, roll out to 2,000, prove it, take everything down
	@$(WITH_MAKE) $(RUN)/python -m sandbox.demo

test: root lint ## everything that is checked, on the real parts
	@$(WITH_MAKE) $(RUN)/pytest -q -n $(TESTS_AT_ONCE)

unit: setup ## what needs no sandbox
	@$(WITH_MAKE) $(RUN)/pytest -q -n $(TESTS_AT_ONCE) tests/use_cases tests/unit sandbox/tests/unit

lint: setup ## ruff, mypy, import-linter
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports

sandbox: root setup ## everything up on this machine's loopback
	$(RUN)/python -m sandbox up

down: setup ## the sandbox down
	$(RUN)/python -m sandbox down

bench: root setup ## the import; planning for a million people; people per second beside a script
	@$(WITH_MAKE) $(RUN)/python -m sandbox.bench

release: setup ## VERSION=0.3.0: the changelog, the number, the package and the tag; pushes nothing
	$(RUN)/python infra/release.py $(VERSION)

package: setup ## package.zip, as Azure runs it: the app and its locked libraries
	$(RUN)/python infra/build_package.py

snapshots: setup ## what each supported set-up comes to in Azure, with the tables of docs/deploy.md
	$(RUN)/python -m tests.support.infra

requirements: setup ## requirements.txt, the worker's and the command line's versions, from the lock
	$(RUN)/python infra/command-line/pin.py
	$(UV) export --quiet --locked --no-dev --no-group sandbox --no-emit-project --extra app -o requirements.txt
	$(UV) export --quiet --locked --no-dev --no-group sandbox --no-emit-project --extra worker -o hybrid_worker/requirements.txt

clean: ## what can be made again
	rm -rf .venv .cache .sandbox
