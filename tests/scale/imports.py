"""An import of many people beside a bare COPY of the same rows, and beside django-import-export.

    python -m tests.scale.imports [--people 1000000]

Each in an otherwise empty database with all its indexes, in a child of its own. The bare COPY loads the same rows into
the same table, then writes the same history rows, and commits. The server is that of BENCH_DATABASE_URL, else one with
the settings of the bench. The load of the machine stands beside the figures: they mean little where it is above the
number of its processors.
"""

# the names are those of our own tables and columns

import argparse
import contextlib
import csv
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path

import python_calamine
import xlsxwriter

from tests import postgres
from tests.scale.bench import SERVER

PEOPLE, PEER_PEOPLE, SHEET_PEOPLE, DEPARTMENTS, TEAM = 1_000_000, 30_000, 100_000, 1_000, 12
MAX_APPLIED, MAX_PREVIEW, MAX_READER, MIN_PEER = 3, 2, 3, 20
HEADER = [
    "employee_number",
    "name",
    "preferred_name",
    "work_email",
    "phone",
    "job_title",
    "department_code",
    "manager_employee_number",
    "status",
    "employment_type",
    "fte",
    "hire_date",
    "location",
    "cost_center",
]
TITLES = ["Clerk", "Engineer", "Nurse", "Driver", "Analyst", "Teacher", "Cook", "Manager"]
FIRST = ["Ana", "Boris", "Chloé", "Dai", "Emma", "Farid", "Grete", "Hugo", "Ines", "Jörg", "Kim", "Léa"]
LAST = ["Adams", "Brown", "Costa", "Dupont", "Eriksen", "Fischer", "García", "Hansen", "Ito", "Jensen"]


