"""What the linter of migrations says of a migration that would stop the version before, or everybody."""

import runpy
from types import SimpleNamespace

import pytest
from django.db import migrations, models
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.functions import Lower

from backoffice.sql.quiet_indexes import AddIndexQuietly
from tests.deploy.server import ROOT

lint = SimpleNamespace(**runpy.run_path(str(ROOT / ".ci" / "check_migrations.py")))


def said(*operations):
    state = ProjectState()
    fields = [
        ("id", models.BigAutoField(primary_key=True)),
        ("title", models.CharField(max_length=9, null=True)),
    ]
    state.add_model(ModelState("library", "book", fields))
    return [
        what for what, _ in lint.findings(SimpleNamespace(operations=operations, app_label="library"), state)
    ]


INDEX = models.Index(fields=["title"], name="by_title")
UNIQUE = models.UniqueConstraint(fields=["title"], name="one_title")


@pytest.mark.parametrize(
    ("operation", "what"),
    [
        (migrations.RemoveField("book", "title"), "RemoveField book.title"),
        (migrations.RenameField("book", "title", "name"), "RenameField book.title"),
        (migrations.DeleteModel("Book"), "DeleteModel book"),
        (migrations.RenameModel("Book", "Volume"), "RenameModel book"),
        (migrations.AddField("book", "pages", models.IntegerField(default=0)), "AddField book.pages"),
        (migrations.AddField("book", "isbn", models.TextField(null=True, unique=True)), "AddField book.isbn"),
        (migrations.AlterField("book", "title", models.CharField(max_length=9)), "AlterField book.title"),
        (migrations.AlterField("book", "title", models.IntegerField(null=True)), "AlterField book.title"),
        (
            migrations.AlterField("book", "title", models.CharField(max_length=5, null=True)),
            "AlterField book.title",
        ),
        (
            migrations.AlterField(
                "book", "title", models.CharField(max_length=9, null=True, db_column="name")
            ),
            "AlterField book.title",
        ),
        (
            migrations.AddField("book", "author", models.ForeignKey("self", models.CASCADE, null=True)),
            "AddField book.author",
        ),
        (
            migrations.AddField(
                "book",
                "long",
                models.GeneratedField(
                    expression=Lower("title"), output_field=models.TextField(), db_persist=True
                ),
            ),
            "AddField book.long",
        ),
        (migrations.RunSQL("ALTER TABLE book DROP COLUMN title"), "RunSQL ALTER TABLE"),
        (migrations.RunSQL([("CREATE INDEX slow ON book (title)", [])]), "RunSQL CREATE INDEX"),
        (
            migrations.SeparateDatabaseAndState(
                database_operations=[migrations.RemoveField("book", "title")]
            ),
            "RemoveField book.title",
        ),
        (migrations.AddIndex("book", INDEX), "AddIndex book.by_title"),
        (migrations.AddConstraint("book", UNIQUE), "AddConstraint book.one_title"),
    ],
)
def test_what_would_stop_somebody_is_found(operation, what):
    assert said(operation) == [what]


def test_what_stops_nobody_is_not():
    assert not said(
        migrations.AddField("book", "pages", models.IntegerField(null=True)),
        migrations.AddField("book", "price", models.IntegerField(db_default=0)),
        migrations.AlterField("book", "title", models.CharField(max_length=20, null=True)),
        AddIndexQuietly("book", INDEX),
        migrations.RunSQL("CREATE INDEX CONCURRENTLY quick ON book (title)"),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("book", "title")]),
        migrations.CreateModel("Word", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddIndex("word", INDEX),
    )


def test_data_and_tables_are_changed_apart():
    change = migrations.RunPython(migrations.RunPython.noop)
    assert said(change, migrations.AddField("book", "pages", models.IntegerField(null=True)))
    assert not said(change)
