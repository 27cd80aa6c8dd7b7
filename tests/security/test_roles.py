"""deploy/postgres/roles.sql on a real PostgreSQL: what each role may do, and what not. All of it is rolled back."""

# ruff: noqa: S608  # the names are those of our own tables

from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import ProgrammingError, connection, transaction

from backoffice.models import AccessEvent, Operation
from backoffice.operations import guard, operation
from backoffice.operations.undo import undo
from backoffice.privacy import requests
from backoffice.privacy.requests import PurgeError
from backoffice.privacy.subjects import subject_of
from backoffice.security.locks import housekeeping
from tests.library.models import Author

ROLES = Path(settings.BASE_DIR, "deploy", "postgres", "roles.sql")

pytestmark = pytest.mark.django_db(transaction=True)

History = Author.history_model


@contextmanager
def acting_as(role):
    """A transaction of a database that has the roles, as one of them; nothing of it stays."""
    if connection.vendor != "postgresql":
        pytest.skip("roles are PostgreSQL's")
    Author.objects.create(name="Ada")
    AccessEvent.objects.create(what="page", model="library.Author")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(ROLES.read_text())
            cursor.execute(f"SET LOCAL ROLE {role}")
        yield
        transaction.set_rollback(True)


def refused(deed):
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be|is a log"),
        transaction.atomic(),
    ):
        deed()


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_app_does_its_work_and_undoes_it():
    with acting_as("backoffice_app"):
        with operation("rename"):
            Author.objects.update(name="Bea")
        undo(Operation.objects.first())
        AccessEvent.objects.create(what="page", model="library.Author")
        assert Author.objects.get().name == "Ada"


def test_the_app_may_not_touch_what_is_logged_nor_say_that_it_keeps_house():
    line = "SELECT id FROM backoffice_operation ORDER BY id LIMIT 1"
    with acting_as("backoffice_app"):
        for sql in (
            "UPDATE backoffice_accessevent SET row = '9'",
            "DELETE FROM backoffice_accessevent",
            "TRUNCATE library_author_history",
            f"DELETE FROM library_author_history WHERE operation_id = ({line})",
            f"UPDATE library_author_history SET new_name = 'X' WHERE operation_id = ({line})",
            f"UPDATE backoffice_operation SET reason = 'X' WHERE id = ({line})",
            f"DELETE FROM backoffice_operation WHERE id = ({line})",
            "ALTER TABLE library_author_history DISABLE TRIGGER USER",
            "DROP TRIGGER library_author_history_locked_delete ON library_author_history",
            "CREATE OR REPLACE FUNCTION backoffice_is_housekeeping(relation oid) RETURNS boolean "
            "LANGUAGE sql AS 'SELECT true'",
            "CREATE TABLE mine (id int)",
            "DROP TABLE library_author",
            "DELETE FROM django_migrations",
            "ALTER ROLE backoffice_app SUPERUSER",
        ):
            refused(lambda sql=sql: execute(sql))
        with housekeeping():
            refused(lambda: History.objects.all().order_by()._raw_delete("default"))
            refused(lambda: Operation.objects.update(reason="X"))


def test_the_app_forgets_who_did_something_only_with_the_account(django_user_model):
    user = django_user_model.objects.create_user("bo")
    with operation("create", actor=user) as it:
        Author.objects.create(name="Bea")
    with acting_as("backoffice_app"):
        line = f"WHERE id = {it.operation.pk}"
        for sql in (
            f"UPDATE backoffice_operation SET actor_id = NULL {line}; SET CONSTRAINTS ALL IMMEDIATE",
            f"UPDATE backoffice_operation SET state = 'undone' {line}",
            "DELETE FROM backoffice_purgerequest",
            "UPDATE django_admin_log SET object_repr = 'X'",
        ):
            refused(lambda sql=sql: execute(sql))
        user.delete()
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert Operation.objects.get(pk=it.operation.pk).actor is None


def test_a_table_of_the_apps_own_does_not_stand_in_for_the_log():
    with acting_as("backoffice_app"):
        execute("CREATE TEMPORARY TABLE backoffice_operation (id bigint, transaction bigint)")
        mine = "SELECT n, pg_current_xact_id()::text::bigint FROM generate_series(1, 9999) n"
        execute(f"INSERT INTO backoffice_operation {mine}")
        refused(lambda: execute("DELETE FROM library_author_history"))


def test_retention_removes_what_is_old_and_changes_no_access_event():
    with acting_as("backoffice_retention"):
        refused(lambda: execute("DELETE FROM library_author_history"))
        refused(lambda: execute("UPDATE backoffice_accessevent SET row = '9'"))
        with housekeeping():
            History.objects.all()._raw_delete("default")
            AccessEvent.objects.all()._raw_delete("default")
        assert not AccessEvent.objects.exists()


def test_the_app_asks_for_a_purge_and_approves_it_and_retention_carries_it_out(django_user_model):
    asking, approving = (django_user_model.objects.create_superuser(name) for name in ("alice", "bob"))
    with acting_as("backoffice_app"):
        Author.objects.create(name="Retired Quux")
        request = requests.ask(subject_of(Author), Author.objects.all(), actor=asking)
        requests.approve(request, actor=approving)
        with pytest.raises(PurgeError, match="job of every night"):
            requests.run(request)
        execute("SET LOCAL ROLE backoffice_retention")
        requests.run(request)
        assert (request.state, Author.objects.get().name) == ("done", "Ada")


def test_the_owner_migrates():
    with acting_as("backoffice_owner"):
        execute("ALTER TABLE library_author ADD COLUMN further int")
        execute("CREATE TABLE more (id int)")
        execute("SET LOCAL ROLE backoffice_app")
        execute("INSERT INTO more VALUES (1)")


def test_reports_read_but_neither_secrets_nor_with_a_pen():
    with acting_as("backoffice_readonly"):
        assert Author.objects.count() == 1
        execute("SELECT id, username FROM auth_user")
        refused(lambda: execute("SELECT password FROM auth_user"))
        refused(lambda: execute("SELECT * FROM django_session"))
        with guard.writing():  # our own refusal would come first
            refused(lambda: execute("UPDATE auth_group SET name = 'X'"))


def test_running_it_again_changes_nothing():
    with acting_as("postgres"):
        execute(ROLES.read_text())
