from django.db import migrations

from backoffice.sql.tallies import AddTally


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0006_export_permission"),
    ]

    operations = [
        AddTally("book", by="author", where="withdrawn_on IS NULL"),
    ]
