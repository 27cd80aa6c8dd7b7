from django.db import migrations

from backoffice.sql.early_vacuum import VacuumEarly


class Migration(migrations.Migration):
    dependencies = [("organization", "0023_hyphens_in_search")]

    operations = [VacuumEarly("employee")]
