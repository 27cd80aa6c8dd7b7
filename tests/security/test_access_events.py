"""Who looked at whom: events of reads, the auditor's list and page, retention."""

import datetime

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice.models import AccessEvent, Operation
from backoffice.operations import operation
from backoffice.privacy import holds
from backoffice.security import reads
from tests.growth import queries
from tests.library.models import Author

LIST = "/admin/backoffice/accessevent/"
LOG = "/admin/backoffice/operation/log.csv"


@pytest.fixture
def ada(db):
    return Author.objects.create(name="Ada Lovelace")


def page(author, name):
    return f"/admin/library/author/{author.pk}/{name}/"


def noted():
    return list(AccessEvent.objects.order_by("pk").values_list("what", "model", "row", "number", "filters"))


def look(author, number, **facts):
    AccessEvent.objects.bulk_create(
        AccessEvent(what="page", model="library.Author", row=str(author.pk), **facts) for _ in range(number)
    )


@pytest.mark.parametrize(("name", "what"), [("change", "page"), ("history", "history"), ("delete", "page")])
def test_a_page_of_a_row_is_noted_down_by_one_insert(panel, ada, hr, name, what):
    panel.get(page(ada, name))
    with CaptureQueriesContext(connection) as captured:
        panel.get(page(ada, name))
    assert sum("INSERT INTO" in query["sql"] for query in captured.captured_queries) == 1
    assert noted() == [(what, "library.Author", str(ada.pk), 1, "")] * 2
    assert AccessEvent.objects.first().actor == hr


def test_lists_forms_saved_and_pages_that_are_not_there_are_not_noted_down(panel, ada):
    panel.get("/admin/library/author/")
    panel.get("/admin/library/author/add/")
    none = {"book_set-TOTAL_FORMS": 0, "book_set-INITIAL_FORMS": 0}
    assert panel.post(page(ada, "change"), {"name": "Ada", **none}).status_code == 302
    panel.get("/admin/library/author/999/change/")
    assert noted() == []


def test_a_form_that_comes_back_is_noted_down(panel, ada):
    """Whoever posts half a form, without having seen it, is shown what is stored."""
    assert panel.post(page(ada, "change"), {"name": ""}).status_code == 200
    assert noted() == [("page", "library.Author", str(ada.pk), 1, "")]


def test_whom_the_page_of_an_operation_shows_is_noted_down(panel, ada):
    with operation() as it:
        Author.objects.create(name="Bo")
        Author.objects.update(name="Cy")
    panel.get(f"/admin/backoffice/operation/{it.operation.pk}/change/")
    rows = Author.objects.order_by("pk").values_list("pk", flat=True)
    assert noted() == [("history", "library.Author", str(key), 1, "") for key in rows]


def test_whom_the_page_of_an_import_shows_is_noted_down(panel, ada, tmp_path, settings):
    settings.IMPORT_FOLDER = tmp_path
    file = SimpleUploadedFile("a.csv", b"name\nAda Lovelace\nBo\n")
    url = panel.post("/admin/library/author/import/", {"file": file})["Location"]
    panel.post(url, {"stage": "preview"})
    assert noted() == []
    panel.get(url)
    assert noted() == [("page", "library.Author", str(ada.pk), 1, "")]


def test_a_row_named_by_another_field_is_noted_down_by_its_key(panel, ada):
    panel.get(page(ada, "change") + "?_to_field=id")
    assert noted() == [("page", "library.Author", str(ada.pk), 1, "")]


@pytest.mark.parametrize("field", ["mentor", "name", "Xanthippe", ""])
@pytest.mark.parametrize("name", ["change", "history", "delete"])
def test_a_row_is_noted_down_as_itself_whatever_field_the_address_names(panel, ada, name, field):
    Author.objects.create(name=str(ada.pk), mentor=ada)
    panel.get(page(ada, name), {"_to_field": field})
    shown = name == "history" or not field
    assert [row for _what, _model, row, *_more in noted()] == [str(ada.pk)] * shown


def test_a_form_that_comes_back_is_noted_down_as_the_row_that_it_was_sent_for(panel, ada):
    Author.objects.create(name="Bo", mentor=ada)
    panel.post(page(ada, "change") + "?_to_field=mentor", {"name": "", "_to_field": "id"})
    assert [row for _what, _model, row, *_more in noted()] == [str(ada.pk)]


