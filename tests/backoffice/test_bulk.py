import re

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages

from tests.library.models import Author, Book

pytestmark = pytest.mark.django_db

LIST = "/admin/library/book/"
REASSIGN = f"{LIST}bulk/reassign/"
WITHDRAW = f"{LIST}bulk/withdraw/"


@pytest.fixture
def alice(client):
    user = User.objects.create_superuser("alice")
    client.force_login(user)
    return user


@pytest.fixture
def books():
    author, other = Author.objects.create(name="Ana"), Author.objects.create(name="Otto")
    rows = [Book(title=f"Book {n}", author=author, published_on="2020-01-01") for n in range(3)]
    Book.objects.bulk_create([*rows, Book(title="Late", author=other, published_on="2030-01-01")])
    return Book.objects.order_by("pk")


def select(client, rows=(), *, query="", action="reassign", **data):
    """Post the list as its selection bar does; the page of the action follows."""
    ticked = {"_selected_action": [row.pk for row in rows], "action": action, "index": "0", **data}
    return client.post(f"{LIST}{query}", ticked, follow=True)


def field(response, name):
    return re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())[1]


def preview(client, page, url=REASSIGN, **answers):
    data = {"selection": field(page, "selection"), "stage": "preview", **answers}
    return client.post(url, data)


def confirm(client, page, url=REASSIGN, stage="apply", **answers):
    data = {"selection": field(page, "selection"), "plan": field(page, "plan"), "stage": stage, **answers}
    return client.post(url, data)


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", response.content.decode()))


def test_a_selection_is_previewed_and_changed_as_a_set(client, alice, books):
    otto = Author.objects.get(name="Otto")
    shown = preview(client, select(client, books[:2]), author=otto.pk)
    assert "Author from Ana to Otto: 2" in text(shown)
    done = confirm(client, shown, author=otto.pk)
    assert said(done) == ["Changed 2 books."]
    assert otto.book_set.count() == 3
