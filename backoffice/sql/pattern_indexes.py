"""Indexes that Django adds for LIKE 'abc%' and no page asks for: each costs every write of the row."""

from typing import Any

from django.db.migrations.operations.base import Operation


class DropPatternIndex(Operation):
    """Takes the `_like` twin of a unique text column away on PostgreSQL, the one engine that gets it.

    The unique index finds a whole value, the search index a part of one.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str, field_name: str) -> None:
        self.model_name = model_name
        self.field_name = field_name

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if schema_editor.connection.vendor == "postgresql":
            column = model._meta.get_field(self.field_name).column
            name = schema_editor._create_index_name(model._meta.db_table, [column], suffix="_like")
            schema_editor.execute(schema_editor._delete_index_sql(model, name))

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if schema_editor.connection.vendor == "postgresql":
            field = model._meta.get_field(self.field_name)
            schema_editor.execute(schema_editor._create_like_index_sql(model, field))

    def describe(self) -> str:
        return f"Drop the pattern index of {self.model_name}.{self.field_name}"
