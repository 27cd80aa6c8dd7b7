"""What was exported changes nothing when it is imported again, whatever the cells hold."""

import datetime
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings, strategies

from backoffice import exchange
from backoffice.exchange import Options
from backoffice.exchange.writing import CSVWriter, XLSXWriter, exported
from backoffice.fields import trimmed
from organization.exchange import EMPLOYEES
from organization.models import Department, Employee

pytestmark = pytest.mark.django_db
everybody = User(is_superuser=True, is_active=True)

HOSTILE = [
    "=1+1",
    "'=1+1",
    "''@SUM(A1)",
    "+49 30 1",
    "-1",
    "@x",
    "\t=1",
    "007",
    "1e5",
    "1,234.50",
    "0x1F",
    "NULL",
]
HOSTILE += [
    "true",
    "2024-05-06",
    "05/06/2024",
    "44927",
    "a\r\nb",
    'say "no"',
    "a;b,c\td|e",
    "'",
    "\ufeffx",
    "_x0041_",
]
HOSTILE += ["ÅÖ€ 李 🎈", "LAST,  FIRST M", "\u200bx", "–", "#REF!", "{=1}", "x" * 90]
ANY = strategies.text(strategies.characters(codec="utf-8", exclude_characters="\0"), max_size=10)
TEXT = (strategies.sampled_from(HOSTILE) | ANY).map(str.strip).map(trimmed)
KEYS = strategies.lists(
    TEXT.filter(bool).map(lambda text: trimmed(text[:32])), min_size=4, max_size=4, unique=True
)
DAYS = strategies.dates(datetime.date(1900, 3, 1), datetime.date(9999, 12, 31))


@strategies.composite
def people(draw):
    found = []
    for number in draw(KEYS):
        hired = draw(strategies.none() | DAYS)
        found.append(
            Employee(
                employee_number=number,
                name=draw(TEXT.filter(bool)),
                preferred_name=draw(TEXT),
                work_phone=draw(TEXT)[:40],
                job_title=draw(TEXT),
                notes=draw(TEXT),
                hire_date=hired,
                fte=draw(strategies.decimals(Decimal("0.001"), Decimal("1.5"), places=3)),
                employment_type=draw(strategies.sampled_from(["", *Employee.EmploymentType.values])),
            )
        )
    return found


def stored(found):
    place = Department.objects.create(name="=Place", code="'0012")
    for person in found:
        person.pk, person.department = None, place
    Employee.objects.bulk_create(found)
    Employee.objects.exclude(pk=found[0].pk).update(manager=found[0])
    return Employee.objects.order_by("pk")


def as_csv(rows, folder):
    writer = CSVWriter(exported(EMPLOYEES, everybody))
    path = Path(folder, "people.csv")
    with writer.piece(rows) as lines:
        path.write_bytes(writer.head() + lines.read())
    return path


def as_xlsx(rows, folder):
    writer = XLSXWriter(exported(EMPLOYEES, everybody), Path(folder), "People")
    writer.piece(rows)
    writer.close()
    return writer.path


def again(found, write, **options):
    """Counts and problems of the import of an export; nothing of it stays."""
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        path = write(stored(found), folder)
        with exchange.open_table(path) as table:
            plan = exchange.plan_import(EMPLOYEES, table, options=Options(**options))
            seen = plan.counts, plan.refusals
        plan.scratch.clear()
        transaction.set_rollback(True)
    return seen


@pytest.mark.parametrize("keep_blank", [True, False])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people())
def test_csv(keep_blank, found):
    counts, refusals = again(found, as_csv, keep_blank=keep_blank)
    assert (counts.unchanged, refusals) == (len(found), [])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people())
@example(
    [
        Employee(employee_number=text, name=text)
        for text in dict.fromkeys(trimmed(text[:32]) for text in HOSTILE)
    ]
)
def test_xlsx(found):
    counts, refusals = again(found, as_xlsx)
    assert (counts.unchanged, refusals) == (len(found), [])
