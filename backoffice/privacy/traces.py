"""Where one person is found beside their row: in the record, the log, who looked at them, texts about others."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, reduce
from operator import or_
from typing import Any

from django.db import models
from django.db.models import Q

from backoffice.models import FormerName, Operation
from backoffice.operations.changes import after, before
from backoffice.operations.tables import is_recorded, new, old, recorded_fields
from backoffice.privacy import account_names, texts
from backoffice.privacy.needles import Needles, every_order, is_listed, is_sure, phrase
from backoffice.privacy.pointers import access_events, logged_by_django
from backoffice.privacy.registry import Names, own_columns
from backoffice.privacy.subjects import Subject, former_names
from backoffice.privacy.zipped import Table
from backoffice.search import matching
from backoffice.security.reads import files_of_many

PAGE = 1_000
MOST_NAMES = 50

Rows = models.QuerySet[Any]
Line = Sequence[Any]
Find = Callable[[Needles], Iterable[Line]]

_others: list[Find] = []


def also(find: Find) -> None:
    """Let `find(needles)` say where else somebody is named, beside the columns of tables: (model, key, column)."""
    _others.append(find)


class Traces:
    def __init__(self, subject: Subject, row: Any, accounts: Sequence[Any] = ()) -> None:
        self.subject, self.row, self.model, self.accounts = subject, row, type(row), accounts
        self.history = self.model.history_model.objects.filter(row_id=row.pk)

    def tables(self) -> dict[str, Table]:
        operation = ("operation", "time", "kind", "subject", "reason", "rows", "state")
        return {
            "history": Table(("time", "operation", "action", "column", "before", "after"), self.changes),
            "operations": Table(operation, self.operations),
            "done": Table(("operation", "time", "kind", "rows", "reason"), self.done),
            "reads": Table(("time", "what", "by account", "rows", "filters"), self.reads),
            "mentions": Table(("model", "key", "column"), self.mentions),
        }

    def changes(self) -> Iterator[Line]:
        """A line for each column that a change set."""
        for page in _pages(self.history):
            times = dict(
                Operation.objects.filter(pk__in={step.operation_id for step in page}).values_list("pk", "at")
            )
            for step in page:
                was, became = before(step, self.model) or {}, after(step, self.model) or {}
                for field in recorded_fields(self.model):
                    pair = was.get(field.attname), became.get(field.attname)
                    if pair[0] != pair[1]:
                        time = times.get(step.operation_id)
                        yield time, step.operation_id, step.get_action_display(), field.name, *pair

    def operations(self) -> Iterator[Line]:
        touched = Q(pk__in=self.history.order_by().values("operation_id"))
        named = [matching(name) for name in self.names]
        for page in _pages(Operation.objects.filter(reduce(or_, named, touched))):
            for line in page:
                yield line.pk, line.at, line.kind, self._subject(line), line.reason, line.number, line.state

    def done(self) -> Iterator[Line]:
        for page in _pages(Operation.objects.filter(actor__in=self.accounts)):
            for line in page:
                yield line.pk, line.at, line.kind, line.number, line.reason

    def reads(self) -> Iterator[Line]:
        """The person alone, then the files of many rows: whether they stand in one is not known."""
        for page in _pages(access_events(self.model).filter(row=str(self.row.pk))):
            yield from ((event.at, event.what, event.actor_id, 1, event.filters) for event in page)
        for page in _pages(logged_by_django(self.model).filter(object_id=str(self.row.pk))):
            for entry in page:
                yield entry.action_time, entry.get_action_flag_display(), entry.user_id, 1, ""
        for page in _pages(files_of_many(self.model)):
            yield from ((event.at, event.what, event.actor_id, event.number, event.filters) for event in page)

    def mentions(self) -> Iterator[Line]:
        if not self.names:
            return
        told_elsewhere = {Operation, FormerName, *texts.histories()}
        for model, fields in texts.with_names(Names.TEXT, Names.NUMBER, Names.LOG):
            if is_recorded(model):
                yield from self._searched(model, fields)
                yield from self._searched_before(model, fields)
            elif model not in told_elsewhere:
                yield from self._looked_through(model, fields)
        for find in _others:
            yield from find(self.needles)

    def _searched(self, model: Any, fields: Sequence[Any]) -> Iterator[Line]:
        rows = model._base_manager.all()
        others = rows.exclude(pk=self.row.pk) if model is self.model else rows
        for field in fields:
            yield from self._named_in(others, field)

    def _searched_before(self, model: Any, fields: Sequence[Any]) -> Iterator[Line]:
        """What was written over or deleted."""
        steps = model.history_model._base_manager.all()
        others = steps.exclude(row_id=self.row.pk) if model is self.model else steps
        for field in fields:
            column = model.history_model._meta.get_field(old(field))
            yield from self._named_in(texts.lost(others, field.name), column)

    def _named_in(self, rows: Rows, field: Any) -> Iterator[Line]:
        words = {max(phrase(name), key=len) for name in self.names}
        for key, value in texts.likely(rows, field, words):
            if texts.cleaned(rows.model, field, value, self.needles) is not value:
                yield rows.model._meta.label, key, field.name

    def _looked_through(self, model: Any, fields: Sequence[Any]) -> Iterator[Line]:
        """As a purge does it: also what stands in JSON and in addresses."""
        for page in texts.pages(model._base_manager.order_by(), fields):
            for key, *values in page:
                for field, value in zip(fields, values, strict=True):
                    if texts.cleaned(model, field, value, self.needles) is not value:
                        yield model._meta.label, key, field.name

    @cached_property
    def needles(self) -> Needles:
        return Needles(order for name in self.names for order in every_order(phrase(name)))

    @property
    def former_names(self) -> list[str]:
        """Those of the row, and of its accounts."""
        of_row = former_names(self.subject, [self.row.pk]).values_list("name", flat=True)[:PAGE]
        return [*of_row, *account_names.former(self._account_keys, self.subject, [self.row.pk])]

    @cached_property
    def names(self) -> list[str]:
        """What the person is and was called, as far as it can be looked for."""
        own = [column.field for column in own_columns(self.model)]
        columns = [column for field in own for column in (old(field), new(field))]
        found = [getattr(self.row, field.attname) for field in own]
        for values in self.history.order_by("-pk").values_list(*columns)[:PAGE]:
            found += values
        found += former_names(self.subject, [self.row.pk]).values_list("name", flat=True)[:PAGE]
        found += self._names_of_accounts()
        names = dict.fromkeys(str(name) for name in found if name)
        return [name for name in names if is_listed(phrase(name))][:MOST_NAMES]

    def _names_of_accounts(self) -> list[str]:
        """Not the first or last name alone, nor a user name that may mean something else."""
        called = account_names.called(self._account_keys, self.subject, [self.row.pk])
        return sorted(called.whole.union(login for login in called.logins if is_sure(phrase(login))))

    @property
    def _account_keys(self) -> list[Any]:
        return [account.pk for account in self.accounts]

    def _subject(self, line: Operation) -> str:
        """The names in a subject that are not this person's are not told."""
        parts = line.subject.split(", ")
        return (
            ", ".join(part if self.needles.clean(part) is not part else "…" for part in parts)
            if line.subject
            else ""
        )


def _pages(rows: Rows) -> Iterator[list[Any]]:
    rows = rows.order_by("pk")
    page = list(rows[:PAGE])
    while page:
        yield page
        page = list(rows.filter(pk__gt=page[-1].pk)[:PAGE])
