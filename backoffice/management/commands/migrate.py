"""Django's `migrate`, safe from several hosts at once, and with MIGRATE_DATABASE_URL where there is one."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as Migrate
from django.db import DEFAULT_DB_ALIAS, connections

from backoffice.deadline import seconds
from backoffice.health import missing_in_database
from backoffice.operations.renames import Autodetector
from backoffice.sql.migration_lock import NothingToDo, Turn, migration_lock


class Command(Migrate):
    autodetector = Autodetector

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        about = "Seconds to wait for another migrate (600)"
        parser.add_argument("--lock-wait", type=seconds, default=600, help=about)

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if settings.MIGRATE_DATABASE and options["database"] == DEFAULT_DB_ALIAS:
            connection.close()  # somebody may have asked it already, as another role
            connection.settings_dict.update(settings.MIGRATE_DATABASE)
        if options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)
            return
        turn = Turn(options["lock_wait"], self.stdout, lambda: has_work(connection, options))
        try:
            with migration_lock(connection, turn):
                super().handle(*args, **options)
        except NothingToDo:
            self.stdout.write("There is nothing to apply any more.")


def has_work(connection: Any, options: Any) -> bool:
    """Whether anything is left to apply; going back to an earlier migration always is."""
    return bool(options["app_label"] or missing_in_database(connection.alias))
