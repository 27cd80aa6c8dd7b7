from django.db import migrations

from backoffice.search import FoldAnew


class Migration(migrations.Migration):
    atomic = False  # batch by batch, while everybody goes on writing

    dependencies = [
        ("organization", "0019_who_has_reports"),
        ("backoffice", "0019_words_without_spaces"),
    ]

    operations = [
        FoldAnew("department"),
        FoldAnew("employee"),
    ]
