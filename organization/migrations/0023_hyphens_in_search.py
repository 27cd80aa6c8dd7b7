from django.db import migrations

from backoffice.search import FoldAnew


class Migration(migrations.Migration):
    atomic = False  # batch by batch, while everybody goes on writing

    dependencies = [
        ("organization", "0022_filter_by_end_date"),
        ("backoffice", "0021_hyphens_in_search"),
    ]

    operations = [
        FoldAnew("department"),
        FoldAnew("employee"),
    ]
