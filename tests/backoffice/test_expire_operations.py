"""After the retention the detail goes and the line stays."""

import datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice.models import Operation
from backoffice.operations import retention
from backoffice.operations.undo import UndoError, undo
from backoffice.security.locks import housekeeping
from tests.library.models import Author

pytestmark = pytest.mark.django_db


def rename(number, *, days):
    """An operation on `number` authors, so many days ago."""
    Author.objects.bulk_create(Author(name=f"Author {n}") for n in range(number))
    Author.objects.update(name="Same")
    line = Operation.objects.first()
    age(line, days=days)
    return line


def age(line, *, days):
    """Let it and all before it be so many days old."""
    then = timezone.now() - datetime.timedelta(days=days)
    with housekeeping():
        Operation.objects.filter(expired_at=None, pk__lte=line.pk).update(at=then)
    line.refresh_from_db()


def detail(line):
    return Author.history_model.objects.filter(operation=line).count()


def test_the_detail_of_an_old_operation_goes_and_its_line_stays(capsys):
    line = rename(3, days=91)
    call_command("expire_operations")
    assert "Removed the detail of 2 operations, 6 rows." in capsys.readouterr().out
    line.refresh_from_db()
    assert (line.rows, line.number, detail(line)) == ({"library.Author": {"updated": 3}}, 3, 0)
    assert line.expired_at


def test_a_history_says_that_it_may_have_begun_before_what_is_kept(panel):
    rename(1, days=91)
    address = f"/admin/library/author/{Author.objects.get().pk}/history/"
    sentence = "Changes that are older than 90 days are not kept: there may have been some."
    assert sentence not in panel.get(address).content.decode()
    call_command("expire_operations")
    assert sentence in panel.get(address).content.decode()


def test_a_recent_operation_stays_as_it_is():
    line = rename(3, days=89)
    call_command("expire_operations")
    line.refresh_from_db()
    assert (line.expired_at, detail(line)) == (None, 3)


def test_what_is_older_than_it_is_kept_is_not_taken_back_before_its_detail_is_gone(panel):
    line = rename(3, days=91)
    sentence = "This operation is older than 90 days: it cannot be undone."
    with pytest.raises(UndoError, match=sentence):
        undo(line)
    assert sentence in panel.get(f"/admin/backoffice/operation/{line.pk}/undo/").content.decode()
    assert f"/{line.pk}/undo/" not in panel.get("/admin/backoffice/operation/").content.decode()


def test_the_retention_can_be_given_for_once(settings):
    line = rename(3, days=5)
    settings.OPERATION_RETENTION_DAYS = 10
    call_command("expire_operations")
    assert detail(line) == 3
    call_command("expire_operations", days=4)
    assert detail(line) == 0


def test_what_was_partly_taken_back_is_so_when_its_detail_is_gone():
    line = rename(4, days=0)
    some = list(Author.objects.order_by("pk").values_list("pk", flat=True)[:2])
    back = undo(line, only={Author: some}).operation
    age(line, days=91)
    call_command("expire_operations")
    states = []
    for _turn in range(2):
        back = undo(back).operation
        line.refresh_from_db()
        states.append(line.state)
    assert states == ["applied", "partly_undone"]


def test_what_expired_cannot_be_undone():
    line = rename(1, days=91)
    call_command("expire_operations")
    line.refresh_from_db()
    with pytest.raises(UndoError, match="not kept any more"):
        undo(line)


def test_what_a_stopped_run_left_over_goes_in_the_next():
    line = rename(3, days=91)
    with housekeeping():
        Operation.objects.update(expired_at=timezone.now())
    call_command("expire_operations")
    assert detail(line) == 0


def test_the_detail_of_what_is_gone_by_now_goes_as_well():
    line = rename(3, days=91)
    Author.objects.all().delete()
    retention.expire(timezone.now() - datetime.timedelta(days=90))
    assert detail(line) == 0
    assert Author.history_model.objects.count() == 3  # the deletion, which is recent
    retention.expire(timezone.now())
    assert not Author.history_model.objects.exists()


def test_large_operations_go_in_batches(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 4)
    lines = [rename(10, days=92), rename(1, days=91)]
    assert retention.expire(timezone.now()) == (4, 10 + 10 + 1 + 1)  # ten have that name already
    assert [detail(line) for line in lines] == [0, 0]


def test_days_that_are_none_are_refused():
    with pytest.raises(CommandError, match="not a number of days"):
        call_command("expire_operations", "--days", "-1")


def test_it_costs_the_same_for_few_and_many_rows():
    def cost(number):
        rename(number, days=91)
        with CaptureQueriesContext(connection) as captured:
            call_command("expire_operations", verbosity=0)
        return len(captured)

    assert cost(5) == cost(400)
