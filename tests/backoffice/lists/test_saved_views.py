"""Saved views of a list and the choice of its columns."""

import re
from html import unescape

import pytest
from django.contrib.auth.models import Group

from backoffice.models import Operation, SavedView
from tests.access.conftest import grant
from tests.growth import queries
from tests.library.models import Author, Book

LIST = "/admin/library/book/"
VIEWS = f"{LIST}views/"


@pytest.fixture
def books(db):
    ana, ben = (Author.objects.create(name=name) for name in ("Ana", "Ben"))
    for number in range(4):
        Book.objects.create(title=f"Book {number}", isbn=str(9 - number), author=(ana, ben)[number % 2])
    return ana


@pytest.fixture
def reader(client, books):
    client.force_login(grant("rita", "Reader"))
    return client


def heads(response):
    thead = re.search(r"<thead>.*?</thead>", response.content.decode(), re.DOTALL)[0]
    found = [
        re.sub(r"<[^>]+>|[▲▼]|\s+", " ", head).strip()
        for head in re.findall(r"<th.*?</th>", thead, re.DOTALL)
    ]
    return [head for head in found if head]


def titles(response):
    return [book.title for book in response.context["cl"].result_list]


def choose(panel, *columns, query="", **others):
    return panel.post(VIEWS, {"columns": "chosen", "column": columns, "query": query, **others}, follow=True)


def save(panel, name, query="", **others):
    return panel.post(VIEWS, {"name": name, "query": query, **others}, follow=True)


def links(response):
    """name → address of the views that a list offers."""
    menu = re.search(r"bo-list-menu.*?</details>", response.content.decode(), re.DOTALL)[0]
    found = re.findall(r'<a href="(\?[^"]*)"[^>]*>([^<]*)', menu)
    return {name.strip(): unescape(link) for link, name in found}


def test_the_columns_that_one_chose_are_remembered_for_oneself(panel, reader, books, client):
    choose(panel, "withdrawn_on", "isbn")
    assert heads(panel.get(LIST)) == ["Title", "ISBN", "Withdrawn on"]
    client.force_login(grant("other", "Reader"))
    assert heads(client.get(LIST))[:2] == ["Title", "ISBN"]
    assert "Withdrawn on" not in heads(client.get(LIST))


def test_the_first_column_stays_and_nobody_sorts_by_one_of_their_own(reader):
    assert heads(choose(reader)) == ["Title"]
    page = choose(reader, "withdrawn_on").content.decode()
    assert re.search(r'<th scope="col"[^>]*>\s*Withdrawn on', page)


def test_as_they_were_brings_the_columns_of_everybody_back(reader):
    before = heads(reader.get(LIST))
    choose(reader, "isbn")
    assert heads(choose(reader, columns="reset")) == before


def test_the_order_stays_with_its_column_when_columns_go(panel, books):
    response = choose(panel, "author", query="o=2")  # by ISBN, which is gone
    assert "o=" not in response.redirect_chain[-1][0]
    response = choose(panel, "isbn", "published_on", query="o=-4")  # of before: by the author's place
    response = choose(panel, "published_on", query="o=-3&q=book")
    assert response.redirect_chain[-1][0] == f"{LIST}?q=book&view=all&o=-2"


def test_a_view_keeps_search_filters_order_and_columns(panel, books):
    choose(panel, "isbn")
    response = save(panel, "Ana’s", f"author={books.pk}&o=-2&after=x&q=")
    assert titles(response) == ["Book 0", "Book 2"]
    assert heads(response) == ["Title", "ISBN"]
    choose(panel, "author")
    again = panel.get(LIST + links(panel.get(LIST))["Ana’s"])
    assert (titles(again), heads(again)) == (["Book 0", "Book 2"], ["Title", "ISBN"])
    assert "Views: Ana’s</span>" in again.content.decode()
    view = SavedView.objects.get(name="Ana’s")
    assert (
        "Views: Ana’s</span>"
        in panel.get(f"{again.wsgi_request.get_full_path()}&_facets=True").content.decode()
    )
    assert "Views: Ana’s (changed)</span>" in panel.get(f"{LIST}?q=x&view={view.pk}").content.decode()


def test_a_view_of_the_same_name_is_replaced(reader):
    save(reader, "Mine", "q=one")
    view = SavedView.objects.get()
    save(reader, "Mine", "q=one")  # a second click
    page = save(reader, "Mine", "q=two").content.decode()
    assert "There is a view of this name. Replace it, or choose another name." in page
    assert "Replace the view “Mine”" in page
    save(reader, "Mine", "q=three", replace=view.pk + 1)
    assert SavedView.objects.get().query == {"q": ["one"]}
    save(reader, "Mine", "q=two", replace=view.pk)
    assert SavedView.objects.get().query == {"q": ["two"]}


def test_the_view_that_is_open_is_saved_anew_unasked(reader):
    save(reader, "Mine", "q=one")
    save(reader, "Mine", f"q=two&view={SavedView.objects.get().pk}")
    assert SavedView.objects.get().query == {"q": ["two"]}


def test_what_no_database_keeps_is_left_out(reader):
    save(reader, "Mine", "q=one%00&q=two&author=%00")
    assert SavedView.objects.get().query == {"q": ["two"]}


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 101}, "Ensure this value has at most 100 characters"),
        ({"name": "Long", "query": "q=" + "x" * 1600}, "This search is too long to be kept."),
        ({"name": "No", "query": "author=nobody"}, "A filter of this list does not work."),
    ],
)
def test_what_cannot_be_kept_comes_back_with_the_reason(reader, posted, sentence):
    page = reader.post(VIEWS, posted).content.decode()
    assert sentence in page
    assert "<title>Error: Views of books" in page
    assert not SavedView.objects.exists()


