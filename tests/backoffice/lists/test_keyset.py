import datetime
import itertools
import json
import random
from base64 import urlsafe_b64encode

import pytest
from django.db import connection
from django.db.models import Q, TextField, Value
from django.db.models.functions import Concat

from backoffice.admin.lists import keyset
from backoffice.admin.lists.keyset import read_page
from backoffice.admin.lists.order import BadPosition, Order
from backoffice.models import Operation
from tests.library.models import Author, Book

pytestmark = pytest.mark.django_db

ORDERS = [
    "title",
    "-title",
    "published_on",
    "-published_on",
    "author",
    "-author",
    "isbn",
    "sequel_to",
    "-sequel_to",
    "pk",
]


@pytest.fixture
def books():
    """60 books with repeated titles and names, empty dates and two authors of the same name."""
    chance = random.Random(1)
    authors = Author.objects.bulk_create([Author(name=name) for name in ("Ann", "Bea", "Bea", "Cid", "Dee")])
    first = Book.objects.create(title="First", author=authors[0])
    rows = [
        Book(
            title=chance.choice("ABCDE"),
            author=chance.choice(authors[:4]),
            isbn=str(number) if number % 3 else None,
            published_on=None if number % 4 == 0 else datetime.date(2000 + number % 7, 1, 1),
            sequel_to=first if number % 2 else None,
        )
        for number in range(60)
    ]
    Book.objects.bulk_create(rows)
    return Book.objects.select_related("author", "sequel_to")


def walk(queryset, order, size, **asked):
    page = read_page(queryset, order, size, **asked)
    yield from page.rows
    while page.has_next:
        page = read_page(queryset, order, size, after=order.position(page.rows[-1]), **asked)
        yield from page.rows


def walk_back(queryset, order, size, **asked):
    page = read_page(queryset, order, size, last=True, **asked)
    rows = page.rows
    while page.has_previous:
        page = read_page(queryset, order, size, before=order.position(page.rows[0]), **asked)
        rows = page.rows + rows
    return rows


@pytest.mark.parametrize("ordering", ORDERS)
def test_every_row_is_seen_once_forward_and_backward(books, ordering):
    order = Order.of(Book, [ordering])
    forward = [book.pk for book in walk(books, order, 7)]
    assert sorted(forward) == sorted(books.values_list("pk", flat=True))
    assert [book.pk for book in walk_back(books, order, 7)] == forward


@pytest.mark.parametrize("ordering", ["isbn", "-isbn"])
def test_texts_with_blanks_that_their_field_would_trim_are_seen_once(books, ordering):
    blank = Value(" ", output_field=TextField())
    Book.objects.filter(isbn__isnull=False).update(isbn=Concat("isbn", blank))
    order = Order.of(Book, [ordering])
    forward = [book.pk for book in itertools.islice(walk(books, order, 7), 100)]
    assert forward == list(books.order_by(*order.columns()).values_list("pk", flat=True))
    assert [book.pk for book in walk_back(books, order, 7)] == forward


@pytest.mark.parametrize("ordering", ["at", "-at"])
def test_rows_a_microsecond_apart_are_seen_once(ordering):
    noon = datetime.datetime(2020, 1, 1, 12, tzinfo=datetime.UTC)
    moments = [noon + datetime.timedelta(microseconds=number) for number in range(995, 1005)]
    Operation.objects.bulk_create(Operation(kind="edit", at=moment) for moment in moments)
    operations, order = Operation.objects.filter(at__in=moments), Order.of(Operation, [ordering])
    forward = [one.at for one in itertools.islice(walk(operations, order, 3), 20)]
    assert forward == sorted(moments, reverse=ordering.startswith("-"))
    assert [one.at for one in walk_back(operations, order, 3)] == forward


@pytest.mark.parametrize(("ordering", "path"), [("-published_on", "published_on"), ("isbn", "isbn")])
def test_empty_values_come_last_in_either_direction(books, ordering, path):
    values = [getattr(book, path) for book in walk(books, Order.of(Book, [ordering]), 9)]
    filled = [value for value in values if value is not None]
    assert values[: len(filled)] == sorted(filled, reverse=ordering.startswith("-"))


def test_a_relation_is_sorted_by_the_other_models_own_order(books):
    rows = list(walk(books, Order.of(Book, ["author"]), 7))
    assert rows == sorted(rows, key=lambda book: (book.author.name, book.author_id, book.title, book.pk))


def test_a_jump_starts_at_the_value(books):
    page = read_page(books, Order.of(Book, ["-title"]), 5, start="C")
    assert {book.title for book in page.rows} == {"C"}
    assert page.has_previous


@pytest.mark.parametrize("ordering", ORDERS)
def test_rows_that_stay_are_seen_once_while_others_come_and_go(books, ordering):
    order, chance = Order.of(Book, [ordering]), random.Random(2)
    staying = set(books.values_list("pk", flat=True))
    seen = []
    page = read_page(books, order, 5)
    while page.rows:
        seen += [book.pk for book in page.rows]
        if len(seen) < 60:  # those that come would else be walked to for ever
            for like in chance.sample(list(books), 2):  # the same values as others: empty ones too
                Book.objects.create(
                    title=like.title,
                    author=like.author,
                    published_on=like.published_on,
                    sequel_to=like.sequel_to,
                )
        gone = chance.choice(page.rows)
        if gone.title != "First":  # without it its sequels would stand elsewhere
            staying.discard(gone.pk)
            Book.objects.filter(pk=gone.pk).delete()
        page = read_page(books, order, 5, after=order.position(page.rows[-1]))
    assert len(seen) == len(set(seen))
    assert staying <= set(seen)


