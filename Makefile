# Every command there is. `make help` prints this list.
SHELL := bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PEERS := build/bench-venv
WEB_INSTALLED := web/node_modules/.installed
WEB_SOURCES := $(shell find web/src web/scripts -type f 2>/dev/null) \
	$(wildcard web/index.html web/package.json web/tsconfig.json web/vite.config.ts)
# A file's tests stay together: they share servers. In the order in which they are told.
# One process more than there are cores, as a test waits for a third of its time.
PARALLEL := -n $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1) --maxprocesses=4 --dist loadfile --no-loadscope-reorder
# Whose lines and branches are counted, with a floor.
MEASURED := tests/bucketing tests/stats tests/messages
# What takes whole processes of several parts; all else in tests/ tries one part. The longest first: one that comes last
# has the machine for itself.
TOGETHER := tests/chaos tests/upgrades tests/sdks tests/integration tests/e2e tests/documents tests/fuzzing
APART := $(filter-out $(TOGETHER) $(MEASURED),$(patsubst %/,%,$(sort $(wildcard tests/[a-z]*/))))

# Tests start hundreds of processes: without bytecode on disk, each compiles all our sources again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install dev up down ps logs seed demo migrate-up migrate-down clean \
	build build-docker native web pages release \
	ci test test-all test-unit test-integration test-coverage web-test web-e2e \
	lint python-lint web-lint messages fmt hooks \
	docs-generate proto-generate snapshots lock \
	bench-edge bench-streams bench-engine bench-peers bench-sdks bench-peers-http bench-workers bench-ingest bench-analytics bench-control-plane bench-propagation bench-impact bench-long-lists calibrate simulate-fleet chaos

help: ## Print this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) ## Create the virtual environment with everything in it

$(INSTALLED): requirements/dev.txt pyproject.toml libs/bucketing/native/bucket.c libs/bucketing/native/sha256.h
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --no-deps --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	-$(BIN)/python -m bucketing.native
	touch $@

native: install ## Compile the bucket functions in C (done by install where a compiler is)
	$(BIN)/python -m bucketing.native

web: web/dist/index.html ## Build the pages of the admin UI, which the control plane serves

$(WEB_INSTALLED): web/package-lock.json
	@web/scripts/node
	cd web && npm ci --ignore-scripts --prefer-offline
	touch $@

web/dist/index.html: $(WEB_INSTALLED) $(WEB_SOURCES)
	cd web && npm run --silent build

web-lint: install $(WEB_INSTALLED) ## Types, linter and format of the pages; their API's types are those of the services
	cd web && npm run --silent check && npm run --silent types -- --check

web-test: web ## The pages' unit tests, and the sizes of what is built
	cd web && npm run --silent test && npm run --silent size

web-e2e: install web ## Journeys in Chromium against the real stack; pictures in build/screenshots (JOURNEYS="04 18" for some)
	cd web && npm run --silent e2e -- $(JOURNEYS:%=journeys/%)

# The pages where Node is; without it, what is missing is said, and all else runs.
pages: ## Build the pages where Node is; without it, say what is missing
	@if web/scripts/node; then $(MAKE) --no-print-directory web; else echo "It runs on without pages." >&2; fi

demo: ## Replay a real experiment through the whole platform on embedded servers
	@$(MAKE) --no-print-directory -j2 install pages
	$(BIN)/python -m devstack.demo

dev: ## The platform while you work: services begin again when their sources change, pages follow what you save
	@$(MAKE) --no-print-directory -j2 install pages
	$(BIN)/python -m devstack.dev

up: ## Keep the platform running with the demo's data (SEED=no: without); addresses in build/devstack.json
	@$(MAKE) --no-print-directory -j2 install pages
	$(BIN)/python -m devstack.up $(if $(filter no,$(SEED)),--empty)

down: install ## Stop what `make up` started
	$(BIN)/python -m devstack.down

ps: install ## The parts of what `make up` started: process, port, health
	@$(BIN)/python -m devstack.ps

logs: install ## What they write, until Ctrl-C (SERVICE=edge: one of them; LINES=100; FOLLOW=no)
	@$(BIN)/python -m devstack.logs $(SERVICE) $(LINES:%=--lines %) $(if $(filter no,$(FOLLOW)),--no-follow)

seed: install ## The demo's data in what runs here, or elsewhere: ORIGIN=https://… ADMIN_EMAIL=… ADMIN_PASSWORD=…
ifdef ORIGIN
	@VERDICT_ORIGIN='$(ORIGIN)' FF_ADMIN_EMAIL='$(ADMIN_EMAIL)' FF_ADMIN_PASSWORD='$(ADMIN_PASSWORD)' $(BIN)/python -m examples.seed
