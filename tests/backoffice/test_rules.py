import datetime
from itertools import product

import pytest
from django.db import IntegrityError, transaction
from django.db.models import CheckConstraint, F, Q

from backoffice.rules import broken_constraints, row_errors
from tests.library.models import Author, Book

pytestmark = pytest.mark.django_db

OLD, NEW = datetime.date(2001, 1, 1), datetime.date(2020, 1, 1)
DATES = [None, OLD, NEW]


@pytest.fixture
def books():
    """A book for each lawful pair of dates."""
    author = Author.objects.create(name="Ana")
    pairs = [(p, w) for p, w in product(DATES, DATES) if not (p and w and w < p)]
    Book.objects.bulk_create(
        Book(title=f"{published} {withdrawn}", author=author, published_on=published, withdrawn_on=withdrawn)
        for published, withdrawn in pairs
    )
    return Book.objects.all()


def refused(rows, **changes):
    return {row.pk for refusal in broken_constraints(rows, changes) for row in refusal.rows}


def refused_by_the_database(rows, **changes):
    def breaks(row):
        try:
            with transaction.atomic():
                rows.filter(pk=row.pk).update(**changes)
                transaction.set_rollback(True)
        except IntegrityError:
            return True
        return False

    return {row.pk for row in rows if breaks(row)}


CHANGES = [
    *({"withdrawn_on": date} for date in DATES),
    *({"published_on": date} for date in DATES),
    *({"published_on": p, "withdrawn_on": w} for p, w in product(DATES, DATES)),
    {"title": "Other"},
]


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_the_rows_refused_are_those_that_the_database_refuses(books, changes):
    assert refused(books, **changes) == refused_by_the_database(books, **changes)


def test_something_is_refused(books):
    assert len(refused(books, withdrawn_on=OLD)) == 2


def test_a_refusal_has_the_sentence_of_the_constraint_and_a_field_that_changes(books):
    (refusal,) = broken_constraints(books, {"withdrawn_on": OLD})
    assert refusal.reason == "A book cannot be withdrawn before it is published."
    assert refusal.field == "withdrawn_on"


def constraint(condition, monkeypatch):
    rule = CheckConstraint(name="r", condition=condition, violation_error_message="No.")
    monkeypatch.setattr(Book._meta, "constraints", [rule])


@pytest.mark.parametrize(
    "condition",
    [
        Q(published_on__gte=NEW),
        Q(published_on__gte=NEW) & Q(title="x"),
        ~Q(published_on__lt=NEW),
        Q(Q(title="x"), Q(published_on__gte=NEW), _connector=Q.OR),
        Q(published_on__gte=F("withdrawn_on")),
    ],
)
def test_an_unknown_outcome_passes_as_it_does_in_the_database(books, monkeypatch, condition):
    constraint(condition, monkeypatch)
    undated = books.filter(published_on=None)
    assert refused(undated, title="x") == set()


def test_a_condition_may_calculate(books, monkeypatch):
    constraint(Q(withdrawn_on__gte=F("published_on") + datetime.timedelta(days=10)), monkeypatch)
    tight = books.filter(published_on=OLD)
    assert refused(tight, withdrawn_on=OLD + datetime.timedelta(days=9)) == {book.pk for book in tight}
    assert refused(tight, withdrawn_on=OLD + datetime.timedelta(days=10)) == set()


def test_a_condition_may_speak_of_a_relation(books, monkeypatch):
    ana, otto = Author.objects.get(), Author.objects.create(name="Otto")
    constraint(Q(author=ana.pk), monkeypatch)
    assert refused(books, author=ana) == set()
    assert len(refused(books, author=otto)) == len(books)


def test_a_row_names_the_empty_column_that_mends_it(monkeypatch):
    constraint(Q(published_on__isnull=False) | Q(withdrawn_on__isnull=True), monkeypatch)
    book = Book(title="x", withdrawn_on=NEW)
    assert list(row_errors(book, skip=set())) == [(["published_on", "withdrawn_on"], "No.")]
    assert list(row_errors(book, skip={"withdrawn_on"})) == []
