from django.db import migrations

from backoffice.sql.tallies import ChangeTally


class Migration(migrations.Migration):
    dependencies = [
        ("organization", "0015_closure"),
    ]

    operations = [
        ChangeTally(
            "employee",
            by="department",
            was="status <> 'left'",
            where="status NOT IN ('planned', 'left')",
        ),
    ]
