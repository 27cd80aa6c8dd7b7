"""The databases that are measured: made, filled and reused."""

import contextlib
import os
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DatabaseError, connections
from django.db.utils import ConnectionHandler

from backoffice.databases import database
from organization.models import Department, Employee
from tests.scale.children import ChildFailed, in_child


class Size(NamedTuple):
    employees: int
    departments: int
    largest: int

    @classmethod
    def of(cls, employees, departments, largest):
        """So many people with these shares of departments and of people in the largest; small ones need a few more."""
        rooms = min(max(round(employees * departments), 10), employees)
        return cls(employees, rooms, max(round(employees * largest), -(-employees // rooms)))

    def __str__(self):
        return (
            f"{self.employees:,} employees, {self.departments:,} departments, {self.largest:,} in the largest"
        )

    @property
    def name(self):
        return f"bench_{self.employees}_{self.departments}_{self.largest}"


class Database:
    """A database with its own connection, which stands in for the default one inside `with database:`."""

    def __init__(self, url: str, option: str = "BENCH_DATABASE_URL") -> None:
        """Raises ImproperlyConfigured, with the name of the option, for a URL that cannot be used."""
        self.url = url
        self.engine = urlsplit(url).scheme
        self.connection: Any = ConnectionHandler({"default": database(url, variable=option)})["default"]
        self.content_types: dict[Any, Any] = {}

    def __enter__(self):
        self.before = connections["default"], ContentType.objects._cache
        connections["default"] = self.connection
        ContentType.objects._cache = self.content_types
        return self

    def __exit__(self, *error):
        connections["default"], ContentType.objects._cache = self.before

    def close(self):
        self.connection.close()


def given(option, url):
    """The filled database that an option names. Raises ImproperlyConfigured where nobody is in it."""
    named = Database(url, option)
    with named:
        if not Employee.objects.exists():
            raise ImproperlyConfigured(
                f"{option} names a database without employees. Fill it with seed_organization, or name another one."
            )
    return named


def server_of(engine, folder):
    """The URL of the server (or of the folder, for SQLite) on which databases are made."""
    if engine == "sqlite":
        folder.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{folder.resolve()}"
    return os.environ["BENCH_DATABASE_URL"]


def filled(server: str, size: Size, *, reuse: bool, say=print) -> Database:
    """A database of that size on the server: the one that is there, or a new one."""
    url = f"{server}/{size.name}.sqlite3" if server.startswith("sqlite") else _beside(server, size.name)
    if reuse and _exists(server, url) and _holds(url, size):
        say(f"Reusing {size.name}: {size}.")
        with contextlib.suppress(ChildFailed):  # another branch's migrations ran there: it is filled anew
            in_child(lambda: _in(url, _brought_up))
            return Database(url)
    say(f"Filling {size.name}: {size}.")
    _make(server, url)
    # In a child, so that what filling needs is not in the memory that is measured.
    in_child(lambda: _in(url, lambda: _fill(size)))
    return Database(url)


def _fill(size):
    call_command("migrate", verbosity=0)
    call_command(
        "seed_organization",
        employees=size.employees,
        departments=size.departments,
        largest=size.largest,
    )
    call_command("count_figures")  # as a worker does


def _brought_up():
    call_command("migrate", verbosity=0)
    call_command("count_figures")
    if connections["default"].vendor == "postgresql":
        with connections[
            "default"
        ].cursor() as cursor:  # as autovacuum does in production: this server has none
            cursor.execute("VACUUM (ANALYZE)")


def _in(url, deed):
    with Database(url) as opened, contextlib.closing(opened):
        return deed()


def _beside(server, name):
    """The URL of another database on the same server."""
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def _holds(url, size):
    try:
        return _in(url, lambda: (Employee.objects.count(), Department.objects.count())) == size[:2]
    except DatabaseError:
        return False


def _exists(server, url):
    if url.startswith("sqlite"):
        return Path(urlsplit(url).path[1:]).exists()
    name = urlsplit(url).path[1:]
    return bool(_execute(server, "SELECT 1 FROM pg_database WHERE datname = %s", [name]))


def _make(server, url):
    if url.startswith("sqlite"):
        for ending in ("", "-wal", "-shm"):
            Path(urlsplit(url).path[1:] + ending).unlink(missing_ok=True)
        return
    name = urlsplit(url).path[1:]
    _execute(server, f'DROP DATABASE IF EXISTS "{name}"')
    _execute(server, f'CREATE DATABASE "{name}"')


def _execute(server, statement, parameters=None):
    def run():
        with connections["default"].cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    return _in(server, run)
