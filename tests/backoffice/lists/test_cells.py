"""The cells of a list are what Django writes, in each kind of column."""

import datetime

import pytest
from django.contrib.admin import site
from django.contrib.admin.templatetags.admin_list import results
from django.contrib.auth.models import User
from django.urls import resolve
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice import admin
from backoffice.admin.lists import cells
from tests.library.models import Author, Book

pytestmark = pytest.mark.django_db


def shout(book):
    return format_html("<b>{}</b>", book.title.upper())


class BookAdmin(admin.ModelAdmin):
    list_display = (
        *("title", "isbn", "author", "published_on", "sequel_to", "author__name", "id", "__str__"),
        *("is_old", "pages", "printed", "lost", shout, lambda book: book.title),
    )

    @admin.display(boolean=True)
    def is_old(self, book):
        return None if book.isbn is None else book.title.startswith("<")

    @admin.display(empty_value="no pages & none")
    def pages(self, book):
        return " "

    def printed(self, book):
        return book.published_on

    def nothing(self, book):
        return SafeString(" ")

    def lost(self, book):
        return Author.objects.get(pk=-1)


@pytest.fixture(autouse=True)
def books():
    author = Author.objects.create(name="Ana & <Bo>")
    first = Book.objects.create(
        title="<One>", author=author, isbn="1&2", published_on=datetime.date(2020, 1, 2)
    )
    Book.objects.create(title="Two", author=author, sequel_to=first)
    Book.objects.create(title=" ", author=author)


def changelist(rf, hr, address="/admin/library/book/", *, model=Book, **attributes):
    request = rf.get(address)
    request.user = hr
    request.resolver_match = resolve(request.path)
    kind = type("Admin", (BookAdmin,), attributes)
    cl = kind(model, site).get_changelist_instance(request)
    cl.formset = None  # as the view has it where nothing is edited in place
    return cl


def worded(cell):
    return str(cell).replace('alt="True"', 'alt="applies"').replace('alt="False"', 'alt="does not apply"')


def same(cl):
    """As Django's, but a tick has words of the language for who does not see it."""
    ours, theirs = ([list(map(worded, row)) for row in found(cl)] for found in (cells.rows, results))
    assert ours
    assert ours == theirs
    return "".join(map(str, ours))


@pytest.mark.parametrize("address", ["", "?author=1&o=-1", "?_popup=1", "?_popup=1&_to_field=id"])
@pytest.mark.parametrize("links", [(), None, ("isbn", "author"), ("title", "sequel_to")])
def test_any_column_is_as_django_writes_it(rf, hr, address, links):
    address = address.replace("author=1", f"author={Author.objects.get().pk}")
    filters = (("author", admin.RelatedFilter),)
    same(changelist(rf, hr, f"/admin/library/book/{address}", list_display_links=links, list_filter=filters))


def test_blank_html_is_nothing_to_show(rf, hr):
    """By itself: Django writes it so until 5.2, and from 6.1 leaves the cell blank."""
    cl = changelist(rf, hr, list_display=("title", "nothing"))
    assert [row[2] for row in cells.rows(cl)] == ['<td class="field-nothing">-</td>'] * 3


def test_the_filters_are_kept_in_the_link(rf, hr):
    author = Author.objects.get().pk
    filters = (("author", admin.RelatedFilter),)
    html = same(changelist(rf, hr, f"/admin/library/book/?author={author}", list_filter=filters))
    assert html.count(f"?_changelist_filters=author%3D{author}") == 3


def test_users_with_times_and_ticks_are_as_django_writes_them(rf, hr):
    columns = ("username", "is_active", "last_login", "date_joined", "email")
    hr.email = "a&b@example.com"
    hr.last_login = datetime.datetime(2020, 1, 2, 3, 4, tzinfo=datetime.UTC)
    hr.save()
    same(changelist(rf, hr, "/admin/auth/user/", model=User, list_display=columns))


def test_a_list_with_an_address_of_its_own_for_rows_is_followed(rf, hr):
    cl = changelist(rf, hr)
    cl.url_for_result = lambda row: f"/elsewhere/?row={row.pk}&x=1"
    assert "/elsewhere/?row=" in same(cl)


def test_a_list_that_is_edited_in_place_has_its_inputs(rf, hr):
    cl = changelist(rf, hr, list_editable=("isbn",))
    cl.formset = cl.model_admin.get_changelist_formset(cl.request)(queryset=Book.objects.all())
    assert 'name="form-0-isbn"' in same(cl)
