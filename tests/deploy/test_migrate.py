"""`migrate` several times at once: on a real PostgreSQL, through a pgbouncer, and on one file of SQLite."""

import subprocess
import sys
import time

import pytest

from tests.deploy.server import ROOT, manage, production
from tests.postgres import free_port

pytestmark = pytest.mark.deploy
HOSTS = 3
UNLOCKED = """
import django
django.setup()
from django.core.management.commands.migrate import Command
Command().run_from_argv(["", "migrate"])
"""


def at_once(env, *words):
    """(code, output) of HOSTS processes that start together."""
    command = [sys.executable, "manage.py", *words]
    started = [
        subprocess.Popen(
            command, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(HOSTS)
    ]
    outputs = [process.communicate(timeout=240)[0] for process in started]
    return [(process.returncode, output) for process, output in zip(started, outputs, strict=True)]


@pytest.mark.parametrize("way", ["directly", "again", "through pgbouncer"])
def test_three_hosts_migrate_at_once(folder, primary, way, request):
    name = f"race_{way.split()[-1]}"
    primary.ask(f"CREATE DATABASE {name}")
    server = request.getfixturevalue("pooler") if way == "through pgbouncer" else primary
    env = production(folder, DATABASE_URL=server.url(name))
    done = at_once(env, "migrate")
    assert [code for code, _ in done] == [0, 0, 0], done
    applied = [output for _, output in done if "Applying backoffice.0001" in output]
    assert len(applied) == 1
    again = manage("migrate", env=env)
    assert (again.returncode, "No migrations to apply." in again.stdout) == (0, True)


def test_a_login_that_is_refused_is_found_by_its_variable(folder, primary):
    env = production(folder, DATABASE_URL=primary.url())
    refused = manage(
        "migrate", env=env | {"MIGRATE_DATABASE_URL": primary.url().replace("postgres@", "nobody_here@")}
    )
    assert refused.stderr.endswith("Check the server, the login and the options in MIGRATE_DATABASE_URL.\n")


def test_three_processes_migrate_one_file_at_once(tmp_path):
    done = at_once(production(tmp_path), "migrate")
    assert [code for code, _ in done] == [0, 0, 0], done
    assert len([output for _, output in done if "Applying backoffice.0001" in output]) == 1


def test_without_the_lock_they_fail(folder, primary):
    """What the lock is for: Django's own command."""
    primary.ask("CREATE DATABASE race_unlocked")
    env = production(folder, DATABASE_URL=primary.url("race_unlocked"))
    env["DJANGO_SETTINGS_MODULE"] = "backoffice.settings"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", UNLOCKED],
            env=env,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(HOSTS)
    ]
    codes = [process.wait(240) for process in started]
    assert any(codes)


def test_who_waits_holds_up_no_index_that_is_built_concurrently(primary):
    primary.ask("CREATE DATABASE waiting")
    with hold(primary, "waiting"):
        primary.ask("CREATE TABLE word (text text)", "waiting")
        primary.ask("SET statement_timeout = '5s'; CREATE TABLE other (text text)", "waiting")
        begun = time.monotonic()
        primary.ask("CREATE INDEX CONCURRENTLY word_text ON word (text)", "waiting")
        assert time.monotonic() - begun < 5


class hold:
    """Another migrate's lock."""

    def __init__(self, server, name):
        self.server, self.name = server, name

    def __enter__(self):
        import psycopg

        from backoffice.sql.migration_lock import LOCK

        self.connection = psycopg.connect(self.server.url(self.name))
        self.connection.execute(f"SELECT pg_advisory_xact_lock({LOCK})")  # without parameters, as ours does
        return self

    def __exit__(self, *_):
        self.connection.close()


def test_a_wait_that_is_too_long_ends_with_a_sentence(folder, primary):
    primary.ask("CREATE DATABASE taken")
    env = production(folder, DATABASE_URL=primary.url("taken"))
    with hold(primary, "taken"):
        done = manage("migrate", "--lock-wait", "1", env=env)
    assert done.returncode == 1
    assert "Another migrate is at work: this one waits for it." in done.stdout
    assert "Another migrate has been at work for 1 seconds. Look at it, or wait longer" in done.stderr


def test_with_nothing_to_apply_nobody_waits(migrated, primary):
    with hold(primary, "postgres"):
        done = manage("migrate", "--lock-wait", "60", env=migrated)
    assert (done.returncode, done.stdout.strip()) == (0, "There is nothing to apply any more.")


def test_another_role_migrates(folder, primary):
    """The panel's own role may not make tables."""
    primary.ask("CREATE DATABASE roles")
    primary.ask("CREATE ROLE panel LOGIN")
    env = production(
        folder,
        DATABASE_URL=primary.url("roles").replace("postgres@", "panel@"),
        MIGRATE_DATABASE_URL=primary.url("roles"),
    )
    assert manage("migrate", env=env).returncode == 0
    [[owner]] = primary.ask(
        "SELECT tableowner FROM pg_tables WHERE tablename = 'backoffice_operation'", "roles"
    )
    assert owner == "postgres"


def test_waiting_for_a_database_ends_when_it_answers(folder, primary):
    env = production(folder, DATABASE_URL=primary.url(), HTTPS="off")
    primary.stop()
    waiting = subprocess.Popen([sys.executable, "manage.py", "waitdb", "--timeout", "60"], env=env, cwd=ROOT)
    time.sleep(3)
    assert waiting.poll() is None
    primary.start()
    assert waiting.wait(30) == 0


def test_waiting_for_a_database_that_never_answers_or_is_none_ends_with_a_sentence(folder, primary):
    env = production(folder, DATABASE_URL=f"postgres://hr@127.0.0.1:{free_port()}/hr")
    done = manage("waitdb", "--timeout", "1", env=env)
    assert (done.returncode, "The database has not answered within 1 seconds." in done.stderr) == (1, True)
    done = manage("waitdb", "--timeout", "60", env=production(folder, DATABASE_URL=primary.url("nowhere")))
    assert (done.returncode, 'database "nowhere" does not exist' in done.stderr) == (1, True)
