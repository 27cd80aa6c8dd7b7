"""An operation is taken back as a whole; what somebody touched since is named and left."""

import datetime
import re

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from backoffice.models import Operation
from backoffice.operations import guard, operation, update
from backoffice.operations.agreement import disagreements
from backoffice.operations.conflicts import conflicts
from backoffice.operations.undo import UndoError, trial, undo
from backoffice.security.locks import housekeeping
from tests.agreement import agrees
from tests.library.models import Author, Book, Chapter

pytestmark = pytest.mark.django_db

CHANGED = "Changed since by another operation"


@pytest.fixture
def author():
    return Author.objects.create(name="Ada")


@pytest.fixture
def books(author):
    return Book.objects.bulk_create([Book(title=f"Book {n}", author=author, isbn=f"{n}") for n in range(3)])


def last():
    return Operation.objects.first()


def values(model):
    fields = [field.attname for field in model._meta.concrete_fields]
    return list(model.objects.order_by("pk").values(*fields))


def everything():
    return [values(model) for model in (Author, Book, Chapter)]


def test_an_edit_is_undone(author):
    Author.objects.filter(pk=author.pk).update(name="Bea")
    outcome = undo(last())
    author.refresh_from_db()
    assert (author.name, outcome.number, outcome.left) == ("Ada", 1, [])
    assert last().kind == "undo"
    assert last().undoes.state == "undone"


def came_later(name, model=Book):
    """Let the histories be those of rows that were recorded before there was this column."""
    with housekeeping():
        model.history_model.objects.update(**{f"old_{name}": None, f"new_{name}": None})


def test_what_was_deleted_before_a_column_came_gets_what_that_put_into_the_others(author, books, monkeypatch):
    monkeypatch.setattr(Book._meta.get_field("title"), "blank", True)
    author.delete()
    came_later("title")
    assert undo(last()).number == 4
    assert {book.title for book in Book.objects.all()} == {""}
    agrees()


def test_what_is_not_known_of_a_row_and_must_be_is_said(author, books):
    books[0].delete()
    came_later("title")
    with pytest.raises(UndoError, match="The title was empty or not there yet, and it must not be empty"):
        undo(last())


def test_what_changed_in_a_field_that_is_gone_is_left_and_the_rest_comes_back(author, books):
    with operation("rename") as it:
        Book.objects.filter(pk=books[0].pk).update(title="Other")
        Book.objects.filter(pk=books[1].pk).update(isbn="7")
    with housekeeping():
        Book.history_model.objects.filter(fields=",isbn,").update(fields=",code,", new_isbn=None)
    outcome = undo(it.operation)
    assert outcome.number == 1
    [part] = outcome.left
    assert (part.number, part.reason) == (1, "What it changed is not kept any more: the field is gone")


def test_a_cascade_comes_back_exactly(author, books):
    Chapter.objects.create(book=books[0], title="One")
    Author.objects.create(name="Cleo", mentor=author)
    before = everything()
    author.delete()
    assert Book.objects.count() == 0
    undo(last())
    assert everything() == before


def test_an_undo_can_be_undone(author, books):
    target = Author.objects.get(pk=author.pk)
    target.delete()
    deletion = last()
    gone = everything()
    undo(deletion)
    undo(last())
    assert everything() == gone
    deletion.refresh_from_db()
    assert deletion.state == "applied"
    undo(deletion)
    assert Book.objects.count() == 3


def test_undoing_goes_up_and_down_a_chain(author):
    Author.objects.update(name="Bea")
    chain = [last()]
    states = []
    for _round in range(5):
        chain.append(undo(chain[-1]).operation)
        states.append([Operation.objects.get(pk=line.pk).state for line in chain])
        assert Author.objects.get().name == ("Ada" if states[-1][0] == "undone" else "Bea")
    assert [line[0] for line in states] == ["undone", "applied"] * 2 + ["undone"]
    assert states[-1] == ["undone", "applied"] * 3


def test_a_chain_of_partial_undos_comes_to_its_end(author):
    """At whatever depth: of the first four, three, two and one row again."""
    books = [Book.objects.create(title=f"Book {n}", author=author) for n in range(5)]
    day = datetime.date(2026, 1, 1)
    with operation() as it:
        Book.objects.update(published_on=day)
    first = undone = it.operation
    for number in (4, 3, 2, 1):
        undone = undo(undone, only={Book: [book.pk for book in books[:number]]}).operation
    assert list(Book.objects.order_by("pk").values_list("published_on", flat=True)) == [day, None] * 2 + [day]
    outcome = undo(first)
    first.refresh_from_db()
    assert (outcome.number, outcome.left, first.state) == (3, [], "undone")
    assert set(Book.objects.values_list("published_on", flat=True)) == {None}


