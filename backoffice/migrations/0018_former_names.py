from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("backoffice", "0017_fold_more")]
    operations = [
        migrations.CreateModel(
            name="FormerName",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("model", models.CharField(max_length=100, verbose_name="model")),
                ("key", models.PositiveBigIntegerField(verbose_name="key")),
                ("name", models.TextField(verbose_name="name")),
            ],
            options={
                "verbose_name": "former name",
                "verbose_name_plural": "former names",
                "indexes": [models.Index(fields=["model", "key"], name="former_name_of_row")],
            },
        ),
    ]
