from django.conf import settings
from django.db import migrations, models

from backoffice.sql.quiet_indexes import AddIndexQuietly, RemoveIndexQuietly


class Migration(migrations.Migration):
    atomic = False  # nobody waits while an index is built

    dependencies = [
        ('organization', '0021_views_without_location'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexQuietly(
            model_name='employee',
            index=models.Index(condition=models.Q(('end_date__isnull', False)), fields=['end_date', 'id', 'status'], name='employee_by_end_date'),
        ),
        RemoveIndexQuietly(
            model_name='employee',
            name='employee_left',
        ),
    ]
