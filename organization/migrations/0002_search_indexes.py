from django.db import migrations

from backoffice.search import AddSearchIndex


class Migration(migrations.Migration):
    """Search in a list of millions reads an index, not the table."""

    dependencies = [('organization', '0001_departments_and_employees')]
    operations = [AddSearchIndex('Department'), AddSearchIndex('Employee')]
