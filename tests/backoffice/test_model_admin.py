"""What every ModelAdmin of the back office does, on Author → Book."""

import datetime
from urllib.parse import urlencode

import pytest
from django.contrib.admin.sites import AdminSite, site
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice import admin
from backoffice.admin.accounts import UserAdmin
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


@pytest.mark.django_db
def test_days_and_times_are_asked_for_by_the_browsers_own_controls_in_any_language(panel):
    book = Book.objects.create(
        title="Emma", author=Author.objects.create(name="Jane"), published_on="1815-12-23"
    )
    page = panel.get(f"/admin/library/book/{book.pk}/change/", headers={"accept-language": "de"})
    page = page.content.decode()
    assert '<input type="date" name="published_on" value="1815-12-23"' in page
    assert "calendar.js" not in page
    joined = UserAdmin(User, AdminSite()).formfield_for_dbfield(User._meta.get_field("date_joined"), None)
    drawn = joined.widget.render("joined", datetime.datetime(2026, 1, 2, 3, 4, 5))
    assert 'type="date" name="joined_0" value="2026-01-02"' in drawn
    assert 'type="time" name="joined_1" value="03:04:05"' in drawn


@pytest.mark.django_db
def test_the_way_back_from_a_row_is_the_list_as_it_was_left(panel):
    book = Book.objects.create(title="Emma", author=Author.objects.create(name="Jane"))
    for page in ("change", "delete", "history"):
        left = {"_changelist_filters": "author=1&author=2"}
        shown = panel.get(f"/admin/library/book/{book.pk}/{page}/", left).content.decode()
        trail = shown.split('<div class="breadcrumbs">')[1].split("</div>")[0]
        assert '<a href="/admin/library/book/?author=1&amp;author=2">Books</a>' in trail


@pytest.mark.django_db
def test_a_new_row_begins_with_the_one_value_that_its_list_is_filtered_by(panel):
    ann, bo = (Author.objects.create(name=name) for name in ("Ann", "Bo"))
    filters = [f"author={ann.pk}", f"author={ann.pk}&author={bo.pk}", "author=none", "author=x", "q=a"]
    pages = [panel.get("/admin/library/book/add/", {"_changelist_filters": one}) for one in filters]
    found = [page.context["adminform"].form["author"].value() for page in pages]
    assert found == [ann.pk, None, None, None, None]


@pytest.mark.django_db
@pytest.mark.parametrize("is_chosen", [True, False])
def test_the_next_new_row_keeps_what_it_has_in_common_with_the_one_before(panel, monkeypatch, is_chosen):
    monkeypatch.setattr(site.get_model_admin(Book), "kept_fields", ("author", "sequel_to"))
    author = Author.objects.create(name="Jane")
    first = Book.objects.create(title="Emma", author=author)
    asked = {"_changelist_filters": f"author={author.pk + 1}", "sequel_to": first.pk + 1}
    url = f"/admin/library/book/add/?{urlencode(asked)}"
    typed = {"title": "Emma II", "author": author.pk, "sequel_to": first.pk if is_chosen else ""}
    page = panel.post(url, {**typed, "_addanother": "1"}, follow=True)
    form = page.context["adminform"].form
    found = [form[name].value() or "" for name in ("title", "author", "sequel_to")]
    assert found == ["", str(author.pk), str(first.pk) if is_chosen else ""]
