# `make run` and `make test` need python3 (3.11 or newer), pip and make. README.md says more.

PYTHON ?= python3
BIN := .venv/bin
ENVIRONMENT := $(PYTHON) .ci/environment.py
TESTS ?= tests

.PHONY: run install dev test test-sqlite test-postgres test-django-6.1 lint format lock check

run: install  ## The panel with demo data at http://127.0.0.1:8000/ (PORT, DATABASE_URL)
	@exec $(BIN)/python deploy/trial.py

install:  ## .venv with what production needs
	@$(ENVIRONMENT) .venv requirements.txt

dev:  ## .venv with what tests and lint need as well
	@$(ENVIRONMENT) .venv requirements-dev.txt

test: test-sqlite test-postgres  ## The whole suite, on SQLite and on PostgreSQL

test-sqlite: dev
	@env -u TEST_DATABASE_URL $(BIN)/python -m pytest -n 2 $(TESTS)

test-postgres: dev  ## Browsers see the same pages on either engine: they run once
	@exec $(BIN)/python tests/postgres.py $(BIN)/python -m pytest -n 2 -m "not browser and not scale" $(TESTS)

test-django-6.1: PYTHON_NEXT = $(shell $(PYTHON) .ci/environment.py --find 3.12)
test-django-6.1:  ## The suite on the next Django, deprecations shown, where a Python is there that it needs
	@.ci/django_next

lint: dev  ## Format, lint, types, imports, templates, migrations, lock
	@.ci/lint

format: dev  ## Put the code into the one format
	@$(BIN)/ruff check --fix --quiet . && $(BIN)/ruff format --quiet .

lock:  ## Resolve pyproject.toml into requirements.txt and requirements-dev.txt (needs uv)
	@.ci/lock
