from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.exchange.scratch import Scratch
from tests.library.models import Book


def test_a_table_is_indexed_as_its_engine_needs_it(db):
    scratch, hashes = Scratch(Book), connection.vendor == "postgresql"
    columns = [("line", "integer"), ("asked", "integer"), ("met", "integer")]
    with CaptureQueriesContext(connection) as made:
        scratch.table("import_tried", columns, key="line", sought=["asked"], joined=["met"])
    assert ("PRIMARY KEY" in str(made.captured_queries)) is not hashes  # there it comes with the rows
    with CaptureQueriesContext(connection) as filled:
        scratch.known("import_tried")
    told = " ".join(query["sql"] for query in [*made.captured_queries, *filled.captured_queries])
    assert "PRIMARY KEY" in told
    assert [told.count(scratch.quote(name)) for name in ("asked", "met")] == [2, 1 if hashes else 2]
