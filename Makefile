# Every target sets itself up on a fresh machine: it needs make and Python 3.11 or newer, nothing else.

BIN := .venv/bin
# Named after the lock's content: another lock, another set-up, whatever the clocks of the files say.
READY := .venv/.ready-$(shell cat requirements.txt pyproject.toml | cksum | cut -d ' ' -f 1)
PACKAGES := command_side query_side projections engine config ops
# Four at a time: some tests wait, and two cores need not; three with those of `tests/e2e`, each of which begins several
# programs. In the order of the folders: the longest files come first, and nobody is left alone with one at the end.
WORKERS := 4
PYTEST_ARGS ?= -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# Programs, a browser and kills as a person meets them take as long as all other tests together: `make check` asks those as
# well, and so does `make test TESTS=`.
TESTS := --ignore tests/e2e
LONG_ARGS ?=
# PostgreSQL: every version that is supported. `make test DATABASE=container:16` takes one of them.
MAJORS := 14 15 16 17 18

# Told to keep no bytecode, every process would compile all that it imports: seconds of work at each start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run demo test long lint check deploy-check audit bench docs pictures coverage lock format
.NOTPARALLEL:
.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

$(READY): ops/setup.sh
	@echo "Setting up .venv (once for every requirements.txt) ..."
	@sh ops/setup.sh
	@rm -f .venv/.ready-*
	@touch $@

setup: $(READY) ## Create .venv with everything in it

run: $(READY) ## Serve on http://127.0.0.1:8000 (with a PostgreSQL of its own unless DATABASE_URL is set)
	@$(BIN)/python -m ops.cli serve

demo: $(READY) ## See the main job on real incidents
	@$(BIN)/python -m ops.cli demo

test: $(READY) ## Run the tests but tests/e2e; PYTEST_ARGS="-k calendar" picks some, DATABASE=container takes PostgreSQL from Docker
ifeq ($(DATABASE),container)
	@for major in $(MAJORS); do \
	    echo "On PostgreSQL $$major:"; \
	    DATABASE=container:$$major $(BIN)/python -m pytest $(TESTS) $(PYTEST_ARGS) || exit; \
	done
else
	@$(BIN)/python -m pytest $(TESTS) $(PYTEST_ARGS)
endif

long: $(READY) ## Show the hardest promises at full size, with figures (an hour); LONG_SHARE=0.02 tries it
	@$(BIN)/python -m pytest tests/long -m long -s -n 0 -p no:cacheprovider \
	    -o faulthandler_timeout=3600 $(LONG_ARGS)

lint: $(READY) ## Format, lint, types, import contracts, container files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m pyright
	$(BIN)/lint-imports --no-logo
	sh ops/check_containers.sh

check: TESTS :=
check: WORKERS := 3
check: lint test ## All that CI asks: lint, then all tests

deploy-check: $(READY) ## Ask everything of ops/deploy, also what takes minutes, wants root, or installs a tool
	@sh ops/deploy/check.sh

audit: ## Ask whether a dependency has a known fault: 1 if so, 2 if nothing could be asked (needs the internet)
	@sh ops/audit.sh

bench: $(READY) ## Measure ingest, reads and ticks on this machine
	@$(BIN)/python -m ops.cli bench

docs: $(READY) ## Write the reference anew, and build the documentation into site/
	@$(BIN)/python -m ops.docs.reference
	@$(BIN)/zensical build --strict --clean

pictures: $(READY) ## Take the documentation's pictures anew (needs Chromium)
	@$(BIN)/python -m tests.support.pictures

coverage: $(READY) ## Branch coverage; the pure rooms must be at 100 %
	$(BIN)/python -m pytest $(PYTEST_ARGS) --cov --cov-report=
	$(BIN)/coverage report
	$(BIN)/coverage report --include 'command_side/deciding/*,engine/sla/*' --fail-under 100

format: $(READY) ## Format the code and mend what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## Write both lock files anew from pyproject.toml (needs uv; UPGRADE=--upgrade for new versions)
	uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-header $(UPGRADE) \
	    --extra apprise --extra embedded --extra otel --group dev --output-file requirements.txt pyproject.toml
	uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-header --no-annotate \
	    --constraint requirements.txt --output-file ops/requirements.txt pyproject.toml
