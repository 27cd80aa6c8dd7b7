from django.db import migrations

from backoffice.sql.closures import AddClosure


class Migration(migrations.Migration):
    dependencies = [
        ("organization", "0014_fold_more"),
    ]

    operations = [
        AddClosure("department", parent="parent"),
    ]
