"""A production database, backed up while it is written to and brought back: PostgreSQL and SQLite."""

import signal
import subprocess
import sys
import time

import psycopg
import pytest

from tests.deploy.server import ROOT, manage, production

pytestmark = pytest.mark.deploy
WRITE = """
from organization.models import Department, Employee
from backoffice.operations import operation
one = Department.objects.first()
while True:
    with operation("load"):
        Employee.objects.create(name="More", department=one)
        Employee.objects.filter(department=one).update(location="Bonn")
"""
AGREE = """
from backoffice.operations.agreement import disagreements
from backoffice.operations.tables import recorded_models
from organization.models import Employee
wrong = [said for model in recorded_models() for said in disagreements(model)]
print(Employee.objects.count() > 0, wrong)
"""


def environments(engine, folder, primary):
    if engine == "sqlite":
        return [production(folder, DATABASE_URL=f"sqlite:///{folder}/{name}") for name in ("a", "b")]
    for name in ("backed_up", "restored"):
        primary.ask(f"CREATE DATABASE {name}")
    return [production(folder, DATABASE_URL=primary.url(name)) for name in ("backed_up", "restored")]


@pytest.mark.parametrize("engine", ["postgres", "sqlite"])
def test_what_is_backed_up_under_load_is_restored_as_it_was_at_one_moment(engine, folder, primary):
    one, two = (
        env | {"BACKUP_KEY": "a key of thirty-two characters or more"}
        for env in environments(engine, folder, primary)
    )
    for command in (["migrate"], ["demo"]):
        assert manage(*command, env=one).returncode == 0
    file = folder / f"{engine}.backup"
    writer = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", WRITE], env=one, cwd=ROOT
    )
    try:
        made = manage("backup", str(file), env=one)
    finally:
        writer.kill()
        writer.wait()
    assert made.returncode == 0, made.stderr
    assert "encrypted)." in made.stdout
    done = manage("restore", str(file), env=two)
    assert done.returncode == 0, done.stderr
    assert "every table is what it was" in done.stdout
    assert manage("migrate", "--check", env=two).returncode == 0
    said = manage("shell", "-v", "0", "-c", AGREE, env=two)
    assert said.stdout.strip() == "True []", said.stderr
    again = manage("restore", str(file), env=two)
    assert (again.returncode, "The database is not empty" in again.stderr) == (1, True)


WAITS = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_dump' AND wait_event_type = 'Lock'"
)


def test_a_backup_that_is_killed_leaves_what_the_next_removes_and_one_that_is_ended_nothing(
    tmp_path, folder, primary
):
    primary.ask("CREATE DATABASE ended")
    primary.ask("CREATE TABLE django_migrations (name text)", "ended")
    env = production(
        folder, DATABASE_URL=primary.url("ended"), BACKUP_KEY="a key of thirty-two characters or more"
    )
    for sent, code, left in ((signal.SIGKILL, -9, 1), (signal.SIGTERM, 143, 0)):
        with psycopg.connect(primary.url("ended")) as other:
            other.execute("LOCK TABLE django_migrations IN ACCESS EXCLUSIVE MODE")
            process = subprocess.Popen(
                [sys.executable, "manage.py", "backup", str(tmp_path / "backup")], env=env, cwd=ROOT
            )
            while primary.ask(WAITS, "ended") != [(1,)]:
                assert process.poll() is None
                time.sleep(0.05)
            process.send_signal(sent)
            assert process.wait(60) == code
        while primary.ask(WAITS, "ended") != [(0,)]:
            time.sleep(0.05)
        assert len(list(tmp_path.iterdir())) == left
