"""Each setup that would be slow at three million rows is reported at start."""

import pytest
from django.contrib import admin as django_admin
from django.contrib.auth.models import Group
from django.db.models import F, Index, Q
from django.db.models.functions import Lower
from django.forms import modelform_factory
from django.test.utils import isolate_apps

from backoffice import admin
from backoffice.admin.checks import recorded_models_have_our_admin
from tests.library.models import Author, Book
from tests.shapes.models import File, Folder

RELATIONS = ("author", "sequel_to")


class PlainInline(django_admin.TabularInline):
    model = Book


class SelectInline(admin.TabularInline):
    model = Book
    fk_name = "author"
    fields = ("title", "sequel_to")


class WholeInline(admin.TabularInline):
    model = Book
    fk_name = "author"


class UnsortedInline(admin.TabularInline):
    model = Book
    fk_name = "author"
    fields = ("title",)
    ordering = ("published_on",)


def sorted_by(ordering):
    """A ModelAdmin's attributes: a computed column with that order."""

    @django_admin.display(ordering=ordering)
    def said(self, row):
        return str(row)

    return {"said": said, "list_display": ("said",)}


def by_request(hook, result):
    """A ModelAdmin's attributes: a hook that gives this to a superuser, of a row that is there."""

    def given(self, request, row=True):
        return result if request.user.is_superuser and row else ()

    return {hook: given}


def found(model, **attributes):
    slow = type("Slow", (admin.ModelAdmin,), attributes)(model, django_admin.site)
    return {message.id: message for message in slow.check()}


@pytest.mark.parametrize(
    ("number", "model", "attributes"),
    [
        (101, Author, {"inlines": (PlainInline,)}),
        (102, Book, {"list_filter": ("author",)}),
        (103, Book, {"search_fields": ("title",)}),
        (104, Book, {}),
        (105, Book, {"list_display": ("withdrawn_on",)}),
        (106, Book, {"list_display": ("author",)}),
        (107, Author, {"inlines": (SelectInline,)}),
        (108, Book, {"list_filter": ("title",)}),
        (108, Book, {"list_filter": ("author__name",)}),
        (109, Book, {"date_hierarchy": "published_on"}),
        (122, Book, {"list_filter": (("published_on", admin.ValuesFilter),)}),
        (110, Book, {"list_display": ("title", "author"), "list_editable": ("author",)}),
        (111, Book, {"ordering": ("-withdrawn_on",)}),
        (107, Author, {"inlines": (WholeInline,)}),
        (113, Group, {}),
        (113, Group, {"filter_horizontal": ("permissions",)}),
        (114, Book, sorted_by("withdrawn_on")),
        (114, Book, sorted_by("-author__nothing")),
        (114, Book, sorted_by(Lower("title"))),
        (115, Book, {"exact_fields": ("withdrawn_on",)}),
        (116, Book, {"list_filter": (("withdrawn_on", admin.DateRangeFilter),)}),
        (117, Book, {"list_per_page": 1_000}),
        (106, Book, {"list_display": ("author__name",)}),
        (108, Book, {"list_filter": (("title", django_admin.AllValuesFieldListFilter),)}),
        (111, Book, {"ordering": (F("withdrawn_on").desc(),)}),
        (111, Book, {"ordering": (Lower("title"),)}),
        (111, Book, {"ordering": ("author__search_text",)}),
        (116, Book, {"list_filter": ("withdrawn_on",)}),
        (116, Book, {"list_filter": (("withdrawn_on", django_admin.EmptyFieldListFilter),)}),
        (118, Author, {"inlines": (UnsortedInline,)}),
        (101, Author, by_request("get_inlines", (PlainInline,))),
        (102, Book, by_request("get_list_filter", ("author",))),
        (103, Book, {"search_fields": ("=isbn",)}),
        (106, Book, {"list_display": ("author__mentor",), "list_select_related": ("author",)}),
        (111, Book, {"ordering": ("published_on", "title")}),
        (120, Author, {"inlines": (WholeInline,)}),
        (103, Book, by_request("get_search_fields", ("title",))),
        (111, Book, by_request("get_ordering", ("-withdrawn_on",))),
        (105, Book, {"list_display": ("author__search_text",), "list_select_related": ("author",)}),
        (121, Book, {"ordering": ("title", "-published_on")}),
        (121, Book, {"ordering": (F("published_on").asc(nulls_first=True),)}),
        (119, Book, {"get_list_filter": lambda self, request: request.session["filters"]}),
    ],
)
def test_a_setup_that_does_not_scale_is_reported(number, model, attributes):
    message = found(model, **attributes)[f"backoffice.W{number}"]
    assert message.hint


