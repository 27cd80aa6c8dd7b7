"""A field that a migration renames is renamed in the record of what changed, too.

`makemigrations` renames the columns of a history with the field. The names of changed columns, which stand in its
rows, are left to `migrate`: it goes on with them, as `django.contrib.contenttypes` does where a model is renamed.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.operations import AlterField, RenameField
from django.db.models import Q, Value
from django.db.models.functions import Replace
from django.db.models.signals import pre_migrate

from backoffice.models import RowHistory
from backoffice.operations.outcome import BEREFT, RULED
from backoffice.security.locks import housekeeping
from backoffice.sql.table_operations import TableOperation

OLD, NEW = "old_", "new_"  # each field has two columns in a history


class Autodetector(MigrationAutodetector):
    """Alone Django would drop the columns of a history, for their names for people differ, and make others."""

    old_field_keys: set[tuple[str, str, str]]
    new_field_keys: set[tuple[str, str, str]]
    renamed_operations: list[tuple[Any, ...]]

    def create_renamed_fields(self) -> None:
        super().create_renamed_fields()
        self.renamed_columns: list[tuple[str, str, str]] = []
        for (app_label, model_name, name), was in list(self.renamed_fields.items()):
            for prefix in (OLD, NEW):
                self._rename(app_label, f"{model_name}history", f"{prefix}{was}", f"{prefix}{name}")

    def _rename(self, app_label: str, model_name: str, was: str, name: str) -> None:
        came, went = (app_label, model_name, name), (app_label, model_name, was)
        is_changed = came in self.new_field_keys and went in self.old_field_keys
        if not is_changed or came in self.renamed_fields:
            return
        field = self.to_state.models[app_label, model_name].get_field(name)
        self.renamed_operations.append((*went[:2], field.db_column, was, *came[:2], field, name))
        self.renamed_fields[came] = was
        self.renamed_columns.append(came)

    def generate_altered_fields(self) -> None:
        """Django alters no field that it renames; a column of a history says what its field is called for people."""
        super().generate_altered_fields()
        for app_label, model_name, name in self.renamed_columns:
            was = self.renamed_fields[app_label, model_name, name]
            before = self.from_state.models[app_label, model_name].get_field(was)
            field = self.to_state.models[app_label, model_name].get_field(name)
            if self.deep_deconstruct(before) != self.deep_deconstruct(field):
                self.add_operation(app_label, AlterField(model_name, name, field))


class RenameRecorded(TableOperation):
    """Says `new_name` in the rows of a history that say that `old_name` changed: one look through its table."""

    def __init__(self, model_name: str, old_name: str, new_name: str) -> None:
        super().__init__(model_name)
        self.old_name, self.new_name = old_name, new_name

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        history = to_state.apps.get_model(app_label, self.model_name)
        self._rename(schema_editor, history, self.old_name, self.new_name)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        history = from_state.apps.get_model(app_label, self.model_name)
        self._rename(schema_editor, history, self.new_name, self.old_name)

    def describe(self) -> str:
        return f"Rename {self.old_name} to {self.new_name} in the rows of {self.model_name}"

    def _rename(self, schema_editor: Any, history: Any, was: str, becomes: str) -> None:
        using = schema_editor.connection.alias
        if not (_is_history(history) and self.allow_migrate_model(using, history)):
            return
        said, says = f",{was},", f",{becomes},"
        with housekeeping(using):
            rows = history._base_manager.using(using).filter(fields__contains=said)
            rows.update(fields=Replace("fields", Value(said), Value(says)))
            _rename_relation(using, history, was, becomes)


def _rename_relation(using: str, history: Any, was: str, becomes: str) -> None:
    """In what undos note of the rows that came back without what the field pointed at."""
    label = history._meta.get_field("row").related_model._meta.label
    lines = history._meta.get_field("operation").related_model._base_manager.using(using)
    noting = lines.filter(Q(details__has_key=BEREFT) | Q(details__has_key=RULED))
    # One by one, as each says something else; few undos note anything.
    for key, details in list(noting.values_list("pk", "details")):
        renamed = {
            each: [
                [of, becomes if (of, name) == (label, was) else name, number]
                for of, name, number in details[each]
            ]
            for each in (BEREFT, RULED)
            if each in details
        }
        if not renamed.items() <= details.items():
            lines.filter(pk=key).update(details=details | renamed)


def _is_history(model: Any) -> bool:
    names = {field.name for field in RowHistory._meta.local_fields}
    return names < {field.name for field in model._meta.local_fields}


def install(sender: Any) -> None:
    pre_migrate.connect(_insert, sender=sender, dispatch_uid="backoffice.operations.renames")


def _insert(plan: Iterable[tuple[Any, bool]] = (), **_: Any) -> None:
    for migration, _is_backwards in plan:
        migration.operations = list(_with_renames(migration.operations))


def _with_renames(operations: Iterable[Any]) -> Iterator[Any]:
    for each in operations:
        yield each
        if isinstance(each, RenameField) and each.old_name.startswith(NEW):
            old_name, new_name = each.old_name.removeprefix(NEW), each.new_name.removeprefix(NEW)
            yield RenameRecorded(each.model_name, old_name, new_name)
