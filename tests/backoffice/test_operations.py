"""Every write of a recorded model is an operation, whichever way it comes."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import FieldError
from django.db import DataError, NotSupportedError, connection, transaction
from django.db.models import Case, CharField, F, Max, Subquery, Value, When
from django.db.models.functions import Cast, Concat, Random

from backoffice.models import Operation
from backoffice.operations import guard, operation, update
from backoffice.operations.agreement import disagreements
from backoffice.operations.current import current
from backoffice.operations.sets import bulk_write
from backoffice.operations.undo import undo
from tests.library.models import Author, Book, Chapter, Loan

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return Author.objects.create(name="Ada")


def half_a_reform():
    with operation("reform"):
        Author.objects.create(name="Cleo")
        raise ZeroDivisionError


def last(model):
    return model.history_model.objects.first()


def test_a_created_row_is_recorded_with_all_its_values(author):
    book = Book.objects.create(title="Notes", author=author)
    line = last(Book)
    assert (line.action, line.row_id, line.new_title, line.new_author_id) == (
        "+",
        book.pk,
        "Notes",
        author.pk,
    )
    assert (line.old_title, line.operation.kind, line.operation.subject) == (None, "add", "Notes")


def test_a_saved_row_is_recorded_with_what_changed(author):
    author.name = "Ada L."
    author.save()
    line = last(Author)
    assert (line.action, line.fields, line.old_name, line.new_name) == ("~", ",name,", "Ada", "Ada L.")
    assert line.operation.rows == {"library.Author": {"updated": 1}}


def test_a_save_that_changes_nothing_leaves_no_line(author):
    author.save()
    assert Operation.objects.count() == 1


def test_a_set_that_is_updated_is_one_operation(author, hr):
    Book.objects.bulk_create([Book(title=f"Book {number}", author=author) for number in range(3)])
    other = Author.objects.create(name="Bea")
    assert update(Book.objects.all(), {"author": other}, actor=hr, kind="hand_over", reason="Retired") == 3
    line = Operation.objects.first()
    assert (line.kind, line.actor, line.actor_name, line.reason) == ("hand_over", hr, "hr", "Retired")
    assert line.rows == {"library.Book": {"updated": 3}}
    assert set(Book.history_model.objects.filter(operation=line).values_list("old_author", "new_author")) == {
        (author.pk, other.pk)
    }


@pytest.mark.parametrize(
    ("changes", "recorded"),
    [
        ({"published_on": "2020-01-01"}, ["B", "C"]),
        ({"published_on": None}, ["A", "C"]),
        ({"published_on": None, "title": "B"}, ["A", "C"]),
        ({"title": "a"}, ["A", "B", "C"]),
        ({"title": F("title")}, []),
        ({"title": Case(When(title="A", then=Value("X")), default=F("title"))}, ["A"]),
    ],
)
def test_rows_whose_values_stay_are_not_recorded_and_count_as_in_django(author, changes, recorded):
    days = {"A": "2020-01-01", "B": None, "C": "2021-01-01"}
    Book.objects.bulk_create([Book(title=t, published_on=day, author=author) for t, day in days.items()])
    before = Operation.objects.count()
    assert Book.objects.update(**changes) == 3
    lines = Operation.objects.order_by("pk")[before:]
    steps = Book.history_model.objects.filter(operation__in=list(lines)).order_by("row_id")
    assert [step.old_title for step in steps] == recorded
    assert [line.rows["library.Book"] for line in lines] == [{"updated": len(recorded)}] * bool(recorded)
    assert disagreements(Book) == []


def test_writing_sets_anew_as_they_are_leaves_no_line_and_stands_against_no_undo(author):
    author.name = "Ada L."
    author.save()
    edit = Operation.objects.first()
    Author.objects.bulk_update([author], ["name"])
    bulk_write(Author, [author], [Author._meta.get_field("name")])
    Author.objects.filter(pk=author.pk).update(mentor=None)
    assert Operation.objects.first() == edit
    undo(edit)
    author.refresh_from_db()
    assert author.name == "Ada"


def test_an_expression_is_recorded_as_what_it_came_to(author):
    from django.db.models.functions import Upper

    Author.objects.update(name=Upper("name"))
    assert (last(Author).old_name, last(Author).new_name) == ("Ada", "ADA")


COMPUTED = {
    "chance": lambda: {"title": Cast(Random(), CharField(max_length=200))},
    "another row": lambda: {"author": Author.objects.exclude(name="0").order_by("?").values("pk")[:1]},
    "each other": lambda: {"title": F("isbn"), "isbn": F("title")},
    "nothing": lambda: {"isbn": Subquery(Book.objects.none().values("isbn"))},
}


@pytest.mark.parametrize("changes", COMPUTED.values(), ids=COMPUTED)
def test_what_is_computed_is_stored_as_it_was_recorded(changes):
    Author.objects.bulk_create([Author(name=str(number)) for number in range(20)])
    book = Book.objects.create(title="Notes", isbn="7", author=Author.objects.first())
    Book.objects.update(**changes())
    assert list(disagreements(Book)) == []
    assert book.history.first().action == "~"


def test_what_is_computed_and_too_long_for_its_column_is_not_cut(author):
    Book.objects.create(title="Notes", isbn="7", author=author)
    with suppress(DataError), transaction.atomic():
        Book.objects.update(isbn=Concat("isbn", Value("8" * 40)))
    assert Book.objects.get().isbn in ("7", "7" + "8" * 40)


def test_what_no_update_takes_is_refused(author):
    with pytest.raises(FieldError, match="Aggregate functions are not allowed"):
        Author.objects.update(name=Max("name"))


def test_a_cascade_is_recorded_row_by_row(author):
    book = Book.objects.create(title="Notes", author=author)
    student = Author.objects.create(name="Cleo", mentor=author)
    Chapter.objects.create(book=book, title="One")
    author.delete()
    line = Operation.objects.first()
    assert line.kind == "delete"
    assert line.subject == "Ada"
    assert line.rows == {
        "library.Author": {"updated": 1, "deleted": 1},
        "library.Book": {"deleted": 1},
        "library.Chapter": {"deleted": 1},
    }
    assert last(Chapter).old_title == "One"
    assert student.history.first().old_mentor_id is not None


def test_what_is_written_in_an_operation_belongs_to_it(author, hr):
    with operation("reform", actor=hr) as it:
        Author.objects.create(name="Bea")
        Author.objects.filter(pk=author.pk).update(name="Ada B.")
        author.delete()
    assert Operation.objects.first() == it.operation
    assert it.operation.rows == {"library.Author": {"created": 1, "deleted": 1, "updated": 1}}


def test_a_row_that_is_saved_twice_is_named_once(author):
    book = Book.objects.create(title="Notes", author=author)
    with operation("reform") as it:
        for isbn in ("1", "2"):
            book.isbn = isbn
            book.save()
    assert it.operation.subject == "Notes"


def test_a_row_that_is_renamed_in_steps_is_called_as_in_the_end(author):
    with operation("reform") as it:
        for name in "BCDEF":
            author.name = name
            author.save()
    assert it.operation.subject == "F"


@pytest.mark.parametrize("how", [(None, True), (None, False, True, ["name"], ["id"])])
def test_an_insert_whose_rows_are_not_known_is_refused_however_it_is_asked_for(author, how):
    for model, row in ((Author, author), (User, User(username="new"))):
        with pytest.raises(TypeError, match="is not known"):
            model.objects.bulk_create([row], *how)


def test_a_failed_operation_leaves_neither_rows_nor_line(author):
    with pytest.raises(ZeroDivisionError):
        half_a_reform()
    assert Operation.objects.count() == Author.objects.count() == 1


def test_a_failed_part_of_an_operation_is_not_counted(author):
    with operation("reform") as it:
        Author.objects.create(name="Bea")
        with pytest.raises(ZeroDivisionError):
            transaction.atomic(half_a_reform)()
    assert it.operation.rows == {"library.Author": {"created": 1}}


def test_what_was_rolled_back_is_in_no_line(author):
    with operation("reform") as it:
        with suppress(ZeroDivisionError), transaction.atomic():
            User.objects.create_user("ghost")
            for number in range(5):
                Author.objects.create(name=f"Ghost {number}")
            raise ZeroDivisionError
        Author.objects.create(name="Bea")
    line = it.operation
    assert (line.subject, line.rows, line.number, line.details) == (
        "Bea",
        {"library.Author": {"created": 1}},
        1,
        {},
    )


def test_an_account_that_was_rolled_back_leaves_no_line():
    with operation("reform"), suppress(ZeroDivisionError), transaction.atomic():
        User.objects.create_user("ghost")
        raise ZeroDivisionError
    assert not Operation.objects.exists()


def test_a_thread_with_a_connection_of_its_own_is_in_no_operation_of_another(author):
    with operation("reform") as it, ThreadPoolExecutor(1) as threads:
        assert threads.submit(copy_context().run, current).result() is None
        assert current() is it


def test_the_user_who_goes_stays_in_the_log_by_name(author, hr):
    with operation(actor=hr):
        Author.objects.create(name="Bea")
    line = Operation.objects.first()
    hr.delete()
    line.refresh_from_db()
    assert (line.actor, line.actor_name) == (None, "hr")


def test_the_related_manager_records(author):
    other = Author.objects.create(name="Bea")
    book = Book.objects.create(title="Notes", author=author)
    other.book_set.add(book, bulk=True)
    assert last(Book).new_author_id == other.pk


def test_raw_sql_is_caught(author):
    with (
        pytest.raises(guard.UnrecordedWrite),
        connection.execute_wrapper(guard.refuse_unrecorded),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE library_author SET name = 'X'")


def test_recording_costs_the_same_for_many(author, django_assert_num_queries):
    def queries_of(number):
        from django.test.utils import CaptureQueriesContext

        Book.objects.all().delete()
        Book.objects.bulk_create([Book(title=f"Book {n}", author=author) for n in range(number)])
        with CaptureQueriesContext(connection) as captured:
            Book.objects.update(title="Same")
            Book.objects.all().delete()
        return len(captured)

    assert queries_of(5) == queries_of(400)


def test_a_protected_row_stays_and_nothing_is_recorded(author):
    from django.db.models import ProtectedError

    Loan.objects.create(book=Book.objects.create(title="Notes", author=author), borrower="Dan")
    lines = Operation.objects.count()
    with pytest.raises(ProtectedError):
        author.delete()
    assert (Author.objects.count(), Operation.objects.count()) == (1, lines)


@pytest.mark.parametrize("name", ["pk", "id"])
def test_the_key_of_a_row_cannot_be_updated(name):
    author = Author.objects.create(name="Ada")
    with pytest.raises(ValueError, match=r"The key of a library\.Author cannot be changed"):
        Author.objects.update(**{name: author.pk + 1})
    assert Author.objects.get() == author


def test_what_is_no_column_cannot_be_updated():
    with pytest.raises(FieldError, match=r"'book' of library\.Author is no column"):
        Author.objects.update(book=1)


SETS = {
    "values": (TypeError, lambda rows: rows.values("title").delete()),
    "values_list": (TypeError, lambda rows: rows.values_list("author").delete()),
    "delete": (NotSupportedError, lambda rows: rows.union(Book.objects.none()).delete()),
    "update": (NotSupportedError, lambda rows: rows.difference(Book.objects.none()).update(title="X")),
    "service": (
        NotSupportedError,
        lambda rows: update(rows.union(rows), {"title": "X"}, actor=None, kind="x"),
    ),
    "accounts": (NotSupportedError, lambda rows: User.objects.union(User.objects.all()).update(email="")),
}


@pytest.mark.parametrize("name", SETS)
def test_a_set_that_django_does_not_write_to_is_refused(author, name):
    error, write = SETS[name]
    Book.objects.create(title="Notes", author=author)
    lines = Operation.objects.count()
    with pytest.raises(error):
        write(Book.objects.all())
    assert (Book.objects.get().title, Operation.objects.count()) == ("Notes", lines)
