"""The checker that other tests lean on: it is quiet about what is so, and sees each way in which a record can lie."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from backoffice.models import Operation
from backoffice.operations import guard, operation, update
from backoffice.operations.agreement import disagreements
from backoffice.operations.undo import undo
from backoffice.security.locks import housekeeping
from tests.agreement import agrees, miscounted
from tests.library.models import Author, Book

pytestmark = pytest.mark.django_db


@pytest.fixture
def lived():
    """Books that were made, changed, deleted and brought back; the last operation is that."""
    author = Author.objects.create(name="Ada")
    Book.objects.bulk_create([Book(title=f"Book {n}", author=author, isbn=f"{n}") for n in range(3)])
    update(Book.objects.all(), {"title": "Same"}, actor=None, kind="rename")
    author.delete()
    undo(Operation.objects.first())
    return Book.objects.order_by("pk").first()


def test_what_the_machinery_wrote_agrees(lived):
    agrees()


def test_a_value_that_went_around_the_record_is_seen(lived):
    write("UPDATE library_book SET title = 'Other' WHERE id = %s", lived.pk)
    [said] = disagreements(Book)
    assert said == f"library.Book {lived.pk}: what is stored is not what the last change left"


def test_a_command_says_so(lived):
    said = StringIO()
    call_command("check_histories", stdout=said)
    assert said.getvalue() == "The histories lead to what is stored.\n"
    write("UPDATE library_book SET title = 'Other' WHERE id = %s", lived.pk)
    with pytest.raises(
        CommandError, match=f"past the panel.*\nlibrary.Book {lived.pk}: what is stored is not"
    ):
        call_command("check_histories")


def test_nothing_is_known_of_a_column_that_came_later(lived):
    Book.objects.filter(pk=lived.pk).update(isbn="7")
    with housekeeping():
        Book.history_model.objects.update(old_title=None, new_title=None)
    Book.objects.filter(pk=lived.pk).update(isbn="8")
    agrees()


def test_a_row_that_went_without_a_record_is_seen(lived):
    write("DELETE FROM library_book WHERE id = %s", lived.pk)
    assert "what is stored" in disagreements(Book)[0]


def test_a_record_of_what_never_happened_is_seen(lived):
    with operation("nothing") as it:
        Book.history_model.objects.create(
            operation=it.operation, step=it.step(Book), action="-", row_id=lived.pk
        )
    assert len(disagreements(Book)) == 2  # it follows from nothing, and the row is there


def test_a_hole_in_the_middle_is_seen(lived):
    rows = Book.history_model.objects.filter(row=lived.pk)
    with housekeeping():
        rows.filter(action="-").delete()
    assert "begin where the one before it ended" in disagreements(Book)[0]
    assert "Operation" in miscounted()[0]


def test_a_value_of_a_column_that_was_not_set_is_seen(lived):
    with housekeeping():
        Book.history_model.objects.filter(row=lived.pk, action="~").update(new_isbn="9")
    assert "values that its action has not" in disagreements(Book)[0]


def test_a_line_of_the_log_that_counts_wrongly_is_seen(lived):
    line = Operation.objects.first()
    with housekeeping():
        Operation.objects.filter(pk=line.pk).update(rows={"library.Book": {"created": 2}})
    assert miscounted()[0].startswith(f"Operation {line.pk}: ")


def write(sql, *parameters):
    with guard.writing(), connection.cursor() as cursor:  # past the record, on purpose
        cursor.execute(sql, parameters)
