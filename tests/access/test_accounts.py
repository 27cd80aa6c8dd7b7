"""The pages of accounts and groups: whoever may change accounts cannot make themselves more than they are."""

import re

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from backoffice.access.held import held_now
from backoffice.access.rank import exceeds, outranks, seems_to_exceed
from backoffice.access.roles import permission_label
from backoffice.operations import operation
from organization.models import Department, Grant
from tests.backoffice.deletion.deletion_pages import confirmation
from tests.scale.forms import posted_from
from tests.sessions import show_who_it_is

USERS, GROUPS = "/admin/auth/user/", "/admin/auth/group/"


def make(name, *codenames, **more):
    user = User.objects.create(username=name, **more)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


@pytest.fixture
def clerk(client, db):
    """May change accounts and groups, and is no superuser."""
    user = make("clerk", "view_user", "change_user", "delete_user", "change_group", is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def root(db):
    return make("root", email="root@example.com", is_superuser=True, is_staff=True)


def values(user, **more):
    return {"username": user.username, "is_active": "on", **more}


def save(client, user, **more):
    show_who_it_is(client)
    return client.post(f"{USERS}{user.pk}/change/", values(user, **more))


def test_nobody_makes_themselves_a_superuser(client, clerk):
    key = Permission.objects.get(codename="delete_employee").pk
    rights = {"is_superuser": "on", "user_permissions": [key], "groups": [Group.objects.first().pk]}
    assert save(client, clerk, email="clerk@example.com", **rights).status_code == 302
    clerk.refresh_from_db()
    assert (clerk.email, clerk.is_superuser, clerk.groups.count()) == ("clerk@example.com", False, 0)
    assert not clerk.user_permissions.filter(pk=key).exists()


@pytest.mark.parametrize("active", [True, False])
def test_the_account_of_somebody_who_may_more_is_not_changed(client, clerk, root, active):
    User.objects.filter(pk=root.pk).update(is_active=active)
    assert save(client, root, email="evil@example.com").status_code == 403
    assert client.post(f"{USERS}{root.pk}/password/").status_code == 403
    assert client.post(f"{USERS}{root.pk}/delete/").status_code == 403
    assert User.objects.get(pk=root.pk).email == "root@example.com"


def test_nobody_but_superusers_changes_what_a_role_may_do(client, clerk, root):
    url = f"{GROUPS}{Group.objects.get(name='Viewer').pk}/change/"
    assert client.post(url, {"name": "Viewer"}).status_code == 403
    client.force_login(root)
    assert show_who_it_is(client).post(url, {"name": "Viewer"}).status_code == 302


def test_a_role_of_the_product_keeps_its_name_and_no_other_group_gets_it(client, root, events):
    client.force_login(root)
    show_who_it_is(client)
    declared, own = Group.objects.get(name="Department head"), Group.objects.create(name="Own")
    keys = list(declared.permissions.values_list("pk", flat=True))
    client.post(f"{GROUPS}{declared.pk}/change/", {"name": "Others", "permissions": keys})
    for url, name in ((f"{GROUPS}{own.pk}/change/", "department_head"), (f"{GROUPS}add/", "Department Head")):
        assert "A role that comes with the product is called so." in client.post(url, {"name": name}).text
    client.post(f"{GROUPS}{own.pk}/change/", {"name": "Our own"})
    assert Group.objects.get(pk=declared.pk).name == "Department head"
    renamed = [line for line in events if line["event"].startswith("authz_change")]
    assert [(line["what"], line["row"], line["change"]) for line in renamed] == [
        ("auth.group", own.pk, "renamed")
    ]


def test_who_outranks_whom(clerk, root):
    sales = Department.objects.create(name="Sales")
    officer, other, nobody = make("officer", "change_user"), make("other", "change_user"), make("nobody")
    role = Group.objects.get(name="HR officer")
    Grant.objects.create(user=officer, role=role)
    Grant.objects.create(user=other, role=role, department=sales)
    fresh = User.objects.in_bulk()
    assert outranks(fresh[officer.pk], fresh[other.pk])  # everywhere, and not in Sales alone
    assert not outranks(fresh[other.pk], fresh[officer.pk])
    assert outranks(fresh[other.pk], fresh[clerk.pk])
    assert not outranks(fresh[nobody.pk], fresh[other.pk])
    assert not outranks(fresh[officer.pk], root)


@pytest.mark.parametrize("number", [1, 5])
def test_a_role_for_what_stands_above_is_one_for_what_is_below(db, django_assert_num_queries, number):
    """Also several, by one query for the tree."""
    role = Group.objects.get(name="HR officer")
    research, sales = (Department.objects.create(name=name) for name in ("Research", "Sales"))
    below, above, beside = (User.objects.create(username=name) for name in ("below", "above", "beside"))
    for place in range(number):
        office = Department.objects.create(name=f"Office {place}", parent=research)
        lab = Department.objects.create(name=f"Lab {place}", parent=office)
        Grant.objects.create(user=below, role=role, department=lab)
        Grant.objects.create(user=beside, role=role, department=office)
    Grant.objects.create(user=above, role=role, department=research)
    Grant.objects.filter(user=beside).last().delete()
    Grant.objects.create(user=beside, role=role, department=sales)
    wide, narrow, other = (held_now(user) for user in (above, below, beside))
    with django_assert_num_queries(1):
        assert not exceeds(narrow, wide)
    assert seems_to_exceed(narrow, wide)  # before the tree is asked
    assert exceeds(wide, narrow)
    assert exceeds(narrow, other)
    assert exceeds(other, wide)


def test_a_role_of_the_product_is_not_deleted_either_alone_or_with_others(client, root):
    client.force_login(root)
    show_who_it_is(client)
    declared, own = Group.objects.get(name="Department head"), Group.objects.create(name="Own")
    alone = client.get(f"{GROUPS}{declared.pk}/delete/")
    chosen = {"action": "delete", "_selected_action": [declared.pk, own.pk]}
    both = client.post(GROUPS, chosen, follow=True)
    for asked in (alone, both):
        assert "A role that comes with the product cannot be deleted." in asked.text
        client.post(asked.wsgi_request.path, confirmation(asked))
    assert Group.objects.filter(pk__in=[declared.pk, own.pk]).count() == 2
    left = client.post(both.wsgi_request.path, {**both.context["hidden"], "possible": "1"})
    client.post(both.wsgi_request.path, confirmation(left))
    assert list(Group.objects.filter(pk__in=[declared.pk, own.pk])) == [declared]


PAGES = [f"{USERS}{{user}}/change/", f"{USERS}{{user}}/delete/", f"{USERS}add/", f"{GROUPS}add/"]
PAGES += [f"{GROUPS}{{group}}/change/", f"{GROUPS}{{group}}/delete/"]


@pytest.mark.parametrize("url", PAGES)
def test_whoever_changes_rights_shows_first_who_they_are(client, root, url):
    client.force_login(root)
    other, before = make("other"), User.objects.count()
    url = url.format(user=other.pk, group=Group.objects.first().pk)
    response = client.post(url, values(other, is_superuser="on", name="Other"))
    assert response["Location"].startswith("/account/reauthenticate/")
    assert (User.objects.filter(is_superuser=True).count(), User.objects.count()) == (1, before)


def test_several_accounts_are_not_deleted_in_passing_either(client, root):
    client.force_login(root)
    other = make("other")
    listed = client.post(USERS, {"action": "delete", "_selected_action": [other.pk]}, follow=True)
    page = listed.context["page"]
    post = {**listed.context["hidden"], "previewed": page.fingerprint, "typed": page.to_type}
    response = client.post(listed.wsgi_request.path, post)
    assert response["Location"].startswith("/account/reauthenticate/")
    assert User.objects.filter(pk=other.pk).exists()


def test_a_password_of_somebody_is_refused_before_one_is_asked(client, db):
    client.force_login(make("viewer", "view_user", is_staff=True))
    assert client.post(f"{USERS}{make('other').pk}/password/").status_code == 403


@pytest.mark.parametrize(("right", "offered"), [("view_user", False), ("change_user", True)])
def test_a_new_password_is_offered_to_whom_its_page_does_not_refuse(client, db, right, offered):
    client.force_login(make("clerk", right, is_staff=True))
    page = client.get(f"{USERS}{make('other', password='!unusable').pk}/change/").text
    assert "No password is set." in page
    assert ("../password/" in page) is offered


@pytest.fixture
def sent(monkeypatch):
    """(template, address) of each notice."""
    found = []
    name = "backoffice.access.adapters.AccountAdapter.send_mail"
    monkeypatch.setattr(name, lambda self, template, email, context: found.append((template, email)))
    return found


def test_somebody_is_told_when_an_administrator_changes_the_address(client, root, sent):
    client.force_login(root)
    other = make("other", email="old@example.com")
    save(client, other, email="new@example.com")
    assert sent == [("account/email/email_changed", "old@example.com")]


def test_of_a_password_is_shown_that_there_is_one(client, root):
    client.force_login(root)
    account = make("somebody", password=make_password("correct horse battery"))
    page = client.get(f"{USERS}{account.pk}/change/").text
    assert "A password is set." in page
    assert "iterations" not in page
    assert "salt" not in page


def test_nobody_chooses_the_password_of_somebody_else(client, root, sent, settings):
    settings.CAN_MAIL = True
    other = make("other", email="other@example.com", password="!unusable")
    client.force_login(root)
    page = f"{USERS}{other.pk}/password/"
    typed = {"password1": "another long password", "password2": "another long password"}
    assert client.post(page, typed)["Location"].startswith("/account/reauthenticate/")
    assert client.get(page).content.decode().count('type="password"') == 0
    assert show_who_it_is(client).post(page, typed).status_code == 302
    assert not User.objects.get(pk=other.pk).has_usable_password()
    assert sent == [("account/email/password_reset_key", "other@example.com")]


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"email": ""}, "This account has no address"),
        ({"is_active": False}, "This account is closed"),
        ({}, "This panel sends no mail"),
    ],
)
def test_who_cannot_get_a_link_gets_none(client, root, sent, settings, about, why):
    settings.CAN_MAIL = bool(about)
    other = make("other", **{"email": "other@example.com", **about})
    client.force_login(root)
    show_who_it_is(client)
    assert why in client.post(f"{USERS}{other.pk}/password/").content.decode()
    assert sent == []