else
	$(BIN)/python -m devstack.seed
endif

migrate-up: install ## Bring the databases to the newest version: of what runs here, or FF_DATABASE_URL and FF_CLICKHOUSE_URL
	$(BIN)/python -m devstack.migrations up

migrate-down: install ## Says which ways back there are: migrations add, and none goes down
	@$(BIN)/python -m devstack.migrations down

ci: ## All that a change is held to: the tests, then the demo
	$(MAKE) test
	$(MAKE) demo

# What works on one core goes side by side; the tests that take all of them follow.
test: ## Everything that must hold: linters, types, import rules, and all tests
	@$(MAKE) --no-print-directory -j2 --output-sync=target lint web-test
	@$(MAKE) --no-print-directory test-coverage
	@$(MAKE) --no-print-directory web-e2e
	@$(MAKE) --no-print-directory test-all

# Found once, with servers started once: a minute less than one after the other.
test-all: install ## What test-integration and test-unit try, in one run, but for what test-coverage tries
	$(BIN)/python -m pytest -q $(PARALLEL) $(TOGETHER) $(APART)

test-unit: install ## The tests of one part each, side by side on up to four processes
	$(BIN)/python -m pytest -q $(PARALLEL) $(MEASURED) $(APART)

test-integration: install ## The tests of parts together: processes, clients, upgrades, faults, documents
	$(BIN)/python -m pytest -q $(PARALLEL) $(TOGETHER)

test-coverage: install ## The tests of what must not be wrong, with a floor for the lines and branches they reach
	$(BIN)/python -m coverage erase
	$(BIN)/python -m pytest -q $(PARALLEL) $(MEASURED) --cov-branch --cov-report= \
		--cov=bucketing --cov=stats --cov=messages
	$(BIN)/python -m coverage report --skip-covered --include='libs/bucketing/*' --fail-under=95
	$(BIN)/python -m coverage report --skip-covered --include='libs/stats/*' --fail-under=95
	$(BIN)/python -m coverage report --skip-covered --include='libs/messages/*' --fail-under=93

lint: python-lint web-lint ## Linters, types, import rules, drift of generated code, messages that older versions can read

python-lint: install ## The same without the pages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(MAKE) --no-print-directory messages

messages: install ## Generated code fits proto/, and the messages of the last release can be read
	$(BIN)/python proto/generate.py --check
	cd proto && ../$(BIN)/buf lint && ../$(BIN)/buf breaking --against released.binpb

fmt: install $(WEB_INSTALLED) ## Format the code, and the pages
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cd web && npm run --silent format

proto-generate: install ## Generate what follows from proto/: messages, the grammar's schema, the SDKs' types
	$(BIN)/python proto/generate.py

docs-generate: install ## The documentation as a site in build/site: guides, references, decisions; works without a network
	$(BIN)/python -m deploy.site

snapshots: install ## Agree on what the libraries offer and the APIs promise as they are now (tests/contract/snapshots)
	WRITE_SNAPSHOTS=1 $(BIN)/python -m pytest -q tests/contract/test_public_names.py tests/contract/test_openapi.py

lock: ## Resolve the dependencies anew into requirements/ (needs uv)
	./requirements/lock

release: install ## One version, changelog section, tag and artefacts: make release VERSION=1.2.3
	@test -n "$(VERSION)" || { echo "say which: make release VERSION=1.2.3"; exit 2; }
	$(BIN)/python -m deploy.release $(VERSION)

build: install web ## What runs without docker: the pages, packages, chart, manifests, bills of materials, checksums, in dist/
	$(BIN)/python -m deploy.release

build-docker: ## One image per service, tagged with the version that stands (needs docker)
	@docker version > /dev/null 2>&1 || { echo "Images need docker with a running engine, which this machine has not (https://docs.docker.com/get-docker/); make build makes what needs none." >&2; exit 1; }
	for target in control-plane edge-evaluator event-ingestor analytics; do \
		docker build -f deploy/docker/Dockerfile --target $$target \
			--tag verdict/$$target:$$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml) . || exit 1; \
	done

hooks: install ## Check each commit before it is made (.pre-commit-config.yaml)
	$(BIN)/pre-commit install

