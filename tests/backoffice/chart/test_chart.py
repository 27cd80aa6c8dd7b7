"""A chart of rows side by side, with what hangs on them: authors and books."""

import re

import pytest
from django.utils.translation import override

from backoffice.chart import pages, reading
from backoffice.chart.drawing import svg
from backoffice.chart.reading import Node
from backoffice.models import AccessEvent
from tests.access.conftest import foreign, grant, mine  # noqa: F401  # fixtures
from tests.growth import queries
from tests.library.models import Author, Book

pytestmark = pytest.mark.django_db

CHART = "/admin/library/author/chart/"


def names(response):
    return re.findall(r'class="bo-name" href="[^"]*">([^<]*)<', response.content.decode())


def test_what_is_closed_is_not_there(panel, mine, foreign):  # noqa: F811
    assert names(panel.get(CHART)) == ["Foreign", "Mine"]
    opened = panel.get(CHART, {"open": mine.pk})
    assert names(opened) == ["Foreign", "Mine", "Mine book 0", "Mine book 1"]


def test_what_has_nothing_below_cannot_be_opened(panel, mine, foreign):  # noqa: F811
    """Also where another one has, before and behind it."""
    between = Author.objects.create(name="Between")
    last = Author.objects.create(name="Last")
    Book.objects.create(title="Of the last", author=last)
    html = panel.get(CHART).content.decode()
    assert html.count('data-open="false"') == 3
    assert names(panel.get(CHART, {"open": between.pk})) == ["Between", "Foreign", "Last", "Mine"]


def test_the_script_asks_for_one_row(panel, mine):  # noqa: F811
    answer = panel.get(CHART, {"open": mine.pk, "node": mine.pk, "level": 1})
    assert names(answer) == ["Mine", "Mine book 0", "Mine book 1"]
    assert "<html" not in answer.content.decode()
    assert panel.get(CHART, {"node": 10**9}).status_code == 404
    assert panel.get(CHART, {"node": "x"}).status_code == 404


def test_a_level_of_many_is_paged_by_key(panel, mine, monkeypatch):  # noqa: F811
    monkeypatch.setattr(reading, "PER_PAGE", 2)
    Book.objects.bulk_create(Book(title=f"Z {n}", author=mine) for n in range(3))
    first = panel.get(CHART, {"open": mine.pk})
    assert names(first)[-3:] == ["Mine book 0", "Mine book 1", "Show the next ones"]
    onward = re.search(r'href="([^"#]*)[^"]*">Show the next ones', first.content.decode())[1]
    second = panel.get(CHART + onward.replace("&amp;", "&"))
    assert names(second)[-4:] == ["Z 0", "Z 1", "From the beginning", "Show the next ones"]


def test_a_page_of_too_much_says_so_and_a_drawing_leaves_nothing_out(panel, mine, foreign, monkeypatch):  # noqa: F811
    monkeypatch.setattr(reading, "MOST_NODES", 2)
    monkeypatch.setattr(pages, "MOST_NODES", 2)
    asked = {"open": f"{mine.pk}.{foreign.pk}"}
    page = panel.get(CHART, asked)
    assert '<p class="bo-note">Very much is open' in page.content.decode()
    assert "Mine book 0" not in names(page)
    drawing = panel.get(f"{CHART}drawing/", asked).content.decode()
    assert (drawing.count("Mine book"), drawing.count("Foreign book")) == (2, 2)


def test_the_search_opens_the_way(panel, mine):  # noqa: F811
    book = Book.objects.get(title="Mine book 1")
    found = panel.get(CHART, {"q": "book"}).content.decode()
    way = re.search(r'<a href="(\?[^"#]*)#(p\d+)">Mine book 1', found)
    assert way[2] == f"p{book.pk}"
    assert "Mine book 1" in names(panel.get(CHART + way[1].replace("&amp;", "&")))


def test_what_the_search_finds_alone_is_open_at_once(panel, mine):  # noqa: F811
    book = Book.objects.get(title="Mine book 1")
    found = panel.get(CHART, {"q": "mine book 1"}, follow=True)
    [(address, _status)] = found.redirect_chain
    assert address.endswith(f"#p{book.pk}")
    assert "Mine book 1" in names(found)
    assert 'value="mine book 1"' in found.content.decode()


