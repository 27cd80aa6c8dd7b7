"""Create the search indexes that migrations could not create."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from backoffice import search


class Command(BaseCommand):
    help = "Create the search indexes that are missing because the database could not have them when migrations ran."

    def handle(self, **options: Any) -> None:
        if settings.MIGRATE_DATABASE:  # it owns the tables
            connection.close()
            connection.settings_dict.update(settings.MIGRATE_DATABASE)
        for model in apps.get_models():
            if search.is_searchable(model):
                made = search.create_index(model, connection)
                self.stdout.write(
                    f"{model._meta.label}: {'index is there' if made else 'no index on this engine'}"
                )
