"""The first page: figures with their lists, charts with their files, each as far as a person sees the rows."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from backoffice.dashboard import charts, counts, keeping
from backoffice.dashboard.models import KeptBoard
from tests.access.conftest import foreign, grant, mine  # noqa: F401  # fixtures
from tests.library.models import Author, Book

pytestmark = pytest.mark.django_db

INDEX = "/admin/"


def text(response):
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def hrefs(response, words):
    found = re.findall(r'href="([^"]*)"[^>]*>(?:<[^>]*>|\s)*' + re.escape(words), response.content.decode())
    return [href.replace("&amp;", "&") for href in found]


@pytest.fixture(params=["live", "kept"])
def figures(request, monkeypatch, mine, foreign):  # noqa: F811
    """Counted at the moment, or kept: the pages are the same."""
    Book.objects.filter(author=mine).update(published_on=timezone.localdate())
    if request.param == "kept":
        monkeypatch.setattr(keeping, "LIVE", 1)
        keeping.keep_up()
    return request.param


def test_a_figure_leads_to_the_rows_that_it_counts(panel, figures):
    page = panel.get(INDEX, {"books": ""})
    [url] = [url for url in hrefs(page, "2") if "published_on__from" in url][:1]
    assert panel.get(url).content.decode().count('class="action-select"') == 2


def test_each_bar_leads_to_its_rows_and_says_their_number(panel, figures, mine):  # noqa: F811
    page = panel.get(INDEX).content.decode()
    bar = re.search(r'<a href="([^"]*)" class="bo-bar" aria-label="Books by author, Mine: 2">', page)
    listed = panel.get(bar[1].replace("&amp;", "&")).content.decode()
    assert listed.count('class="action-select"') == 2
    assert '<rect width="100.00" height="10">' in page


def test_a_part_of_the_tree_has_a_page_of_its_own(panel, figures, mine):  # noqa: F811
    page = panel.get(INDEX, {"books": mine.pk})
    assert "Directly here" in text(page)
    assert f"author={mine.pk}" in page.content.decode()
    assert panel.get(INDEX, {"books": 10**9}).status_code == 404
    assert panel.get(INDEX, {"books": "x"}).status_code == 404


def test_somebody_sees_the_numbers_of_their_part_alone(client, figures, mine, foreign):  # noqa: F811
    client.force_login(grant("reader", "Reader", author=mine))
    page = client.get(INDEX)
    assert "Books by author, Directly here: 2" in page.content.decode()
    assert "Foreign" not in page.content.decode()
    assert client.get(INDEX, {"books": foreign.pk}).status_code == 404
    file = client.get("/admin/figures/books/author/").content.decode()
    assert "Foreign" not in file
    assert client.get(f"/admin/figures/books/author/?books={foreign.pk}").status_code == 404


def test_who_may_see_no_authors_is_told_none_by_figures(client, figures, django_user_model, mine):  # noqa: F811
    user = django_user_model.objects.create_user("lee", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_book"))
    client.force_login(user)
    assert "Books by author Author Number All others 4 CSV" in text(client.get(INDEX))
    lines = client.get("/admin/figures/books/author/").content.decode().splitlines()
    assert lines[1:] == ["All others,4"]
    assert client.get(INDEX, {"books": mine.pk}).status_code == 404


def test_somebody_without_a_role_sees_no_figures(client, figures, django_user_model):
    client.force_login(django_user_model.objects.create(username="nobody", is_staff=True))
    assert "bo-chart" not in client.get(INDEX).content.decode()
    assert client.get("/admin/figures/books/author/").status_code == 403
    assert client.post("/admin/figures/count/").status_code == 403


def test_a_chart_comes_as_a_file_without_formulas(panel, figures, mine):  # noqa: F811
    Author.objects.filter(pk=mine.pk).update(name="=1+1")
    file = panel.get("/admin/figures/books/author/")
    assert file["Content-Type"] == "text/csv; charset=utf-8"
    assert "'=1+1,2" in file.content.decode()
    months = panel.get("/admin/figures/books/months/").content.decode().splitlines()
    assert (months[0], len(months)) == ("\ufeffMonth,Withdrawn,Published", 13)
    assert panel.get("/admin/figures/books/nothing/").status_code == 404


def test_what_is_kept_says_how_old_it_is_and_can_be_asked_for_again(panel, mine, monkeypatch):  # noqa: F811
    monkeypatch.setattr(keeping, "LIVE", 1)
    assert "counted for the first time" in text(panel.get(INDEX))
    keeping.keep_up()
    assert "Counted 0\xa0minutes ago" in panel.get(INDEX).content.decode()
    assert panel.get("/admin/figures/count/").status_code == 405
    answer = panel.post("/admin/figures/count/", follow=True)
    assert "no worker runs" in text(answer)
    assert KeptBoard.objects.get(pk="books").asked_at


def test_one_search_finds_rows_of_every_kind(panel, mine, foreign):  # noqa: F811
    page = panel.get(INDEX, {"q": "mine"})
    assert {"Mine", "Mine book 0", "Mine book 1"} <= set(
        re.findall(r'/change/">([^<]*)<', page.content.decode())
    )
    assert "Foreign" not in page.content.decode()
    assert "Nothing matches “zzz”" in text(panel.get(INDEX, {"q": "zzz"}))


def test_a_search_finds_what_a_person_sees(client, mine, foreign):  # noqa: F811
    client.force_login(grant("reader", "Reader", author=mine))
    assert "Foreign book" not in client.get(INDEX, {"q": "book"}).content.decode()


def test_bars_are_in_proportion_and_the_rest_has_none(panel, mine, foreign, monkeypatch):  # noqa: F811
    Book.objects.create(title="More", author=foreign)
    Author.objects.create(name="Third").book_set.create(title="One")
    monkeypatch.setattr(charts.told, "__defaults__", (2,))
    page = panel.get(INDEX).content.decode()
    chart = page[page.index('id="chart-books-author"') :].split("</table>")[0]
    assert re.findall(r'rect width="([\d.]+)"', chart) == ["100.00", "66.67"]
    assert re.search(r"All others.*?bo-bar-number\">1<", chart, re.DOTALL)


def test_what_the_bars_leave_over_leads_to_its_rows_too(panel, mine, foreign, monkeypatch):  # noqa: F811
    for name in ("Third", "Fourth"):
        Author.objects.create(name=name).book_set.create(title="One")
    monkeypatch.setattr(charts.told, "__defaults__", (2,))
    monkeypatch.setattr(charts, "OTHERS", 1)  # more than a link can name
    file = '<a href="/admin/figures/books/author/" class="bo-bar" aria-label="[^"]*All others: 2, CSV file" data-file>'
    assert re.search(file, panel.get(INDEX).content.decode())
    assert "Third,1" in panel.get("/admin/figures/books/author/").content.decode()
    monkeypatch.setattr(charts, "OTHERS", 2)
    [url] = re.findall(
        r'<a href="([^"]*)" class="bo-bar" aria-label="[^"]*All others: 2"', panel.get(INDEX).content.decode()
    )
    listed = panel.get(url.replace("&amp;", "&")).content.decode()
    assert listed.count('class="action-select"') == 2
    assert listed.count("Select One") == 2


def test_many_values_are_kept_as_the_first_and_a_rest():
    kept = counts.Counts({("m", str(n)): n for n in range(1, 50)}).as_json()["m"]
    assert len(kept) == counts.KEPT_GROUPS + 1
    assert sum(kept.values()) == sum(range(1, 50))
