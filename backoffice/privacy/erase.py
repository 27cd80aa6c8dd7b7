"""Remove people from everywhere: their rows, what the record has of them, and their names in the texts of others.

A statement or a pass over a table for each place, however many people go. One transaction, one line in the log, of
which nothing can be undone: nothing is left to undo it with.

Nobody else writes meanwhile: an operation that is not committed yet may hold a name, and what it will say cannot be
seen. So that nobody waits for the passes over large tables, these are made before; of what was written during them,
the history tells.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import connections, models, transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext_noop

from backoffice.access.trees import trees
from backoffice.cascades import CascadePlan
from backoffice.links import links_to
from backoffice.models import Operation, PurgeRequest
from backoffice.operations import guard, operation
from backoffice.operations.since import Moment
from backoffice.operations.tables import is_recorded, new, old, recorded_models
from backoffice.privacy import account_names, remains, sessions, texts
from backoffice.privacy.needles import Names as Called
from backoffice.privacy.needles import Needles
from backoffice.privacy.registry import Names
from backoffice.privacy.sought import CHUNK, Keys, Sought
from backoffice.privacy.subjects import Subject
from backoffice.security.locks import housekeeping
from backoffice.sql import locks, memory
from backoffice.sql.frozen import key_set

Rows = models.QuerySet[Any]
Report = dict[str, int]

PATIENCE = 600  # seconds that a job waits for whoever writes

Remove = Callable[[Subject, Keys, Called], int]

_others: list[tuple[str, Remove]] = []


def also(place: str, remove: Remove) -> None:
    """Let `remove(subject, keys, called)` take the people out of one more place, whose name is in English and marked
    for translation; it says of how many rows.
    """
    _others.append((place, remove))


class Unforeseen(Exception):
    """Texts of those who stay would lose names that nobody was shown; nothing was removed."""


class Purged(NamedTuple):
    operation: Operation
    report: Report  # place, in English and with labels of models → number of rows removed or changed there


def erase(
    subject: Subject,
    request: PurgeRequest,
    *,
    actor: Any = None,
    named: bool = True,
    seconds: float = PATIENCE,
    check: Callable[[], object] = lambda: None,
) -> Purged:
    """Remove the rows of `request`, inside a transaction of the caller; some may have been deleted before.

    Not `named`: their names are looked for nowhere else. `check` is asked once nobody else writes any
    more, before anything is removed; whoever writes is waited for so many `seconds`.

    Raises Unforeseen where who approved it was not shown a name that a title, place or the like would lose, and
    OperationalError where somebody wrote for longer; nothing is removed then.
    """
    using = transaction.get_connection().alias
    if connections[using].vendor == "sqlite":
        with connections[
            using
        ].cursor() as cursor:  # what is deleted is overwritten, here and in the search indexes
            cursor.execute("PRAGMA secure_delete = ON")
    with housekeeping(using):
        memory.take(using, "work_mem")
        keys = request.rows.order_by().values("key")
        is_shown = request.approved_by is not None
        moment = Moment.now()
        sought = Sought(subject, keys, is_shown=is_shown, left=request.words(left=True))
        if is_shown and any(sought.in_short_texts().keys() - request.words()):
            raise Unforeseen
        erasing = _Erasing(sought, moment, named=named)
        erasing.look()
        locks.take_tables(recorded_models(), seconds)
        check()
        if is_shown and any(sought.in_short_texts(moment).keys() - request.words()):
            raise Unforeseen
        with operation(
            "purge", actor=actor, reason=request.reason, subject=None, details={"request": request.pk}
        ) as it:
            report = erasing.carry_out()
            it.operation.reason = sought.called.log.clean(request.reason)
        _close(it.operation, subject, report[subject.label])
    transaction.on_commit(lambda: remains.sweep(using))
    return Purged(it.operation, report)


def _close(line: Operation, subject: Subject, number: int) -> None:
    """The rows that went are in no history, and a line without any history was removed: this one is kept."""
    counts = dict(line.rows)
    if number:
        counts[subject.label] = {**counts.get(subject.label, {}), "deleted": number}
    line.rows, line.number, line.expired_at = counts, line.number + number, timezone.now()
    line.save()


class _Erasing:
    def __init__(self, sought: Sought, moment: Moment, *, named: bool) -> None:
        self.subject, self.keys, self.accounts = sought.subject, sought.keys, sought.accounts
        self.model, self.history = sought.model, sought.history
        self.called = sought.called
        self.elsewhere = self.called if named else Called([], [])
        self.report: Report = {}
        self.moment = moment
        # a recorded table, or a history → the keys of its rows
        self.naming: dict[tuple[Names, Any], list[Any]] = {}

    def look(self) -> None:
        """Where in the record, and in what is recorded, they are named: while others may write."""
        kept = {*recorded_models(), *texts.histories()}
        for kind, needles, model, fields in self._texts():
            if model in kept:
                pages = texts.naming(_rows(model), fields, needles)
                self.naming[kind, model] = [key for keys in pages for key in keys]

    def carry_out(self) -> Report:
        called = self.called
        self._note(gettext_noop("operations about them"), self._clean_operations(called))
        self._note(gettext_noop("relations of others"), self._empty_relations())
        with guard.writing():
            self._note(gettext_noop("history"), self.history.order_by()._raw_delete(self.history.db))
            self._note(gettext_noop("history of others"), self._forget_relations(self.model, self.keys))
        self._note(self.subject.label, self._delete_rows())
        self._note(gettext_noop("accounts"), self._delete_accounts())
        for place, remove in _others:
            self._note(place, remove(self.subject, self.keys, self.elsewhere))
        self._note(gettext_noop("sessions"), sessions.remove(self.accounts, self.elsewhere.log))
        for kind, needles, model, fields in self._texts():
            for rows in self._naming(kind, model):
                place = gettext_noop("texts of %(rows)s") % {"rows": model._meta.label}
                self._note(place, texts.clean(rows, fields, needles))
        return self.report

    def _texts(self) -> Iterator[tuple[Names, Needles, Any, list[Any]]]:
        looked_for = {
            Names.TEXT: self.elsewhere.text,
            Names.NUMBER: self.elsewhere.number,
            Names.LOG: self.elsewhere.log,
        }
        for kind, needles in looked_for.items():
            yield from ((kind, needles, model, fields) for model, fields in texts.with_names(kind))

    def _naming(self, kind: Names, model: Any) -> Iterator[Rows]:
        """The rows in which they may be named: all of a table that was not looked through, else those that were found
        there and those that were written since.
        """
        if (kind, model) not in self.naming:
            yield _rows(model)
            return
        yield _rows(model).filter(pk__in=key_set(model, self.naming[kind, model]))
        if is_recorded(model):
            yield _rows(model).filter(pk__in=self.moment.changes(model).values("row_id"))
        else:
            yield self.moment.changes(texts.histories()[model])

    def _note(self, place: str, number: int) -> None:
        if number or place == self.subject.label:
            self.report[place] = self.report.get(place, 0) + number

    # The record

    def _clean_operations(self, called: Called) -> int:
        """An operation on nobody else says nothing more but its kind; in others their names go."""
        touched = self.history.order_by().values_list("operation_id", "action")
        numbers = Counter[int]()
        for key, _action, number in touched.annotate(rows=Count("row_id", distinct=True)).iterator(CHUNK):
            numbers[key] += number  # as Operation.number counts them
        keys = list(numbers)
        fields = next(fields for model, fields in texts.with_names(Names.LOG) if model is Operation)
        for start in range(0, len(keys), CHUNK):
            part = keys[start : start + CHUNK]
            lines = dict(
                Operation.objects.filter(pk__in=key_set(Operation, part)).values_list("pk", "number")
            )
            alone = key_set(Operation, [key for key in lines if lines[key] == numbers[key]])
            others = key_set(Operation, [key for key in lines if lines[key] != numbers[key]])
            emptied = {"subject": "", "reason": "", "details": {}, "expired_at": timezone.now()}
            Operation.objects.filter(pk__in=alone).update(**emptied)
            texts.clean(Operation.objects.filter(pk__in=others), fields, called.own)
        return len(keys)

    def _empty_relations(self) -> int:
        """Of those who stay; recorded, as what a deletion empties."""
        number = 0
        for link in self.subject.links:
            if link.empties and link.is_plain:
                rows = (
                    link.model._base_manager.exclude(pk__in=self.keys)
                    if link.model is self.model
                    else _rows(link.model)
                )
                pointing = rows.filter(**{f"{link.field.name}__in": self.keys})
                number += pointing.count()
                link.empty(pointing, pointing.db)
        return number

    def _forget_relations(self, target: Any, keys: Keys) -> int:
        """Who pointed at them: the column of that time is empty now."""
        number = 0
        for link in links_to(target):
            if is_recorded(link.model) and link.is_plain:
                model: Any = link.model
                for column in (old(link.field), new(link.field)):
                    rows = model.history_model.objects.order_by().filter(**{f"{column}__in": keys})
                    number += rows.update(**{column: None})
        return number

    def _delete_rows(self) -> int:
        rows: Any = models.QuerySet(self.model).filter(pk__in=self.keys)
        with guard.writing():
            return int(rows._raw_delete(rows.db))

    def _delete_accounts(self) -> int:
        user: Any = get_user_model()
        keys = key_set(user, self.accounts)
        if not self.accounts:
            return 0
        account_names.remove(self.accounts)
        for grants in {tree.grants for tree in trees()}:  # an account that holds a role is protected
            grants._base_manager.filter(user__in=keys).delete()
        gone = CascadePlan(user._base_manager.filter(pk__in=keys)).apply()
        with guard.writing():  # with what the line above recorded
            self._forget_relations(user, keys)
        return gone[user]


def _rows(model: Any) -> Any:
    return model._base_manager.order_by()
