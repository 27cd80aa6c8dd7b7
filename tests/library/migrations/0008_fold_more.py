from django.db import migrations

from backoffice.search import FoldAnew


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0007_tally"),
        ("backoffice", "0017_fold_more"),
    ]

    operations = [
        FoldAnew("author"),
        FoldAnew("book"),
    ]
