from django.db import migrations
from django.db.models import Exists, OuterRef

from backoffice.operations.guard import writing


def remove(apps, schema_editor):
    """Recorded as what somebody takes."""
    using = schema_editor.connection.alias
    grants = apps.get_model("organization", "Grant").objects.using(using)
    everywhere = grants.filter(department__isnull=True).order_by("pk")
    earlier = everywhere.order_by().filter(user=OuterRef("user"), role=OuterRef("role"), pk__lt=OuterRef("pk"))
    doubled = list(everywhere.filter(Exists(earlier)))
    if not doubled:
        return
    operation = apps.get_model("backoffice", "Operation").objects.using(using)
    line = operation.create(
        kind="revoke",
        source="manage.py migrate",
        rows={"organization.Grant": {"deleted": len(doubled)}},
        number=len(doubled),
    )
    history = apps.get_model("organization", "GrantHistory")
    history.objects.using(using).bulk_create(
        history(operation=line, row=one, step=1, action="-", old_user_id=one.user_id, old_role_id=one.role_id)
        for one in doubled
    )
    with writing():
        grants.filter(pk__in=[one.pk for one in doubled]).delete()


class Migration(migrations.Migration):
    """The same role for the same account and all departments stays once, as it was first given. Nobody loses a right."""

    dependencies = [("backoffice", "0010_request_ids"), ("organization", "0016_headcounts_of_the_hired")]
    operations = [migrations.RunPython(remove, migrations.RunPython.noop)]
