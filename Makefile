# Moodring's commands. `make run` and `make test` work from a bare clone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Every package must match a hash in the lock files.
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes
# Wheels only, locked and installed: a build from source would run build tools that are not pinned.
WHEELS := --only-binary :all:
# Extras stay in the lock files: for coverage[toml] beside a pinned coverage, pip would take the
# newest release and reject it, because it has no hash.
COMPILE := $(BIN)/uv pip compile $(WHEELS) --universal --no-strip-extras --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --quiet

# Three workers, for two cores wait for browsers and servers a third of the time, and in the slow suite
# nearly half. The order is that of tests/conftest.py; `make test-shuffled` takes a random one.
WORKERS ?= 3
test-slow: WORKERS := 4
PYTEST = $(BIN)/python -m pytest -n $(WORKERS)
ORDERED := -p no:randomly
# Duration of `make fuzz`.
MINUTES ?= 10
# With COVERAGE=1, every process of the tests writes here what it ran (tests/covered); .ci/run enforces
# the floor of `make covered`.
COVERAGE_DIR := $(CURDIR)/.coverage
ifdef COVERAGE
test test-slow: export COVERAGE_FOLDER := $(COVERAGE_DIR)
test test-slow: export PYTHONPATH := $(CURDIR)/tests/covered
endif
# With AGAIN=1, as in .ci/run, a few tests that wait for others and failed run once more, alone.
SECOND_RUN := $(if $(AGAIN),|| $(BIN)/python -m tests.again)

.PHONY: setup run demo up down test test-slow test-shuffled lint format bench load covered soak fuzz live-check words lock release image-check clean

setup: $(VENV)/dev.stamp ## make or refresh .venv for development; does nothing when unchanged

run: $(VENV)/run.stamp ## install what the app needs and open it for its owner on http://127.0.0.1:8501
	MOODRING_OPEN_BROWSER=1 $(BIN)/streamlit run app.py --server.address 127.0.0.1

demo: setup ## the app with a fake Spotify and a fake YouTube: everything works without accounts
	$(BIN)/python -m tests.fakes.demo

up: .env ## the site of compose.yaml, with the values of .env
	docker compose up --detach --build --wait

down: ## stop the site; what it has stored stays
	docker compose down

test: setup ## linters, types, architecture and every test that is not marked slow
	$(MAKE) --no-print-directory lint
	$(PYTEST) $(ORDERED) $(ARGS) $(SECOND_RUN)

test-slow: setup ## every test that is marked slow
	$(PYTEST) $(ORDERED) -m "slow and not soak" $(ARGS) $(SECOND_RUN)

test-shuffled: setup ## the tests of `make test` in random order; SEED=… repeats an order
	$(PYTEST) $(if $(SEED),--randomly-seed=$(SEED)) $(ARGS)

covered: setup ## which lines and branches the tests with COVERAGE=1 have run
	$(BIN)/python -m tests.covered $(COVERAGE_DIR) --floor "$$(cat .ci/coverage-floor)"

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry . --config .ci/deptry.toml --no-ansi
	@if command -v biome >/dev/null; then biome check --error-on-warnings --config-path=.ci pages/ui/js; \
	else echo "no biome: JavaScript is not looked at"; fi
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive app.py detectors recommender models pages
	$(BIN)/python -m tests.locks

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## speed of each stage against a peer in the same run
	$(BIN)/python -m tests.bench

load: setup ## the real server under 1, 4, 8 and 16 real WebRTC visitors
	$(BIN)/python -m tests.load

soak: setup ## endurance tests: visitors that come, go and stay, and writers that are killed
	$(BIN)/python -m pytest $(ORDERED) --timeout=0 -m soak
	$(BIN)/python -m tests.load.soak

fuzz: setup ## damaged pictures, sounds, tables, playlists, backups and settings, for MINUTES=…
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(ARGS)

live-check: setup ## one read-only request to each real service with a configured key
	@$(BIN)/python -m recommender live-check

words: setup ## collect all texts, and bring the catalogues of translations up to them
	$(BIN)/python -m tests.catalogues

lock: setup ## compile the lock files from the short lists
	$(COMPILE) requirements.in -o requirements.txt
	$(COMPILE) -c requirements.txt requirements-serve.in -o requirements-serve.txt
	$(COMPILE) requirements-dev.in -o requirements-dev.txt
	$(COMPILE) --no-deps requirements-musicnn.in -o requirements-musicnn.txt
	$(COMPILE) requirements-maloja.in -o requirements-maloja.txt
	$(COMPILE) requirements-supysonic.in -o requirements-supysonic.txt

release: setup ## archives, SBOM, licences and digests of the commit, in dist/
	$(BIN)/python -m tests.release

image-check: setup ## build the container's image with buildah, start it, walk it, measure it
	$(BIN)/python -m pytest $(ORDERED) --timeout=0 -m soak -s tests/e2e/test_image.py

clean:
	rm -rf $(VENV)

.env:
	@echo "Copy .env.example to .env, and fill it in: docs/deploy.md says how."; exit 1

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { echo "Moodring needs Python 3.11, 3.12 or 3.13. Name one: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.txt | $(BIN)/python
	@echo "Installing what Moodring needs (once, about 2 GB) ..."
	$(PIP) $(WHEELS) -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt requirements-musicnn.txt $(VENV)/run.stamp
	$(PIP) $(WHEELS) -r requirements-dev.txt
	$(PIP) $(WHEELS) --no-deps -r requirements-musicnn.txt
	@touch $@
