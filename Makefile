# Two commands for a newcomer: `make demo` and `make test`. Needs Python 3.11 or newer and make.
PYTHON ?= python3
CLIENTS ?= 12
SEED ?= 1
FUZZ ?= 10000
WORKERS ?= 4
STRIKES ?= 40
REPLICAS ?= 1
VERSION ?= dev
REVISION ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv

.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

$(VENV)/.installed: pyproject.toml uv.lock $(wildcard libs/*/pyproject.toml) $(wildcard svc-*/pyproject.toml)
	@test -x $(UV) || $(PYTHON) -m venv $(VENV)
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.13"
	$(UV) sync --quiet --frozen --inexact --all-packages --compile-bytecode
	$(BIN)/python -m compileall -q $(wildcard libs/*/src) $(wildcard svc-*/src)
	@touch $@

install: $(VENV)/.installed ## everything into .venv

demo: install ## one full sync of a simulated MSP (CLIENTS=12 SEED=1)
	$(BIN)/mspctl demo --clients $(CLIENTS) --seed $(SEED)

images: ## every image, as mspbyte/<service>:dev
	VERSION=$(VERSION) REVISION=$(REVISION) docker compose --profile demo build

test: install ## every test that needs no Docker, a process per core (WORKERS=4 at most)
	$(BIN)/pytest -n auto --maxprocesses $(WORKERS) --dist loadgroup

$(VENV)/.bench: $(VENV)/.installed
	$(UV) sync --quiet --frozen --inexact --all-packages --group bench
	@touch $@

bench: $(VENV)/.bench ## what it achieves on this machine, against baselines (BENCH=quick; FIGURES="relink claim"; AGAINST=file)
	$(BIN)/mspctl bench $(if $(filter quick,$(BENCH)),--quick) $(if $(AGAINST),--against $(AGAINST)) $(FIGURES)

fuzz: install ## ten thousand listings of vendors that change and fail (FUZZ=10000 SEED=1)
	$(BIN)/pytest tests/integration/adapters/test_listings_fuzzed.py -n auto --fuzz-listings $(FUZZ) --fuzz-seed $(SEED)

chaos: install ## dies at every fault point, then is struck at random; var/chaos/report.json (HOURS=1 STRIKES=40 REPLICAS=1 SEED=… PREVIOUS=…)
	$(BIN)/python -m tests.chaos --strikes $(STRIKES) --replicas $(REPLICAS) $(if $(HOURS),--hours $(HOURS)) $(if $(PREVIOUS),--previous $(PREVIOUS)) $(if $(filter command line,$(origin SEED)),--seed $(SEED))

compose-test: install ## the fleet in containers: scaled, killed, restarted, restored, faster (ONLY=scaled); needs Docker
	$(BIN)/pytest tests/containers -m containers $(if $(ONLY),-k $(ONLY))

k8s-test: install ## both overlays of k8s/ hold what the code declares and what linters ask
	$(BIN)/pytest tests/deploy -q --checkov

check: install format-check lint types imports test ## all of it, as CI runs it

format: install ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only --quiet .

format-check: install
	$(BIN)/ruff format --check .

lint: install ## ruff
	$(BIN)/ruff check .

types: install ## mypy, strict
	$(BIN)/mypy

imports: install ## who may import whom
	$(BIN)/lint-imports --no-cache

dashboards: install ## monitoring/dashboards/*.json and the PrometheusRule, from the declarations
	$(BIN)/python monitoring/dashboards.py

docs: install ## docs/data-model.md, configuration.md, checks.md, reports.md, fault-points.md and the published schemas, from the declarations
	$(BIN)/python docs/data_model.py
	$(BIN)/python docs/configuration.py
	$(BIN)/python docs/checks.py
	$(BIN)/python docs/reports.py
	$(BIN)/python docs/schemas.py
	$(BIN)/python docs/fault_points.py

screenshots: install ## docs/reports/*.png, of a demo that is up (mspctl demo --keep); needs Chromium
	$(BIN)/python docs/screenshots.py

sbom: install ## what we ship, test and measure with, in CycloneDX: var/sbom.json
	@mkdir -p var
	$(UV) export --quiet --frozen --offline --all-packages --all-extras --all-groups --format cyclonedx1.5 --output-file var/sbom.json >/dev/null

audit: install ## known vulnerabilities of the locked packages (asks osv.dev; 3: it did not answer)
	.ci/audit

clean: ## remove what was built and run
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: help install demo images test bench fuzz chaos compose-test k8s-test check format format-check lint types imports dashboards docs screenshots sbom audit clean
