"""Operations on many people beside the bare SQL that does the same writes, in a copy of the large database.

The largest department is split into three of 100,000 each, along its lines of reporting: as in any real department,
who is in one has their manager there. Bare SQL works on one of them before ours and on another after it, and its
quicker time counts: the first one in a new copy finds nothing in memory. What is measured happens in a child each,
COMMIT or the check of the foreign keys included; the copy is dropped at the end.
"""

# ruff: noqa: S608  # the names are those of our own tables and columns

import contextlib
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client

from backoffice.models import Operation
from backoffice.operations import guard
from backoffice.operations.tables import recorded_fields
from backoffice.operations.undo import undo
from organization import services
from organization.models import Department, Employee
from tests.scale.children import in_child, watched_child
from tests.scale.databases import Database, _beside, _execute
from tests.scale.pages.ask import PEER_DEPARTMENTS

MANY = 100_000  # people
AT_ONCE = 500  # keys, which any engine takes in one statement
COPY = "bench_operations"
MAX_TO_BARE, MIN_TO_PEER, MAX_TO_DO, MAX_MEGABYTES = 1.5, 8, 2.5, 64
PEER_SECONDS = 600


class Line(NamedTuple):
    name: str
    seconds: float
    megabytes: float
    beside: str = ""  # what it is compared with
    times: float = 0.0  # our seconds in those, or the peer's in ours
    bar: str = ""
    holds: bool = True

    @property
    def text(self) -> str:
        against = (
            f"{self.times:6.2f}{' ' if self.holds else '!'} {self.beside} ({self.bar})" if self.bar else ""
        )
        return f"{self.name:<34}{self.seconds:9.2f} s{self.megabytes:8.0f} MB  {against}".rstrip()


@contextlib.contextmanager
def copied(server: str, large: Database):
    """A copy of the large database, closed and dropped at the end."""
    large.close()
    if large.engine == "sqlite":
        source = Path(urlsplit(large.url).path[1:])
        target = source.with_name(f"{COPY}.sqlite3")
        shutil.copy(source, target)
        url, drop = f"sqlite:///{target}", lambda: target.unlink()
    else:
        url = _beside(server, COPY)
        source_name = urlsplit(large.url).path[1:]
        _execute(server, f'DROP DATABASE IF EXISTS "{COPY}"')
        _execute(server, f'CREATE DATABASE "{COPY}" TEMPLATE "{source_name}"')
        drop = lambda: _execute(server, f'DROP DATABASE "{COPY}"')  # noqa: E731
    copy = Database(url)
    try:
        yield copy
    finally:
        copy.close()
        drop()


def measured(server: str, place: Any, say: Any = print) -> list[Line]:
    with copied(server, place.database) as copy:
        lines: list[Line] = []
        for line in _Run(copy, place.largest.pk).lines():
            lines.append(line)
            say(line.text)
        return lines


class _Run:
    def __init__(self, copy: Database, largest: int) -> None:
        self.copy = copy
        self.before, self.ours, self.after = in_child(lambda: self._inside(lambda: _split(largest)))

    def _inside(self, deed: Any) -> Any:
        with self.copy:
            try:
                return deed()
            finally:
                self.copy.close()

    def _timed(self, deed: Any, bound: float | None = None) -> Any:
        def child(mark: Any) -> None:
            def ready() -> None:
                connection.ensure_connection()
                mark()
                deed()

            self._inside(ready)

        result = watched_child(child, bound=bound)
        if result.error:
            raise RuntimeError(result.error)
        return result

    def lines(self):
        rooms = in_child(lambda: self._inside(_rooms))
        number = f"{in_child(lambda: self._inside(lambda: _people(self.ours).count())):,}"
        first = self._timed(lambda: _bare_transfer(self.before, rooms[0]))
        ours = self._timed(lambda: _transfer(self.ours, rooms[1]))
        bare = min(first, self._timed(lambda: _bare_transfer(self.after, rooms[2])), key=_seconds)
        yield Line(f"transfer {number}, bare SQL", bare.seconds, bare.megabytes)
        yield _at_most(f"transfer {number}", ours, "of bare SQL", bare, MAX_TO_BARE)
        first = self._timed(lambda: _bare_delete(rooms[0]))
        gone = self._timed(lambda: Department.objects.get(pk=rooms[1]).delete())
        undone = self._timed(
            _undo
        )  # before bare SQL again, which else found fewer people who report to those
        bare = min(first, self._timed(lambda: _bare_delete(rooms[2])), key=_seconds)
        yield Line(f"delete {number}, bare SQL", bare.seconds, bare.megabytes)
        yield _at_most(f"delete {number}", gone, "of bare SQL", bare, MAX_TO_BARE)
        yield _at_most(f"undo the delete of {number}", undone, "of the delete", gone, MAX_TO_DO)
        transfer = in_child(lambda: self._inside(lambda: Operation.objects.get(kind="transfer").pk))
        back = self._timed(lambda: undo(Operation.objects.get(pk=transfer)))
        yield _at_most(f"undo the transfer of {number}", back, "of the transfer", ours, MAX_TO_DO)
        peer = self._timed(lambda: _peer_delete(rooms[0]), PEER_SECONDS)
        times = peer.seconds / gone.seconds
        name = f"the peer's delete of {number}" + (", stopped" if peer.over else "")
        yield Line(
            name, peer.seconds, peer.megabytes, "times ours", times, f"≥ {MIN_TO_PEER}", times >= MIN_TO_PEER
        )


