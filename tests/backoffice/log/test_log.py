"""The log of operations, an operation's page with its rows, and the file of all of them."""

import datetime

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice.admin.log.seen import found_by
from backoffice.models import Operation
from backoffice.operations import operation, update
from backoffice.security.locks import housekeeping
from backoffice.serving import zones
from tests.growth import queries
from tests.library.models import Author, Book, Chapter

pytestmark = pytest.mark.django_db

LOG = "/admin/backoffice/operation/"


@pytest.fixture
def author():
    return Author.objects.create(name="Ada")


@pytest.fixture
def books(author):
    return Book.objects.bulk_create([Book(title=f"Book {n}", author=author, isbn=f"{n}") for n in range(3)])


@pytest.fixture
def clerk(client, django_user_model):
    """A browser of somebody who may look at the log and at authors, and do nothing."""
    user = django_user_model.objects.create_user("clerk", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_operation", "view_author"]))
    client.force_login(user)
    return client


def last():
    return Operation.objects.first()


def page(panel, url):
    response = panel.get(url)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def names(panel, query):
    return [str(line) for line in panel.get(LOG + query).context["cl"].result_list]


def test_the_log_says_what_who_and_how_much(panel, hr, author, books):
    with operation("hand_over", actor=hr, reason="Merger"):
        Book.objects.update(author=Author.objects.create(name="Bea"))
    text = page(panel, LOG)
    assert "Hand over" in text
    assert "1 author added, 3 books changed" in text
    assert "Merger" in text
    assert ">hr<" in text


def offered(panel, model, field, term):
    asked = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field}
    return [
        (row["id"], row["text"])
        for row in panel.get(f"{LOG}choices/", {**asked, "term": term}).json()["results"]
    ]


def test_the_name_of_somebody_who_is_gone_stays(panel, django_user_model):
    gone = django_user_model.objects.create_user("gone", first_name="Élodie", last_name="Noir")
    for name in ("Ada", "Bea"):
        with operation(actor=gone):
            Author.objects.create(name=name)
    gone.delete()
    assert ">Élodie Noir<" in page(panel, LOG)
    assert offered(panel, Operation, "actor", "elo") == [("name:Élodie Noir", "Élodie Noir (gone)")]
    assert offered(panel, Operation, "actor", "noi elo x") == []
    assert names(panel, "?actor=name:Élodie Noir") == ["add Bea", "add Ada"]
    assert "Actor: Élodie Noir (gone)" in page(panel, f"{LOG}?actor=name:Élodie Noir")


def test_what_was_done_to_a_row_that_is_gone_is_found_by_typing_its_name(
    panel, clerk, author, books, django_user_model
):
    Author.objects.create(name="Adam")
    key = author.pk
    author.delete()
    row = Author.history_model
    found = offered(clerk, row, "row", "ada")
    assert [text for _key, text in found] == ["Adam", "Ada (gone)"]
    asked = {"app_label": "library", "model_name": "bookhistory", "field_name": "row", "term": "book"}
    assert clerk.get(f"{LOG}choices/", asked).status_code == 403
    assert names(clerk, f"?of-library.author={key}") == ["delete", "add Ada"]
    clerk_account = django_user_model.objects.get(username="clerk")
    clerk_account.user_permissions.add(Permission.objects.get(codename="view_book"))  # which went along
    assert names(clerk, f"?of-library.author={key}") == ["delete Ada", "add Ada"]
    text = page(clerk, f"{LOG}?of-library.author={key}")
    assert f'<option value="{key}" selected>Ada (gone)</option>' in text


def test_the_log_is_filtered_by_each_of_its_facts(panel, hr, author, books):
    with operation("hand_over", actor=hr):
        Book.objects.update(title="Same")
    assert len(names(panel, "")) == 3
    assert len(names(panel, "?kind=hand_over")) == 1
    assert len(names(panel, f"?actor={hr.pk}")) == 1
    assert len(names(panel, "?number=one")) == 1
    assert len(names(panel, "?number=one&number=few")) == 3
    assert names(panel, "?state=undone") == []
    assert len(names(panel, f"?row=library.Book:{books[0].pk}")) == 2
    assert len(names(panel, "?q=ada")) == 1


