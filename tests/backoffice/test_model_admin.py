"""What every ModelAdmin of the back office does, on Author → Book."""

import pytest
from django.contrib.admin.sites import AdminSite
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice import admin
from tests.library.models import Author, Book


def test_a_plain_filter_may_stand_before_one_that_looks_rows_up():
    class BookAdmin(admin.ModelAdmin):
        list_filter = ("published_on", ("author", admin.RelatedFilter))

    assert "admin/js/autocomplete.js" in str(BookAdmin(Book, AdminSite()).media)


@pytest.mark.django_db
def test_a_form_asks_the_check_constraints_of_its_row_once(panel):
    book = Book.objects.create(title="Emma", author=Author.objects.create(name="Jane"))
    typed = {"title": "Emma II", "author": book.author_id, "withdrawn_on": "2020-01-01"}
    with CaptureQueriesContext(connection) as captured:
        panel.post(f"/admin/library/book/{book.pk}/change/", typed)
    assert sum("_check" in query["sql"] for query in captured) == 1
    book.refresh_from_db()
    assert book.title == "Emma II"
    late = panel.post(f"/admin/library/book/{book.pk}/change/", {**typed, "published_on": "2030-01-01"})
    assert "A book cannot be withdrawn before it is published." in late.content.decode()
