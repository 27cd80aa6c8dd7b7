"""What was done since a moment."""

import pytest

from backoffice.models import Operation
from backoffice.operations.since import Moment
from backoffice.security.locks import housekeeping
from tests.library.models import Author

pytestmark = pytest.mark.django_db


def touched(moment):
    return sorted(moment.changes(Author).values_list("new_name", flat=True))


def test_what_was_there_is_not_new():
    Author.objects.create(name="Ana")
    assert touched(Moment.now()) == []


def test_what_came_later_is():
    Author.objects.create(name="Ana")
    moment = Moment.now()
    Author.objects.create(name="Otto")
    assert touched(moment) == ["Otto"]


def test_an_operation_that_was_under_way_is_new_though_its_number_is_older():
    Author.objects.create(name="Ana")
    slow = Operation.objects.get()
    Author.objects.create(name="Otto")
    seen = list(Operation.objects.exclude(pk=slow.pk).values_list("pk", flat=True))
    moment = Moment(seen[0], [slow.pk])
    assert touched(moment) == ["Ana"]


def test_numbers_that_are_missing_among_the_newest_are_remembered():
    for name in ("Ana", "Otto", "Eve"):
        Author.objects.create(name=name)
    newest, between, _oldest = Operation.objects.values_list("pk", flat=True)
    with housekeeping():
        Operation.objects.filter(pk=between).delete()
    moment = Moment.now()
    assert moment.newest == newest
    assert between in moment.hidden


def test_a_log_that_is_empty_has_a_moment_too():
    assert Moment.now() == Moment(0, [])