def test_a_file_is_one_event_with_its_number_and_what_it_was_made_of(panel, ada):
    line = Operation.objects.first()
    panel.get(f"/admin/backoffice/operation/{line.pk}/rows.csv")
    assert noted() == [("operation_rows", "library.Author", str(ada.pk), 1, f"operation={line.pk}")]


def test_a_large_file_of_an_operation_is_found_by_whom_it_holds(panel, ada, monkeypatch):
    monkeypatch.setattr(reads, "MOST_ROWS", 1)
    bo = Author.objects.create(name="Bo")
    with operation() as it:
        Author.objects.filter(pk__in=[ada.pk, bo.pk]).update(name="Cy")
    other = Author.objects.create(name="Dora")
    key = it.operation.pk
    panel.get(f"/admin/backoffice/operation/{key}/rows.csv")
    assert noted() == [("operation_rows", "library.Author", "", 2, f"operation={key}")]
    look(other, 1)
    AccessEvent.objects.create(
        what="operation_rows", model="library.Author", number=9, filters=f"operation={key} part"
    )
    for row, whats in ((ada, ["operation_rows"]), (other, ["page"])):
        shown = panel.get(page(row, "readers")).context["page"]
        assert [event.what for event, _who, _number in shown.events] == whats
        listed = panel.get(LIST, {"row": f"library.Author:{row.pk}"}).context["cl"].result_list
        assert [event.what for event in listed] == whats


def test_whom_the_file_of_the_log_names_is_noted_down(panel, ada, hr):
    bo = Author.objects.create(name="Bo")
    holds.place(bo, actor=hr, reason="A dispute")
    panel.get(f"{LOG}?kind=hold")
    assert noted()[1:] == [("operation_rows", "library.Author", str(bo.pk), 1, "")]
    panel.get(f"{LOG}?kind=add")
    assert [row for _what, model, row, *_more in noted()[2:] if model == "library.Author"] == [
        str(ada.pk),
        str(bo.pk),
    ]


@pytest.mark.parametrize("is_known", [True, False])
def test_a_file_of_the_log_that_may_name_anybody_is_found_with_everybody(panel, ada, monkeypatch, is_known):
    if is_known:
        monkeypatch.setattr("backoffice.admin.log.file.MOST_LOOKED_AT", 1)
    else:
        call_command("expire_operations", days=0)
    panel.get(LOG)
    [(event, _who, _number)] = panel.get(page(ada, "readers")).context["page"].files
    assert (event.what, event.number) == ("operation_rows", 1)


def test_a_number_that_was_searched_for_is_not_kept(rf):
    assert reads.chosen_by(rf.get("/?q=7788991&status=3")) == "q status=3"


def test_filters_are_kept_without_what_people_typed(rf, hr):
    request = rf.get("/?q=Ada+Lovelace&author=5&published_on__from=2026-01-01&name=Ada&_popup=1")
    assert reads.chosen_by(request) == "q author=5 published_on__from=2026-01-01 name"


def test_some_rows_are_named_and_very_many_are_counted(rf, hr):
    request = rf.get("/")
    request.user = hr
    reads.record_read(request, Author, range(3), "export")
    reads.record_read(request, Author, range(2_000), "export")
    assert [(row, number) for _, _, row, number, _ in noted()] == [("0", 1), ("1", 1), ("2", 1), ("", 2_000)]


def test_what_cannot_be_noted_down_is_told_and_a_page_is_shown_but_no_file_sent(
    panel, ada, events, monkeypatch
):
    from django.db import OperationalError

    def fails(*args, **kwargs):
        raise OperationalError("database is locked")

    monkeypatch.setattr(AccessEvent.objects, "bulk_create", fails)
    assert panel.get(page(ada, "change")).status_code == 200
    assert events[0]["event"].startswith("sys_audit_fail")
    refused = panel.get("/admin/backoffice/operation/log.csv")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert "The file was not sent" in refused.content.decode()


def test_who_looked_at_somebody_is_a_page_of_its_own(panel, ada, hr):
    look(Author.objects.create(name="Bo"), 1)
    panel.get(page(ada, "history"))
    shown = panel.get(page(ada, "readers"))
    assert [(event.what, who) for event, who, _ in shown.context["page"].events] == [("history", "hr")]
    assert "Who looked at Ada Lovelace" in shown.content.decode()
    assert page(ada, "readers") in panel.get(page(ada, "change")).content.decode()