def _seconds(result: Any) -> float:
    seconds: float = result.seconds
    return seconds


def _at_most(name: str, result: Any, beside: str, other: Any, most: float) -> Line:
    times = result.seconds / other.seconds
    holds = times <= most and result.megabytes <= MAX_MEGABYTES
    return Line(name, result.seconds, result.megabytes, beside, times, f"≤ {most}", holds)


def _people(department: int) -> Any:
    return Employee.objects.filter(department=department)


def _split(largest: int) -> list[int]:
    """Three departments of so many people of the largest, who stay with those who report to them."""
    keys = _by_reporting(largest)
    number = min(MANY, len(keys) // 3)
    parts = [Department.objects.create(name=f"Bench part {n}").pk for n in range(3)]
    with transaction.atomic(), connection.cursor() as cursor:
        for part, department in enumerate(parts):
            own = keys[part * number : (part + 1) * number]
            for start in range(0, number, AT_ONCE):
                one_of = ", ".join(map(str, own[start : start + AT_ONCE]))
                cursor.execute(
                    f"UPDATE organization_employee SET department_id = {department} WHERE id IN ({one_of})"
                )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE organization_employee" if connection.vendor == "postgresql" else "ANALYZE")
    return parts


def _by_reporting(department: int) -> list[int]:
    """The people of a department, each followed by all who report to them, directly or not."""
    reports = defaultdict(list)
    inside = dict(_people(department).order_by("pk").values_list("pk", "manager"))
    for person, manager in inside.items():
        reports[manager if manager in inside else None].append(person)
    ordered, waiting = [], reports[None]
    while waiting:
        person = waiting.pop()
        ordered.append(person)
        waiting.extend(reports[person])
    return ordered


def _rooms() -> list[int]:
    """Departments to move to, and somebody who may delete them."""
    get_user_model().objects.get_or_create(username="bench", is_superuser=True, is_staff=True)
    return [Department.objects.create(name=f"Bench {n}").pk for n in range(3)]


def _transfer(department: int, room: int) -> None:
    services.transfer(employees=_people(department), to=Department.objects.get(pk=room), actor=None)


def _undo() -> None:
    outcome = undo(Operation.objects.order_by("-pk")[0])
    assert not outcome.left


def _bare_transfer(department: int, room: int) -> None:
    people = f"department_id = {department}"
    with transaction.atomic(), connection.cursor() as cursor:
        line = Operation.objects.create(kind="bare")
        _record(cursor, Employee, line, "~", "department", people)
        cursor.execute(f"UPDATE organization_employee SET department_id = {room} WHERE {people}")


def _bare_delete(room: int) -> None:
    """Rolled back after the foreign keys were checked, as COMMIT does."""
    people = f"SELECT id FROM organization_employee WHERE department_id = {room}"
    reports = f"manager_id IN ({people}) AND department_id <> {room}"
    headed = f"head_id IN ({people}) AND id <> {room}"
    with guard.writing(), transaction.atomic(), connection.cursor() as cursor:
        line = Operation.objects.create(kind="bare")
        _record(cursor, Employee, line, "~", "manager", reports)
        cursor.execute(f"UPDATE organization_employee SET manager_id = NULL WHERE {reports}")
        _record(cursor, Department, line, "~", "head", headed)
        cursor.execute(f"UPDATE organization_department SET head_id = NULL WHERE {headed}")
        _record(cursor, Employee, line, "-", "", f"department_id = {room}")
        cursor.execute(f"DELETE FROM organization_employee WHERE department_id = {room}")
        _record(cursor, Department, line, "-", "", f"id = {room}")
        cursor.execute(f"DELETE FROM organization_department WHERE id = {room}")
        if connection.vendor == "postgresql":
            connection.check_constraints()
        transaction.set_rollback(True)


def _record(cursor: Any, model: Any, line: Any, action: str, field: str, condition: str) -> None:
    columns = [one.column for one in recorded_fields(model)]
    table, fields = model._meta.db_table, f",{field}," if field else ""
    cursor.execute(
        f"INSERT INTO {table}_history (operation_id, step, action, row_id, fields, "
        f"{', '.join(f'old_{column}' for column in columns)}) "
        f"SELECT {line.pk}, 1, '{action}', id, '{fields}', {', '.join(columns)} FROM {table} WHERE {condition}"
    )


def _peer_delete(room: int) -> None:
    """Its page, then its button; rolled back."""
    client = Client()
    client.force_login(get_user_model().objects.get(username="bench"))
    path = f"{PEER_DEPARTMENTS}{room}/delete/"
    with transaction.atomic():
        assert client.get(path).status_code == 200
        with guard.writing():  # Django's own way leaves no record, which is refused elsewhere
            assert client.post(path, {"post": "yes"}).status_code == 302
        transaction.set_rollback(True)
