"""What was recorded of a field is found under the name that a migration gives it."""

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations import Migration, RenameField
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.signals import pre_migrate

from backoffice.models import Operation
from backoffice.operations.renames import Autodetector, RenameRecorded
from backoffice.operations.undo import undo
from tests.library.models import Author, Book


@pytest.fixture
def migration():
    migration = Migration("0010_called", "library")
    migration.operations = [
        RenameField("book", "title", "called"),
        RenameField("bookhistory", "new_title", "new_called"),
        RenameField("bookhistory", "old_title", "old_called"),
    ]
    sender = apps.get_app_config("backoffice")
    pre_migrate.send(sender=sender, app_config=sender, using="default", plan=[(migration, False)], apps=apps)
    return migration


@pytest.mark.django_db
def test_the_names_in_a_history_are_renamed_with_its_columns_and_back(migration):
    book = Book.objects.create(title="Emma", author=Author.objects.create(name="Jane"))
    Book.objects.update(title="Emma!", isbn="1")
    [rename] = [each for each in migration.operations if isinstance(each, RenameRecorded)]
    state, changed = type("State", (), {"apps": apps}), Book.history_model.objects.filter(row=book.pk)
    rename.database_forwards("library", connection.schema_editor(), state, state)
    assert changed.first().fields == ",called,isbn,"
    rename.database_backwards("library", connection.schema_editor(), state, state)
    assert changed.first().fields == ",title,isbn,"


@pytest.mark.django_db
def test_who_came_back_without_a_relation_gets_it_under_its_new_name():
    mentor = Author.objects.create(name="Mia")
    Author.objects.create(name="Sue", mentor=mentor)
    Author.objects.filter(name="Sue").delete()
    deletion = Operation.objects.latest("pk")
    mentor.delete()
    departure = Operation.objects.latest("pk")
    undo(deletion)
    state, schema = type("State", (), {"apps": apps}), connection.schema_editor()
    rename = RenameRecorded("authorhistory", "tutor", "mentor")
    rename.database_backwards("library", schema, state, state)  # as it stood before the migration
    assert Operation.objects.latest("pk").details["bereft"] == [["library.Author", "tutor", 1]]
    rename.database_forwards("library", schema, state, state)
    undo(departure)
    undo(deletion)
    assert Author.objects.get(name="Sue").mentor.name == "Mia"


def state_with(name):
    """Of a model whose field has this name, and of its history."""
    state, key = ProjectState(), ("id", models.AutoField(primary_key=True))
    state.add_model(ModelState("library", "Tale", [key, (name, models.TextField())]))
    columns = [(f"{prefix}{name}", models.TextField(name)) for prefix in ("old_", "new_")]
    state.add_model(ModelState("library", "TaleHistory", [key, *columns]))
    return state


def test_the_columns_of_a_history_are_renamed_with_the_field():
    asked = MigrationQuestioner({"ask_rename": True}, specified_apps={"library"})
    made = Autodetector(state_with("title"), state_with("called"), asked).changes(MigrationGraph())
    renames = [each for each in made["library"][0].operations if isinstance(each, RenameField)]
    assert [(each.model_name, each.old_name, each.new_name) for each in renames] == [
        ("tale", "title", "called"),
        ("talehistory", "old_title", "old_called"),
        ("talehistory", "new_title", "new_called"),
    ]


def test_what_a_column_is_called_for_people_is_renamed_in_the_same_migration():
    asked = MigrationQuestioner({"ask_rename": True}, specified_apps={"library"})
    before, after = state_with("title"), state_with("called")
    made = Autodetector(before, after, asked).changes(MigrationGraph())["library"][0]
    for each in made.operations:
        each.state_forwards("library", before)
    assert not Autodetector(before, after, asked).changes(MigrationGraph())