def test_nobody_sees_the_view_of_somebody_else(reader, client):
    save(reader, "Mine", "q=book")
    view = SavedView.objects.get()
    client.force_login(grant("other", "Reader"))
    assert "Mine" not in client.get(LIST).content.decode()
    assert "Mine" not in client.get(f"{LIST}?view={view.pk}").content.decode()
    assert client.post(VIEWS, {"delete": view.pk}).status_code == 404


def test_sharing_takes_its_permission(reader):
    role = Group.objects.get(name="Reader")
    assert "For everybody" not in reader.get(VIEWS).content.decode()
    save(reader, "Mine", "q=1", shared="on", role=role.pk)
    assert [(view.owner.username, view.role) for view in SavedView.objects.all()] == [("rita", None)]


def test_a_view_in_the_place_of_another_one_says_so(client, books):
    client.force_login(grant("kim", "Keeper"))
    save(client, "By ISBN", "q=1", shared="on", role=Group.objects.get(name="Keeper").pk)
    replaced = SavedView.objects.get().pk
    [said] = save(client, "By ISBN", "q=2", shared="on", replace=replaced).context["messages"]
    assert str(said) == (
        "Replaced the view “By ISBN”, which was there before. "
        "It is not what the list opens with for the role Keeper any more."
    )


def test_a_shared_view_is_everybodys_and_in_the_log(client, books):
    client.force_login(grant("kim", "Keeper"))
    save(client, "By ISBN", "o=2", shared="on")
    operation = Operation.objects.get(kind="view")
    assert (operation.actor_name, operation.subject) == ("kim", "By ISBN")
    assert client.get(f"/admin/backoffice/operation/{operation.pk}/change/").status_code == 200
    client.force_login(grant("rita", "Reader"))
    assert "By ISBN" in links(client.get(LIST))
    assert client.post(VIEWS, {"delete": SavedView.objects.get().pk}).status_code == 403
    client.force_login(grant("kim", "Keeper"))
    page = client.post(VIEWS, {"delete": SavedView.objects.get().pk}).content.decode()
    assert "Delete the view “By ISBN”?" in page
    assert "It is everybody’s." in page
    client.post(VIEWS, {"delete": SavedView.objects.get().pk, "sure": "1"})
    assert not SavedView.objects.exists()
    assert Operation.objects.filter(kind="view").count() == 2


def test_whoever_has_a_role_gets_its_view_first(client, books):
    client.force_login(grant("kim", "Keeper"))
    readers = Group.objects.get(name="Reader")
    save(client, "Ana’s", f"author={books.pk}", role=readers.pk)
    assert titles(client.get(LIST)) == ["Book 0", "Book 1", "Book 2", "Book 3"]
    client.force_login(grant("rita", "Reader"))
    response = client.get(LIST, follow=True)
    assert titles(response) == ["Book 0", "Book 2"]
    everything = response.context["cl"].clear_all
    assert titles(client.get(LIST + everything, follow=True)) == ["Book 0", "Book 1", "Book 2", "Book 3"]
    without = next(iter(client.get(f"{LIST}?author={books.pk}").context["cl"].chips)).query_string
    assert titles(client.get(LIST + without, follow=True)) == ["Book 0", "Book 1", "Book 2", "Book 3"]


def test_ones_own_columns_stay_in_the_view_of_a_role(client, books):
    client.force_login(grant("kim", "Keeper"))
    save(client, "Ana’s", f"author={books.pk}", role=Group.objects.get(name="Reader").pk)
    client.force_login(grant("rita", "Reader"))
    choose(client, "withdrawn_on")
    response = client.get(LIST, follow=True)
    assert (titles(response), heads(response)) == (["Book 0", "Book 2"], ["Title", "Withdrawn on"])


def test_who_takes_the_role_of_another_view_is_told(client, books):
    client.force_login(grant("kim", "Keeper"))
    keepers = Group.objects.get(name="Keeper").pk
    save(client, "By ISBN", "q=1", role=keepers)
    said = [str(message) for message in save(client, "New", "q=2", role=keepers).context["messages"]]
    assert said[-1] == "Saved the view “New”. For the role Keeper the list opened with “By ISBN” before."


def test_a_role_has_one_view_of_a_list_at_a_time(client, books):
    client.force_login(grant("kim", "Keeper"))
    for name in ("First", "Second"):
        save(client, name, role=Group.objects.get(name="Reader").pk)
    assert {view.name: view.role_id is None for view in SavedView.objects.all()} == {
        "First": True,
        "Second": False,
    }


def test_a_view_of_what_somebody_may_not_see_shows_them_nothing_of_it(client, books):
    client.force_login(grant("kim", "Keeper"))
    save(client, "All", "q=book", shared="on")
    client.force_login(grant("rita", "Reader", author=books))
    assert titles(client.get(LIST + links(client.get(LIST))["All"])) == ["Book 0", "Book 2"]
    client.force_login(grant("nobody", "Viewer"))
    assert client.get(VIEWS).status_code == 403
    assert client.post(VIEWS, {"name": "x"}).status_code == 403


def test_a_list_costs_one_query_more_however_many_views_there_are(client, books):
    client.force_login(grant("rita", "Reader"))
    few, _size = queries(client, LIST)
    SavedView.objects.bulk_create(SavedView(model="library.book", name=f"View {n:04}") for n in range(1000))
    many, _size = queries(client, LIST)
    assert [sql for sql in few if "savedview" in sql] == [
        many[[("savedview" in sql) for sql in many].index(True)]
    ]
    assert len(few) == len(many)
    assert len(queries(client, VIEWS)[0]) <= len(many)
