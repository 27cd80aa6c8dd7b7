"""Set or clear any of a list of fields, on books."""

import datetime
import re

import pytest
from django.contrib.admin import site

from backoffice.models import Operation
from tests.backoffice.bulk.bulk_pages import answer, make_books, said, select_all, text
from tests.library.models import Author, Book

pytestmark = pytest.mark.django_db


@pytest.fixture
def books():
    return make_books(Author.objects.create(name="Ana"), 3)


@pytest.fixture
def form(panel, books):
    return select_all(panel, action="set_fields")


def test_each_field_has_a_box_to_choose_it_and_one_to_clear_it(form):
    names = list(form.context["form"].fields)
    assert names == [
        *("set_title", "title"),
        *("set_published_on", "published_on", "clear_published_on"),
        *("set_withdrawn_on", "withdrawn_on", "clear_withdrawn_on"),
    ]


def test_the_ticked_fields_are_set_and_cleared_in_one_operation(panel, form):
    answers = {
        **{"set_withdrawn_on": "on", "withdrawn_on": "2025-01-01"},
        **{"set_published_on": "on", "clear_published_on": "on"},
    }
    page = answer(panel, form, "preview", **answers)
    assert "Published on from Jan. 1, 2020 to –: 3" in text(page)
    assert "Withdrawn on from – to Jan. 1, 2025: 3" in text(page)
    assert said(answer(panel, page, "apply", **answers)) == [
        "Changed published on and withdrawn on of 3 books."
    ]
    assert set(Book.objects.values_list("published_on", "withdrawn_on")) == {
        (None, datetime.date(2025, 1, 1))
    }
    assert Operation.objects.first().rows == {"library.Book": {"updated": 3}}


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({}, "Tick the fields to change."),
        ({"title": "Poems"}, "Tick the field to change it, or leave its value empty."),
        ({"clear_published_on": "on"}, "Tick the field to change it, or leave its value empty."),
        ({"set_title": "on"}, "Give a value."),
        ({"set_published_on": "on"}, "Give a value, or choose to clear it."),
        (
            {"set_published_on": "on", "published_on": "2020-01-01", "clear_published_on": "on"},
            "Either a new value or none: not both.",
        ),
        ({"set_published_on": "on", "published_on": "soon"}, "Enter a valid date."),
    ],
)
def test_answers_that_do_not_fit_are_asked_for_again(panel, form, answers, error):
    page = answer(panel, form, "preview", **answers)
    assert error in text(page)
    assert re.search(r'<a href="#id_(set_)?\w+">', page.content.decode())


def test_a_field_that_is_not_listed_cannot_be_set(panel, form, books):
    answers = {"set_title": "on", "title": "Poems", "set_isbn": "on", "isbn": "1"}
    answer(panel, answer(panel, form, "preview", **answers), "apply", **answers)
    assert set(Book.objects.values_list("title", "isbn")) == {("Poems", None)}


def test_a_field_that_may_not_be_edited_is_not_offered(panel, books, monkeypatch):
    monkeypatch.setattr(
        site._registry[Book], "get_readonly_fields", lambda request, obj=None: ("published_on",)
    )
    assert "published_on" not in select_all(panel, action="set_fields").context["form"].fields


def test_rules_are_asked_of_the_new_values(panel, form):
    answers = {"set_withdrawn_on": "on", "withdrawn_on": "2010-01-01"}
    assert "3 cannot be changed so." in text(answer(panel, form, "preview", **answers))
