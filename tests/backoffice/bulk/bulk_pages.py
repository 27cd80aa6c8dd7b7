"""The pages of bulk actions on books, as a browser uses them."""

import datetime
import re
from html import unescape

from django.contrib.messages import get_messages

from tests.library.models import Book

LIST = "/admin/library/book/"
LATE = "A book cannot be withdrawn before it is published."


def make_books(author, count, **values):
    values = {"published_on": datetime.date(2020, 1, 1), **values}
    return Book.objects.bulk_create(Book(title=f"Book {n}", author=author, **values) for n in range(count))


def select(panel, *rows, query="", action="reassign", **posted):
    """Post the list as its selection bar does; the page of the action follows."""
    ticked = {"_selected_action": [row.pk for row in rows], "action": action, "index": "0", **posted}
    return panel.post(f"{LIST}{query}", ticked, follow=True)


def select_all(panel, query="", action="reassign"):
    return select(panel, query=query, action=action, select_across="1")


def answer(panel, page, stage, **answers):
    """Post the form that `page` has, with the button `stage`."""
    hidden = re.findall(r'name="(selection|plan)" value="([^"]*)"', page.content.decode())
    return panel.post(page.wsgi_request.path, {**dict(hidden), "stage": stage, **answers})


def text(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", "", response.content.decode())).split())


def said(response):
    """The sentences, without their way back."""
    told = (str(message) for message in get_messages(response.wsgi_request))
    return [re.sub(r" <a href=\S+/undo/\?next=\S+\">Undo</a>$", "", sentence) for sentence in told]


def authors():
    return sorted(Book.objects.values_list("author__name", flat=True))
