from django.db import migrations

from backoffice.search import FUNCTION, create_function


def create(apps, schema_editor):
    create_function(schema_editor)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP FUNCTION IF EXISTS {FUNCTION}(text)", params=None)


class Migration(migrations.Migration):
    """The function that the search columns are generated with."""

    dependencies = []
    operations = [migrations.RunPython(create, drop)]
