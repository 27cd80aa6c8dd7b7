import pytest

from backoffice import exchange
from backoffice.exchange import Options
from organization.models import Department


@pytest.fixture
def run(tmp_path):
    """Import lines as a file, its columns guessed."""

    def run(sheet, *lines, apply=True, actor=None, **options):
        path = tmp_path / "file.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        with exchange.open_table(path) as table:
            columns = sheet.guess(table.header, table.ahead(20))
            plan = exchange.plan_import(
                sheet, table, columns=columns, options=Options(**options), actor=actor
            )
        if apply:
            exchange.apply(plan)
        return plan

    return run


@pytest.fixture
def tree():
    research = Department.objects.create(name="Research", code="R")
    other = Department.objects.create(name="Sales", code="S")
    chemistry = Department.objects.create(name="Chemistry", parent=research)
    Department.objects.create(name="Chemistry", parent=other)
    return research, chemistry