def person(number):
    first, last = FIRST[number % len(FIRST)], LAST[number // len(FIRST) % len(LAST)]
    return [
        f"E{number:07}",
        f"{first} {last} {number}",
        first if number % 5 == 0 else "",
        f"person.{number}@example.com",
        f"+49 30 {number:07}",
        TITLES[number % len(TITLES)],
        f"D{number % DEPARTMENTS:04}",
        f"E{(number - 1) // TEAM:07}" if number else "",
        "active",
        "permanent" if number % 7 else "fixed_term",
        "1" if number % 4 else "0.5",
        f"{1990 + number % 34}-{1 + number % 12:02}-{1 + number % 28:02}",
        f"Site {number % 90}",
        "",
    ]


def write(path, people):
    with path.open("w", newline="", encoding="utf-8") as text:
        out = csv.writer(text)
        out.writerow(HEADER)
        out.writerows(person(number) for number in range(people))


def write_book(path, people):
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("People")
    for number in range(people + 1):
        sheet.write_row(number, 0, person(number - 1) if number else HEADER)
    book.close()


def read_book(path):
    for _row in python_calamine.load_workbook(path).get_sheet_by_index(0).iter_rows():
        pass


def prepared(people):
    """An empty company with its departments, and nothing of an earlier run."""
    from django.db import connection

    from organization.models import Department

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the log lets nobody empty it
        tables = "organization_employee, organization_department, organization_employee_history"
        cursor.execute(f"TRUNCATE {tables}, backoffice_operation CASCADE")
        cursor.execute("SET session_replication_role = DEFAULT")
    Department.objects.bulk_create(
        Department(name=f"Department {n}", code=f"D{n:04}") for n in range(DEPARTMENTS)
    )
    _settle()


def _settle():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def bare(people):
    """Seconds of the COPY, and of the history rows after it."""
    from django.db import connection, transaction

    from backoffice.operations import guard, operation
    from backoffice.operations.recorder import record_created
    from organization.models import Department, Employee

    keys = dict(Department.objects.values_list("code", "pk"))
    first = 1
    names = (
        "id, employee_number, name, preferred_name, work_email, work_phone, job_title, department_id, manager_id, "
        "status, employment_type, fte, hire_date, location, cost_center, end_reason, notes"
    )
    start = time.perf_counter()
    with transaction.atomic(), operation("import"):
        with guard.writing(), connection.cursor() as cursor:
            with cursor.copy(f"COPY organization_employee ({names}) FROM STDIN") as copy:
                for number in range(people):
                    cells = person(number)
                    cells[6] = keys[cells[6]]
                    cells[7] = first + (number - 1) // TEAM if number else None
                    copy.write_row([first + number, *cells, "", ""])
            copied = time.perf_counter()
        record_created(Employee.objects.all())
        recorded = time.perf_counter()
    return copied - start, recorded - copied, time.perf_counter() - start


def uploaded(path):
    """The import of an upload, as its page makes it; nothing is kept when it ends."""
    from django.contrib.auth import get_user_model

    from backoffice.imports import carrying, uploads
    from backoffice.models import Import
    from organization.exchange import EMPLOYEES

    boss, _made = get_user_model().objects.get_or_create(
        username="boss", defaults={"is_superuser": True, "is_staff": True}
    )
    with path.open("rb") as file:
        stored = uploads.store(iter(lambda: file.read(1 << 16), b""), path.name)
    batch = Import(sheet="employees", file_name=path.name, actor=boss, stored=stored.name)
    batch.sha256, batch.size = stored.sha256, stored.size
    carrying.look_into(batch, EMPLOYEES)
    batch.save()
    return batch.pk


def previewed(key):
    from backoffice.imports import carrying
    from backoffice.models import Import

    batch = Import.objects.select_related("actor").get(pk=key)
    carrying.preview(batch, batch.actor)
    assert batch.counts["refused"] == 0, batch.problems.first()
    return batch.counts


def applied(key):
    from backoffice.imports import carrying
    from backoffice.models import Import

    batch = Import.objects.select_related("actor").get(pk=key)
    carrying.carry_out(batch, batch.actor, reason="", partial=False)
    assert batch.counts["created"], batch.counts


def theirs(path):
    """django-import-export as its documentation shows it: a resource with two relations, in one transaction."""
    import tablib  # type: ignore[import-untyped]
    from django.db import connection
    from import_export import fields, resources, widgets  # type: ignore[import-untyped]

    from organization.models import Department, Employee

    class People(resources.ModelResource):
        phone = fields.Field("work_phone", column_name="phone")
        department = fields.Field(
            "department",
            column_name="department_code",
            widget=widgets.ForeignKeyWidget(Department, "code"),
        )
        manager = fields.Field(
            "manager",
            column_name="manager_employee_number",
            widget=widgets.ForeignKeyWidget(Employee, "employee_number"),
        )

        class Meta:
            model = Employee
            import_id_fields = ("employee_number",)
            names = "phone department manager employee_number name preferred_name work_email job_title status"
            fields = (*names.split(), "employment_type", "fte", "hire_date", "location", "cost_center")
            use_transactions = True

    assert connection
    data = tablib.Dataset().load(path.read_text(encoding="utf-8"), format="csv")
    result = People().import_data(data, raise_errors=True)
    return result.totals


def measured(deed):
    from django.db import connection

    from tests.scale.children import watched_child

    def timed(mark):
        mark()
        return deed()

    connection.close()  # a connection serves one process
    result = watched_child(timed, bound=None)
    if result.error:
        raise SystemExit(result.error)
    return result


def run(people, peer_people):
    from django.conf import settings

    with tempfile.TemporaryDirectory() as folder:
        settings.IMPORT_FOLDER = Path(folder, "uploads")
        path, small, book = (Path(folder, name) for name in ("people.csv", "few.csv", "people.xlsx"))
        write(path, people)
        write(small, peer_people)
        prepared(people)
        copied, recorded, both = measured(lambda: bare(people)).value
        line(
            f"COPY of {people:,} people", both, beside=f"{copied:.1f} s, and {recorded:.1f} s for the history"
        )
        prepared(people)
        upload = measured(lambda: uploaded(path))
        line("upload", upload.seconds, upload.megabytes)
        preview = measured(lambda: previewed(upload.value))
        line(
            "preview",
            preview.seconds,
            preview.megabytes,
            f"{preview.seconds / copied:.2f} × COPY (≤ {MAX_PREVIEW})",
        )
        apply = measured(lambda: applied(upload.value))
        both_ours = upload.seconds + preview.seconds + apply.seconds
        line("applied", apply.seconds, apply.megabytes)
        line(
            "upload to applied",
            both_ours,
            beside=f"{both_ours / both:.2f} × COPY and history (≤ {MAX_APPLIED})",
        )
        _settle()
        again = measured(lambda: previewed(uploaded(path)))
        assert again.value["unchanged"] == people, again.value
        line("the same file again, preview", again.seconds, again.megabytes)
        sheets = min(people, SHEET_PEOPLE)
        write_book(book, sheets)
        prepared(people)
        reader = measured(lambda: read_book(book))
        seen = measured(lambda: previewed(uploaded(book)))
        line(f"XLSX of {sheets:,}, bare reader", reader.seconds, reader.megabytes)
        line(
            f"XLSX of {sheets:,}, preview",
            seen.seconds,
            seen.megabytes,
            f"{seen.seconds / reader.seconds:.2f} × the bare reader (≤ {MAX_READER})",
        )
        prepared(people)
        mine = measured(lambda: through(small))
        line(f"{peer_people:,} people", mine.seconds, mine.megabytes)
        prepared(people)
        peer = measured(lambda: theirs(small))
        line(
            f"{peer_people:,}, import-export",
            peer.seconds,
            peer.megabytes,
            f"{peer.seconds / mine.seconds:.1f} × ours (≥ {MIN_PEER})",
        )


def through(path):
    """From the upload to the applied import."""
    key = uploaded(path)
    previewed(key)
    applied(key)


def line(name, seconds, megabytes=None, beside=""):
    memory = f"{megabytes:6.0f} MB" if megabytes is not None else " " * 9
    load = f"load {os.getloadavg()[0]:.1f}"
    print(f"{name:<32}{seconds:9.1f} s {memory}  {load:<10} {beside}".rstrip(), flush=True)


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.scale.imports", description=__doc__.split("\n")[0])
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--peer-people", type=int, default=PEER_PEOPLE)
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        url = os.environ.get("BENCH_DATABASE_URL") or stack.enter_context(postgres.server(*SERVER))
        measure(url, options)


def measure(url, options):
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.scale.settings"
    os.environ.setdefault("BENCH_PEER", "founding")
    warnings.simplefilter("ignore")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from tests.scale.databases import Database

    with Database(url):
        call_command("migrate", verbosity=0)
        with connections["default"].cursor() as cursor:
            cursor.execute(
                "ALTER ROLE CURRENT_USER SET statement_timeout = 0"
            )  # the suite's ends after a minute
        connections["default"].close()
        run(options.people, options.peer_people)


if __name__ == "__main__":
    sys.exit(main())
