"""Write everything that is held about one person to a ZIP file."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from backoffice.models import AccessEvent
from backoffice.operations.current import command
from backoffice.privacy import export
from backoffice.privacy.subjects import named, subjects
from backoffice.security.events import event


class Command(BaseCommand):
    help = "Write everything that is held about one person to a ZIP file: for the person who asks for it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        known = [subject.label for subject in subjects()]
        parser.add_argument("key", help="The key of the person: the number in the address of their page")
        parser.add_argument("--to", required=True, metavar="FILE", help="The file; it must not exist yet")
        parser.add_argument("--model", choices=known, default=known[0], help=f"({known[0]})")

    def handle(self, *, key: str, to: str, model: str, **options: Any) -> None:
        subject = named(model)
        assert subject is not None
        try:
            row = subject.model._base_manager.get(pk=key)
        except (subject.model.DoesNotExist, ValueError, OverflowError):
            raise CommandError(
                _("There is no %(model)s with the key %(key)s.") % {"model": model, "key": key}
            ) from None
        try:
            handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(
                _("%(file)s cannot be made: %(reason)s") % {"file": to, "reason": error.strerror}
            ) from None
        try:
            seen = {"what": AccessEvent.What.SUBJECT_ACCESS, "model": model, "row": str(row.pk)}
            AccessEvent.objects.create(filters=command(), **seen)
            with os.fdopen(handle, "wb") as file:
                file.writelines(export.chunks(subject, row))
        except BaseException:
            Path(to).unlink()
            raise
        event("sensitive_read", level="WARN", what="subject_access", model=model, row=row.pk)
        self.stdout.write(_("Wrote %(file)s.") % {"file": to})