def test_what_pages_by_key_are_not_sorted_by_is_said(monkeypatch):
    assert "is no column" in found(Book, ordering=(Lower("title"),))["backoffice.W111"].msg
    assert "is no column" in found(Book, **sorted_by(Lower("title")))["backoffice.W114"].msg
    monkeypatch.setattr(Author._meta, "ordering", ("search_text",))
    assert "to Author" in found(Book, list_display=("author",))["backoffice.W105"].hint


def test_a_row_of_an_inline_may_look_related_rows_up():
    quick = type("Quick", (SelectInline,), {"autocomplete_fields": ("sequel_to",)})
    assert "backoffice.W107" not in found(Author, inlines=(quick,))


@pytest.mark.parametrize(
    "left_out", [{"exclude": RELATIONS}, {"form": modelform_factory(Book, exclude=RELATIONS)}]
)
def test_a_field_that_is_left_out_is_no_select(left_out):
    assert "backoffice.W104" not in found(Book, **left_out)
    inline = type("Inline", (WholeInline,), left_out)
    assert "backoffice.W107" not in found(Author, inlines=(inline,))


def test_only_the_way_of_an_inline_to_its_parent_is_no_select():
    files = type("Files", (admin.TabularInline,), {"model": File, "fk_name": "copied_from"})
    assert "'folder'" in found(Folder, inlines=(files,))["backoffice.W107"].msg
    quick = type("Quick", (files,), {"autocomplete_fields": ("folder",)})
    assert "backoffice.W107" not in found(Folder, inlines=(quick,))


@isolate_apps("tests.shapes")
def test_the_way_to_a_proxy_is_that_to_its_model():
    meta = type("Meta", (), {"app_label": "shapes", "proxy": True})
    proxy = type("Shelf", (Folder,), {"__module__": __name__, "Meta": meta})
    tags = {"model": Folder.tags.through, "autocomplete_fields": ("tag",)}
    inline = type("Tags", (admin.TabularInline,), tags)
    assert "backoffice.W107" not in found(proxy, inlines=(inline,))


def test_an_exact_search_may_use_the_index_of_its_column():
    assert "backoffice.W103" not in found(Book, search_fields=("isbn__exact",))
    assert '"isbn__exact" has an index' in found(Book, search_fields=("=isbn",))["backoffice.W103"].hint


def test_many_rows_may_be_looked_up_and_a_computed_column_may_have_an_index():
    assert "backoffice.W113" not in found(Group, autocomplete_fields=("permissions",))
    assert "backoffice.W114" not in found(Book, **sorted_by("-author__name"))


def test_an_order_by_several_columns_may_have_an_index():
    assert "backoffice.W111" not in found(Book, ordering=("author", "title"))
    assert "backoffice.W111" not in found(Book, ordering=("title", "pk"))


def test_an_index_of_some_rows_is_none_of_its_column(monkeypatch):
    for condition, reported in ((Q(isbn=None), True), (Q(withdrawn_on__isnull=False), False)):
        index = Index(fields=["withdrawn_on", "id"], condition=condition, name="some")
        monkeypatch.setattr(Book._meta, "indexes", [*Book._meta.indexes, index])
        assert ("backoffice.W116" in found(Book, list_filter=("withdrawn_on",))) == reported


class Apart:
    def db_for_write(self, model, **hints):
        return "far" if model is Author else None


def test_a_model_that_is_written_to_another_database_is_refused(settings):
    settings.DATABASE_ROUTERS = ["tests.backoffice.test_admin_checks.Apart", *settings.DATABASE_ROUTERS]
    assert "to the database 'far', operations to 'default'" in found(Author)["backoffice.E123"].msg
    assert "backoffice.E123" not in found(Book)


def test_a_plain_admin_of_a_recorded_model_is_reported(monkeypatch):
    assert recorded_models_have_our_admin(None) == []
    monkeypatch.setitem(django_admin.site._registry, Book, django_admin.ModelAdmin(Book, django_admin.site))
    [message] = recorded_models_have_our_admin(None)
    assert message.id == "backoffice.W112"
    assert "library.Book" in message.msg


def test_the_panels_own_setup_has_nothing_to_report():
    ours = [a for a in django_admin.site._registry.values() if isinstance(a, admin.ModelAdmin)]
    assert len(ours) >= 6
    assert [message for one in ours for message in one.check()] == []
