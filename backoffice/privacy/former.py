"""What people were called before, kept when the record of it expires: a purge takes these out of texts, too."""

import datetime
from typing import Any

from django.db.models import F, Value
from django.utils.translation import gettext_noop

from backoffice.models import FormerName, LegalHold, Operation
from backoffice.operations.recorder import insert_from
from backoffice.operations.tables import old
from backoffice.privacy import account_names, erase
from backoffice.privacy.needles import Names as Called
from backoffice.privacy.registry import own_columns
from backoffice.privacy.subjects import Subject, former_names, subjects


def install() -> None:
    erase.also(gettext_noop("former names"), _remove)


def keep(before: datetime.datetime) -> None:
    """Keep the names that are in the record of operations older than `before` alone; to be called before it goes."""
    for subject in subjects():
        expiring = Operation.objects.order_by().filter(at__lt=before).values("pk")
        held = LegalHold.objects.order_by().filter(model=subject.label).values("key")  # their record stays
        changes = subject.model.history_model.objects.filter(action="~", operation__in=expiring)
        # What somebody was called by mistake, until it was taken back, is nobody's name.
        changes = changes.exclude(operation__state=Operation.State.UNDONE).exclude(
            operation__undoes__isnull=False, operation__state=Operation.State.APPLIED
        )
        for column in own_columns(subject.model):
            was = old(column.field)
            renamed = changes.filter(fields__contains=f",{column.field.name},", **{f"{was}__gt": ""})
            columns = {"model": Value(subject.label), "key": F("row_id"), "name": F(was)}
            insert_from(FormerName, columns, renamed.exclude(row__in=held).distinct())


def _remove(subject: Subject, keys: Any, called: Called) -> int:
    kept = former_names(subject, keys), account_names.of_gone(subject, keys)
    return sum(int(names.delete()[0]) for names in kept)
