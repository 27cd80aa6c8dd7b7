"""The dump of each kind of database, by its own program."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.db import transaction

from backoffice.backups.contents import contents
from backoffice.backups.files import NoBackup
from backoffice.migration_lock import OURS

PACKAGES = {
    "pg_dump": "the client programs of PostgreSQL (postgresql-client)",
    "pg_restore": "the client programs of PostgreSQL (postgresql-client)",
    "mysqldump": "the client programs of MariaDB (mariadb-client)",
    "mysql": "the client programs of MariaDB (mariadb-client)",
}


def dump(connection: Any, file: Path) -> dict[str, list[str]]:
    """Write what is there at one moment; what it was, to be compared."""
    return {"postgresql": _dump_postgres, "sqlite": _dump_sqlite, "mysql": _dump_mysql}[connection.vendor](
        connection, file
    )


def load(connection: Any, file: Path) -> None:
    """Into an empty database."""
    {"postgresql": _load_postgres, "sqlite": _load_sqlite, "mysql": _load_mysql}[connection.vendor](
        connection, file
    )


def run(words: list[Any], environment: dict[str, str], **options: Any) -> None:
    if not shutil.which(words[0]):
        raise NoBackup(f"{words[0]} is not installed. Install {PACKAGES[words[0]]}.")
    done = subprocess.run(  # noqa: S603  # our own words
        [str(word) for word in words],
        env={**os.environ, **environment},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        **options,
    )
    if done.returncode:
        raise NoBackup(f"{words[0]} failed: {' '.join(done.stderr.split())}")


@contextmanager
def _moment(connection: Any) -> Iterator[str]:
    """A transaction that sees one moment, and its name for pg_dump."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def _dump_postgres(connection: Any, file: Path) -> dict[str, list[str]]:
    target, environment = _place(connection)
    with _moment(connection) as snapshot:
        words = [
            "pg_dump",
            "-Fc",
            "--no-owner",
            "--no-acl",
            f"--snapshot={snapshot}",
            "-f",
            file,
            "-d",
            target,
        ]
        run(words, environment)
        return contents(connection)


def _load_postgres(connection: Any, file: Path) -> None:
    target, environment = _place(connection)
    options = ["--no-owner", "--no-acl", "--exit-on-error", "--single-transaction"]
    run(["pg_restore", *options, "-d", target, file], environment)


def _place(connection: Any) -> tuple[str, dict[str, str]]:
    """Where to connect to, and the password, which no list of processes shows."""
    from psycopg.conninfo import make_conninfo

    given = {k: v for k, v in connection.get_connection_params().items() if k not in OURS}
    password = given.pop("password", None)
    given.pop("prepare_threshold", None)
    return make_conninfo(**given), {"PGPASSWORD": str(password)} if password else {}


def _dump_sqlite(connection: Any, file: Path) -> dict[str, list[str]]:
    """SQLite's online backup: it waits for nobody, and begins again when somebody writes."""
    connection.ensure_connection()
    with closing(sqlite3.connect(file)) as copy:
        connection.connection.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    other = connection.copy()
    other.settings_dict["NAME"] = str(file)
    try:
        return contents(other)
    finally:
        other.close()


def _load_sqlite(connection: Any, file: Path) -> None:
    connection.ensure_connection()
    with closing(sqlite3.connect(file)) as copy:
        copy.backup(connection.connection)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        [said] = cursor.fetchone()
    if said != "ok":
        raise NoBackup(f"The file that was restored is damaged: {said}")


def _dump_mysql(connection: Any, file: Path) -> dict[str, list[str]]:
    words, environment = _login(connection)
    options = ["--single-transaction", "--hex-blob", "--triggers", "--routines", "--skip-tz-utc"]
    with file.open("wb") as output:
        run(["mysqldump", *words, *options, connection.settings_dict["NAME"]], environment, stdout=output)
    return contents(connection)


def _load_mysql(connection: Any, file: Path) -> None:
    words, environment = _login(connection)
    with file.open("rb") as given:
        run(["mysql", *words, connection.settings_dict["NAME"]], environment, stdin=given)


def _login(connection: Any) -> tuple[list[str], dict[str, str]]:
    given = connection.settings_dict
    words = [f"--host={given['HOST'] or '127.0.0.1'}", f"--port={given['PORT'] or 3306}"]
    words += [f"--user={given['USER']}"] if given["USER"] else []
    return words, {"MYSQL_PWD": given["PASSWORD"]} if given["PASSWORD"] else {}
