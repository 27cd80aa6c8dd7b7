from django.db import migrations

from backoffice.sql.closures import AddClosure


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0008_fold_more"),
    ]

    operations = [
        AddClosure("author", parent="mentor"),
    ]
