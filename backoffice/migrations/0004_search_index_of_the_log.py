from django.db import migrations

from backoffice.search import AddSearchIndex


class Migration(migrations.Migration):
    """Search in the log reads an index, not the table."""

    dependencies = [('backoffice', '0003_search_the_log')]
    operations = [AddSearchIndex('Operation')]
