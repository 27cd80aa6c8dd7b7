import re

import pytest
from django.db import IntegrityError

from backoffice import exchange
from backoffice.models import Operation
from backoffice.operations import operation
from backoffice.operations.undo import undo
from tests.agreement import agrees
from tests.library.models import Book

HEADER = "isbn,title,author,sequel_to_isbn"


def test_the_same_file_again_changes_nothing(plan, jane):
    lines = [HEADER, "1,A,Jane,2", "2,B,Jane,"]
    assert exchange.apply(plan(*lines)) == (2, 0)
    assert exchange.apply(plan(*lines)) == (0, 0)


def test_only_the_fields_of_the_file_are_written(plan, emma):
    Book.objects.update(published_on="1815-12-23")
    exchange.apply(plan("isbn,title", "1,Emma!"))
    emma.refresh_from_db()
    assert (emma.title, str(emma.published_on)) == ("Emma!", "1815-12-23")


def test_its_undo_records_of_each_row_what_that_got_back(plan, emma):
    Book.objects.create(isbn="2", title="B", author=emma.author)
    before = list(Book.objects.values())
    exchange.apply(plan("isbn,title,published_on", "1,Emma!,", "2,B,1815-12-23"))
    undo(Operation.objects.first())
    assert list(Book.objects.values()) == before
    agrees()


@pytest.mark.parametrize("size", [5, 900])
def test_rows_are_saved_by_sets(plan, jane, size, django_assert_max_num_queries):
    made = plan(HEADER, *[f"{n},Book {n},Jane,{(n - 1) // 8 if n else ''}" for n in range(size)])
    with django_assert_max_num_queries(25):
        exchange.apply(made)
    assert Book.objects.filter(sequel_to=None).count() == 1


def test_a_row_that_somebody_changes_at_that_moment_is_not_overwritten(plan, emma):
    made = plan("isbn,title", "1,Emma!")
    with operation("edit", source="manage.py mend"):
        Book.objects.update(title="Emma?")
    said = "Somebody changed one of the rows at that moment. By manage.py mend: Title “Emma” → “Emma?”."
    with pytest.raises(IntegrityError, match=re.escape(said)):
        exchange.apply(made)


def test_a_chain_longer_than_the_rounds_is_linked(plan, jane):
    exchange.apply(plan(HEADER, *[f"{n},Book {n},Jane,{n - 1 if n else ''}" for n in range(30)]))
    assert all(book.sequel_to.isbn == str(int(book.isbn) - 1) for book in Book.objects.exclude(isbn="0"))


def test_search_finds_what_was_imported(plan, emma):
    exchange.apply(plan("isbn,title", "1,Élégie"))
    assert Book.objects.filter(search_text__contains="elegie").exists()
