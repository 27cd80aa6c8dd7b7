"""Somebody moves rows out of one's scope and has not committed yet when one comes to them."""

import pytest
from django.db import connection

from organization.models import Employee
from tests.access.foreign.company import FOREIGN, PEOPLE, form, page
from tests.access.foreign.test_bulk import press, select
from tests.in_flight import in_flight

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SQLite has one writer; MySQL's transactions here are alike"
    ),
]


def moved_away(own, tree):
    rows = Employee.objects.filter(pk=own.pk)
    return lambda: rows.update(department=tree["other"], notes=f"{FOREIGN} secret")


def test_a_bulk_action_reaches_nobody_who_is_just_moved_away(kim, tree, own):
    answers = {"set_location": "on", "location": "Moon"}
    preview = press(kim, select(kim, "set_fields", rows=Employee.objects.all()), "preview", **answers)
    with in_flight(moved_away(own, tree)):
        again = press(kim, preview, "apply", **answers)
    assert "the selection is not what you looked at" in page(again)
    assert not Employee.objects.filter(location="Moon").exists()


def test_a_form_that_comes_back_shows_nothing_of_who_is_just_moved_away(kim, tree, own):
    url = f"{PEOPLE}{own.pk}/change/"
    posted = {**form(kim.get(url)), "job_title": "Typed by hand"}
    with in_flight(moved_away(own, tree)):
        answer = kim.post(url, posted)
    assert "Typed by hand" in page(answer, 404)
