"""The rows of an inline, for somebody who may change them and for somebody who may only look."""

import re
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from backoffice.admin import counting
from backoffice.admin.addresses import FormAddress
from tests.library.admin import BookInline
from tests.library.models import Author, Book
from tests.scale.forms import posted_from

pytestmark = pytest.mark.django_db


@pytest.fixture
def page():
    author = Author.objects.create(name="Ana")
    Book.objects.create(title="<One>", author=author)
    return reverse("admin:library_author_change", args=(author.pk,))


def test_a_row_has_its_link_its_fields_and_its_tick_box(panel, page):
    html = panel.get(page).content.decode()
    book = Book.objects.get().pk
    assert f'<a href="/admin/library/book/{book}/change/" class="inlinechangelink">' in html
    assert f'<input type="hidden" name="book_set-0-id" value="{book}"' in html
    assert 'name="book_set-0-title" value="&lt;One&gt;"' in html
    assert "Delete &lt;One&gt;</label>" in html
    assert 'id="book_set-empty"' in html
    assert 'name="book_set-__prefix__-title"' in html


def test_a_field_says_by_ear_whose_it_is(panel, page):
    Book.objects.create(title="Two", author=Author.objects.get())
    html = panel.get(page).content.decode()
    labels = re.findall(r'name="book_set-(\w+)-title"[^>]* aria-label="([^"]*)"', html)
    assert labels == [("0", "Title, &lt;One&gt;"), ("1", "Title, Two"), ("__prefix__", "Title")]
    assert html.count('<td class="original" role="rowheader">') == 2


def test_a_row_is_added_in_the_words_that_add_one_to_the_list_and_a_box_stands_with_its_label(panel, page):
    html = panel.get(page).content.decode()
    assert "&quot;addText&quot;: &quot;Add book&quot;" in html
    assert re.search(r'<div class="bo-inline-jump">\s*<label [^<]*</label>\s*<input [^>]*>\s*</div>', html)


def test_who_saves_and_continues_stays_where_they_are_in_the_rows(panel, page):
    asked = f"{page}?book_set-q=one&book_set-o=-title&_changelist_filters=q%3Dana"
    shown = posted_from(panel.get(asked).content.decode(), "name")
    assert panel.post(asked, {**shown, "name": "Bea", "_continue": "1"}).url == asked


def test_whoever_the_search_names_by_a_key_stands_first(panel, page, monkeypatch):
    monkeypatch.setattr(BookInline, "per_page", 2)
    author = Author.objects.get()
    for title, isbn in (("A 123", None), ("B 123", None), ("Z", "123"), ("C 123", None)):
        Book.objects.create(title=title, author=author, isbn=isbn)
    seen, html = [], panel.get(f"{page}?book_set-q=123").content.decode()
    assert "4 books" in html
    while True:
        seen += re.findall(r'name="book_set-\d+-title" value="([^"]+)"', html)
        following = re.search(r'href="(\?[^"]*book_set-after[^"]*)"', html)
        if not following:
            break
        html = panel.get(page + unescape(following[1])).content.decode()
    assert seen == ["Z", "A 123", "B 123", "C 123"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="Others do not walk past all rows.")
@pytest.mark.parametrize(("limit", "way"), [(5, "GREATEST("), (0, "near(pk)")])
def test_rows_are_not_looked_for_among_those_of_all_parents(panel, page, monkeypatch, limit, way):
    monkeypatch.setattr(counting, "LIMIT", limit)
    with CaptureQueriesContext(connection) as asked:
        assert "&lt;One&gt;" in panel.get(f"{page}?book_set-o=published_on").content.decode()
    assert any(way in query["sql"] for query in asked)


def test_who_may_only_look_sees_texts(client, django_user_model, page):
    reader = django_user_model.objects.create_user("reader", is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename__in=["view_author", "view_book"]))
    client.force_login(reader)
    html = client.get(page).content.decode()
    assert '<td class="field-title" data-label="Title"><p>&lt;One&gt;</p></td>' in html
    assert 'data-label="Published on"><p>-</p></td>' in html
    assert "book_set-0-title" not in html
    assert "book_set-0-DELETE" not in html
    assert "book_set-empty" not in html


@pytest.mark.parametrize("key", [0, 1, 4711, -5, "a/b c?", "é_"])
def test_the_address_of_a_form_is_what_reverse_says(key):
    from django.contrib.admin.utils import quote

    address = FormAddress(Book._meta, "admin")
    for _ in range(2):
        assert address(key) == reverse("admin:library_book_change", args=(quote(key),))


@pytest.mark.parametrize("how", ["autocomplete_fields", "readonly_fields"])
def test_relations_of_the_rows_are_read_together(panel, page, monkeypatch, how):
    monkeypatch.setattr(BookInline, "fields", ("title", "sequel_to"))
    monkeypatch.setattr(BookInline, how, ("sequel_to",))
    panel.get(page)  # some things are asked once
    first = Book.objects.get()
    numbers = []
    for number in (3, 9):
        for n in range(number):
            before = Book.objects.create(title=f"Before {number} {n}", author=first.author)
            Book.objects.create(title=f"After {number} {n}", author=first.author, sequel_to=before)
        with CaptureQueriesContext(connection) as captured:
            html = panel.get(page).content.decode()
        numbers.append(len(captured))
    assert numbers[0] == numbers[1]
    assert "Before 9 0</option>" in html if how == "autocomplete_fields" else "Before 9 0</" in html
