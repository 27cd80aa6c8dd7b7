# `make run` and `make test` need python3 (3.11 or newer), pip and make. README.md says more.

PYTHON ?= python3
BIN := .venv/bin
ENVIRONMENT := $(PYTHON) .ci/environment.py
TESTS ?= tests

.PHONY: run install dev test test-sqlite test-postgres test-deploy test-mariadb test-pgbouncer test-django-6.1 smoke lighthouse bench lint format lock

run: install  ## The panel with demo data at http://127.0.0.1:8000/ (PORT, DATABASE_URL)
	@exec $(BIN)/python deploy/trial.py

install:  ## .venv with what production needs
	@$(ENVIRONMENT) .venv requirements.txt

dev:  ## .venv with what tests and lint need as well
	@$(ENVIRONMENT) .venv requirements-dev.txt

test: test-sqlite test-postgres  ## The whole suite, on SQLite and on PostgreSQL

test-sqlite: dev
	@env -u TEST_DATABASE_URL $(BIN)/python -m pytest -n 2 $(TESTS)

test-postgres: dev  ## What is the same on either engine runs once: browsers, and what opens no database
	@exec $(BIN)/python tests/postgres.py $(BIN)/python -m pytest -n 2 -m "not browser and not scale and not engineless and not deploy" $(TESTS)

test-deploy: dev  ## Real servers, killed and cut off: replica, pooler, proxy, image, several hosts at once (TESTS=tests/deploy/test_x.py)
	@env -u TEST_DATABASE_URL $(BIN)/python -m pytest -n 3 --dist loadfile -m deploy $(TESTS)

test-mariadb: dev  ## The suite on a MariaDB of its own (TESTS=…); browsers and what opens no database are the other legs'
	@exec $(BIN)/python tests/mariadb.py $(BIN)/python -m pytest -n 2 -m "not browser and not scale and not engineless and not deploy" $(TESTS)

test-pgbouncer: dev  ## A slice of the suite through a pgbouncer in transaction mode (TESTS=…)
	@exec $(BIN)/python tests/pgbouncer.py $(BIN)/python -m pytest -m "not browser and not scale and not deploy" $(TESTS)

test-django-6.1:  ## A part of the suite on the next Django, where a Python is there that it needs (.ci/django_next tests: all)
	@.ci/django_next

lighthouse: dev  ## Lighthouse on a telephone against a production start (needs npx, which fetches it; for the night)
	@exec $(BIN)/python -m tests.deploy.lighthouse

smoke: dev  ## A production start, every admin URL opened over HTTP
	@exec $(BIN)/python -m tests.deploy.smoke

bench: dev  ## Every page at full size beside a plain admin (BENCH="--engine sqlite --page search --json FILE")
	@$(BIN)/python -m tests.scale.bench $(BENCH)
	@[ -n "$(BENCH)" ] || exec $(BIN)/python -m tests.scale.imports

lint: dev  ## Format, lint, types, imports, templates, migrations, lock
	@.ci/lint

format: dev  ## Put the code into the one format
	@$(BIN)/ruff check --fix --quiet . && $(BIN)/ruff format --quiet .

lock:  ## Resolve pyproject.toml into requirements.txt and requirements-dev.txt (needs uv)
	@.ci/lock
