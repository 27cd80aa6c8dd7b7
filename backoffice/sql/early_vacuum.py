"""When PostgreSQL cleans up after changed rows: by itself, once a fifth of a table has changed.

Until then a count that an index alone could answer reads each changed row: of 3,000,000 people a transfer of 300,000
would leave their new department's page four times as slow, for weeks perhaps.
"""

from typing import Any

from backoffice.sql.table_operations import TableOperation

SETTINGS = ("autovacuum_vacuum_scale_factor", "autovacuum_vacuum_insert_scale_factor")
SHARE = 0.02  # of the rows: some minutes' work for every 60,000 that change of 3,000,000


class VacuumEarly(TableOperation):
    """Has PostgreSQL clean up the table of a model once 2 % of its rows have changed; nobody waits for that.

    https://www.postgresql.org/docs/current/routine-vacuuming.html#AUTOVACUUM
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        settings = ", ".join(f"{name} = {SHARE}" for name in SETTINGS)
        _alter(schema_editor, to_state.apps.get_model(app_label, self.model_name), f"SET ({settings})")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        _alter(schema_editor, model, f"RESET ({', '.join(SETTINGS)})")

    def describe(self) -> str:
        return f"Clean up early after changed rows of {self.model_name}"


def _alter(schema_editor: Any, model: Any, what: str) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE {schema_editor.quote_name(model._meta.db_table)} {what}")
