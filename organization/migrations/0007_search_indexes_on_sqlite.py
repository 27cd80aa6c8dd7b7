from django.db import migrations

from backoffice.search import AddSearchIndex


class Migration(migrations.Migration):
    """For databases that were made when SQLite had no search index; elsewhere it is there already."""

    dependencies = [('organization', '0006_parents_in_the_order_of_their_lists')]
    operations = [AddSearchIndex('Department'), AddSearchIndex('Employee')]
