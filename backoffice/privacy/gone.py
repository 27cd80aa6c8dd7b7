"""People whose rows were deleted the ordinary way: what is left of them goes when nobody can bring them back any more.

As long as the operation that deleted somebody can be undone, all of it stays. Then it goes: history, the account that
was linked to them and that nobody may use any more, their names in the log and in texts about others. Nobody has to
approve it: who deleted them decided, and the retention is over. Who would be due to be purged, were their row still
there, does not wait so long: they go with the next purge that is asked for and approved.
"""

import datetime
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.models import LegalHold, Operation, PurgeRequest, PurgeRow
from backoffice.operations.current import Recording
from backoffice.operations.recorder import insert_from
from backoffice.privacy.erase import erase
from backoffice.privacy.scope import has_no_limits
from backoffice.privacy.subjects import Subject, subjects
from backoffice.search import matching
from backoffice.security.locks import housekeeping

SOURCE = "manage.py expire_operations"
BY, PART = "deleted_by", "part"  # in the details of an operation


def forget(before: datetime.datetime) -> int:
    """Remove what is left of people who were deleted before then; how many they are. Safe to be run again."""
    return sum(_forget(subject, before, named=named) for subject in subjects() for named in (True, False))


def _forget(subject: Subject, before: datetime.datetime, *, named: bool) -> int:
    """`named`: those whose names are looked for elsewhere; the others are forgotten themselves."""
    with housekeeping():
        found = _deleted(subject, before).filter(_were_somebody() if named else ~_were_somebody())
        if not found.exists():
            return 0
        request = PurgeRequest.objects.create(
            model=subject.label,
            before=before.date(),
            state=PurgeRequest.State.DONE,
            asked_name=SOURCE,
            answer=_("They were deleted before, and nobody could bring them back any more."),
            done_at=timezone.now(),
        )
        request.number = insert_from(
            PurgeRow, {"request_id": Value(request.pk), "key": F("row_id")}, found.order_by()
        )
        purged = erase(subject, request, named=named)
        request.rows.order_by()._raw_delete(request.rows.db)
        request.operation, request.report = purged.operation, purged.report
        request.save(update_fields=["number", "operation", "report"])
    return request.number


def look(recording: Recording) -> None:
    """Before an operation is committed: note in it that it deleted people for somebody who sees a part of them."""
    line = recording.operation
    gone = [each for each in subjects() if "deleted" in line.rows.get(each.label, {})]
    if line.actor and not all(has_no_limits(line.actor, each) for each in gone):
        line.details[BY] = PART
        line.save(using=recording.using, update_fields=["details"])


def _were_somebody() -> Q:
    """As a condition on deletions: whether somebody meant them who could purge everybody. What an undo took back again
    never was, and whoever sees a part takes no words out of what is written about the rest.
    """
    meant = Q(operation__undoes__isnull=True) | Q(  # or it was a deletion again that somebody had taken back
        operation__undoes__undoes__isnull=False, operation__undoes__undoes__undoes__isnull=True
    )
    part = Operation.objects.order_by().filter(**{f"details__{BY}": PART}).values("pk")
    return meant & ~Q(operation__in=part)


def due(subject: Subject, day: datetime.date) -> Any:
    """The deletions of rows that would be due to be purged on a day."""
    found = _last(subject)
    return subject.due_gone(found, day) if subject.due_gone else found.none()


def _deleted(subject: Subject, before: datetime.datetime) -> Any:
    return _last(subject).filter(
        operation__in=Operation.objects.order_by().filter(at__lt=before).values("pk")
    )


def _last(subject: Subject) -> Any:
    """The last history row of each that was deleted: of a row that is not there and need not be kept."""
    steps = subject.model.history_model.objects
    there = subject.model._base_manager.order_by().filter(pk=OuterRef("row_id"))
    later = steps.order_by().filter(row=OuterRef("row"), pk__gt=OuterRef("pk"))
    kept = LegalHold.objects.order_by().filter(model=subject.label, key=OuterRef("row_id"))
    return steps.filter(action="-").filter(~Exists(there), ~Exists(later), ~Exists(kept))


def forget_names(now: datetime.datetime) -> int:
    """Take the texts out of lines about people that are older than both retentions, whoever they are about; how many.

    What somebody was called before they got another name stands in such lines alone, and no purge finds it there.
    """
    return sum(_forget_names(subject, now) for subject in subjects())


def _forget_names(subject: Subject, now: datetime.datetime) -> int:
    days = max(getattr(settings, subject.days), settings.OPERATION_RETENTION_DAYS)
    old = Operation.objects.filter(at__lt=now - datetime.timedelta(days=days), expired_at__isnull=False)
    about = old.filter(Q(subject__gt="") | Q(reason__gt=""), rows__has_key=subject.label)
    for name in _names_of_held(subject):
        about = about.exclude(matching(name))
    with housekeeping(about.db):
        return about.order_by().update(subject="", reason="", details={})


def _names_of_held(subject: Subject) -> Iterator[str]:
    held = LegalHold.objects.filter(model=subject.label).values("key")
    yield from (str(row) for row in subject.model._base_manager.filter(pk__in=held))