def test_the_log_of_one_row_is_found_by_typing_its_name(panel, author, books):
    Author.objects.create(name="Bea")
    text = page(panel, f"{LOG}?of-library.author={author.pk}")
    assert 'name="of-library.author"' in text
    assert f'<option value="{author.pk}" selected>Ada</option>' in text
    assert names(panel, f"?of-library.author={author.pk}") == ["add Ada"]


def test_the_log_is_a_file_of_what_the_filters_leave(panel, hr, author, books):
    with operation("hand_over", actor=hr, reason="=1+1"):
        Book.objects.update(title="Same")
    assert "log.csv?kind=hand_over" in page(panel, f"{LOG}?kind=hand_over")
    lines = b"".join(panel.get(f"{LOG}log.csv?kind=hand_over").streaming_content).decode().splitlines()
    assert len(lines) == 2
    assert "Hand over" in lines[1]
    assert ",hr," in lines[1]
    assert "'=1+1" in lines[1]
    assert "3 books changed" in lines[1]
    panel.cookies[zones.COOKIE] = "Asia/Tokyo"
    assert b"+09:00," in b"".join(panel.get(f"{LOG}log.csv?kind=hand_over").streaming_content)


def test_the_file_of_the_log_is_closed_to_those_without_permission(client, django_user_model, author):
    client.force_login(django_user_model.objects.create_user("x", is_staff=True))
    assert client.get(f"{LOG}log.csv").status_code == 403


def test_the_file_of_the_log_asks_as_much_for_many_as_for_few(panel, author):
    def ask():
        with CaptureQueriesContext(connection) as captured:
            b"".join(panel.get(f"{LOG}log.csv").streaming_content)
        return len(captured)

    few = [ask(), ask()][1]
    for number in range(50):
        Author.objects.create(name=f"Author {number}")
    assert ask() == few


def test_each_line_that_can_be_undone_has_its_way_back(panel, author, books):
    kept, gone = Operation.objects.order_by("pk")
    with housekeeping():
        Operation.objects.filter(pk=gone.pk).update(expired_at=timezone.now())
    text = page(panel, LOG)
    assert f'href="{LOG}{kept.pk}/undo/" aria-label="Undo “Addition: Ada”">Undo</a>' in text
    assert f"{gone.pk}/undo/" not in text
    with housekeeping():
        Operation.objects.filter(pk=kept.pk).update(state="undone")
    assert "undo/" not in page(panel, LOG)


def test_who_may_not_take_an_operation_back_is_offered_no_undo(clerk, author):
    assert "undo/" not in page(clerk, LOG)
    assert "undo/" not in page(clerk, f"{LOG}{last().pk}/change/")


def test_an_operation_that_expired_says_so_and_offers_nothing(panel, author):
    with housekeeping():
        Operation.objects.update(expired_at=timezone.now())
    assert "Applied, expired on " in page(panel, LOG)
    text = page(panel, f"{LOG}{last().pk}/change/")
    assert "Applied, expired on " in text
    assert "not kept any more" in text
    assert 'type="search"' not in text
    assert "rows.csv" not in text
    assert panel.get(f"{LOG}{last().pk}/rows.csv").status_code == 404


def test_a_day_beyond_the_calendar_is_no_error(panel, author):
    assert (
        panel.get(f"{LOG}?from=9999-12-31").status_code == 302
    )  # to the list, as for any parameter that is none


def test_one_jumps_to_a_day_in_the_log(panel, author):
    today = timezone.localdate()
    assert len(names(panel, f"?from={today}")) == 1
    assert names(panel, f"?from={today - datetime.timedelta(days=1)}") == []
    assert len(names(panel, f"?o=0&from={today}")) == 1


