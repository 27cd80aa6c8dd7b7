"""Every column of every installed model is said to hold personal data or not."""

from django.db import models

from backoffice.management.commands.personal_data import FILE
from backoffice.models import Operation
from backoffice.privacy import registry
from backoffice.privacy.checks import every_column_is_classified
from backoffice.privacy.table import markdown
from organization.models import Employee
from tests.library.models import Author


def test_every_column_is_classified():
    missing = [f"{column.model._meta.label}.{column.field.name}" for column in registry.unclassified()]
    assert missing == []
    assert registry.stale() == []


def test_what_is_personal_says_what_for_and_how_long():
    told = [column for column in registry.columns() if column.fact.level in ("personal", "sensitive")]
    silent = [str(column.field) for column in told if not (column.fact.purpose and column.fact.retention)]
    assert told
    assert silent == []


def test_a_new_column_is_reported_with_what_to_write(monkeypatch):
    field = models.CharField(name="birthday")
    field.set_attributes_from_name("birthday")
    monkeypatch.setattr(Author._meta, "local_fields", [*Author._meta.local_fields, field])
    Author._meta._expire_cache()
    try:
        [message] = every_column_is_classified(None)
    finally:
        monkeypatch.undo()
        Author._meta._expire_cache()
    assert (message.id, message.obj) == ("backoffice.E301", Author)
    assert "'birthday'" in message.msg
    assert 'declare("library.Author", {"birthday": …})' in message.hint


def test_a_declaration_of_what_is_gone_is_reported(monkeypatch):
    facts = {**registry._declared["library.Author"], "birthday": registry.none()}
    monkeypatch.setitem(registry._declared, "library.Author", facts)
    [message] = every_column_is_classified(None)
    assert (message.id, "'birthday'" in message.msg) == ("backoffice.E302", True)


def test_the_history_of_a_column_is_what_the_column_is():
    facts = {column.field.name: column.fact for column in registry.columns_of(Employee.history_model)}
    assert facts["old_notes"] == facts["new_notes"] == registry.fact_of(Employee, "notes")
    assert facts["operation"].level == "internal"


def test_texts_that_people_write_are_looked_through_by_a_purge():
    names = {column.field.name for column in registry.columns_of(Operation) if column.fact.names == "log"}
    assert names == {"actor_name", "source", "reason", "subject", "details", "request_id"}


def test_the_table_in_the_documentation_is_up_to_date():
    assert FILE.read_text() == markdown(), (
        "run manage.py personal_data --write with DJANGO_SETTINGS_MODULE=tests.settings"
    )
