import pytest

from backoffice import exchange
from backoffice.exchange import Options


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
