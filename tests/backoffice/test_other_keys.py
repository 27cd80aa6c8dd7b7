"""Rows whose keys are no numbers, and relations that lead to another column than the key."""

import importlib

import pytest
from django.contrib.admin import site
from django.contrib.admin.utils import quote
from django.db.models import Q
from django.urls import reverse

from backoffice.models import Operation
from tests.backoffice.bulk.bulk_pages import answer, text
from tests.scale.forms import posted_from
from tests.shapes import pages
from tests.shapes.models import Folder, Maker, Part, Tag

pytestmark = pytest.mark.django_db

MAKERS, PARTS, FOLDERS = (f"/admin/shapes/{name}/" for name in ("maker", "part", "folder"))


@pytest.fixture(autouse=True)
def registered(settings):
    for model, admin in pages.PAGES.items():
        site.register(model, admin)
    settings.ROOT_URLCONF = importlib.reload(importlib.import_module("tests.shapes.urls")).__name__
    yield
    for model in pages.PAGES:
        site.unregister(model)


@pytest.fixture
def ada():
    return Maker.objects.create(name="Ada", badge="A/1")


@pytest.fixture
def bob():
    return Maker.objects.create(name="Bob", badge="B&1")


@pytest.fixture
def bolt(ada, bob):
    return Part.objects.create(code="bolt 1", name="Bolt", maker=ada, tester=bob)


def page_of(row, page="change"):
    return reverse(f"admin:shapes_{row._meta.model_name}_{page}", args=[quote(row.pk)])


def opened(panel, row):
    return posted_from(panel.get(page_of(row)).content.decode(), "name")


def listed(panel, address, **asked):
    page = panel.get(address, asked, follow=True)
    assert "e" not in page.wsgi_request.GET
    return [row.name for row in page.context["cl"].result_list]


# Inlines


def test_a_row_of_an_inline_stays_the_row_that_it_is(panel, ada, bolt):
    posted = opened(panel, ada) | {"part_set-0-name": "Nut"}
    panel.post(page_of(ada), posted)
    assert list(Part.objects.values_list("code", "name")) == [("bolt 1", "Nut")]


@pytest.mark.parametrize("fields", [("name", "badge"), ("id", "name", "badge")])
def test_so_it_does_whether_its_key_is_shown_or_not(panel, monkeypatch, fields, ada, bolt):
    monkeypatch.setattr(pages.AdmirerInline, "fields", fields)
    bolt.admirers.add(ada)
    panel.post(page_of(bolt), opened(panel, bolt) | {"admirers-0-name": "Adele"})
    assert bolt.admirers.get().name == "Adele"
    assert bolt.admirers.get().pk == ada.pk


def test_a_new_row_of_an_inline_is_given_its_key(panel, ada, bolt):
    new = {"part_set-TOTAL_FORMS": 2, "part_set-1-code": "nut", "part_set-1-name": "Nut"}
    panel.post(page_of(ada), opened(panel, ada) | new)
    assert set(ada.part_set.values_list("code", "name")) == {("bolt 1", "Bolt"), ("nut", "Nut")}


@pytest.mark.parametrize("key", ["", "9c1d7f5e-0000-4000-8000-000000000001"])
def test_or_gets_one_by_itself(panel, monkeypatch, bolt, key):
    monkeypatch.setattr(pages.AdmirerInline, "fields", ("id", "name", "badge"))
    new = {"admirers-0-id": key, "admirers-0-name": "Cy", "admirers-0-badge": "C/1"}
    panel.post(page_of(bolt), opened(panel, bolt) | {"admirers-TOTAL_FORMS": 1, **new})
    assert bolt.admirers.get().name == "Cy"
    assert not key or str(bolt.admirers.get().pk) == key


# Relations to another column


def test_a_form_shows_what_such_a_relation_points_at_and_leaves_it(panel, bob, bolt):
    posted = opened(panel, bolt)
    assert posted["tester"] == ["B&1"]
    panel.post(page_of(bolt), {**posted, "name": "Nut"})
    assert Part.objects.values_list("name", "tester__name").get() == ("Nut", "Bob")


def test_all_rows_of_an_inline_are_listed_by_it(panel, monkeypatch, bob, bolt):
    monkeypatch.setattr(pages.PartInline, "fk_name", "tester")
    page = panel.get(page_of(bob))
    url = page.context["inline_admin_formsets"][0].formset.listing.full_list
    assert listed(panel, url) == ["Bolt"]