def test_a_new_account_has_no_password(client, root):
    client.force_login(root)
    typed = {"username": "new", "email": "new@example.com", "password1": "another long password"}
    assert "password1" not in client.get(f"{USERS}add/").content.decode()
    assert show_who_it_is(client).post(f"{USERS}add/", typed).status_code == 302
    assert not User.objects.get(username="new").has_usable_password()
    wrong = client.post(f"{USERS}add/", {"username": "NEW"}).content.decode()
    assert '<a href="#id_username">Username</a>: There is an account of this name already.' in wrong


def opened(client, url):
    client.force_login(User.objects.get(username="root"))
    return posted_from(show_who_it_is(client).get(url).text, "_shown")


def test_an_older_form_gives_nobody_back_what_was_taken_from_them(client, root):
    other = make("other", first_name="Otto", is_superuser=True)
    url = f"{USERS}{other.pk}/change/"
    older = opened(client, url)
    with operation("edit", actor=make("bo")):
        User.objects.filter(pk=other.pk).update(is_active=False, is_superuser=False, first_name="Theirs")
    asked = client.post(url, {**older, "first_name": "Mine"})
    assert "First name: which value stays?" in asked.text
    assert "Take theirs: “Theirs”, saved by bo on " in asked.text
    again = posted_from(asked.text, "_shown")
    told = client.post(url, {**again, "_keep_first_name": "mine"}, follow=True)
    assert "“other” was merged with bo’s change of " in told.text
    other.refresh_from_db()
    assert (other.first_name, other.is_active, other.is_superuser) == ("Mine", False, False)


