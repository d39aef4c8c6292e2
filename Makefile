# Each target sets up what it needs. You need Python 3.11 or later and make only.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
LOCKS  := deploy/locks
PEERS  := benchmarks/zettai_benchmarks/peers/.venv/.ready

# Tests start hundreds of processes. Without bytecode, each would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-long chaos model bench pictures check style types audit docs format image lock clean

help: ## Show all targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## Send 6,000 messages through real workers to the simulator, under 2 minutes
	$(BIN)/zettai demo

# First one process: it prepares all test files once, for the six that follow. Each acceptance test runs many processes itself.
test: $(READY) ## Run the tests, with real servers and real worker processes
	$(BIN)/python -m pytest -m "alone and not long"
	$(BIN)/python -m pytest -m "not alone and not long" --ignore tests/acceptance --numprocesses 6 --dist loadfile
	$(BIN)/python -m pytest -m "not alone and not long" tests/acceptance --numprocesses 3 --dist loadfile

# Each of these tests runs many processes itself.
test-long: $(READY) ## Run the longer proofs: killed processes, a short storm, upgrades, example shops, browsers, drills, fuzzing
	$(BIN)/python -m pytest -m "long and not alone" --numprocesses 3 --dist loadfile
	$(BIN)/python -m pytest -m "long and alone"

chaos: $(READY) ## Kill processes at random while 20,000 messages are sent, up to 10 minutes; SEED=… repeats a run, SOAK=1 sends 200,000
	$(BIN)/python -m pytest tests/chaos -m $(if $(SOAK),soak,chaos) -s

model: $(READY) ## Search 10,000 examples for a provider that breaks a promise, 15 minutes; EXAMPLES=… for another number
	EXAMPLES=$(or $(EXAMPLES),10000) $(BIN)/python -m pytest tests/integration/model/test_ends.py

bench: $(READY) $(PEERS) ## Run the benchmarks, about 25 minutes, and update docs/benchmarks.md; QUICK=1 for a trial
	@$(BIN)/python -m zettai_benchmarks $(if $(QUICK),--quick); failed=$$?; \
	$(BIN)/python -m zettai_benchmarks.report $(if $(QUICK),build/benchmarks) && exit $$failed

pictures: $(READY) ## Update the pictures in docs/images from a real demo, Flower, the console and Chromium
	$(BIN)/python .ci/demo_picture.py
	PICTURES=1 $(BIN)/python -m pytest tests/integration/metrics/test_flower.py tests/integration/simulator/test_inbox.py \
		tests/integration/console/test_browser.py tests/integration/gateway/test_page_in_browser.py

# With --jobs 2 they run beside each other: mypy needs a processor, and the audit waits for the network.
check: style types audit ## Check format, lint, types, import contracts, reference pages and known vulnerabilities

style: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generate --check

types: $(READY)
	$(BIN)/mypy

audit: $(READY)
	$(BIN)/python .ci/audit.py $(LOCKS)/dev.lock

docs: $(READY) ## Write docs/reference from the code, and build the site into build/site
	$(BIN)/python -m docs.generate
	$(BIN)/python -m docs.generate.site

format: $(READY) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --quiet \
	$(addprefix --no-emit-package ,zettai-sms zettai-sms-demo zettai-sms-simulator)

image: ## Build the image with its SBOM and provenance into build/zettai-sms.tar; BASE_PYTHON=…@sha256:… names the base by its digest
	docker buildx build --file deploy/Dockerfile --sbom=true --provenance=mode=max \
		$(if $(BASE_PYTHON),--build-arg PYTHON=$(BASE_PYTHON)) --build-arg REVISION=$$(git rev-parse HEAD) \
		--tag zettai-sms --output type=oci,dest=build/zettai-sms.tar .

lock: $(READY) ## Update deploy/locks from the pyproject.toml files
	$(BIN)/python -m pip install --quiet uv
	$(LOCK) pyproject.toml --all-extras --output-file $(LOCKS)/dev.lock
	$(LOCK) pyproject.toml --extra worker --extra otel --constraints $(LOCKS)/dev.lock --output-file $(LOCKS)/worker.lock
	$(LOCK) pyproject.toml --extra demo --extra otel --constraints $(LOCKS)/dev.lock --output-file $(LOCKS)/demo.lock
	echo hatchling | $(LOCK) - --constraints $(LOCKS)/dev.lock --output-file $(LOCKS)/build.lock

clean: ## Remove the virtual environment and all caches
	rm -rf $(VENV) benchmarks/zettai_benchmarks/peers/.venv benchmarks/zettai_benchmarks/peers/bullmq/node_modules build
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The lock pins every package by hash. The project itself is installed from this folder.
$(READY): $(LOCKS)/dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(LOCKS)/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

# Other senders, for comparison. Their packages conflict with ours, so they have their own virtual environment.
$(PEERS): $(addprefix benchmarks/zettai_benchmarks/peers/,requirements.lock bullmq/package-lock.json install.sh)
	PYTHON=$(PYTHON) benchmarks/zettai_benchmarks/peers/install.sh
	@touch $(PEERS)
