from django.db import migrations, models

from backoffice.sql.quiet_indexes import AddIndexQuietly


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("backoffice", "0021_hyphens_in_search")]
    operations = [
        AddIndexQuietly(
            "operation",
            models.Index(
                fields=["id"], name="operation_of_accounts", condition=models.Q(details__has_key="noted")
            ),
        ),
    ]