def test_somebody_sees_their_part_alone(client, mine, foreign):  # noqa: F811
    client.force_login(grant("reader", "Reader", author=mine))
    asked = {"open": f"{mine.pk}.{foreign.pk}"}
    assert names(client.get(CHART, asked)) == ["Mine", "Mine book 0", "Mine book 1"]
    assert client.get(CHART, {"node": foreign.pk, "open": foreign.pk}).status_code == 404
    assert "Foreign" not in client.get(CHART, {"q": "foreign"}).content.decode().replace("“foreign”", "")
    assert "Foreign" not in client.get(f"{CHART}drawing/", asked).content.decode()


def test_a_drawing_holds_what_one_may_export(client, mine, foreign):  # noqa: F811
    client.force_login(grant("reader", "Reader"))
    asked = {"open": f"{mine.pk}.{foreign.pk}"}
    assert client.get(f"{CHART}drawing/", asked).content.decode().count(" book ") == 0
    grant("reader", "Keeper", author=mine)
    drawing = client.get(f"{CHART}drawing/", asked).content.decode()
    assert (drawing.count("Mine book"), drawing.count("Foreign book")) == (2, 0)


def test_a_drawing_of_many_rows_asks_who_one_is(panel, mine, settings):  # noqa: F811
    settings.FRESH_ROWS = 2
    assert panel.get(f"{CHART}drawing/").status_code == 200
    answer = panel.get(f"{CHART}drawing/", {"open": mine.pk})
    assert answer["Location"].startswith("/account/reauthenticate/?next=%2Fadmin%2Flibrary%2F")
    assert AccessEvent.objects.count() == 1
    pieces = [panel.get(f"{CHART}drawing/").status_code for _ in range(2)]
    assert pieces == [200, 302]  # the third row within an hour


def test_the_drawing_shows_what_is_open_and_escapes_it(panel, mine):  # noqa: F811
    Author.objects.filter(pk=mine.pk).update(name="<b>Mine")
    drawing = panel.get(f"{CHART}drawing/", {"open": mine.pk})
    assert drawing["Content-Type"] == "image/svg+xml"
    assert "&lt;b&gt;Mine" in drawing.content.decode()
    assert drawing.content.decode().count("<text") == 3
    assert drawing.content.decode().count("<path") == 2
    noted = AccessEvent.objects.filter(what="export").order_by("pk").values_list("model", "row", "number")
    assert list(noted) == [("library.Author", str(mine.pk), 1), ("library.Book", "", 2)]


def test_the_drawing_begins_where_the_language_does():
    below = Node("Below", 2, key=2)
    top = Node(None, 0, is_open=True, below=[Node("Above", 1, key=1, is_open=True, below=[below])])
    ends = {}
    for language in ("en", "ar"):
        with override(language):
            drawing = svg(top, "Chart", lambda node: (node.row, ""))
        ends[language] = [int(x) for x in re.findall(r'<text x="(\d+)"', drawing)]
        width = int(re.search(r'width="(\d+)"', drawing)[1])
    assert ends["ar"] == [width - x for x in ends["en"]]


def test_whatever_an_address_says_is_read(panel, mine):  # noqa: F811
    for query in (
        "open=x.1..²",
        "open=" + "9" * 40,
        "d0=x&p1=",
        "at=x",
        "at=999999",
        "open=1&p1=99999",
        "q=%00",
    ):
        assert panel.get(f"{CHART}?{query}").status_code == 200, query


def test_it_costs_the_same_for_5_and_for_500_books(panel, mine):  # noqa: F811
    url = f"{CHART}?open={mine.pk}"
    few = len(queries(panel, url)[0])
    Book.objects.bulk_create(Book(title=f"Book {n}", author=mine) for n in range(500))
    asked, size = queries(panel, url)
    assert len(asked) == few
    assert size < 60_000


def test_list_and_form_lead_to_it(panel, mine):  # noqa: F811
    assert f'href="{CHART}"' in panel.get("/admin/library/author/").content.decode()
    assert (
        f'href="{CHART}?at={mine.pk}#d{mine.pk}"'
        in panel.get(f"/admin/library/author/{mine.pk}/change/").content.decode()
    )