@pytest.mark.parametrize("pages", [USERS, GROUPS])
def test_rights_that_two_people_give_and_take_are_those_that_both_left(client, root, pages):
    row = make("other") if pages == USERS else Group.objects.create(name="Clerks")
    held = row.user_permissions if pages == USERS else row.permissions
    kept, taken, dropped, given, added = Permission.objects.order_by("pk")[:5]
    held.set([kept, taken, dropped])
    url, name = f"{pages}{row.pk}/change/", held.prefetch_cache_name
    older = opened(client, url)
    with operation("edit", actor=make("bo")):
        held.set([kept, dropped, given])
    told = client.post(url, {**older, name: [kept.pk, taken.pk, added.pk]}, follow=True)
    assert set(held.all()) == {kept, given, added}
    assert f"was merged with bo’s change of {name.replace('_', ' ')}." in told.text


@pytest.mark.parametrize(
    ("pages", "field", "rights"), [(USERS, "last_name", "user_permissions"), (GROUPS, "name", "permissions")]
)
def test_what_was_typed_for_what_was_deleted_meanwhile_is_told_and_kept(client, root, pages, field, rights):
    row = make("other") if pages == USERS else Group.objects.create(name="Clerks")
    url = f"{pages}{row.pk}/change/"
    older = opened(client, url)
    row.delete()
    right = Permission.objects.get(codename="view_user")
    page = client.post(url, {**older, field: "Mine", rights: [right.pk]})
    assert page.status_code == 404
    told = f"not saved: [A-Z][a-z ]+: “Mine” and [A-Z][a-z ]+: “{re.escape(permission_label(right))}”\\."
    assert re.search(told, page.text)
    assert posted_from(page.text, field)[field] == ["Mine"]


