from django.db import migrations

from backoffice.sql.pattern_indexes import DropPatternIndex


class Migration(migrations.Migration):
    """Of three million employees each takes 110 MB, and a part of every write."""

    dependencies = [('organization', '0010_find_leavers')]
    operations = [
        DropPatternIndex('Department', 'code'),
        DropPatternIndex('Employee', 'employee_number'),
        DropPatternIndex('Employee', 'work_email'),
    ]
