"""The delete page of an author with books and chapters, as a browser uses it."""

from django.db import connection
from django.urls import reverse

from tests.library.models import Author, Book, Chapter

# Queries that note down who looked: an INSERT between savepoints; SQLite is told how long to wait for its one writer.
NOTED = 6 if connection.vendor == "sqlite" else 3


def make_author(name="Ada", books=0, chapters=0):
    author = Author.objects.create(name=name)
    written = Book.objects.bulk_create(Book(title=f"{name} {n}", author=author) for n in range(books))
    Chapter.objects.bulk_create(Chapter(book=book, title=str(n)) for book in written for n in range(chapters))
    return author


def url(author):
    return reverse("admin:library_author_delete", args=[author.pk])


def look(panel, author, **query):
    return panel.get(url(author), query)


def confirm(panel, response):
    return panel.post(response.wsgi_request.path, confirmation(response), follow=True)


def confirmation(response):
    """What the page's own form posts, with what has to be typed."""
    page = response.context["page"]
    return {**response.context["hidden"], "previewed": page.fingerprint, "typed": page.to_type}


def text(response):
    return " ".join(response.content.decode().split())


def select(panel, *authors, across=False, **query):
    """The delete page of what was ticked in the list, or of all that match."""
    chosen = {"_selected_action": [author.pk for author in authors], "select_across": "1" if across else "0"}
    address = reverse("admin:library_author_changelist", query=query)
    return panel.post(address, {"action": "delete", **chosen}, follow=True)
