"""Whatever dies in the middle of an operation, all of it happened or nothing, and the record says which."""

import os
import subprocess
import sys

import pytest

from tests import postgres
from tests.deploy.server import ROOT

ENGINE = "postgres" if "TEST_DATABASE_URL" in os.environ else "sqlite"


def die(engine, *options):
    """What a few deaths came to; `python -m tests.deploy.faults` tries many more."""
    if engine == "postgres":
        try:
            postgres.find_binaries()
        except postgres.NoPostgres:
            pytest.skip("It kills a server of its own, and no PostgreSQL was found to start one.")
    command = [sys.executable, "-m", "tests.deploy.faults", "--engine", engine, "--people", "300", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(ENGINE == "sqlite", reason="make test-deploy kills on SQLite")
def test_a_command_its_connection_or_the_server_is_killed():
    assert "0 faults" in die(ENGINE, "--spread", "--points", "1", "--doers", "command")


@pytest.mark.deploy
@pytest.mark.parametrize("engine", ["postgres", "sqlite"])
def test_a_command_a_request_or_a_worker_its_connection_or_the_server_is_killed(engine):
    """A request's and a worker's server too: `--spread` lets each kind of operation meet one of them."""
    assert "0 faults" in die(engine, "--spread", "--points", "1")
