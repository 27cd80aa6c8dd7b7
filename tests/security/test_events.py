"""Security events: one JSON line each, in the words of OWASP, without personal data."""

import json
import logging

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import transaction

from backoffice.models import AccessEvent, Operation
from backoffice.operations.current import command
from backoffice.operations.undo import undo
from backoffice.privacy import holds
from backoffice.security.events import event, logger
from organization.models import Department, Employee
from tests.library.models import Author, Book

PASSWORD = "a long enough password"


@pytest.fixture
def lines():
    """The lines as they are written."""
    found = []

    class Handler(type(logger.handlers[0])):
        def emit(self, record):
            found.append(self.format(record))

    handler = Handler()
    handler.setFormatter(logger.handlers[0].formatter)
    logger.addHandler(handler)
    yield found
    logger.removeHandler(handler)


def codes(events):
    return [line["event"] for line in events]


def sign_in(client, name, password):
    return client.post("/account/login/", {"login": name, "password": password})


def test_a_line_is_one_line_whatever_the_facts_hold(lines):
    event("sensitive_read", user=7, what='x\r\n{"event": "authn_login_success:1"}\x1b[31m\u2028\x85')
    [line] = lines
    assert line.isprintable()
    assert line.isascii()
    assert json.loads(line)["event"] == "sensitive_read:7"


def test_an_event_says_when_in_utc_what_who_and_where(panel, hr, events, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    panel.get("/admin/library/author/999/change/")
    panel.get("/admin/backoffice/operation/999/undo/", headers={"X-Request-ID": "abc"})
    [line] = events
    assert line.pop("datetime").endswith("Z")
    assert line == {
        "appid": "backoffice",
        "event": f"authz_fail:{hr.pk}",
        "level": "WARN",
        "user": hr.pk,
        "method": "GET",
        "page": "admin:backoffice_operation_undo",
        "pk": 999,
        "request_id": "abc",
        "status": 404,
        "reason": "row",
    }


def test_signing_in_and_out_and_failing_are_events_without_a_name(client, hr, events):
    sign_in(client, "hr", "wrong")
    sign_in(client, "my secret password", PASSWORD)
    sign_in(client, "hr", PASSWORD)
    client.post("/admin/logout/")
    assert codes(events) == [
        f"authn_login_fail:{hr.pk}",
        "authn_login_fail",
        f"authn_login_success:{hr.pk}",
        f"session_expired:{hr.pk}",
    ]
    assert "secret" not in json.dumps(events)


@pytest.mark.django_db
def test_a_page_that_is_refused_is_an_event(client, django_user_model, events):
    nobody = django_user_model.objects.create_user("nobody", password=PASSWORD, is_staff=True)
    client.force_login(nobody)
    events.clear()
    client.get("/admin/library/author/")
    assert [(line["event"], line["status"], line["page"]) for line in events] == [
        (f"authz_fail:{nobody.pk}", 403, "admin:library_author_changelist")
    ]


def test_a_forged_form_is_an_event_of_its_own(hr, events):
    from django.test import Client

    forger = Client(enforce_csrf_checks=True)
    forger.force_login(hr)
    forger.post("/admin/library/author/add/", {"name": "Ada"})
    assert events[-1]["reason"] == "csrf"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("library/book/?author__name__startswith=A&author__books__isbn=1", "lookup"),
        ("library/author/?_to_field=name", "lookup"),
    ],
)
def test_a_lookup_that_is_forbidden_is_an_event(panel, hr, events, path, reason):
    assert panel.get(f"/admin/{path}").status_code == 400
    assert [(line["event"], line["status"], line["reason"]) for line in events] == [
        (f"authz_fail:{hr.pk}", 400, reason)
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["_to_field=Xanthippe", "Xanthippe__name=1"])
def test_what_is_typed_into_an_address_is_in_no_line(panel, query):
    said = []
    handler = logging.Handler()
    handler.emit = said.append
    logging.getLogger("django").addHandler(handler)
    try:
        assert panel.get(f"/admin/library/author/?{query}").status_code in (302, 400)
    finally:
        logging.getLogger("django").removeHandler(handler)
    assert not [line for line in said if "Xanthippe" in line.getMessage()]