def test_what_is_back_after_a_conflict_counts_as_undone(books):
    Book.objects.update(title="Same")
    target = last()
    first = undo(target).operation
    Book.objects.filter(pk=books[0].pk).update(title="Mine")
    again = undo(first).operation
    target.refresh_from_db()
    assert target.state == "partly_undone"
    undo(again)
    target.refresh_from_db()
    assert target.state == "undone"


def test_the_rows_of_a_partly_undone_undo_stay_taken_back(books):
    Book.objects.update(title="Same")
    target = last()
    first = undo(target).operation
    undo(first, only={Book: [books[0].pk]})
    target.refresh_from_db()
    outcome = undo(target)
    target.refresh_from_db()
    assert (outcome.number, outcome.left, target.state) == (1, [], "undone")
    assert [book.title for book in Book.objects.order_by("pk")] == [book.title for book in books]


def test_a_later_change_counts_where_the_undo_of_it_was_undone(books):
    Book.objects.update(title="Same")
    target = last()
    Book.objects.update(title="Other")
    undo(undo(last()).operation, only={Book: [books[0].pk]})
    outcome = undo(target)
    assert (outcome.number, [left.number for left in outcome.left]) == (2, [1])


def test_a_creation_is_undone(author, books):
    undo(last())
    assert not Book.objects.exists()


def test_rows_changed_since_are_left_and_named(author, books):
    other = Author.objects.create(name="Bea")
    update(Book.objects.all(), {"author": other}, actor=None, kind="hand_over")
    target = last()
    Book.objects.filter(pk=books[1].pk).update(title="Mine now")
    outcome = undo(target)
    assert [book.author_id for book in Book.objects.order_by("pk")] == [author.pk, other.pk, author.pk]
    [left] = outcome.left
    assert (left.number, left.sample[0].row_id) == (1, books[1].pk)
    target.refresh_from_db()
    assert target.state == "partly_undone"


def test_the_rest_of_a_partly_undone_operation_can_be_undone_later(author, books):
    other = Author.objects.create(name="Bea")
    update(Book.objects.all(), {"author": other}, actor=None, kind="hand_over")
    target = last()
    Book.objects.filter(pk=books[1].pk).update(title="Mine now")
    edit = last()
    undo(target)
    undo(edit)
    target.refresh_from_db()
    assert undo(target).number == 1
    assert set(Book.objects.values_list("author", flat=True)) == {author.pk}


def test_a_row_is_untouched_when_the_later_change_was_undone(author, books):
    update(Book.objects.all(), {"title": "Same"}, actor=None, kind="rename")
    target = last()
    Book.objects.filter(pk=books[0].pk).update(title="Mine")
    undo(last())
    assert undo(target).left == []


def test_a_taken_key_stands_against_a_row(author, books):
    books[0].delete()
    target = last()
    Book.objects.create(title="Usurper", author=author, isbn="0")
    with pytest.raises(UndoError):
        undo(target)
    assert "isbn" in trial(target).left[0].reason.lower()


def test_what_hangs_on_a_row_that_is_left_is_left_with_it(author, books):
    Chapter.objects.create(book=books[0], title="One")
    with operation("clear"):
        Book.objects.all().delete()
    target = last()
    Book.objects.create(title="Usurper", author=author, isbn="0")
    outcome = undo(target)
    assert sorted(left.model._meta.label for left in outcome.left) == ["library.Book", "library.Chapter"]
    assert Book.objects.count() == 3
    assert not Chapter.objects.exists()


def test_a_created_row_that_others_refer_to_by_now_stays(author):
    target = last()
    Book.objects.create(title="Notes", author=author)
    with pytest.raises(UndoError):
        undo(target)
    assert Author.objects.exists()


def test_a_lost_target_stands_against_a_relation(author, books):
    other = Author.objects.create(name="Bea")
    Book.objects.update(author=other)
    target = last()
    author.delete()
    with pytest.raises(UndoError):
        undo(target)
    assert trial(target).left[0].number == 3


def test_what_an_operation_made_stays_with_what_refers_to_it_and_stays():
    with operation("import") as it:
        author = Author.objects.create(name="Ada")
        book = Book.objects.create(title="Notes", author=author)
    Book.objects.filter(pk=book.pk).update(title="Sketches")
    with pytest.raises(UndoError) as refused:
        undo(it.operation)
    assert "What it belongs to" not in str(refused.value)
    assert "books that stay refer to it." in str(refused.value)


