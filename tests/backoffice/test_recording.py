"""The pages of the panel: one operation a POST, by the user who sends it, with "Undo" in its message."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages

from backoffice.models import Operation
from tests.library.models import Author
from tests.scale.forms import posted_from
from tests.sessions import show_who_it_is

pytestmark = pytest.mark.django_db

AUTHORS = "/admin/library/author/"
NO_BOOKS = {"book_set-TOTAL_FORMS": 0, "book_set-INITIAL_FORMS": 0}


@pytest.fixture
def ada():
    return Author.objects.create(name="Ada")


@pytest.fixture
def undo_page(monkeypatch):
    """As if the site had the page that undoes an operation."""
    monkeypatch.setattr(
        "backoffice.admin.undo.undoing.reverse", lambda name, args: f"/{name.split('_')[-1]}/{args[0]}/"
    )


def messages_of(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_an_added_row_is_told_with_its_undo(panel, undo_page):
    response = panel.post(f"{AUTHORS}add/", {"name": "Cleo", **NO_BOOKS})
    line, cleo = Operation.objects.get(), f"{AUTHORS}{Author.objects.get().pk}/change/"
    undo = f'<a href="/undo/{line.pk}/?next={AUTHORS}">Undo</a>'
    assert messages_of(response) == [f'The author “<a href="{cleo}">Cleo</a>” was added successfully. {undo}']


@pytest.mark.parametrize("button", ["_save", "_continue", "_addanother"])
def test_a_changed_row_is_told_with_its_undo(panel, undo_page, ada, button):
    url = f"{AUTHORS}{ada.pk}/change/"
    shown = posted_from(panel.get(url).content.decode(), "name")
    [message] = messages_of(panel.post(url, {**shown, "name": "Ada L.", button: "1"}))
    place = "" if button == "_continue" else f"?next={AUTHORS}"
    assert message.endswith(f'<a href="/undo/{Operation.objects.first().pk}/{place}">Undo</a>')


def test_where_nothing_changed_there_is_nothing_to_undo(panel, undo_page, ada):
    response = panel.post(f"{AUTHORS}{ada.pk}/change/", {"name": "Ada", **NO_BOOKS})
    [message] = messages_of(response)
    assert "Undo" not in message


def test_a_deleted_row_is_told_with_its_undo(panel, undo_page, ada):
    page = panel.get(f"{AUTHORS}{ada.pk}/delete/")
    response = panel.post(f"{AUTHORS}{ada.pk}/delete/", {"previewed": page.context["page"].fingerprint})
    url = f"/undo/{Operation.objects.first().pk}/?next={AUTHORS}"
    assert messages_of(response) == [f'Deleted Ada. <a href="{url}">Undo</a>']


@pytest.mark.parametrize("held", ["add", "delete"])
def test_what_one_added_oneself_is_taken_back_also_by_who_may_not_delete(client, held):
    clerk, other = (User.objects.create_user(name, is_staff=True) for name in ("clerk", "other"))
    names = ["view_author", "add_author", f"{held}_author"]
    for user in (clerk, other):
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(clerk)
    response = client.post(f"{AUTHORS}add/", {"name": "Cleo", **NO_BOOKS})
    assert "Undo</a>" in messages_of(response)[0]
    url = f"/admin/backoffice/operation/{Operation.objects.first().pk}/undo/"
    client.force_login(other)
    assert client.get(url).status_code == 403
    client.force_login(clerk)
    client.post(url)
    assert not Author.objects.filter(name="Cleo").exists()


def test_who_may_only_change_is_offered_to_undo_a_change(client, ada):
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_author", "change_author"]))
    client.force_login(clerk)
    url = f"{AUTHORS}{ada.pk}/change/"
    shown = posted_from(client.get(url).content.decode(), "name")
    response = client.post(url, {**shown, "name": "Ada L."})
    assert "Undo</a>" in messages_of(response)[0]


def test_who_may_delete_and_not_add_is_offered_no_undo_of_a_deletion(client, ada):
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_author", "delete_author"]))
    client.force_login(clerk)
    page = client.get(f"{AUTHORS}{ada.pk}/delete/")
    response = client.post(f"{AUTHORS}{ada.pk}/delete/", {"previewed": page.context["page"].fingerprint})
    assert messages_of(response) == ["Deleted Ada."]


def test_a_change_is_said_why_and_the_words_stay_in_a_form_that_comes_back(panel, ada):
    url = f"{AUTHORS}{ada.pk}/change/"
    why = {**NO_BOOKS, "operation_reason": "Married"}
    page = panel.post(url, {**why, "name": ""}).content.decode()
    assert 'name="operation_reason" value="Married"' in page
    panel.post(url, {**why, "name": "Ada L."})
    assert Operation.objects.first().reason == "Married"


def test_a_name_is_no_markup_in_a_message(panel, undo_page):
    response = panel.post(f"{AUTHORS}add/", {"name": "<b>Cleo</b>", **NO_BOOKS})
    assert "<b>" not in messages_of(response)[0]


def test_a_row_added_in_a_popup_is_an_operation(panel, hr):
    panel.post(f"{AUTHORS}add/", {"name": "Cleo", "_popup": "1", **NO_BOOKS})
    assert (Operation.objects.get().kind, Operation.objects.get().actor) == ("add", hr)


def test_who_may_not_change_leaves_no_line(client, ada):
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_author"))
    client.force_login(reader)
    before = Operation.objects.count()
    assert client.post(f"{AUTHORS}{ada.pk}/change/", {"name": "X", **NO_BOOKS}).status_code == 403
    assert Operation.objects.count() == before


def test_looking_at_a_form_writes_nothing(panel, ada):
    panel.get(f"{AUTHORS}{ada.pk}/change/")
    panel.get(AUTHORS)
    assert Operation.objects.count() == 1


def test_djangos_log_keeps_only_what_has_no_record(panel, hr, ada):
    panel.post(f"{AUTHORS}{ada.pk}/change/", {"name": "Ada L.", **NO_BOOKS})
    assert not LogEntry.objects.exists()
    show_who_it_is(panel).post("/admin/auth/group/add/", {"name": "Librarians"})
    assert LogEntry.objects.get().object_repr == "Librarians"
    assert Operation.objects.count() == 3
