"""Who looked, legal holds, purges and all that is held about somebody: one sees those of the own company."""

import pytest
from django.contrib.auth.models import Group, User

from backoffice.access import fresh
from backoffice.models import AccessEvent, PurgeRow
from backoffice.privacy import requests
from backoffice.privacy.requests import PurgeError
from backoffice.privacy.subjects import subject_of
from organization.models import Employee, Grant
from tests.access.foreign.company import EVENTS, FOREIGN, PEOPLE, PURGES, page


@pytest.fixture
def leavers(tree):
    """Somebody of each company who is due to be purged."""
    facts = {"status": "left", "end_date": "2001-01-31"}
    return [
        Employee.objects.create(name=name, department=tree[where], **facts)
        for name, where in (("Own leaver", "branch"), (f"{FOREIGN} leaver", "other"))
    ]


@pytest.fixture
def another(tree):
    """Of the same company, with the same role."""
    user = User.objects.create(username="lou")
    Grant.objects.create(user=user, role=Group.objects.get(name="HR administrator"), department=tree["mine"])
    return user


@pytest.fixture
def signed_in_just_now(monkeypatch):
    monkeypatch.setattr(fresh, "is_fresh", lambda request: True)


@pytest.mark.parametrize("what", ["readers", "hold"])
def test_what_a_role_says_about_people_holds_for_ones_own(kim, tree, own, what):
    page(kim.get(f"{PEOPLE}{own.pk}/{what}/"))
    page(kim.get(f"{PEOPLE}{tree['boss'].pk}/{what}/"), 404)


def test_all_that_is_held_about_somebody_is_looked_for_everywhere_by_who_sees_everybody(kim, tree, own):
    """It says where they are named: by a made-up name whoever writes names could ask what is written elsewhere."""
    assert f"{PEOPLE}{own.pk}/held/" not in page(kim.get(f"{PEOPLE}{own.pk}/change/"))
    for ask in (kim.get, kim.post):
        page(ask(f"{PEOPLE}{own.pk}/held/"), 403)
        page(ask(f"{PEOPLE}{tree['boss'].pk}/held/"), 404)


def test_who_looked_is_listed_of_ones_own(kim, tree, own, hr):
    for row in (own, tree["boss"]):
        AccessEvent.objects.create(what="page", actor=hr, model="organization.Employee", row=str(row.pk))
    AccessEvent.objects.create(what="export", actor=hr, model="organization.Employee", number=4711)
    listed = kim.get(EVENTS)
    assert [event.row for event in listed.context["cl"].result_list] == [str(own.pk)]
    assert "4,711" not in page(kim.get(f"{PEOPLE}{own.pk}/readers/"))


@pytest.mark.usefixtures("signed_in_just_now")
def test_a_purge_is_asked_for_within_ones_scope_and_approved_by_who_sees_everybody(
    client, kim, another, leavers
):
    assert "Own leaver" in page(kim.get(f"{PEOPLE}purge/"))
    asked = kim.post(f"{PEOPLE}purge/", {"reason": "Yearly"})["Location"]
    assert list(PurgeRow.objects.values_list("key", flat=True)) == [leavers[0].pk]
    client.force_login(another)
    page(client.get(asked))
    client.post(asked, {"approve": "1"})
    assert Employee.objects.filter(status="left").count() == 2
    Grant.objects.create(user=another, role=Group.objects.get(name="HR administrator"))
    client.post(asked, {"approve": "1"})
    assert list(Employee.objects.filter(status="left")) == [leavers[1]]
    page(client.get(asked))


def test_a_purge_of_others_is_not_there(kim, user, hr, leavers):
    request = requests.ask(subject_of(Employee), Employee.objects.all(), actor=hr, reason=FOREIGN)
    assert request.number == 2
    assert not kim.get(PURGES).context["cl"].result_list
    for ask in (kim.get, kim.post):
        page(ask(f"{PURGES}{request.pk}/change/"), 404)
    page(kim.get(f"{PEOPLE}purge/"))
    with pytest.raises(PurgeError, match="who sees everybody has to approve it"):
        requests.approve(request, actor=user)


@pytest.mark.usefixtures("signed_in_just_now")
def test_who_sees_everybody_purges_and_holds_where_the_role_is_for(kim, user, leavers):
    Grant.objects.create(user=user, role=Group.objects.get(name="Viewer"))
    kim.post(f"{PEOPLE}purge/")
    assert list(PurgeRow.objects.values_list("key", flat=True)) == [leavers[0].pk]
    for what in ("hold", "readers"):
        answers = [kim.get(f"{PEOPLE}{row.pk}/{what}/").status_code for row in leavers]
        assert answers == [200, 403], what


@pytest.mark.usefixtures("signed_in_just_now")
def test_who_reads_of_all_who_is_due_and_purges_a_part_is_shown_all_and_asks_for_the_part(kim, user, leavers):
    Grant.objects.create(user=user, role=Group.objects.get(name="Auditor"))
    shown = kim.get(f"{PEOPLE}purge/").content.decode()
    assert [row.name in shown for row in leavers] == [True, True]
    assert "Ask to purge 1 employee<" in shown
    kim.post(f"{PEOPLE}purge/")
    assert list(PurgeRow.objects.values_list("key", flat=True)) == [leavers[0].pk]
