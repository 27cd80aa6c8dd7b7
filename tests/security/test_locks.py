"""What is in a log stays as it is, whoever asks for something else."""

from contextlib import suppress

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from backoffice.cascades import CascadePlan
from backoffice.models import AccessEvent, Operation, PurgeRequest
from backoffice.operations import operation
from backoffice.operations.undo import undo
from backoffice.security.locks import housekeeping
from tests.library.models import Author

pytestmark = pytest.mark.django_db(transaction=True)

History = Author.history_model


class Exit(Exception):
    pass


@pytest.fixture(autouse=True)
def ada(transactional_db):
    author = Author.objects.create(name="Ada")
    Author.objects.update(name="Bea")
    AccessEvent.objects.create(what="page", model="library.Author", row=str(author.pk))
    return author


ATTEMPTS = {
    "the reason of an operation": lambda: Operation.objects.update(reason="Other"),
    "who did it": lambda: Operation.objects.update(actor_name="Other"),
    "that it expired": lambda: Operation.objects.update(expired_at="2026-01-01T00:00Z"),
    "an operation": lambda: Operation.objects.all()._raw_delete("default"),
    "a value of the history": lambda: History.objects.update(new_name="Other"),
    "some history": lambda: History.objects.filter(action="~").delete(),
    "all history": lambda: History.objects.all()._raw_delete("default"),
    "who looked": lambda: AccessEvent.objects.update(row="9"),
    "an access event": lambda: AccessEvent.objects.get().delete(),
}


@pytest.mark.parametrize("what", ATTEMPTS)
def test_it_is_refused_to_change_or_delete(what):
    with pytest.raises(DatabaseError, match="is a log"):
        ATTEMPTS[what]()


@pytest.mark.parametrize("what", ["a value of the history", "some history", "an operation"])
def test_an_operation_under_way_gives_no_right_to_the_others(what):
    with pytest.raises(DatabaseError, match="is a log"), operation("tidying"):
        ATTEMPTS[what]()


@pytest.mark.parametrize("what", ATTEMPTS)
def test_housekeeping_may(what):
    with housekeeping():
        ATTEMPTS[what]()


def test_the_right_ends_with_the_housekeeping():
    with transaction.atomic():
        with housekeeping():
            AccessEvent.objects.all().delete()
        AccessEvent.objects.create(what="page", model="library.Author")
        with pytest.raises(DatabaseError, match="is a log"), transaction.atomic():
            AccessEvent.objects.all().delete()


def test_a_whole_log_cannot_be_emptied_at_once():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite knows no TRUNCATE, and MySQL asks no trigger for it")
    for model in (Operation, History, AccessEvent):
        with pytest.raises(DatabaseError, match="is a log"), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")


@pytest.fixture
def requests(django_user_model):
    """A purge that was approved, and one that was withdrawn."""
    asking, approving = (django_user_model.objects.create_user(name) for name in ("alice", "bob"))
    facts = {"model": "library.Author", "before": "2001-01-31", "asked_by": asking, "asked_name": "alice"}
    approved, withdrawn = (PurgeRequest.objects.create(**facts) for _ in range(2))
    PurgeRequest.objects.filter(pk=approved.pk).update(
        state="approved", approved_by=approving, approved_name="bob", approved_at=timezone.now()
    )
    PurgeRequest.objects.filter(pk=withdrawn.pk).update(state="withdrawn", answer="No")
    return PurgeRequest.objects