def test_a_trial_changes_nothing(author, books):
    Book.objects.update(title="Same")
    target, lines = last(), Operation.objects.count()
    assert trial(target).number == 3
    assert set(Book.objects.values_list("title", flat=True)) == {"Same"}
    assert Operation.objects.count() == lines


def test_nothing_is_undone_twice(author):
    Author.objects.update(name="Bea")
    target = last()
    undo(target)
    with pytest.raises(UndoError):
        undo(target)


def test_several_steps_on_one_row_are_undone_together(author, books):
    before = everything()
    with operation("swap"):
        Book.objects.filter(pk=books[0].pk).update(isbn=None)
        Book.objects.filter(pk=books[1].pk).update(isbn="0")
        Book.objects.filter(pk=books[0].pk).update(isbn="1")
        Book.objects.filter(pk=books[2].pk).delete()
    undo(last())
    assert everything() == before


def test_a_row_that_was_changed_and_then_deleted_comes_back_as_it_was(author, books):
    before = everything()
    with operation("tidy"):
        Book.objects.filter(pk=books[0].pk).update(title="New", isbn="9")
        Book.objects.filter(pk=books[0].pk).update(title="Newer")
        Book.objects.filter(author=author).delete()
    target = last()
    outcome = undo(target)
    assert (everything(), outcome.number, outcome.left) == (before, 3, [])
    assert Operation.objects.get(pk=target.pk).state == "undone"
    undo(outcome.operation)
    assert Book.objects.count() == 0


def test_who_lost_what_was_deleted_first_and_was_deleted_then_has_it_again(author, books):
    Book.objects.filter(pk=books[1].pk).update(sequel_to=books[0])
    student = Author.objects.create(name="Cleo", mentor=author)
    Book.objects.filter(pk=books[1].pk).update(author=student)
    before = everything()
    with operation("tidy"):
        author.delete()
        student.delete()
    outcome = undo(last())
    assert (everything(), outcome.left) == (before, [])


def test_a_row_that_was_made_and_then_deleted_is_nothing_to_take_back(author, books):
    before = everything()
    with operation("tidy"):
        made = Book.objects.create(title="Draft", author=author)
        made.title = "Draft 2"
        made.save()
        made.delete()
        books[0].delete()
    target = last()
    assert undo(target).left == []
    assert everything() == before
    assert Operation.objects.get(pk=target.pk).state == "undone"


def test_what_rows_had_only_in_between_stands_against_nothing(author, books):
    bea, cleo = (Author.objects.create(name=name) for name in ("Bea", "Cleo"))
    Author.objects.filter(pk=cleo.pk).update(mentor=author)
    before = everything()
    with operation("reform"):
        interim = Author.objects.create(name="Interim")
        book = Book.objects.create(title="New", author=interim)
        Author.objects.filter(pk=cleo.pk).update(mentor=interim)
        Book.objects.update(author=interim, title="Same")
        Book.objects.filter(pk__in=[books[0].pk, book.pk]).update(author=bea)
        Book.objects.filter(author=interim).update(author=cleo)
        interim.delete()
    line, after = last(), everything()
    assert not undo(line).left
    assert everything() == before
    assert not undo(last()).left
    assert everything() == after
    assert [disagreements(model) for model in (Author, Book)] == [[], []]


def test_an_operation_that_left_nothing_says_so(author):
    with operation("tidy"):
        Book.objects.create(title="Draft", author=author).delete()
    with pytest.raises(UndoError, match="It left nothing to take back"):
        undo(last())


def test_the_undo_of_making_and_changing_a_row_is_undone(author):
    with operation("tidy"):
        book = Book.objects.create(title="Draft", author=author, isbn="1")
        Book.objects.filter(pk=book.pk).update(title="Final")
    target, before = last(), everything()
    undone = undo(target).operation
    assert Book.objects.count() == 0
    assert undo(undone).left == []
    assert everything() == before
    assert Operation.objects.get(pk=target.pk).state == "applied"


def test_a_number_that_was_given_up_before_the_deletion_may_be_anothers_by_now(author, books):
    with operation("tidy"):
        Book.objects.filter(pk=books[0].pk).update(isbn="9")
        Book.objects.filter(pk__in=[books[0].pk, books[1].pk]).delete()
    target = last()
    Book.objects.create(title="Another", author=author, isbn="0")
    outcome = undo(target)
    assert [(found.number, found.sample[0].row_id) for found in outcome.left] == [(1, books[0].pk)]
    assert Book.objects.filter(pk=books[1].pk).exists()