def test_what_is_saved_otherwise_is_told_to_nobody(client, root, sent):
    client.force_login(root)
    save(client, make("other", email="old@example.com"), email="old@example.com", first_name="Other")
    assert sent == []


def test_rights_and_ticks_are_named_in_the_language_of_the_page(panel, hr):
    german = {"Accept-Language": "de"}
    page = panel.get(f"{USERS}{hr.pk}/change/", headers=german).content.decode()
    for words in ("Organisation | Person | Ändern", "Darf Personen exportieren", "Personalsachbearbeitung"):
        assert words in page, words
    assert "Can change" not in page
    assert "Organisation | Person (Verlauf) | Ändern" in page
    labels = re.findall(r"<option[^>]*>([^<]* \| [^<]*)<", page)
    assert len(labels) == len(set(labels)) > 50
    assert not re.search(r"Task Result|Backend|authenticator|session", " ".join(labels))
    listed = panel.get(f"{USERS}?e=1", headers=german).content.decode()
    assert 'alt="trifft zu"' in listed
    assert "Nicht: aktiv" in listed.replace("Aktiv", "aktiv")
    assert "Yes" not in listed
    grants = panel.get("/admin/organization/grant/", headers=german).content.decode()
    assert ">Vergebene Rolle hinzufügen</a>" in grants
    group = Group.objects.get(name="Viewer")
    listed = panel.get(GROUPS, headers=german).content.decode()
    assert ">Leserecht</a>" in listed
    assert 'aria-label="Leserecht auswählen"' in listed
    reader = Client()  # who does not see the log
    reader.force_login(make("reader", "view_group", is_staff=True))
    for browser, name, heading in (
        (panel, "delete", "Leserecht kann nicht gelöscht werden"),
        (reader, "history", "Änderungsverlauf: Leserecht"),
    ):
        page = browser.get(f"{GROUPS}{group.pk}/{name}/", headers=german).content.decode()
        assert f"<h1>{heading}</h1>" in page
        assert ">Leserecht</a>" in page
    log = panel.get(f"{GROUPS}{group.pk}/history/", headers=german, follow=True).content.decode()
    assert "Leserecht" in log
    account = f"{USERS}{hr.pk}/delete/"
    assert f"<h1>{hr} löschen?</h1>" in panel.get(account, headers=german).content.decode()


def test_whoever_may_not_change_rights_reads_them_in_their_language(client, django_user_model):
    kim, lee = (django_user_model.objects.create_user(name, is_staff=True) for name in ("kim", "lee"))
    kim.groups.add(Group.objects.get(name="HR administrator"))
    lee.groups.add(Group.objects.get(name="Viewer"))
    client.force_login(kim)
    page = client.get(f"{USERS}{lee.pk}/change/", headers={"Accept-Language": "de"}).content.decode()
    assert "Leserecht" in page
    assert "Viewer" not in page