def test_accounts_flags_and_roles_that_change_are_events(django_user_model, events):
    user = django_user_model.objects.create_user("bo", password=PASSWORD)
    user.is_superuser = True
    user.save()
    user.set_password("another long password")
    user.save()
    user.email = "bo@example.com"
    user.save()
    group = Group.objects.create(name="Viewers")
    group.permissions.add(Permission.objects.first())
    user.groups.set([group])
    user.groups.clear()
    key = user.pk
    user.delete()
    assert codes(events) == [
        "user_created",
        "privilege_permissions_changed",
        "authn_password_change",
        "user_updated",
        "authz_change",
        "authz_change",
        "authz_change",
        "user_deleted",
    ]
    assert (events[1]["account"], events[1]["is_superuser"]) == (key, True)
    assert (events[3]["account"], events[3]["changed"]) == (key, ["email"])
    assert (events[4]["what"], events[5]["change"], events[6]["change"]) == (
        "auth.group_permissions",
        "added",
        "cleared",
    )
    assert not {"bo", "bo@example.com"} & {str(value) for line in events for value in line.values()}


@pytest.mark.django_db(transaction=True)
def test_what_is_deleted_undone_or_changed_in_bulk_is_an_event_once_it_is_settled(events):
    Author.objects.create(name="Ada")
    Author.objects.update(name="Bea")
    assert events == []  # everyday work
    Author.objects.get().delete()
    line = Operation.objects.first()
    undo(line)
    Author.objects.bulk_create(Author(name=f"Author {n}") for n in range(101))
    assert codes(events) == ["sensitive_delete", "sensitive_create", "sensitive_create"]
    assert (events[0]["operation"], events[0]["rows"]) == (line.pk, {"library.Author": {"deleted": 1}})
    assert events[1]["kind"] == "undo"


@pytest.mark.django_db(transaction=True)
def test_what_was_taken_back_by_the_database_is_no_event(events):
    with transaction.atomic():
        Author.objects.create(name="Ada").delete()
        transaction.set_rollback(True)
    assert events == []


def test_addresses_are_kept_when_the_setting_says_so(panel, events, settings):
    settings.LOG_ADDRESSES = True
    panel.get("/admin/backoffice/operation/999/undo/")
    assert events[0]["source_ip"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("said", "found"), [("8.8.8.8, 203.0.113.9", "203.0.113.9"), ("my name", "10.0.0.2")]
)
def test_behind_a_proxy_addresses_are_those_of_whoever_asks(panel, events, settings, said, found):
    settings.LOG_ADDRESSES, settings.ALLAUTH_TRUSTED_PROXY_COUNT = True, 1
    author = Author.objects.create(name="Ada")
    for page in ("backoffice/operation/999/undo/", f"library/author/{author.pk}/change/"):
        panel.get(f"/admin/{page}", REMOTE_ADDR="10.0.0.2", headers={"X-Forwarded-For": said})
    assert events[0]["source_ip"] == found
    assert AccessEvent.objects.get(what="page").address == found


def test_a_file_of_an_operation_is_an_event(panel, hr, events):
    author = Author.objects.create(name="Ada")
    Book.objects.create(title="One", author=author, isbn="1")
    line = Operation.objects.first()
    panel.get(f"/admin/backoffice/operation/{line.pk}/rows.csv")
    assert (events[0]["event"], events[0]["number"]) == (f"sensitive_read:{hr.pk}", 1)


@pytest.mark.django_db(transaction=True)
def test_what_is_told_row_by_row_is_told_once(django_user_model, events):
    account = django_user_model.objects.create(username="bo")
    call_command("grant", "bo", "viewer")
    call_command("revoke", "bo", "viewer")
    person = Employee.objects.create(name="Zoe", department=Department.objects.create(name="Sales"))
    holds.lift(holds.place(person, actor=account, reason="Law suit"), person, actor=account)
    account.delete()
    told = ["user_created", "authz_change", "authz_change", "sensitive_update", "sensitive_update"]
    assert [code.partition(":")[0] for code in codes(events)] == [*told, "user_deleted"]


def test_commands_that_take_everything_along_are_told(db, events, tmp_path, monkeypatch):
    file = tmp_path / "people.json"
    call_command("dumpdata", "auth.user", output=str(file))
    monkeypatch.setattr("backoffice.backups.write", lambda *args: file.write_bytes(b"") or 12)
    call_command("backup", str(file))
    told = [line for line in events if line["event"].startswith("sensitive_read")]
    assert [(line["what"], line["source"]) for line in told] == [("dump", command()), ("backup", command())]
    assert (told[0]["models"], told[1]["number"]) == (["auth.user"], 12)
    assert file.stat().st_mode & 0o077 == 0
