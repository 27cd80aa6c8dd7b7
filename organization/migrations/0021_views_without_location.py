from django.db import migrations

EMPTY, WAS = "location__empty", "none"


def ask_for_the_empty_by_its_name(apps, schema_editor):
    """A view of those without a location asked for “none”, which can be the name of a location."""
    views = apps.get_model("backoffice", "SavedView").objects.using(schema_editor.connection.alias)
    for view in views.filter(model__startswith="organization."):  # those that people have saved: few
        values = view.query.get("location", [])
        if WAS in values:
            kept = [value for value in values if value != WAS]
            rest = {name: found for name, found in view.query.items() if name != "location"}
            view.query = {**rest, EMPTY: ["1"], **({"location": kept} if kept else {})}
            view.save(update_fields=["query"])


class Migration(migrations.Migration):
    dependencies = [
        ("organization", "0020_words_without_spaces"),
        ("backoffice", "0020_names_in_purges"),
    ]

    operations = [
        migrations.RunPython(ask_for_the_empty_by_its_name, migrations.RunPython.noop, elidable=True),
    ]
