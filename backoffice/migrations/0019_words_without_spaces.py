from django.db import migrations

from backoffice.search import create_function


def create(apps, schema_editor):
    create_function(schema_editor)


class Migration(migrations.Migration):
    """Words of Chinese, Japanese and Korean are found inside others. Lines of the log stay folded as they were: nobody
    may write to them.
    """

    dependencies = [("backoffice", "0018_former_names")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
