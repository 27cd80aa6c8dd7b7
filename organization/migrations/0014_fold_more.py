from django.db import migrations

from backoffice.search import FoldAnew


class Migration(migrations.Migration):
    dependencies = [
        ("organization", "0013_headcounts"),
        ("backoffice", "0017_fold_more"),
    ]

    operations = [
        FoldAnew("department"),
        FoldAnew("employee"),
    ]