@pytest.mark.parametrize("number", [5, 400])
def test_undo_costs_the_same_for_many(author, number, django_assert_max_num_queries):
    Book.objects.bulk_create([Book(title=f"Book {n}", author=author) for n in range(number)])
    author.delete()
    with django_assert_max_num_queries(45):
        undo(last())
    assert Book.objects.count() == number


def test_a_row_comes_back_without_what_may_be_empty_and_is_gone(author):
    student = Author.objects.create(name="Cleo", mentor=author)
    Author.objects.filter(pk__in=[author.pk, student.pk]).delete()
    undo(last(), only={Author: [student.pk]})
    assert Author.objects.get().mentor is None
    assert Author.objects.get().history.first().new_mentor_id is None


def test_a_row_that_an_undo_took_back_is_untouched_for_the_operation_before(author, books):
    update(Book.objects.all(), {"title": "First"}, actor=None, kind="first")
    first = last()
    update(Book.objects.all(), {"title": "Second"}, actor=None, kind="second")
    second = last()
    Book.objects.filter(pk=books[0].pk).update(title="Mine")
    undo(second)
    assert undo(first).number == 2
    assert sorted(Book.objects.values_list("title", flat=True)) == ["Book 1", "Book 2", "Mine"]


def test_a_restored_row_that_is_gone_again_does_not_keep_the_others(author, books):
    author.delete()
    undo(last())
    restored = last()
    Book.objects.filter(pk=books[2].pk).delete()
    outcome = undo(restored)
    assert (outcome.number, [part.number for part in outcome.left]) == (3, [1])
    assert everything() == [[], [], []]


def test_a_value_that_stays_with_a_row_that_is_left_does_not_come_back(author, books):
    first, second, _third = books
    with operation("swap"):
        Book.objects.filter(pk__in=[first.pk, second.pk]).update(isbn=None)
        Book.objects.filter(pk=first.pk).update(isbn="1")
        Book.objects.filter(pk=second.pk).update(isbn="0")
    swap = last()
    Book.objects.filter(pk=first.pk).update(title="Changed since")
    with pytest.raises(UndoError):
        undo(swap)
    reasons = {part.reason for part in trial(swap).left}
    assert {CHANGED, "The ISBN belongs to another row now"} <= reasons


def test_who_came_back_first_gets_back_what_came_second(author):
    student = Author.objects.create(name="Cleo", mentor=author)
    before = everything()
    Author.objects.all().delete()
    deletion = last()
    undo(deletion, only={Author: [student.pk]})
    undo(deletion, only={Author: [author.pk, student.pk]})
    deletion.refresh_from_db()
    assert (everything(), deletion.state) == (before, "undone")
    undo(last())
    assert list(Author.objects.values_list("pk", "mentor")) == [(student.pk, None)]
    undo(deletion)
    assert everything() == before


def test_what_hangs_on_a_row_that_came_back_alone_and_went_again_stays_away(author, books):
    key = author.pk
    author.delete()
    deletion = last()
    undo(deletion, only={Author: [key]})
    Author.objects.get(pk=key).delete()
    with pytest.raises(UndoError, match="What it belongs to stays as it is"):
        undo(deletion)
    undo(last())
    undo(deletion)
    assert {book.author_id for book in Book.objects.all()} == {key}


def test_what_somebody_set_meanwhile_is_not_set_again(author):
    student = Author.objects.create(name="Cleo", mentor=author)
    Author.objects.all().delete()
    deletion = last()
    undo(deletion, only={Author: [student.pk]})
    other = Author.objects.create(name="Dora")
    Author.objects.filter(pk=student.pk).update(mentor=other)
    Author.objects.filter(pk=student.pk).update(mentor=None)
    assert [(part.reason, part.number) for part in undo(deletion).left] == [(CHANGED, 1)]
    assert Author.objects.get(pk=student.pk).mentor is None


def test_who_came_back_without_what_is_there_again_and_has_another_by_now_is_left_and_named(author):
    first, second, third = (Author.objects.create(name=name, mentor=author) for name in "BCD")
    Author.objects.filter(mentor=author).delete()
    deletion = last()
    author.delete()
    departure = last()
    undo(deletion)
    undo(departure)
    Author.objects.filter(pk=first.pk).update(mentor=third)
    changes = [last()]
    Author.objects.filter(pk=second.pk).delete()
    changes.append(last())
    for number in (1, 0):  # the third gets it again; then nothing can be done
        outcome = trial(deletion)
        left = [(part.reason, part.number) for part in outcome.left]
        assert (outcome.number, left) == (number, [(CHANGED, 2)])
        if number:
            undo(deletion)
    deletion.refresh_from_db()
    assert deletion.state == "partly_undone"
    for change in changes:
        undo(change)
    assert undo(deletion).left == []
    deletion.refresh_from_db()
    assert (deletion.state, Author.objects.exclude(mentor=None).count()) == ("undone", 3)


