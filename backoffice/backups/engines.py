"""The dump of each kind of database, by its own program."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

from django.db import transaction

from backoffice.backups import mysql
from backoffice.backups.contents import contents
from backoffice.backups.files import DUMP, NoBackup, beside, private
from backoffice.backups.programs import feed, reading
from backoffice.sql.migration_lock import OURS, UNLIMITED


def dump(connection: Any, output: IO[bytes]) -> dict[str, list[str]]:
    """Write what is there at one moment; what it was, to be compared."""
    return {"postgresql": _dump_postgres, "sqlite": _dump_sqlite, "mysql": mysql.dump}[connection.vendor](
        connection, output
    )


def load(connection: Any, content: IO[bytes]) -> None:
    """Into an empty database."""
    {"postgresql": _load_postgres, "sqlite": _load_sqlite, "mysql": mysql.load}[connection.vendor](
        connection, content
    )


def measure(connection: Any) -> dict[str, list[str]]:
    """What `dump` would say now."""
    return mysql.measure(connection) if connection.vendor == "mysql" else contents(connection)


@contextmanager
def _moment(connection: Any) -> Iterator[str]:
    """A transaction that sees one moment, and its name for pg_dump."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(UNLIMITED)
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def _dump_postgres(connection: Any, output: IO[bytes]) -> dict[str, list[str]]:
    target, environment = _place(connection)
    with _moment(connection) as snapshot:
        words = ["pg_dump", "-Fc", "--no-owner", "--no-acl", f"--snapshot={snapshot}", "-d", target]
        with reading(words, environment) as content:
            shutil.copyfileobj(content, output)
        return contents(connection)


def _load_postgres(connection: Any, content: IO[bytes]) -> None:
    target, environment = _place(connection)
    options = ["--no-owner", "--no-acl", "--exit-on-error", "--single-transaction"]
    feed(["pg_restore", *options, "-d", target], environment, content)


def _place(connection: Any) -> tuple[str, dict[str, str]]:
    """Where to connect to, and the password, which no list of processes shows."""
    from psycopg.conninfo import make_conninfo

    given = {k: v for k, v in connection.get_connection_params().items() if k not in OURS}
    password = given.pop("password", None)
    given.pop("prepare_threshold", None)
    return make_conninfo(**given), {"PGPASSWORD": str(password)} if password else {}


@contextmanager
def _copy(connection: Any) -> Iterator[Path]:
    """A file for a copy, which SQLite neither writes to a pipe nor reads from one: where the rows lie open anyway."""
    with beside(Path(connection.settings_dict["NAME"])) as folder:
        yield private(folder / DUMP)


def _dump_sqlite(connection: Any, output: IO[bytes]) -> dict[str, list[str]]:
    """SQLite's online backup: it waits for nobody, and begins again when somebody writes."""
    connection.ensure_connection()
    with _copy(connection) as file:
        with closing(sqlite3.connect(file)) as copy:
            connection.connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        with file.open("rb") as content:
            shutil.copyfileobj(content, output)
        other = connection.copy()
        other.settings_dict["NAME"] = str(file)
        try:
            return contents(other)
        finally:
            other.close()


def _load_sqlite(connection: Any, content: IO[bytes]) -> None:
    connection.ensure_connection()
    with _copy(connection) as file:
        with file.open("wb") as output:
            shutil.copyfileobj(content, output)
        with closing(sqlite3.connect(file)) as copy:
            copy.backup(connection.connection)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        [said] = cursor.fetchone()
    if said != "ok":
        raise NoBackup(f"The file that was restored is damaged: {said}")
