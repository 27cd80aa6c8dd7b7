"""Bring a backup into an empty database."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections

from backoffice import backups
from backoffice.health import missing_in_database


class Command(BaseCommand):
    help = "Bring a backup into the empty database in DATABASE_URL, and compare every table with what was backed up."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **options: Any) -> None:
        connection = connections[DEFAULT_DB_ALIAS]
        if settings.MIGRATE_DATABASE:
            asked, used = connection.settings_dict["NAME"], settings.MIGRATE_DATABASE["NAME"]
            if asked != used:
                raise CommandError(
                    f"DATABASE_URL names the database {asked}, and MIGRATE_DATABASE_URL, by which backups are "
                    f"restored, {used}. Name the empty database in both."
                )
            connection.settings_dict.update(settings.MIGRATE_DATABASE)
        if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
            raise CommandError(
                "DATABASE_URL has pgbouncer=1, and a restore through a pooler leaves its settings to others. Name the "
                "server itself, in DATABASE_URL or in MIGRATE_DATABASE_URL."
            )
        try:
            rows = backups.restore(connection, file, settings.BACKUP_KEY)
        except backups.NoBackup as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Restored {rows:,} rows; every table is what it was.")
        if missing_in_database():
            self.stdout.write("Now run manage.py migrate, then manage.py check_histories.")
        else:
            call_command("check_histories", stdout=self.stdout)
