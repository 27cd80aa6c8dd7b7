"""A worker of its own process, killed in the middle: before or after, never between, and never twice."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time

import psycopg
import pytest
from django.db import connection

from tests.deploy.server import ROOT, manage, production
from tests.postgres import free_port, server

pytestmark = pytest.mark.deploy  # the suite kills workers in test_faults, each kind of operation once

SECONDS = 60
ROWS = 20_000

SETUP = f"""
from django.contrib.auth.models import User
from organization.models import Department, Employee
User.objects.create_superuser("hr", password="a long enough password")
one, two = Department.objects.create(name="One"), Department.objects.create(name="Two")
people = (Employee(name=f"Person {{n}}", department=one) for n in range({ROWS}))
Employee.objects.bulk_create(people, batch_size=5000)
"""

# A deed that says where it is: after its statements and before COMMIT, as long as the test wants.
START = """
from django.contrib.auth.models import User
from backoffice import background
job = background.start("transfer", "tests.deploy.deeds.{deed}", {{"folder": {folder!r}}},
    actor=User.objects.get(), rows=60000, title="Move everybody to Two")
print(job.pk)
"""

STATE = """
from backoffice.models import Job, Operation
from organization.models import Employee
job = Job.objects.get()
history = Employee.history_model.objects.filter(operation=job.operation_id or 0)
print(job.state, job.attempt, Employee.objects.filter(department__name="Two").count(), history.count(),
    Operation.objects.filter(kind="transfer").count(), sep="|")
"""


PATIENT = """
import sys, manage
sys.argv = ["manage.py", "worker"]
manage.main()
"""

# The command, but a worker counts as dead after 8 seconds without a sign of life.
IMPATIENT = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "backoffice.settings"
import django, manage
django.setup()
from backoffice.background import boards, recovery
boards.PATIENCE = recovery.PATIENCE = 8
sys.argv = ["manage.py", "worker"]
manage.main()
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """Of the engine that the suite runs on."""
    if connection.vendor != "postgresql":
        yield f"sqlite:///{tmp_path_factory.mktemp('worker') / 'db.sqlite3'}"
        return
    with server("statement_timeout=0") as url:
        yield url


@pytest.fixture(scope="module")
def migrated(url, tmp_path_factory):
    env = production(tmp_path_factory.mktemp("env"), DATABASE_URL=url, LOG_LEVEL="INFO")
    done = manage("migrate", env=env)
    assert done.returncode == 0, done.stderr
    done = manage("shell", "-c", SETUP, env=env)
    assert done.returncode == 0, done.stderr
    return env


@pytest.fixture
def env(migrated):
    yield migrated
    ask(CLEAN, migrated)


CLEAN = """
from backoffice.models import Job, Operation
from backoffice.security.locks import housekeeping
from organization.models import Department, Employee
Job.objects.all().delete()
Employee.objects.update(department=Department.objects.get(name="One"))
with housekeeping():
    Operation.objects.filter(kind="transfer").delete()
"""


def ask(code, env):
    done = manage("shell", "-v", "0", "-c", code, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def state(env):
    """(state of the job, attempt, people who were moved, their history rows, operations in the log)"""
    words = ask(STATE, env).split("|")
    return words[0], *map(int, words[1:])


def start(deed, folder, env):
    return int(ask(START.format(deed=deed, folder=str(folder)), env))


@contextlib.contextmanager
def worker(env, log, code=PATIENT):
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", code], env=env, cwd=ROOT, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(true, what):
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def over(env):
    """Asked again and again: a Django of its own for each would cost more than the work that is waited for."""
    with contextlib.closing(connected(env["DATABASE_URL"])) as connection:
        [[state]] = connection.execute("SELECT state FROM backoffice_job").fetchall()
    return state not in ("waiting", "running")


def connected(url):
    sqlite = url.startswith("sqlite:///")
    return sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20) if sqlite else psycopg.connect(url)


@pytest.mark.parametrize("point", ["recorded", "changed"])
def test_a_worker_that_is_killed_in_the_middle_leaves_nothing_and_the_next_one_does_it(env, tmp_path, point):
    (tmp_path / f"wait-{point}").touch()
    start("move", tmp_path, env)
    with worker(env, tmp_path / "log", IMPATIENT) as process:
        until((tmp_path / f"at-{point}").exists, "It never came there.")
        os.kill(process.pid, signal.SIGKILL)
    (tmp_path / f"wait-{point}").unlink()
    assert state(env)[2:] == (0, 0, 0)
    with worker(env, tmp_path / "log", IMPATIENT):
        until(lambda: over(env), "Nobody took it up.")
    end, attempt, *rows = state(env)
    assert (end, attempt > 1, *rows) == ("done", True, ROWS, ROWS, 1)


def test_a_worker_that_is_killed_after_the_commit_has_done_it_once(env, tmp_path):
    start("move", tmp_path, env)
    with worker(env, tmp_path / "log", IMPATIENT) as process:
        until(lambda: over(env), "It was never done.")
        os.kill(process.pid, signal.SIGKILL)
    with worker(env, tmp_path / "log", IMPATIENT):
        time.sleep(10)
    assert state(env) == ("done", 1, ROWS, ROWS, 1)


def test_a_statement_that_runs_is_cancelled(env, tmp_path):
    job = start("move_slowly", tmp_path, env)
    with worker(env, tmp_path / "log"):
        until((tmp_path / "at-slow").exists, "It never came there.")
        begun = time.monotonic()
        ask(
            f"from backoffice import background, models; background.cancel(models.Job.objects.get(pk={job}))",
            env,
        )
        until(lambda: over(env), "It went on.")
        assert time.monotonic() - begun < 30
    assert state(env) == ("cancelled", 1, 0, 0, 0)


def test_a_worker_ends_after_the_job_that_it_is_at_when_it_is_told_to(env, tmp_path):
    (tmp_path / "wait-changed").touch()
    start("move", tmp_path, env)
    with worker(env, tmp_path / "log") as process:
        until((tmp_path / "at-changed").exists, "It never came there.")
        process.terminate()
        time.sleep(0.5)
        (tmp_path / "wait-changed").unlink()
        assert process.wait(SECONDS) == 0
    assert state(env) == ("done", 1, ROWS, ROWS, 1), (tmp_path / "log").read_text()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="Pools are PostgreSQL's.")
def test_a_worker_needs_more_connections_than_a_pool_may_have(env, tmp_path):
    (tmp_path / "wait-changed").touch()
    start("move", tmp_path, env)
    one = env | {"DATABASE_URL": f"{env['DATABASE_URL']}{'&' if '?' in env['DATABASE_URL'] else '?'}pool=1-1"}
    with worker(one, tmp_path / "log", IMPATIENT):
        until((tmp_path / "at-changed").exists, "It never came there.")
        time.sleep(12)
        (tmp_path / "wait-changed").unlink()
        until(lambda: over(env), "It was never done.")
    assert state(env) == ("done", 1, ROWS, ROWS, 1), (tmp_path / "log").read_text()


@pytest.mark.parametrize("url", [f"postgres://hr@127.0.0.1:{free_port()}/hr", None], ids=["outage", "empty"])
def test_a_worker_waits_for_a_database_that_comes_later(tmp_path, url):
    env = production(tmp_path, **({"DATABASE_URL": url} if url else {}))
    log = tmp_path / "log"
    with worker(env, log) as process:
        until(lambda: "The database cannot be used now" in log.read_text(), "It never asked.")
        time.sleep(1)
        assert process.poll() is None
        process.terminate()
        assert process.wait(SECONDS) == 0, log.read_text()
