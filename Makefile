# Two commands on a fresh machine with Python 3.11+ and make: `make run`, `make test`.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SPARK_VENV := .venv-spark
PEERS_VENV := .venv-peers
EXAMPLE := example
LAKE := lake-data
PACKAGES := benchmarks connectors creditlake example_region expectations flows lake linkage publication transforms

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1

.PHONY: help run test test-all lint bench lock clean system-deps install install-spark install-peers

help: ## This list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1 \t\2/' | expand -t 22

run: install ## The main job on a fictitious city of 20,000 enterprises
	$(BIN)/creditlake example --enterprises 20000 --seed 1 --out $(EXAMPLE)
	CREDITLAKE_LAKE_URL=$(LAKE) $(BIN)/creditlake run --drop $(EXAMPLE)

test: install ## Fast tests, under 15 minutes on 2 cores
	$(BIN)/python -m pytest -m "not full" -n 2 --dist loadfile --no-loadscope-reorder

test-all: install install-spark ## Real servers, real data, faults (system packages: make system-deps)
	$(BIN)/python -m pytest -m full -n 2 --dist loadfile

lint: install ## ruff, mypy, sqlfluff, dbt parse
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m transforms.lint

bench: install install-spark install-peers ## Speed, memory and accuracy beside named peers
	$(BIN)/python -m benchmarks

lock: install ## Rebuild the lock files from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra dev --python-version 3.11 --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-annotate --no-header -q -o requirements.lock
	$(BIN)/uv pip compile requirements-spark.in --python-version 3.11 --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-annotate --no-header -q -o requirements-spark.lock
	$(BIN)/uv pip compile benchmarks/requirements-peers.in --python-version 3.11 --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-annotate --no-header -q -o benchmarks/requirements-peers.txt

clean: ## Remove what run and the tests made; the environments stay
	rm -rf $(EXAMPLE) $(LAKE) dbt_project/target dbt_project/logs .pytest_cache .mypy_cache .ruff_cache .hypothesis

system-deps: ## Debian packages that only test-all needs
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libreoffice-calc-nogui chromium fonts-noto-cjk poppler-utils gcc libc6-dev postgresql mariadb-server

install: $(VENV)/.installed

install-spark: $(SPARK_VENV)/.installed

install-peers: $(PEERS_VENV)/.installed

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "creditlake needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index -e .
	touch $@

$(SPARK_VENV)/.installed: requirements-spark.lock
	test -x $(SPARK_VENV)/bin/python || $(PYTHON) -m venv $(SPARK_VENV)
	$(SPARK_VENV)/bin/python -m pip install --quiet --no-deps --require-hashes -r requirements-spark.lock
	touch $@

$(PEERS_VENV)/.installed: benchmarks/requirements-peers.txt
	test -x $(PEERS_VENV)/bin/python || $(PYTHON) -m venv $(PEERS_VENV)
	$(PEERS_VENV)/bin/python -m pip install --quiet --no-deps --require-hashes -r benchmarks/requirements-peers.txt
	touch $@
