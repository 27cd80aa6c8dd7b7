"""Files of many people: export as CSV beside COPY of the same columns, reading XLSX beside the bare reader.

Each deed happens in a child, once before for what it compares with and once after, and the quicker one counts.
"""

import resource
import shutil
import tempfile
import time
from pathlib import Path

import psycopg
import python_calamine
from django.contrib.auth import get_user_model
from django.db import connection

from backoffice.admin.lists.order import Order
from backoffice.admin.lists.walking import walk
from backoffice.exchange.reading import open_table
from backoffice.exchange.writing import CSVWriter, XLSXWriter, exported
from backoffice.exchange.writing.columns import values
from organization.exchange import EMPLOYEES
from organization.models import Employee
from tests.scale.children import ChildFailed, watched_child
from tests.scale.operations import Line

SHEET_ROWS, EXPORT_ROWS = 100_000, 1_000_000
MAX_TO_COPY, MAX_TO_READER, MAX_MEGABYTES, MAX_FIRST = 2, 3, 300, 1.0
BY_NAME = Order(Employee, ("name", "pk"))


def measured(large):
    """The lines, printed as they come."""
    with tempfile.TemporaryDirectory() as folder:
        lines = []
        for line in _lines(large, Path(folder)):
            print(line.text, flush=True)
            lines.append(line)
        return lines


def _lines(large, folder):
    def done(deed):
        def run(mark):
            with large:
                connection.ensure_connection()
                mark()
                return deed()

        result = watched_child(run, bound=None)
        if result.error:
            raise ChildFailed(result.error)
        return result

    def against(deed, other):
        before, ours, after = done(other), done(deed), done(other)
        return ours, min(before.seconds, after.seconds)

    file, book = folder / "people.csv", folder / "people.xlsx"
    if large.engine != "sqlite":
        ours, bare = against(lambda: _export(file, _some()), lambda: _copy(_some()))
        name = f"export {EXPORT_ROWS:,} as CSV, by name"
        yield _beside(name, ours, bare, "COPY … TO", MAX_TO_COPY)
        first = ours.value
        yield Line("its first rows", first, 0, "a second", first, f"at most {MAX_FIRST}", first <= MAX_FIRST)
        ours, bare = against(lambda: _export(file), lambda: _copy(Employee.objects.all()))
        times = ours.seconds / bare
        yield Line(
            "export all as CSV, by name", ours.seconds, ours.megabytes, "times COPY … TO", times, "no bar"
        )
    else:
        ours = done(lambda: _export(file))
        yield Line("export as CSV, by name", ours.seconds, ours.megabytes)
    ours = done(lambda: _read(file))
    yield Line("read that CSV", ours.seconds, ours.megabytes)
    ours = done(lambda: _workbook(book))
    yield Line(f"export {SHEET_ROWS:,} as XLSX", ours.seconds, ours.megabytes)
    ours, bare = against(lambda: _read(book), lambda: _bare_read(book))
    ours = ours._replace(megabytes=ours.megabytes + ours.value)
    yield _beside("read that XLSX", ours, bare, "bare calamine", MAX_TO_READER)


def _beside(name, ours, bare, what, most):
    times = ours.seconds / bare
    holds = times <= most and ours.megabytes < MAX_MEGABYTES
    return Line(name, ours.seconds, ours.megabytes, f"times {what}", times, f"at most {most}", holds)


def _columns():
    return exported(EMPLOYEES, get_user_model()(is_superuser=True, is_active=True))


def _some():
    """The first million people."""
    last = Employee.objects.order_by("pk").values_list("pk", flat=True)[EXPORT_ROWS - 1 : EXPORT_ROWS].first()
    return Employee.objects.filter(pk__lte=last) if last else Employee.objects.all()


def _export(path, rows=None):
    """Seconds until the first rows."""
    rows = Employee.objects.all() if rows is None else rows
    writer, started, first = CSVWriter(_columns()), time.perf_counter(), 0.0
    with path.open("wb") as file:
        file.write(writer.head())
        for lines in walk(rows, BY_NAME, writer.piece, writer.at_once("default")):
            first = first or time.perf_counter() - started
            with lines:
                shutil.copyfileobj(lines, file)
    return first


def _copy(rows):
    sql, params = values(rows.order_by(), _columns()).query.sql_with_params()
    cursor = psycopg.ClientCursor(connection.connection)
    copy = cursor.mogrify(f"COPY ({sql}) TO STDOUT WITH (FORMAT csv)", params)
    with cursor, cursor.copy(copy) as lines:
        return sum(len(line) for line in lines)


def _workbook(path):
    writer = XLSXWriter(_columns(), path.parent, "People")
    writer.piece(Employee.objects.order_by("pk")[:SHEET_ROWS])
    writer.close()
    writer.path.rename(path)


def _read(path):
    """Megabytes of the process that read it, where there was one."""
    with open_table(path) as table:
        for _line in table.lines:
            pass
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _bare_read(path):
    for _row in python_calamine.load_workbook(path).get_sheet_by_index(0).iter_rows():
        pass