def test_the_values_of_such_a_relation_are_set_and_put_back_in_bulk(panel, ada, bolt):
    Part.objects.create(code="nut", name="Nut", maker=ada, tester=ada)
    ticked = {"action": "set_fields", "_selected_action": ["bolt 1", "nut"], "index": "0"}
    chosen = {"set_tester": "on", "tester": "A/1"}
    page = answer(panel, panel.post(PARTS, ticked, follow=True), "preview", **chosen)
    assert "1 is so already" in text(page)
    assert "Tester from Bob to Ada" in text(page)
    answer(panel, page, "apply", **chosen)
    assert Part.history_model.objects.latest("pk").new_tester_id == "A/1"
    panel.post(f"/admin/backoffice/operation/{Operation.objects.latest('pk').pk}/undo/")
    assert Part.objects.get(pk="bolt 1").tester.name == "Bob"


def test_who_is_gone_is_back_after_an_undo_as_its_page_says(panel, bob, bolt):
    bob.delete()
    undo = f"/admin/backoffice/operation/{Operation.objects.latest('pk').pk}/undo/"
    assert "1 maker brought back and 1 part put back as before." in text(panel.get(undo))
    panel.post(undo)
    assert Part.objects.get().tester.name == "Bob"


def test_what_is_pointed_at_is_not_removed_again(panel, ada, bob, bolt):
    made = Operation.objects.get(subject="Bob")
    assert "parts refer to it by now" in text(panel.get(f"/admin/backoffice/operation/{made.pk}/undo/"))


def test_it_is_not_named_to_who_does_not_see_it(panel, monkeypatch, ada, bob, bolt):
    monkeypatch.setattr("backoffice.access.scope.is_scoped", lambda label: label == "shapes.Maker")
    monkeypatch.setattr("backoffice.access.scope.named_limit", lambda user, model: Q(name="Ada"))
    Part.objects.create(code="nut", name="Nut", maker=ada, tester=ada)
    page = panel.get(PARTS)
    assert page.context["cl"].hidden == {"tester": {"B&1"}}
    assert "Tester: (outside of what you see)" in text(panel.get(page_of(bolt, "history")))


# Lists


@pytest.mark.parametrize("order", ["3", "-3", "4"])
def test_a_list_is_sorted_by_what_is_known_by_such_a_key(panel, ada, bob, bolt, order):
    Part.objects.create(code="nut", name="Nut", maker=bob)
    found = listed(panel, PARTS, o=order)
    assert found == (["Nut", "Bolt"] if order == "-3" else ["Bolt", "Nut"])


def test_a_list_is_filtered_by_such_keys(panel, ada, bob, bolt):
    Part.objects.create(code="nut", name="Nut", maker=bob)
    ada.favourite = bolt
    ada.save()
    assert listed(panel, PARTS, maker=str(ada.pk)) == ["Bolt"]
    assert listed(panel, PARTS, maker=str(ada.pk).upper(), o="3") == ["Bolt"]
    assert listed(panel, PARTS, tester="B&1") == ["Bolt"]
    assert listed(panel, MAKERS, favourite="bolt 1") == ["Ada"]
    assert "Tester: Bob" in text(panel.get(PARTS, {"tester": "B&1"}))


@pytest.mark.parametrize("value", ["B&1", "5", "\x00"])
def test_a_text_that_is_no_key_filters_nothing(panel, bolt, value):
    page = panel.get(PARTS, {"maker": value, "tester": "x" * 11})
    assert page["Location"] == f"{PARTS}?e=1"


def test_a_list_is_filtered_by_a_relation_to_many_without_repeats(panel):
    red, blue = Tag.objects.create(name="Red"), Tag.objects.create(name="Blue")
    for name, tags in (("Both", [red, blue]), ("None", []), ("Red", [red])):
        Folder.objects.create(name=name).tags.set(tags)
    assert listed(panel, FOLDERS, tags=[red.pk, blue.pk]) == ["Both", "Red"]
    assert listed(panel, FOLDERS, tags=[blue.pk]) == ["Both"]
    assert listed(panel, FOLDERS, tags=[blue.pk, "none"]) == ["Both", "None"]
