from django.db import migrations

from backoffice.search import AddSearchIndex


class Migration(migrations.Migration):
    """Search in a list of millions reads an index, not the table."""

    dependencies = [('library', '0001_authors_and_books')]
    operations = [AddSearchIndex('Author'), AddSearchIndex('Book')]
