"""What migrations do to the table of a model that its state does not know."""

from typing import Any

from django.db.migrations.operations.base import Operation


class TableOperation(Operation):
    """Override `database_forwards`, and `database_backwards` where something is left to take back."""

    reduces_to_sql = False
    reversible = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        pass
