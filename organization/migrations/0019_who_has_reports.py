from django.conf import settings
from django.db import migrations, models

from backoffice.sql.quiet_indexes import AddIndexQuietly, RemoveIndexQuietly


class Migration(migrations.Migration):
    atomic = False  # nobody waits while an index is built

    dependencies = [
        ('organization', '0018_grants_once_for_all'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexQuietly(
            model_name='employee',
            index=models.Index(fields=['manager', 'name', 'id', 'status'], name='employee_by_manager'),
        ),
        RemoveIndexQuietly(
            model_name='employee',
            name='employee_of_manager',
        ),
    ]
