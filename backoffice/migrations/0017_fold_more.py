from django.db import migrations

from backoffice.search import create_function


def create(apps, schema_editor):
    create_function(schema_editor)


class Migration(migrations.Migration):
    """Final sigma, apostrophes, marks of Hebrew and Arabic, databases of LC_CTYPE "C". Lines of the log stay folded as
    they were: nobody may write to them.
    """

    dependencies = [("backoffice", "0016_uploads_forgotten")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