FORGERIES = {
    "who approved": lambda requests: requests.update(approved_name="x"),
    "who asked": lambda requests: requests.update(asked_name="x"),
    "why": lambda requests: requests.update(reason="x"),
    "how many": lambda requests: requests.update(number=9),
    "an answer": lambda requests: requests.filter(state="withdrawn").update(answer="x"),
    "that it is open again": lambda requests: requests.update(state="asked"),
    "that it was carried out": lambda requests: requests.filter(state="approved").update(state="done"),
    "that it was approved": lambda requests: requests.filter(state="withdrawn").update(state="approved"),
    "an approved one": lambda requests: requests.create(
        model="x", before="2001-01-31", state="approved", approved_name="x"
    ),
    "nothing of it": lambda requests: requests.all().order_by()._raw_delete("default"),
    "what somebody did": lambda requests: LogEntry.objects.update(object_repr="x"),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_what_was_decided_about_a_purge_and_djangos_log_stay(requests, hr, what):
    LogEntry.objects.create(user=hr, object_repr="Ada", action_flag=CHANGE, change_message="")
    with pytest.raises(DatabaseError, match="is a log"):
        FORGERIES[what](requests)
    with housekeeping():
        FORGERIES[what](requests)


def test_nobody_approves_for_the_record_what_they_asked_for(requests, django_user_model):
    alice = django_user_model.objects.get(username="alice")
    asked = requests.create(model="library.Author", before="2001-01-31", asked_by=alice)
    with pytest.raises(DatabaseError, match="is a log"):
        requests.filter(pk=asked.pk).update(state="approved", approved_by=alice, approved_name="alice")
    asked.delete()  # nobody decided about it


def test_a_new_state_takes_an_undo():
    with pytest.raises(DatabaseError, match="is a log"):
        Operation.objects.update(state="undone")
    first, second = Operation.objects.order_by("pk")
    with pytest.raises(DatabaseError, match="is a log"), operation("cheating"):
        Operation.objects.filter(pk=first.pk).update(state="undone")
    undo(undo(second).operation)  # which lets the second stand again
    second.refresh_from_db()
    assert second.state == "applied"


def test_who_did_it_is_forgotten_only_with_the_account(requests, hr):
    entry = LogEntry.objects.create(user=hr, object_repr="Ada", action_flag=CHANGE, change_message="")
    with operation("rename", actor=hr) as it:
        Author.objects.update(name="Cy")
    for deed in (
        lambda: Operation.objects.update(actor=None),
        lambda: requests.update(asked_by=None),
        lambda: requests.update(approved_by=None),
        lambda: LogEntry.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="is a log"), transaction.atomic():
            deed()
    hr.delete()
    assert not LogEntry.objects.filter(pk=entry.pk).exists()
    assert Operation.objects.get(pk=it.operation.pk).actor is None


def test_an_account_that_stays_after_all_is_not_forgotten(hr):
    if connection.vendor == "postgresql":
        pytest.skip("PostgreSQL looks at the end of the transaction")
    with operation("rename", actor=hr):
        Author.objects.update(name="Cy")
    with transaction.atomic():
        with suppress(Exit), transaction.atomic():
            CascadePlan(User.objects.filter(pk=hr.pk)).apply()
            raise Exit
        with pytest.raises(DatabaseError, match="is a log"), transaction.atomic():
            Operation.objects.update(actor=None)
    assert Operation.objects.filter(actor=hr).exists()


def test_accounts_that_are_deleted_as_a_set_are_forgotten(requests, hr):
    LogEntry.objects.create(user=hr, object_repr="Ada", action_flag=CHANGE, change_message="")
    with operation("rename", actor=hr) as it:
        Author.objects.update(name="Cy")
    CascadePlan(User.objects.all()).apply()
    assert not LogEntry.objects.exists()
    assert Operation.objects.get(pk=it.operation.pk).actor is None
    assert set(requests.values_list("asked_by", "approved_by", "asked_name")) == {(None, None, "alice")}


@pytest.mark.parametrize("model", [Operation, History, AccessEvent], ids=lambda model: model.__name__)
def test_no_line_is_written_over(model):
    if connection.vendor == "postgresql":
        pytest.skip("PostgreSQL knows no REPLACE")
    quote = connection.ops.quote_name
    table, key = model._meta.db_table, model.objects.order_by("pk").values_list("pk", flat=True)[0]
    columns = [quote(field.column) for field in model._meta.concrete_fields if not field.generated]
    names = ", ".join(columns)
    over = f"REPLACE INTO {quote(table)} ({names}) SELECT {names} FROM {quote(table)} WHERE id = {key}"  # noqa: S608
    with pytest.raises(DatabaseError, match="is a log"), operation("cheating"), connection.cursor() as cursor:
        cursor.execute(over)
    with housekeeping(), connection.cursor() as cursor:
        cursor.execute(over)


def test_nobody_claims_to_be_the_transaction_of_another_operation():
    if connection.vendor != "postgresql":
        pytest.skip("elsewhere the process says which operation is under way")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        [[mine]] = cursor.fetchall()
        with pytest.raises(DatabaseError, match="is a log"), transaction.atomic():
            Operation.objects.update(transaction=mine)
        with operation("cheating"):
            Author.objects.update(name="Cy")
        line = Operation.objects.first()
        assert line.transaction == mine
        Operation.objects.filter(pk=line.pk).update(transaction=None)
        assert Operation.objects.first().transaction == mine


def test_what_the_machinery_needs_goes_on(ada, django_user_model):
    user = django_user_model.objects.create_user("bo")
    with operation("rename", actor=user):
        Author.objects.update(name="Cy")
    line = Operation.objects.first()
    user.delete()  # the account is gone, its name stays
    undo(line)  # the operation is now undone
    Author.objects.create(name="Same").save()  # a save that changes nothing drops its line
    line.refresh_from_db()
    assert (line.state, line.actor, line.actor_name) == ("undone", None, "bo")


def test_the_triggers_come_back_when_a_migration_made_the_table_anew():
    from django.core.management import call_command

    if connection.vendor != "sqlite":
        pytest.skip("only SQLite makes tables anew")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER library_author_history_locked_delete")
    call_command("migrate", verbosity=0)
    with pytest.raises(DatabaseError, match="is a log"):
        History.objects.all()._raw_delete("default")