def test_the_list_names_whom_one_sees_and_says_what_was_done(panel, client, ada, django_user_model):
    look(ada, 1)
    look(Author(pk=999), 1)
    shown = panel.get(LIST).content.decode()
    assert f'<a href="{page(ada, "readers")}">Ada Lovelace</a>' in shown
    assert "Author 999" in shown
    assert "Opened a page" in shown
    user = django_user_model.objects.create_user("auditor", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_accessevent"))
    client.force_login(user)
    shown = client.get(LIST).content.decode()
    assert f"Author {ada.pk}" in shown
    assert "Ada Lovelace" not in shown


def test_files_that_may_hold_somebody_are_named_beside(panel, ada):
    AccessEvent.objects.create(what="export", model="library.Author", number=1204, filters="mentor=5")
    shown = panel.get(page(ada, "readers")).content.decode()
    assert "1,204" in shown
    assert "mentor=5" in shown


def test_what_is_not_known_to_be_a_file_is_not_named_as_one(panel, ada):
    """A purge leaves that somebody looked at a page, not at whom."""
    AccessEvent.objects.create(what="page", model="library.Author")
    assert panel.get(page(ada, "readers")).context["page"].files == []


def test_an_account_that_is_gone_stays_as_a_number(panel, ada, django_user_model):
    bo = django_user_model.objects.create_user("bo")
    key = bo.pk
    look(ada, 1, actor=bo)
    bo.delete()
    assert f"Account {key}" in panel.get(page(ada, "readers")).content.decode()
    assert f"Account {key}" in panel.get(LIST).content.decode()


@pytest.mark.parametrize("path", [LIST, "readers"])
def test_it_takes_the_permission_to_see_events(client, ada, django_user_model, path):
    user = django_user_model.objects.create_user("auditor", is_staff=True)
    path = path if path == LIST else page(ada, path)
    user.user_permissions.add(Permission.objects.get(codename="view_author"))
    client.force_login(user)
    assert client.get(path).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_accessevent"))
    assert client.get(path).status_code == 200


def test_nobody_writes_events_by_hand(panel, ada):
    look(ada, 1)
    key = AccessEvent.objects.get().pk
    assert panel.get(f"{LIST}add/").status_code == 403
    assert panel.post(f"{LIST}{key}/delete/", {"post": "yes"}).status_code == 403
    assert panel.get(f"{LIST}{key}/change/").status_code == 302
    assert AccessEvent.objects.count() == 1


def test_who_looked_at_somebody_who_was_deleted_is_listed(panel, ada):
    look(ada, 2)
    readers, history = page(ada, "readers"), page(ada, "history")
    ada.delete()
    assert readers in panel.get(history).content.decode()
    listed = panel.get(f"{readers}", follow=True)
    assert [event.what for event in listed.context["cl"].result_list] == ["history", "page", "page"]


def test_a_list_without_a_search_names_none(panel, ada):
    assert panel.get(f"{LIST}?q=30").context["cl"].chips == []


def test_a_row_that_is_not_there_has_no_page_of_readers(panel, ada):
    assert panel.get("/admin/library/author/999/readers/").status_code == 404


def test_the_list_is_narrowed_by_who_what_day_and_row(panel, ada, hr):
    look(ada, 2, actor=hr)
    AccessEvent.objects.create(what="export", model="library.Author", number=9)
    today = timezone.localdate().isoformat()
    for query, number in {
        "what=export": 1,
        f"actor={hr.pk}": 2,
        f"at__from={today}": 3,
        "at__to=2020-01-01": 0,
        f"row=library.Author:{ada.pk}": 2,
        "row=library.Author:999": 0,
        f"of-library.author={ada.pk}": 2,
        "of-library.author=999": 0,
    }.items():
        assert len(panel.get(f"{LIST}?{query}").context["cl"].result_list) == number, query


@pytest.mark.parametrize("name", ["readers", ""])
def test_it_costs_the_same_for_many_events(panel, ada, hr, name):
    path = page(ada, name) if name else LIST
    look(ada, 5, actor=hr)
    few, small = queries(panel, path)
    look(ada, 5_000, actor=hr)
    many, large = queries(panel, path)
    assert len(few) == len(many)
    assert large < small * 8


def test_old_events_go_and_recent_ones_stay(ada, capsys, monkeypatch):
    monkeypatch.setattr(reads, "BATCH", 4)
    look(ada, 10)
    look(ada, 10, at=timezone.now() - datetime.timedelta(days=400))
    call_command("expire_access_events")
    assert AccessEvent.objects.count() == 10
    assert "Removed 10 access events." in capsys.readouterr().out
