"""What was exported changes nothing when it is imported again, whatever the cells hold."""

import datetime
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import models, transaction
from hypothesis import HealthCheck, example, given, settings, strategies

from backoffice import exchange
from backoffice.exchange import Options
from backoffice.exchange.writing import CSVWriter, XLSXWriter, exported
from backoffice.fields import LongTextField, trimmed
from organization.exchange import DEPARTMENTS, EMPLOYEES
from organization.models import Department, Employee, Grant

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
    "_x005F_x0041_",
]
HOSTILE += ["ÅÖ€ 李 🎈", "LAST,  FIRST M", "\u200bx", "–", "#REF!", "{=1}", "x" * 90]
ANY = strategies.text(strategies.characters(codec="utf-8", exclude_characters="\0"), max_size=10)
TEXT = (strategies.sampled_from(HOSTILE) | ANY).map(str.strip).map(trimmed)
KEYS = strategies.lists(
    TEXT.filter(bool).map(lambda text: trimmed(text[:32])), min_size=4, max_size=4, unique=True
)
DAYS = strategies.dates(datetime.date(1900, 3, 1), datetime.date.max)


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


def again_of(sheet, rows, user=everybody, **options):
    with tempfile.TemporaryDirectory() as folder:
        writer = CSVWriter(exported(sheet, user))
        path = Path(folder, "rows.csv")
        with writer.piece(rows) as lines:
            path.write_bytes(writer.head() + lines.read())
        with exchange.open_table(path) as table:
            return exchange.plan_import(sheet, table, options=Options(**options), actor=user)


def test_related_rows_without_a_key_stay():
    top = Department.objects.create(name="No code")
    for name in ("Kid One", "No code"):
        Department.objects.create(name=name, code=name, parent=top)
    Department.objects.create(name="By name", code="x")
    Department.objects.create(name="Kid Two", code="y", parent=Department.objects.create(name="x"))
    boss = Employee.objects.create(name="Ann", department=top)
    mail = Employee.objects.create(name="Ann", department=top, work_email="ann@x.example", manager=boss)
    Employee.objects.create(name="Bo", department=top, employee_number="1", manager=mail)
    places = Department.objects.exclude(code=None).order_by("pk")
    people = Employee.objects.exclude(pk=boss.pk).order_by("pk")
    for sheet, rows in ((DEPARTMENTS, places), (EMPLOYEES, people)):
        plan = again_of(sheet, rows)
        assert (plan.counts.unchanged, plan.refusals) == (len(rows), [])


def test_departments_of_one_name_without_codes_are_found_by_what_they_lie_below():
    names = ("Research", "Sales", "Team", "RESEARCH", "Sales  East", "Sales East")
    tops = [Department.objects.create(name=name) for name in names]
    teams = [Department.objects.create(name="Team", parent=top) for top in tops[:5]]
    for parent in (teams[0], teams[3]):
        Department.objects.create(name="Team", parent=parent)
        Department.objects.create(name="TEAM", parent=parent)
    rows = Department.objects.order_by("pk")
    plan = again_of(DEPARTMENTS, rows)
    assert (plan.counts.unchanged, plan.refusals) == (len(rows), [])


def test_related_rows_stay_where_others_have_keys_that_read_like_them():
    place = Department.objects.create(name="Plain")
    twin = Department.objects.create(name="Twin", code=f"Plain [#{place.pk}]")
    plain = Employee.objects.create(name="Ann", department=place)
    mail = Employee.objects.create(name="Bo", department=place, work_email="bo@x.example")
    for number in (f"Ann [#{plain.pk}]", "bo@x.example"):
        boss = Employee.objects.create(name="Cy", department=twin, employee_number=number)
        Employee.objects.create(name="Di", department=twin, employee_number=f"of {number}", manager=boss)
    Employee.objects.create(name="Ed", department=place, employee_number="1", manager=plain)
    Employee.objects.create(name="Fe", department=place, employee_number="2", manager=mail)
    numbered = Employee.objects.exclude(employee_number=None).order_by("pk")
    for rows in (numbered, Employee.objects.exclude(pk=plain.pk).exclude(pk=boss.pk).order_by("pk")):
        plan = again_of(EMPLOYEES, rows)
        assert (plan.counts.unchanged, plan.refusals) == (len(rows), [])


def test_what_is_not_told_stays():
    """Nothing is told of a manager elsewhere, and so nothing is changed."""
    here, there = (Department.objects.create(name=name, code=name) for name in "AB")
    boss = Employee.objects.create(name="Ann", department=there, employee_number="1")
    Employee.objects.create(name="Bo", department=here, employee_number="2", manager=boss)
    officer = User.objects.create_user("officer", is_staff=True)
    Grant.objects.create(user=officer, role=Group.objects.get(name="HR officer"), department=here)
    plan = again_of(EMPLOYEES, Employee.objects.filter(department=here), officer)
    assert (plan.counts.unchanged, plan.refusals) == (1, [])


def test_people_without_a_number_or_address_are_found_by_their_name_when_asked():
    place = Department.objects.create(name="A", code="A")
    for number, name in ((None, "Ann"), (None, "Bo"), ("1", "Cy")):
        Employee.objects.create(name=name, employee_number=number, department=place)
    plan = again_of(EMPLOYEES, Employee.objects.order_by("pk"), keyless="name")
    assert (plan.counts.unchanged, plan.refusals) == (3, [])


@pytest.mark.parametrize("keep_blank", [True, False])
def test_blanks_at_the_ends_stay(keep_blank):
    texts = ["\ttab", "\rcr", "\u00a0nb", "x\u00a0", "\x1f", "\u2028", "\x85", "x\n"]
    people = [Employee(employee_number=str(n), name="N", notes=t, job_title=t) for n, t in enumerate(texts)]
    for write in (as_csv, as_xlsx):
        counts, refusals = again(people, write, keep_blank=keep_blank)
        assert (counts.unchanged, refusals) == (len(texts), [])


def test_a_workbook_holds_any_character():
    texts = ["x\ufffe y", "\uffff", "_xFFFE_", "_x005F_xFFFE_", "_x0041_"]
    counts, refusals = again(
        [Employee(employee_number=str(n), name="N", notes=t) for n, t in enumerate(texts)], as_xlsx
    )
    assert (counts.unchanged, refusals) == (len(texts), [])


def test_every_text_has_an_end():
    """A form takes none that is too long for the cell of a file."""
    fields = [sheet.field(column.name) for sheet in (DEPARTMENTS, EMPLOYEES) for column in sheet.columns]
    texts = [field for field in fields if isinstance(field, models.CharField | models.TextField)]
    assert texts
    assert all(field.max_length or isinstance(field, LongTextField) for field in texts)
    with pytest.raises(ValidationError, match="at most 100000 characters"):
        Employee(notes="x" * 100_001).full_clean()