def test_the_log_is_filtered_by_whole_days(panel, author):
    today = timezone.localdate()
    tomorrow = today + datetime.timedelta(days=1)
    assert len(names(panel, f"?at__from={today}&at__to={today}")) == 1
    assert names(panel, f"?at__from={tomorrow}") == []


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_the_first_and_the_last_day_of_the_calendar_bound_nothing(panel, author, zone):
    panel.cookies[zones.COOKIE] = zone
    days = "?at__from=0001-01-01&at__to=9999-12-31"
    assert len(names(panel, days)) == 1
    assert panel.get(f"{LOG}log.csv{days}").status_code == 200
    assert panel.get(f"{LOG}?o=0&from=0001-01-01").status_code in (200, 302)


@pytest.mark.parametrize(
    "query", ["?row=nonsense", "?row=auth.Permission:1", "?of-library.author=x", "?kind=nothing", "?number=7"]
)
def test_a_filter_that_means_nothing_is_left_out(panel, author, query):
    assert panel.get(LOG + query).status_code == 302


@pytest.mark.parametrize("path", ["add/", "{pk}/delete/"])
def test_nobody_writes_the_log_in_the_panel(panel, author, path):
    assert panel.get(LOG + path.format(pk=last().pk)).status_code == 403
    assert panel.post(LOG + path.format(pk=last().pk)).status_code == 403


def test_a_post_to_an_operation_changes_nothing(panel, author):
    panel.post(f"{LOG}{last().pk}/change/", {"kind": "forged"})
    assert last().kind == "add"


def test_an_operation_shows_each_row_from_old_to_new(panel, author, books):
    update(Book.objects.all(), {"author": Author.objects.create(name="Bea")}, actor=None, kind="hand_over")
    text = page(panel, f"{LOG}{last().pk}/change/")
    assert text.count("<del>Ada</del>") == 3
    assert text.count("<ins>Bea</ins>") == 3


def test_a_relation_to_a_row_that_is_gone_keeps_its_name(panel, author, books):
    author.delete()
    text = page(panel, f"{LOG}{last().pk}/change/?model=library.Book")
    assert text.count("Ada (gone)") == 3


def test_several_steps_on_a_row_are_one_change(panel, author):
    with operation("rename"):
        Author.objects.update(name="Bea")
        Author.objects.update(name="Cleo")
    text = page(panel, f"{LOG}{last().pk}/change/")
    assert "<del>Ada</del>" in text
    assert "<ins>Cleo</ins>" in text
    assert "Bea" not in text


def test_the_rows_of_an_operation_are_paged_by_key_and_searched(panel, author):
    Book.objects.bulk_create(Book(title=f"Book {n}", author=author) for n in range(120))
    url = f"{LOG}{last().pk}/change/"
    rows = panel.get(url).context["page"].rows
    second = panel.get(url + rows.links["next"]).context["page"].rows
    third = panel.get(url + second.links["next"]).context["page"].rows
    assert [len(part.lines) for part in (rows, second, third)] == [50, 50, 20]
    assert panel.get(url + third.links["previous"]).context["page"].rows.lines == second.lines
    found = panel.get(f"{url}?q=book 117").context["page"].rows.lines
    assert [line.name for line in found] == ["Book 117"]


def test_a_row_is_found_by_its_old_and_by_its_new_name(panel, author):
    Author.objects.update(name="Bea")
    url = f"{LOG}{last().pk}/change/"
    assert [len(panel.get(f"{url}?q={q}").context["page"].rows.lines) for q in ("ada", "bea", "x")] == [
        1,
        1,
        0,
    ]


def test_all_rows_are_a_file(panel, author, books):
    Book.objects.filter(pk=books[0].pk).update(title="=HYPERLINK(1)")
    with operation():
        Book.objects.update(withdrawn_on="2026-01-02")
    response = panel.get(f"{LOG}{last().pk}/rows.csv?model=library.Book")
    lines = response.getvalue().decode().splitlines()
    assert len(lines) == 4
    assert "Withdrawn on after" in lines[0]
    assert ",'=HYPERLINK(1)," in lines[1]


def test_rows_of_models_that_somebody_may_not_see_are_hidden(clerk, author, books):
    author.delete()
    url = f"{LOG}{last().pk}/"
    text = page(clerk, f"{url}change/")
    assert "You may not see the books of this operation." in text
    assert "Book 1" not in text.split("bo-facts")[1]
    assert clerk.get(f"{url}change/?model=library.Book").status_code == 404
    assert clerk.get(f"{url}rows.csv?model=library.Book").status_code == 404
    assert names(clerk, f"?row=library.Book:{books[0].pk}") == []


