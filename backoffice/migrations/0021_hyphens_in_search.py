from django.db import migrations

from backoffice.search import create_function


def create(apps, schema_editor):
    create_function(schema_editor)


class Migration(migrations.Migration):
    """Hyphens of every kind are one, and what nobody sees parts no word."""

    dependencies = [("backoffice", "0020_names_in_purges")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
