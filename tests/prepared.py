"""A database that is ready to be tested, without the four seconds of its migrations and without emptying sixty tables.

On SQLite the migrated database is kept in a file beside pytest's cache and copied while no code changed; Django's
migrate runs on the copy all the same. Behind a test that commits the database becomes what it was before the first
test, by the same copying, instead of a flush and everything that follows a migrate.
"""

import contextlib
import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import pytest
from django.contrib.contenttypes.models import ContentType
from django.core import management
from django.db import connection
from django.test import TransactionTestCase

ROOT = Path(__file__).resolve().parent.parent
CODE = (
    "backoffice",
    "organization",
    "tests/library",
    "tests/shapes",
    "tests/settings.py",
    "requirements-dev.txt",
)


def fingerprint() -> str:
    """Changes with the code that a migration may reach, and with what runs it."""
    digest = hashlib.sha256(sqlite3.sqlite_version.encode())
    for name in CODE:
        path = ROOT / name
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            digest.update(file.read_bytes())
    return f"django-{django.get_version()}-{digest.hexdigest()[:32]}"


def raw() -> sqlite3.Connection | None:
    """The test database where it is SQLite in memory."""
    if connection.vendor != "sqlite" or "mode=memory" not in str(connection.settings_dict["NAME"]):
        return None
    connection.ensure_connection()
    database: sqlite3.Connection = connection.connection
    return database


@contextlib.contextmanager
def one_at_a_time(file: Path) -> Iterator[None]:
    """Where there is no file yet, the second worker waits for the first one's."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # who cannot write to the clone can still test it
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.exists():
                fcntl.flock(stack.enter_context((file.parent / "lock").open("w")), fcntl.LOCK_EX)
        yield


def fill(file: Path) -> None:
    target = raw()
    if target and file.exists():
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source:
            source.backup(target)


def keep(file: Path) -> None:
    """Write the file in one step, as another worker may read it, and drop those of older code."""
    source = raw()
    if not source or file.exists():
        return
    with contextlib.suppress(OSError, sqlite3.OperationalError):
        for older in file.parent.glob(f"django-{django.get_version()}-*"):
            older.unlink(missing_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        with contextlib.closing(sqlite3.connect(draft)) as target:
            source.backup(target)
        draft.replace(file)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, pytestconfig: pytest.Config) -> None:
    """The first thing that Django does with a new test database is to migrate it."""
    patch = pytest.MonkeyPatch()
    migrate = management.call_command

    def migrate_prepared(*arguments: Any, **options: Any) -> Any:
        patch.undo()
        file = pytestconfig.rootpath / ".pytest_cache" / "databases" / f"{fingerprint()}.sqlite3"
        with one_at_a_time(file):
            fill(file)
            migrate(*arguments, **options)
            keep(file)

    patch.setattr(management, "call_command", migrate_prepared)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        source = raw()
    if source is None:
        yield
        return
    with contextlib.closing(sqlite3.connect(":memory:", check_same_thread=False)) as pristine:
        source.backup(pristine)

        def restore(test: TransactionTestCase) -> None:
            pristine.backup(connection_of_test())
            ContentType.objects.clear_cache()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(TransactionTestCase, "_fixture_teardown", restore)
            yield


def connection_of_test() -> sqlite3.Connection:
    target = raw()
    assert target is not None
    return target