def test_an_undo_remembers_who_came_back_without_what(author):
    student = Author.objects.create(name="Cleo", mentor=author)
    Author.objects.all().delete()
    undo(last(), only={Author: [student.pk]})
    assert last().details == {"bereft": [["library.Author", "mentor", 1]]}


@pytest.mark.parametrize("touched", [False, True])
def test_what_stands_against_rows_is_asked_only_where_something_was_recorded_since(author, books, touched):
    author.delete()
    deletion = last()
    if touched:
        Author.objects.create(name="Bea")
    with CaptureQueriesContext(connection) as captured:
        assert undo(deletion).number == 4
    asked = [query["sql"] for query in captured if "INSERT INTO" in query["sql"] and "NOT" in query["sql"]]
    assert bool(asked) is touched


@pytest.mark.skipif(connection.vendor != "postgresql", reason="Others do not plan by statistics.")
def test_postgresql_expects_many_rows_where_many_are_taken_back(author):
    Book.objects.bulk_create([Book(title="Same", author=author) for _ in range(1000)])
    Book.objects.update(title="Other")
    rows = Book.history_model.objects.filter(operation=last()).order_by()
    for conflict in conflicts(Book, "~", last(), last()):
        rows = rows.exclude(conflict.condition)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE library_book, library_book_history, library_author")
    assert int(re.findall(r"rows=(\d+)", rows.explain())[0]) > 100


def test_what_went_around_the_record_shows_when_the_rows_come_back(author, books):
    Author.objects.all().delete()
    with guard.writing():
        other = Author(pk=author.pk + 100, name="Raw")
        models.QuerySet.bulk_create(Author._base_manager.all(), [other])
        taker = Book(title="Raw", author=other, isbn="1", pk=books[0].pk + 100)
        models.QuerySet.bulk_create(Book._base_manager.all(), [taker])
    outcome = undo(last())
    assert [(part.reason, part.number) for part in outcome.left] == [
        ("The ISBN belongs to another row now", 1)
    ]
    assert Book.objects.filter(author=author.pk).count() == 2


def test_a_row_that_is_gone_around_the_record_is_left(author, books):
    Book.objects.update(title="Same")
    with guard.writing():
        models.QuerySet._raw_delete(Book._base_manager.filter(pk=books[0].pk), "default")
    outcome = undo(last())
    assert (outcome.number, [part.reason for part in outcome.left]) == (2, ["Not there any more"])


def test_each_step_of_an_undo_begins_where_the_one_before_ends(books):
    first, second, _third = books
    with operation("swap"):
        Book.objects.filter(pk__in=[first.pk, second.pk]).update(isbn=None)
        Book.objects.filter(pk=first.pk).update(isbn="1")
        Book.objects.filter(pk=second.pk).update(isbn="0")
    undo(last())
    steps = Book.history_model.objects.filter(operation=last(), row=first.pk).order_by("pk")
    assert [(step.old_isbn, step.new_isbn) for step in steps] == [("1", None), (None, "0")]
    undo(last())
    assert list(
        Book.objects.filter(pk__in=[first.pk, second.pk]).order_by("pk").values_list("isbn", flat=True)
    ) == [
        "1",
        "0",
    ]


def test_what_comes_back_in_another_order_gets_its_relation_when_both_are_there(author):
    key = Author.objects.create(name="Cleo", mentor=author).pk
    before = everything()
    Author.objects.filter(pk=key).delete()
    first = last()
    Author.objects.filter(pk=author.pk).delete()
    second = last()
    outcome = undo(first)
    reason = "The mentor is not there any more"
    assert [(part.reason, [row.row_id for row in part.sample]) for part in outcome.left] == [(reason, [key])]
    with pytest.raises(UndoError, match=reason):
        undo(first)
    undo(second)
    first.refresh_from_db()
    assert (first.state, undo(first).left, everything()) == ("partly_undone", [], before)
    first.refresh_from_db()
    assert first.state == "undone"
    undo(last())
    first.refresh_from_db()
    assert (first.state, Author.objects.get(pk=key).mentor) == ("partly_undone", None)
    Author.objects.filter(pk=key).update(mentor=key)
    Author.objects.filter(pk=key).update(mentor=None)
    with pytest.raises(UndoError):
        undo(first)