@pytest.mark.parametrize(
    "path",
    [
        LOG,
        LOG + "choices/",
        LOG + "{pk}/change/",
        LOG + "{pk}/rows.csv",
        LOG + "{pk}/undo/",
        "/admin/deleted/",
    ],
)
def test_the_log_is_closed_to_those_without_permission(client, django_user_model, author, path):
    client.force_login(django_user_model.objects.create_user("eve", is_staff=True))
    assert client.get(path.format(pk=last().pk)).status_code == 403


def test_whoever_did_it_sees_and_undoes_it_without_seeing_the_log(client, django_user_model, monkeypatch):
    monkeypatch.setattr("backoffice.admin.log.recent.PER_PAGE", 1)
    eve = django_user_model.objects.create_user("eve", is_staff=True)
    eve.user_permissions.add(*Permission.objects.filter(codename__in=["view_author", "change_author"]))
    client.force_login(eve)
    found = Author.objects.bulk_create([Author(name="Ida"), Author(name="Ana")])
    for one, name in zip(found, ("Ina", "Ani"), strict=True):
        with operation("edit", actor=eve):
            Author.objects.filter(pk=one.pk).update(name=name)
    url = f"{LOG}{last().pk}/change/"
    assert f'href="{LOG}mine/"' in page(client, "/admin/")
    newest, older = page(client, f"{LOG}mine/"), page(client, f"{LOG}mine/?before={last().pk}")
    assert (url in newest, url in older) == (True, False)
    assert f'href="?before={last().pk}"' in newest
    text = page(client, url)
    assert "Ana" in text
    assert f'href="{LOG}{last().pk}/undo/"' in text
    assert "rows.csv" not in text
    assert f'href="{LOG}"' not in text
    done = client.post(f"{LOG}{last().pk}/undo/")
    assert client.get(done.url).status_code == 200
    assert Author.objects.filter(name="Ana").exists()


def test_an_operation_that_is_not_there_is_said_so(panel):
    assert panel.get(f"{LOG}7/change/").status_code == 302
    assert panel.get(f"{LOG}7/rows.csv").status_code == 404
    assert panel.get(f"{LOG}7/undo/").status_code == 404


def test_the_menu_leads_to_the_log_and_to_what_was_deleted(panel):
    text = page(panel, "/admin/")
    assert f'href="{LOG}"' in text
    assert 'href="/admin/deleted/"' in text


@pytest.mark.parametrize(
    "path",
    ["", "{pk}/change/", "{pk}/change/?model=library.Book&q=book", "{pk}/change/?model=library.Chapter"],
)
def test_the_log_asks_as_much_for_many_as_for_few(panel, path):
    seen = []
    for number in (55, 120):  # more than a page, so that there is something to count
        authors = Author.objects.bulk_create(Author(name=f"Author {n}") for n in range(number))
        books = Book.objects.bulk_create(Book(title=f"Book {n}", author=authors[n]) for n in range(number))
        Chapter.objects.bulk_create(Chapter(title=f"Chapter {n}", book=books[n]) for n in range(number))
        Author.objects.filter(pk__in=[author.pk for author in authors]).delete()
        seen.append(len(queries(panel, LOG + path.format(pk=last().pk))[0]))
    assert seen[0] == seen[1]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="Says whether a search reads its index.")
def test_who_is_not_told_of_all_rows_searches_the_log_by_its_index_too(rf, django_user_model, author, books):
    request = rf.get(LOG)
    request.user = django_user_model.objects.create_user("clerk", is_staff=True)
    request.user.user_permissions.set(Permission.objects.filter(codename="view_author"))
    found = found_by(request, Operation.objects.all(), "ada")
    assert "SEARCH backoffice_operation USING INTEGER PRIMARY KEY" in found.explain()
    assert [line.subject for line in found] == ["Ada"]