clean: ## Stop everything and remove what was built
	-@test -x $(BIN)/python && $(BIN)/python -m devstack.down
	find . -path ./$(VENV) -prune -o -name __pycache__ -prune -exec rm -rf {} +
	rm -rf build dist web/dist .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

bench-edge: install ## The edge beside bare handlers: CPU per request, latency, memory (JSON=FILE keeps the figures)
	$(BIN)/python -m benchmarks.edge $(if $(JSON),--json $(JSON))

bench-engine: install ## The rule engine: nanoseconds per flag, load time, memory (JSON=FILE keeps the figures)
	$(BIN)/python -m benchmarks.engine $(if $(JSON),--json $(JSON))

bench-peers: install $(PEERS)/.installed ## The Python SDK and its engine beside those of others (JSON=FILE keeps the figures)
	PYTHONPATH=libs:sdks/python:. $(PEERS)/bin/python -m benchmarks.peers $(if $(JSON),--json $(JSON))

bench-sdks: install $(PEERS)/.installed ## The SDKs beside those of others in Python, Node and Go; start and memory with 10,000 flags (JSON=FILE)
	$(BIN)/python -m benchmarks.sdks --peers $(PEERS)/bin/python $(if $(JSON),--json $(JSON))

$(PEERS)/.installed: requirements/benchmark.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --no-deps --require-hashes -r requirements/benchmark.txt
	touch $@

bench-streams: install ## 2,000 event streams: CPU of an edit and a connection, memory (JSON=FILE keeps the figures)
	$(BIN)/python -m benchmarks.streams $(if $(JSON),--json $(JSON))

bench-peers-http: install ## The edge beside the servers of others, as far as they can be built here (JSON=FILE keeps the figures)
	$(BIN)/python -m benchmarks.peers_http $(if $(JSON),--json $(JSON))

bench-workers: install ## Two workers of the edge and the ingestor beside one, on two cores that the client shares (JSON=FILE keeps the figures)
	$(BIN)/python -m benchmarks.workers $(if $(JSON),--json $(JSON))

bench-ingest: install ## Events: durable ones per second, rows loaded per second, their age at 10,000 a second (JSON=FILE)
	$(BIN)/python -m benchmarks.ingestor $(if $(JSON),--json $(JSON))
	$(BIN)/python -m benchmarks.loader $(if $(JSON),--json $(basename $(JSON))-loader.json)
	$(BIN)/python -m benchmarks.freshness $(if $(JSON),--json $(basename $(JSON))-freshness.json)

bench-analytics: install ## A result over millions of events beside a query by hand and DuckDB; a further one
	$(BIN)/python -m benchmarks.results $(if $(JSON),--json $(JSON))
	$(BIN)/python -m benchmarks.increments $(if $(JSON),--json $(basename $(JSON))-increments.json)

bench-control-plane: install ## CPU and latency of the control plane's requests, 50 clients (JSON=FILE keeps the figures)
	$(BIN)/python -m benchmarks.control_plane --audit-entries 500000 $(if $(JSON),--json $(JSON))
	$(BIN)/python -m benchmarks.tenants $(if $(JSON),--json $(basename $(JSON))-tenants.json)

bench-impact: install ## A preview: 20,000 contexts over 50 changed flags (JSON=FILE keeps the figures)
	$(BIN)/python -m benchmarks.impact $(if $(JSON),--json $(JSON))

bench-long-lists: install ## Long lists of segments: memory a key, look-ups, one key to the edge (JSON=FILE keeps the figures)
	$(BIN)/python -m benchmarks.long_lists $(if $(JSON),--json $(JSON))

bench-propagation: install ## From a write to the last of 1, 10 and 20 edges (JSON=FILE keeps the figures)
	$(BIN)/python -m benchmarks.propagation $(if $(JSON),--json $(JSON))

calibrate: install ## Simulate the statistics' error rates; fails outside their bands (JSON=FILE keeps the rows)
	$(BIN)/python -m benchmarks.calibration $(if $(JSON),--json $(JSON))

simulate-fleet: install ## 1,000 edges and 100,000 streams in one process: what a change costs, how clients come back (JSON=FILE)
	$(BIN)/python -m benchmarks.fleet $(if $(JSON),--json $(JSON))

chaos: install ## Kill, pause and cut parts at random under load, and hold the platform's promises
	$(BIN)/python -m chaos --seconds $(or $(CHAOS_SECONDS),60) $(CHAOS_OPTIONS)
	$(BIN)/python -m chaos.rolling_restarts
	$(BIN)/python -m chaos.bus_cluster
	$(BIN)/python -m chaos.rolling_upgrade
