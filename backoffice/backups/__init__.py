"""Backups: one file with the database's own dump and what has to be in it; encrypted where BACKUP_KEY is set.

`write` makes one, `restore` brings it into an empty database and compares every table with what was there.
"""

from backoffice.backups.files import NoBackup
from backoffice.backups.making import restore, write

__all__ = ["NoBackup", "restore", "write"]
