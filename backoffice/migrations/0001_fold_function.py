from django.db import migrations

from backoffice.search import FUNCTION, POSTGRES_FUNCTION


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRES_FUNCTION, params=None)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP FUNCTION IF EXISTS {FUNCTION}(text)", params=None)


class Migration(migrations.Migration):
    """The function that the search columns are generated with."""

    dependencies = []
    operations = [migrations.RunPython(create, drop)]
