"""The same for rows that stand side by side: an author's books, chapters and loans, declared in tests/library."""

import json

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.access.trees import trees_of
from backoffice.admin.deletion.scope import _is_below
from backoffice.links import Link
from backoffice.models import Operation
from backoffice.operations import operation
from tests.access.conftest import grant
from tests.backoffice.test_export import export
from tests.library.models import Author, Book, Chapter, Readership

ADMIN = "/admin/library/"


@pytest.fixture
def kim(client, mine, foreign):
    client.force_login(grant("kim", "Keeper", author=mine))
    return client


def text(response, status=200):
    assert response.status_code == status, response.wsgi_request.path
    content = b"".join(response.streaming_content) if response.streaming else response.content
    assert b"Foreign" not in content, response.wsgi_request.path
    return content.decode()


def rows(author):
    book = Book.objects.filter(author=author).first()
    return {"author": author, "book": book, "chapter": book.chapter_set.first()}


def test_lists_show_ones_own_and_pages_of_others_are_not_there(kim, mine, foreign):
    for name in ("author", "book", "chapter", "loan"):
        assert "Mine" in text(kim.get(f"{ADMIN}{name}/"))
        text(kim.get(f"{ADMIN}{name}/?q=Fore"))
    for name, row in rows(mine).items():
        for what in ("change", "history", "delete"):
            text(kim.get(f"{ADMIN}{name}/{row.pk}/{what}/"))
    for name, row in rows(foreign).items():
        for what in ("change", "history", "delete"):
            text(kim.get(f"{ADMIN}{name}/{row.pk}/{what}/"), 404)
            text(kim.post(f"{ADMIN}{name}/{row.pk}/{what}/"), 404)


def test_a_chapter_stays_with_ones_own_books(kim, mine, foreign):
    chapter, other = rows(mine)["chapter"], rows(foreign)["book"]
    text(kim.post(f"{ADMIN}chapter/{chapter.pk}/change/", {"title": "Moved", "book": other.pk}))
    text(kim.post(f"{ADMIN}chapter/add/", {"title": "Planted", "book": other.pk}))
    assert not Chapter.objects.filter(title__in=["Moved", "Planted"]).exists()
    assert (
        kim.post(f"{ADMIN}chapter/add/", {"title": "Good", "book": rows(mine)["book"].pk}).status_code == 302
    )


def test_who_may_see_no_authors_is_told_none_by_books(client, db):
    """Nor by a forged choice: neither by what is saved, nor by what a bulk action would do."""
    user = User.objects.create(username="lee", is_staff=True)
    codes = ["change_book", "export_book"]
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    client.force_login(user)
    other, foreign = (Author.objects.create(name=f"Foreign {number}") for number in range(2))
    first = Book.objects.create(title="First", isbn="1", author=other)
    url = f"{ADMIN}book/{first.pk}/"
    for page in (f"{ADMIN}book/", f"{url}change/", f"{url}history/"):
        assert "(outside of what you see)" in text(client.get(page))
    assert export(client, columns=["title", "author"]).decode().splitlines()[1] == '"First","[not shown]"'
    text(client.post(f"{url}change/", {"title": "First", "isbn": "1", "author": foreign.pk}))
    assert Book.objects.get(pk=first.pk).author == other


def test_nobody_adds_an_author_that_would_be_nobodys(kim):
    text(kim.get(f"{ADMIN}author/add/"), 403)
    text(kim.post(f"{ADMIN}author/add/", {"name": "New"}), 403)


def test_autocomplete_offers_ones_own_books(kim):
    found = json.loads(
        text(kim.get("/admin/autocomplete/?app_label=library&model_name=chapter&field_name=book"))
    )
    assert len(found["results"]) == 2


def test_what_is_gone_is_seen_by_those_who_saw_it(kim, mine, foreign, hr):
    chapters = [rows(author)["chapter"] for author in (mine, foreign)]
    with operation("delete", actor=hr, subject="Foreign things") as it:
        for author in (mine, foreign):
            Book.objects.filter(pk=rows(author)["book"].pk).delete()
    url = f"/admin/backoffice/operation/{it.operation.pk}/"
    for model in ("Book", "Chapter"):
        assert "Mine" in text(kim.get(f"/admin/deleted/?model=library.{model}"))
        assert "Mine" in text(kim.get(f"{url}change/?model=library.{model}"))
    text(kim.get(f"{ADMIN}chapter/{chapters[0].pk}/history/"))
    text(kim.get(f"{ADMIN}chapter/{chapters[1].pk}/history/"), 404)
    text(kim.get(f"{url}undo/"))
    kim.post(f"{url}undo/")
    back = set(Chapter.objects.filter(pk__in=[chapter.pk for chapter in chapters]))
    assert back == {chapters[0]}
    assert Operation.objects.get(pk=it.operation.pk).state == Operation.State.PARTLY_UNDONE


@pytest.mark.parametrize(
    "page", ["book/", "book/?q=Mine", "author/{}/change/", "/admin/backoffice/operation/"]
)
def test_the_pages_cost_as_many_queries_at_any_size(client, mine, foreign, page):
    user = grant("kim", "Keeper", author=mine)
    Readership.objects.create(user=user, role=Group.objects.get(name="Reader"), author=mine)
    client.force_login(user)
    url = page if page.startswith("/") else ADMIN + page.format(mine.pk)
    text(client.get(url))
    counts = []
    for number in (5, 5_000):
        for author in (mine, foreign):
            Book.objects.bulk_create(
                Book(title=f"{author} {number} {n}", author=author) for n in range(number // 2)
            )
        with CaptureQueriesContext(connection) as captured:
            text(client.get(url))
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_superuser_pays_nothing(panel, mine):
    with CaptureQueriesContext(connection) as captured:
        panel.get(f"{ADMIN}book/")
    asked = [
        query["sql"] for query in captured if "savedview" not in query["sql"]
    ]  # a role may have a default one
    assert not any("readership" in sql or "auth_group" in sql for sql in asked)
    assert User.objects.exists()
    assert Author.objects.exists()


def test_only_what_hangs_on_the_tree_itself_is_surely_inside_of_a_scope():
    [tree] = trees_of(Author)
    assert _is_below(tree, Link(Author, Book, Book._meta.get_field("author")))
    assert not _is_below(tree, Link(Author, Author, Author._meta.get_field("mentor")))
    assert not _is_below(tree, Link(Book, Chapter, Chapter._meta.get_field("book")))