@pytest.mark.parametrize("position", ["", "x", "W10", "W251bGxd", "WzEsMiwzXQ", "%00", "W1si"])
def test_a_position_that_we_did_not_make_is_refused(books, position):
    with pytest.raises(BadPosition):
        read_page(books, Order.of(Book, ["published_on"]), 5, after=position)


@pytest.mark.parametrize("value", ["\ud800", "A\x00", ["A"], {"A": 1}])
def test_a_position_with_a_text_that_cannot_be_stored_is_refused(value):
    position = urlsafe_b64encode(json.dumps(["title,pk", value, 5]).encode()).decode()
    with pytest.raises(BadPosition):
        read_page(Book.objects.all(), Order.of(Book, ["title"]), 5, after=position)


@pytest.mark.parametrize(
    "values", [["A", None, "a", 1], ["A", 1, None, 1], ["A", 1, "a", None], [None, None, None, 1]]
)
def test_a_position_without_a_value_that_every_row_has_is_refused(values):
    order = Order.of(Book, ["author"])
    position = urlsafe_b64encode(json.dumps([order.name, *values]).encode()).decode()
    with pytest.raises(BadPosition):
        read_page(Book.objects.all(), order, 5, after=position)


KEYS = [str(10**30), str(-(10**30)), "9" * 5_000, f'"{10**30}"', "NaN", "Infinity"]


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_a_position_with_a_number_that_cannot_be_stored_is_refused(key):
    position = urlsafe_b64encode(f'["title,pk","A",{key}]'.encode()).decode()
    with pytest.raises(BadPosition):
        read_page(Book.objects.all(), Order.of(Book, ["title"]), 5, after=position)


SHAPES = {
    "one parent of all": lambda number: 0,
    "one parent of each": lambda number: number,
    "parents of one name": lambda number: 40 + number % 10,
}


@pytest.mark.parametrize("few", [0, 1_000])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("ordering", ["author", "-author", "sequel_to", "-sequel_to"])
def test_every_row_is_seen_once_whatever_the_parents(monkeypatch, ordering, shape, few):
    monkeypatch.setattr(keyset, "FEW", few)
    authors = Author.objects.bulk_create(
        Author(name=f"Ann {number % 40}" if number < 40 else "Same") for number in range(50)
    )
    books = Book.objects.bulk_create(
        Book(title=f"T{n % 3}", author=authors[SHAPES[shape](n)]) for n in range(40)
    )
    Book.objects.exclude(pk__in=[books[0].pk, books[1].pk]).update(sequel_to=books[0])
    rows, order = Book.objects.select_related("author", "sequel_to"), Order.of(Book, [ordering])
    forward = [book.pk for book in walk(rows, order, 7)]
    assert sorted(forward) == sorted(book.pk for book in books)
    assert [book.pk for book in walk_back(rows, order, 7)] == forward


@pytest.mark.parametrize("ordering", ORDERS)
def test_a_page_is_one_query_wherever_it_is(books, ordering, django_assert_num_queries):
    order = Order.of(Book, [ordering])
    position = order.position(list(walk(books, order, 7))[20])
    for place in ({}, {"after": position}, {"before": position}, {"last": True}):
        with django_assert_num_queries(1):
            read_page(books, order, 7, **place)


@pytest.mark.parametrize("reach", [1, 20, 1_000])
@pytest.mark.parametrize("ordering", ORDERS)
def test_every_row_is_seen_once_near_or_found_as_a_set(books, ordering, reach):
    order, rows = Order.of(Book, [ordering]), books.filter(title__in="AB")
    asked = {"as_set": rows, "reach": reach}
    forward = [book.pk for book in walk(rows, order, 4, **asked)]
    assert forward == list(rows.order_by(*order.columns()).values_list("pk", flat=True))
    assert [book.pk for book in walk_back(rows, order, 4, **asked)] == forward


@pytest.mark.parametrize("ordering", ORDERS)
def test_every_row_is_seen_once_that_is_found_before_it_is_sorted(books, ordering):
    order, rows = Order.of(Book, [ordering]).found_first(books.db), books.filter(title__in="AB")
    forward = [book.pk for book in walk(rows, order, 4)]
    assert forward == list(rows.order_by(*order.columns()).values_list("pk", flat=True))
    assert [book.pk for book in walk_back(rows, order, 4)] == forward


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's way")
def test_what_is_found_is_sorted_without_joining_the_parents(books, django_assert_num_queries):
    order = Order.of(Book, ["author"]).found_first(books.db)
    with django_assert_num_queries(1) as asked:
        read_page(books.filter(title="A"), order, 5)
    keys = asked[0]["sql"].partition("IN (SELECT")[2].partition(") keys")[0]
    assert "author" in keys
    assert "JOIN" not in keys


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's way")
@pytest.mark.parametrize(("reach", "number"), [(60, 3), (7, 3), (6, 0)])
def test_a_page_is_looked_for_no_further_than_asked(reach, number):
    """Where it ends, rows are asked for as a set: here, of none."""
    author = Author.objects.create(name="Ann")
    Book.objects.bulk_create(Book(title=f"{n}", author=author) for n in range(10))
    rows = Book.objects.filter(title__in="4567")
    page = read_page(rows, Order.of(Book, ["title"]), 2, as_set=rows.filter(title="x"), reach=reach)
    assert len(page.rows) + page.has_next == number


def test_a_filter_on_the_parent_says_which_parents_to_walk(books):
    order, bea = Order.of(Book, ["author"]), Q(name="Bea")
    page = read_page(books.filter(author__name="Bea"), order, 100, parents=bea)
    assert {book.author.name for book in page.rows} == {"Bea"}
    assert len(page.rows) == books.filter(author__name="Bea").count()
