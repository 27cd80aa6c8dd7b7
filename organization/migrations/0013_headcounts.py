from django.db import migrations

from backoffice.sql.tallies import AddTally


class Migration(migrations.Migration):
    dependencies = [
        ("organization", "0012_filters_by_place_and_end"),
    ]

    operations = [
        AddTally("employee", by="department", where="status <> 'left'"),
    ]
