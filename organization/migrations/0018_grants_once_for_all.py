from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    accepted = {
        "AddConstraint grant.grant_once_for_all": "Of granted roles there are few: it is built within a moment."
    }
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("organization", "0017_doubled_grants"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("department__isnull", True)),
                fields=("user", "role"),
                name="grant_once_for_all",
                violation_error_message="This account has the role for all departments already.",
            ),
        ),
    ]
