"""A field that a migration renames is renamed in the record of what changed, too.

`makemigrations` renames the columns of a history with the field, but the names of changed columns stand in its
rows. `migrate` goes on with these, as `django.contrib.contenttypes` does where a model is renamed.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.migrations.operations import RenameField
from django.db.models import Value
from django.db.models.functions import Replace
from django.db.models.signals import pre_migrate

from backoffice.models import RowHistory
from backoffice.security.locks import housekeeping
from backoffice.sql.table_operations import TableOperation

PREFIX = "new_"  # each column has one of these in the history


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
        if isinstance(each, RenameField) and each.old_name.startswith(PREFIX):
            old_name, new_name = each.old_name.removeprefix(PREFIX), each.new_name.removeprefix(PREFIX)
            yield RenameRecorded(each.model_name, old_name, new_name)
