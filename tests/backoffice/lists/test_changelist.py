"""A walk through the pages of a search."""

import re

import pytest
from django.contrib.admin import SimpleListFilter, display
from django.db.models.functions import Lower

from backoffice.admin import counting
from tests.library.admin import AuthorAdmin, BookAdmin
from tests.library.models import Author, Book

pytestmark = pytest.mark.django_db

URL = "/admin/library/book/"


@pytest.fixture
def books(monkeypatch):
    """Six, entered in another order than that of their titles, on pages of two."""
    monkeypatch.setattr(BookAdmin, "list_per_page", 2)
    author = Author.objects.create(name="Ann")
    return Book.objects.bulk_create(Book(title=f"Emma {sign}", author=author) for sign in "FBDACE")


def shown(page):
    return "".join(row.title[-1] for row in page.context["cl"].result_list)


def turned(panel, page, way="next"):
    return panel.get(URL + getattr(page.context["cl"].links, way))


def test_a_walk_goes_on_by_title_when_more_is_found_than_is_counted(panel, books, monkeypatch):
    page = panel.get(f"{URL}?q=emma")
    monkeypatch.setattr(counting, "LIMIT", 3)
    pages = [page, *(page := turned(panel, page) for _ in range(2))]
    assert [shown(page) for page in pages] == ["AB", "CD", "EF"]
    assert shown(turned(panel, page, "previous")) == "CD"


def test_a_walk_goes_on_as_entered_when_less_is_found(panel, books, monkeypatch):
    monkeypatch.setattr(counting, "LIMIT", 3)
    page = panel.get(f"{URL}?q=emma&published_on=none")
    monkeypatch.setattr(counting, "LIMIT", 10_000)
    pages = [page, *(page := turned(panel, page) for _ in range(2))]
    assert [shown(page) for page in pages] == ["FB", "DA", "CE"]
    assert "Listed as they were entered" in page.content.decode()
    assert "aria-sort" not in page.content.decode()


def test_the_way_back_ends_at_the_same_first_page(panel, books):
    Book.objects.filter(title="Emma D").update(isbn="emma")
    first = panel.get(f"{URL}?q=emma")
    assert shown(first) == "DAB"
    assert shown(turned(panel, turned(panel, first), "previous")) == "DAB"


def test_a_position_of_another_order_is_refused(panel, books):
    [position] = re.findall("after=([^&]+)", panel.get(URL).context["cl"].links.next)
    assert panel.get(f"{URL}?o=2&after={position}").status_code == 302


def test_a_search_for_signs_alone_is_told_to_find_nothing(panel, books):
    page = panel.get(URL, {"q": "& 🚀"})
    assert shown(page) == ""
    assert "Signs alone are not searched for. Add a letter or a digit." in page.content.decode()


def test_what_is_found_by_the_ten_thousand_is_listed_as_entered(panel, books, monkeypatch):
    monkeypatch.setattr(counting, "LIMIT", 3)
    page = panel.get(f"{URL}?q=emma")
    assert shown(page) == "FB"
    assert shown(panel.get(f"{URL}?q=emma&o=1")) == "AB"


def test_an_address_whose_filter_does_not_work_says_that_it_lists_all(panel, books):
    page = panel.get(f"{URL}?published_on__from=2026-13-45&author=1", follow=True).content.decode()
    assert "A filter in this address does not work, so it lists all rows." in page
    assert "does not work" not in panel.get(URL).content.decode()


@pytest.mark.parametrize(
    ("place", "found"),
    [("m", "Maria"), ("anna m", "Anna Mars"), ("de", "de la"), ("M", "Maria"), ("x", "Zoë")],
)
def test_a_jump_ignores_case(panel, place, found):
    names = ["Anna Lux", "Anna Mars", "Maria", "Zoë", "de la"]
    Author.objects.bulk_create(Author(name=name) for name in names)
    assert panel.get(f"/admin/library/author/?from={place}").context["cl"].result_list[0].name == found


@pytest.mark.parametrize(
    ("query", "found"), [("o=-1&from=emma d", "D"), ("o=-1&from=emma", "F"), ("o=-4&from=2015", "E")]
)
def test_a_jump_downward_begins_with_the_last_that_is_meant(panel, books, query, found):
    Book.objects.filter(title="Emma E").update(published_on="2015-06-30")
    assert shown(panel.get(f"{URL}?{query}"))[0] == found


def test_of_several_columns_a_list_is_sorted_by_the_first(panel, books):
    assert panel.get(f"{URL}?o=1.4").context["cl"].order.paths == ("title", "pk")


def test_a_list_is_not_sorted_by_what_is_no_column(panel, books, monkeypatch):
    monkeypatch.setattr(BookAdmin, "ordering", (Lower("title"),))
    monkeypatch.setattr(Author._meta, "ordering", (Lower("name"),))
    assert shown(panel.get(URL)) == "EC"  # the newest first
    column = BookAdmin.list_display.index("author") + 1
    assert shown(panel.get(f"{URL}?o={column}")) == "AB"
    monkeypatch.setattr(
        BookAdmin, "said", display(ordering=Lower("title"))(lambda self, row: "said"), raising=False
    )
    monkeypatch.setattr(BookAdmin, "list_display", ("title", "said"))
    page = panel.get(f"{URL}?o=2")
    assert (shown(page), page.content.decode().count("aria-sort")) == ("EC", 0)


class Written(SimpleListFilter):
    title, parameter_name = "written", "written"

    def lookups(self, request, model_admin):
        return [("E", "E…")]

    def queryset(self, request, queryset):
        return queryset.filter(book__title__startswith=self.value()) if self.value() else queryset


class WrittenOnce(Written):
    def queryset(self, request, queryset):
        return super().queryset(request, queryset).distinct()


@pytest.mark.parametrize("kind", [Written, WrittenOnce])
def test_who_has_many_of_what_is_filtered_by_is_listed_once(panel, monkeypatch, kind):
    monkeypatch.setattr(AuthorAdmin, "list_per_page", 2)
    monkeypatch.setattr(AuthorAdmin, "list_filter", (kind,))
    for author in Author.objects.bulk_create(Author(name=sign) for sign in "ABCDE"):
        Book.objects.bulk_create(Book(title=title, author=author) for title in ("Emma", "Eve", "Persuasion"))
    Author.objects.create(name="Z")
    page = panel.get("/admin/library/author/?written=E")
    assert page.context["cl"].result_count == 5
    found = []
    while page.context["cl"].links.next:
        found += page.context["cl"].result_list
        page = panel.get("/admin/library/author/" + page.context["cl"].links.next)
    assert "".join(author.name for author in [*found, *page.context["cl"].result_list]) == "ABCDE"


def test_a_jump_beyond_the_end_says_so_and_leads_to_the_last_page(panel, books):
    page = panel.get(f"{URL}?from=Z")
    assert "This list ends before that place." in page.content.decode()
    assert shown(turned(panel, page, "previous")) == "EF"


def test_what_a_search_names_stands_first_on_the_page_of_a_jump_too(panel, books):
    Book.objects.filter(title="Emma A").update(isbn="emma")
    assert shown(panel.get(f"{URL}?q=emma&from=Emma D")) == "ADE"
    assert shown(panel.get(f"{URL}?q=emma&from=Z")) == "A"
