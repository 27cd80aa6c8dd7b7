from django.db import migrations
from django.db.models import Exists, OuterRef

from backoffice.operations.guard import writing


def remove(apps, schema_editor):
    grants = apps.get_model("organization", "Grant").objects.using(schema_editor.connection.alias)
    everywhere = grants.filter(department__isnull=True).order_by()
    earlier = everywhere.filter(user=OuterRef("user"), role=OuterRef("role"), pk__lt=OuterRef("pk"))
    doubled = list(everywhere.filter(Exists(earlier)).values_list("pk", flat=True))
    with writing():
        grants.filter(pk__in=doubled).delete()


class Migration(migrations.Migration):
    """The same role for the same account and all departments stays once, as it was first given. Nobody loses a right."""

    dependencies = [("organization", "0016_headcounts_of_the_hired")]
    operations = [migrations.RunPython(remove, migrations.RunPython.noop)]
