"""Write the whole database into one file."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections

from backoffice import backups
from backoffice.operations.current import command
from backoffice.security.events import event


class Command(BaseCommand):
    help = "Write the whole database into one file, encrypted where BACKUP_KEY is set; manage.py restore compares it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **options: Any) -> None:
        connection = connections[DEFAULT_DB_ALIAS]
        if settings.MIGRATE_DATABASE:  # may read everything, and leads past a pooler
            connection.settings_dict.update(settings.MIGRATE_DATABASE)
        try:
            rows = backups.write(connection, file, settings.BACKUP_KEY)
        except backups.NoBackup as error:
            raise CommandError(str(error)) from error
        event("sensitive_read", level="WARN", what="backup", source=command(), number=rows)
        sealed = "encrypted" if settings.BACKUP_KEY else "not encrypted: BACKUP_KEY is not set"
        self.stdout.write(f"Wrote {rows:,} rows to {file} ({file.stat().st_size:,} bytes, {sealed}).")
