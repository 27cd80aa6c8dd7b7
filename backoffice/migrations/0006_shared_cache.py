from django.core.management import call_command
from django.db import migrations

from backoffice.caches import TABLE


def create(apps, schema_editor):
    call_command("createcachetable", TABLE, database=schema_editor.connection.alias, verbosity=0)


def drop(apps, schema_editor):
    schema_editor.execute(f"DROP TABLE {schema_editor.quote_name(TABLE)}")


class Migration(migrations.Migration):
    """Failed sign-ins are counted for all processes together."""

    dependencies = [("backoffice", "0005_background_jobs")]

    operations = [migrations.RunPython(create, drop)]
