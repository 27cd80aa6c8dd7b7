"""Holes that Django's admin once had, tried on our own pages of the same kind."""

import logging

import pytest
from django.apps import apps
from django.contrib.admin import site
from django.contrib.admin.utils import display_for_field
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.admin import GenericInlineModelAdmin
from django.db import models
from django.test import Client

from tests.backoffice.bulk.bulk_pages import LIST, make_books
from tests.library.admin import BookAdmin
from tests.library.models import Author, Book


@pytest.fixture
def ada(db):
    return Author.objects.create(name="Ada")


@pytest.fixture
def limited(client, django_user_model):
    """A browser of somebody who may change authors and books, and neither add nor delete any."""
    user = django_user_model.objects.create_user("limited", is_staff=True)
    names = [f"{deed}_{model}" for deed in ("view", "change") for model in ("author", "book")]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return client


def inline(*rows, **management):
    data = {"book_set-TOTAL_FORMS": len(rows), "book_set-INITIAL_FORMS": len(rows), **management}
    for number, row in enumerate(rows):
        data |= {f"book_set-{number}-{name}": value for name, value in row.items()}
    return {"name": "Ada", **data}


def test_a_forged_key_in_an_inline_reaches_no_row_of_another_parent(panel, ada):
    """CVE-2026-87975."""
    [foreign] = make_books(Author.objects.create(name="Bo"), 1)
    row = {"id": foreign.pk, "author": ada.pk, "title": "Stolen"}
    panel.post(f"/admin/library/author/{ada.pk}/change/", inline(row))
    foreign.refresh_from_db()
    assert (foreign.title, foreign.author.name) == ("Book 0", "Bo")


def test_who_may_not_add_adds_nothing_by_an_inline(limited, ada):
    """CVE-2026-87975, CVE-2026-4277."""
    row = {"author": ada.pk, "title": "New"}
    limited.post(f"/admin/library/author/{ada.pk}/change/", inline(row, **{"book_set-INITIAL_FORMS": 0}))
    row = {"id": "", "author": ada.pk, "title": "New"}
    limited.post(f"/admin/library/author/{ada.pk}/change/", inline(row))
    assert not Book.objects.exists()


@pytest.mark.parametrize("initial", ["0", "1"])
def test_an_editable_list_adds_no_row(limited, ada, monkeypatch, initial):
    """CVE-2026-4292."""
    monkeypatch.setattr(BookAdmin, "list_editable", ("published_on",))
    for key in ("", "999"):
        form = {"form-0-id": key, "form-0-title": "New", "form-0-author": ada.pk, "form-0-isbn": "9"}
        form |= {"form-0-published_on": "2026-01-01", "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": initial}
        assert limited.post(LIST, {**form, "_save": "Save"}).status_code < 500
    assert not Book.objects.exists()


def test_a_link_that_is_code_is_no_link():
    """CVE-2026-15920."""
    shown = display_for_field("javascript:alert(1)", models.URLField(), "-")
    assert "href" not in str(shown)


def test_there_are_no_inlines_and_no_pages_of_kinds_that_had_holes():
    """CVE-2026-4277 (generic inlines), CVE-2021-33203 (admindocs), CVE-2024-41991 (URL fields in forms)."""
    inlines = [inline for admin in site._registry.values() for inline in admin.inlines]
    assert not [inline for inline in inlines if issubclass(inline, GenericInlineModelAdmin)]
    assert not apps.is_installed("django.contrib.admindocs")
    fields = [field for model in site._registry for field in model._meta.fields]
    assert not [field for field in fields if isinstance(field, models.URLField)]


@pytest.mark.django_db
def test_an_address_cannot_write_a_line_of_its_own_into_the_log():
    """CVE-2025-48432."""
    found = []
    handler = logging.Handler()
    handler.emit = lambda record: found.append(record.getMessage())
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        Client().get("/nowhere%0aERROR%20django:%20planted%1b[31m")
    finally:
        logger.removeHandler(handler)
    assert found
    assert all(message.isprintable() for message in found)


@pytest.mark.parametrize("name", ["_connector", "_negated", "author__id__in) OR (1", "author)--", "pk__in"])
def test_a_query_is_never_a_condition_of_its_own(panel, ada, name):
    """CVE-2025-64459, CVE-2026-1287, CVE-2026-1312."""
    make_books(ada, 2)
    response = panel.get(LIST, {name: "OR 1=1"})
    assert response.status_code in (302, 400)


def test_a_session_is_in_no_page_that_a_proxy_may_keep(panel):
    """CVE-2026-35192."""
    for path in ("/admin/", "/admin/login/", LIST):
        assert "no-store" in panel.get(path).headers["Cache-Control"]
